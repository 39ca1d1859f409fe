/* SPDX-License-Identifier: MIT */
/* Streams to be damaged, the damage, and what restoring each of them must leave. */
#ifndef SAVE_DAMAGE_H
#define SAVE_DAMAGE_H

#include "save_machine.h"

/* What every restoring must leave. */
static inline void sane(int result, const struct complaint *why)
{
	assert_true(result <= 0);
	assert_int_equal(result < 0, why->text[0] != 0);
	assert_int_equal(machine.maps, 0);
	assert_int_equal(machine.bad_maps, 0);
	assert_int_equal(machine.bad_numbers, 0);
}

static inline int try_file(int fd, struct complaint *why)
{
	struct restore restore;
	int result;

	machine_renew(machine.old.is_hvm);
	lseek(fd, 0, SEEK_SET);
	result = restore_new(fd, &restore, why);
	sane(result, why);
	return result;
}

static inline int try_bytes(const uint8_t *bytes, size_t length, struct complaint *why)
{
	int fd = stream_file(), result;

	assert_int_equal(write(fd, bytes, length), length);
	result = try_file(fd, why);
	close(fd);
	return result;
}

static inline void refused(const struct stream *stream, const char *word)
{
	struct complaint why;

	assert_int_equal(try_bytes(stream->bytes, stream->length, &why), -EINVAL);
	if (!strstr(why.text, word))
		fail_msg("'%s' does not say '%s'", why.text, word);
}

static inline void taken(const struct stream *stream)
{
	struct complaint why;

	assert_int_equal(try_bytes(stream->bytes, stream->length, &why), 0);
}

static inline struct stream pv_stream(void)
{
	struct stream stream;

	make_pv_guest(SMALL_GUEST, false);
	stream_save_piped(&stream);
	return stream;
}

static inline struct stream hvm_stream(void)
{
	struct stream stream;

	make_hvm_guest();
	stream_save_piped(&stream);
	return stream;
}

/* ---- changing a stream ---- */

static inline void find_records_again(struct stream *stream, size_t at, ptrdiff_t by)
{
	for (unsigned int i = 0; i < stream->nr_records; i++)
		if (stream->record[i].at >= at)
			stream->record[i].at += (size_t)by;
	stream->length += (size_t)by;
}

static inline void insert(struct stream *stream, size_t at, const void *bytes, size_t count)
{
	uint8_t *copy = malloc(count);

	memcpy(copy, bytes, count); /* may be of the stream itself */
	stream->bytes = realloc(stream->bytes, stream->length + count);
	memmove(stream->bytes + at + count, stream->bytes + at, stream->length - at);
	memcpy(stream->bytes + at, copy, count);
	find_records_again(stream, at, (ptrdiff_t)count);
	free(copy);
}

static inline void cut(struct stream *stream, size_t at, size_t count)
{
	memmove(stream->bytes + at, stream->bytes + at + count, stream->length - at - count);
	find_records_again(stream, at + 1, -(ptrdiff_t)count);
}

static inline size_t whole(const struct stream *stream, unsigned int i)
{
	return sizeof(struct record_header) + ((stream->record[i].length + 7u) & ~7u);
}

static inline uint32_t *length_of(const struct stream *stream, unsigned int i)
{
	return (uint32_t *)(stream->bytes + stream->record[i].at) + 1;
}

static inline void insert_record(struct stream *stream, size_t at, uint32_t type, uint32_t length)
{
	uint8_t record[64] = { 0 };

	memcpy(record, (uint32_t[]){ type, length }, 8);
	insert(stream, at, record, 8 + ((length + 7u) & ~7u));
}

#endif
