/* SPDX-License-Identifier: MIT */
/*
 * vcpu_op(int cmd, unsigned int vcpu, void *arg): bringing the caller's own vCPUs up and down,
 * their timers, and memory that the hypervisor keeps up to date for them.
 */
#ifndef __XEN_PUBLIC_VCPU_H__
#define __XEN_PUBLIC_VCPU_H__

#include "xen.h"

/*
 * Loads the first state of a vCPU, once: struct vcpu_guest_context from a PV guest,
 * struct vcpu_hvm_context from an HVM one. It stays down until VCPUOP_up.
 */
#define VCPUOP_initialise	0

/* Makes it run. */
#define VCPUOP_up		1

/*
 * Stops it; immediate for the caller itself, otherwise it may run a little longer. Page tables,
 * LDT and GDT it had loaded stay referenced.
 */
#define VCPUOP_down		2

/* Returns 1 if it is up, 0 if not. */
#define VCPUOP_is_up		3

/* Reads the state and accumulated times of a vCPU into vcpu_runstate_info. */
#define VCPUOP_get_runstate_info 4
struct vcpu_runstate_info {
	int state;			/* RUNSTATE_* */
	uint64_t state_entry_time;	/* ns; in a registered area also the flag below */
/* Being written: set around an update if VMASST_TYPE_runstate_update_flag is on. */
#define XEN_RUNSTATE_UPDATE (xen_mk_ullong(1) << 63)
	uint64_t time[4];		/* ns in each RUNSTATE_*; their sum follows system time */
};
typedef struct vcpu_runstate_info vcpu_runstate_info_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_runstate_info_t);

#define RUNSTATE_running	0	/* on a physical CPU */
#define RUNSTATE_runnable	1	/* waiting for one (stolen time) */
#define RUNSTATE_blocked	2	/* idle */
#define RUNSTATE_offline	3	/* down or paused, and not blocked */

/*
 * Keeps a vcpu_runstate_info at a virtual address of the guest, rewritten whenever the vCPU is
 * scheduled in; so as the guest sees it the state is always running.
 */
#define VCPUOP_register_runstate_memory_area 5
struct vcpu_register_runstate_memory_area {
	union {
		XEN_GUEST_HANDLE(vcpu_runstate_info_t) h;
		struct vcpu_runstate_info *v;
		uint64_t p;
	} addr;				/* [in] */
};
typedef struct vcpu_register_runstate_memory_area vcpu_register_runstate_memory_area_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_register_runstate_memory_area_t);

/* The periodic timer, raising VIRQ_TIMER; periods under 1 ms may be refused. */
#define VCPUOP_set_periodic_timer	6
#define VCPUOP_stop_periodic_timer	7
struct vcpu_set_periodic_timer {
	uint64_t period_ns;		/* [in] */
};
typedef struct vcpu_set_periodic_timer vcpu_set_periodic_timer_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_set_periodic_timer_t);

/* The one-shot timer, raising VIRQ_TIMER. */
#define VCPUOP_set_singleshot_timer	8
#define VCPUOP_stop_singleshot_timer	9
struct vcpu_set_singleshot_timer {
	uint64_t timeout_abs_ns;	/* [in] system time */
	uint32_t flags;			/* [in] VCPU_SSHOTTMR_* */
};
typedef struct vcpu_set_singleshot_timer vcpu_set_singleshot_timer_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_set_singleshot_timer_t);

/* Fail with -ETIME rather than fire at once if the time has passed. */
#define _VCPU_SSHOTTMR_future	(0)
#define VCPU_SSHOTTMR_future	(1U << _VCPU_SSHOTTMR_future)

/* Moves the vCPU's vcpu_info to a place of the guest's choice, within one page; once only. */
#define VCPUOP_register_vcpu_info 10
struct vcpu_register_vcpu_info {
	uint64_t mfn;			/* [in] */
	uint32_t offset;		/* [in] bytes into the page */
	uint32_t rsvd;
};
typedef struct vcpu_register_vcpu_info vcpu_register_vcpu_info_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_register_vcpu_info_t);

/* Raises an NMI; no arg. */
#define VCPUOP_send_nmi 11

/* For a hard-pinned vCPU of the hardware domain: ids of the CPU under it. */
#define VCPUOP_get_physid 12
struct vcpu_get_physid {
	uint64_t phys_id;		/* [out] ACPI id << 32 | APIC id */
};
typedef struct vcpu_get_physid vcpu_get_physid_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_get_physid_t);
#define xen_vcpu_physid_to_x86_apicid(physid) ((uint32_t)(physid))
#define xen_vcpu_physid_to_x86_acpiid(physid) ((uint32_t)((physid) >> 32))

/*
 * Keeps a second copy of the vCPU's vcpu_time_info at a virtual address, for instance one that
 * user space can read.
 */
#define VCPUOP_register_vcpu_time_memory_area 13
DEFINE_XEN_GUEST_HANDLE(vcpu_time_info_t);
struct vcpu_register_time_memory_area {
	union {
		XEN_GUEST_HANDLE(vcpu_time_info_t) h;
		struct vcpu_time_info *v;
		uint64_t p;
	} addr;				/* [in] */
};
typedef struct vcpu_register_time_memory_area vcpu_register_time_memory_area_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_register_time_memory_area_t);

#endif /* __XEN_PUBLIC_VCPU_H__ */
