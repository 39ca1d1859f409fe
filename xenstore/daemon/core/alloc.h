/* SPDX-License-Identifier: MIT */
/*
 * Memory that is either there or ends the daemon.
 *
 * What an unprivileged client can make us allocate is bounded by its quotas, so running out means
 * the machine is out of memory. Dying at once is then safe: the journal holds everything
 * acknowledged.
 */
#ifndef XSD_ALLOC_H
#define XSD_ALLOC_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void *alloc_check(void *memory)
{
	if (!memory) {
		fputs("xenstored: out of memory; restart it, nothing acknowledged is lost\n",
		      stderr);
		abort();
	}
	return memory;
}

static inline void *xmalloc(size_t size)
{
	return alloc_check(malloc(size));
}

static inline void *xzalloc(size_t size)
{
	return alloc_check(calloc(1, size));
}

static inline void *xrealloc(void *old, size_t size)
{
	return alloc_check(realloc(old, size));
}

static inline char *xstrdup(const char *text)
{
	return alloc_check(strdup(text));
}

#endif
