/* SPDX-License-Identifier: MIT */
/* The life of a reading. */
#include <stdlib.h>
#include <string.h>

#include "xentop/reading.h"

void reading_free(struct reading *reading)
{
	for (size_t i = 0; i < reading->nr_domains; i++) {
		free(reading->domains[i].vcpus);
		free(reading->domains[i].nets);
		free(reading->domains[i].disks);
		free(reading->domains[i].calls);
	}
	free(reading->domains);
	memset(reading, 0, sizeof(*reading));
}

struct domain_counters *reading_find(const struct reading *reading, unsigned int domid)
{
	for (size_t i = 0; i < reading->nr_domains; i++)
		if (reading->domains[i].domid == domid)
			return &reading->domains[i];
	return NULL;
}

void *array_grow(void **array, size_t *nr, size_t size)
{
	char *grown = *array;

	/* Room for a power of two elements: grow when that is full. */
	if (!(*nr & (*nr - 1))) {
		grown = reallocarray(*array, *nr ? *nr * 2 : 1, size);
		if (!grown)
			return NULL;
		*array = grown;
	}
	return memset(grown + size * (*nr)++, 0, size);
}
