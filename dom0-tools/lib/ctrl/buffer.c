/* SPDX-License-Identifier: MIT */
/*
 * Hypercall buffers for callers that build requests themselves.
 */
#include <stdlib.h>

#include "private.h"

xc_hypercall_buffer_t XC__HYPERCALL_BUFFER_NAME(HYPERCALL_BUFFER_NULL) = {
	.hbuf = NULL, .param_shadow = NULL, HYPERCALL_BUFFER_INIT_NO_BOUNCE
};

/* What the DECLARE macros put where there is no pointer (yet, or of its own). */
#define NO_POINTER ((void *)-1)

void *xc__hypercall_buffer_alloc_pages(xc_interface *xch, xc_hypercall_buffer_t *b, int nr_pages)
{
	void *p;

	if (b->hbuf == NO_POINTER || nr_pages <= 0) {
		errno = EINVAL;
		return NULL;
	}
	p = xencall_alloc_buffer_pages(xch->xcall, (size_t)nr_pages);
	if (p)
		memset(p, 0, (size_t)nr_pages << XC_PAGE_SHIFT);
	b->hbuf = p;
	return p;
}

void xc__hypercall_buffer_free_pages(xc_interface *xch, xc_hypercall_buffer_t *b, int nr_pages)
{
	if (b->hbuf && b->hbuf != NO_POINTER)
		xencall_free_buffer_pages(xch->xcall, b->hbuf, (size_t)nr_pages);
	b->hbuf = NULL;
}

void *xc__hypercall_buffer_alloc(xc_interface *xch, xc_hypercall_buffer_t *b, size_t size)
{
	void *p;

	if (b->hbuf == NO_POINTER) {
		errno = EINVAL;
		return NULL;
	}
	p = xencall_alloc_buffer(xch->xcall, size);
	if (p)
		memset(p, 0, size);
	b->hbuf = p;
	return p;
}

void xc__hypercall_buffer_free(xc_interface *xch, xc_hypercall_buffer_t *b)
{
	if (b->hbuf && b->hbuf != NO_POINTER)
		xencall_free_buffer(xch->xcall, b->hbuf);
	b->hbuf = NULL;
}

int xc__hypercall_bounce_pre(xc_interface *xch, xc_hypercall_buffer_t *bounce)
{
	if (bounce->ubuf == NO_POINTER)
		return fail(EINVAL);
	bounce->hbuf = NULL;
	if (!bounce->ubuf)
		return 0;
	if (!xc__hypercall_buffer_alloc(xch, bounce, bounce->sz))
		return -1;
	if (bounce->dir & XC_HYPERCALL_BUFFER_BOUNCE_IN)
		memcpy(bounce->hbuf, bounce->ubuf, bounce->sz);
	return 0;
}

void xc__hypercall_bounce_post(xc_interface *xch, xc_hypercall_buffer_t *bounce)
{
	if (!bounce->ubuf || bounce->ubuf == NO_POINTER || !bounce->hbuf)
		return;
	if (bounce->dir & XC_HYPERCALL_BUFFER_BOUNCE_OUT)
		memcpy(bounce->ubuf, bounce->hbuf, bounce->sz);
	xc__hypercall_buffer_free(xch, bounce);
}
