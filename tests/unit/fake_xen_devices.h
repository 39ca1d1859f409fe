/* SPDX-License-Identifier: MIT */
/*
 * A fake of /dev/xen/* for tests of the Dom0 libraries: link with FAKE_XEN_DEVICES' wraps (see a test's
 * "libs:" line) and open(), close(), mmap(), munmap(), ioctl(), read(), write() and the raw ioctl system call
 * come here when a fake device is meant.
 *
 * Memory mapped from "hypercall" is remembered, so that a test can insist on pointers into it, and on its return.
 */
#ifndef FAKE_XEN_DEVICES_H
#define FAKE_XEN_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fake_device { FAKE_PRIVCMD, FAKE_HYPERCALL, FAKE_EVTCHN, FAKE_GNTDEV, FAKE_GNTALLOC, NR_FAKE_DEVICES };

struct fake_xen {
	int open_errno[NR_FAKE_DEVICES];	/* not 0: opening fails so */
	int nr_open[NR_FAKE_DEVICES];		/* descriptors open now */
	int map_countdown;			/* the mmap() after so many fails with ENOMEM; -1: none */
	int map_errno;
	int nr_mapped;				/* mappings of any device alive now */
	int nr_ioctls;
	/* Answers: 0 or more, or a negative errno. */
	long (*hypercall)(uint64_t op, const uint64_t *arg);
	long (*ioctl)(enum fake_device device, unsigned long request, void *arg);
	/* Of the event device: what read() gives; what write() got. */
	uint32_t pending, unmasked;
};
extern struct fake_xen fake;

/* Back to a machine on which everything opens and nothing answers. */
void fake_reset(void);
/* Is all of it in memory mapped from /dev/xen/hypercall? */
bool fake_is_hypercall_memory(const void *p, size_t bytes);

#endif
