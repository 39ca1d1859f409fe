/* SPDX-License-Identifier: MIT */
/*
 * The board around a guest that was made with a full set of emulated devices (type "hvm"): interrupt controllers and
 * timers, emulated here because they are on every hot path; all else is a device model's (asm/hvm/ioreq.h).
 * Code: arch/x86/hvm/platform/. domain->arch.hvm->platform is NULL for guests without (PVH).
 *
 * Locks: a device's own lock, then irq_lock, under which wires, PIC and I/O APIC change.
 */
#ifndef ASM_HVM_PLATFORM_H
#define ASM_HVM_PLATFORM_H

#include <hv/spinlock.h>
#include <hv/timer.h>
#include <public/hvm/save.h>

struct domain;
struct vcpu;
struct ioreq_server;

#define NR_GSIS		 48u /* pins of the I/O APIC: 16 ISA, 32 PCI */
#define NR_ISA_IRQS	 16u
#define NR_LINKS	 4u
#define ISA_IRQ_TIMER	 0u
#define ISA_IRQ_RTC	 8u
#define ISA_IRQ_SCI	 9u
#define NR_IOREQ_SERVERS 8u

/* The public header takes the number of pins away again from hypervisors that want other ones. */
struct vioapic {
	uint32_t select, id;
	uint64_t base;
	union vioapic_redir_entry entry[NR_GSIS];
};

enum callback_via { VIA_NOTHING, VIA_VECTOR, VIA_GSI, VIA_INTX };

/* guarded by: irq_lock */
struct hvm_lines {
	uint64_t pci[2];	       /* bit 4 * device + pin */
	uint16_t isa;		       /* bit per ISA interrupt that is asserted */
	uint8_t route[NR_LINKS];       /* ISA interrupt of each PCI link, 0: none */
	uint8_t link_asserts[NR_LINKS]; /* pins of a link that are asserted */
	uint8_t asserts[NR_GSIS];      /* who asserts a GSI: pins, an ISA line, links */
	uint8_t callback_via;	       /* VIA_GSI, VIA_INTX: how event channels are told */
	uint8_t callback_gsi;	       /* or 4 * device + pin */
	bool callback_up;
};

struct vpit {
	spinlock_t lock;
	struct hvm_hw_pit hw;
	s_time_t loaded[3]; /* when each channel began to count */
	struct timer timer; /* channel 0's output */
	s_time_t period;    /* 0: once */
};

struct vrtc {
	spinlock_t lock;
	struct domain *domain;
	struct hvm_hw_rtc hw; /* rtc_offset: from the domain's own */
	s_time_t periodic_start, period; /* 0: off */
	uint64_t seen_second;		 /* up to when register C has been told */
	struct timer periodic, second;
};

struct vhpet {
	spinlock_t lock;
	uint64_t config, isr;
	uint64_t stopped_at; /* the count while it stands still */
	s_time_t offset;     /* while it runs: count = (now + offset) / tick */
	struct vhpet_timer {
		uint64_t config, cmp, period;
		struct timer timer;
		struct domain *domain;
		uint8_t index;
	} t[HPET_TIMER_NUM];
};

struct vpmtimer {
	spinlock_t lock;
	uint16_t sts, en;
	uint32_t base;	  /* count at start */
	s_time_t start;
	struct timer timer; /* the top bit changes */
};

struct hvm_platform {
	spinlock_t irq_lock;
	struct hvm_lines lines;
	struct hvm_hw_vpic pic[2]; /* guarded by: irq_lock; int_output of the first is read without */
	struct vioapic ioapic;	   /* guarded by: irq_lock */
	struct vpit pit;
	struct vrtc rtc;
	struct vhpet hpet;
	struct vpmtimer pm;
	uint8_t a20;  /* the gate as last set: port 0x92 */
	uint32_t cf8; /* last address written to PCI's configuration port */

	/* ioreq.c. Changed with server_lock held and the domain paused: its vCPUs read without. */
	spinlock_t server_lock;
	struct ioreq_server *server[NR_IOREQ_SERVERS];
	struct ioreq_server *write_server; /* has claimed writes to P2M_ioreq_server */
	uint64_t legacy_gfns; /* bit per frame of HVM_PARAM_IOREQ_SERVER_PFN in use */
};

struct hvm_platform *hvm_platform_of(const struct domain *d); /* NULL: it has none */

/* platform.c: life. create: 0, -ENOMEM. */
int hvm_platform_create(struct domain *d);
void hvm_platform_relinquish(struct domain *d); /* dying: stops timers, gives back what domains hold */
void hvm_platform_destroy(struct domain *d);
/* Is this port one of a device here? */
bool hvm_platform_has_port(uint16_t port);
/* Is this the address of a device here? Then it is done. v's domain has a platform. */
bool hvm_platform_port(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val);
bool hvm_platform_mmio(struct vcpu *v, bool write, uint64_t gpa, unsigned int size, uint64_t *val);

/* irq.c: wires. Levels count: a line is up while anybody holds it up. */
void hvm_isa_irq_set(struct domain *d, unsigned int irq, bool level);
void hvm_isa_irq_pulse(struct domain *d, unsigned int irq);
void hvm_pci_intx_set(struct domain *d, unsigned int device, unsigned int pin, bool level);
void hvm_gsi_set(struct domain *d, unsigned int gsi, bool level); /* a further user of a GSI */
int hvm_pci_link_route(struct domain *d, unsigned int link, unsigned int irq); /* 0, -EINVAL */
/* A message as a PCI device writes it. 0, -EINVAL: not an interrupt. */
int hvm_msi(struct domain *d, uint64_t addr, uint32_t data);
/* HVM_PARAM_CALLBACK_IRQ as a line. 0, -EINVAL. */
int hvm_callback_line(struct domain *d, unsigned int via, uint64_t where);
/* Is the line for v's events not what it should be? And: makes it so. v is current, about to run. */
bool hvm_callback_stale(const struct vcpu *v);
void hvm_callback_update(struct vcpu *v);
/* irq_lock held. Is anybody asserting it? */
bool hvm_gsi_is_up(const struct hvm_platform *p, unsigned int gsi);

/* pic.c. *_locked: irq_lock held. */
void vpic_reset(struct hvm_platform *p);
void vpic_set_locked(struct domain *d, unsigned int irq, bool level);
bool vpic_port(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val);
/* Has the PIC an interrupt that v takes (by its local APIC's LINT0, or the I/O APIC's pin 0)? And: takes it, the vector. -1: gone. */
bool vpic_pending(const struct vcpu *v);
int vpic_ack(struct vcpu *v);

/* ioapic.c */
void vioapic_reset(struct hvm_platform *p);
void vioapic_edge_locked(struct domain *d, unsigned int pin); /* the line has gone up */
bool vioapic_mmio(struct vcpu *v, bool write, uint64_t gpa, unsigned int size, uint64_t *val);
bool vioapic_wires_pic(const struct hvm_platform *p); /* is pin 0 the PIC's way to vCPU 0? */
void vioapic_eoi(struct domain *d, uint8_t vector); /* by a local APIC */

/* The timers. *_reset also at creation; *_stop for good. */
void vpit_init(struct domain *d);
void vpit_stop(struct domain *d);
bool vpit_port(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val);
bool vpit_speaker(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val);
void vrtc_init(struct domain *d);
void vrtc_stop(struct domain *d);
bool vrtc_port(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val);
void vhpet_init(struct domain *d);
void vhpet_stop(struct domain *d);
bool vhpet_mmio(struct vcpu *v, bool write, uint64_t gpa, unsigned int size, uint64_t *val);
bool vhpet_legacy(const struct domain *d); /* it has taken the place of PIT and RTC */
void vpmtimer_init(struct domain *d);
void vpmtimer_stop(struct domain *d);
bool vpmtimer_port(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val);
void vpmtimer_button(struct domain *d, bool sleep); /* power or sleep button */

/* Records of saved state; 0 or -EINVAL. */
void vpic_save(struct domain *d, unsigned int which, struct hvm_hw_vpic *out);
int vpic_load(struct domain *d, unsigned int which, const struct hvm_hw_vpic *in);
void vioapic_save(struct domain *d, struct hvm_hw_vioapic *out);
int vioapic_load(struct domain *d, const struct hvm_hw_vioapic *in);
void hvm_lines_save_pci(struct domain *d, struct hvm_hw_pci_irqs *out);
int hvm_lines_load_pci(struct domain *d, const struct hvm_hw_pci_irqs *in);
void hvm_lines_save_isa(struct domain *d, struct hvm_hw_isa_irqs *out);
int hvm_lines_load_isa(struct domain *d, const struct hvm_hw_isa_irqs *in);
void hvm_lines_save_link(struct domain *d, struct hvm_hw_pci_link *out);
int hvm_lines_load_link(struct domain *d, const struct hvm_hw_pci_link *in);
void vpit_save(struct domain *d, struct hvm_hw_pit *out);
int vpit_load(struct domain *d, const struct hvm_hw_pit *in);
void vrtc_save(struct domain *d, struct hvm_hw_rtc *out);
int vrtc_load(struct domain *d, const struct hvm_hw_rtc *in);
void vhpet_save(struct domain *d, struct hvm_hw_hpet *out);
int vhpet_load(struct domain *d, const struct hvm_hw_hpet *in);
void vpmtimer_save(struct domain *d, struct hvm_hw_pmtimer *out);
int vpmtimer_load(struct domain *d, const struct hvm_hw_pmtimer *in);

/* Ticks of a clock of `hz` in `ns`, and back (rounded up); exact for centuries. */
static inline uint64_t ns_to_ticks(uint64_t ns, uint64_t hz)
{
	return ns / 1000000000 * hz + ns % 1000000000 * hz / 1000000000;
}
static inline uint64_t ticks_to_ns(uint64_t ticks, uint64_t hz)
{
	return ticks / hz * 1000000000 + (ticks % hz * 1000000000 + hz - 1) / hz;
}

#define PLATFORM_MIN_PERIOD MICROSECS(100) /* ticks come no faster: no guest could bear it, nor the CPU */

#endif
