/* SPDX-License-Identifier: MIT */
/*
 * An interface into its network. That may take a while (a DHCP server starts, a user's script
 * thinks), so a child process does it and serai-backd goes on; its verdict is in memory both share.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net_daemon.h"

#define FROM(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static void unmap(struct net_device *net)
{
	if (net->placing)
		munmap(net->placing, sizeof(*net->placing));
	net->placing = NULL;
}

/* Scripts of 4.17 find what they need by these. */
static _Noreturn void become_script(const struct back_device *device, const struct net_device *net,
				    const char *action)
{
	const char *relative = strstr(device->path, "/backend/");
	sigset_t none;

	setenv("XENBUS_TYPE", "vif", 1);
	setenv("XENBUS_PATH", relative ? relative + 1 : device->path, 1);
	setenv("XENBUS_BASE_PATH", "backend", 1);
	setenv("vif", net->vif.name, 1);
	setenv("script", net->script, 1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execl(net->script, net->script, action, "type_if=vif", (char *)NULL);
	_exit(127);
}

static void placed(struct back_process *process, int status)
{
	struct net_device *net = FROM(process, struct net_device, process);
	struct back_device *device = net->device;
	bool ended = WIFEXITED(status);
	int rc = 0;

	back_forget_process(process);
	net->process.pid = 0;
	if (net->script[0] && (!ended || WEXITSTATUS(status)))
		rc = back_error(device, -EIO, "%s %s %d", net->script,
				ended ? "ended with status" : "was ended by signal",
				ended ? WEXITSTATUS(status) : WTERMSIG(status));
	else if (!net->script[0] && (!ended || net->placing->rc))
		rc = back_error(device, ended ? net->placing->rc : -EIO, "%s",
				net->placing->why[0] ? net->placing->why
						     : "placing the interface failed");
	else if (net->placing->why[0])
		back_log(LOG_NOTICE, "%s: %s", net->vif.name, net->placing->why);
	unmap(net);
	if (!rc)
		rc = back_write(device, "hotplug-status", "connected");
	net->placed = !rc;
	back_finish(device, rc);
}

static _Noreturn void child(const struct back_device *device, struct net_device *net)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	umask(022); /* a DHCP server reads what is made here as nobody */
	if (net->script[0])
		become_script(device, net, "online");
	net->placing->rc = net_join(&net->vif, net->placing->why);
	_exit(0);
}

int net_place(struct back_device *device)
{
	struct net_device *net = device->state;
	void *shared = mmap(NULL, sizeof(*net->placing), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int error;
	pid_t pid;

	if (shared == MAP_FAILED)
		return back_error(device, -ENOMEM, "no memory to place %s", net->vif.name);
	net->placing = shared;
	pid = fork();
	if (!pid)
		child(device, net);
	error = pid < 0 ? -errno : 0;
	net->process.exited = placed;
	net->device = device;
	if (!error)
		error = back_watch_process(&net->process, pid);
	if (!error)
		return BACK_LATER;
	if (pid > 0)
		kill(pid, SIGKILL);
	unmap(net);
	return back_error(device, error, "%s cannot be placed: %s", net->vif.name,
			  strerror(-error));
}

/* Nobody waits for this one: it becomes a grandchild, and init's. */
static void tell_script(const struct back_device *device, const struct net_device *net)
{
	pid_t pid = fork();

	if (!pid) {
		if (!fork())
			become_script(device, net, "offline");
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

void net_unplace(struct back_device *device)
{
	struct net_device *net = device->state;

	if (net->process.pid) {
		back_signal_process(&net->process, SIGKILL);
		back_forget_process(&net->process);
		net->process.pid = 0;
	}
	unmap(net);
	if (net->script[0] && net->placed)
		tell_script(device, net);
	if (net->vif.name[0])
		net_leave(&net->vif);
}
