/* SPDX-License-Identifier: MIT */
/*
 * callback_op(int cmd, void *arg): entry points into a PV kernel.
 */
#ifndef __XEN_PUBLIC_CALLBACK_H__
#define __XEN_PUBLIC_CALLBACK_H__

#include "xen.h"

#define CALLBACKTYPE_event		0	/* upcall: events are pending */
#define CALLBACKTYPE_failsafe		1	/* a saved segment could not be loaded again */
#define CALLBACKTYPE_syscall		2	/* SYSCALL from 64-bit user mode */
#define CALLBACKTYPE_sysenter_deprecated 3
#define CALLBACKTYPE_nmi		4	/* NMI */
#define CALLBACKTYPE_sysenter		5	/* SYSENTER, where the CPU has it */
#define CALLBACKTYPE_syscall32		7	/* SYSCALL from 32-bit user mode */

/* Enter with events masked. Event and NMI entries always are. */
#define _CALLBACKF_mask_events		0
#define CALLBACKF_mask_events		(1U << _CALLBACKF_mask_events)

#define CALLBACKOP_register		0
struct callback_register {
	uint16_t type;			/* [in] CALLBACKTYPE_* */
	uint16_t flags;			/* [in] CALLBACKF_* */
	xen_callback_t address;		/* [in] */
};
typedef struct callback_register callback_register_t;
DEFINE_XEN_GUEST_HANDLE(callback_register_t);

/* -EINVAL for the types a guest cannot do without. */
#define CALLBACKOP_unregister		1
struct callback_unregister {
	uint16_t type;			/* [in] CALLBACKTYPE_* */
	uint16_t _unused;
};
typedef struct callback_unregister callback_unregister_t;
DEFINE_XEN_GUEST_HANDLE(callback_unregister_t);

#if __XEN_INTERFACE_VERSION__ < 0x00030207
#undef CALLBACKTYPE_sysenter
#define CALLBACKTYPE_sysenter CALLBACKTYPE_sysenter_deprecated
#endif

#endif /* __XEN_PUBLIC_CALLBACK_H__ */
