/* SPDX-License-Identifier: MIT */
/* console and top: programs of their own, found beside xl or where Debian's tools have theirs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xl/console.h"

/* Tries NAME in ../lib/serai and the same directory of xl's own, then in Debian's place. */
static int exec_tool(struct xl *xl, const char *name, char *const *argv)
{
	static const char *const places[] = { "../lib/serai", "." };
	char self[400], path[500];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash = NULL;

	if (length > 0) {
		self[length] = '\0';
		slash = strrchr(self, '/');
	}
	fflush(stdout);
	for (size_t i = 0; slash && i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%.*s/%s/%s", (int)(slash - self), self, places[i],
			 name);
		execv(path, argv);
	}
	snprintf(path, sizeof(path), "/usr/lib/xen-4.17/bin/%s", name);
	execv(path, argv);
	return fail(xl, "%s could not be started: %s; it belongs beside xl, in ../lib/serai", name,
		    strerror(errno));
}

int console_exec(struct xl *xl, uint32_t domid, const struct console_choice *choice)
{
	const struct {
		const char *option, *value;
	} words[] = {
		{ "--num", choice->number ? choice->number : "0" },
		{ "--type", choice->type ? choice->type : "pv" },
		{ "--escape", choice->escape },
		{ "--start-notify-fd", choice->notify },
	};
	/* execv promises not to change them. */
	char id[16], *argv[12] = { (char *)(uintptr_t) "xenconsole", id };
	int nr = 2;

	snprintf(id, sizeof(id), "%u", domid);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!words[i].value)
			continue;
		argv[nr++] = (char *)(uintptr_t)words[i].option;
		argv[nr++] = (char *)(uintptr_t)words[i].value;
	}
	return exec_tool(xl, "xenconsole", argv);
}

/* What a bare `xl console` shows: a virtualized guest's kernel speaks on its serial line. */
static const char *usual_type(struct xl *xl, uint32_t domid)
{
	char *type = read_node(xl, "/libxl/%u/type", domid);
	bool serial = type && !strcmp(type, "hvm");

	free(type);
	return serial ? "serial" : "pv";
}

int cmd_console(struct xl *xl, int argc, char **argv)
{
	static const struct option longs[] = { { "escape", 1, NULL, 'e' },
					       HELP_OPTION,
					       END_OPTIONS };
	struct console_choice choice = { 0 };
	long long number;
	uint32_t domid;
	int option, at;

	while ((option = next_option(xl, argc, argv, "t:n:e:h", longs)) != -1) {
		if (option == 't')
			choice.type = optarg;
		else if (option == 'n')
			choice.number = optarg;
		else
			choice.escape = optarg;
	}
	at = arguments_from(xl, argc, argv, 1);
	if (choice.type && strcmp(choice.type, "pv") && strcmp(choice.type, "serial"))
		return fail(xl, "%s is no type of console: there are pv and serial", choice.type);
	if (choice.number && !number_read(xl, "console's number", choice.number, 0, 255, &number))
		return EXIT_FAILED;
	if (!domain_lookup(xl, argv[at], &domid))
		return EXIT_FAILED;
	if (!domid)
		return fail(xl, "Domain-0 has no console in the store: it is this system's own");
	if (!choice.type)
		choice.type = usual_type(xl, domid);
	return console_exec(xl, domid, &choice);
}

int cmd_top(struct xl *xl, int argc, char **argv)
{
	char *words[] = { (char *)(uintptr_t) "xentop", NULL };

	plain_arguments(xl, argc, argv, 0);
	return exec_tool(xl, "xentop", words);
}
