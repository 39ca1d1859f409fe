/* SPDX-License-Identifier: MIT */
/* What every talk with a guest's device model needs: reaching it, a command, a file it cannot open itself. */
#include "domain/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

#define ANSWER_SECONDS 30

int model_open(struct session *session, uint32_t domid, struct qmp *qmp)
{
	char path[64];
	int error;

	if (!domain_is_hvm(session, domid))
		return tell(session, -EINVAL,
			    "domain %u has no device model: only HVM guests have one", domid);
	snprintf(path, sizeof(path), QMP_SOCKET, domid);
	error = qmp_open(qmp, path, ANSWER_SECONDS);
	return error ? tell(session, error, "the device model of domain %u cannot be reached: %s",
			    domid, qmp->why[0] ? qmp->why : strerror(-error))
		     : 0;
}

static int refused(struct session *session, int error, const struct qmp *qmp)
{
	return error ? tell(session, error, "the device model refused: %s", qmp->why) : 0;
}

int model_command(struct session *session, struct qmp *qmp, const char *command, const char *arguments)
{
	return refused(session, qmp_command(qmp, command, arguments, -1, ANSWER_SECONDS, NULL), qmp);
}

int model_give(struct session *session, struct qmp *qmp, int fd, long long *number)
{
	const char *path[] = { "fdset-id", NULL };
	yajl_val value;
	char *answer = NULL;
	int error = qmp_command(qmp, "add-fd", "", fd, ANSWER_SECONDS, &answer);

	if (error)
		return refused(session, error, qmp);
	value = yajl_tree_parse(answer, NULL, 0);
	free(answer);
	if (!value || !YAJL_IS_INTEGER(yajl_tree_get(value, path, yajl_t_number))) {
		yajl_tree_free(value);
		return tell(session, -EPROTO, "the device model does not say where it has the file");
	}
	*number = YAJL_GET_INTEGER(yajl_tree_get(value, path, yajl_t_number));
	yajl_tree_free(value);
	return 0;
}
