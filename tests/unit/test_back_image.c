/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/block/daemon/handshake.c pv-drivers/back/block/daemon/image.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ixenstore/include
// cflags: -Idom0-tools/lib/include -Ipv-drivers/ring -Ipv-drivers/back
/*
 * What serai-backd's block class reads: the toolstack's nodes, a file's size, and the beginning of
 * an NBD connection, whole, in single bytes, and wrong.
 */
#include "pv_fixture.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "block/daemon/disk.h"

static const char *params, *mode, *type;
static bool told;

char *back_read(struct back_device *device, const char *key)
{
	const char *value = !strcmp(key, "params")	  ? params
			    : !strcmp(key, "mode")	  ? mode
			    : !strcmp(key, "device-type") ? type
							  : NULL;

	return value ? strdup(value) : NULL;
}

int back_read_number(struct back_device *device, const char *key, uint32_t max, uint32_t *number)
{
	return -ENOENT;
}

int back_error(struct back_device *device, int rc, const char *format, ...)
{
	told = true;
	return rc;
}

static void params_name_a_format_and_a_path(void **state)
{
	static const struct {
		const char *params, *driver, *path;
		int rc;
	} rows[] = {
		{ "/srv/a.img", NULL, "/srv/a.img", 0 },
		{ "aio:/srv/a:b.img", NULL, "/srv/a:b.img", 0 },
		{ "qcow2:/srv/a.qcow2", "qcow2", "/srv/a.qcow2", 0 },
		{ "vhd:/srv/a.vhd", "vpc", "/srv/a.vhd", 0 },
		{ "vmdk:/x", "vmdk", "/x", 0 },
		{ "/srv/qcow2:a", NULL, "/srv/qcow2:a", 0 },
		{ "qcow2", NULL, "qcow2", -EINVAL },
		{ "nonsense:/x", NULL, "nonsense:/x", -EINVAL },
		{ "aio:relative", NULL, "relative", -EINVAL },
		{ "", NULL, "", -EINVAL },
	};
	struct image image;

	mode = "w";
	type = "disk";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		params = rows[i].params;
		told = false;
		assert_int_equal(image_read(NULL, &image), rows[i].rc);
		assert_int_equal(told, rows[i].rc != 0);
		assert_string_equal(image.path, rows[i].path);
		assert_true(image.driver == rows[i].driver ||
			    !strcmp(image.driver, rows[i].driver));
	}
}

static void what_may_be_written(void **state)
{
	struct image image;

	params = "/x";
	mode = "w", type = "disk";
	assert_int_equal(image_read(NULL, &image), 0);
	assert_true(!image.readonly && image.discard && !image.cdrom);
	mode = "r";
	assert_int_equal(image_read(NULL, &image), 0);
	assert_true(image.readonly && !image.discard);
	mode = NULL;
	assert_int_equal(image_read(NULL, &image), 0);
	assert_true(image.readonly);
	mode = "w", type = "cdrom";
	assert_int_equal(image_read(NULL, &image), 0);
	assert_true(image.readonly && image.cdrom);
	params = ""; /* an empty drive */
	assert_int_equal(image_read(NULL, &image), 0);
	assert_int_equal(image_open(NULL, &image), -ENOMEDIUM);
}

static void files_are_measured(void **state)
{
	struct image image = { .readonly = true };
	char name[] = "/tmp/test_back_image.XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 10000), 0);
	close(fd);
	snprintf(image.path, sizeof(image.path), "%s", name);
	fd = image_open(NULL, &image);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(image.sectors, 19);
	assert_int_equal(image.sector_size, 512);
	unlink(name);
	told = false;
	assert_int_equal(image_open(NULL, &image), -ENOENT);
	assert_true(told);
	strcpy(image.path, "/tmp");
	assert_int_equal(image_open(NULL, &image), -ENOTBLK);
}

/* --- the handshake --------------------------------------------------------------------------- */

static uint8_t talk[256];
static size_t talked;

static void say(const void *bytes, size_t len)
{
	memcpy(talk + talked, bytes, len);
	talked += len;
}

static void say_number(uint64_t number, size_t len)
{
	uint64_t big = htobe64(number);

	say((uint8_t *)&big + 8 - len, len);
}

static void say_greeting(void)
{
	talked = 0;
	say("NBDMAGICIHAVEOPT\0\3", 18);
}

static void say_reply(uint32_t kind, uint32_t len)
{
	say_number(0x0003e889045565a9ull, 8);
	say_number(7, 4);
	say_number(kind, 4);
	say_number(len, 4);
}

static void say_export(uint64_t size)
{
	say_reply(3, 12);
	say_number(0, 2);
	say_number(size, 8);
	say_number(1 | NBD_FLAG_SEND_FLUSH | NBD_FLAG_SEND_TRIM, 2);
}

/* Tells it to the handshake, so many bytes at a time; its result at the end. */
static int listen_to(struct handshake *h, size_t step)
{
	int ends[2], rc = 0;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	handshake_start(h);
	for (size_t at = 0; at < talked && !rc; at += step) {
		size_t len = talked - at < step ? talked - at : step;

		assert_int_equal(send(ends[1], talk + at, len, 0), len);
		rc = handshake_go_on(h, ends[0]);
	}
	close(ends[0]);
	close(ends[1]);
	return rc;
}

static void a_right_handshake_tells_size_and_flags(void **state)
{
	for (size_t step = 1; step < 64; step += 7) {
		struct handshake h;

		say_greeting();
		say_export(1 << 20);
		say_reply(3, 3); /* some other information */
		say("\0\1x", 3);
		say_reply(1, 0);
		assert_int_equal(listen_to(&h, step), 1);
		assert_int_equal(h.size, 1 << 20);
		assert_true(h.flags & NBD_FLAG_SEND_TRIM);
		assert_false(h.flags & NBD_FLAG_READ_ONLY);
	}
}

static void a_wrong_handshake_ends(void **state)
{
	struct handshake h;

	say_greeting();
	talk[3] = 'x';
	assert_int_equal(listen_to(&h, 256), -EPROTO);
	say_greeting();
	talk[17] = 0; /* not fixed newstyle */
	assert_int_equal(listen_to(&h, 256), -EPROTO);
	say_greeting();
	say_reply(1u << 31 | 6, 0); /* no such export */
	assert_int_equal(listen_to(&h, 256), -ENOENT);
	say_greeting();
	say_reply(3, 5000);
	assert_int_equal(listen_to(&h, 256), -EPROTO);
	say_greeting();
	say_reply(1, 0); /* done, and no word of the export */
	assert_int_equal(listen_to(&h, 256), -EPROTO);
	say_greeting();
	say_export(1 << 20);
	talk[18] = 1;
	assert_int_equal(listen_to(&h, 256), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(params_name_a_format_and_a_path),
		cmocka_unit_test(what_may_be_written),
		cmocka_unit_test(files_are_measured),
		cmocka_unit_test(a_right_handshake_tells_size_and_flags),
		cmocka_unit_test(a_wrong_handshake_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
