/* SPDX-License-Identifier: MIT */
/*
 * Accesses of an HVM guest that a device emulator carries out. One that has to wait goes through its
 * vCPU's struct ioreq, both ways; a write that need not wait may go into a ring (buffered). The
 * second half: where the emulator puts ACPI's fixed registers.
 */
#ifndef _IOREQ_H_
#define _IOREQ_H_

#include <stdint.h>

/* dir */
#define IOREQ_READ	1
#define IOREQ_WRITE	0

/* state: READY by the hypervisor, INPROCESS and IORESP_READY by the emulator, then NONE again. */
#define STATE_IOREQ_NONE	0
#define STATE_IOREQ_READY	1
#define STATE_IOREQ_INPROCESS	2
#define STATE_IORESP_READY	3

/* type */
#define IOREQ_TYPE_PIO		0	/* ports */
#define IOREQ_TYPE_COPY		1	/* memory */
#define IOREQ_TYPE_PCI_CONFIG	2
#define IOREQ_TYPE_TIMEOFFSET	7	/* the guest has set its clock */
#define IOREQ_TYPE_INVALIDATE	8	/* drop cached mappings of guest memory */

struct ioreq {
	uint64_t addr;		/* PCI: segment 63:48, bus 47:40, device 39:35, function 34:32, offset */
	uint64_t data;		/* the datum, or the guest-physical address of data */
	uint32_t count;		/* repetitions */
	uint32_t size;		/* bytes of one */
	uint32_t vp_eport;	/* event channel, both directions */
	uint16_t _pad0;
	uint8_t state:4;	/* STATE_* */
	uint8_t data_is_ptr:1;	/* see data */
	uint8_t dir:1;		/* IOREQ_READ, IOREQ_WRITE */
	uint8_t df:1;		/* repetitions go downwards */
	uint8_t _pad1:1;
	uint8_t type;		/* IOREQ_TYPE_* */
};
typedef struct ioreq ioreq_t;

/* The synchronous page: one for each vCPU. */
struct shared_iopage {
	struct ioreq vcpu_ioreq[1];
};
typedef struct shared_iopage shared_iopage_t;

struct buf_ioreq {
	uint8_t type;		/* IOREQ_TYPE_* */
	uint8_t pad:1;
	uint8_t dir:1;
	uint8_t size:2;		/* log2 of bytes; 8 bytes take a second slot for the upper half */
	uint32_t addr:20;
	uint32_t data;
};
typedef struct buf_ioreq buf_ioreq_t;

/* The ring, no more than a page. Pointers run freely; the hypervisor writes slots. */
#define IOREQ_BUFFER_SLOT_NUM	511
struct buffered_iopage {
#ifdef __XEN__
	union bufioreq_pointers {
		struct {
#endif
			uint32_t read_pointer;
			uint32_t write_pointer;
#ifdef __XEN__
		};
		uint64_t full;	/* both at once */
	} ptrs;
#endif
	buf_ioreq_t buf_ioreq[IOREQ_BUFFER_SLOT_NUM];
};
typedef struct buffered_iopage buffered_iopage_t;

/* HVM_PARAM_ACPI_IOPORTS_LOCATION 0, old guests ... */
#define ACPI_PM1A_EVT_BLK_ADDRESS_V0	0x1f40
#define ACPI_PM1A_CNT_BLK_ADDRESS_V0	(ACPI_PM1A_EVT_BLK_ADDRESS_V0 + 0x04)
#define ACPI_PM_TMR_BLK_ADDRESS_V0	(ACPI_PM1A_EVT_BLK_ADDRESS_V0 + 0x08)
#define ACPI_GPE0_BLK_ADDRESS_V0	(ACPI_PM_TMR_BLK_ADDRESS_V0 + 0x20)
#define ACPI_GPE0_BLK_LEN_V0		0x08

/* ... and 1, where QEMU wants them. */
#define ACPI_PM1A_EVT_BLK_ADDRESS_V1	0xb000
#define ACPI_PM1A_CNT_BLK_ADDRESS_V1	(ACPI_PM1A_EVT_BLK_ADDRESS_V1 + 0x04)
#define ACPI_PM_TMR_BLK_ADDRESS_V1	(ACPI_PM1A_EVT_BLK_ADDRESS_V1 + 0x08)
#define ACPI_GPE0_BLK_ADDRESS_V1	0xafe0
#define ACPI_GPE0_BLK_LEN_V1		0x04

#define ACPI_PM1A_EVT_BLK_ADDRESS	ACPI_PM1A_EVT_BLK_ADDRESS_V0
#define ACPI_PM1A_CNT_BLK_ADDRESS	ACPI_PM1A_CNT_BLK_ADDRESS_V0
#define ACPI_PM_TMR_BLK_ADDRESS		ACPI_PM_TMR_BLK_ADDRESS_V0
#define ACPI_GPE0_BLK_ADDRESS		ACPI_GPE0_BLK_ADDRESS_V0
#define ACPI_GPE0_BLK_LEN		ACPI_GPE0_BLK_LEN_V0

#endif
