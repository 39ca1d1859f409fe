/* SPDX-License-Identifier: MIT */
/*
 * devd: makes a driver domain serve devices. It keeps serai-backd running there, and sets up what
 * backends of the domain's kernel need.
 *
 * A driver domain has no hypervisor to ask and reaches the store through its kernel. The loop looks
 * at everything at each word of the store, so a word too many or too few harms nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build/build.h"
#include "xl/xl.h"

#define LOOK_MS	 5000
#define PAUSE_MS 1000 /* between two starts of serai-backd */

static volatile sig_atomic_t stop;

static void told_to_stop(int signal)
{
	(void)signal;
	stop = 1;
}

/* With the store of a domain that is not the toolstack's. */
static bool connect_store(struct xl *xl, uint32_t *self)
{
	char *domid;
	bool told;

	xl->session.xs = xs_open(0);
	if (!xl->session.xs) {
		fail(xl, "the store cannot be reached: %s (/dev/xen/xenbus: modprobe xenfs)",
		     strerror(errno));
		return false;
	}
	domid = xs_read(xl->session.xs, XBT_NULL, "domid", NULL);
	if (domid)
		*self = (uint32_t)strtoul(domid, NULL, 10);
	else
		fail(xl,
		     "the store does not tell this domain's id: is this a domain of Serai or Xen?");
	told = domid != NULL;
	free(domid);
	return told;
}

static pid_t start_backd(void)
{
	char program[PATH_MAX];
	pid_t pid;

	if (program_beside(program, sizeof(program), "serai-backd"))
		return 0; /* only the kernel's backends, then */
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		execl(program, program, "-i", (char *)NULL);
		_exit(127);
	}
	return pid < 0 ? 0 : pid;
}

static void take_words(struct xs_handle *xs)
{
	char **word;

	while ((word = xs_check_watch(xs)) != NULL)
		free(word);
}

static int serve(struct xl *xl, uint32_t self)
{
	struct pollfd wait = { .fd = xs_fileno(xl->session.xs), .events = POLLIN };
	char path[64];
	pid_t backd = start_backd();

	snprintf(path, sizeof(path), "/local/domain/%u/backend", self);
	if (!xs_watch(xl->session.xs, path, "devd"))
		return fail(xl, "the store does not let %s be watched: %s", path, strerror(errno));
	while (!stop) {
		int ms = LOOK_MS;

		driver_look(&xl->session, self);
		if (backd && waitpid(backd, NULL, WNOHANG) == backd) {
			caution(xl, "serai-backd has ended; it is started again");
			poll(NULL, 0, PAUSE_MS);
			backd = start_backd();
			ms = PAUSE_MS;
		}
		if (poll(&wait, 1, ms) > 0)
			take_words(xl->session.xs);
	}
	if (backd)
		kill(backd, SIGTERM);
	return EXIT_DONE;
}

static bool write_pid(struct xl *xl, const char *path)
{
	FILE *file = path ? fopen(path, "we") : NULL;
	bool good = !path || (file && fprintf(file, "%d\n", (int)getpid()) > 0);

	if (file && fclose(file))
		good = false;
	if (!good)
		fail(xl, "%s cannot be written: %s", path, strerror(errno));
	return good;
}

static bool leave_terminal(struct xl *xl)
{
	int log;

	if (daemon(0, 1)) {
		fail(xl, "devd cannot go into the background: %s", strerror(errno));
		return false;
	}
	log = open("/var/log/xen/xldevd.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log < 0)
		log = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	return true;
}

int cmd_devd(struct xl *xl, int argc, char **argv)
{
	static const struct option longs[] = { { "pidfile", 1, NULL, 'p' },
					       HELP_OPTION,
					       END_OPTIONS };
	const struct sigaction ends = { .sa_handler = told_to_stop };
	const char *pid_file = NULL;
	bool foreground = false;
	uint32_t self;
	int option, code;

	while ((option = next_option(xl, argc, argv, "Fp:h", longs)) != -1) {
		foreground |= option == 'F';
		if (option == 'p')
			pid_file = optarg;
	}
	if (!connect_store(xl, &self))
		return EXIT_FAILED;
	if (!self)
		return fail(xl, "devd is for driver domains: in Domain-0 xl and domd do its work");
	/* Before the store's watches: they do not live through a fork. */
	xs_close(xl->session.xs);
	if ((!foreground && !leave_terminal(xl)) || !write_pid(xl, pid_file) ||
	    !connect_store(xl, &self))
		return EXIT_FAILED;
	sigaction(SIGTERM, &ends, NULL);
	sigaction(SIGINT, &ends, NULL);
	code = serve(xl, self);
	if (pid_file)
		unlink(pid_file);
	return code;
}
