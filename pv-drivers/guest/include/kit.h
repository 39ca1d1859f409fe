/* SPDX-License-Identifier: MIT */
/*
 * The guest kit: what a guest's own code may use. Define guest_main(); when it returns, the guest
 * powers off. One CPU; threads switch only where they wait (see env.h), so nothing needs a lock.
 *
 * The rest of the interface: env.h (pages, grants, events, waiting), xs.h (xenstore), console.h,
 * device.h, blk.h, net.h.
 */
#ifndef KIT_H
#define KIT_H

#include <string.h>

#include "env.h"

/* The guest's own code. */
void guest_main(void);

/* Threads. */

#define THREAD_STACK (2 * PV_PAGE_SIZE) /* the thread's own record is in it */

/* NULL: no memory. The thread ends when run returns. name must last. */
struct thread *thread_start(const char *name, void (*run)(void *argument), void *argument);
void thread_yield(void);
void thread_sleep(uint64_t nanoseconds);
const char *thread_name(void);

/* Steps a device (see device.h) in a thread of its own until it is dead. */
struct front_device;
int device_start(struct front_device *device);

/* Memory, in pages. */
struct memory_counters {
	uint64_t total;	 /* given to the guest */
	uint64_t mapped; /* of these in use or ready to be; the rest is mapped when needed */
	uint64_t free;	 /* of mapped */
	uint64_t image;	 /* code and data of the kernel */
};
struct memory_counters memory_counters(void);

/* Nanoseconds since unpause in which the guest ran or wanted to: not those it was kept paused. */
uint64_t time_since_start(void);

/* Seconds since 1970. */
uint64_t time_of_day(void);

/*
 * The value of NAME=VALUE on the kernel's command line; false: it is not there, value unchanged.
 * Longer values are cut.
 */
bool option(const char *name, char *value, size_t size);
/* The same as a decimal number; otherwise is what it is without. */
uint64_t option_number(const char *name, uint64_t otherwise);

enum ending { END_POWEROFF = 0, END_REBOOT = 1, END_CRASH = 3 };
_Noreturn void guest_end(enum ending ending);

/* Why, and guest_end(END_CRASH). */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
