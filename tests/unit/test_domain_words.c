// sources: dom0-tools/domain/cpus.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Idom0-tools -Idom0-tools/lib/include -Ixenstore/include
/* SPDX-License-Identifier: MIT */
/* What xl.cfg writes as words: sets of CPUs, good ones and bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include "domain/internal.h"

static unsigned int told;

int tell(struct session *session, int error, const char *format, ...)
{
	told++;
	return error;
}

/* Two nodes, the even CPUs and the odd. */
int xc_cputopoinfo(xc_interface *xch, unsigned int *max_cpus, xc_cputopo_t *cputopo)
{
	for (unsigned int i = 0; i < *max_cpus; i++)
		cputopo[i].node = i % 2;
	return 0;
}

static int cpus(const char *text)
{
	struct session session = { 0 };
	uint8_t map[2] = { 0xff, 0xff };
	int error = cpus_parse(&session, text, map, 12);

	told = 0;
	return error ? error : map[0] | map[1] << 8;
}

static void sets_of_cpus(void **state)
{
	assert_int_equal(cpus("0"), 1);
	assert_int_equal(cpus("0-3,^2"), 0x00b);
	assert_int_equal(cpus("1, 5 ,11"), 0x822);
	assert_int_equal(cpus("all"), 0xfff);
	assert_int_equal(cpus("all,^0-7"), 0xf00);
	assert_int_equal(cpus("none"), 0);
	assert_int_equal(cpus("node:1"), 0xaaa);
	assert_int_equal(cpus("nodes:0-1,^node:0"), 0xaaa);
	assert_int_equal(cpus("10-99"), 0xc00);
	assert_int_equal(cpus("12"), -ERANGE);
	assert_int_equal(cpus("3-1"), -EINVAL);
	assert_int_equal(cpus("1-"), -EINVAL);
	assert_int_equal(cpus("x"), -EINVAL);
	assert_int_equal(cpus("-1"), -EINVAL);
	assert_int_equal(cpus("node:"), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_of_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
