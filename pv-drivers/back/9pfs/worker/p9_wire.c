/* SPDX-License-Identifier: MIT */
/* 9P's bytes: see p9_wire.h. All reading goes through p9_get_bytes(), all writing through
 * p9_put_space(). */
#include "p9_wire.h"

#include <string.h>

const uint8_t *p9_get_bytes(struct p9_in *in, uint32_t len)
{
	const uint8_t *bytes = in->at;

	if (in->bad || len > (size_t)(in->end - in->at)) {
		in->bad = true;
		return NULL;
	}
	in->at += len;
	return bytes;
}

static uint64_t get_number(struct p9_in *in, unsigned int bytes)
{
	const uint8_t *b = p9_get_bytes(in, bytes);
	uint64_t value = 0;

	for (unsigned int i = 0; b && i < bytes; i++)
		value |= (uint64_t)b[i] << (8 * i);
	return value;
}

uint8_t p9_get8(struct p9_in *in)
{
	return (uint8_t)get_number(in, 1);
}

uint16_t p9_get16(struct p9_in *in)
{
	return (uint16_t)get_number(in, 2);
}

uint32_t p9_get32(struct p9_in *in)
{
	return (uint32_t)get_number(in, 4);
}

uint64_t p9_get64(struct p9_in *in)
{
	return get_number(in, 8);
}

struct p9_str p9_get_str(struct p9_in *in)
{
	struct p9_str str = { .len = p9_get16(in) };

	str.text = (const char *)p9_get_bytes(in, str.len);
	if (!str.text)
		str = (struct p9_str){ "", 0 };
	return str;
}

void p9_get_text(struct p9_in *in, char *text, size_t size)
{
	struct p9_str str = p9_get_str(in);

	if (str.len >= size || memchr(str.text, 0, str.len)) {
		in->bad = true;
		str.len = 0;
	}
	memcpy(text, str.text, str.len);
	text[str.len] = 0;
}

void p9_get_name(struct p9_in *in, char name[P9_NAME_MAX + 1])
{
	p9_get_text(in, name, P9_NAME_MAX + 1);
	if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		in->bad = true;
}

uint8_t *p9_put_space(struct p9_out *out, uint32_t len)
{
	uint8_t *space = out->at;

	if (out->full || len > (size_t)(out->end - out->at)) {
		out->full = true;
		return NULL;
	}
	out->at += len;
	return space;
}

static void put_number(struct p9_out *out, uint64_t value, unsigned int bytes)
{
	uint8_t *b = p9_put_space(out, bytes);

	for (unsigned int i = 0; b && i < bytes; i++)
		b[i] = (uint8_t)(value >> (8 * i));
}

void p9_put8(struct p9_out *out, uint8_t value)
{
	put_number(out, value, 1);
}

void p9_put16(struct p9_out *out, uint16_t value)
{
	put_number(out, value, 2);
}

void p9_put32(struct p9_out *out, uint32_t value)
{
	put_number(out, value, 4);
}

void p9_put64(struct p9_out *out, uint64_t value)
{
	put_number(out, value, 8);
}

void p9_put_text(struct p9_out *out, const char *text)
{
	size_t len = strlen(text);
	uint8_t *space;

	if (len > UINT16_MAX)
		len = UINT16_MAX;
	p9_put16(out, (uint16_t)len);
	space = p9_put_space(out, (uint32_t)len);
	if (space)
		memcpy(space, text, len);
}

void p9_put_qid(struct p9_out *out, const struct p9_qid *qid)
{
	p9_put8(out, qid->type);
	p9_put32(out, qid->version);
	p9_put64(out, qid->path);
}

uint32_t p9_room(const struct p9_out *out)
{
	return out->full ? 0 : (uint32_t)(out->end - out->at);
}
