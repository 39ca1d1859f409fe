/* SPDX-License-Identifier: MIT */
/*
 * Ends the devices of a domain that goes: backends are asked to close, awaited for a limited time,
 * their scripts told, and all nodes removed.
 *
 * /libxl/<domid>/device lists what there is, for domains of any toolstack of 4.17; only Domain-0
 * writes there. A backend closes when its frontend's nodes vanish, or at the latest when its own
 * state says so.
 */
#include "domain/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <xen/io/xenbus.h>

#define CLOSE_SECONDS  10
#define SCRIPT_SECONDS 40

struct device {
	char kind[32], id[32];
	char *frontend, *backend;
};

static struct device *list_devices(struct session *session, uint32_t domid, unsigned int *count)
{
	struct device *devices = NULL;
	char path[PATH_BYTES];
	unsigned int nr_kinds = 0, room = 0;
	char **kinds;

	*count = 0;
	snprintf(path, sizeof(path), "/libxl/%u/device", domid);
	kinds = xs_directory(session->xs, XBT_NULL, path, &nr_kinds);
	for (unsigned int k = 0; k < nr_kinds; k++) {
		unsigned int nr_ids = 0;
		char **ids;

		snprintf(path, sizeof(path), "/libxl/%u/device/%s", domid, kinds[k]);
		ids = xs_directory(session->xs, XBT_NULL, path, &nr_ids);
		for (unsigned int i = 0; i < nr_ids; i++) {
			struct device *device;

			if (*count == room) {
				device = realloc(devices, (room + 16) * sizeof(*devices));
				if (!device)
					break;
				devices = device;
				room += 16;
			}
			device = &devices[(*count)++];
			snprintf(device->kind, sizeof(device->kind), "%s", kinds[k]);
			snprintf(device->id, sizeof(device->id), "%s", ids[i]);
			device->frontend = store_read(session, "%s/%s/frontend", path, ids[i]);
			device->backend = store_read(session, "%s/%s/backend", path, ids[i]);
		}
		free(ids);
	}
	free(kinds);
	return devices;
}

/*
 * A console ring is served by a daemon that follows the domain itself: there is nothing to close.
 */
static bool closes(const struct device *device)
{
	return device->backend && strcmp(device->kind, "console") &&
	       !strncmp(device->backend, "/local/domain/", 14);
}

static void ask_to_close(struct session *session, const struct device *device)
{
	struct store_batch batch = { .xs = session->xs };
	uint64_t state;

	if (device->frontend && !strncmp(device->frontend, "/local/domain/", 14))
		store_remove(&batch, "%s", device->frontend);
	if (!store_read_number(session, &state, "%s/state", device->backend))
		return; /* no backend: do not make one */
	store_write(&batch, "0", "%s/online", device->backend);
	if (state < XenbusStateClosing)
		store_write_number(&batch, XenbusStateClosing, "%s/state", device->backend);
}

static void await_closed(struct session *session, const struct device *device, uint64_t deadline)
{
	struct timespec pause = { 0, 1000000 };
	uint64_t state;

	while (store_read_number(session, &state, "%s/state", device->backend) &&
	       state != XenbusStateClosed) {
		if (now_ns() > deadline) {
			warn(session, "backend %s does not close; it is removed by force",
			     device->backend);
			return;
		}
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 50000000)
			pause.tv_nsec *= 2;
	}
}

static void script_environment(const char *backend, const char *kind)
{
	const char *relative = strstr(backend, "/backend/");

	setenv("XENBUS_TYPE", kind, 1);
	setenv("XENBUS_PATH", relative ? relative + 1 : backend, 1);
	setenv("XENBUS_BASE_PATH", "backend", 1);
	if (!strcmp(kind, "vif")) {
		const char *domid = strstr(backend, "/vif/");
		char name[64];

		snprintf(name, sizeof(name), "vif%u.%s", domid ? (unsigned int)atoi(domid + 5) : 0,
			 strrchr(backend, '/') + 1);
		setenv("vif", name, 1);
	}
}

static int await_script(struct session *session, pid_t pid, const char *script)
{
	const struct timespec pause = { 0, 5000000 };
	uint64_t deadline = now_ns() + SCRIPT_SECONDS * 1000000000ULL;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (now_ns() > deadline) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return tell(session, -ETIME, "the script %s did not end within %u seconds",
				    script, SCRIPT_SECONDS);
		}
		nanosleep(&pause, NULL);
	}
	return status ? tell(session, -EIO,
			     "the script %s failed; its own output or /var/log/xen/xen-hotplug.log "
			     "tells why",
			     script)
		      : 0;
}

int device_script(struct session *session, const char *backend, const char *kind,
		  const char *action)
{
	char *script = store_read(session, "%s/script", backend);
	pid_t pid;
	int error = 0;

	if (script && *script == '/' && !access(script, X_OK)) {
		pid = fork();
		if (!pid) {
			script_environment(backend, kind);
			execl(script, script, action, strcmp(kind, "vif") ? NULL : "type_if=vif",
			      (char *)NULL);
			_exit(127);
		}
		error = pid < 0 ? -errno : await_script(session, pid, script);
	} else if (strcmp(action, "remove") && strcmp(action, "offline")) {
		error = tell(session, -ENOENT, "the script %s cannot be run",
			     script ? script : "of the device");
	}
	free(script);
	return error;
}

/* The hotplug script that set the device up, if one did, undoes it. */
static void run_script(struct session *session, const struct device *device)
{
	char *by_us = store_read(session, "%s/serai-hotplug", device->backend);

	if (!by_us)
		device_script(session, device->backend, device->kind,
			      strcmp(device->kind, "vif") ? "remove" : "offline");
	free(by_us);
}

static void remove_nodes(struct session *session, const struct device *device)
{
	struct store_batch batch = { .xs = session->xs };
	char *slash;

	if (!device->backend || strncmp(device->backend, "/local/domain/", 14))
		return;
	store_remove(&batch, "%s", device->backend);
	/*
	 * The directory of the domain's backends of this kind; it goes with its last one, once all
	 * are done.
	 */
	slash = strrchr(device->backend, '/');
	*slash = '\0';
	store_remove(&batch, "%s", device->backend);
}

void devices_destroy(struct session *session, uint32_t domid)
{
	uint64_t deadline = now_ns() + CLOSE_SECONDS * 1000000000ULL;
	unsigned int count;
	struct device *devices = list_devices(session, domid, &count);

	for (unsigned int i = 0; i < count; i++)
		if (closes(&devices[i]))
			ask_to_close(session, &devices[i]);
	for (unsigned int i = 0; i < count; i++) {
		if (!closes(&devices[i]))
			continue;
		await_closed(session, &devices[i], deadline);
		run_script(session, &devices[i]);
	}
	for (unsigned int i = 0; i < count; i++) {
		remove_nodes(session, &devices[i]);
		free(devices[i].frontend);
		free(devices[i].backend);
	}
	free(devices);
}
