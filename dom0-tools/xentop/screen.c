/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include "xentop/screen.h"
int screen_run(struct collector *collector, struct options *options, read_model read)
{
	fprintf(stderr, "xentop: no screen: use -b\n");
	return -EOPNOTSUPP;
}
