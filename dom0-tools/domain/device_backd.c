/* SPDX-License-Identifier: MIT */
/* Serai's backend daemon, as seen from devices that need it. domd starts it and keeps it alive. */
#include "domain/device.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

int backd_needed(struct session *session, const struct device *device)
{
	char program[PATH_MAX];

	if (device->backend_domid)
		return 0; /* the driver domain's affair */
	if (program_beside(program, sizeof(program), "serai-backd"))
		return tell(session, -ENOENT,
			    "%s: the backend serai-backd is not installed beside these tools (in "
			    "lib/serai)",
			    device->kind->noun);
	domd_start(session);
	return 0;
}
