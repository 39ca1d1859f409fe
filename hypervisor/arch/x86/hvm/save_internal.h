/* SPDX-License-Identifier: MIT */
/* The kinds of records in an HVM domain's saved state: save.c has those of vCPUs, platform/records.c the board's. */
#ifndef HVM_SAVE_INTERNAL_H
#define HVM_SAVE_INTERNAL_H

#include <asm/hvm/records.h>

union record {
	struct hvm_save_header header;
	struct hvm_hw_cpu cpu;
	struct hvm_hw_lapic lapic;
	struct hvm_hw_lapic_regs lapic_regs;
	struct hvm_hw_mtrr mtrr;
	struct hvm_hw_cpu_xsave xsave; /* longer: record_room() */
	struct hvm_viridian_domain_context viridian;
	struct hvm_viridian_vcpu_context viridian_vcpu;
	struct hvm_vmce_vcpu vmce;
	struct hvm_tsc_adjust adjust;
	struct hvm_msr msrs; /* longer, too */
	struct hvm_hw_vpic pic;
	struct hvm_hw_vioapic ioapic;
	struct hvm_hw_pci_irqs pci_irqs;
	struct hvm_hw_isa_irqs isa_irqs;
	struct hvm_hw_pci_link pci_link;
	struct hvm_hw_pit pit;
	struct hvm_hw_rtc rtc;
	struct hvm_hw_hpet hpet;
	struct hvm_hw_pmtimer pmtimer;
};

enum record_owner { OF_DOMAIN, OF_VCPU, OF_BOARD };

/* save() gives the record's length, 0: there is none now. load() has checked lengths. */
struct record_kind {
	uint16_t type;
	uint8_t of;	  /* enum record_owner; OF_BOARD: of domains that have one (asm/hvm/platform.h) */
	uint8_t instance; /* of the board: there are two PICs */
	uint32_t least, most; /* bytes when loaded; most 0: as much as there is room */
	uint32_t (*save)(struct domain *d, struct vcpu *v, union record *r);
	int (*load)(struct domain *d, struct vcpu *v, union record *r, uint32_t length);
};

#define NR_BOARD_RECORDS 10
extern const struct record_kind hvm_board_records[NR_BOARD_RECORDS];

#endif
