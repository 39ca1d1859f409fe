/* SPDX-License-Identifier: MIT */
/* What the files of the console share. Everything here but the lock itself needs the lock held. */
#ifndef CONSOLE_INTERNAL_H
#define CONSOLE_INTERNAL_H

#include <stdarg.h>
#include <hv/console.h>

struct domain;

/* One lock for the ring, the devices and the line state. Interrupts are off while it is held. */
unsigned long console_lock(void);
void console_unlock(unsigned long flags);

/* ring.c */
void ring_put(const char *s, size_t len);
/* Copies up to len bytes from *index on, which moves along; skips what the ring has lost. */
size_t ring_get(uint32_t *index, char *to, size_t len);
uint32_t ring_first(void);	   /* index of the oldest byte still wanted */
void ring_forget(uint32_t before); /* bytes below this index are wanted no more */

/* output.c */
void console_emit(const char *s, size_t len);	  /* hypervisor text: ring and devices */
void console_emit_raw(const char *s, size_t len); /* Dom0's own stream: devices, maybe ring */
/* One message of a guest, in its own line with the prefix "(dN) ". Takes the lock. */
void console_guest_line(domid_t id, const char *line);
void console_notify_ring(void); /* lock NOT held: tell Dom0 that the ring grew */

/* input.c */
size_t console_input_take(char *to, size_t len); /* takes no lock of the caller */

#endif
