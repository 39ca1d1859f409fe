/* SPDX-License-Identifier: MIT */
/* The records of the board's devices in a domain's saved state, in the order of the stream. */
#include <asm/hvm/hvm.h>
#include <asm/hvm/platform.h>
#include "../save_internal.h"

#define RECORD(name, member, saver, loader)                                                                           \
	static uint32_t save_##name(struct domain *d, struct vcpu *v, union record *r)                                \
	{                                                                                                             \
		saver(d, &r->member);                                                                                 \
		return sizeof(r->member);                                                                             \
	}                                                                                                             \
	static int load_##name(struct domain *d, struct vcpu *v, union record *r, uint32_t length)                    \
	{                                                                                                             \
		return loader(d, &r->member);                                                                         \
	}

static void save_pic(struct domain *d, struct hvm_hw_vpic *out)
{
	vpic_save(d, 0, out);
}

static int load_pic(struct domain *d, const struct hvm_hw_vpic *in)
{
	return vpic_load(d, 0, in);
}

static void save_slave(struct domain *d, struct hvm_hw_vpic *out)
{
	vpic_save(d, 1, out);
}

static int load_slave(struct domain *d, const struct hvm_hw_vpic *in)
{
	return vpic_load(d, 1, in);
}

RECORD(pic_0, pic, save_pic, load_pic)
RECORD(pic_1, pic, save_slave, load_slave)
RECORD(ioapic, ioapic, vioapic_save, vioapic_load)
RECORD(pci_irqs, pci_irqs, hvm_lines_save_pci, hvm_lines_load_pci)
RECORD(isa_irqs, isa_irqs, hvm_lines_save_isa, hvm_lines_load_isa)
RECORD(pci_link, pci_link, hvm_lines_save_link, hvm_lines_load_link)
RECORD(pit, pit, vpit_save, vpit_load)
RECORD(rtc, rtc, vrtc_save, vrtc_load)
RECORD(hpet, hpet, vhpet_save, vhpet_load)
RECORD(pmtimer, pmtimer, vpmtimer_save, vpmtimer_load)

#define KIND(code, instance, name)                                                                                    \
	{ HVM_SAVE_CODE(code), OF_BOARD, instance, HVM_SAVE_LENGTH(code), HVM_SAVE_LENGTH(code), save_##name, load_##name }

const struct record_kind hvm_board_records[NR_BOARD_RECORDS] = {
	KIND(PIC, 0, pic_0),	 KIND(PIC, 1, pic_1),	     KIND(IOAPIC, 0, ioapic), KIND(PCI_IRQ, 0, pci_irqs),
	KIND(ISA_IRQ, 0, isa_irqs), KIND(PCI_LINK, 0, pci_link), KIND(PIT, 0, pit),	      KIND(RTC, 0, rtc),
	KIND(HPET, 0, hpet),	 KIND(PMTIMER, 0, pmtimer),
};
