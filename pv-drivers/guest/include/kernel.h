/* SPDX-License-Identifier: MIT */
/* What the kit's own files share. */
#ifndef KIT_KERNEL_H
#define KIT_KERNEL_H

#include "kit.h"
#include "machine.h"

/* core/memory.c */
void memory_init(void);
void grants_init(void);

/* core/event.c */
void event_init(void);
/* An existing port: console, xenstore. */
int event_add(evtchn_port_t port, void (*handler)(void *context), void *context);
/* Runs the handlers of ports that are pending. */
void event_dispatch(void);
/* True in a handler. */
bool event_dispatching(void);
/* Sleeps until a port is pending or it is deadline. */
void event_wait(uint64_t deadline);

/* core/thread.c: runs the threads there are until guest_end(). */
_Noreturn void thread_run_all(void);

/* arch/start.S: saves this thread's registers on its stack and goes on with another's. */
void thread_switch(void **save_sp, void *load_sp);
extern char thread_entry[];
_Noreturn void thread_begin(void);

/* The ways in, each of which fills machine first: nothing else works before. */
_Noreturn void pv_start(const struct start_info *info);
_Noreturn void pvh_start(uint32_t info);
_Noreturn void kernel_start(void);

/* The vectors with an entry in arch/start.S, trap_N for PV's frames and hvm_trap_N for the CPU's, and where they report. */
#define TRAP_VECTORS(X)                                                                            \
	X(0) X(1) X(3) X(4) X(5) X(6) X(7) X(8) X(10) X(11) X(12) X(13) X(14) X(16) X(17) X(19)
struct trap_frame {
	uint64_t vector, rcx, r11, error, rip, cs, flags, rsp, ss;
};
_Noreturn void trap_report(const struct trap_frame *frame, uint64_t rbp);

#endif
