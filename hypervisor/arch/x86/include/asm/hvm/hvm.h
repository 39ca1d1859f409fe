/* SPDX-License-Identifier: MIT */
/*
 * Hardware-virtualized guests: what arch/x86/hvm keeps, what its files offer each other, and the
 * contract of the vendor code behind it (svm/, vmx/): one struct of functions, chosen at boot.
 *
 * Registers: while a vCPU is current, its general registers, RIP, RSP and RFLAGS are in
 * guest_cpu_regs(), off its CPU in arch.regs; everything else is the vendor's, reached by its functions,
 * for a vCPU that is current or does not run.
 */
#ifndef ASM_HVM_HVM_H
#define ASM_HVM_HVM_H

#include <hv/domain.h>
#include <asm/current.h>
#include <asm/emul.h>
#include <asm/tsc_ratio.h>
#include <asm/hvm/ioreq.h>
#include <asm/hvm/p2m.h>
#include <asm/hvm/viridian.h>
#include <asm/hvm/vlapic.h>
#include <public/hvm/params.h>

struct hvm_hw_cpu;
struct svm_vcpu;
struct vmx_vcpu;
struct p2m_format;
struct xen_dm_op_inject_event;
struct hvm_platform;

/* In the order of instruction encodings, then the system ones. */
enum hvm_seg {
	HVM_ES, HVM_CS, HVM_SS, HVM_DS, HVM_FS, HVM_GS, HVM_TR, HVM_LDTR, HVM_GDTR, HVM_IDTR, NR_HVM_SEGS
};

/* attr: type 3:0, S 4, DPL 6:5, P 7, AVL 8, L 9, DB 10, G 11 (as AMD's VMCB has them). */
struct hvm_segment {
	uint16_t sel, attr;
	uint32_t limit; /* in bytes */
	uint64_t base;
};
#define HVM_ATTR_S  0x010u
#define HVM_ATTR_P  0x080u
#define HVM_ATTR_L  0x200u
#define HVM_ATTR_DB 0x400u
#define HVM_ATTR_G  0x800u
#define HVM_ATTR_DPL(a) (((a) >> 5) & 3u)

enum hvm_event_type { HVM_EVENT_IRQ = 0, HVM_EVENT_NMI = 2, HVM_EVENT_EXCEPTION = 3, HVM_EVENT_SOFTWARE = 4 };
struct hvm_event {
	uint8_t type, vector;
	bool has_error;
	uint32_t error_code;
};
#define HVM_NO_ERROR_CODE (~0u)

/* MSRs that the vendor's structures hold. */
struct hvm_msrs {
	uint64_t efer, star, lstar, cstar, sfmask, kernel_gs_base;
	uint64_t sysenter_cs, sysenter_esp, sysenter_eip, pat;
};

struct hvm_vendor {
	const char *name;
	const struct p2m_format *p2m_format;
	uint8_t call_insn[3]; /* makes a hypercall */
	bool (*cpu_up)(unsigned int cpu); /* switches virtualization on, on this CPU */
	void (*cpu_down)(void); /* off, for good: the machine stops or restarts. Any context. NULL: needs nothing */
	int (*create)(struct vcpu *v);
	void (*destroy)(struct vcpu *v);
	void (*save)(struct vcpu *v); /* context switch: v leaves this CPU, v comes to it */
	void (*restore)(struct vcpu *v);

	/* One stay in the guest. Called and returns with interrupts off; then, with interrupts on, what
	 * the guest was left for. */
	void (*run)(struct vcpu *v);
	/* May be called again for the same exit: an access that has to wait for a device model (hvm_io_waiting())
	 * leaves the instruction undone, and finds its answer the next time. */
	void (*handle_exit)(struct vcpu *v);

	/* Delivered at the next entry; at most one is waiting. */
	void (*inject)(struct vcpu *v, const struct hvm_event *e);
	bool (*event_waiting)(const struct vcpu *v);
	bool (*irq_open)(const struct vcpu *v); /* could take an interrupt (or NMI) now */
	void (*want_irq_window)(struct vcpu *v); /* leave the guest as soon as it could */

	void (*get_segment)(struct vcpu *v, enum hvm_seg seg, struct hvm_segment *out);
	void (*set_segment)(struct vcpu *v, enum hvm_seg seg, const struct hvm_segment *in);
	/* CR0, CR2, CR3, CR4 as the guest sees them; checked by the caller. */
	uint64_t (*get_cr)(struct vcpu *v, unsigned int nr);
	void (*set_cr)(struct vcpu *v, unsigned int nr, uint64_t val);
	void (*get_msrs)(struct vcpu *v, struct hvm_msrs *m);
	void (*set_msrs)(struct vcpu *v, const struct hvm_msrs *m);
	uint64_t (*get_dr)(struct vcpu *v, unsigned int nr); /* 6, 7 */
	void (*set_dr)(struct vcpu *v, unsigned int nr, uint64_t val);
	void (*set_irq_shadow)(struct vcpu *v, bool on); /* STI, MOV SS */
	/* tsc_offset, or the domain's tsc_ratio, or whether RDTSC is emulated, has changed; the latter two only while v
	 * does not run. */
	void (*update_tsc)(struct vcpu *v);
	/* How the CPUs take a ratio of TSCs; NULL: they cannot scale. Final once all CPUs are up. The slot NULL: never. */
	const struct tsc_ratio_format *(*tsc_ratio_format)(void);
	/* No TLB entry made before this is used after v's next entry. Any CPU. */
	void (*flush_tlb)(struct vcpu *v);
};
extern const struct hvm_vendor *hvm_vendor; /* NULL: no hardware-virtualized guests here */
extern const struct hvm_vendor svm_vendor, vmx_vendor;

struct hvm_domain {
	struct p2m p2m;
	uint64_t params[HVM_NR_PARAMS]; /* hvm_op.c; guarded by: param_lock */
	spinlock_t param_lock;
	uint8_t callback_vector; /* HVM_PARAM_CALLBACK_IRQ as a vector, 0: none */
	uint32_t emulation_flags; /* XEN_X86_EMU_* */
	struct hvm_viridian viridian;
	struct hvm_platform *platform; /* asm/hvm/platform.h; NULL: PVH, without one */
	struct tsc_ratio tsc_ratio; /* none if RDTSC is emulated */
	uint64_t tsc_sync; /* the CPU's TSC that the records being saved or loaded are of: all vCPUs' are of one moment */
	bool invalidate; /* the guest gave memory back: device models are to forget it; atomic */
};

struct hvm_mtrr {
	uint64_t def_type, fixed[11], var_base[8], var_mask[8];
};

struct hvm_vcpu {
	struct svm_vcpu *svm; /* of the vendor in use; the other is NULL */
	struct vmx_vcpu *vmx;
	struct vlapic vlapic;
	struct hvm_mtrr mtrr;
	uint8_t upcall_vector; /* HVMOP_set_evtchn_upcall_vector: through the local APIC; 0: none */
	bool nmi_pending;      /* atomic */
	uint64_t injected;     /* XEN_DMOP_inject_event: error code 63:32, INJECT_*, type 15:8, vector; atomic */
	uint64_t injected_cr2; /* written before injected */
	uint16_t start;	       /* 0x100 | vector: a SIPI to obey before v runs; atomic */
	uint64_t cr4;	       /* as the guest sees it */
	bool dr_loaded;	       /* DR0..DR3 are in the CPU's registers */
	uint64_t dr[4];
	struct hvm_io io;      /* with a device model; v's own, or v does not run */
	struct compat_call *compat; /* a 32-bit hypercall is being carried out (compat.c) */
	uint64_t vp_assist;    /* viridian.c */
	uint64_t tsc_offset;   /* guest's TSC = CPU's TSC * ratio + this, unless emulated */
};

static inline bool hvm_io_waiting(const struct vcpu *v)
{
	return v->arch.hvm->io.waiting;
}
static inline bool is_hvm_domain(const struct domain *d)
{
	return d->arch.hvm != NULL;
}
static inline bool is_hvm_vcpu(const struct vcpu *v)
{
	return v->arch.hvm != NULL;
}
/* HVMPV_*; 0: its guest finds nothing of Windows' own hypervisor. */
static inline uint64_t viridian_features(const struct domain *d)
{
	return d->arch.hvm ? READ_ONCE(d->arch.hvm->params[HVM_PARAM_VIRIDIAN]) : 0;
}
/* As in the toolstack's MADT. */
static inline uint32_t hvm_apic_id(const struct vcpu *v)
{
	return v->vcpu_id * 2;
}

/* ---- hvm.c: boot, the loop a vCPU lives in ---- */
void hvm_init(void);		 /* boot CPU, once memory is there: chooses the vendor */
void hvm_cpu_init(unsigned int cpu); /* every CPU, after cpu_init() */
void hvm_cpu_stop(void);	     /* this CPU will run no guest any more; any context */

/* ---- event.c ---- */
/* Would v take an event if it ran now: is there reason to wake it or to stop a long hypercall? Any CPU. */
bool hvm_event_pending(const struct vcpu *v);
void hvm_event_raised(struct vcpu *v); /* evtchn_upcall_pending has just been set. Any context. */
void hvm_events_again(struct vcpu *v); /* its local APIC takes interrupts again: what was raised meanwhile did not get in */
/* An event that a device model wants v to take next. -EBUSY: one is waiting, -EINVAL, -EOPNOTSUPP: no such event. */
int hvm_inject_from_outside(struct vcpu *v, const struct xen_dm_op_inject_event *e);
void hvm_raise_nmi(struct vcpu *v);    /* any CPU */
void hvm_deliver_events(struct vcpu *v); /* v is current and about to run; interrupts off */
void hvm_inject_exception(struct vcpu *v, unsigned int vector, uint32_t error_code);
void hvm_inject_page_fault(struct vcpu *v, uint64_t cr2, uint32_t error_code);
/* HVM_PARAM_CALLBACK_IRQ was set. 0, -EINVAL: not a form that this domain can be told by. */
int hvm_set_callback_irq(struct domain *d, uint64_t param);
/* HVMOP_set_evtchn_upcall_vector. 0, -EINVAL: below 16. */
int hvm_set_upcall_vector(struct vcpu *v, uint8_t vector);

/* ---- vcpu.c: a vCPU's state as a whole; v is current or does not run ---- */
void hvm_vcpu_reset(struct vcpu *v); /* registers as after INIT */
/* By the local APIC: INIT takes v down; SIPI starts it at vector * 4 KiB, if it is down. Any CPU. */
void hvm_vcpu_init_ipi(struct vcpu *v);
void hvm_vcpu_sipi(struct vcpu *v, uint8_t vector);
void hvm_vcpu_start(struct vcpu *v); /* current obeys its SIPI */
int hvm_initialise(struct vcpu *v, unsigned long context); /* VCPUOP_initialise */
void hvm_save_cpu(struct vcpu *v, struct hvm_hw_cpu *out);
int hvm_load_cpu(struct vcpu *v, const struct hvm_hw_cpu *in); /* -EINVAL: no CPU can be so */
/* What a PV vCPU's context has a place for; setting changes the general registers alone. */
struct vcpu_guest_context;
void hvm_get_context(struct vcpu *v, struct vcpu_guest_context *c);
int hvm_set_context(struct vcpu *v, const struct vcpu_guest_context *c); /* -EINVAL: not started, RIP */

/* ---- cr.c, msr.c: checked writes, as by the guest. 0, or -EINVAL: #GP ---- */
int hvm_write_cr(struct vcpu *v, unsigned int nr, uint64_t val);
bool hvm_state_ok(struct vcpu *v, uint64_t cr0, uint64_t cr4, uint64_t efer); /* could a CPU be so */
int hvm_set_efer(struct vcpu *v, uint64_t val);
int hvm_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val);
int hvm_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val);
int hvm_set_pat(struct vcpu *v, uint64_t val);
void hvm_set_tsc_offset(struct vcpu *v, uint64_t offset); /* v is current or does not run */
/* mtrr.c: MSRs 0xfe, 0x200..0x20f, 0x250, 0x258, 0x259, 0x268..0x26f, 0x2ff */
bool hvm_is_mtrr(uint32_t msr);
int hvm_mtrr_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val);
int hvm_mtrr_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val);
void hvm_mtrr_reset(struct vcpu *v);

/* ---- walk.c, access.c: guest memory by linear address of a current vCPU ---- */
#define PFEC_PRESENT  1u
#define PFEC_WRITE    2u
#define PFEC_USER     4u
#define PFEC_RESERVED 8u
#define PFEC_INSN     16u
/* The guest-physical address, or false with *pfec the error code of the page fault that it is. */
bool hvm_translate(struct vcpu *v, uint64_t linear, uint32_t access, uint64_t *gpa, uint32_t *pfec);
/* To (`write`) or from buf; buf NULL: clears. Bytes not copied. */
unsigned long hvm_copy(uint64_t linear, void *buf, unsigned long len, bool write);

#endif
