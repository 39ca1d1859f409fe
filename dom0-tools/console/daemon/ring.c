/* SPDX-License-Identifier: MIT */
/*
 * The console page's two rings of bytes; ring.h has the rules.
 */
#include <string.h>

#include "ring.h"

#define SIZE(ring) ((uint32_t)sizeof(((struct xencons_interface *)0)->ring))

/* Ordering: acquire, so that bytes are read after the index that covers them. */
static uint32_t load(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

/* Ordering: release, so that bytes are read, or written, before the index lets the guest have them.
 */
static void store(uint32_t *index, uint32_t value)
{
	__atomic_store_n(index, value, __ATOMIC_RELEASE);
}

void ring_attach(struct ring *r, struct xencons_interface *shared)
{
	*r = (struct ring){ .shared = shared };
	r->out_cons = load(&shared->out_cons);
	r->in_prod = load(&shared->in_prod);
}

/*
 * A guest that was restarted in place (kexec) begins with other indices than ours: believe its page
 * as long as it agrees with itself. Otherwise drop what there is.
 */
static void resync_out(struct ring *r, uint32_t prod)
{
	uint32_t cons = load(&r->shared->out_cons);

	r->out_cons = prod - cons <= SIZE(out) ? cons : prod;
	store(&r->shared->out_cons, r->out_cons);
	r->resyncs++;
}

unsigned int ring_out_ready(struct ring *r)
{
	uint32_t prod = load(&r->shared->out_prod);
	uint32_t ready = prod - r->out_cons;

	if (ready <= SIZE(out))
		return ready;
	resync_out(r, prod);
	return 0;
}

void ring_out_copy(const struct ring *r, unsigned int offset, void *to, unsigned int n)
{
	uint32_t at = MASK_XENCONS_IDX(r->out_cons + offset, r->shared->out);
	uint32_t first = SIZE(out) - at;

	if (first > n)
		first = n;
	memcpy(to, r->shared->out + at, first);
	memcpy((char *)to + first, r->shared->out, n - first);
}

void ring_out_done(struct ring *r, unsigned int n)
{
	r->out_cons += n;
	store(&r->shared->out_cons, r->out_cons);
}

static void resync_in(struct ring *r, uint32_t cons)
{
	uint32_t prod = load(&r->shared->in_prod);

	r->in_prod = prod - cons <= SIZE(in) ? prod : cons;
	store(&r->shared->in_prod, r->in_prod);
	r->resyncs++;
}

unsigned int ring_in_space(struct ring *r)
{
	uint32_t cons = load(&r->shared->in_cons);
	uint32_t used = r->in_prod - cons;

	if (used <= SIZE(in))
		return SIZE(in) - used;
	resync_in(r, cons);
	return 0;
}

void ring_in_put(struct ring *r, const void *from, unsigned int n)
{
	uint32_t at = MASK_XENCONS_IDX(r->in_prod, r->shared->in);
	uint32_t first = SIZE(in) - at;

	if (first > n)
		first = n;
	memcpy(r->shared->in + at, from, first);
	memcpy(r->shared->in, (const char *)from + first, n - first);
	r->in_prod += n;
	store(&r->shared->in_prod, r->in_prod);
}
