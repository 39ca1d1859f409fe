/* SPDX-License-Identifier: MIT */
/*
 * 9P's bytes: little-endian numbers and counted strings, read from a request and written to a
 * response that both lie in private memory.
 *
 * Both directions remember the first failure and do nothing afterwards, so a decoder reads all its
 * fields and asks once: a truncated message gives zeros and empty strings, never bytes beyond its
 * end.
 */
#ifndef P9_WIRE_H
#define P9_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define P9_HEADER   7u /* size[4] type[1] tag[2] */
#define P9_NOTAG    0xffffu
#define P9_NOFID    0xffffffffu
#define P9_NAME_MAX 255u

enum p9_type {
	P9_RLERROR = 7,
	P9_TSTATFS = 8,
	P9_TLOPEN = 12,
	P9_TLCREATE = 14,
	P9_TSYMLINK = 16,
	P9_TMKNOD = 18,
	P9_TRENAME = 20,
	P9_TREADLINK = 22,
	P9_TGETATTR = 24,
	P9_TSETATTR = 26,
	P9_TXATTRWALK = 30,
	P9_TXATTRCREATE = 32,
	P9_TREADDIR = 40,
	P9_TFSYNC = 50,
	P9_TLOCK = 52,
	P9_TGETLOCK = 54,
	P9_TLINK = 70,
	P9_TMKDIR = 72,
	P9_TRENAMEAT = 74,
	P9_TUNLINKAT = 76,
	P9_TVERSION = 100,
	P9_TAUTH = 102,
	P9_TATTACH = 104,
	P9_RERROR = 107,
	P9_TFLUSH = 108,
	P9_TWALK = 110,
	P9_TOPEN = 112,
	P9_TCREATE = 114,
	P9_TREAD = 116,
	P9_TWRITE = 118,
	P9_TCLUNK = 120,
	P9_TREMOVE = 122,
	P9_TSTAT = 124,
	P9_TWSTAT = 126
};

struct p9_qid {
	uint8_t type;
	uint32_t version;
	uint64_t path;
};

#define P9_QID_DIR     0x80
#define P9_QID_SYMLINK 0x02
#define P9_QID_BYTES   13u

struct p9_in {
	const uint8_t *at, *end;
	bool bad; /* the message was too short, or a string is no string */
};

struct p9_out {
	uint8_t *start, *at, *end;
	bool full;
};

/* A string of the message, not ended by NUL. */
struct p9_str {
	const char *text;
	uint16_t len;
};

uint8_t p9_get8(struct p9_in *in);
uint16_t p9_get16(struct p9_in *in);
uint32_t p9_get32(struct p9_in *in);
uint64_t p9_get64(struct p9_in *in);
struct p9_str p9_get_str(struct p9_in *in);
/* len bytes where they are, NULL if there are not so many. */
const uint8_t *p9_get_bytes(struct p9_in *in, uint32_t len);
/* A copy that ends with NUL; a string with a NUL inside or longer than size - 1 is bad. */
void p9_get_text(struct p9_in *in, char *text, size_t size);
/* The name of one file: not empty, "." or "..", no slash, at most P9_NAME_MAX; else bad. */
void p9_get_name(struct p9_in *in, char name[P9_NAME_MAX + 1]);

void p9_put8(struct p9_out *out, uint8_t value);
void p9_put16(struct p9_out *out, uint16_t value);
void p9_put32(struct p9_out *out, uint32_t value);
void p9_put64(struct p9_out *out, uint64_t value);
void p9_put_text(struct p9_out *out, const char *text);
void p9_put_qid(struct p9_out *out, const struct p9_qid *qid);
/* Room for len bytes to be filled by the caller; NULL: there is not so much. */
uint8_t *p9_put_space(struct p9_out *out, uint32_t len);
/* Bytes that still fit. */
uint32_t p9_room(const struct p9_out *out);

#endif
