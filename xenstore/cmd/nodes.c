/* SPDX-License-Identifier: MIT */
/*
 * xenstore-read, -write, -list, -exists, -rm.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static void print_value(struct job *job, const char *path, const char *value, unsigned int len)
{
	char *text;

	if (job->prefix)
		fprintf(job->out, "%s: ", path);
	if (job->raw) {
		fwrite(value, 1, len, job->out);
		return;
	}
	text = escape(value, len);
	fprintf(job->out, "%s\n", text ? text : "");
	free(text);
}

int cmd_read(struct job *job)
{
	for (char **arg = job->args; *arg; arg++) {
		unsigned int len;
		char *value = xs_read(job->xs, job->tx, *arg, &len);

		if (!value)
			return complain("couldn't read path %s", *arg);
		print_value(job, *arg, value, len);
		free(value);
	}
	return 0;
}

static int write_one(struct job *job, const char *path, const char *value)
{
	char *copy = strdup(value);
	unsigned int len;
	int code = 0;

	if (!copy)
		return complain("could not write path %s", path);
	len = job->raw ? strlen(copy) : unescape(copy);
	if (!xs_write(job->xs, job->tx, path, copy, len))
		code = complain("could not write path %s", path);
	free(copy);
	return code;
}

int cmd_write(struct job *job)
{
	int code = 0;

	for (char **arg = job->args; *arg && !code; arg += 2)
		code = write_one(job, arg[0], arg[1]);
	return code;
}

int cmd_list(struct job *job)
{
	for (char **arg = job->args; *arg; arg++) {
		unsigned int nr;
		char **names = xs_directory(job->xs, job->tx, *arg, &nr);

		if (!names)
			return complain("could not list path %s", *arg);
		for (unsigned int i = 0; i < nr; i++)
			fprintf(job->out, job->prefix ? "%s/%s\n" : "%.0s%s\n", *arg, names[i]);
		free(names);
	}
	return 0;
}

int cmd_exists(struct job *job)
{
	for (char **arg = job->args; *arg; arg++) {
		char *value = xs_read(job->xs, job->tx, *arg, NULL);

		if (!value)
			return errno == ENOENT ? 1
					       : complain("cannot tell whether %s exists", *arg);
		free(value);
	}
	return 0;
}

/* Neither a value nor children: there only to lead to what is gone. */
static bool is_empty(struct job *job, const char *path)
{
	unsigned int len = 1, nr = 1;
	char *value = xs_read(job->xs, job->tx, path, &len);
	char **names = value && !len ? xs_directory(job->xs, job->tx, path, &nr) : NULL;
	bool empty = names && !nr;

	free(names);
	free(value);
	return empty;
}

static bool remove_empty_parents(struct job *job, const char *path)
{
	char *parent = strdup(path), *slash;
	bool removed = parent;

	while (removed && (slash = strrchr(parent, '/')) && slash != parent) {
		*slash = '\0';
		if (!is_empty(job, parent))
			break;
		removed = xs_rm(job->xs, job->tx, parent);
	}
	free(parent);
	return removed;
}

int cmd_rm(struct job *job)
{
	for (char **arg = job->args; *arg; arg++)
		if (!xs_rm(job->xs, job->tx, *arg) ||
		    (job->tidy && !remove_empty_parents(job, *arg)))
			return complain("could not remove path %s", *arg);
	return 0;
}
