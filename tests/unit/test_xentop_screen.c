// SPDX-License-Identifier: MIT
// sources: dom0-tools/xentop/reading.c dom0-tools/xentop/hypercalls.c dom0-tools/xentop/model.c dom0-tools/xentop/columns.c
// sources: dom0-tools/xentop/lines.c dom0-tools/xentop/options.c dom0-tools/xentop/ui.c
// sources: dom0-tools/xentop/page*.c dom0-tools/xentop/screen.c
// cflags: -U__XEN__ -D_GNU_SOURCE -Idom0-tools
// libs: -lncursesw -lutil
/*
 * xentop's screen: keys, pages, and the whole of it in a terminal of its own (a pseudo terminal),
 * with readings made up here.
 */
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "xentop/page.h"
#include "xentop/screen.h"
#include "xentop_fixture.h"

#define SECOND 1000000000ULL

static unsigned int readings;

/* Dom0 and three guests; the second is always half busy and sends 1 KiB each reading. */
static int made_up(struct collector *collector, struct model *model)
{
	static const char *const names[] = { "Domain-0", "web", "mail", "weblog" };
	struct reading reading = { .when_ns = ++readings * SECOND, .total_kb = 1000 };

	for (unsigned int i = 0; i < 4; i++) {
		struct domain_counters *domain = add_domain(&reading, i, names[i]);

		domain->mem_kb = 100 * i;
		domain->cpu_ns = i == 1 ? readings * SECOND / 2 : 0;
		domain->state = i == 2 ? STATE_CRASHED : STATE_BLOCKED;
		*add_vcpu(domain, 0, domain->cpu_ns) = (struct vcpu_counters){
			.online = true,
			.time_ns = domain->cpu_ns,
			.waits_known = i == 1,
			.waited_ns = i == 1 ? readings * SECOND / 4 : 0,
		};
		if (i == 1) {
			add_net(domain, 0)->tx_bytes = readings * 1024;
			add_disk(domain, 51712)->reads = 77;
			add_calls_made(domain, 29, 100 * readings);
			add_calls_made(domain, 32, 7000);
			add_calls_made(domain, 63, 1);
		}
	}
	return model_update(model, &reading);
}

static void press(struct ui *ui, const char *keys)
{
	for (; *keys; keys++)
		ui_key(ui, *keys == '\n' ? KEY_IS_ENTER : *keys);
}

/* A page as one text. */
static char *page_text(const struct model *model, const struct ui *ui)
{
	struct page page = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(page_make(&page, model, ui, 50), 0);
	for (size_t i = 0; i < page.nr_lines; i++)
		fprintf(out, "%s\n", page.lines[i].text);
	fclose(out);
	page_free(&page);
	return text;
}

static void expect(const struct model *model, const struct ui *ui, const char *wanted, bool there)
{
	char *text = page_text(model, ui);

	if (!strstr(text, wanted) == there)
		fail_msg("'%s' is %s in\n%s", wanted, there ? "not" : "still", text);
	free(text);
}

static struct ui fresh_ui(void)
{
	struct options options = { .show.sort = SORT_DOMID, .delay = 3 };
	struct ui ui;

	ui_start(&ui, &options, false);
	return ui;
}

static void letters_toggle_and_sort(void **state)
{
	struct ui ui = fresh_ui();
	char text[200];

	press(&ui, "nVxr");
	assert_true(ui.show.networks && ui.show.vcpus && ui.show.vbds && ui.show.repeat_header);
	press(&ui, "b");
	assert_false(ui.show.vbds);
	press(&ui, "s");
	assert_int_equal(ui.show.sort, 0);
	press(&ui, "<<");
	assert_int_equal(ui.show.sort, NR_COLUMNS - 1);
	ui_bottom(&ui, text, sizeof(text));
	assert_non_null(strstr(text, "Sort: SSID"));
	press(&ui, ">");
	assert_int_equal(ui.show.sort, SORT_DOMID);
	assert_int_equal(ui_key(&ui, 'Q'), ACTION_QUIT);
	assert_int_equal(ui_key(&ui, KEY_IS_ESCAPE), ACTION_QUIT);
	press(&ui, "?");
	assert_int_equal(ui_key(&ui, KEY_IS_ESCAPE), ACTION_DRAW);
	assert_false(ui.help);
}

static void the_delay_is_asked_for(void **state)
{
	struct ui ui = fresh_ui();
	char text[200];

	press(&ui, "d1.5q");
	ui_key(&ui, KEY_IS_ERASE);
	press(&ui, "\n");
	assert_true(ui.delay == 1.5 && ui.prompt == PROMPT_NONE);
	press(&ui, "dx\n");
	assert_true(ui.delay == 1.5);
	ui_bottom(&ui, text, sizeof(text));
	assert_non_null(strstr(text, "must be seconds"));
	press(&ui, "d7");
	ui_key(&ui, KEY_IS_ESCAPE);
	assert_true(ui.delay == 1.5 && ui.prompt == PROMPT_NONE);
	press(&ui, "d");
	for (int i = 0; i < 100; i++)
		press(&ui, "9");
	assert_int_equal(strlen(ui.input), INPUT_SIZE - 1);
}

static void scrolling_stays_on_the_page(void **state)
{
	struct ui ui = fresh_ui();

	ui_fit(&ui, 10, 4);
	for (int i = 0; i < 20; i++)
		ui_key(&ui, KEY_IS_DOWN);
	assert_int_equal(ui.top, 6);
	ui_key(&ui, KEY_IS_PAGE_UP);
	assert_int_equal(ui.top, 3);
	ui_key(&ui, KEY_IS_END);
	assert_int_equal(ui.top, 6);
	ui_fit(&ui, 5, 4);
	assert_int_equal(ui.top, 1);
	ui_fit(&ui, 2, 4);
	assert_int_equal(ui.top, 0);
	ui_key(&ui, KEY_IS_UP);
	ui_key(&ui, KEY_IS_LEFT);
	assert_int_equal(ui.top + ui.left, 0);
	ui_key(&ui, KEY_IS_RIGHT);
	assert_int_equal(ui.left, 8);
	ui_fit(&ui, 0, 0);
	ui_key(&ui, KEY_IS_PAGE_DOWN);
	assert_int_equal(ui.top, 0);
}

static void each_page_shows_its_part(void **state)
{
	struct model model = { 0 };
	struct ui ui = fresh_ui();

	for (int i = 0; i < 12; i++)
		made_up(NULL, &model);
	expect(&model, &ui, "      mail ---c--", true);
	expect(&model, &ui, "Net0", false);
	press(&ui, "nb");
	expect(&model, &ui, "\nNet0 RX:", true);
	expect(&model, &ui, "\nVBD BlkBack 51712", true);
	press(&ui, "2");
	expect(&model, &ui, "   CPU    50.0% of 100", true);
	/* Eleven readings with a speed, in a graph twenty wide and three high: half is one and a
	 * half. */
	expect(&model, &ui, "         ===========\n", true);
	expect(&model, &ui, "   net out 1024B  in     0B", true);
	press(&ui, "3");
	expect(&model, &ui, "       web     0 ready", true);
	expect(&model, &ui, "[##########          ]", true);
	expect(&model, &ui, "   50.0      3.000    25.0 [", true);
	expect(&model, &ui, "    0.0          -       - [", true);
	press(&ui, "\t");
	expect(&model, &ui, "vbd 51712", true);
	press(&ui, "\t");
	/* The busiest now, then by number of calls. */
	expect(&model, &ui,
	       "       web   29 sched_op                                 1200      100.0\n"
	       "       web   32 event_channel_op                         7000        0.0\n"
	       "       web   63 number_63                                   1        0.0\n",
	       true);
	expect(&model, &ui, "does not tell", false);
	press(&ui, "\t");
	assert_int_equal(ui.kind, PAGE_TABLE);
	press(&ui, "5/mail\n?");
	expect(&model, &ui, "reverse the order", true);
	model_free(&model);
}

static void search_narrows_while_typing(void **state)
{
	struct model model = { 0 };
	struct ui ui = fresh_ui();

	made_up(NULL, &model);
	press(&ui, "/WEB");
	expect(&model, &ui, "weblog", true);
	expect(&model, &ui, "mail", false);
	press(&ui, "L");
	expect(&model, &ui, "       web ", false);
	press(&ui, "\n");
	expect(&model, &ui, "weblog", true);
	expect(&model, &ui, "Domain-0", false);
	model_free(&model);
}

static int in_terminal(pid_t *child, const char *type, struct winsize size)
{
	int terminal;

	*child = forkpty(&terminal, NULL, NULL, &size);
	assert_true(*child >= 0);
	if (!*child) {
		struct options options = { .show.sort = SORT_DOMID, .delay = 0.2, .colour = true };

		setenv("TERM", type, 1);
		setlocale(LC_CTYPE, "C");
		alarm(20);
		_exit(screen_run(NULL, &options, made_up) ? 1 : 0);
	}
	return terminal;
}

/* Read what the terminal is sent until a word comes (true) or nothing more does. */
static bool wait_for(int terminal, const char *word)
{
	struct pollfd input = { .fd = terminal, .events = POLLIN };
	static char seen[1 << 20];
	size_t nr = 0;

	while (nr + 1 < sizeof(seen) && poll(&input, 1, 10000) > 0) {
		ssize_t got = read(terminal, seen + nr, sizeof(seen) - nr - 1);

		if (got <= 0)
			return false;
		nr += (size_t)got;
		seen[nr] = '\0';
		if (memmem(seen, nr, word, strlen(word)))
			return true;
	}
	return false;
}

static void type_keys(int terminal, const char *keys)
{
	assert_int_equal(write(terminal, keys, strlen(keys)), strlen(keys));
}

static int ended(pid_t child, int terminal)
{
	int status;

	while (wait_for(terminal, "\1"))
		;
	assert_int_equal(waitpid(child, &status, 0), child);
	close(terminal);
	return status;
}

static void a_terminal_shows_all_pages(void **state)
{
	static const char *const types[] = { "vt100", "linux", "xterm-256color" };

	for (int i = 0; i < 3; i++) {
		pid_t child;
		int terminal = in_terminal(&child, types[i], (struct winsize){ 24, 160, 0, 0 });

		assert_true(wait_for(terminal, "Domain-0"));
		type_keys(terminal, "2\f");
		assert_true(wait_for(terminal, "of 100"));
		type_keys(terminal, "3\f");
		assert_true(wait_for(terminal, "ready"));
		type_keys(terminal, "4\f");
		assert_true(wait_for(terminal, "51712"));
		type_keys(terminal, "5\f");
		assert_true(wait_for(terminal, "event_channel_op"));
		type_keys(terminal, "?\f");
		assert_true(wait_for(terminal, "reverse the order"));
		type_keys(terminal, "q");
		assert_int_equal(ended(child, terminal), 0);
	}
}

static void any_size_will_do(void **state)
{
	pid_t child;
	int terminal = in_terminal(&child, "vt100", (struct winsize){ 24, 160, 0, 0 });

	assert_true(wait_for(terminal, "Domain-0"));
	for (unsigned short size = 1; size < 60; size += 7) {
		ioctl(terminal, TIOCSWINSZ, &(struct winsize){ size, size, 0, 0 });
		usleep(20000);
		type_keys(terminal, "\t\033OB\033OC");
		usleep(10000);
	}
	ioctl(terminal, TIOCSWINSZ, &(struct winsize){ 30, 100, 0, 0 });
	type_keys(terminal, "?\f");
	assert_true(wait_for(terminal, "reverse the order"));
	type_keys(terminal, "q");
	assert_int_equal(ended(child, terminal), 0);
}

static void an_unknown_terminal_is_told(void **state)
{
	pid_t child;
	int terminal = in_terminal(&child, "nonsense", (struct winsize){ 24, 80, 0, 0 });

	assert_true(wait_for(terminal, "nonsense is not known"));
	assert_int_equal(WEXITSTATUS(ended(child, terminal)), 1);
}

static void a_terminal_that_goes_away_ends_it(void **state)
{
	pid_t child;
	int status, terminal = in_terminal(&child, "vt100", (struct winsize){ 24, 80, 0, 0 });

	assert_true(wait_for(terminal, "Domain-0"));
	close(terminal);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(!WIFSIGNALED(status) || WTERMSIG(status) == SIGHUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_toggle_and_sort),
		cmocka_unit_test(the_delay_is_asked_for),
		cmocka_unit_test(scrolling_stays_on_the_page),
		cmocka_unit_test(each_page_shows_its_part),
		cmocka_unit_test(search_narrows_while_typing),
		cmocka_unit_test(a_terminal_shows_all_pages),
		cmocka_unit_test(any_size_will_do),
		cmocka_unit_test(an_unknown_terminal_is_told),
		cmocka_unit_test(a_terminal_that_goes_away_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
