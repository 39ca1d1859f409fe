/* SPDX-License-Identifier: MIT */
/*
 * A guest's frames by their numbers, through a privcmd descriptor that serai-backd opened and
 * confined to this guest. The framebuffer's protocol is older than grants for it.
 */
#ifndef FOREIGN_H
#define FOREIGN_H

#include <stdint.h>

/* nr frames in a row; NULL with errno, also if a single one cannot be had. prot as for mmap(). */
void *foreign_map(int privcmd, uint32_t domid, const uint64_t *frames, uint32_t nr, int prot);
void foreign_unmap(void *address, uint32_t nr);

#endif
