/* SPDX-License-Identifier: MIT */
/*
 * What changes in a running guest's device model: the CD in a drive, and whatever a monitor command
 * does.
 *
 * A restricted device model can open no file, so it is handed the medium's open one.
 */
#include "domain/model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_tree.h>

#define ANSWER_SECONDS 30

/* {"<key>":"<text>"} and nothing else; malloc'ed. */
static char *object_of(const char *key, const char *text)
{
	yajl_gen out = yajl_gen_alloc(NULL);
	const unsigned char *made;
	size_t length;
	char *copy = NULL;

	if (!out)
		return NULL;
	yajl_gen_map_open(out);
	yajl_gen_string(out, (const unsigned char *)key, strlen(key));
	yajl_gen_string(out, (const unsigned char *)text, strlen(text));
	yajl_gen_map_close(out);
	if (yajl_gen_get_buf(out, &made, &length) == yajl_gen_status_ok)
		copy = strndup((const char *)made, length);
	yajl_gen_free(out);
	return copy;
}

int domain_monitor_command(struct session *session, uint32_t domid, const char *command,
			   char **answer)
{
	struct qmp qmp = { .fd = -1 };
	char *arguments;
	int error = model_open(session, domid, &qmp);

	if (error)
		return error;
	arguments = object_of("command-line", command);
	error = arguments ? qmp_command(&qmp, "human-monitor-command", arguments, -1, ANSWER_SECONDS,
					answer)
			  : -ENOMEM;
	free(arguments);
	qmp_close(&qmp);
	return error ? tell(session, error, "the device model refused: %s", qmp.why) : 0;
}

static int give_file(struct session *session, struct qmp *qmp, const char *target, long long *number)
{
	int fd = open(target, O_RDONLY | O_CLOEXEC), error;

	if (fd < 0)
		return tell(session, -errno, "%s: %s", target, strerror(errno));
	error = model_give(session, qmp, fd, number);
	close(fd);
	return error;
}

int model_change_medium(struct session *session, uint32_t domid, const struct disk_spec *disk)
{
	struct qmp qmp = { .fd = -1 };
	long long number = 0;
	char arguments[200];
	int error = model_open(session, domid, &qmp);

	if (!error && disk->target[0])
		error = give_file(session, &qmp, disk->target, &number);
	snprintf(arguments, sizeof(arguments), "{\"device\":\"ide-%u\",\"force\":true}",
		 disk->number);
	if (!error && !disk->target[0]) {
		error = model_command(session, &qmp, "eject", arguments);
	} else if (!error) {
		snprintf(arguments, sizeof(arguments),
			 "{\"device\":\"ide-%u\",\"filename\":\"/dev/fdset/%lld\",\"format\":\"%s\","
			 "\"read-only-mode\":\"read-only\"}",
			 disk->number, number, disk_format_names[disk->format]);
		error = model_command(session, &qmp, "blockdev-change-medium", arguments);
	}
	qmp_close(&qmp);
	return error;
}
