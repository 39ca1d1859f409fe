/* SPDX-License-Identifier: MIT */
/*
 * Domains and virtual CPUs: what every subsystem shares. Each subsystem keeps its own state in its
 * own struct (hv/event.h, hv/grant.h, hv/sched.h, asm/domain.h), embedded or pointed to here.
 *
 * Life: domain_create() builds privately and publishes last; references (domain_get/domain_put) keep
 * the struct alive and in the list, `state` tells whether it still accepts work; domain_destroy()
 * relinquishes in restartable steps. Fields say what guards them.
 */
#ifndef HV_DOMAIN_H
#define HV_DOMAIN_H

#include <hv/lib.h>
#include <hv/cpumask.h>
#include <hv/spinlock.h>
#include <hv/timer.h>
#include <hv/event.h>
#include <hv/hypercall_table.h>
#include <hv/sched.h>
#include <public/xen.h>
#include <public/vcpu.h>
#include <asm/domain.h>

struct grant_table;
struct rangeset;

#define MAX_VIRT_CPUS	    128 /* per domain */
#define NR_DOMAIN_WATCHDOGS 2	/* SCHEDOP_watchdog */

/* Why a vCPU is not runnable: any bit set keeps it off the run queue. */
#define VPF_BLOCKED 0 /* SCHEDOP_block, HLT */
#define VPF_DOWN    1 /* not brought up, or VCPUOP_down */
#define VPF_IO	    3 /* waits for a device model's answer */
#define VPF_POLLING 2 /* SCHEDOP_poll: woken by any polled port or the time-out */

/* A domain's life. The legal edges are a table in common/domain.c. */
enum domain_state {
	DOMAIN_ALIVE,	      /* also before it first runs, and while the toolstack has it paused */
	DOMAIN_SHUTTING_DOWN, /* every vCPU has been told to stop; some may still be on a CPU */
	DOMAIN_SHUT_DOWN,     /* all are off, for shutdown_code; the toolstack has been told */
	DOMAIN_DYING,	      /* gets nothing more, is giving everything back */
	DOMAIN_DEAD,	      /* has given back; gone with the last reference to it or its frames */
};

struct vcpu {
	unsigned int vcpu_id;
	struct domain *domain;
	unsigned int processor; /* CPU it runs or last ran on; guarded by: its run-queue lock */

	/* Where events and time are told to the guest: in shared_info, or where
	 * VCPUOP_register_vcpu_info put it. Never NULL once the vCPU is published (vcpu_ids beyond
	 * the legacy array start on a dummy page). Written atomically by anybody. */
	struct vcpu_info *vcpu_info;
	mfn_t vcpu_info_mfn; /* INVALID_MFN while it is in shared_info */

	unsigned long pause_flags;   /* VPF_* bits, atomic */
	int pause_count;	     /* vcpu_pause_nosync() nesting, atomic */
	bool is_initialised;	     /* has a context; guarded by: domain->domctl_lock */
	bool is_running;	     /* on a CPU right now; written by the scheduler only */
	bool is_urgent;

	/* runstate: times spent in each RUNSTATE_*; guarded by: the run-queue lock */
	struct vcpu_runstate_info runstate;
	uint64_t runstate_guest; /* guest linear address registered, or 0 (PV: copied at switch) */

	/* Guest timers */
	s_time_t periodic_period; /* 0: stopped (default: VCPUOP_set_periodic_timer) */
	s_time_t periodic_last_event;
	struct timer periodic_timer;
	struct timer singleshot_timer;
	struct timer poll_timer;
	int poll_evtchn; /* port polled, 0 none, -1 several */

	/* What it asked of us; written by its CPU only, summed up for a domain by debug key 'H'. */
	uint64_t hypercall_calls[NR_HYPERCALLS];
	struct hypercall_errors *hypercall_errors; /* NULL: an idle vCPU */

	struct evtchn_vcpu evtchn;
	struct sched_vcpu sched;
	struct arch_vcpu arch;
};

struct domain {
	domid_t domain_id;
	bool is_privileged; /* control domain */
	unsigned int refcnt; /* atomic; 0: being freed */

	unsigned int max_vcpus;
	struct vcpu **vcpu; /* max_vcpus slots; a slot, once set, stays until the struct is freed */

	struct shared_info *shared_info; /* one xenheap page shared with the guest */

	spinlock_t domctl_lock; /* outermost: one toolstack operation on this domain at a time */

	/* Memory. guarded by: page_lock */
	spinlock_t page_lock;
	unsigned long *page_regions; /* bit per 2 MiB of machine memory: may hold frames of d, mm/ */
	unsigned int tot_pages;	 /* frames owned and charged */
	unsigned int max_pages;	 /* tot_pages may not grow past this */
	unsigned int xenheap_pages;
	unsigned int outstanding_pages; /* claimed, not yet allocated (XENMEM_claim_pages) */

	struct evtchn_domain evtchn;
	struct grant_table *grant_table;
	struct sched_domain sched;

	/* Rights to hardware: ranges of ports, frames (by mfn), pirqs. Have their own locks. */
	struct rangeset *ioport_caps;
	struct rangeset *iomem_caps;
	struct rangeset *irq_caps;

	unsigned long vm_assist; /* VMASST bits; atomic */

	spinlock_t state_lock;
	enum domain_state state; /* changed by domain_change_state() only; guarded by: state_lock */
	int shutdown_code;	 /* SHUTDOWN_*, -1 none; guarded by: state_lock */
	bool crash_told; /* the guest said that it has crashed: its end is a crash; set by its vCPUs only */
	int pause_count;       /* domain_pause() nesting, atomic */
	struct {
		spinlock_t lock;
		uint32_t used; /* bit per watchdog; guarded by: lock */
		struct timer timer[NR_DOMAIN_WATCHDOGS];
	} watchdog;
	int controller_pause_count; /* by the toolstack; guarded by: domctl_lock */
	bool has_run;		    /* the toolstack has let it go once; guarded by: domctl_lock */

	uint8_t handle[16]; /* UUID; guarded by: domctl_lock */
	int64_t time_offset_seconds;
	struct {
		uint32_t ssidref;
		uint32_t createflags;
		uint32_t max_evtchn_port;
	} config;

	struct domain *next; /* list of all, by id; guarded by: domlist lock (writers) */
	struct domain *bucket_next; /* those whose ids hash alike; guarded by: domlist lock */
	struct arch_domain arch;
};

/* Pseudo domains: own frames that belong to no guest. */
extern struct domain *dom_io;  /* MMIO and reserved ranges */
extern struct domain *dom_xen; /* the hypervisor's own frames that guests may map (M2P, trace) */
extern struct domain *idle_domain; /* one idle vCPU per CPU */
extern struct domain *hardware_domain; /* Dom0 */
extern struct vcpu *idle_vcpu[NR_CPUS];

static inline bool is_idle_vcpu(const struct vcpu *v)
{
	return v->domain == idle_domain;
}
static inline bool is_hardware_domain(const struct domain *d)
{
	return d == hardware_domain;
}
static inline bool domain_is_dying(const struct domain *d)
{
	return __atomic_load_n(&d->state, __ATOMIC_SEQ_CST) >= DOMAIN_DYING;
}
#define for_each_vcpu(d, v)                                                                        \
	for (unsigned int _i = 0; _i < (d)->max_vcpus; _i++)                                        \
		if (((v) = (d)->vcpu[_i]) != NULL)

/* The domain with a reference taken (drop with domain_put), or NULL. DOMID_SELF is the caller. */
struct domain *domain_get_by_id(domid_t id);
/* The same, DOMID_SELF allowed, and only if `current` may act on it: itself, or it is privileged.
 * NULL with *err = -ESRCH or -EPERM. */
struct domain *domain_get_for_caller(domid_t id, int *err);
void domain_get(struct domain *d);
void domain_put(struct domain *d);
/* Lowest existing domain with id >= `from`, referenced, or NULL: iteration that tolerates change. */
struct domain *domain_get_next(domid_t from);
bool domain_id_is_free(domid_t id); /* now; domain_create() settles it */

struct domain_create_args {
	domid_t id;
	bool privileged;
	uint32_t flags;	     /* XEN_DOMCTL_CDF_* */
	uint32_t emulation_flags; /* XEN_X86_EMU_* */
	unsigned int max_vcpus;
	uint32_t max_evtchn_port, max_grant_frames, max_maptrack_frames;
	uint32_t ssidref;
	unsigned int cpupool;
	uint8_t handle[16];
};
void domains_init(void); /* boot: the pseudo domains */
/* Paused, empty. -EEXIST the id is taken, -EINVAL, -ENOMEM, what the CPU pool says. */
int domain_create(const struct domain_create_args *a, struct domain **out);
struct vcpu *vcpu_create(struct domain *d, unsigned int vcpu_id); /* under domctl_lock; NULL: ENOMEM */
void vcpu_destroy(struct vcpu *v);    /* with its domain only: nobody can have a pointer any more */
int domain_destroy(struct domain *d); /* under domctl_lock; 0, or -ERESTART: call again */

/* Pausing nests. domain_pause() returns when no vCPU of d runs any more (not for one's own). */
void domain_pause(struct domain *d);
void domain_unpause(struct domain *d);
void vcpu_unpause(struct vcpu *v);
void vcpu_pause_nosync(struct vcpu *v);
int domain_controller_pause(struct domain *d);
int domain_controller_unpause(struct domain *d);

void domain_shutdown(struct domain *d, int reason); /* SHUTDOWN_*; Dom0: acts on the machine */
void domain_vcpu_stopped(struct domain *d); /* the scheduler: a vCPU of a domain shutting down is off */
int domain_resume(struct domain *d);	    /* undoes a shutdown; -EINVAL: it is not shut down */
/* The guest broke a rule it cannot be told about by an errno: first reason wins and is printed. */
void domain_crash(struct domain *d, const char *fmt, ...) __printf(2, 3);

int vcpu_reset_state(struct vcpu *v);
void vcpu_info_reset(struct vcpu *v);
int vcpu_map_info(struct vcpu *v, gfn_t gfn, unsigned int offset); /* VCPUOP_register_vcpu_info */

/* Per-architecture half, arch/x86/domain.c and below. */
int arch_domain_create(struct domain *d, const struct domain_create_args *a);
void arch_domain_destroy(struct domain *d);	      /* last reference gone */
int arch_domain_relinquish(struct domain *d);	      /* 0 or -ERESTART */
int arch_vcpu_create(struct vcpu *v);
/* Those a domain may turn on. */
#define VM_ASSISTS                                                                                 \
	(1ul << VMASST_TYPE_4gb_segments | 1ul << VMASST_TYPE_4gb_segments_notify |                \
	 1ul << VMASST_TYPE_writable_pagetables | 1ul << VMASST_TYPE_pae_extended_cr3 |            \
	 1ul << VMASST_TYPE_architectural_iopl | 1ul << VMASST_TYPE_runstate_update_flag |         \
	 1ul << VMASST_TYPE_m2p_strict)
void arch_vm_assist_changed(struct vcpu *v); /* domain->vm_assist has changed */
void arch_vcpu_destroy(struct vcpu *v);
const char *arch_guest_kinds(void);	     /* XENVER_capabilities */
bool arch_has_hvm(void);
int arch_domain_button(struct domain *d, bool sleep); /* presses the power or sleep button. -ENOSYS: it has none */
void arch_domain_shutdown_machine(int reason) __noreturn; /* Dom0 is gone: reboot, halt */

#endif
