/* SPDX-License-Identifier: MIT */
// as: test_save_stream.c
/*
 * Streams cut off anywhere, and with a wrong byte anywhere. Each ends with a domain or with a complaint; nothing is mapped
 * that is not the domain's, and no memory is asked for a page beyond all that there can be.
 */
#include "save_damage.h"

#include <signal.h>

/* ---- cut off ---- */

static void cut_off_at(const struct stream *stream, size_t length)
{
	struct restore restore;
	struct complaint why;

	assert_int_equal(try_bytes(stream->bytes, length, &why), -EINVAL);
	assert_non_null(strstr(why.text, "cut off"));
	machine_renew(machine.old.is_hvm);
	assert_int_equal(stream_restore_piped(stream->bytes, length, &restore, &why), -EINVAL);
	sane(-EINVAL, &why);
}

static void cut_everywhere(struct stream *stream)
{
	for (unsigned int i = 0; i < stream->nr_records; i++) {
		cut_off_at(stream, stream->record[i].at);
		cut_off_at(stream, stream->record[i].at + 3);
		cut_off_at(stream, stream->record[i].at + 7);
		if (stream->record[i].length) /* the last one is whole then */
			cut_off_at(stream, stream->record[i].at + 8);
	}
	for (size_t at = 0; at < stream->length; at += stream->length / 150)
		cut_off_at(stream, at);
	stream_forget(stream);
}

static void a_stream_cut_off_anywhere_is_refused(void **state)
{
	struct stream stream = pv_stream();

	cut_everywhere(&stream);
}

static void a_pvh_guests_stream_cut_off_anywhere_is_refused(void **state)
{
	struct stream stream = hvm_stream();

	cut_everywhere(&stream);
}

static void a_file_with_holes_cut_off_is_refused(void **state)
{
	int fd = stream_file();
	struct stream stream;
	struct complaint why;

	make_pv_guest(SMALL_GUEST, false);
	assert_int_equal(save_old(fd, &why), 0);
	stream_read(&stream, fd);
	for (size_t at = stream.length - 1; at >= 1024; at -= 997) {
		assert_int_equal(ftruncate(fd, (off_t)at), 0);
		assert_int_equal(try_file(fd, &why), -EINVAL);
	}
	stream_forget(&stream);
	close(fd);
}

/* ---- bytes that are wrong ---- */

static void flip(int fd, const struct stream *stream, size_t at, uint8_t bits)
{
	uint8_t wrong = stream->bytes[at] ^ bits;
	struct complaint why;

	assert_int_equal(pwrite(fd, &wrong, 1, (off_t)at), 1);
	try_file(fd, &why);
	assert_int_equal(pwrite(fd, &stream->bytes[at], 1, (off_t)at), 1);
}

/* Of the big bodies the beginning, and further on one byte in three words or four. */
static bool matters(const struct stream *stream, unsigned int i, size_t at)
{
	size_t into = at - stream->record[i].at;
	struct page_data head;

	if (stream->record[i].type == RECORD_PAGE_DATA) {
		memcpy(&head, BODY(stream, i), sizeof(head));
		return into < 16 + head.count * 8;
	}
	return into < 256 || stream->record[i].length < 1024 || into % 29 == 0;
}

static void flip_all(struct stream *stream)
{
	struct complaint why;
	int fd = stream_file();

	assert_int_equal(write(fd, stream->bytes, stream->length), stream->length);
	for (size_t at = 0; at < HEADER_BYTES; at++) {
		flip(fd, stream, at, 0xff);
		flip(fd, stream, at, 0x01);
	}
	for (unsigned int i = 0; i < stream->nr_records; i++)
		for (size_t at = stream->record[i].at; at < stream->record[i].at + whole(stream, i); at++)
			if (matters(stream, i, at)) {
				flip(fd, stream, at, 0xff);
				flip(fd, stream, at, (uint8_t)(1u << at % 8));
			}
	assert_int_equal(try_file(fd, &why), 0);
	close(fd);
	stream_forget(stream);
}

static void a_wrong_byte_anywhere_does_no_harm(void **state)
{
	struct stream stream = pv_stream();

	flip_all(&stream);
}

static void a_wrong_byte_in_a_pvh_guests_stream_does_no_harm(void **state)
{
	struct stream stream = hvm_stream();

	flip_all(&stream);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, machine_start, machine_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stream_cut_off_anywhere_is_refused),
		TEST(a_pvh_guests_stream_cut_off_anywhere_is_refused),
		TEST(a_file_with_holes_cut_off_is_refused),
		TEST(a_wrong_byte_anywhere_does_no_harm),
		TEST(a_wrong_byte_in_a_pvh_guests_stream_does_no_harm),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
