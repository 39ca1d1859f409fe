/* SPDX-License-Identifier: MIT */
/*
 * physdev_op(int cmd, void *arg): interrupts, I/O ports and PCI devices, for domains that drive
 * hardware. A PIRQ is a domain's own number for an interrupt, joined to a line or message by
 * map_pirq and received over an event channel.
 */
#ifndef __XEN_PUBLIC_PHYSDEV_H__
#define __XEN_PUBLIC_PHYSDEV_H__

#include "xen.h"

/* The guest has served the interrupt; the line may fire again. */
#define PHYSDEVOP_eoi 12
struct physdev_eoi {
	uint32_t irq;		/* [in] PIRQ */
};
typedef struct physdev_eoi physdev_eoi_t;
DEFINE_XEN_GUEST_HANDLE(physdev_eoi_t);

/*
 * Gives a page to the hypervisor in which bit PIRQ says that its eoi is needed. After v1 the eoi
 * also unmasks the event channel, after v2 it does not.
 */
#define PHYSDEVOP_pirq_eoi_gmfn_v1 17
#define PHYSDEVOP_pirq_eoi_gmfn_v2 28
struct physdev_pirq_eoi_gmfn {
	xen_pfn_t gmfn;		/* [in] */
};
typedef struct physdev_pirq_eoi_gmfn physdev_pirq_eoi_gmfn_t;
DEFINE_XEN_GUEST_HANDLE(physdev_pirq_eoi_gmfn_t);

#define PHYSDEVOP_irq_status_query 5
struct physdev_irq_status_query {
	uint32_t irq;		/* [in] PIRQ */
	uint32_t flags;		/* [out] XENIRQSTAT_* */
};
typedef struct physdev_irq_status_query physdev_irq_status_query_t;
DEFINE_XEN_GUEST_HANDLE(physdev_irq_status_query_t);

#define _XENIRQSTAT_needs_eoi	(0)	/* PHYSDEVOP_eoi must follow each event */
#define XENIRQSTAT_needs_eoi	(1U << _XENIRQSTAT_needs_eoi)
#define _XENIRQSTAT_shared	(1)	/* other domains receive it too */
#define XENIRQSTAT_shared	(1U << _XENIRQSTAT_shared)

/* IOPL of the calling vCPU. */
#define PHYSDEVOP_set_iopl 6
struct physdev_set_iopl {
	uint32_t iopl;		/* [in] 0-3 */
};
typedef struct physdev_set_iopl physdev_set_iopl_t;
DEFINE_XEN_GUEST_HANDLE(physdev_set_iopl_t);

/* The calling vCPU's I/O permission bitmap, as in a TSS: a set bit forbids. */
#define PHYSDEVOP_set_iobitmap 7
struct physdev_set_iobitmap {
#if __XEN_INTERFACE_VERSION__ >= 0x00030205
	XEN_GUEST_HANDLE(uint8) bitmap;	/* [in] */
#else
	uint8_t *bitmap;
#endif
	uint32_t nr_ports;		/* [in] at most 65536 */
};
typedef struct physdev_set_iobitmap physdev_set_iobitmap_t;
DEFINE_XEN_GUEST_HANDLE(physdev_set_iobitmap_t);

/* Access to a register of the I/O APIC at a physical address; control domain. */
#define PHYSDEVOP_apic_read 8
#define PHYSDEVOP_apic_write 9
struct physdev_apic {
	unsigned long apic_physbase;	/* [in] */
	uint32_t reg;			/* [in] */
	uint32_t value;			/* [out] of read, [in] of write */
};
typedef struct physdev_apic physdev_apic_t;
DEFINE_XEN_GUEST_HANDLE(physdev_apic_t);

/* Reserves a vector for an IRQ before its I/O APIC entry is written; control domain. */
#define PHYSDEVOP_alloc_irq_vector 10
#define PHYSDEVOP_free_irq_vector 11
struct physdev_irq {
	uint32_t irq;		/* [in] */
	uint32_t vector;	/* [out] of alloc, [in] of free */
};
typedef struct physdev_irq physdev_irq_t;
DEFINE_XEN_GUEST_HANDLE(physdev_irq_t);

#define MAP_PIRQ_TYPE_MSI	0x0
#define MAP_PIRQ_TYPE_GSI	0x1
#define MAP_PIRQ_TYPE_UNKNOWN	0x2
#define MAP_PIRQ_TYPE_MSI_SEG	0x3
#define MAP_PIRQ_TYPE_MULTI_MSI	0x4

/* Joins a PIRQ of domid to a GSI or to a message interrupt of a PCI device. */
#define PHYSDEVOP_map_pirq 13
struct physdev_map_pirq {
	domid_t domid;		/* [in] */
	int type;		/* [in] MAP_PIRQ_TYPE_* */
	int index;		/* [in] GSI; MSI: -1 to choose; unused for MULTI_MSI */
	int pirq;		/* [in] wanted, or negative for any; [out] given */
	int bus;		/* [in] MSI: segment << 16 (for _SEG and MULTI) | bus */
	int devfn;		/* [in] MSI */
	int entry_nr;		/* [in] MSI-X entry, or count for MULTI_MSI ([out] too) */
	uint64_t table_base;	/* [in] MSI-X table's maddr, 0 for plain MSI */
};
typedef struct physdev_map_pirq physdev_map_pirq_t;
DEFINE_XEN_GUEST_HANDLE(physdev_map_pirq_t);

#define PHYSDEVOP_unmap_pirq 14
struct physdev_unmap_pirq {
	domid_t domid;		/* [in] */
	int pirq;		/* [in] */
};
typedef struct physdev_unmap_pirq physdev_unmap_pirq_t;
DEFINE_XEN_GUEST_HANDLE(physdev_unmap_pirq_t);

/* The control domain found or lost a PCI device (old form, segment 0). */
#define PHYSDEVOP_manage_pci_add 15
#define PHYSDEVOP_manage_pci_remove 16
struct physdev_manage_pci {
	uint8_t bus;		/* [in] */
	uint8_t devfn;		/* [in] */
};
typedef struct physdev_manage_pci physdev_manage_pci_t;
DEFINE_XEN_GUEST_HANDLE(physdev_manage_pci_t);

/* Writes a device's message interrupt registers again, after it lost power. */
#define PHYSDEVOP_restore_msi 19
struct physdev_restore_msi {
	uint8_t bus;		/* [in] */
	uint8_t devfn;		/* [in] */
};
typedef struct physdev_restore_msi physdev_restore_msi_t;
DEFINE_XEN_GUEST_HANDLE(physdev_restore_msi_t);

#define PHYSDEVOP_manage_pci_add_ext 20
struct physdev_manage_pci_ext {
	uint8_t bus;		/* [in] */
	uint8_t devfn;		/* [in] */
	uint32_t is_extfn;	/* [in] */
	uint32_t is_virtfn;	/* [in] */
	struct {
		uint8_t bus;
		uint8_t devfn;
	} physfn;		/* [in] of a virtual function */
};
typedef struct physdev_manage_pci_ext physdev_manage_pci_ext_t;
DEFINE_XEN_GUEST_HANDLE(physdev_manage_pci_ext_t);

/* physdev_op_compat(struct physdev_op *): the call before interface 0x00030202. */
struct physdev_op {
	uint32_t cmd;
	union {
		physdev_irq_status_query_t irq_status_query;
		physdev_set_iopl_t set_iopl;
		physdev_set_iobitmap_t set_iobitmap;
		physdev_apic_t apic_op;
		physdev_irq_t irq_op;
	} u;
};
typedef struct physdev_op physdev_op_t;
DEFINE_XEN_GUEST_HANDLE(physdev_op_t);

/* Tells how a GSI is wired, from the control domain's ACPI. */
#define PHYSDEVOP_setup_gsi 21
struct physdev_setup_gsi {
	int gsi;		/* [in] */
	uint8_t triggering;	/* [in] 0 edge, 1 level */
	uint8_t polarity;	/* [in] 0 active high, 1 active low */
};
typedef struct physdev_setup_gsi physdev_setup_gsi_t;
DEFINE_XEN_GUEST_HANDLE(physdev_setup_gsi_t);

/* Number 22 is not used. */

#define PHYSDEVOP_get_free_pirq 23
struct physdev_get_free_pirq {
	int type;		/* [in] MAP_PIRQ_TYPE_GSI or _MSI */
	uint32_t pirq;		/* [out] */
};
typedef struct physdev_get_free_pirq physdev_get_free_pirq_t;
DEFINE_XEN_GUEST_HANDLE(physdev_get_free_pirq_t);

/* ACPI says whether this PCI configuration window is reserved, hence safe to use. */
#define XEN_PCI_MMCFG_RESERVED 0x1
#define PHYSDEVOP_pci_mmcfg_reserved 24
struct physdev_pci_mmcfg_reserved {
	uint64_t address;	/* [in] maddr */
	uint16_t segment;	/* [in] */
	uint8_t start_bus;	/* [in] */
	uint8_t end_bus;	/* [in] */
	uint32_t flags;		/* [in] XEN_PCI_MMCFG_RESERVED */
};
typedef struct physdev_pci_mmcfg_reserved physdev_pci_mmcfg_reserved_t;
DEFINE_XEN_GUEST_HANDLE(physdev_pci_mmcfg_reserved_t);

#define XEN_PCI_DEV_EXTFN	0x1	/* extended function (ARI) */
#define XEN_PCI_DEV_VIRTFN	0x2	/* virtual function; physfn is its parent */
#define XEN_PCI_DEV_PXM		0x4	/* optarr[0] is the proximity domain */

#define PHYSDEVOP_pci_device_add 25
struct physdev_pci_device_add {
	uint16_t seg;		/* [in] */
	uint8_t bus;		/* [in] */
	uint8_t devfn;		/* [in] */
	uint32_t flags;		/* [in] XEN_PCI_DEV_* */
	struct {
		uint8_t bus;
		uint8_t devfn;
	} physfn;		/* [in] */
	uint32_t optarr[XEN_FLEX_ARRAY_DIM];	/* [in] */
};
typedef struct physdev_pci_device_add physdev_pci_device_add_t;
DEFINE_XEN_GUEST_HANDLE(physdev_pci_device_add_t);

/*
 * Device gone; restore its message interrupts; its MSI-X resources are now fixed (prepare) or free
 * to move again (release).
 */
#define PHYSDEVOP_pci_device_remove 26
#define PHYSDEVOP_restore_msi_ext 27
#define PHYSDEVOP_prepare_msix 30
#define PHYSDEVOP_release_msix 31
struct physdev_pci_device {
	uint16_t seg;		/* [in] */
	uint8_t bus;		/* [in] */
	uint8_t devfn;		/* [in] */
};
typedef struct physdev_pci_device physdev_pci_device_t;
DEFINE_XEN_GUEST_HANDLE(physdev_pci_device_t);

/* The control domain resets the USB debug port that the hypervisor's console may be using. */
#define PHYSDEVOP_DBGP_RESET_PREPARE	1
#define PHYSDEVOP_DBGP_RESET_DONE	2

#define PHYSDEVOP_DBGP_BUS_UNKNOWN	0
#define PHYSDEVOP_DBGP_BUS_PCI		1

#define PHYSDEVOP_dbgp_op 29
struct physdev_dbgp_op {
	uint8_t op;		/* [in] PHYSDEVOP_DBGP_RESET_* */
	uint8_t bus;		/* [in] PHYSDEVOP_DBGP_BUS_* */
	union {
		physdev_pci_device_t pci;
	} u;			/* [in] */
};
typedef struct physdev_dbgp_op physdev_dbgp_op_t;
DEFINE_XEN_GUEST_HANDLE(physdev_dbgp_op_t);

/* Retired. */
#define PHYSDEVOP_IRQ_UNMASK_NOTIFY 4

#if __XEN_INTERFACE_VERSION__ < 0x00040600
/* Spellings of before interface 0x00030202. */
#define PHYSDEVOP_IRQ_STATUS_QUERY		PHYSDEVOP_irq_status_query
#define PHYSDEVOP_SET_IOPL			PHYSDEVOP_set_iopl
#define PHYSDEVOP_SET_IOBITMAP			PHYSDEVOP_set_iobitmap
#define PHYSDEVOP_APIC_READ			PHYSDEVOP_apic_read
#define PHYSDEVOP_APIC_WRITE			PHYSDEVOP_apic_write
#define PHYSDEVOP_ASSIGN_VECTOR			PHYSDEVOP_alloc_irq_vector
#define PHYSDEVOP_FREE_VECTOR			PHYSDEVOP_free_irq_vector
#define PHYSDEVOP_IRQ_NEEDS_UNMASK_NOTIFY	XENIRQSTAT_needs_eoi
#define PHYSDEVOP_IRQ_SHARED			XENIRQSTAT_shared
#endif

#if __XEN_INTERFACE_VERSION__ < 0x00040200
#define PHYSDEVOP_pirq_eoi_gmfn PHYSDEVOP_pirq_eoi_gmfn_v1
#else
#define PHYSDEVOP_pirq_eoi_gmfn PHYSDEVOP_pirq_eoi_gmfn_v2
#endif

#endif /* __XEN_PUBLIC_PHYSDEV_H__ */
