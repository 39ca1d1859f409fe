/* SPDX-License-Identifier: MIT */
/*
 * vncviewer: finds where a domain's screen is served and starts a viewer there. With --autopass the
 * password goes to its standard input, never to a command line or a file others could read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "xl/viewer.h"

struct screen {
	char *address, *port, *password;
};

/* Of the guest's console directory, or of its first screen's backend. */
static char *screen_node(struct xl *xl, uint32_t domid, const char *node, const char *of_backend)
{
	char *value = read_node(xl, "/local/domain/%u/console/%s", domid, node);

	return value ? value
		     : read_node(xl, "/local/domain/0/backend/vfb/%u/0/%s", domid, of_backend);
}

static bool give_password(struct xl *xl, const char *password)
{
	int fd = memfd_create("password", 0);

	if (fd < 0 || dprintf(fd, "%s\n", password) < 0 || lseek(fd, 0, SEEK_SET) < 0 ||
	    dup2(fd, STDIN_FILENO) < 0) {
		fail(xl, "the password cannot be handed to the viewer: %s", strerror(errno));
		return false;
	}
	return true;
}

int viewer_exec(struct xl *xl, uint32_t domid, bool password)
{
	struct screen screen = { screen_node(xl, domid, "vnc-listen", "vnclisten"),
				 screen_node(xl, domid, "vnc-port", "vnc-port"),
				 password ? screen_node(xl, domid, "vnc-pass", "vncpasswd")
					  : NULL };
	char where[300];
	/* execvp promises not to change them. */
	char *words[] = { (char *)(uintptr_t) "vncviewer", where,
			  screen.password && *screen.password ? (char *)(uintptr_t) "-autopass"
							      : NULL,
			  NULL };

	if (!screen.port)
		return fail(xl, "domain %u has no screen served over VNC: give it vfb=[\"vnc=1\"]",
			    domid);
	snprintf(where, sizeof(where), "%s:%d",
		 screen.address && *screen.address ? screen.address : "localhost",
		 atoi(screen.port) >= 5900 ? atoi(screen.port) - 5900 : atoi(screen.port));
	if (words[2] && !give_password(xl, screen.password))
		return EXIT_FAILED;
	execvp(words[0], words);
	return fail(xl,
		    "vncviewer could not be started: %s; the screen is at %s (install a VNC "
		    "viewer, e.g. the package tigervnc-viewer)",
		    strerror(errno), where);
}

int cmd_vncviewer(struct xl *xl, int argc, char **argv)
{
	enum { AUTOPASS = 300 };
	static const struct option longs[] = { { "autopass", 0, NULL, AUTOPASS },
					       { "vncviewer-autopass", 0, NULL, AUTOPASS },
					       HELP_OPTION,
					       END_OPTIONS };
	bool password = false;
	uint32_t domid;
	int option, at;

	while ((option = next_option(xl, argc, argv, "ah", longs)) != -1)
		password |= option == 'a' || option == AUTOPASS;
	at = arguments_from(xl, argc, argv, 1);
	return domain_lookup(xl, argv[at], &domid) ? viewer_exec(xl, domid, password) : EXIT_FAILED;
}
