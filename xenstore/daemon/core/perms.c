/* SPDX-License-Identifier: MIT */
/* Permissions: see perms.h. */
#include <stdio.h>

#include "alloc.h"
#include "perms.h"

struct perms *perms_new(const struct perm *entries, uint32_t nr, uint64_t generation)
{
	struct perms *perms = xmalloc(sizeof(*perms) + nr * sizeof(*entries));

	perms->refs = 1;
	perms->nr = nr;
	perms->generation = generation;
	memcpy(perms->entry, entries, nr * sizeof(*entries));
	return perms;
}

struct perms *perms_ref(struct perms *perms)
{
	perms->refs++;
	return perms;
}

void perms_unref(struct perms *perms)
{
	if (perms && !--perms->refs)
		free(perms);
}

bool perms_equal(const struct perms *a, const struct perms *b)
{
	return a == b ||
	       (a->nr == b->nr && !memcmp(a->entry, b->entry, a->nr * sizeof(a->entry[0])));
}

struct perms *perms_with_owner(const struct perms *perms, uint32_t owner)
{
	struct perms *copy = perms_new(perms->entry, perms->nr, perms->generation);

	copy->entry[0].domid = owner;
	return copy;
}

static const char letters[4] = { 'n', 'r', 'w', 'b' };

bool perm_parse(const char *text, struct perm *perm)
{
	const char *found = text[0] ? memchr(letters, text[0], sizeof(letters)) : NULL;
	uint32_t domid = 0;

	if (!found || !text[1])
		return false;
	for (const char *digit = text + 1; *digit; digit++) {
		if (*digit < '0' || *digit > '9' || domid > 0xffff)
			return false;
		domid = domid * 10 + (uint32_t)(*digit - '0');
	}
	if (domid > 0xffff)
		return false;
	perm->bits = (uint32_t)(found - letters);
	perm->domid = domid;
	return true;
}

size_t perm_format(const struct perm *perm, char *text)
{
	return (size_t)snprintf(text, PERM_TEXT_MAX, "%c%u", letters[perm->bits & 3], perm->domid) +
	       1;
}

static bool names(const struct perm *entry, const struct subject *who)
{
	return entry->domid == who->domid ||
	       (who->target >= 0 && entry->domid == (uint32_t)who->target);
}

uint32_t perms_for(const struct perms *perms, const struct subject *who)
{
	if (who->privileged || names(&perms->entry[0], who))
		return PERM_ALL;
	for (uint32_t i = 1; i < perms->nr; i++)
		if (names(&perms->entry[i], who) && perms->generation >= who->born)
			return perms->entry[i].bits;
	return perms->entry[0].bits;
}
