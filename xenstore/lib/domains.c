/* SPDX-License-Identifier: MIT */
/*
 * The calls about domains, and the administrator's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct numbers {
	char text[4][MAX_STRLEN(unsigned long)];
	struct iovec parts[4];
	unsigned int nr;
};

static void add_number(struct numbers *n, unsigned long value)
{
	char *text = n->text[n->nr];

	n->parts[n->nr].iov_base = text;
	n->parts[n->nr++].iov_len = snprintf(text, sizeof(n->text[0]), "%lu", value) + 1;
}

static char *ask_numbers(struct xs_handle *h, uint32_t type, const struct numbers *n)
{
	return request(h, &(struct request){ type, XBT_NULL, n->parts, n->nr }, NULL);
}

static char *ask_domain(struct xs_handle *h, uint32_t type, unsigned int domid)
{
	struct numbers n = { .nr = 0 };

	add_number(&n, domid);
	return ask_numbers(h, type, &n);
}

static bool done(char *answer)
{
	free(answer);
	return answer != NULL;
}

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid, unsigned long mfn,
			 unsigned int eventchn)
{
	struct numbers n = { .nr = 0 };

	add_number(&n, domid);
	add_number(&n, mfn);
	add_number(&n, eventchn);
	return done(ask_numbers(h, XS_INTRODUCE, &n));
}

bool xs_set_target(struct xs_handle *h, unsigned int domid, unsigned int target)
{
	struct numbers n = { .nr = 0 };

	add_number(&n, domid);
	add_number(&n, target);
	return done(ask_numbers(h, XS_SET_TARGET, &n));
}

bool xs_release_domain(struct xs_handle *h, unsigned int domid)
{
	return done(ask_domain(h, XS_RELEASE, domid));
}

bool xs_resume_domain(struct xs_handle *h, unsigned int domid)
{
	return done(ask_domain(h, XS_RESUME, domid));
}

char *xs_get_domain_path(struct xs_handle *h, unsigned int domid)
{
	return ask_domain(h, XS_GET_DOMAIN_PATH, domid);
}

bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid)
{
	char *answer = ask_domain(h, XS_IS_DOMAIN_INTRODUCED, domid);
	bool introduced = answer && !strcmp(answer, "T");

	free(answer);
	return introduced;
}

bool xs_restrict(struct xs_handle *h, unsigned int domid)
{
	errno = EOPNOTSUPP;
	return false;
}

char *xs_control_command(struct xs_handle *h, const char *cmd, void *data, unsigned int len)
{
	struct iovec parts[] = { { (void *)(uintptr_t)cmd, strlen(cmd) + 1 }, { data, len } };

	return request(h, &(struct request){ XS_CONTROL, XBT_NULL, parts, 2 }, NULL);
}

char *xs_debug_command(struct xs_handle *h, const char *cmd, void *data, unsigned int len)
{
	return xs_control_command(h, cmd, data, len);
}

int xs_suspend_evtchn_port(int domid)
{
	struct xs_handle *h = xs_open(0);
	char path[64], *text, *end;
	long port = -1;

	if (!h)
		return -1;
	snprintf(path, sizeof(path), "/local/domain/%d/device/suspend/event-channel", domid);
	text = xs_read(h, XBT_NULL, path, NULL);
	if (text) {
		port = strtol(text, &end, 10);
		if (end == text || port < 0 || port > INT_MAX)
			port = -1;
	}
	free(text);
	xs_close(h);
	return (int)port;
}
