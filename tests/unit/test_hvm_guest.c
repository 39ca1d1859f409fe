// SPDX-License-Identifier: MIT
// sources: dom0-tools/config/*.c build/tools/gen/*.c dom0-tools/domain/model_arguments.c dom0-tools/domain/qmp.c dom0-tools/domain/model_talk.c dom0-tools/domain/model_state.c dom0-tools/build/hvm/layout.c dom0-tools/build/hvm/tables.c dom0-tools/build/complaint.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ibuild/tools/gen -Idom0-tools -Idom0-tools/lib/include -Ixenstore/include
// libs: -lyajl -luuid
/*
 * HVM guests: what xl.cfg says of their machine, the device model's command line, the talk with it, and
 * what their loader is told of memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <xen/arch-x86/hvm/start_info.h>
#include <xen/hvm/hvm_info_table.h>
#include "domain/model.h"

static char told[300];

int tell(struct session *session, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(told, sizeof(told), format, arguments);
	va_end(arguments);
	return error;
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

bool domain_is_hvm(struct session *session, uint32_t domid)
{
	return true;
}

static void keep_fault(void *data, const char *source, const struct config_fault *fault)
{
	if (fault->fatal)
		snprintf(told, sizeof(told), "%s", fault->message);
}

static struct domain_config *parse(const char *text)
{
	char whole[2048];

	told[0] = '\0';
	snprintf(whole, sizeof(whole), "name=\"h\"\ntype=\"hvm\"\nmemory=256\n%s\n", text);
	return config_parse("test", whole, strlen(whole), NULL, keep_fault, NULL);
}

/* The command line as words between blanks, with one before and one behind. */
static void line_of_one(const char *text, bool restored, char *line, size_t room)
{
	struct string_list files = { 0 };
	struct domain_config *config = parse(text), *copy;
	struct string_list list = { 0 };
	struct hvm_fault fault = { 0 };
	struct hvm_spec spec;

	if (!config)
		fail_msg("%s: %s", text, told);
	copy = config_copy(config); /* as a restart finds it */
	assert_non_null(copy);
	assert_true(hvm_spec_from_config(copy, &spec, &fault));
	snprintf(line, room, " ");
	told[0] = '\0';
	model_arguments(NULL, copy, &spec, 7, "/rom", restored ? &files : NULL, &list);
	for (unsigned int i = 0; i < list.count; i++)
		snprintf(line + strlen(line), room - strlen(line), "%s ", list.item[i]);
	while (list.count)
		string_list_remove(&list, list.count - 1);
	free(list.item);
	for (unsigned int i = 0; i < files.count; i++)
		snprintf(line + strlen(line), room - strlen(line), "%s ", files.item[i]);
	while (files.count)
		string_list_remove(&files, files.count - 1);
	free(files.item);
	hvm_spec_free(&spec);
	config_free(config);
	config_free(copy);
}

static void line_of(const char *text, char *line, size_t room)
{
	line_of_one(text, false, line, room);
}

/* It cannot open its disks by the time it has its state: they are handed to it, each for writing and for reading. */
static void a_restored_one_is_handed_its_disks(void **state)
{
	char line[4096];

	line_of_one("disk=['/x.img,raw,hda,w','/c.iso,raw,hdc,cdrom','/y.img,raw,sdb,w']", true, line, sizeof(line));
	assert_non_null(strstr(line, " -add-fd fd=4,set=0 -add-fd fd=5,set=0 -drive file=/dev/fdset/0,if=ide,index=0,"));
	assert_non_null(strstr(line, "media=cdrom,id=ide-5632,file=/c.iso,"));
	assert_non_null(strstr(line, " -add-fd fd=6,set=1 -add-fd fd=7,set=1 -drive file=/dev/fdset/1,if=none,id=scsi-disk1,"));
	assert_non_null(strstr(line, " -incoming fd:3 /x.img /y.img "));
}

static void a_plain_guest_gets_the_usual_machine(void **state)
{
	char line[4096];

	line_of("disk=['/x.img,raw,xvda,w']\nvif=['mac=00:16:3e:00:00:01,devid=0']", line, sizeof(line));
	assert_non_null(strstr(line, " /usr/libexec/xen-qemu-system-i386 -xen-domid 7 -no-shutdown "));
	assert_non_null(strstr(line, "path=/run/xen/qmp-libxl-7,server=on,wait=off -mon "));
	assert_non_null(strstr(line, " -xen-domid-restrict -chroot /run/xen/qemu-root-7 -runas 2136899591:2136899591 "));
	assert_non_null(strstr(line, " -vnc 127.0.0.1:0,to=99 -display none -device cirrus-vga,vgamem_mb=8 "));
	assert_non_null(strstr(line, " -device rtl8139,id=nic0,netdev=net0,mac=00:16:3e:00:00:01 -netdev "
				     "type=tap,id=net0,ifname=vif7.0-emu,script=no,downscript=no "));
	assert_non_null(strstr(line, " -boot order=cda -machine xenfv,suppress-vmdesc=on -m 248 "));
	assert_non_null(strstr(line, " -drive file=/x.img,if=ide,index=0,media=disk,format=raw,cache=writeback,"
				     "file.locking=off "));
	assert_null(strstr(line, "-usb"));
}

static void keys_become_options(void **state)
{
	static const struct {
		const char *text, *wanted;
	} row[] = {
		{ "vga='stdvga'\nvideoram=32", " -device VGA,vgamem_mb=32 " },
		{ "stdvga=1", " -device VGA,vgamem_mb=16 " },
		{ "stdvga=1\nbios='ovmf'", " -device VGA,vgamem_mb=16,romfile= " },
		{ "bios='ovmf'", " -machine xenfv,suppress-vmdesc=on -global xen-platform.romfile=/rom " },
		{ "vga='none'", " -display none -net none " },
		{ "nographic=1\nvnc=1", " -display none -net none " },
		{ "vnclisten='0.0.0.0:3'\nvncunused=0", " -vnc 0.0.0.0:3 -display" },
		{ "vncdisplay=5\nvncpasswd='x'\nkeymap='de'", " -vnc 127.0.0.1:5,to=99,password=on -k de " },
		{ "serial='pty'", " -serial pty " },
		{ "serial=['pty','file:/tmp/a']", " -serial pty -serial file:/tmp/a " },
		{ "usbdevice='tablet'", " -usb -device usb-tablet " },
		{ "usbversion=3\nusbdevice=['mouse']", " -device nec-usb-xhci,id=usb-3 -device usb-mouse " },
		{ "boot='dc'", " -boot order=dc " },
		{ "xen_platform_pci=0", " -machine pc,accel=xen,suppress-vmdesc=on " },
		{ "vcpus=1\nmaxvcpus=3", " -smp 1,maxcpus=3 " },
		{ "kernel='/k'\nramdisk='/r'\ncmdline='a b'", " -kernel /k -initrd /r -append a b " },
		{ "soundhw='ac97'", " -audiodev none,id=sound -device AC97,audiodev=sound " },
		{ "dm_restrict=0", " -name h -vnc " },
		{ "device_model_user='qemu'\ndm_restrict=0", " -runas qemu " },
		{ "device_model_args=['-a']\ndevice_model_args_hvm=['-b']", " -a -b " },
		{ "vif=['mac=00:16:3e:00:00:01,devid=0,type=vif']", " -net none " },
		{ "vif=['mac=00:16:3e:00:00:01,devid=2,model=e1000']", " -device e1000,id=nic2,netdev=net2," },
		{ "disk=['vdev=hdc,cdrom,target=/a.iso']",
		  " -drive if=ide,index=2,readonly=on,media=cdrom,id=ide-5632,file=/a.iso,file.locking=off,format=raw " },
		{ "disk=['vdev=hdc,cdrom,target=']", " if=ide,index=2,readonly=on,media=cdrom,id=ide-5632 " },
		{ "disk=['vdev=sda,access=r,format=qcow2,target=/q']", " -device lsi53c895a,id=scsi0 -drive file=/q,if=none,id=scsi-disk0,format=qcow2,"
						 "cache=writeback,file.locking=off,readonly=on -device scsi-hd,bus=scsi0.0,scsi-id=0," },
		{ "hdtype='ahci'\ndisk=['/q,raw,hda,w']", " -device ahci,id=ahci0 -drive file=/q,if=none,id=ahcidisk-0," },
		{ "spice=1\nspiceport=6000\nspicedisable_ticketing=1", " -spice port=6000,tls-port=0,addr=127.0.0.1,agent-mouse=on,disable-ticketing=on " },
	};
	char line[4096];

	for (unsigned int i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		line_of(row[i].text, line, sizeof(line));
		if (!strstr(line, row[i].wanted))
			fail_msg("%s: %s", row[i].text, line);
		assert_string_equal(told, "");
	}
}

static void what_cannot_be_had_is_told(void **state)
{
	static const struct {
		const char *text, *wanted;
	} row[] = {
		{ "bios='rombios'", "seabios" },	   { "boot='x'", "boot=" },
		{ "videoram=4", "at least 8" },		   { "vga='stdvga'\nvideoram=8", "at least 16" },
		{ "sdl=1", "vnc=1" },			   { "spice=1", "spiceport" },
		{ "viridian=['nothing']", "viridian=" },   { "viridian=['base','stimer']", "stimer" },   { "ms_vm_genid='x'", "UUID" },
		{ "altp2m='mixed'", "views" },		   { "device_model_stubdomain_override=1", "Domain-0" },
		{ "device_model_version='qemu-xen-traditional'", "qemu-xen" }, { "mmio_hole=1", "256" },
		{ "serial=['1','2','3','4','5']", "four" }, { "hdtype='scsi'", "ide" },
		{ "pae=0", "PAE" },			   { "gfx_passthru='igd'", "graphics" },
	};
	char line[4096];

	for (unsigned int i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct domain_config *config = parse(row[i].text);

		if (config)
			fail_msg("%s was taken", row[i].text);
		if (!strstr(told, row[i].wanted))
			fail_msg("%s: %s", row[i].text, told);
	}
	line_of("disk=['/x,raw,hda,r']", line, sizeof(line));
	assert_non_null(strstr(told, "read-only"));
	line_of("usbdevice='pencil'", line, sizeof(line));
	assert_non_null(strstr(told, "tablet"));
	line_of("soundhw='organ'", line, sizeof(line));
	assert_non_null(strstr(told, "ac97"));
}

static uint64_t viridian_of(const char *text)
{
	struct domain_config *config = parse(text);
	struct hvm_fault fault = { 0 };
	struct hvm_spec spec;

	assert_non_null(config);
	assert_true(hvm_spec_from_config(config, &spec, &fault));
	hvm_spec_free(&spec);
	config_free(config);
	return spec.viridian;
}

static void viridian_groups_are_bits(void **state)
{
	assert_int_equal(viridian_of(""), 0);
	assert_int_equal(viridian_of("viridian=0"), 0);
	assert_int_equal(viridian_of("viridian=1"), 0x65);
	assert_int_equal(viridian_of("viridian=['base']"), 3); /* without "freq": bit 1 says so */
	assert_int_equal(viridian_of("viridian=['defaults','!freq','reference_tsc']"), 0x6f);
	assert_int_equal(viridian_of("viridian='all'"), 0x186d);
}

static struct complaint why;
static struct hvm_layout layout;

static int compute(uint64_t mib, uint64_t max_mib, uint64_t hole_mib, uint64_t firmware)
{
	struct image loader = { .kind = IMAGE_LOADER, .start = 0x100000, .end = 0x134000, .entry = 0x100000, .fd = -1 };

	memset(&why, 0, sizeof(why));
	return hvm_layout_compute(&layout, &loader,
				  &(struct hvm_wishes){ .nr_pages = mib << 8,
							.max_pages = max_mib << 8,
							.hole_bytes = hole_mib << 20,
							.firmware_bytes = firmware,
							.acpi_bytes = 5000,
							.smbios_bytes = 1,
							.max_vcpus = 2 },
				  &why);
}

static void memory_lies_around_the_hole(void **state)
{
	static const uint64_t sizes[] = { 16, 64, 3839, 3840, 3841, 8192, 1 << 20 };

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(compute(sizes[i], 0, 0, 256 << 10), 0);
		assert_int_equal(layout.low_pages, sizes[i] < 3840 ? sizes[i] << 8 : 0xf0000);
		assert_int_equal(layout.nr_memmap, sizes[i] > 3840 ? 2 : 1);
		assert_int_equal(layout.firmware.pfn, 0x134);
		assert_int_equal(layout.acpi.pfn, 0x174);
		assert_int_equal(layout.smbios.pfn, 0x176);
		assert_int_equal(layout.start_info.pfn, 0x177);
	}
	assert_int_equal(compute(4096, 0, 1024, 2 << 20), 0);
	assert_int_equal(layout.low_pages, 0xc0000);
	assert_int_equal(compute(64, 4096, 0, 2 << 20), 0);
	assert_int_equal(layout.nr_pages, 4096 << 8);
	assert_int_equal(compute(5, 0, 0, 2 << 20), -ENOMEM);
	assert_non_null(strstr(why.text, "memory="));
	assert_int_equal(compute(64, 0, 64, 0), -EINVAL);
}

/* An ACPI table of so many bytes that adds up to 0. */
static void put_table(uint8_t *to, uint8_t bytes)
{
	memset(to, 0, bytes);
	memcpy(to, "TEST", 4);
	to[4] = bytes;
	to[9] = (uint8_t)-('T' + 'E' + 'S' + 'T' + bytes);
}

static int check_acpi(const uint8_t *bytes, size_t count)
{
	memset(&why, 0, sizeof(why));
	return hvm_check_acpi((struct hvm_tables){ bytes, count }, &why);
}

static void further_acpi_tables_are_looked_through(void **state)
{
	static uint8_t big[300 << 10], tables[40 + 36];

	put_table(tables, 40);
	put_table(tables + 40, 36);
	assert_int_equal(hvm_check_acpi((struct hvm_tables){ NULL, 0 }, &why), 0);
	assert_int_equal(check_acpi(tables, sizeof(tables)), 0);
	for (size_t count = 1; count < sizeof(tables); count++)
		assert_int_equal(check_acpi(tables, count), count == 40 ? 0 : -EINVAL);
	tables[60]++;
	assert_int_equal(check_acpi(tables, sizeof(tables)), -EINVAL);
	assert_non_null(strstr(why.text, "checksum of the ACPI table at byte 40"));
	tables[60]--;
	tables[4] = 8;
	assert_int_equal(check_acpi(tables, sizeof(tables)), -EINVAL);
	tables[7] = 0x80;
	assert_int_equal(check_acpi(tables, sizeof(tables)), -EINVAL);
	assert_int_equal(check_acpi(big, sizeof(big)), -E2BIG);
	for (unsigned int i = 0; i < 17; i++)
		put_table(big + i * 36, 36);
	assert_int_equal(check_acpi(big, 16 * 36), 0);
	assert_int_equal(check_acpi(big, 17 * 36), -E2BIG);
}

static void further_smbios_structures_are_looked_through(void **state)
{
	static uint8_t big[33 << 10];
	uint8_t one[] = { 9, 0, 0, 0, 11, 5, 0, 0, 1, 'a', 'b', 0, 0, 6, 0, 0, 0, 126, 4, 0, 0, 0, 0 };

	assert_int_equal(hvm_check_smbios((struct hvm_tables){ one, sizeof(one) }, &why), 0);
	for (size_t count = 1; count < sizeof(one); count++)
		assert_int_equal(hvm_check_smbios((struct hvm_tables){ one, count }, &why), count == 13 ? 0 : -EINVAL);
	one[5] = 8; /* leaves no room for the strings' end */
	assert_int_equal(hvm_check_smbios((struct hvm_tables){ one, 13 }, &why), -EINVAL);
	one[5] = 3;
	assert_int_equal(hvm_check_smbios((struct hvm_tables){ one, 13 }, &why), -EINVAL);
	one[5] = 5;
	one[12] = 'c';
	memset(&why, 0, sizeof(why));
	assert_int_equal(hvm_check_smbios((struct hvm_tables){ one, 13 }, &why), -EINVAL);
	assert_non_null(strstr(why.text, "at byte 0"));
	assert_int_equal(hvm_check_smbios((struct hvm_tables){ big, sizeof(big) }, &why), -E2BIG);
}

static void the_loader_is_told_of_memory(void **state)
{
	static uint8_t start[4096], info[4096];
	struct hvm_start_info *told_start = (void *)start;
	struct hvm_info_table *table = (void *)(info + HVM_INFO_OFFSET);
	struct hvm_modlist_entry *module;
	uint8_t sum = 0;

	assert_int_equal(compute(5000, 0, 0, 1000), 0);
	hvm_write_start_info(start, &layout, 1000);
	assert_int_equal(told_start->magic, XEN_HVM_START_MAGIC_VALUE);
	assert_int_equal(told_start->nr_modules, 1);
	module = (void *)(start + told_start->modlist_paddr % 4096);
	assert_int_equal(module->paddr, 0x134000);
	assert_int_equal(module->size, 1000);
	assert_string_equal((char *)start + module->cmdline_paddr % 4096, "firmware");
	hvm_write_info_table(info, &layout, 9, 3, true);
	for (unsigned int i = 0; i < sizeof(*table); i++)
		sum += ((uint8_t *)table)[i];
	assert_int_equal(sum, 0);
	assert_memory_equal(table->signature, "HVM INFO", 8);
	assert_int_equal(table->nr_vcpus, 9);
	assert_int_equal(table->vcpu_online[0], 7);
	assert_int_equal(table->low_mem_pgend, 0xf0000);
	assert_int_equal(table->high_mem_pgend, 0x100000 + ((5000 - 3840) << 8));
	assert_int_equal(table->reserved_mem_pgstart, 0xfeff0);
}

/* --- the talk --- */

static const char *const answers[] = {
	"{\"return\":{}}\n",
	"{\"event\":\"RESUME\"}\n{\"return\":{\"status\":\"running\"}}\n",
	"{\"error\":{\"class\":\"GenericError\",\"desc\":\"no such drive\"}}\n",
	"{\"return\":\"text\\r\\n\"}\n",
	"nonsense\n",
};

static void *model(void *data)
{
	int server = *(int *)data, fd = accept(server, NULL, NULL);
	char heard[512];

	if (write(fd, "{\"QMP\":{}}\n", 11) == 11)
		for (unsigned int i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
			if (read(fd, heard, sizeof(heard)) <= 0 ||
			    write(fd, answers[i], strlen(answers[i])) < 0)
				break;
	close(fd);
	return NULL;
}

static void a_talk_survives_what_a_model_says(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	static struct qmp qmp;
	char *value = NULL;
	pthread_t thread;

	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/serai-qmp-%d", getpid());
	assert_int_equal(qmp_open(&qmp, address.sun_path, 1), -ENOENT);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(pthread_create(&thread, NULL, model, &server), 0);
	assert_int_equal(qmp_open(&qmp, address.sun_path, 60), 0);
	assert_int_equal(qmp_command(&qmp, "query-status", "", -1, 60, &value), 0);
	assert_string_equal(value, "{\"status\":\"running\"}");
	free(value);
	assert_int_equal(qmp_command(&qmp, "eject", "{\"device\":\"x\"}", -1, 60, NULL), -EREMOTEIO);
	assert_string_equal(qmp.why, "no such drive");
	assert_int_equal(qmp_command(&qmp, "add-fd", "", 0, 60, &value), 0);
	assert_string_equal(value, "text\r\n");
	free(value);
	assert_int_equal(qmp_command(&qmp, "x", "", -1, 60, NULL), -EPROTO);
	assert_int_equal(qmp_command(&qmp, "x", "", -1, 60, NULL), -ECONNRESET);
	qmp_close(&qmp);
	pthread_join(thread, NULL);
	close(server);
	unlink(address.sun_path);
}

/* --- its state --- */

struct writer {
	int server, fd, written;
	size_t wanted; /* of its state */
};

/* Answers `text` to what was said, and takes the descriptor that came along. */
static void hear(struct writer *writer, int fd, const char *text)
{
	char heard[4096] = "", control[64];
	struct iovec part = { heard, sizeof(heard) - 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *head;

	if (recvmsg(fd, &message, 0) <= 0)
		return;
	head = CMSG_FIRSTHDR(&message);
	if (head)
		memcpy(&writer->fd, CMSG_DATA(head), sizeof(int));
	for (size_t left = strstr(heard, "xen-save-devices-state") ? writer->wanted : 0; left; left -= 4096)
		if (write(writer->fd, heard, left < 4096 ? left : 4096) <= 0) {
			text = "{\"error\":{\"desc\":\"it is full\"}}\n";
			break;
		} else if (left <= 4096) {
			break;
		}
	writer->written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static void *writing_model(void *data)
{
	static const char *const said[] = { "{\"return\":{}}\n", "{\"return\":{\"fdset-id\":3}}\n", "{\"return\":{}}\n",
					    "{\"return\":{}}\n" };
	struct writer *writer = data;
	int fd = accept(writer->server, NULL, NULL);

	if (write(fd, "{\"QMP\":{}}\n", 11) == 11)
		for (unsigned int i = 0; i < sizeof(said) / sizeof(said[0]); i++)
			hear(writer, fd, said[i]);
	close(fd);
	return NULL;
}

/* What model_state_take() says of a model that writes so many bytes. */
static int take_from(struct writer *writer, size_t wanted, struct model_state *kept)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	static struct qmp qmp;
	pthread_t thread;
	int result;

	*writer = (struct writer){ .server = socket(AF_UNIX, SOCK_STREAM, 0), .fd = -1, .wanted = wanted };
	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/serai-state-%d", getpid());
	unlink(address.sun_path);
	assert_int_equal(bind(writer->server, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(writer->server, 1), 0);
	assert_int_equal(pthread_create(&thread, NULL, writing_model, writer), 0);
	assert_int_equal(qmp_open(&qmp, address.sun_path, 60), 0);
	assert_int_equal(model_state_new(NULL, kept), 0);
	result = model_state_take(NULL, &qmp, kept);
	qmp_close(&qmp);
	pthread_join(thread, NULL);
	close(writer->server);
	unlink(address.sun_path);
	return result;
}

static void its_state_does_not_change_any_more(void **state)
{
	struct model_state kept;
	struct writer writer;
	char first[4];

	assert_int_equal(take_from(&writer, 5000, &kept), 0);
	assert_int_equal(kept.bytes, 5000);
	assert_int_equal(write(writer.fd, "more", 4), -1);
	assert_int_equal(pwrite(writer.fd, "more", 4, 0), -1);
	assert_int_equal(read(kept.fd, first, 4), 4);
	assert_memory_equal(first, "{\"ex", 4);
	close(writer.fd);
	model_state_close(&kept);
	assert_int_equal(kept.fd, -1);
}

static void a_state_without_end_has_one(void **state)
{
	struct model_state kept;
	struct writer writer;

	assert_true(take_from(&writer, 1ul << 40, &kept) < 0);
	assert_non_null(strstr(told, "it is full"));
	assert_int_equal(write(writer.fd, "more", 4), -1);
	close(writer.fd);
	model_state_close(&kept);
	assert_true(take_from(&writer, 0, &kept) < 0);
	assert_non_null(strstr(told, "has 0 bytes"));
	close(writer.fd);
	model_state_close(&kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_guest_gets_the_usual_machine),
		cmocka_unit_test(keys_become_options),
		cmocka_unit_test(what_cannot_be_had_is_told),
		cmocka_unit_test(viridian_groups_are_bits),
		cmocka_unit_test(memory_lies_around_the_hole),
		cmocka_unit_test(the_loader_is_told_of_memory),
		cmocka_unit_test(further_acpi_tables_are_looked_through),
		cmocka_unit_test(further_smbios_structures_are_looked_through),
		cmocka_unit_test(a_talk_survives_what_a_model_says),
		cmocka_unit_test(a_restored_one_is_handed_its_disks),
		cmocka_unit_test(its_state_does_not_change_any_more),
		cmocka_unit_test(a_state_without_end_has_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
