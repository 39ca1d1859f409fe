/* SPDX-License-Identifier: MIT */
/* Sets of unsigned 64-bit numbers kept as ordered, disjoint, inclusive ranges. Own lock inside. */
#ifndef HV_RANGESET_H
#define HV_RANGESET_H

#include <hv/types.h>

struct rangeset *rangeset_new(const char *name);
void rangeset_free(struct rangeset *r);
int rangeset_add(struct rangeset *r, uint64_t first, uint64_t last);	/* -ENOMEM, -EINVAL */
int rangeset_remove(struct rangeset *r, uint64_t first, uint64_t last); /* may split: -ENOMEM */
bool rangeset_contains(const struct rangeset *r, uint64_t first, uint64_t last);
bool rangeset_overlaps(const struct rangeset *r, uint64_t first, uint64_t last);
unsigned int rangeset_count(const struct rangeset *r); /* ranges: what it takes to keep them */

#endif
