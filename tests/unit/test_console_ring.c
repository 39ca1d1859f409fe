// sources: dom0-tools/console/daemon/ring.c dom0-tools/console/daemon/backlog.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Idom0-tools/console/daemon
/* SPDX-License-Identifier: MIT */
/*
 * The console ring against a guest that lies, and the backlog against a daemon that is killed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backlog.h"
#include "ring.h"

/* Exactly a page's worth, so that a sanitizer sees any byte beyond the rings. */
static struct xencons_interface *new_page(uint32_t start)
{
	struct xencons_interface *page = calloc(1, sizeof(*page));

	page->in_cons = page->in_prod = page->out_cons = page->out_prod = start;
	return page;
}

static void guest_writes(struct xencons_interface *page, const char *text)
{
	for (; *text; text++)
		page->out[MASK_XENCONS_IDX(page->out_prod++, page->out)] = *text;
}

static void expect_out(struct ring *r, const char *wanted)
{
	char got[sizeof(r->shared->out)];
	unsigned int n = ring_out_ready(r);

	assert_int_equal(n, strlen(wanted));
	ring_out_copy(r, 0, got, n);
	assert_memory_equal(got, wanted, n);
	ring_out_done(r, n);
}

static void bytes_come_through_whole_and_around_the_end(void **state)
{
	static const uint32_t starts[] = { 0, 2040, 1020, 0xfffffffe, 0x7fffffff };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct xencons_interface *page = new_page(starts[i]);
		struct ring r;
		char full[sizeof(page->out) + 1];

		ring_attach(&r, page);
		expect_out(&r, "");
		guest_writes(page, "hello guest");
		expect_out(&r, "hello guest");
		assert_int_equal(page->out_cons, page->out_prod);
		memset(full, 'x', sizeof(full) - 1);
		full[sizeof(full) - 1] = '\0';
		guest_writes(page, full);
		expect_out(&r, full);
		assert_int_equal(ring_in_space(&r), sizeof(page->in));
		ring_in_put(&r, full, sizeof(page->in));
		assert_int_equal(ring_in_space(&r), 0);
		assert_int_equal(page->in_prod - page->in_cons, sizeof(page->in));
		page->in_cons += 10;
		assert_int_equal(ring_in_space(&r), 10);
		assert_int_equal(r.resyncs, 0);
		free(page);
	}
}

static void a_wild_producer_gives_nothing_and_costs_only_itself(void **state)
{
	static const uint32_t wild[] = { 2049, 4096, 0x7fffffff, 0x80000000, 0xffffffff };

	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		struct xencons_interface *page = new_page(0);
		struct ring r;

		ring_attach(&r, page);
		page->out_prod = wild[i];
		assert_int_equal(ring_out_ready(&r), 0);
		assert_int_equal(r.resyncs, 1);
		assert_true(ring_out_ready(&r) <= sizeof(page->out));
		ring_out_done(&r, ring_out_ready(&r));
		guest_writes(page, "sane again");
		expect_out(&r, "sane again");
		page->in_cons = wild[i];
		assert_true(ring_in_space(&r) <= sizeof(page->in));
		assert_true(ring_in_space(&r) <= sizeof(page->in));
		free(page);
	}
}

static void our_indices_are_not_the_pages(void **state)
{
	struct xencons_interface *page = new_page(0);
	struct ring r;

	ring_attach(&r, page);
	guest_writes(page, "once");
	expect_out(&r, "once");
	page->out_cons = 0; /* would show it again */
	page->in_prod = 77;
	expect_out(&r, "");
	ring_in_put(&r, "abc", 3);
	assert_int_equal(page->in_prod, 3);
	free(page);
}

static void a_guest_that_begins_anew_is_followed(void **state)
{
	struct xencons_interface *page = new_page(100000);
	struct ring r;

	ring_attach(&r, page);
	page->out_cons = page->out_prod = page->in_cons = page->in_prod = 0;
	guest_writes(page, "second kernel");
	assert_int_equal(ring_out_ready(&r), 0);
	expect_out(&r, "second kernel");
	free(page);
}

static void attaching_to_nonsense_is_harmless(void **state)
{
	struct xencons_interface *page = new_page(0);
	struct ring r;

	page->out_cons = 0xdeadbeef;
	page->out_prod = 5;
	page->in_cons = 1;
	page->in_prod = 0xffff0000;
	ring_attach(&r, page);
	assert_int_equal(ring_out_ready(&r), 0);
	assert_int_equal(ring_out_ready(&r), 0);
	assert_int_equal(ring_in_space(&r), 0);
	assert_int_equal(ring_in_space(&r), sizeof(page->in));
	free(page);
}

/* The backlog. */

static char dir[] = "/tmp/test-backlog-XXXXXX", path[64];

static void put(struct backlog *b, const char *text, bool keep)
{
	struct iovec p[2];
	uint32_t n = backlog_make_room(b, strlen(text), keep), at = 0;

	for (int i = 0, nr = backlog_pieces(b, b->file->head, n, p); i < nr; i++) {
		memcpy(p[i].iov_base, text + at, p[i].iov_len);
		at += p[i].iov_len;
	}
	backlog_commit(b, n);
}

static char *content(struct backlog *b)
{
	struct iovec p[2];
	uint32_t used = backlog_used(b);
	int nr = backlog_pieces(b, b->file->tail, used, p);
	char *text = calloc(1, used + 1);

	memcpy(text, p[0].iov_base, p[0].iov_len);
	if (nr == 2)
		memcpy(text + p[0].iov_len, p[1].iov_base, p[1].iov_len);
	return text;
}

static void a_killed_daemons_backlog_is_continued(void **state)
{
	struct backlog b, again;
	bool continued;
	char *text;

	assert_int_equal(backlog_open(&b, path, "/vm/1", 1, &continued), 0);
	assert_false(continued);
	assert_int_equal(b.file->size, BACKLOG_MIN);
	put(&b, "not read", false);
	assert_int_equal(backlog_open(&again, path, "/vm/1", 1, &continued), 0);
	assert_true(continued);
	text = content(&again);
	assert_string_equal(text, "not read");
	free(text);
	backlog_close(&again);
	backlog_close(&b);
	assert_int_equal(backlog_open(&b, path, "/vm/2", 1, &continued), 0);
	assert_false(continued);
	assert_int_equal(backlog_used(&b), 0);
	put(&b, "x", false);
	b.file->tail = b.file->head + 1; /* broken by a crash */
	backlog_close(&b);
	assert_int_equal(backlog_open(&b, path, "/vm/2", 1, &continued), 0);
	assert_false(continued);
	backlog_forget(&b);
	assert_int_not_equal(access(path, F_OK), 0);
	backlog_close(&b);
}

static void a_full_backlog_drops_or_keeps_the_oldest(void **state)
{
	struct backlog b;
	bool continued;
	char block[1001], *text;

	memset(block, '-', 1000);
	block[1000] = '\0';
	assert_int_equal(backlog_open(&b, NULL, "", 0, &continued), 0);
	b.file->head = b.file->tail = b.file->logged = 0xfffffff0; /* positions wrap */
	for (int i = 0; i < 65; i++)
		put(&b, block, true);
	assert_int_equal(backlog_free(&b), BACKLOG_MIN - 65000);
	put(&b, block, true);
	assert_int_equal(backlog_free(&b), 0);
	assert_int_equal(backlog_make_room(&b, 5, true), 0);
	put(&b, "newest", false);
	assert_int_equal(backlog_used(&b), BACKLOG_MIN);
	text = content(&b);
	assert_string_equal(text + BACKLOG_MIN - 7, "-newest");
	free(text);
	backlog_close(&b);
}

static void sizes_are_bounded(void **state)
{
	struct backlog b;
	bool continued;

	assert_int_equal(backlog_open(&b, NULL, "", BACKLOG_MIN + 1, &continued), 0);
	assert_int_equal(b.file->size, 2 * BACKLOG_MIN);
	backlog_close(&b);
	assert_int_equal(backlog_open(&b, "/nonexistent/x", "", UINT64_MAX, &continued), 0);
	assert_null(b.path);
	assert_int_equal(b.file->size, BACKLOG_MAX);
	backlog_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_come_through_whole_and_around_the_end),
		cmocka_unit_test(a_wild_producer_gives_nothing_and_costs_only_itself),
		cmocka_unit_test(our_indices_are_not_the_pages),
		cmocka_unit_test(a_guest_that_begins_anew_is_followed),
		cmocka_unit_test(attaching_to_nonsense_is_harmless),
		cmocka_unit_test(a_killed_daemons_backlog_is_continued),
		cmocka_unit_test(a_full_backlog_drops_or_keeps_the_oldest),
		cmocka_unit_test(sizes_are_bounded),
	};
	int code;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/1", dir);
	code = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(dir);
	return code;
}
