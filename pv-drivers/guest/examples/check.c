/* SPDX-License-Identifier: MIT */
/*
 * The kit checks itself: all memory, also that which is mapped only when needed, threads and their
 * order, time, printing, the store. Says what is wrong, and how much was right. Meant for memory =
 * 16 or more.
 */
#include "kit.h"
#include "xs.h"

static unsigned int nr_right, nr_wrong;

#define CHECK(condition) check(condition, #condition)
static void check(bool right, const char *what)
{
	nr_right += right;
	nr_wrong += !right;
	if (!right)
		printf("wrong: %s\n", what);
}

/* Takes every page, writes its number into it, finds it there, gives all back, one by one. */
static void memory(void)
{
	struct memory_counters before = memory_counters(), after;
	uint64_t **list = NULL, nr = 0, bad = 0;

	for (uint64_t *page; (page = pages_alloc(1)); nr++) {
		page[0] = (uint64_t)list;
		page[1] = page[511] = (uint64_t)page;
		list = (uint64_t **)page;
	}
	after = memory_counters();
	CHECK(after.mapped == after.total);
	CHECK(after.free == 0);
	CHECK(nr + 64 > before.free + before.total - before.mapped);
	while (list) {
		uint64_t *page = (uint64_t *)list;

		bad += page[1] != (uint64_t)page || page[511] != (uint64_t)page;
		list = (uint64_t **)page[0];
		pages_free(page, 1);
	}
	CHECK(bad == 0);
	CHECK(memory_counters().free == nr);
	list = pages_alloc(300);
	CHECK(list != NULL);
	if (list)
		pages_free(list, 300);
	CHECK(pages_alloc((unsigned int)after.total) == NULL);
}

static struct wait_queue ping, pong;
static unsigned int turns, order[3], nr_order;

static void player(void *unused)
{
	(void)unused;
	while (turns < 1000) {
		(void)wait_on(&ping, time_now() + TIME_S);
		turns++;
		wake_all(&pong);
	}
}

static void sleeper(void *number)
{
	thread_sleep((uint64_t)number * 5 * TIME_MS);
	order[nr_order++] = (unsigned int)(uint64_t)number;
	wake_all(&pong);
}

static void threads(void)
{
	uint64_t free = memory_counters().free;

	CHECK(thread_start("player", player, NULL) != NULL);
	for (unsigned int i = 0; i < 1000; i++) {
		thread_yield();
		wake_all(&ping);
		(void)wait_on(&pong, time_now() + TIME_S);
	}
	CHECK(turns == 1000);
	for (uint64_t i = 3; i > 0; i--)
		CHECK(thread_start("sleeper", sleeper, (void *)i) != NULL);
	while (nr_order < 3 && !wait_on(&pong, time_now() + TIME_S))
		;
	CHECK(order[0] == 1 && order[1] == 2 && order[2] == 3);
	thread_sleep(TIME_MS);
	CHECK(memory_counters().free == free);
}

static void times(void)
{
	struct wait_queue nobody = { 0 };
	uint64_t start = time_now(), day = time_of_day();

	thread_sleep(20 * TIME_MS);
	CHECK(time_now() - start >= 20 * TIME_MS);
	CHECK(wait_on(&nobody, time_now() + TIME_MS) == -XEN_ETIMEDOUT);
	CHECK(wait_on(&nobody, 0) == -XEN_ETIMEDOUT);
	CHECK(day > 1700000000);
	CHECK(time_since_start() > 0);
}

static void printing(void)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "%5d|%-5u|%05x|%s|%.2s|%c|%lu|%%|%-4s|", -42, 7u,
			   0xabcu, "word", "cut", 'x', 18446744073709551615ul, "ab");

	CHECK(len == 56);
	CHECK(!strcmp(text, "  -42|7    |00abc|word|cu|x|18446744073709551615|%|ab  |"));
	CHECK(snprintf(text, 4, "%s", "longer") == 6 && !strcmp(text, "lon"));
	memmove(text + 1, text, 4);
	CHECK(!strcmp(text, "llon"));
	CHECK(option_number("number", 0) == 77 && option_number("umber", 5) == 5);
	CHECK(option("word", text, 4) && !strcmp(text, "abc"));
}

static void store(void)
{
	struct wait_queue changed = { 0 };
	struct xs_watch watch = { .path = "data/check", .queue = &changed };
	char value[32];
	uint32_t tx;

	CHECK(xs_write(XS_NO_TX, "data/check", "one") == 0);
	CHECK(xs_read(XS_NO_TX, "data/check", value, sizeof(value)) == 3 && !strcmp(value, "one"));
	CHECK(xs_read(XS_NO_TX, "data/nothing", value, sizeof(value)) == -XEN_ENOENT);
	CHECK(xs_write(XS_NO_TX, "/local/domain/0/data", "mine") == -XEN_EACCES);
	CHECK(xs_watch_add(&watch) == 0);
	while (!watch.fired && !wait_on(&changed, time_now() + TIME_S))
		;
	watch.fired = false;
	CHECK(xs_begin(&tx) == 0);
	CHECK(xs_write(tx, "data/check", "two") == 0);
	CHECK(!watch.fired);
	CHECK(xs_end(tx, true) == 0);
	while (!watch.fired && !wait_on(&changed, time_now() + TIME_S))
		;
	CHECK(watch.fired);
	CHECK(xs_read(XS_NO_TX, "data/check", value, sizeof(value)) == 3 && !strcmp(value, "two"));
	CHECK(xs_list("data", value, sizeof(value)) == 6 && !strcmp(value, "check"));
	CHECK(xs_remove(XS_NO_TX, "data/check") == 0);
	xs_watch_remove(&watch);
}

void guest_main(void)
{
	memory();
	threads();
	times();
	printing();
	store();
	printf("%u right, %u wrong\ndone\n", nr_right, nr_wrong);
}
