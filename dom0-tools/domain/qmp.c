/* SPDX-License-Identifier: MIT */
/*
 * A conversation with QEMU over its QMP socket: one JSON object a line each way, answers in order,
 * events in between. Every wait has a deadline, and what comes is bounded: a device model that was
 * taken over by its guest can make commands fail, no more.
 */
#include "domain/model.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_tree.h>

#define SLICE_MS 5

static int failed(struct qmp *qmp, int error, const char *what)
{
	snprintf(qmp->why, sizeof(qmp->why), "%s", what);
	return error;
}

static bool await(const struct qmp *qmp, short events, uint64_t deadline)
{
	struct pollfd wait = { .fd = qmp->fd, .events = events };
	uint64_t now;

	while ((now = now_ns()) < deadline) {
		int left = (int)((deadline - now) / 1000000) + 1, ready;

		ready = poll(&wait, 1, qmp->meanwhile && left > SLICE_MS ? SLICE_MS : left);
		if (ready || !qmp->meanwhile)
			return ready > 0;
		qmp->meanwhile(qmp->data);
	}
	return false;
}

/* The next line, NUL-terminated, in answer[]; what follows it is kept behind it. */
static int next_line(struct qmp *qmp, size_t *length, uint64_t deadline)
{
	for (;;) {
		char *end = memchr(qmp->answer, '\n', qmp->bytes);
		ssize_t got;

		if (end) {
			*end = '\0';
			*length = (size_t)(end - qmp->answer) + 1;
			return 0;
		}
		if (qmp->bytes == sizeof(qmp->answer))
			return failed(qmp, -EMSGSIZE, "its answer is too long");
		if (!await(qmp, POLLIN, deadline))
			return failed(qmp, -ETIME, "it does not answer");
		got = recv(qmp->fd, qmp->answer + qmp->bytes, sizeof(qmp->answer) - qmp->bytes,
			   MSG_DONTWAIT);
		if (got > 0)
			qmp->bytes += (size_t)got;
		else if (!got || (errno != EAGAIN && errno != EINTR))
			return failed(qmp, -ECONNRESET, "it has gone");
	}
}

static void drop_line(struct qmp *qmp, size_t length)
{
	qmp->bytes -= length;
	memmove(qmp->answer, qmp->answer + length, qmp->bytes);
}

static yajl_val member(yajl_val map, const char *key)
{
	const char *path[] = { key, NULL };

	return map ? yajl_tree_get(map, path, yajl_t_any) : NULL;
}

/* The value as text again. */
static void generate(yajl_gen out, yajl_val value)
{
	if (YAJL_IS_OBJECT(value)) {
		yajl_gen_map_open(out);
		for (size_t i = 0; i < value->u.object.len; i++) {
			yajl_gen_string(out, (const unsigned char *)value->u.object.keys[i],
					strlen(value->u.object.keys[i]));
			generate(out, value->u.object.values[i]);
		}
		yajl_gen_map_close(out);
	} else if (YAJL_IS_ARRAY(value)) {
		yajl_gen_array_open(out);
		for (size_t i = 0; i < value->u.array.len; i++)
			generate(out, value->u.array.values[i]);
		yajl_gen_array_close(out);
	} else if (YAJL_IS_STRING(value)) {
		yajl_gen_string(out, (const unsigned char *)value->u.string,
				strlen(value->u.string));
	} else if (YAJL_IS_NUMBER(value)) {
		yajl_gen_number(out, value->u.number.r, strlen(value->u.number.r));
	} else if (YAJL_IS_NULL(value)) {
		yajl_gen_null(out);
	} else {
		yajl_gen_bool(out, YAJL_IS_TRUE(value));
	}
}

static char *text_of(yajl_val value)
{
	yajl_gen out = yajl_gen_alloc(NULL);
	const unsigned char *text;
	char *copy = NULL;
	size_t length;

	if (!out)
		return NULL;
	if (YAJL_IS_STRING(value)) {
		copy = strdup(value->u.string);
	} else {
		generate(out, value);
		if (yajl_gen_get_buf(out, &text, &length) == yajl_gen_status_ok)
			copy = strndup((const char *)text, length);
	}
	yajl_gen_free(out);
	return copy;
}

/* libyajl's tree recurses when it is freed. */
static bool shallow(const char *json)
{
	unsigned int depth = 0;

	for (; *json; json++)
		if ((*json == '{' || *json == '[') && ++depth > 256)
			return false;
	return true;
}

/* Is the line the answer? 1: no, an event. Else 0 or -errno. */
static int take_answer(struct qmp *qmp, char **value)
{
	yajl_val top = shallow(qmp->answer) ? yajl_tree_parse(qmp->answer, NULL, 0) : NULL;
	yajl_val good = member(top, "return"), bad = member(top, "error"), words;
	int result = good || bad || !top ? 0 : 1;

	if (!top)
		result = failed(qmp, -EPROTO, "its answer is no JSON");
	if (bad) {
		words = member(bad, "desc");
		result = failed(qmp, -EREMOTEIO,
				YAJL_IS_STRING(words) ? words->u.string : "it does not say why");
	}
	if (good && value) {
		*value = text_of(good);
		result = *value ? 0 : -ENOMEM;
	}
	yajl_tree_free(top);
	return result;
}

static int say(struct qmp *qmp, const char *line, int fd, uint64_t deadline)
{
	size_t length = strlen(line);
	struct iovec part = { (void *)(uintptr_t)line, length };
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .room = "" };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t sent;

	if (fd >= 0) {
		struct cmsghdr *head;

		message.msg_control = control.room;
		message.msg_controllen = sizeof(control.room);
		head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(head), &fd, sizeof(int));
	}
	if (!await(qmp, POLLOUT, deadline))
		return failed(qmp, -ETIME, "it takes no command");
	/* Commands are far shorter than the socket's buffer. */
	sent = sendmsg(qmp->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	return sent == (ssize_t)length ? 0 : failed(qmp, -ECONNRESET, "it has gone");
}

int qmp_command(struct qmp *qmp, const char *command, const char *arguments, int fd,
		unsigned int seconds, char **value)
{
	uint64_t deadline = now_ns() + seconds * 1000000000ULL;
	size_t length;
	char *line;
	int result;

	if (asprintf(&line, "{\"execute\":\"%s\"%s%s}\n", command, *arguments ? ",\"arguments\":" : "",
		     arguments) < 0)
		return -ENOMEM;
	result = say(qmp, line, fd, deadline);
	free(line);
	while (!result) {
		result = next_line(qmp, &length, deadline);
		if (result)
			return result;
		result = take_answer(qmp, value);
		drop_line(qmp, length);
		if (result != 1)
			return result;
		result = 0;
	}
	return result;
}

int qmp_open(struct qmp *qmp, const char *path, unsigned int seconds)
{
	uint64_t deadline = now_ns() + seconds * 1000000000ULL;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length;
	int error;

	qmp->bytes = 0;
	qmp->why[0] = '\0';
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	qmp->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (qmp->fd < 0 || connect(qmp->fd, (struct sockaddr *)&address, sizeof(address))) {
		error = -errno;
		failed(qmp, error, strerror(errno));
		qmp_close(qmp);
		return error;
	}
	error = next_line(qmp, &length, deadline); /* its greeting */
	if (!error) {
		drop_line(qmp, length);
		error = qmp_command(qmp, "qmp_capabilities", "", -1, seconds, NULL);
	}
	if (error)
		qmp_close(qmp);
	return error;
}

void qmp_close(struct qmp *qmp)
{
	if (qmp->fd >= 0)
		close(qmp->fd);
	qmp->fd = -1;
}
