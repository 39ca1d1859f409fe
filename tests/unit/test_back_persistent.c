/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/block/daemon/persistent.c build/tools/gen/*.c
// sources: dom0-tools/config/syntax.c dom0-tools/config/node.c dom0-tools/config/scan.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -DCONF_FILE="xl.conf" -Ibuild/tools/include
// cflags: -Ixenstore/include -Idom0-tools -Ibuild/tools/gen -Idom0-tools/lib/include
// cflags: -Ipv-drivers/ring -Ipv-drivers/back
/*
 * Whether grants stay mapped: xl.conf's word, and that both halves of a connection mean the same,
 * whatever becomes of one of them.
 */
#include "pv_fixture.h"

#include <errno.h>
#include <unistd.h>

#include "block/daemon/disk.h"

static int ours, theirs, state; /* -1: no such node; -2: no number */
static unsigned int complaints;

static int number_of(int node, uint32_t max, uint32_t *number)
{
	if (node == -1)
		return -ENOENT;
	if (node < 0 || (uint32_t)node > max)
		return -EINVAL;
	*number = (uint32_t)node;
	return 0;
}

int back_read_number(struct back_device *device, const char *key, uint32_t max, uint32_t *number)
{
	return number_of(!strcmp(key, "state") ? state : ours, max, number);
}

int back_read_front_number(struct back_device *device, const char *key, uint32_t max,
			   uint32_t *number)
{
	return number_of(theirs, max, number);
}

int back_write(struct back_device *device, const char *key, const char *format, ...)
{
	va_list args;

	assert_string_equal(key, "feature-persistent");
	va_start(args, format);
	ours = va_arg(args, int);
	va_end(args);
	return 0;
}

void back_log(int priority, const char *format, ...)
{
	complaints++;
}

static void write_conf(const char *text)
{
	FILE *file = fopen("xl.conf", "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int offered(void)
{
	ours = -1;
	assert_int_equal(persistent_offer(NULL), 0);
	return ours;
}

static void the_configuration_chooses(void **test_state)
{
	static const struct {
		const char *conf;
		int offered;
		bool complains;
	} rows[] = {
		{ NULL, 0, false }, /* no file */
		{ "", 0, false },
		{ "# disk.persistent_grants=\"on\"\n", 0, false },
		{ "disk.persistent_grants=\"on\"", 1, false },
		{ "disk.persistent_grants=1\n", 1, false },
		{ "autoballoon=\"off\"\ndisk.persistent_grants=\"off\"\n", 0, false },
		{ "disk.persistent_grants=0\n", 0, false },
		{ "disk.persistent_grants=\"on\"\ndisk.persistent_grants=\"off\"\n", 0, false },
		{ "disk.persistent_grants=\"perhaps\"\n", 0, true },
		{ "disk.persistent_grants=[ \"on\" ]\n", 0, true },
		{ "disk.persistent_grants=\n", 0, true },
	};

	state = XenbusStateInitialising;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].conf)
			write_conf(rows[i].conf);
		complaints = 0;
		assert_int_equal(offered(), rows[i].offered);
		assert_int_equal(complaints > 0, rows[i].complains);
	}
}

static void both_must_have_said_so(void **test_state)
{
	static const int said[] = { -2, -1, 0, 1, 2 };

	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < 5; j++) {
			ours = said[i];
			theirs = said[j];
			assert_int_equal(persistent_agreed(NULL), ours == 1 && theirs == 1);
		}
}

/* Its frontend has read what was offered then, and does not look again. */
static void a_connection_that_goes_on_keeps_what_was_offered(void **test_state)
{
	static const struct {
		int state;
		bool goes_on;
	} rows[] = {
		{ -2, false },
		{ -1, false },
		{ XenbusStateInitialising, false },
		{ XenbusStateInitWait, false },
		{ XenbusStateConnected, true },
		{ XenbusStateClosing, true },
		{ XenbusStateClosed, false },
	};

	theirs = 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int before = -1; before <= 1; before++) {
			state = rows[i].state;
			ours = before;
			write_conf(before == 1 ? "disk.persistent_grants=0"
					       : "disk.persistent_grants=1");
			assert_int_equal(persistent_offer(NULL), 0);
			assert_int_equal(persistent_agreed(NULL),
					 rows[i].goes_on ? before == 1 : before != 1);
		}
}

static int own_directory(void **test_state)
{
	static char name[] = "/tmp/test_back_persistent.XXXXXX";

	*test_state = name;
	return mkdtemp(name) ? chdir(name) : -1;
}

static int no_directory(void **test_state)
{
	unlink("xl.conf");
	return rmdir(*test_state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_configuration_chooses),
		cmocka_unit_test(both_must_have_said_so),
		cmocka_unit_test(a_connection_that_goes_on_keeps_what_was_offered),
	};

	return cmocka_run_group_tests(tests, own_directory, no_directory);
}
