/* SPDX-License-Identifier: MIT */
/* Waiting for domains, by the store's special watch; a look each second covers a store that
 * restarts. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "xl/wait.h"

/* True if it runs no longer, after saying what became of it. */
static bool has_ended(struct xl *xl, uint32_t domid)
{
	xc_domaininfo_t info;

	if (!domain_get(xl, domid, &info)) {
		fprintf(stderr, "Domain %u has been destroyed.\n", domid);
		return true;
	}
	if (!(info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying)))
		return false;
	if (info.flags & XEN_DOMINF_shutdown)
		fprintf(stderr, "Domain %u has been shut down, reason code %u\n", domid,
			domain_shutdown_reason(&info));
	else
		fprintf(stderr, "Domain %u is being destroyed.\n", domid);
	return true;
}

static void next_event(struct xs_handle *xs)
{
	struct pollfd event = { .fd = xs_fileno(xs), .events = POLLIN };
	unsigned int count;
	char **got;

	if (poll(&event, 1, 1000) <= 0)
		return;
	store_guard(true);
	got = xs_read_watch(xs, &count);
	store_guard(false);
	free(got);
}

int wait_for_ends(struct xl *xl, const uint32_t *domid, unsigned int count)
{
	struct xs_handle *xs = store(xl);
	bool *ended = calloc(count + 1, sizeof(*ended));
	unsigned int left = count;

	if (!xs || !ended)
		return EXIT_FAILED;
	fprintf(stderr, "Waiting for %u domains\n", count);
	store_guard(true);
	if (!xs_watch(xs, "@releaseDomain", "end"))
		caution(xl,
			"the store gives no notice of domains' ends (%s); looking once a second",
			strerror(errno));
	store_guard(false);
	for (;;) {
		for (unsigned int i = 0; i < count; i++)
			if (!ended[i] && has_ended(xl, domid[i])) {
				ended[i] = true;
				left--;
			}
		if (!left)
			break;
		next_event(xs);
	}
	free(ended);
	return EXIT_DONE;
}

static bool has_answered(struct xl *xl, uint32_t domid)
{
	char *request = read_node(xl, "/local/domain/%u/control/shutdown", domid);
	bool waiting = request && *request;
	xc_domaininfo_t info;

	free(request);
	return !waiting || !domain_get(xl, domid, &info) ||
	       info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying);
}

unsigned int wait_for_answers(struct xl *xl, const uint32_t *domid, unsigned int count,
			      unsigned int seconds)
{
	struct timespec pause = { 0, 1000000 }, now;
	time_t end;
	unsigned int left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec + seconds;
	do {
		left = 0;
		for (unsigned int i = 0; i < count; i++)
			left += !has_answered(xl, domid[i]);
		if (left)
			nanosleep(&pause, NULL);
		if (pause.tv_nsec < 100000000)
			pause.tv_nsec *= 2;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (left && now.tv_sec < end);
	for (unsigned int i = 0; left && i < count; i++)
		if (!has_answered(xl, domid[i]))
			fail(xl,
			     "domain %u did not answer within %u seconds: its kernel does not "
			     "listen (still starting, "
			     "or hung); xl destroy %u ends it by force",
			     domid[i], seconds, domid[i]);
	return left;
}
