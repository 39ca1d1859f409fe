/* SPDX-License-Identifier: MIT */
/* A ring of requests and responses: see p9_ring.h. */
#include "p9_ring.h"

#include <errno.h>
#include <stdlib.h>
#include <xen/errno.h>

/* Were the last request's words left by one who died between beginning and publishing? */
static void look_back(struct p9_ring *r)
{
	const struct p9_ring_journal *j = r->journal;

	r->again = j->begun && j->out_cons == r->published;
	r->answered = r->again && j->in_prod != r->in.mine;
}

int p9_ring_init(struct p9_ring *r, struct xen_9pfs_data_intf *intf, void *data, uint32_t order,
		 uint32_t largest, struct p9_ring_journal *journal, bool resume)
{
	uint32_t bytes = p9_ring_bytes(order);

	*r = (struct p9_ring){ .intf = intf, .largest = largest, .journal = journal };
	r->cons = r->published = pv_load(&intf->out_cons);
	if (pv_stream_init_writer(&r->in, data, bytes, &intf->in_prod, &intf->in_cons) ||
	    pv_stream_init_reader(&r->out, (uint8_t *)data + bytes, bytes, &intf->out_prod,
				  &r->cons))
		return -EIO;
	r->request = malloc(largest);
	r->response = malloc(largest);
	if (!r->request || !r->response) {
		p9_ring_free(r);
		return -ENOMEM;
	}
	if (resume)
		look_back(r);
	return 0;
}

void p9_ring_free(struct p9_ring *r)
{
	free(r->request);
	free(r->response);
	r->request = r->response = NULL;
}

/* The guest may have the request's room back. */
static void publish(struct p9_ring *r)
{
	r->published = r->cons;
	pv_store(&r->intf->out_cons, r->published);
	__atomic_store_n(&r->journal->begun, 0, __ATOMIC_RELEASE);
}

/* A whole request: its bytes. 0: not yet. */
static int take(struct p9_ring *r)
{
	struct p9_in head = { r->request, r->request + sizeof(uint32_t), false };
	uint32_t size;
	int rc;

	if (!r->expected) {
		rc = pv_stream_read_all(&r->out, r->request, sizeof(uint32_t));
		if (rc)
			return rc == -XEN_EAGAIN ? 0 : -EIO;
		size = p9_get32(&head);
		if (size < P9_HEADER || size > r->largest)
			return -EIO;
		r->expected = size;
	}
	rc = pv_stream_read_all(&r->out, r->request + sizeof(uint32_t),
				r->expected - (uint32_t)sizeof(uint32_t));
	if (rc)
		return rc == -XEN_EAGAIN ? 0 : -EIO;
	size = r->expected;
	r->expected = 0;
	return (int)size;
}

static void carry_out(struct p9_ring *r, struct p9_server *s, uint32_t size)
{
	struct p9_ring_journal *j = r->journal;

	if (r->again) {
		r->again = false;
		r->waiting = p9_serve_again(s, r->request, size, r->response, r->largest);
		return;
	}
	j->out_cons = r->published;
	j->in_prod = r->in.mine;
	/* Ordering: release. The words above are those of what has begun. */
	__atomic_store_n(&j->begun, 1, __ATOMIC_RELEASE);
	r->waiting = p9_serve(s, r->request, size, r->response, r->largest);
}

/* 1: one more is answered. 0: nothing to do, or no room. */
static int turn(struct p9_ring *r, struct p9_server *s)
{
	int rc;

	if (!r->waiting) {
		rc = take(r);
		if (rc <= 0)
			return rc;
		if (r->answered) {
			r->answered = r->again = false;
			publish(r);
			return 1;
		}
		carry_out(r, s, (uint32_t)rc);
	}
	rc = pv_stream_write_all(&r->in, r->response, r->waiting);
	if (rc)
		return rc == -XEN_EAGAIN ? 0 : -EIO;
	r->waiting = 0;
	publish(r);
	return 1;
}

int p9_ring_run(struct p9_ring *r, struct p9_server *s, int budget)
{
	int done, rc = 1;

	for (done = 0; done < budget; done++) {
		rc = turn(r, s);
		if (rc <= 0)
			break;
	}
	return rc < 0 ? rc : done;
}
