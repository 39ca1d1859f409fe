/* SPDX-License-Identifier: MIT */
/*
 * A 9P client for the tests of pv-drivers/back/9pfs: a temporary folder with a server over it, and
 * requests written from a format: b, h, w, d for numbers of 1, 2, 4, 8 bytes, s for a string, p for
 * bytes (pointer, size).
 */
#ifndef P9_FIXTURE_H
#define P9_FIXTURE_H

#include "pv_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "p9_server.h"

static char p9_dir[64];
static struct p9_server p9;
static uint8_t p9_request[P9_MSIZE_MAX], p9_response[P9_MSIZE_MAX];
static struct p9_in p9_reply; /* the last response's body */
static uint8_t p9_reply_type;

static inline uint32_t p9_vbuild(uint8_t *at, uint32_t room, uint8_t type, uint16_t tag,
				 const char *format, va_list args)
{
	struct p9_out out = { at, at + P9_HEADER, at + room, false };
	struct p9_out head = { at, at, at + P9_HEADER, false };

	for (; *format; format++) {
		const uint8_t *bytes;
		uint32_t size;
		uint8_t *to;

		switch (*format) {
		case 'b':
			p9_put8(&out, (uint8_t)va_arg(args, int));
			break;
		case 'h':
			p9_put16(&out, (uint16_t)va_arg(args, int));
			break;
		case 'w':
			p9_put32(&out, va_arg(args, uint32_t));
			break;
		case 'd':
			p9_put64(&out, va_arg(args, uint64_t));
			break;
		case 's':
			p9_put_text(&out, va_arg(args, const char *));
			break;
		case 'p':
			bytes = va_arg(args, const uint8_t *);
			size = va_arg(args, uint32_t);
			to = p9_put_space(&out, size);
			if (to)
				memcpy(to, bytes, size);
			break;
		default:
			fail();
		}
	}
	p9_put32(&head, (uint32_t)(out.at - out.start));
	p9_put8(&head, type);
	p9_put16(&head, tag);
	return (uint32_t)(out.at - out.start);
}

static inline uint32_t p9_build(uint8_t *at, uint32_t room, uint8_t type, uint16_t tag,
				const char *format, ...)
{
	va_list args;
	uint32_t size;

	va_start(args, format);
	size = p9_vbuild(at, room, type, tag, format, args);
	va_end(args);
	return size;
}

/* Opens the response: 0, or the -errno it says. Its type and tag must fit the request's. */
static inline int p9_open_reply(const uint8_t *bytes, uint32_t size, uint8_t type, uint16_t tag)
{
	p9_reply = (struct p9_in){ bytes, bytes + size, false };
	assert_int_equal(p9_get32(&p9_reply), size);
	p9_reply_type = p9_get8(&p9_reply);
	assert_int_equal(p9_get16(&p9_reply), tag);
	if (p9_reply_type == P9_RERROR)
		(void)p9_get_str(&p9_reply);
	if (p9_reply_type == P9_RLERROR || p9_reply_type == P9_RERROR)
		return -(int)p9_get32(&p9_reply);
	assert_int_equal(p9_reply_type, type + 1);
	return 0;
}

static inline int p9_call(uint8_t type, const char *format, ...)
{
	va_list args;
	uint32_t size;

	va_start(args, format);
	size = p9_vbuild(p9_request, sizeof(p9_request), type, 7, format, args);
	va_end(args);
	size = p9_serve(&p9, p9_request, size, p9_response, sizeof(p9_response));
	return p9_open_reply(p9_response, size, type, 7);
}

static inline void p9_begin(enum p9_security security, bool readonly, const char *dialect,
			    struct p9_server_journal *journal)
{
	int root = open(p9_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(root >= 0);
	umask(0);
	assert_int_equal(p9_server_init(&p9, root, security, readonly, P9_MSIZE_MAX, journal), 0);
	assert_int_equal(p9_call(P9_TVERSION, "ws", 65536, dialect), 0);
	assert_int_equal(p9_call(P9_TATTACH, "wwssw", 1, P9_NOFID, "", "", 0), 0);
}

static inline void p9_make_dir(void)
{
	strcpy(p9_dir, "/tmp/serai-9p-XXXXXX");
	assert_non_null(mkdtemp(p9_dir));
}

static inline int p9_remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

static inline void p9_remove_dir(void)
{
	nftw(p9_dir, p9_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The share's file, seen from outside. */
static inline const char *p9_outside(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", p9_dir, name);
	return path;
}

#endif
