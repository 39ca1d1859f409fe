/* SPDX-License-Identifier: MIT */
// sources: tests/unit/front_fixture.c pv-drivers/front/console.c pv-drivers/ring/*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ipv-drivers/ring -Ipv-drivers/front -Itests/unit -Dprintf=guest_printf
/*
 * The console's frontend: text out and lines in, a reader that is slow, gone and back, one that
 * lies.
 */
#include "pv_fixture.h"
#include "front_fixture.h"

#include "console.h"
#include "pv_stream.h"

static struct xencons_interface page;
static struct pv_stream out, in;
static char read_text[65536];
static size_t read_len;
static uint32_t speed;

static void reader(void)
{
	int64_t got = pv_stream_read(&out, read_text + read_len, speed);

	assert_true(got >= 0);
	read_len += (size_t)got;
}

static void begin(void)
{
	fake_reset();
	memset(&page, 0, sizeof(page));
	memset(read_text, 0, sizeof(read_text));
	read_len = 0;
	speed = 7;
	assert_int_equal(
	    pv_stream_init_reader(&out, page.out, sizeof(page.out), &page.out_prod, &page.out_cons),
	    0);
	assert_int_equal(
	    pv_stream_init_writer(&in, page.in, sizeof(page.in), &page.in_prod, &page.in_cons), 0);
	assert_int_equal(console_init(&page, 1), 0);
	fake.idle = reader;
}

static void text(void **state)
{
	begin();
	for (unsigned int i = 0; i < 500; i++)
		console_write("one\nand two\n", 12);
	console_drain();
	assert_int_equal(read_len, 500 * 14);
	assert_memory_equal(read_text, "one\r\nand two\r\none\r\n", 19);
}

static void reader_gone(void **state)
{
	uint64_t start;

	begin();
	fake.idle = NULL;
	start = fake.now;
	for (unsigned int i = 0; i < 1000; i++)
		console_write("0123456789", 10);
	console_drain();
	assert_true(fake.now - start <= CONSOLE_PATIENCE + 10 * TIME_MS);
	fake.idle = reader;
	speed = 4096;
	reader();
	assert_int_equal(read_len, 2048);
	console_write("back\n", 5);
	console_drain();
	assert_string_equal(read_text + 2048, "[7952 bytes lost]\r\nback\r\n");
}

static void lines(void **state)
{
	char line[8];

	begin();
	assert_int_equal(pv_stream_write_all(&in, "ab\rc\n0123456789\n\n", 17), 0);
	assert_int_equal(console_read_line(line, sizeof(line), TIME_NEVER), 2);
	assert_string_equal(line, "ab");
	assert_int_equal(console_read_line(line, sizeof(line), TIME_NEVER), 1);
	assert_int_equal(console_read_line(line, sizeof(line), TIME_NEVER), 7);
	assert_string_equal(line, "0123456");
	assert_int_equal(console_read_line(line, sizeof(line), TIME_NEVER), 0);
	assert_int_equal(console_read_line(line, sizeof(line), fake.now + TIME_S), -XEN_ETIMEDOUT);
}

static void lies(void **state)
{
	char line[8];

	begin();
	page.out_cons = 1;
	console_write("text", 4);
	console_write("text", 4);
	console_drain();
	assert_int_equal(page.out_prod, 0);
	begin();
	page.in_prod = 1025;
	assert_int_equal(console_read_line(line, sizeof(line), TIME_NEVER), -XEN_EIO);
	begin();
	page.out_prod = 5000;
	assert_int_equal(console_init(&page, 1), -XEN_EIO);
}

/* A daemon that writes anything anywhere: lines are cut to size or there are none. */
static void a_wild_reader(void **state)
{
	uint32_t *const indexes[] = { &page.out_prod, &page.out_cons, &page.in_prod, &page.in_cons };
	uint64_t seed = 0xc0;
	char line[16];

	for (int i = 0; i < 60000; i++) {
		uint32_t *index = indexes[pv_random(&seed) % 4];

		if (!(i % 32)) {
			begin();
			fake.idle = NULL;
		}
		for (int n = 0; n < 8; n++)
			page.in[pv_random(&seed) % sizeof(page.in)] =
			    (char)(pv_random(&seed) % 4 ? 'a' + n : pv_random(&seed));
		page.in_prod += pv_random(&seed) % 30;
		page.out_cons = pv_random(&seed) % 4 ? page.out_prod : page.out_cons;
		if (!(pv_random(&seed) % 16))
			*index = pv_random(&seed) % 2 ? *index + pv_random(&seed) % 3000
						      : pv_random(&seed);
		console_write("some text\n", pv_random(&seed) % 11);
		if (console_read_line(line, sizeof(line), fake.now + TIME_MS) >= 0)
			assert_true(strnlen(line, sizeof(line)) < sizeof(line));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(text), cmocka_unit_test(reader_gone),
					    cmocka_unit_test(lines), cmocka_unit_test(lies),
					    cmocka_unit_test(a_wild_reader) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
