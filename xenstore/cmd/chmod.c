/* SPDX-License-Identifier: MIT */
/*
 * xenstore-chmod: of a node, of all above it (-u), of all below it (-r).
 */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

struct change {
	struct job *job;
	struct xs_permissions *perms;
	int nr;
};

static int change_one(struct change *c, const char *path)
{
	if (xs_set_permissions(c->job->xs, c->job->tx, path, c->perms, c->nr))
		return 0;
	return complain("Error occurred setting permissions on '%s'", path);
}

static int change_above(struct change *c, const char *path)
{
	char *parent = strdup(path), *slash;
	int code = parent ? 0 : complain("%s", path);

	while (!code && (slash = strrchr(parent, '/')) && slash != parent) {
		*slash = '\0';
		code = change_one(c, parent);
	}
	free(parent);
	return code;
}

static int change_below(struct change *c, const char *path)
{
	unsigned int nr;
	char **names = xs_directory(c->job->xs, c->job->tx, path, &nr);
	int code = names ? 0 : complain("could not list path %s", path);

	for (unsigned int i = 0; !code && i < nr; i++) {
		char *below;

		if (asprintf(&below, "%s/%s", path, names[i]) < 0)
			return complain("%s", path);
		code = change_one(c, below);
		if (!code)
			code = change_below(c, below);
		free(below);
	}
	free(names);
	return code;
}

int cmd_chmod(struct job *job)
{
	struct change c = { .job = job, .nr = job->nr_args - 1 };
	int code;

	c.perms = parse_perms(job->args + 1, c.nr);
	if (!c.perms)
		return 1;
	code = change_one(&c, job->args[0]);
	if (!code && job->upto)
		code = change_above(&c, job->args[0]);
	if (!code && job->recurse)
		code = change_below(&c, job->args[0]);
	free(c.perms);
	return code;
}
