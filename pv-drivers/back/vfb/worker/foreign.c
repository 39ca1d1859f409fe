/* SPDX-License-Identifier: MIT */
/* A guest's frames by their numbers: see foreign.h. */
#include "foreign.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <xen/xen.h>
#include <xen/sys/privcmd.h>

#define PAGE 4096u

static bool fill(int privcmd, uint32_t domid, void *address, const uint64_t *frames, uint32_t nr)
{
	int *errors = calloc(nr, sizeof(*errors));
	struct privcmd_mmapbatch_v2 batch = {
		.num = nr,
		.dom = (domid_t)domid,
		.addr = (uintptr_t)address,
		.arr = frames,
		.err = errors,
	};
	bool good = errors && !ioctl(privcmd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch);

	for (uint32_t i = 0; good && i < nr; i++) {
		if (errors[i]) {
			errno = -errors[i];
			good = false;
		}
	}
	free(errors);
	return good;
}

void *foreign_map(int privcmd, uint32_t domid, const uint64_t *frames, uint32_t nr, int prot)
{
	void *address = mmap(NULL, (size_t)nr * PAGE, prot, MAP_SHARED, privcmd, 0);
	int saved;

	if (address == MAP_FAILED)
		return NULL;
	if (fill(privcmd, domid, address, frames, nr))
		return address;
	saved = errno;
	foreign_unmap(address, nr);
	errno = saved;
	return NULL;
}

void foreign_unmap(void *address, uint32_t nr)
{
	munmap(address, (size_t)nr * PAGE);
}
