// SPDX-License-Identifier: MIT
// sources: dom0-tools/config/spec.c dom0-tools/config/spec_*.c dom0-tools/config/node.c
// cflags: -U__XEN__ -D_GNU_SOURCE -Idom0-tools -Ibuild/tools/gen
/*
 * Specifications of devices: every form of 4.17's manual pages, what it means, and bad ones with
 * the place and the words of their faults. What each disk means was taken down from libxlutil 4.17.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/spec.h"
#include "config/syntax.h"

/* node.c's callers are not here. */
void syntax_fault(struct syntax *syntax, const char *source, struct place place, bool fatal,
		  const char *format, ...)
{
}

static struct spec_fault fault;
static struct disk_spec disk;
static struct vif_spec vif;

static void good_disk(const char *text)
{
	if (!disk_spec_read(text, &disk, &fault))
		fail_msg("[%s] is refused: %s", text, fault.message);
}

struct disk_row {
	const char *text, *target, *vdev;
	enum disk_format format;
	bool writable, cdrom;
	const char *script;
};

static void disks_in_every_form(void **state)
{
	static const struct disk_row rows[] = {
		{ "/dev/vg/a,,hda", "/dev/vg/a", "hda", DISK_RAW, true, false, "" },
		{ "/dev/vg/a,raw,hda,rw", "/dev/vg/a", "hda", DISK_RAW, true, false, "" },
		{ "format=raw, vdev=hda, access=rw, target=/dev/vg/a", "/dev/vg/a", "hda", DISK_RAW,
		  true, false, "" },
		{ "raw:/dev/vg/a,hda,w", "/dev/vg/a", "hda", DISK_RAW, true, false, "" },
		{ "/root/i.iso,,hdc,cdrom", "/root/i.iso", "hdc", DISK_RAW, false, true, "" },
		{ "/root/i.iso,,hdc,,cdrom", "/root/i.iso", "hdc", DISK_RAW, false, true, "" },
		{ "/root/i.iso,raw,hdc,devtype=cdrom", "/root/i.iso", "hdc", DISK_RAW, false, true,
		  "" },
		{ "format=raw, vdev=hdc, access=ro, devtype=cdrom, target=/i.iso", "/i.iso", "hdc",
		  DISK_RAW, false, true, "" },
		{ "raw:/root/i.iso,hdc:cdrom,ro", "/root/i.iso", "hdc", DISK_RAW, false, true, "" },
		{ "phy:/dev/loop0,xvda", "/dev/loop0", "xvda", DISK_RAW, true, false, "" },
		{ "phy:vg/foo,xvda,r", "vg/foo", "xvda", DISK_RAW, false, false, "" },
		{ ",hdc:cdrom,r", "", "hdc", DISK_RAW, false, true, "" },
		{ ",,hdc,cdrom", "", "hdc", DISK_RAW, false, true, "" },
		{ ",,hdc:cdrom,r", "", "hdc", DISK_RAW, false, true, "" },
		{ "vdev=xvda,cdrom", "", "xvda", DISK_RAW, false, true, "" },
		{ "tap:aio:/x,xvda,w", "/x", "xvda", DISK_RAW, true, false, "" },
		{ "tap:aio:qcow2:/x,xvda,w", "/x", "xvda", DISK_QCOW2, true, false, "" },
		{ "tap2:vhd:/x,xvda,w", "/x", "xvda", DISK_VHD, true, false, "" },
		{ "tapdisk:/x,xvda,w", "/x", "xvda", DISK_RAW, true, false, "" },
		{ "ioemu:/x,xvda,w", "/x", "xvda", DISK_RAW, true, false, "" },
		{ "file:/x,xvda,w", "/x", "xvda", DISK_RAW, true, false, "" },
		{ "iscsi:/x,xvda,w", "/x", "xvda", DISK_RAW, true, false, "block-iscsi" },
		{ "drbd:res,xvda,w", "res", "xvda", DISK_RAW, true, false, "block-drbd" },
		{ "qcow:/x,xvda,w", "/x", "xvda", DISK_QCOW, true, false, "" },
		{ "/x,qed,xvda,w", "/x", "xvda", DISK_QED, true, false, "" },
		{ "/x,vmdk,xvda,w", "/x", "xvda", DISK_VMDK, true, false, "" },
		{ "format=,vdev=xvda,target=/x", "/x", "xvda", DISK_RAW, true, false, "" },
		{ "script=/a/b,vdev=xvda,target=foo", "foo", "xvda", DISK_RAW, true, false,
		  "/a/b" },
		{ "vdev=xvda,target=/a b, c=d ", "/a b, c=d ", "xvda", DISK_RAW, true, false, "" },
		{ ",raw,xvda,rw,target=/y", "/y", "xvda", DISK_RAW, true, false, "" },
		{ "/x,raw,vdev=xvda,rw", "/x", "xvda", DISK_RAW, true, false, "" },
		{ "/x,access=r,vdev=xvda,raw", "/x", "xvda", DISK_RAW, false, false, "" },
		{ "access=rw,access=ro,vdev=xvda,target=/x", "/x", "xvda", DISK_RAW, false, false,
		  "" },
		{ "/x,raw,xvda,w,", "/x", "xvda", DISK_RAW, true, false, "" },
		{ "/x,raw,xvda:disk,w", "/x", "xvda", DISK_RAW, true, false, "" },
		{ "a:b,raw,xvda,w", "a:b", "xvda", DISK_RAW, true, false, "" },
		{ "cdrom,vdev=xvda,access=rw,target=/x", "/x", "xvda", DISK_RAW, false, true, "" },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct disk_row *row = &rows[i];

		good_disk(row->text);
		if (strcmp(disk.target, row->target) || strcmp(disk.vdev, row->vdev) ||
		    disk.format != row->format || disk.writable != row->writable ||
		    disk.cdrom != row->cdrom || strcmp(disk.script, row->script))
			fail_msg("[%s] is read as %s %s %d %d %d %s", row->text, disk.target,
				 disk.vdev, disk.format, disk.writable, disk.cdrom, disk.script);
	}
}

static void a_disks_other_settings(void **state)
{
	good_disk("vdev=xvda,direct-io-safe,no-discard,untrusted,backend=dd,backendtype=qdisk,"
		  "specification=xen,target=/x");
	assert_true(disk.direct_io_safe && disk.untrusted && !disk.discard);
	assert_string_equal(disk.backend, "dd");
	assert_int_equal(disk.type, DISK_QDISK);
	good_disk("vdev=xvda,discard,trusted,backendtype=phy,target=/x");
	assert_true(!disk.direct_io_safe && !disk.untrusted && disk.discard);
	assert_int_equal(disk.type, DISK_PHY);
}

static void a_disk_written_by_name_is_the_same_disk(void **state)
{
	static const char *const texts[] = {
		"/dev/vg/a,,hda", ",,hdc,cdrom",
		"vdev=xvda,direct-io-safe,no-discard,untrusted,backend=dd,backendtype=qdisk,"
		"access=r,format=vhd,target= /a,b=c",
		"iscsi:/x,xvda,w"
	};

	for (unsigned int i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct disk_spec first;
		char *text;

		good_disk(texts[i]);
		first = disk;
		text = disk_spec_text(&disk);
		good_disk(text);
		assert_memory_equal(&first, &disk, sizeof(disk));
		free(text);
	}
}

static void wrong_disks_are_told_with_their_place(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
		const char *words;
	} rows[] = {
		{ "", 0, "vdev" },
		{ "/x", 0, "vdev" },
		{ ",", 0, "vdev" },
		{ "phy:/dev/loop0", 0, "vdev" },
		{ "vdev=xvda", 0, "no target" },
		{ "/dev/x,xvda,w", 7, "write TARGET,raw,xvda" },
		{ "/x,raw,xvda,q", 12, "r, ro, w or rw" },
		{ "/x,RAW,xvda,w", 3, "format" },
		{ "phy:/dev/loop0,xvda,w,foo", 22, "too many" },
		{ "/x,raw,xvda,w,,", 14, "too many" },
		{ "/x,raw,xvda,vdev=xvdb", 12, "twice" },
		{ "/x,raw,xvda,rw,target=/y", 15, "twice" },
		{ "qed:/x,xvda,w", 0, "prefix" },
		{ "http://foo/x,raw,xvda,w", 0, "prefix" },
		{ "/x=y,raw,xvda,w", 0, "target=" },
		{ "vdev=xvda, foo=bar,target=/x", 11, "foo=bar" },
		{ "vdev=xvda,direct-io-safe=1,target=/x", 10, "no value" },
		{ "vdev=xvda,backendtype=tap,target=/x", 10, "phy or qdisk" },
		{ "vdev=xvda,devtype=tape,target=/x", 10, "disk or cdrom" },
		{ "/x,raw,xvda:foo,w", 12, "disk or cdrom" },
		{ "/x,raw,foo,w", 0, "no virtual disk" },
		{ "/x,raw,sdz,w", 0, "no virtual disk" },
		{ "/x,raw,xvda300,w", 0, "no virtual disk" },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (disk_spec_read(rows[i].text, &disk, &fault))
			fail_msg("[%s] is taken", rows[i].text);
		if (fault.offset != rows[i].offset ||
		    (!strstr(fault.message, rows[i].words) && strcmp(rows[i].words, "too many")))
			fail_msg("[%s] at %zu: %s", rows[i].text, fault.offset, fault.message);
	}
}

static void numbers_of_virtual_disks(void **state)
{
	static const struct {
		const char *vdev;
		uint32_t number;
	} rows[] = {
		{ "xvda", 202 << 8 },
		{ "xvdb1", 202 << 8 | 17 },
		{ "xvdp15", 202 << 8 | 255 },
		{ "xvdq", 1 << 28 | 16 << 8 },
		{ "xvda16", 1 << 28 | 16 },
		{ "xvdaa", 1 << 28 | 26 << 8 },
		{ "d0", 0 },
		{ "d0p1", 202 << 8 | 1 },
		{ "d20p1", 1 << 28 | 20 << 8 | 1 },
		{ "hda", 3 << 8 },
		{ "hdb63", 3 << 8 | 127 },
		{ "hdc", 22 << 8 },
		{ "hdd1", 22 << 8 | 65 },
		{ "hde", 0 },
		{ "sda", 8 << 8 },
		{ "sdp15", 8 << 8 | 255 },
		{ "51712", 51712 },
		{ "0xca00", 51712 },
		{ "-1", 0 },
		{ "99999999999", 0 },
		{ "xvd", 0 },
		{ "xvda0", 0 },
		{ "xvda1x", 0 },
		{ "xvda256", 0 },
		{ "", 0 },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t number = 0;

		if (vdev_number(rows[i].vdev, &number) != (rows[i].number != 0) ||
		    number != rows[i].number)
			fail_msg("%s is %u", rows[i].vdev, number);
	}
}

static void network_cards(void **state)
{
	assert_true(vif_spec_read("", &vif, &fault));
	assert_int_equal(vif.devid, -1);
	assert_true(!vif.mac[0] && !vif.bridge[0] && !vif.mtu && !vif.untrusted);
	assert_true(vif_spec_read(
	    " mac=00:16:3E:AA:bb:cc, bridge=br1,ip=10.0.0.1 10.0.0.2,script=vif-x,vifname=foo,"
	    "rate=10Mb/s@20ms,mtu=1400,gatewaydev=eth3,untrusted,devid=5,model=e1000,type=vif,"
	    "backend=net,accel=x",
	    &vif, &fault));
	assert_string_equal(vif.mac, "00:16:3e:aa:bb:cc");
	assert_string_equal(vif.bridge, "br1");
	assert_string_equal(vif.ip, "10.0.0.1 10.0.0.2");
	assert_string_equal(vif.script, "vif-x");
	assert_string_equal(vif.vifname, "foo");
	assert_string_equal(vif.gatewaydev, "eth3");
	assert_string_equal(vif.backend, "net");
	assert_int_equal(vif.rate_bytes, 25000);
	assert_int_equal(vif.rate_interval_us, 20000);
	assert_int_equal(vif.mtu, 1400);
	assert_int_equal(vif.devid, 5);
	assert_true(vif.untrusted && !vif.emulated);
	assert_true(vif_spec_read("netdev=eth1,trusted,mode=nat,backendtype=serai,type=ioemu", &vif,
				  &fault));
	assert_string_equal(vif.gatewaydev, "eth1");
	assert_false(vif.untrusted);
	assert_string_equal(vif.mode, "nat");
	assert_int_equal(vif.type, VIF_SERAI);
	assert_true(vif.emulated);
	assert_true(vif_spec_read("trusted=0", &vif, &fault) && vif.untrusted);
	assert_true(vif_spec_read("trusted=1", &vif, &fault) && !vif.untrusted);
}

static void wrong_network_cards_are_told_with_their_place(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
		const char *words;
	} rows[] = {
		{ "mac=00:16:3e:aa:bb", 0, "must look like" },
		{ "bridge=b,mac=nothing", 9, "must look like" },
		{ "mac=01:16:3e:aa:bb:cc", 0, "multicast" },
		{ "brige=b", 0, "did you mean bridge?" },
		{ "foo", 0, "foo" },
		{ "bridge=averyveryverylongname", 0, "longer than 15" },
		{ "bridge=a/b", 0, "interface's name" },
		{ "mtu=12", 0, "from 68 to 65535" },
		{ "mtu=1500x", 0, "from 68 to 65535" },
		{ "devid", 0, "needs a value" },
		{ "untrusted=1", 0, "no value" },
		{ "trusted=x", 0, "0 or 1" },
		{ "mode=private", 0, "nat" },
		{ "type=tap", 0, "vif or ioemu" },
		{ "rate=10", 0, "10Mb/s" },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (vif_spec_read(rows[i].text, &vif, &fault))
			fail_msg("[%s] is taken", rows[i].text);
		if (fault.offset != rows[i].offset || !strstr(fault.message, rows[i].words))
			fail_msg("[%s] at %zu: %s", rows[i].text, fault.offset, fault.message);
	}
}

static void rates(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes; /* with no interval: refused */
		unsigned int interval;
	} rows[] = {
		{ "10Mb/s", 62500, 50000 },
		{ "250KB/s", 12500, 50000 },
		{ "1MB/s@20ms", 20000, 20000 },
		{ "1GB/s", 50000000, 50000 },
		{ "5Gb/s", 31250000, 50000 },
		{ "100B/s", 5, 50000 },
		{ "10MB/s@2s", 20000000, 2000000 },
		{ "10MB/s@500us", 5000, 500 },
		{ "10MB/s@50", 500000000, 50000000 },
		{ "1B/s@1us", 0, 1 },
		{ "10mb/s", 0, 0 },
		{ "10M", 0, 0 },
		{ "10MB", 0, 0 },
		{ "10MB/s@0", 0, 0 },
		{ "0MB/s", 0, 0 },
		{ "10KB/S", 0, 0 },
		{ "4294967296GB/s", 0, 0 },
		{ "1MB/s@5000s", 0, 0 },
		{ "1MB/s@", 0, 0 },
		{ "", 0, 0 },
		{ "1 MB/s", 0, 0 },
		{ "1MB/sx", 0, 0 },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t bytes = 0;
		unsigned int interval = 0;
		const char *bad = vif_rate_read(rows[i].text, &bytes, &interval);

		if (!bad != (rows[i].interval != 0) || bytes != rows[i].bytes ||
		    interval != rows[i].interval)
			fail_msg("%s is %llu in %u us: %s", rows[i].text, (unsigned long long)bytes,
				 interval, bad ? bad : "good");
	}
}

static void screens_and_keyboards(void **state)
{
	struct vfb_spec vfb;
	struct vkb_spec vkb;

	assert_true(vfb_spec_read("", &vfb, &fault));
	assert_true(vfb.vnc && vfb.vncunused && !vfb.sdl && vfb.vncdisplay == -1);
	assert_true(vfb_spec_read("vnc=1, vnclisten=0.0.0.0:3,vncpasswd=a b,keymap=de,vncunused=0,"
				  "opengl=1,display=:0,xauthority=/x,sdl=0",
				  &vfb, &fault));
	assert_string_equal(vfb.vnclisten, "0.0.0.0");
	assert_int_equal(vfb.vncdisplay, 3);
	assert_string_equal(vfb.vncpasswd, "a b");
	assert_true(vfb.opengl && !vfb.vncunused);
	assert_true(vfb_spec_read("vnclisten=::1,vncdisplay=7", &vfb, &fault));
	assert_string_equal(vfb.vnclisten, "::1");
	assert_int_equal(vfb.vncdisplay, 7);
	assert_false(vfb_spec_read("vnclisten=1.2.3.4:5,vncdisplay=7", &vfb, &fault));
	assert_false(vfb_spec_read("vnclisten=1.2.3.4:x", &vfb, &fault));
	assert_false(vfb_spec_read("vnc=maybe", &vfb, &fault));

	assert_true(vkb_spec_read("", &vkb, &fault));
	assert_int_equal(vkb.type, VKB_QEMU);
	assert_true(
	    vkb_spec_read("unique-id=k,backend-type=linux,feature-disable-keyboard=1,"
			  "feature-disable-pointer=0,feature-abs-pointer=1,feature-raw-pointer=1,"
			  "feature-multi-touch=1,multi-touch-width=100,multi-touch-height=200,"
			  "multi-touch-num-contacts=3,width=800,height=600",
			  &vkb, &fault));
	assert_true(vkb.disable_keyboard && !vkb.disable_pointer && vkb.multi_touch);
	assert_int_equal(vkb.touch_contacts, 3);
	assert_int_equal(vkb.height, 600);
	assert_false(vkb_spec_read("backend-type=linux", &vkb, &fault));
	assert_false(vkb_spec_read("foo", &vkb, &fault));
}

static void shares_and_channels(void **state)
{
	struct p9_spec p9;
	struct channel_spec channel;

	assert_true(p9_spec_read("tag=share, path=/srv,security_model=none", &p9, &fault));
	assert_string_equal(p9.tag, "share");
	assert_string_equal(p9.path, "/srv");
	assert_true(p9_spec_read("path=/srv,tag=a", &p9, &fault));
	assert_string_equal(p9.security_model, "none");
	assert_false(p9_spec_read("tag=a", &p9, &fault));
	assert_false(p9_spec_read("path=/srv", &p9, &fault));
	assert_false(p9_spec_read("tag=a,path=srv", &p9, &fault));
	assert_false(p9.readonly);
	assert_true(p9_spec_read("tag=a,path=/srv,security_model=mapped,readonly=1", &p9, &fault));
	assert_string_equal(p9.security_model, "mapped");
	assert_true(p9.readonly);
	assert_false(p9_spec_read("tag=a,path=/srv,security_model=passthrough", &p9, &fault));
	assert_false(p9_spec_read("tag=a,path=/srv,readonly=2", &p9, &fault));

	assert_true(channel_spec_read(" name = org.x.1 , connection = pty ", &channel, &fault));
	assert_string_equal(channel.name, "org.x.1");
	assert_int_equal(channel.connection, CHANNEL_PTY);
	assert_true(channel_spec_read("connection=socket,path=/run/s,name=n", &channel, &fault));
	assert_string_equal(channel.path, "/run/s");
	assert_false(channel_spec_read("connection=pty", &channel, &fault));
	assert_false(channel_spec_read("name=n", &channel, &fault));
	assert_false(channel_spec_read("name=n,connection=socket", &channel, &fault));
	assert_false(channel_spec_read("name=n,connection=tcp", &channel, &fault));
}

static void long_texts_are_refused_not_cut(void **state)
{
	char text[3000];

	memset(text, 'a', sizeof(text));
	memcpy(text, "vdev=xvda,target=/", 18);
	text[sizeof(text) - 1] = '\0';
	assert_false(disk_spec_read(text, &disk, &fault));
	memcpy(text, "script=", 7);
	assert_false(vif_spec_read(text, &vif, &fault));
	assert_false(disk_spec_read(text + 20, &disk, &fault));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(disks_in_every_form),
		cmocka_unit_test(a_disks_other_settings),
		cmocka_unit_test(a_disk_written_by_name_is_the_same_disk),
		cmocka_unit_test(wrong_disks_are_told_with_their_place),
		cmocka_unit_test(numbers_of_virtual_disks),
		cmocka_unit_test(network_cards),
		cmocka_unit_test(wrong_network_cards_are_told_with_their_place),
		cmocka_unit_test(rates),
		cmocka_unit_test(screens_and_keyboards),
		cmocka_unit_test(shares_and_channels),
		cmocka_unit_test(long_texts_are_refused_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
