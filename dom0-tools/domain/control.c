/* SPDX-License-Identifier: MIT */
/*
 * What a running domain is asked or made to do: stand still, go on, end itself, use fewer
 * processors.
 */
#include "domain/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int domain_pause(struct session *session, uint32_t domid)
{
	if (!domid)
		return tell(session, -EINVAL,
			    "Domain-0 cannot be paused: nothing could unpause it");
	if (!xc_domain_pause(session->xc, domid))
		return 0;
	return tell(session, -errno, "domain %u cannot be paused: %s", domid, strerror(errno));
}

int domain_unpause(struct session *session, uint32_t domid)
{
	if (!xc_domain_unpause(session->xc, domid))
		return 0;
	return tell(session, -errno, "domain %u cannot be unpaused: %s", domid, strerror(errno));
}

/* The guest's kernel empties the node when it has read it. */
static bool taken(struct session *session, uint32_t domid)
{
	char *request = store_read(session, "/local/domain/%u/control/shutdown", domid);
	xc_domaininfo_t info;
	bool gone = !request || !*request;

	free(request);
	return gone || !domain_info(session, domid, &info) ||
	       info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying);
}

int domain_ask_shutdown(struct session *session, uint32_t domid, const char *how,
			unsigned int seconds)
{
	uint64_t deadline = now_ns() + seconds * 1000000000ULL;
	struct timespec pause = { 0, 1000000 };
	xc_domaininfo_t info;
	int error;

	if (!domain_info(session, domid, &info))
		return tell(session, -ESRCH, "there is no domain %u", domid);
	if (info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying))
		return tell(session, -EALREADY,
			    "domain %u has ended already; \"xl destroy %u\" removes it", domid,
			    domid);
	error = store_tell_domain(session, domid, "control/shutdown", how);
	if (error)
		return tell(session, error, "domain %u cannot be asked to %s: %s", domid, how,
			    strerror(-error));
	while (seconds && !taken(session, domid)) {
		if (now_ns() > deadline)
			return tell(
			    session, -ETIME,
			    "domain %u has not taken the request to %s within %u seconds: its "
			    "kernel does "
			    "not listen (still starting, or hung?); \"xl destroy %u\" ends it",
			    domid, how, seconds, domid);
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 50000000)
			pause.tv_nsec *= 2;
	}
	return 0;
}

int domain_send_sysrq(struct session *session, uint32_t domid, const char *key)
{
	int error = store_tell_domain(session, domid, "control/sysrq", key);

	return error ? tell(session, error, "domain %u cannot be sent the key: %s", domid,
			    strerror(-error))
		     : 0;
}

struct vcpu_wish {
	uint32_t domid;
	unsigned int online, all;
};

static void vcpu_steps(struct store_batch *batch, void *data)
{
	const struct vcpu_wish *wish = data;

	store_require_domain(batch, wish->domid);
	for (unsigned int i = 0; i < wish->all; i++)
		store_write(batch, i < wish->online ? "online" : "offline",
			    "/local/domain/%u/cpu/%u/availability", wish->domid, i);
}

int domain_set_vcpus(struct session *session, uint32_t domid, unsigned int online)
{
	struct vcpu_wish wish = { domid, online, 0 };
	xc_domaininfo_t info;
	int error;

	if (!domain_info(session, domid, &info))
		return tell(session, -ESRCH, "there is no domain %u", domid);
	wish.all = info.max_vcpu_id + 1;
	if (!online || online > wish.all)
		return tell(session, -EINVAL,
			    "%u vCPUs are not between 1 and the %u domain %u was created with",
			    online, wish.all, domid);
	error = store_transact(session, vcpu_steps, &wish);
	return error ? tell(session, error, "domain %u's vCPUs cannot be set: %s", domid,
			    strerror(-error))
		     : 0;
}
