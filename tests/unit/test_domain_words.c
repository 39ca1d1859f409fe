// sources: dom0-tools/domain/cpus.c dom0-tools/domain/device_spec.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Idom0-tools -Idom0-tools/lib/include -Ixenstore/include
/* SPDX-License-Identifier: MIT */
/* What xl.cfg writes as words: sets of CPUs, disks, network interfaces; good ones and bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include "domain/device_spec.h"

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

static struct disk_spec disk;

static int parse_disk(const char *text)
{
	struct session session = { 0 };

	return disk_spec_parse(&session, text, &disk);
}

static void disks(void **state)
{
	assert_int_equal(parse_disk("phy:/dev/vg/a,xvda,w"), 0);
	assert_string_equal(disk.target, "/dev/vg/a");
	assert_int_equal(disk.number, 51712);
	assert_true(disk.writable && !disk.cdrom);
	assert_int_equal(parse_disk("/img/b.raw,raw,xvdb1,r"), 0);
	assert_int_equal(disk.number, 51712 + 17);
	assert_false(disk.writable);
	assert_int_equal(parse_disk("format=raw, vdev=hdc, access=rw, target=/a=b,c"), -EINVAL);
	assert_int_equal(parse_disk("format=raw, vdev=xvdc, access=rw, target=/a=b,c"), 0);
	assert_string_equal(disk.target, "/a=b,c");
	assert_int_equal(parse_disk("/cd.iso,raw,hdb:cdrom,r"), 0);
	assert_true(disk.cdrom && !disk.writable);
	assert_int_equal(disk.number, 3 << 8 | 64);
	assert_int_equal(parse_disk("/x,raw,xvdaa,w"), 0);
	assert_int_equal(disk.number, 1 << 28 | 26 << 8);
	assert_int_equal(parse_disk("/x,raw,sdb2,w,no-discard,script=my"), 0);
	assert_int_equal(disk.number, 8 << 8 | 18);
	assert_string_equal(disk.script, "/etc/xen/scripts/my");
	assert_false(disk.discard);
}

static void wrong_disks(void **state)
{
	static const char *const wrong[] = { "", "/x", "/x,raw", "/x,raw,nonsense,w", "xvda", "/x,qcow2,xvda,w",
					     "/x,raw,xvda300,w", "/x,raw,sdz,w", "/x,raw,xvda,w,backendtype=qdisk" };

	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		told = 0;
		assert_true(parse_disk(wrong[i]) < 0);
		assert_int_equal(told, 1);
	}
}

static void interfaces(void **state)
{
	struct session session = { 0 };
	struct vif_spec vif;

	assert_int_equal(vif_spec_parse(&session, "", &vif), 0);
	assert_memory_equal(vif.mac, "00:16:3e:", 9);
	assert_string_equal(vif.bridge, "xenbr0");
	assert_int_equal(vif_spec_parse(&session, "mac=00:16:3e:aa:bb:cc, bridge=br1,script=vif-x", &vif), 0);
	assert_string_equal(vif.mac, "00:16:3e:aa:bb:cc");
	assert_string_equal(vif.bridge, "br1");
	assert_string_equal(vif.script, "/etc/xen/scripts/vif-x");
	assert_int_equal(vif_spec_parse(&session, "mac=00:16:3e:aa:bb", &vif), -EINVAL);
	assert_int_equal(vif_spec_parse(&session, "mac=nothing", &vif), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_of_cpus), cmocka_unit_test(disks), cmocka_unit_test(wrong_disks),
		cmocka_unit_test(interfaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
