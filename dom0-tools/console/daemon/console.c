/* SPDX-License-Identifier: MIT */
/*
 * One domain's console: what xenstore says of it, what is made for it, and its end.
 *
 * When a domain dies its page is still mapped, so the last bytes are taken off the ring; then ring
 * and port are given back at once, since a mapped page keeps a dead domain from being freed. The
 * terminal stays until a client has read all, or for a moment if one may still come.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/grant_table.h>

#include "console.h"

#define LINGER_MS     10000 /* for a client to read what a dead guest wrote */
#define LATE_MS	      2000  /* for a client to come, if there never was one */
#define SETTLE_MS     40
#define ANNOUNCE_MS   1000 /* between tries to tell xenstore of the terminal */
#define DEFAULT_LIMIT (1024 * 1024)

/* Reading xenstore. */

static char *read_node(const struct console *c, const char *node)
{
	char path[96];

	snprintf(path, sizeof(path), "/local/domain/%u/%s", c->domid, node);
	return xs_read(self.xs, XBT_NULL, path, NULL);
}

static bool read_number(const struct console *c, const char *node, unsigned long *value)
{
	char *text = read_node(c, node), *end;
	bool good = false;

	if (text) {
		*value = strtoul(text, &end, 0);
		good = end != text && !*end;
	}
	free(text);
	return good;
}

static bool is_ours(const struct console *c)
{
	char *type = read_node(c, "console/type");
	bool ours = !type || !strcmp(type, "xenconsoled");

	free(type);
	return ours;
}

static void read_name(struct console *c)
{
	char *name = read_node(c, "name"), *log = NULL;

	if (name && *name)
		(void)!asprintf(&log, "guest-%s", name);
	else
		(void)!asprintf(&log, "guest-dom%u", c->domid);
	free(name);
	if (!log)
		return;
	free(c->name);
	c->name = log;
}

static void announce(struct console *c)
{
	char there[64], path[64];

	if (c->announced || c->pty.master < 0 || c->ending || now_ms() < c->announce_next)
		return;
	c->announce_next = now_ms() + ANNOUNCE_MS;
	snprintf(path, sizeof(path), "/local/domain/%u/console/tty", c->domid);
	/* Of a domain destroyed since its nodes were read none may come back. */
	snprintf(there, sizeof(there), "/local/domain/%u/console/ring-ref", c->domid);
	c->announced =
	    xs_write_if(self.xs, there, path, c->pty.slave, (unsigned int)strlen(c->pty.slave));
	if (!c->announced && errno != ENOENT)
		say(LOG_ERR, "cannot write %s: %s; trying again when xenstore is back", path,
		    strerror(errno));
}

/* Beginning. */

static void disconnect(struct console *c)
{
	stop_polling(c);
	if (c->port >= 0) {
		self.by_port[c->port] = NULL;
		xenevtchn_unbind(self.evtchn, c->port);
	}
	c->port = -1;
	if (c->mapped && c->by_grant)
		xengnttab_unmap(self.gnttab, c->ring.shared, 1);
	else if (c->mapped)
		xenforeignmemory_unmap(self.foreign, c->ring.shared, 1);
	c->mapped = false;
}

/* The builder puts the page into grant 0; one that does not, a very old one, is mapped by its
 * frame. */
static struct xencons_interface *map_ring(struct console *c)
{
	xen_pfn_t frame = c->ring_ref;
	void *page;

	page = xengnttab_map_grant_ref(self.gnttab, c->domid, GNTTAB_RESERVED_CONSOLE,
				       PROT_READ | PROT_WRITE);
	c->by_grant = page;
	if (!page)
		page = xenforeignmemory_map(self.foreign, c->domid, PROT_READ | PROT_WRITE, 1,
					    &frame, NULL);
	return page;
}

static bool serve_port(struct console *c)
{
	unsigned int port = c->port;

	if (port >= self.nr_ports) {
		unsigned int nr = (port | 63) + 1;
		struct console **grown = realloc(self.by_port, nr * sizeof(*grown));

		if (!grown)
			return false;
		memset(grown + self.nr_ports, 0, (nr - self.nr_ports) * sizeof(*grown));
		self.by_port = grown;
		self.nr_ports = nr;
	}
	self.by_port[port] = c;
	return true;
}

static int open_backlog(struct console *c, bool *continued)
{
	char *owner = read_node(c, "vm"), path[160];
	unsigned long limit = DEFAULT_LIMIT;
	int error;

	read_number(c, "console/limit", &limit);
	snprintf(path, sizeof(path), "%s/%u", self.options.state_dir, c->domid);
	error = backlog_open(&c->backlog, path, owner ? owner : "", limit, continued);
	if (!error && !c->backlog.path)
		say(LOG_WARNING,
		    "cannot keep %s; output nobody has read will not survive a restart of "
		    "xenconsoled",
		    path);
	free(owner);
	return error;
}

/* What a daemon before us did last decides where in the ring to go on: see backlog.h. */
static void align_ring(struct console *c, bool continued)
{
	struct backlog_file *f = c->backlog.file;
	uint32_t expected = f->head - f->base;

	if (continued && expected - c->ring.out_cons <= sizeof(c->ring.shared->out))
		ring_out_done(&c->ring, expected - c->ring.out_cons);
	else
		f->base = f->head - c->ring.out_cons;
}

/* Backlog, log and terminal are made once; ring and port again if the guest gets others. */
static int open_rest(struct console *c, bool *continued)
{
	int error = 0;

	*continued = false;
	if (!c->backlog.file)
		error = open_backlog(c, continued);
	if (!error && (self.options.log & LOG_GUEST) && !c->log.path)
		log_open(&c->log, self.options.log_dir, c->name, self.options.stamp & LOG_GUEST,
			 self.options.dots);
	if (!error && c->pty.master < 0)
		error = pty_open(&c->pty, self.inotify);
	return error;
}

static int connect_ring(struct console *c)
{
	struct xencons_interface *page;
	bool continued;
	int error = open_rest(c, &continued);

	if (error)
		return error;
	page = map_ring(c);
	if (!page)
		return -errno;
	c->mapped = true;
	ring_attach(&c->ring, page);
	align_ring(c, continued);
	c->port = xenevtchn_bind_interdomain(self.evtchn, c->domid, c->remote_port);
	if (c->port < 0)
		return -errno;
	return serve_port(c) ? 0 : -ENOMEM;
}

static void connect_console(struct console *c)
{
	int error = connect_ring(c);

	if (error) {
		disconnect(c);
		if (!c->retry)
			say(LOG_ERR, "cannot serve the console of domain %u: %s; trying again",
			    c->domid, strerror(-error));
		c->retry = true;
		loop_need_tick();
		return;
	}
	c->retry = false;
	write_log(c); /* what a killed predecessor took off the ring */
	serve(c);
	xenevtchn_notify(self.evtchn, c->port);
}

void console_configure(struct console *c)
{
	unsigned long ring_ref, port;

	if (c->ending || !is_ours(c) || !read_number(c, "console/ring-ref", &ring_ref) ||
	    !read_number(c, "console/port", &port))
		return;
	if (c->mapped && (ring_ref != c->ring_ref || port != c->remote_port)) {
		drain(c);
		disconnect(c);
	}
	c->ring_ref = ring_ref;
	c->remote_port = port;
	if (!c->name)
		read_name(c);
	if (!c->mapped && c->name)
		connect_console(c);
	announce(c);
}

struct console *console_new(uint32_t domid)
{
	struct console *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->source.handle = handle_terminal;
	c->domid = domid;
	c->port = c->log.fd = c->pty.master = c->pty.watch = -1;
	LIST_INSERT_HEAD(&self.consoles, c, next);
	LIST_INSERT_HEAD(&self.by_domid[domid % CONSOLE_BUCKETS], c, bucket_next);
	return c;
}

struct console *console_find(uint32_t domid)
{
	struct console *c;

	LIST_FOREACH (c, &self.by_domid[domid % CONSOLE_BUCKETS], bucket_next)
		if (c->domid == domid && !c->ending)
			return c;
	return NULL;
}

/* Ending. */

static void free_console(struct console *c)
{
	set_attached(c, false);
	pty_close(&c->pty, self.inotify);
	log_close(&c->log);
	backlog_close(&c->backlog);
	LIST_REMOVE(c, next);
	LIST_REMOVE(c, bucket_next);
	free(c->name);
	free(c);
}

static bool is_finished(const struct console *c)
{
	uint64_t age = now_ms() - c->ending;

	if (c->pty.master < 0 || !c->backlog.file || age > LINGER_MS)
		return true;
	if (!c->attached)
		return c->ever_attached || age > LATE_MS || !backlog_used(&c->backlog);
	/* The kernel takes a moment to carry bytes to where they count as unread. */
	return !backlog_used(&c->backlog) && now_ms() - c->fed > SETTLE_MS && !pty_unread(&c->pty);
}

void console_end(struct console *c)
{
	while (drain(c) == BATCH)
		;
	disconnect(c);
	/* The number may be used again before the last byte is read. */
	backlog_forget(&c->backlog);
	c->ending = now_ms();
	c->retry = c->masked = false;
	if (c->backlog.file)
		feed_client(c);
	loop_need_tick();
}

static void tick_one(struct console *c)
{
	if (c->ending && is_finished(c)) {
		free_console(c);
		return;
	}
	if (c->ending || (c->announced == (c->pty.master < 0)))
		loop_need_tick();
	if (c->retry)
		connect_console(c);
	else if (c->mapped && (c->masked || (!c->polled && ring_out_ready(&c->ring))))
		serve(c);
	if (!c->ending)
		announce(c);
}

void console_tick(void)
{
	struct console *c, *next;

	for (c = LIST_FIRST(&self.consoles); c; c = next) {
		next = LIST_NEXT(c, next);
		tick_one(c);
	}
}

void console_reopen_logs(void)
{
	struct console *c;

	LIST_FOREACH (c, &self.consoles, next) {
		if (!c->log.path)
			continue;
		if (!c->ending)
			read_name(c);
		log_reopen(&c->log, self.options.log_dir, c->name);
	}
}

uint32_t console_domid(const struct console *c)
{
	return c->domid;
}

bool console_is_ending(const struct console *c)
{
	return c->ending;
}

struct console *console_next(struct console *c)
{
	return c ? LIST_NEXT(c, next) : LIST_FIRST(&self.consoles);
}
