// SPDX-License-Identifier: MIT
// sources: tests/unit/fake_xen_devices.c dom0-tools/lib/call/*.c dom0-tools/lib/toolcore/*.c dom0-tools/lib/toollog/*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Idom0-tools/lib/include
// libs: -Wl,--wrap=open,--wrap=close,--wrap=mmap,--wrap=munmap,--wrap=ioctl,--wrap=syscall,--wrap=read,--wrap=write
//
// libxencall, libxentoolcore and libxentoollog over fake devices.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xencall.h>
#include <xentoolcore_internal.h>
#include <xentoollog.h>

#include "fake_xen_devices.h"

/* A logger that keeps the last line. */
static char said[256];
static char *stream_text;
static size_t stream_bytes;

static void keep(struct xentoollog_logger *logger, xentoollog_level level, int errnoval, const char *context,
		 const char *format, va_list al)
{
	vsnprintf(said, sizeof(said), format, al);
}

static struct xentoollog_logger quiet = { .vmessage = keep };

static int fresh(void **state)
{
	fake_reset();
	said[0] = 0;
	return 0;
}

static long sum(uint64_t op, const uint64_t *arg)
{
	return (long)(op + arg[0] + arg[1] * 10 + arg[2] * 100 + arg[3] * 1000 + arg[4] * 10000);
}

static long refuse(uint64_t op, const uint64_t *arg)
{
	return -EPERM;
}

static void arguments_and_results(void **state)
{
	xencall_handle *xcall = xencall_open(&quiet, 0);

	assert_non_null(xcall);
	fake.hypercall = sum;
	assert_int_equal(xencall0(xcall, 7), 7);
	assert_int_equal(xencall1(xcall, 0, 1), 1);
	assert_int_equal(xencall2(xcall, 0, 1, 2), 21);
	assert_int_equal(xencall3(xcall, 0, 1, 2, 3), 321);
	assert_int_equal(xencall4(xcall, 0, 1, 2, 3, 4), 4321);
	assert_int_equal(xencall5(xcall, 0, 1, 2, 3, 4, 5), 54321);
	assert_int_equal(xencall2L(xcall, 0, 1ul << 40, 0), 1ul << 40);
	fake.hypercall = refuse;
	assert_int_equal(xencall1(xcall, 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(xencall_close(xcall), 0);
	assert_int_equal(fake.nr_open[FAKE_PRIVCMD] + fake.nr_open[FAKE_HYPERCALL], 0);
}

static void no_device_is_explained(void **state)
{
	fake.open_errno[FAKE_PRIVCMD] = ENOENT;
	assert_null(xencall_open(&quiet, 0));
	assert_int_equal(errno, ENOENT);
	assert_non_null(strstr(said, "xen-privcmd"));
	assert_int_equal(xencall_close(NULL), 0);
}

static void pages_are_cached_and_given_back(void **state)
{
	xencall_handle *xcall = xencall_open(&quiet, 0);
	void *page[40];

	for (int i = 0; i < 40; i++)
		assert_non_null(page[i] = xencall_alloc_buffer_pages(xcall, 1));
	assert_int_equal(fake.nr_mapped, 40);
	for (int i = 0; i < 40; i++)
		xencall_free_buffer_pages(xcall, page[i], 1);
	assert_in_range(fake.nr_mapped, 1, 20);
	page[0] = xencall_alloc_buffer_pages(xcall, 3);
	assert_int_equal((uintptr_t)page[0] % 4096, 0);
	assert_true(fake_is_hypercall_memory(page[0], 3 * 4096));
	xencall_free_buffer_pages(xcall, page[0], 3);
	xencall_free_buffer_pages(xcall, NULL, 1);
	xencall_close(xcall);
	assert_int_equal(fake.nr_mapped, 0);
}

static void buffers_of_any_size(void **state)
{
	static const size_t sizes[] = { 0, 1, 4032, 4033, 4096, 100000 };
	xencall_handle *xcall = xencall_open(&quiet, 0);

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *p = xencall_alloc_buffer(xcall, sizes[i]);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 64, 0);
		assert_true(fake_is_hypercall_memory(p, sizes[i]));
		memset(p, 0xaa, sizes[i]);
		errno = 77;
		xencall_free_buffer(xcall, p);
		assert_int_equal(errno, 77);
	}
	xencall_free_buffer(xcall, NULL);
	assert_null(xencall_alloc_buffer(xcall, ~(size_t)0));
	assert_null(xencall_alloc_buffer(xcall, ~(size_t)0 - 70));
	assert_null(xencall_alloc_buffer_pages(xcall, 0));
	assert_null(xencall_alloc_buffer_pages(xcall, ~(size_t)0 / 4096 + 2));
	assert_int_equal(errno, ENOMEM);
	fake.map_countdown = 0;
	assert_null(xencall_alloc_buffer_pages(xcall, 2));
	xencall_close(xcall);
	assert_int_equal(fake.nr_mapped, 0);
}

static void old_kernels_have_no_buffer_device(void **state)
{
	xencall_handle *xcall;
	char *p;

	fake.open_errno[FAKE_HYPERCALL] = ENOENT;
	xcall = xencall_open(&quiet, 0);
	assert_int_equal(xencall_buffers_never_fault(xcall), 0);
	p = xencall_alloc_buffer(xcall, 5000);
	assert_non_null(p);
	memset(p, 1, 5000);
	xencall_free_buffer(xcall, p);
	xencall_close(xcall);
}

/* toolcore */
static int nr_restricted;

static int count_restriction(Xentoolcore__Active_Handle *handle, domid_t domid)
{
	nr_restricted++;
	if (domid == 13) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

static void restriction_reaches_the_registered(void **state)
{
	Xentoolcore__Active_Handle handle[3];

	for (int i = 0; i < 3; i++) {
		handle[i].restrict_callback = count_restriction;
		xentoolcore__register_active_handle(&handle[i]);
	}
	nr_restricted = 0;
	assert_int_equal(xentoolcore_restrict_all(5), 0);
	assert_int_equal(nr_restricted, 3);
	xentoolcore__deregister_active_handle(&handle[1]);
	nr_restricted = 0;
	assert_int_equal(xentoolcore_restrict_all(13), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(nr_restricted, 1);
	xentoolcore__deregister_active_handle(&handle[2]);
	xentoolcore__deregister_active_handle(&handle[0]);
	nr_restricted = 0;
	assert_int_equal(xentoolcore_restrict_all(5), 0);
	assert_int_equal(nr_restricted, 0);
}

static void null_takes_a_descriptors_place(void **state)
{
	int ends[2];
	char c;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(xentoolcore__restrict_by_dup2_null(ends[1]), 0);
	assert_int_equal(write(ends[1], "x", 1), -1);
	assert_int_equal(read(ends[0], &c, 1), 0);
	assert_int_equal(xentoolcore__restrict_by_dup2_null(-1), 0);
	close(ends[0]);
	close(ends[1]);
}

/* toollog */
static xentoollog_logger *stream_logger(FILE **f, xentoollog_level level, unsigned flags)
{
	*f = open_memstream(&stream_text, &stream_bytes);
	return (xentoollog_logger *)xtl_createlogger_stdiostream(*f, level, flags);
}

static void end_stream(FILE *f, xentoollog_logger *logger, const char *expected)
{
	xtl_logger_destroy(logger);
	fclose(f);
	assert_string_equal(stream_text, expected);
	free(stream_text);
}

static void messages_from_a_level_up(void **state)
{
	FILE *f;
	xentoollog_logger *lg = stream_logger(&f, XTL_NOTICE, XTL_STDIOSTREAM_PROGRESS_NO_CR);

	errno = EIO;
	xtl_log(lg, XTL_INFO, -1, "t", "not this");
	xtl_log(lg, XTL_NOTICE, -1, "t", "that %d", 5);
	xtl_log(lg, XTL_ERROR, ENOENT, NULL, "no file");
	assert_int_equal(errno, EIO);
	xtl_progress(lg, "t", "hidden", 1, 2);
	xtl_stdiostream_set_minlevel((xentoollog_logger_stdiostream *)lg, XTL_DEBUG);
	xtl_log(lg, XTL_DEBUG, -1, "t", "now");
	end_stream(f, lg, "t: notice: that 5\nerror: no file: No such file or directory\nt: debug: now\n");
}

static void progress_tells_only_news(void **state)
{
	FILE *f;
	xentoollog_logger *lg = stream_logger(&f, XTL_DEBUG, XTL_STDIOSTREAM_PROGRESS_NO_CR);

	xtl_progress(lg, "t", "work", 0, 1000);
	xtl_progress(lg, "t", "work", 1, 1000);
	xtl_progress(lg, "t", "work", 10, 1000);
	xtl_progress(lg, "t", "work", 1000, 1000);
	xtl_progress(lg, "t", "huge", 0, ~0ul);
	end_stream(f, lg, "t: work: 0/1000   0%\nt: work: 10/1000   1%\nt: work: 1000/1000 100%\n"
			  "t: huge: 0/18446744073709551615   0%\n");
}

static void messages_end_a_progress_line(void **state)
{
	FILE *f;
	xentoollog_logger *lg = stream_logger(&f, XTL_DEBUG, XTL_STDIOSTREAM_PROGRESS_USE_CR);

	xtl_progress(lg, NULL, "work", 0, 2);
	xtl_log(lg, XTL_WARN, -1, NULL, "hm");
	end_stream(f, lg, "\rwork: 0/2   0%\nwarning: hm\n");
}

static void levels_have_names(void **state)
{
	for (int i = XTL_NONE; i < XTL_NUM_LEVELS; i++)
		assert_non_null(xtl_level_to_string((xentoollog_level)i));
	assert_non_null(xtl_level_to_string((xentoollog_level)99));
	xtl_logger_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(arguments_and_results, fresh),
		cmocka_unit_test_setup(no_device_is_explained, fresh),
		cmocka_unit_test_setup(pages_are_cached_and_given_back, fresh),
		cmocka_unit_test_setup(buffers_of_any_size, fresh),
		cmocka_unit_test_setup(old_kernels_have_no_buffer_device, fresh),
		cmocka_unit_test_setup(restriction_reaches_the_registered, fresh),
		cmocka_unit_test_setup(null_takes_a_descriptors_place, fresh),
		cmocka_unit_test_setup(messages_from_a_level_up, fresh),
		cmocka_unit_test_setup(progress_tells_only_news, fresh),
		cmocka_unit_test_setup(messages_end_a_progress_line, fresh),
		cmocka_unit_test_setup(levels_have_names, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
