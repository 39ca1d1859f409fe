/* SPDX-License-Identifier: MIT */
/*
 * Hotplug scripts: programs of the user's that set a device up and take it down, run as 4.17's
 * libxl runs them. Each has a limited time.
 */
#include "domain/device.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SCRIPT_SECONDS 40

static void script_environment(const char *script, const char *backend, const char *kind,
			       const char *gateway)
{
	const char *relative = strstr(backend, "/backend/");

	setenv("script", script, 1);
	setenv("XENBUS_TYPE", kind, 1);
	setenv("XENBUS_PATH", relative ? relative + 1 : backend, 1);
	setenv("XENBUS_BASE_PATH", "backend", 1);
	if (!strcmp(kind, "vif")) {
		const char *domid = strstr(backend, "/vif/");
		char name[64];

		snprintf(name, sizeof(name), "vif%u.%s", domid ? (unsigned int)atoi(domid + 5) : 0,
			 strrchr(backend, '/') + 1);
		setenv("vif", name, 1);
		if (gateway)
			setenv("netdev", gateway, 1);
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
	char *gateway = store_read(session, "%s/gatewaydev", backend);
	pid_t pid;
	int error = 0;

	if (script && *script == '/' && !access(script, X_OK)) {
		pid = fork();
		if (!pid) {
			script_environment(script, backend, kind, gateway);
			execl(script, script, action, strcmp(kind, "vif") ? NULL : "type_if=vif",
			      (char *)NULL);
			_exit(127);
		}
		error = pid < 0 ? -errno : await_script(session, pid, script);
	} else if (strcmp(action, "remove") && strcmp(action, "offline")) {
		error = tell(session, -ENOENT, "the script %s cannot be run",
			     script ? script : "of the device");
	}
	free(gateway);
	free(script);
	return error;
}
