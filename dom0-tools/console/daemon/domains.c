/* SPDX-License-Identifier: MIT */
/*
 * Which domains there are, by asking the hypervisor whenever xenstore says one came or went.
 *
 * A new domain's number mostly lies above the last one's: for as many as came, only those above are
 * asked for, and all only where that has not found them, so that a domain's coming costs the same
 * however many there are.
 *
 * Requests to xenstore may fail while it is restarted; its watches fire when it is back, which
 * makes everything be looked at again, so a failure here needs no more than to be told.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "daemon.h"

/* One page of the hypervisor's answers: for more each question would have to map memory. */
#define CHUNK (4096 / (int)sizeof(xc_domaininfo_t))

#define TOKEN_CAME "came"
#define TOKEN_WENT "went"

static uint32_t newest; /* the domain that was taken up last */

static void watch_console(uint32_t domid, bool on)
{
	char path[64], token[16];

	snprintf(path, sizeof(path), "/local/domain/%u/console", domid);
	snprintf(token, sizeof(token), "%u", domid);
	if (!on)
		xs_unwatch(self.xs, path, token);
	else if (!xs_watch(self.xs, path, token) && errno != EEXIST)
		say(LOG_ERR, "cannot watch %s: %s", path, strerror(errno));
}

static void begin_domain(uint32_t domid)
{
	if (!console_new(domid)) {
		say(LOG_ERR, "no memory for the console of domain %u", domid);
		return;
	}
	say(LOG_DEBUG, "domain %u came", domid);
	newest = domid;
	watch_console(domid, true);
}

static void end_domain(struct console *c)
{
	say(LOG_DEBUG, "domain %u went", console_domid(c));
	watch_console(console_domid(c), false);
	console_end(c);
}

struct census {
	uint32_t *alive;
	unsigned int nr;
};

static bool count_domain(struct census *census, const xc_domaininfo_t *info)
{
	uint32_t *grown;

	if (info->flags & XEN_DOMINF_dying)
		return true;
	grown = realloc(census->alive, (census->nr + 1) * sizeof(*grown));
	if (!grown)
		return false;
	census->alive = grown;
	grown[census->nr++] = info->domain;
	return true;
}

/* Ascending, as the hypervisor lists them. */
static bool take_census(struct census *census, uint32_t first)
{
	xc_domaininfo_t info[CHUNK];
	int nr;

	do {
		nr = xc_domain_getinfolist(self.xc, first, CHUNK, info);
		for (int i = 0; i < nr; i++)
			if (!count_domain(census, &info[i]))
				return false;
		if (nr > 0)
			first = info[nr - 1].domain + 1;
	} while (nr == CHUNK);
	return nr >= 0;
}

static int compare_domids(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

static bool is_alive(const struct census *census, uint32_t domid)
{
	return census->nr &&
	       bsearch(&domid, census->alive, census->nr, sizeof(domid), compare_domids);
}

/* Backlogs of domains that died while no daemon ran. */
static void remove_stale(const struct census *census)
{
	DIR *dir = opendir(self.options.state_dir);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char *end;
		unsigned long domid = strtoul(entry->d_name, &end, 10);

		if (end != entry->d_name && !*end && !is_alive(census, domid))
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
}

static unsigned int begin_unknown(const struct census *census)
{
	unsigned int begun = 0;

	for (unsigned int i = 0; i < census->nr; i++)
		if (!console_find(census->alive[i])) {
			begin_domain(census->alive[i]);
			begun++;
		}
	return begun;
}

static void rescan(void)
{
	static bool cleaned;
	struct census census = { 0 };
	struct console *c, *next;

	self.rescan = false;
	if (!take_census(&census, 1)) {
		say(LOG_ERR, "cannot list domains: %s", strerror(errno));
		self.rescan = true;
		loop_need_tick();
		free(census.alive);
		return;
	}
	for (c = console_next(NULL); c; c = next) {
		uint32_t domid = console_domid(c);

		next = console_next(c);
		if (!console_is_ending(c) && !is_alive(&census, domid))
			end_domain(c);
	}
	if (!cleaned)
		remove_stale(&census);
	cleaned = true;
	begin_unknown(&census);
	free(census.alive);
}

static void take_newcomers(unsigned int came)
{
	struct census census = { 0 };

	if (!take_census(&census, newest + 1) || begin_unknown(&census) < came)
		rescan();
	free(census.alive);
}

static void handle_store(struct source *source, uint32_t events)
{
	char **event;
	unsigned int came = 0;
	bool went = false;

	while ((event = xs_check_watch(self.xs))) {
		const char *token = event[XS_WATCH_TOKEN];
		struct console *c;

		if (!strcmp(token, TOKEN_CAME))
			came++;
		else if (!strcmp(token, TOKEN_WENT))
			went = true;
		else if ((c = console_find(strtoul(token, NULL, 10))))
			console_configure(c);
		free(event);
	}
	if (went)
		rescan();
	else if (came)
		take_newcomers(came);
}

void domains_tick(void)
{
	if (self.rescan)
		rescan();
}

static struct source store_source = { handle_store };

int domains_start(void)
{
	if (!xs_watch(self.xs, "@introduceDomain", TOKEN_CAME) ||
	    !xs_watch(self.xs, "@releaseDomain", TOKEN_WENT))
		return -errno;
	return loop_add(xs_fileno(self.xs), &store_source, EPOLLIN);
}
