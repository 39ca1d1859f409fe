/* SPDX-License-Identifier: MIT */
/*
 * A node's permissions: its owner, what everybody else may do, and exceptions by domain.
 *
 * Entry 0 names the owner, who may do all; its bits are for those no other entry names. The object
 * is immutable and shared between nodes (children inherit it). `generation` is the store's when it
 * was made: an exception for a domain that came into being later was meant for a former owner of
 * its number, so it does not count.
 */
#ifndef XSD_PERMS_H
#define XSD_PERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PERM_READ  1
#define PERM_WRITE 2
#define PERM_OWNER 4 /* only asked for and granted, never stored */
#define PERM_ALL   (PERM_READ | PERM_WRITE | PERM_OWNER)

struct perm {
	uint32_t domid;
	uint32_t bits;
};

struct perms {
	uint32_t refs;
	uint32_t nr;
	uint64_t generation;
	struct perm entry[];
};

/* The longest text of one entry: letter, number, NUL. */
#define PERM_TEXT_MAX 12

struct perms *perms_new(const struct perm *entries, uint32_t nr, uint64_t generation);
struct perms *perms_ref(struct perms *perms);
void perms_unref(struct perms *perms);
bool perms_equal(const struct perms *a, const struct perms *b);
/* The same with another owner. */
struct perms *perms_with_owner(const struct perms *perms, uint32_t owner);

/* Parses "r5" and the like; false if it is none. */
bool perm_parse(const char *text, struct perm *perm);
/* Writes the text with its NUL, returns its length with the NUL. */
size_t perm_format(const struct perm *perm, char *text);

/* Who asks. */
struct subject {
	bool privileged;
	uint32_t domid;
	uint64_t born;	/* the store's generation when the domain came into being */
	int64_t target; /* the domain it may act for, -1: none */
};

/* What the subject may do: PERM_* bits. */
uint32_t perms_for(const struct perms *perms, const struct subject *who);

#endif
