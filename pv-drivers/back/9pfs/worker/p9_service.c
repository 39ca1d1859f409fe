/* SPDX-License-Identifier: MIT */
/*
 * The share as a device of the worker: rings mapped and bound, events to requests, and back.
 *
 * A share has a worker process of its own: file operations may wait for a disk, and setting owners
 * needs rights that the process with the guest's other devices shall not have. What it can reach
 * with them is the one folder it was handed.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../p9_connect.h"
#include "back_worker.h"
#include "p9_ring.h"

#define TURN 32 /* requests of a ring before the others have theirs */

struct line {
	struct p9_ring ring;
	struct xen_9pfs_data_intf *intf;
	void *data;
	uint32_t order;
	int port;
	bool ready;
};

struct share {
	struct p9_server server;
	bool serving;
	uint32_t nr_lines;
	struct line lines[P9_MAX_RINGS];
};

_Static_assert(P9_CONNECT_RINGS == P9_MAX_RINGS, "the message has as many rings as the worker");

static void release(struct back_link *link)
{
	struct share *share = link->state;

	for (uint32_t i = 0; i < share->nr_lines; i++) {
		struct line *line = &share->lines[i];

		if (line->port >= 0)
			back_unbind(link, line->port);
		if (line->ready)
			p9_ring_free(&line->ring);
		if (line->data)
			back_unmap(link, line->data, 1u << line->order);
		if (line->intf)
			back_unmap(link, line->intf, 1);
	}
	share->nr_lines = 0;
	if (share->serving)
		p9_server_free(&share->server);
	share->serving = false;
}

/* The guest's page says where its ring is: copied once, then used. */
static int map_data(struct back_link *link, struct line *line)
{
	uint32_t refs[1u << P9_MAX_ORDER];

	line->order = pv_load(&line->intf->ring_order);
	if (!line->order || line->order > P9_MAX_ORDER) {
		back_why(link, "ring order %u is not 1 to %u", line->order, P9_MAX_ORDER);
		return -EINVAL;
	}
	pv_copy(refs, line->intf->ref, sizeof(*refs) << line->order);
	line->data = back_map(link, refs, 1u << line->order, PROT_READ | PROT_WRITE);
	if (!line->data) {
		back_why(link, "cannot map the ring's %u pages", 1u << line->order);
		return -EFAULT;
	}
	return 0;
}

static int connect_line(struct back_link *link, struct line *line, uint32_t ref, uint32_t port,
			struct p9_ring_journal *journal)
{
	uint32_t largest;
	int rc;

	line->intf = back_map_page(link, ref);
	if (!line->intf)
		return -EFAULT;
	rc = map_data(link, line);
	if (rc)
		return rc;
	largest = p9_ring_bytes(line->order);
	rc = p9_ring_init(&line->ring, line->intf, line->data, line->order,
			  largest < P9_MSIZE_MAX ? largest : P9_MSIZE_MAX, journal, link->resume);
	if (rc) {
		back_why(link, "a ring's indexes are impossible, or no memory is left");
		return rc;
	}
	line->ready = true;
	line->port = back_join(link, port);
	return line->port < 0 ? line->port : 0;
}

static uint32_t smallest_ring(const struct share *share)
{
	uint32_t smallest = P9_MSIZE_MAX;

	for (uint32_t i = 0; i < share->nr_lines; i++)
		if (share->lines[i].ring.largest < smallest)
			smallest = share->lines[i].ring.largest;
	return smallest;
}

/* Counters only grow, whoever serves: a successor's begin where its predecessor's ended. */
static void count_on(struct back_link *link)
{
	const struct back_counters *counters = link->counters;
	struct p9_server *server = &((struct share *)link->state)->server;

	server->bytes_read = counters->to_guest.bytes;
	server->bytes_written = counters->from_guest.bytes;
	server->nr_requests = counters->from_guest.operations;
	server->nr_errors = counters->from_guest.errors;
}

static int begin_server(struct back_link *link, const struct p9_connect *c, int root)
{
	struct share *share = link->state;
	struct p9_journal *journal = link->journal;
	int rc = p9_server_init(&share->server, root, c->security, c->readonly,
				smallest_ring(share), &journal->server);

	share->serving = true; /* it has the descriptor, whether it succeeded or not */
	count_on(link);
	if (rc)
		back_why(link, "the folder's file system has no user attributes, which "
			       "security_model=mapped needs");
	else if (link->resume)
		p9_server_resume(&share->server);
	return rc;
}

static int connect_lines(struct back_link *link, const struct p9_connect *c)
{
	struct share *share = link->state;
	struct p9_journal *journal = link->journal;
	int rc = 0;

	for (uint32_t i = 0; !rc && i < c->nr_rings; i++) {
		share->lines[i].port = -1;
		share->nr_lines = i + 1;
		rc = connect_line(link, &share->lines[i], c->rings[i].ref, c->rings[i].port,
				  &journal->rings[i]);
	}
	return rc;
}

static int connect_share(struct back_link *link, const struct back_message *message, const int *fds)
{
	const struct p9_connect *c = (const struct p9_connect *)message->body;
	struct share *share = link->state;
	int rc;

	if (message->bytes != sizeof(*c) || message->nr_fds != 1 || !c->nr_rings ||
	    c->nr_rings > P9_MAX_RINGS || link->journal_bytes < sizeof(struct p9_journal))
		return back_refuse(link, message, fds);
	umask(0);
	rc = connect_lines(link, c);
	if (!rc)
		rc = begin_server(link, c, fds[0]);
	if (!share->serving)
		close(fds[0]);
	if (rc)
		release(link);
	else
		back_again(link); /* requests may wait already */
	return rc;
}

static void count(struct back_link *link)
{
	const struct share *share = link->state;
	struct back_counters *counters = link->counters;

	counters->to_guest.bytes = share->server.bytes_read;
	counters->from_guest.bytes = share->server.bytes_written;
	counters->from_guest.operations = share->server.nr_requests;
	counters->from_guest.errors = share->server.nr_errors;
}

static void serve_line(struct back_link *link, struct line *line)
{
	struct share *share = link->state;
	int rc = p9_ring_run(&line->ring, &share->server, TURN);

	if (rc > 0)
		back_notify(link, line->port);
	if (rc == TURN)
		back_again(link);
	if (rc < 0)
		back_fail(link, "the guest wrote impossible indexes or sizes into a ring");
}

static void handle_event(struct back_link *link, int port)
{
	struct share *share = link->state;

	for (uint32_t i = 0; i < share->nr_lines; i++)
		if (port < 0 || share->lines[i].port == port)
			serve_line(link, &share->lines[i]);
	count(link);
}

static bool disconnect(struct back_link *link)
{
	release(link);
	return true;
}

static const int syscalls[] = { SYS_openat2,	SYS_openat,	SYS_newfstatat,
				SYS_fstat,	SYS_fstatfs,	SYS_pread64,
				SYS_pwrite64,	SYS_getdents64, SYS_lseek,
				SYS_ftruncate,	SYS_fsync,	SYS_fdatasync,
				SYS_mkdirat,	SYS_mknodat,	SYS_symlinkat,
				SYS_linkat,	SYS_unlinkat,	SYS_renameat,
				SYS_readlinkat, SYS_fchmod,	SYS_fchownat, SYS_fchown,
				SYS_utimensat,	SYS_fgetxattr,	SYS_fsetxattr,
				SYS_umask,	SYS_fcntl,	-1 };

static const struct back_service share_service = {
	.kind = "9pfs",
	.state_bytes = sizeof(struct share),
	.syscalls = syscalls,
	.capabilities =
	    1ull << CAP_CHOWN | 1ull << CAP_DAC_OVERRIDE | 1ull << CAP_FOWNER | 1ull << CAP_FSETID,
	.connect = connect_share,
	.event = handle_event,
	.disconnect = disconnect,
};
BACK_SERVICE(share_service);
