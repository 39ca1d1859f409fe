/* SPDX-License-Identifier: MIT */
/*
 * xenstore-watch: the paths of events as they come.
 */
#include <stdlib.h>

#include "cmd.h"

int cmd_watch(struct job *job)
{
	for (char **arg = job->args; *arg; arg++)
		if (!xs_watch(job->xs, *arg, *arg))
			return complain("Unable to add watch on %s", *arg);
	for (int i = 0; job->count < 0 || i < job->count; i++) {
		unsigned int nr;
		char **event = xs_read_watch(job->xs, &nr);

		if (!event)
			return complain("cannot read events");
		fprintf(job->out, "%s\n", event[XS_WATCH_PATH]);
		fflush(job->out);
		free(event);
	}
	return 0;
}
