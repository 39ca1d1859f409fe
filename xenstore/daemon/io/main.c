/* SPDX-License-Identifier: MIT */
/*
 * xenstored: starts, goes on where an earlier one stopped, and replaces itself.
 *
 * Order of a start: the lock (one daemon per run directory), the state an earlier one left, the
 * hypervisor, connections to the domains of that state, deaths that were missed, a new journal;
 * then sockets, and only then the caller is told that the daemon is ready. Until the new journal
 * has its name the old one is untouched, so a start that is killed can be repeated.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "options.h"
#include "../core/log.h"
#include "daemon/service.h"

#define RECONNECT_TRIES 40
#define PRIORITY	-10

static struct loop loop;
static struct options options;
static struct store store;

static void on_signal(int signal)
{
	if (signal == SIGHUP)
		loop.reopen = true;
	else
		loop.stop = true;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static const char *run_path(const char *name)
{
	static char path[3][PATH_BYTES];
	static unsigned int next;
	const char *directory = getenv("XENSTORED_RUNDIR");
	char *out = path[next++ % 3];

	snprintf(out, PATH_BYTES, "%s/%s", directory ? directory : "/run/xenstored", name);
	return out;
}

static bool make_directories(void)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s", run_path(""));
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST) {
			log_error("%s: cannot be made: %s", path, strerror(errno));
			return false;
		}
		*slash = '/';
	}
	return true;
}

static bool take_lock(void)
{
	const char *path = run_path("lock");
	pid_t other = 0;
	int fd = service_lock(path, 0600, &other);

	if (fd == -EWOULDBLOCK)
		log_error("another xenstored runs already (process %d)", other);
	else if (fd < 0)
		log_error("%s: %s", path, strerror(-fd));
	loop.lock_fd = fd;
	return fd >= 0;
}

static void write_pid(int fd)
{
	int error = service_write_pid(fd);

	if (error)
		log_warning("the process number cannot be written: %s", strerror(-error));
}

static bool write_pid_file(void)
{
	int fd;

	write_pid(loop.lock_fd);
	if (options.output_pid && !options.resume) {
		printf("%d\n", getpid());
		fflush(stdout);
	}
	if (!options.pid_file)
		return true;
	fd = open(options.pid_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0) {
		log_error("%s: %s", options.pid_file, strerror(errno));
		return false;
	}
	write_pid(fd);
	close(fd);
	return true;
}

/* Each is a descriptor. */
static void allow_many_clients(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/*
 * Everybody waits for this daemon, and it never runs long: run at once when woken. A client's request is then
 * often answered before the client has gone to sleep, which saves waking it up.
 */
static void run_before_clients(void)
{
	if (setpriority(PRIO_PROCESS, 0, PRIORITY))
		log_debug("priority stays as it is: %s", strerror(errno));
}

static bool open_platform(void)
{
	if (options.domains_directory)
		store.platform = files_platform(options.domains_directory);
	else if (!options.no_xen)
		store.platform = xen_platform();
	return store.platform || (options.no_xen && !options.domains_directory);
}

/* The ports of a daemon that was killed a moment ago may not be free at once. */
static int reconnect_patiently(struct domain *domain)
{
	const struct timespec pause = { .tv_nsec = 25 * 1000 * 1000 };
	int err = -EINVAL;

	for (int tries = 0; tries < RECONNECT_TRIES; tries++) {
		err = domain_reconnect(domain, &store);
		if (!err || store.platform->state(store.platform, domain->domid) == DOMAIN_GONE)
			break;
		nanosleep(&pause, NULL);
	}
	return err;
}

static void reconnect(void *data, struct domain *domain)
{
	bool gone;
	int err;

	if (!domain->conn || !store.platform)
		return;
	err = reconnect_patiently(domain);
	gone = err && domain->domid &&
	       store.platform->state(store.platform, domain->domid) == DOMAIN_GONE;
	if (gone)
		domain_release(&store, domain);
	else if (err)
		log_error(
		    "domain %u: its connection cannot be taken up again: %s; introduce it again",
		    domain->domid, strerror(-err));
	else
		conn_again(domain->conn);
}

static bool serve_dom0(void)
{
	struct domain *dom0 = domain_find(&store, 0);
	uint32_t port;
	int err;

	if (options.no_domain_init || !store.platform || (dom0 && dom0->conn))
		return true;
	err = store.platform->dom0_port(store.platform, &port);
	if (!err)
		err = domain_introduce(&store, 0, 0, port, false);
	if (!err)
		conn_again(domain_find(&store, 0)->conn);
	else
		log_error("domain 0's kernel cannot be connected: %s; is xenfs mounted on "
			  "/proc/xen? (or use -D)",
			  strerror(-err));
	return !err;
}

static bool load_state(void)
{
	if (options.fresh && !options.resume)
		return true;
	return journal_file_load(run_path("journal"), &store,
				 options.resume ? &socket_transport : NULL) >= 0;
}

static bool open_sockets(void)
{
	struct conn *conn;

	if (options.resume) {
		if (sscanf(options.resume, "%d,%d", &loop.listener[0], &loop.listener[1]) != 2)
			return false;
	} else {
		loop.listener[0] = socket_listen(run_path("socket"), 0600);
		loop.listener[1] =
		    loop.listener[0] < 0 ? -1 : socket_listen(run_path("socket_ro"), 0660);
	}
	if (loop.listener[0] < 0 || loop.listener[1] < 0 || loop_init(&loop))
		return false;
	LIST_FOREACH (conn, &store.conns, all) {
		if (conn->domain)
			continue;
		fcntl(conn->fd, F_SETFD, FD_CLOEXEC);
		if (socket_attach(conn))
			conn_close(conn);
		else
			store_mark_dirty(conn);
	}
	return true;
}

static bool start(void)
{
	store_init(&store);
	if (!load_state() || !open_platform())
		return false;
	options_apply(&options, &store);
	domains_each(&store, reconnect, NULL);
	domains_check(&store);
	if (!serve_dom0())
		return false;
	conns_reap(&store);
	if (journal_file_start(run_path("journal"), &store, false))
		return false;
	loop.journal_path = xstrdup(run_path("journal"));
	return open_sockets();
}

int main(int argc, char **argv)
{
	int notify = -1;

	options_parse(&options, argc, argv);
	loop = (struct loop){
		.store = &store, .listener = { -1, -1 }, .arguments = argv, .lock_fd = -1
	};
	if (options.verbose)
		log_set_verbose();
	umask(022);
	allow_many_clients();
	run_before_clients();
	if (options.resume) {
		int unused[2];

		if (sscanf(options.resume, "%d,%d,%d", &unused[0], &unused[1], &loop.lock_fd) != 3)
			return 1;
		fcntl(loop.lock_fd, F_SETFD, FD_CLOEXEC);
		if (!options.no_fork)
			log_to_syslog();
	} else {
		if (!options.no_fork && (notify = service_detach()) < 0) {
			log_error("cannot become a daemon: %s", strerror(-notify));
			return 1;
		}
		if (!make_directories() || !take_lock())
			return 1;
	}
	catch_signals();
	if (options.trace_file && log_set_trace(options.trace_file))
		log_warning("%s: cannot be written", options.trace_file);
	if (!start() || !write_pid_file())
		return 1;
	if (notify >= 0) {
		service_ready(notify);
		log_to_syslog();
	}
	loop_run(&loop);
	if (options.pid_file)
		unlink(options.pid_file);
	return 0;
}
