/* SPDX-License-Identifier: MIT */
/*
 * Devices: connected, disconnected and given up, as serai-backd asks or is told.
 *
 * If serai-backd dies, its socket ends and the devices are served on: its successor finds this
 * process by its lock and ends it, once it is ready to go on itself.
 */
#include "worker.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

extern const struct back_service *const __start_back_services[];
extern const struct back_service *const __stop_back_services[];

static bool orphan;

const struct back_service *service_by_kind(const char *kind)
{
	for (const struct back_service *const *s = __start_back_services; s < __stop_back_services;
	     s++)
		if (!strcmp((*s)->kind, kind))
			return *s;
	return NULL;
}

static struct back_link_private *find(const char *kind, uint32_t devid)
{
	struct back_link_private *p;

	LIST_FOREACH (p, &worker.links, all)
		if (p->link.devid == devid && !strcmp(p->link.service->kind, kind))
			return p;
	return NULL;
}

/* --- what serai-backd is told ---------------------------------------------------------------- */

static void send_message(struct back_message *message, const char *kind, uint32_t devid)
{
	if (orphan)
		return;
	message->devid = devid;
	snprintf(message->kind, sizeof(message->kind), "%s", kind);
	(void)!send(WORKER_SOCKET, message, sizeof(*message), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void links_ready(int result, const char *why)
{
	struct back_message message = { .type = BACK_READY, .result = result };

	snprintf(message.text, sizeof(message.text), "%s", why);
	send_message(&message, "", 0);
}

static void report(const char *kind, uint32_t devid, uint32_t type, int result, const char *why)
{
	struct back_message message = { .type = type, .result = result };

	snprintf(message.text, sizeof(message.text), "%s", why);
	send_message(&message, kind, devid);
}

void back_why(struct back_link *link, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(link->private->why, sizeof(link->private->why), format, args);
	va_end(args);
}

void back_fail(struct back_link *link, const char *format, ...)
{
	struct back_link_private *p = link->private;
	va_list args;

	if (p->failed)
		return;
	p->failed = true;
	va_start(args, format);
	vsnprintf(p->why, sizeof(p->why), format, args);
	va_end(args);
	report(link->service->kind, link->devid, BACK_FAILED, -EIO, p->why);
}

void back_tell(struct back_link *link, const void *body, size_t bytes)
{
	struct back_message message = { .type = BACK_TOLD, .bytes = (uint32_t)bytes };

	if (bytes > BACK_BODY_BYTES)
		return;
	memcpy(message.body, body, bytes);
	send_message(&message, link->service->kind, link->devid);
}

/* --- connecting ------------------------------------------------------------------------------ */

static void free_link(struct back_link_private *p)
{
	if (p->head)
		munmap(p->head, p->mapped);
	free(p->link.state);
	free(p);
}

static int map_journal(struct back_link_private *p, const struct back_message *message, int fd)
{
	p->mapped = BACK_JOURNAL_HEAD + (size_t)message->journal_bytes;
	p->head = mmap(NULL, p->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p->head == MAP_FAILED) {
		p->head = NULL;
		return -errno;
	}
	p->link.journal = (uint8_t *)p->head + BACK_JOURNAL_HEAD;
	p->link.journal_bytes = message->journal_bytes;
	p->link.counters = &p->head->counters;
	p->link.resume = message->flags & BACK_RESUME;
	if (p->link.resume)
		p->link.counters->resumes++;
	else
		memset(p->link.journal, 0, message->journal_bytes);
	return 0;
}

static struct back_link_private *new_link(const struct back_service *service,
					  const struct back_message *message, int journal)
{
	struct back_link_private *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->link.service = service;
	p->link.domid = worker.domid;
	p->link.devid = message->devid;
	p->link.private = p;
	p->link.state = calloc(1, service->state_bytes + 1);
	if (p->link.state && !map_journal(p, message, journal))
		return p;
	free_link(p);
	return NULL;
}

static void close_all(const int *fds, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		close(fds[i]);
}

/* fds[0] is the journal's. */
static void connect_link(const struct back_message *message, const int *fds, uint32_t nr_fds)
{
	const struct back_service *service = service_by_kind(message->kind);
	struct back_link_private *p = NULL;
	int rc;

	if (service && nr_fds == message->nr_fds + 1 && !find(message->kind, message->devid))
		p = new_link(service, message, fds[0]);
	if (!p) {
		close_all(fds, nr_fds);
		report(message->kind, message->devid, BACK_CONNECTED, -EINVAL,
		       service ? "the worker has no room for it" : "the worker knows no such kind");
		return;
	}
	close(fds[0]);
	LIST_INSERT_HEAD(&worker.links, p, all);
	rc = service->connect(&p->link, message, fds + 1);
	if (!rc)
		p->head->live = 1;
	report(message->kind, message->devid, BACK_CONNECTED, rc, p->why);
	if (rc) {
		LIST_REMOVE(p, all);
		free_link(p);
	}
}

void back_drained(struct back_link *link)
{
	link->private->drained = true;
}

static void disconnect_link(struct back_link_private *p)
{
	if (p->closing)
		return;
	p->closing = true;
	if (p->link.service->disconnect(&p->link))
		p->drained = true;
}

/* Links end here only, where nobody is in the midst of one. */
void links_reap(void)
{
	struct back_link_private *p, *next;

	for (p = LIST_FIRST(&worker.links); p; p = next) {
		next = LIST_NEXT(p, all);
		if (!p->drained)
			continue;
		LIST_REMOVE(p, all);
		report(p->link.service->kind, p->link.devid, BACK_DISCONNECTED, 0, "");
		free_link(p);
	}
}

/* --- serai-backd's messages ------------------------------------------------------------------ */

static uint32_t take_fds(struct msghdr *head, int fds[BACK_MAX_FDS + 1])
{
	uint32_t nr = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c; c = CMSG_NXTHDR(head, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		nr = (uint32_t)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(c), nr * sizeof(int));
	}
	return nr;
}

static void act(const struct back_message *message, const int *fds, uint32_t nr_fds)
{
	struct back_link_private *p = find(message->kind, message->devid);

	switch (message->type) {
	case BACK_CONNECT:
		connect_link(message, fds, nr_fds);
		return;
	case BACK_DISCONNECT:
		if (p)
			disconnect_link(p);
		else
			report(message->kind, message->devid, BACK_DISCONNECTED, 0, "");
		break;
	case BACK_CHANGE:
		if (p && !p->closing && p->link.service->change) {
			p->link.service->change(&p->link, message, fds);
			return;
		}
		break;
	}
	close_all(fds, nr_fds);
}

void links_message(void)
{
	static struct back_message message;
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE((BACK_MAX_FDS + 1) * sizeof(int))];
	} control;
	struct iovec part = { .iov_base = &message, .iov_len = sizeof(message) };
	struct msghdr head = { .msg_iov = &part,
			       .msg_iovlen = 1,
			       .msg_control = &control,
			       .msg_controllen = sizeof(control) };
	int fds[BACK_MAX_FDS + 1];
	ssize_t got = recvmsg(WORKER_SOCKET, &head, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	uint32_t nr_fds;

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
		orphan = true;
		if (LIST_EMPTY(&worker.links))
			exit(EXIT_SUCCESS);
		loop_drop(WORKER_SOCKET); /* kept open: its number must not be anything else's */
		return;
	}
	if (got < 0)
		return;
	nr_fds = take_fds(&head, fds);
	if (got == sizeof(message))
		act(&message, fds, nr_fds);
	else
		close_all(fds, nr_fds);
}
