/* SPDX-License-Identifier: MIT */
/*
 * xenstore-ls: the tree, a line per node.
 *
 * A line is cut to the terminal's width less 2 (80 where there is no terminal): what is over goes
 * from the name, then from the value, and 8 columns stay for what stands around it. Full paths are
 * never cut, and values beside them only on a terminal. A width below 0 (a terminal that does not
 * know its own) cuts nothing. Permissions begin in column 62, led to by dots, or behind a longer
 * line.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

#define AROUND	     8 /* columns of ' = "' and '\..."' that a line is cut for */
#define PERMS_COLUMN 60
#define PATH_MAX_LEN 4096

static bool is_cut(const struct job *job)
{
	return job->width >= 0 && (job->terminal || !job->full_path);
}

static int print_name(struct job *job, const char *path, const char *name, int depth)
{
	int room = job->width - AROUND - depth;

	if (job->full_path) {
		fputs(path, job->out);
		return 0;
	}
	fprintf(job->out, "%*s", depth, "");
	if (!is_cut(job))
		return depth + fprintf(job->out, "%s", name);
	return depth + fprintf(job->out, "%.*s", room > 0 ? room : 0, name);
}

/* The columns used, -1 if it was cut. */
static int print_text(struct job *job, const char *text, int column)
{
	int room = job->width - AROUND - column;

	if (is_cut(job) && (int)strlen(text) > room) {
		fprintf(job->out, " = \"%.*s\\...\"", room > 0 ? room : 0, text);
		return -1;
	}
	return column + fprintf(job->out, " = \"%s\"", text);
}

static void print_node_perms(struct job *job, const char *path, int column)
{
	int end = job->width < PERMS_COLUMN ? job->width : PERMS_COLUMN;
	unsigned int nr;
	struct xs_permissions *perms = xs_get_permissions(job->xs, job->tx, path, &nr);

	if (!perms) {
		complain("could not access permissions for %s", path);
		return;
	}
	if (column >= 0) {
		fputc(' ', job->out);
		while (++column < end && !job->full_path)
			fputc(column & 1 ? '.' : ' ', job->out);
	}
	fputs("  ", job->out);
	print_perms(job->out, perms, nr);
	free(perms);
}

static int list_below(struct job *job, const char *path, int depth);

static int print_node(struct job *job, const char *path, const char *name, int depth)
{
	int column = print_name(job, path, name, depth);
	unsigned int len;
	char *value = xs_read(job->xs, job->tx, path, &len);
	char *text = value ? escape(value, len) : NULL;

	if (!text) {
		fputs(":\n", job->out);
	} else {
		column = print_text(job, text, column);
		if (job->show_perms)
			print_node_perms(job, path, column);
		fputc('\n', job->out);
	}
	free(text);
	free(value);
	return list_below(job, path, depth + 1);
}

/* depth is that of the children. A node below the first that is gone meanwhile is no error. */
static int list_below(struct job *job, const char *path, int depth)
{
	unsigned int nr;
	char **names = xs_directory(job->xs, job->tx, path, &nr);
	char below[PATH_MAX_LEN];
	int code = 0;

	if (!names)
		return depth && errno == ENOENT ? 0 : complain("xs_directory (%s)", path);
	for (unsigned int i = 0; i < nr && !code; i++) {
		int len = snprintf(below, sizeof(below), "%s%s%s", path,
				   path[strlen(path) - 1] == '/' ? "" : "/", names[i]);

		if (len < (int)sizeof(below))
			code = print_node(job, below, names[i], depth);
	}
	free(names);
	return code;
}

int cmd_ls(struct job *job)
{
	static char *root[] = { "/", NULL };
	int code = 0;

	for (char **arg = job->nr_args ? job->args : root; *arg && !code; arg++)
		code = **arg ? list_below(job, *arg, 0) : 0;
	return code;
}
