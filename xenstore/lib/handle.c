/* SPDX-License-Identifier: MIT */
/*
 * Opening and closing, and where the daemon is to be found.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

#define DEFAULT_TIMEOUT_MS 30000
/* A socket that refuses was left by a daemon that died; who restarts it is given this long. */
#define REFUSED_MS 2000

const char *xs_daemon_rundir(void)
{
	const char *dir = getenv("XENSTORED_RUNDIR");

	return dir ? dir : "/var/run/xenstored";
}

const char *xs_daemon_socket(void)
{
	static __thread char path[256];
	const char *given = getenv("XENSTORED_PATH");

	if (given)
		return given;
	snprintf(path, sizeof(path), "%s/socket", xs_daemon_rundir());
	return path;
}

const char *xs_daemon_socket_ro(void)
{
	return xs_daemon_socket();
}

/* In the control domain the kernel's device leads to the same daemon, or to none. */
static bool is_control_domain(void)
{
	char text[64] = "";
	FILE *f = fopen("/proc/xen/capabilities", "re");

	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	return strstr(text, "control_d");
}

static const char *find_path(void)
{
	static const char *const devices[] = { "/dev/xen/xenbus", "/proc/xen/xenbus" };
	const char *socket = xs_daemon_socket();

	if (!access(socket, F_OK) || getenv("XENSTORED_PATH") || is_control_domain())
		return socket;
	for (int i = 0; i < 2; i++)
		if (!access(devices[i], R_OK | W_OK))
			return devices[i];
	return socket;
}

static int timeout_wanted(void)
{
	const char *text = getenv("SERAI_XENSTORE_TIMEOUT");
	char *end;
	double seconds;

	if (!text)
		return DEFAULT_TIMEOUT_MS;
	seconds = strtod(text, &end);
	if (end == text || *end || !(seconds >= 0 && seconds < 100000))
		return DEFAULT_TIMEOUT_MS;
	return (int)(seconds * 1000);
}

static void init_sync(struct xs_handle *h)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&h->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&h->lock, NULL);
	pthread_mutex_init(&h->request_lock, NULL);
}

/* The daemon knows no connection that is good for one domain only, so this one ends for good. */
static int give_up(Xentoolcore__Active_Handle *tc, domid_t domid)
{
	struct xs_handle *h = CONTAINER_OF(tc, struct xs_handle, tc);
	int rc;

	pthread_mutex_lock(&h->lock);
	h->given_up = true;
	link_break(h);
	rc = xentoolcore__restrict_by_dup2_null(h->fd);
	pthread_mutex_unlock(&h->lock);
	return rc;
}

static int connect_first(struct xs_handle *h)
{
	deadline_t deadline = now_ms() + REFUSED_MS;
	int error;

	pthread_mutex_lock(&h->request_lock);
	pthread_mutex_lock(&h->lock);
	while ((error = link_connect(h)) == -ECONNREFUSED && now_ms() < deadline)
		usleep(20000);
	pthread_mutex_unlock(&h->lock);
	pthread_mutex_unlock(&h->request_lock);
	return error;
}

struct xs_handle *xs_open(unsigned long flags)
{
	struct xs_handle *h = calloc(1, sizeof(*h));
	int error;

	if (!h)
		return NULL;
	h->flags = flags;
	h->path = strdup(find_path());
	h->timeout_ms = timeout_wanted();
	h->fd = h->poll_fd = h->event_fd = h->timer_fd = -1;
	STAILQ_INIT(&h->events);
	LIST_INIT(&h->watches);
	LIST_INIT(&h->transactions);
	init_sync(h);
	h->tc.restrict_callback = give_up;
	xentoolcore__register_active_handle(&h->tc);
	error = h->path ? connect_first(h) : -ENOMEM;
	if (error) {
		xs_close(h);
		errno = -error;
		return NULL;
	}
	return h;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void release(struct xs_handle *h)
{
	transactions_free(h);
	watches_free(h);
	close_if_open(h->fd);
	close_if_open(h->poll_fd);
	close_if_open(h->event_fd);
	close_if_open(h->timer_fd);
	free((void *)(uintptr_t)h->path);
	free(h);
}

void xs_close(struct xs_handle *h)
{
	if (!h)
		return;
	/* Before its locks go: another thread may be restricting all handles. */
	xentoolcore__deregister_active_handle(&h->tc);
	pthread_mutex_destroy(&h->request_lock);
	pthread_mutex_destroy(&h->lock);
	pthread_cond_destroy(&h->changed);
	release(h);
}

/* The locks may be held by threads that were not copied into the child. */
void xs_daemon_destroy_postfork(struct xs_handle *h)
{
	xentoolcore__deregister_active_handle(&h->tc);
	release(h);
}

struct xs_handle *xs_daemon_open(void)
{
	return xs_open(0);
}

struct xs_handle *xs_daemon_open_readonly(void)
{
	return xs_open(0);
}

struct xs_handle *xs_domain_open(void)
{
	return xs_open(0);
}

void xs_daemon_close(struct xs_handle *h)
{
	xs_close(h);
}
