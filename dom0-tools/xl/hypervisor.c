/* SPDX-License-Identifier: MIT */
/* dmesg and debug-keys: the hypervisor's messages, and its debugging commands. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xl/xl.h"

int cmd_dmesg(struct xl *xl, int argc, char **argv)
{
	static const struct option longs[] = { { "clear", 0, NULL, 'c' },
					       HELP_OPTION,
					       END_OPTIONS };
	static char buffer[32768];
	bool clear = false;
	uint32_t index = 0;
	int option;

	while ((option = next_option(xl, argc, argv, "ch", longs)) != -1)
		clear |= option == 'c';
	if (!hypervisor(xl))
		return EXIT_FAILED;
	for (;;) {
		unsigned int length = sizeof(buffer);

		if (xc_readconsolering(xl->session.xc, buffer, &length, 0, 1, &index))
			return fail(xl, "the hypervisor's messages could not be read: %s",
				    strerror(errno));
		if (!length)
			break;
		if (fwrite(buffer, 1, length, stdout) != length)
			return fail(xl, "the messages could not be written: %s", strerror(errno));
	}
	if (clear) {
		/* Only what came since the last look is read, and shown; then all of it is cleared.
		 */
		unsigned int length = sizeof(buffer);

		if (xc_readconsolering(xl->session.xc, buffer, &length, 1, 1, &index))
			return fail(xl, "the hypervisor's messages could not be cleared: %s",
				    strerror(errno));
		fwrite(buffer, 1, length, stdout);
	}
	return fflush(stdout) ? fail(xl, "the messages could not be written: %s", strerror(errno))
			      : EXIT_DONE;
}

int cmd_debug_keys(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 1);

	if (!hypervisor(xl))
		return EXIT_FAILED;
	if (xc_send_debug_keys(xl->session.xc, argv[at]))
		return fail(xl, "the hypervisor refused debug keys %s: %s", argv[at],
			    strerror(errno));
	return EXIT_DONE;
}
