/* SPDX-License-Identifier: MIT */
/*
 * Our own half is wrong: stop at once. The journal lets a new process go on from there.
 */
#include "pv_shared.h"

#include <stdio.h>
#include <stdlib.h>

void pv_bug(const char *what, const char *file, int line)
{
	fprintf(stderr, "bug: %s (%s:%d)\n", what, file, line);
	abort();
}
