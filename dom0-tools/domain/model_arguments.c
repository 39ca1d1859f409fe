/* SPDX-License-Identifier: MIT */
/*
 * The command line of a guest's device model, as 4.17's libxl makes it for the same configuration.
 *
 * Nothing here looks at the machine. Values come from the configuration and may hold anything: a comma
 * in what becomes part of an option is doubled, as QEMU wants it. Cards have got their numbers and
 * addresses before (devices_settle()).
 */
#include "domain/model.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct building {
	struct session *session;
	const struct domain_config *config;
	const struct hvm_spec *spec;
	uint32_t domid;
	const char *uefi_rom;
	struct string_list *files, *list;
	int error;
};

static void add(struct building *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct building *b, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	if (!text || !string_list_add(b->list, text))
		b->error = -ENOMEM;
	free(text);
}

/* Commas doubled; of the room for twice the longest text. */
struct quoted {
	char text[2 * SPEC_PATH];
};

static struct quoted quote(const char *text)
{
	struct quoted quoted;
	size_t at = 0;

	for (; *text && at < sizeof(quoted.text) - 2; text++) {
		quoted.text[at++] = *text;
		if (*text == ',')
			quoted.text[at++] = ',';
	}
	quoted.text[at] = '\0';
	return quoted;
}

const char *model_firmware(const struct hvm_spec *spec)
{
	if (spec->firmware_path[0])
		return spec->firmware_path;
	return spec->firmware == HVM_OVMF ? OVMF_PATH : SEABIOS_PATH;
}

const char *model_program(const struct hvm_spec *spec)
{
	return spec->model[0] ? spec->model : DEVICE_MODEL_PATH;
}

void model_interface(char name[16], const char *vifname, uint32_t domid, uint32_t number)
{
	if (*vifname)
		snprintf(name, 16, "%.11s-emu", vifname);
	else
		snprintf(name, 16, "vif%u.%u-emu", domid, number);
}

static void add_identity(struct building *b)
{
	add(b, "%s", model_program(b->spec));
	add(b, "-xen-domid");
	add(b, "%u", b->domid);
	add(b, "-no-shutdown");
	add(b, "-chardev");
	add(b, "socket,id=libxl-cmd,path=" QMP_SOCKET ",server=on,wait=off", b->domid);
	add(b, "-mon");
	add(b, "chardev=libxl-cmd,mode=control");
	add(b, "-nodefaults");
	add(b, "-no-user-config");
	add(b, "-name");
	add(b, "%s", quote(b->config->name).text);
}

static void add_privileges(struct building *b)
{
	const struct hvm_spec *spec = b->spec;

	if (spec->restricted) {
		add(b, "-xen-domid-restrict");
		add(b, "-chroot");
		add(b, MODEL_ROOT, b->domid);
	}
	if (spec->user[0]) {
		add(b, "-runas");
		add(b, "%s", spec->user);
	} else if (spec->restricted) {
		uint32_t user = MODEL_UID_BASE + (b->domid & 0x7fff);

		add(b, "-runas");
		add(b, "%u:%u", user, user);
	}
}

static void add_vnc(struct building *b)
{
	const struct hvm_spec *spec = b->spec;
	const char *address = spec->vnclisten;
	char display[16] = "";

	add(b, "-vnc");
	/* "127.0.0.1:3" says the display as well. */
	if (!strchr(address, ':'))
		snprintf(display, sizeof(display), ":%d", spec->vncdisplay > 0 ? spec->vncdisplay : 0);
	add(b, "%s%s%s%s", quote(address).text, display, spec->vncunused ? ",to=99" : "",
	    spec->vncpasswd[0] ? ",password=on" : "");
	if (spec->keymap[0]) {
		add(b, "-k");
		add(b, "%s", spec->keymap);
	}
}

static void add_spice(struct building *b)
{
	const struct hvm_spec *spec = b->spec;

	add(b, "-spice");
	add(b, "port=%u,tls-port=%u,addr=%s,agent-mouse=%s,%s%s", spec->spice_port,
	    spec->spice_tls_port,
	    quote(spec->spice_host[0] ? spec->spice_host : "127.0.0.1").text,
	    spec->spice_mouse ? "on" : "off",
	    spec->spice_open ? "disable-ticketing=on" : "password=",
	    spec->spice_open ? "" : quote(spec->spice_password).text);
	if (!spec->spice_agent)
		return;
	add(b, "-device");
	add(b, "virtio-serial");
	add(b, "-chardev");
	add(b, "spicevmc,id=vdagent,name=vdagent");
	add(b, "-device");
	add(b, "virtserialport,chardev=vdagent,name=com.redhat.spice.0");
}

/*
 * A card's ROM is for a PC's BIOS. UEFI firmware would read all of it, each four bytes a request to
 * the device model, to find that there is nothing for it: 10,000 of them.
 */
static void add_screen(struct building *b)
{
	static const char *const devices[] = { [HVM_CIRRUS] = "cirrus-vga",
					       [HVM_STDVGA] = "VGA",
					       [HVM_QXL] = "qxl-vga" };
	const struct hvm_spec *spec = b->spec;
	const char *rom = spec->firmware == HVM_OVMF ? ",romfile=" : "";

	if (spec->vnc && !spec->nographic)
		add_vnc(b);
	if (spec->spice && !spec->nographic)
		add_spice(b);
	add(b, "-display");
	add(b, "none");
	if (spec->vga == HVM_NO_VGA || spec->nographic)
		return;
	add(b, "-device");
	if (spec->vga == HVM_QXL)
		add(b, "qxl-vga,vram_size_mb=%u,ram_size_mb=%u%s", spec->videoram_mib / 2,
		    spec->videoram_mib / 2, rom);
	else
		add(b, "%s,vgamem_mb=%u%s", devices[spec->vga], spec->videoram_mib, rom);
}

static void add_kernel(struct building *b)
{
	const struct {
		const char *option, *value;
	} files[] = {
		{ "-kernel", b->config->kernel },
		{ "-initrd", b->config->kernel ? b->config->ramdisk : NULL },
		{ "-append", b->config->kernel ? b->config->cmdline : NULL },
	};

	for (unsigned int i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!files[i].value)
			continue;
		add(b, "%s", files[i].option);
		add(b, "%s", files[i].value);
	}
}

/* Names of before "-device" as its own. */
static void add_usb_device(struct building *b, const char *name)
{
	static const char *const known[][2] = { { "tablet", "usb-tablet" },
						{ "mouse", "usb-mouse" },
						{ "keyboard", "usb-kbd" },
						{ "wacom-tablet", "usb-wacom-tablet" } };

	for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i][0], name))
			continue;
		add(b, "-device");
		add(b, "%s", known[i][1]);
		return;
	}
	b->error = tell(b->session, -EINVAL,
			"usbdevice=\"%s\": the device model has tablet, mouse, keyboard and "
			"wacom-tablet",
			name);
}

static void add_usb(struct building *b)
{
	static const char *const controllers[] = { "", "piix3-usb-uhci,id=usb-1",
						   "usb-ehci,id=usb-2", "nec-usb-xhci,id=usb-3" };
	const struct hvm_spec *spec = b->spec;

	if (spec->usb_version) {
		add(b, "-device");
		add(b, "%s", controllers[spec->usb_version]);
	} else if (spec->usb || spec->usb_devices.count) {
		add(b, "-usb");
	}
	for (unsigned int i = 0; i < spec->usb_devices.count; i++)
		add_usb_device(b, spec->usb_devices.item[i]);
}

static void add_sound(struct building *b)
{
	static const char *const known[][2] = { { "ac97", "AC97,audiodev=sound" },
						{ "es1370", "ES1370,audiodev=sound" },
						{ "sb16", "sb16,audiodev=sound" },
						{ "hda", "intel-hda" } };

	if (!b->spec->sound[0])
		return;
	for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i][0], b->spec->sound))
			continue;
		add(b, "-audiodev");
		add(b, "none,id=sound");
		add(b, "-device");
		add(b, "%s", known[i][1]);
		if (!strcmp(known[i][0], "hda")) {
			add(b, "-device");
			add(b, "hda-duplex,audiodev=sound");
		}
		return;
	}
	b->error = tell(b->session, -EINVAL, "soundhw=\"%s\": it must be ac97, es1370, sb16 or hda",
			b->spec->sound);
}

/* --- network cards --- */

static void add_vif(struct building *b, const char *text, unsigned int *count)
{
	struct spec_fault fault;
	struct vif_spec vif;
	const char *model;
	char name[16];

	if (!vif_spec_read(text, &vif, &fault) || vif.pv_only || vif.devid < 0)
		return;
	model = !vif.model[0] || !strcmp(vif.model, "netfront") ? "rtl8139" : vif.model;
	model_interface(name, vif.vifname, b->domid, (uint32_t)vif.devid);
	add(b, "-device");
	add(b, "%s,id=nic%d,netdev=net%d,mac=%s", quote(model).text, vif.devid, vif.devid, vif.mac);
	add(b, "-netdev");
	add(b, "type=tap,id=net%d,ifname=%s,script=no,downscript=no", vif.devid, name);
	++*count;
}

static void add_vifs(struct building *b)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < b->config->vifs.count; i++)
		add_vif(b, b->config->vifs.item[i], &count);
	if (count)
		return;
	add(b, "-net");
	add(b, "none");
}

/* --- disks --- */

/* Of xvd, hd and sd names: which disk; -1 for partitions and others. */
static int disk_index(const char *vdev, bool *scsi)
{
	const char *letters = !strncmp(vdev, "xvd", 3) ? vdev + 3
			      : !strncmp(vdev, "hd", 2) || !strncmp(vdev, "sd", 2) ? vdev + 2
										   : NULL;

	*scsi = !strncmp(vdev, "sd", 2);
	return letters && *letters >= 'a' && *letters <= 'z' && !letters[1] ? *letters - 'a' : -1;
}

static void add_cdrom(struct building *b, const struct disk_spec *disk, int index)
{
	add(b, "-drive");
	add(b, "if=ide,index=%d,readonly=on,media=cdrom,id=ide-%u%s%s%s%s", index, disk->number,
	    disk->target[0] ? ",file=" : "", quote(disk->target).text,
	    disk->target[0] ? ",file.locking=off,format=" : "",
	    disk->target[0] ? disk_format_names[disk->format] : "");
}

/* What a disk's file is called to the device model. */
static struct quoted disk_file(struct building *b, const struct disk_spec *disk)
{
	unsigned int number = b->files ? b->files->count : 0;
	struct quoted set;

	if (!b->files)
		return quote(disk->target);
	snprintf(set.text, sizeof(set.text), "/dev/fdset/%u", number);
	if (!string_list_add(b->files, disk->target))
		b->error = -ENOMEM;
	add(b, "-add-fd");
	add(b, "fd=%u,set=%u", MODEL_DISK_FD(number), number);
	add(b, "-add-fd");
	add(b, "fd=%u,set=%u", MODEL_READ_FD(number), number);
	return set;
}

static void add_hard_disk(struct building *b, const struct disk_spec *disk, int index, bool scsi)
{
	const char *format = disk_format_names[disk->format];
	struct quoted file;

	if (!disk->writable && !scsi) {
		b->error = tell(b->session, -EINVAL,
				"disk %s: emulated IDE and AHCI disks cannot be read-only: use w "
				"instead of r, or an sd name, or a CD",
				disk->vdev);
		return;
	}
	file = disk_file(b, disk);
	add(b, "-drive");
	if (scsi)
		add(b,
		    "file=%s,if=none,id=scsi-disk%d,format=%s,cache=writeback,file.locking=off,"
		    "readonly=%s",
		    file.text, index, format, disk->writable ? "off" : "on");
	else if (b->spec->disks == HVM_AHCI)
		add(b, "file=%s,if=none,id=ahcidisk-%d,format=%s,cache=writeback,file.locking=off",
		    file.text, index, format);
	else
		add(b,
		    "file=%s,if=ide,index=%d,media=disk,format=%s,cache=writeback,"
		    "file.locking=off",
		    file.text, index, format);
	if (scsi) {
		add(b, "-device");
		add(b, "scsi-hd,bus=scsi0.0,scsi-id=%d,drive=scsi-disk%d", index, index);
	} else if (b->spec->disks == HVM_AHCI) {
		add(b, "-device");
		add(b, "ide-hd,bus=ahci0.%d,unit=0,drive=ahcidisk-%d", index, index);
	}
}

static void add_disk(struct building *b, const char *text, bool controller[2])
{
	struct disk_spec spec, *disk = &spec;
	struct spec_fault fault;
	bool scsi;
	int index;

	if (!disk_spec_read(text, disk, &fault))
		return;
	index = disk_index(disk->vdev, &scsi);
	if (disk->cdrom && (scsi || index < 0 || index > 3)) {
		b->error = tell(b->session, -EINVAL, "disk %s: a CD drive's name is hda to hdd",
				disk->vdev);
		return;
	}
	if (disk->cdrom) {
		add_cdrom(b, disk, index);
		return;
	}
	/* The others only a kernel with PV drivers sees. */
	if (!disk->target[0] || disk->script[0] || disk->backend[0] || index < 0 ||
	    index >= (scsi ? 7 : b->spec->disks == HVM_AHCI ? 6 : 4))
		return;
	if (scsi ? !controller[0] : b->spec->disks == HVM_AHCI && !controller[1]) {
		add(b, "-device");
		add(b, "%s", scsi ? "lsi53c895a,id=scsi0" : "ahci,id=ahci0");
		controller[!scsi] = true;
	}
	add_hard_disk(b, disk, index, scsi);
}

/* --- the rest --- */

static void add_machine(struct building *b)
{
	const struct hvm_spec *spec = b->spec;

	add(b, "-boot");
	add(b, "order=%s", spec->boot);
	add(b, "-machine");
	add(b, "%s,suppress-vmdesc=on", spec->platform_pci ? "xenfv" : "pc,accel=xen");
	if (spec->platform_pci && spec->firmware == HVM_OVMF) {
		add(b, "-global");
		add(b, "xen-platform.romfile=%s", b->uefi_rom);
	}
	if (spec->vendor_device) {
		add(b, "-device");
		add(b, "xen-pvdevice,device-id=0xc000");
	}
	add(b, "-m");
	add(b, "%llu", (unsigned long long)(b->config->memory_kb >> 10) - spec->videoram_mib);
	if (b->config->max_vcpus > 1) {
		add(b, "-smp");
		add(b, "%u,maxcpus=%u", b->config->vcpus, b->config->max_vcpus);
	}
}

int model_arguments(struct session *session, const struct domain_config *config,
		    const struct hvm_spec *spec, uint32_t domid, const char *uefi_rom,
		    struct string_list *files, struct string_list *list)
{
	struct building b = { session, config, spec, domid, uefi_rom, files, list, 0 };
	bool controller[2] = { false, false };

	add_identity(&b);
	add_privileges(&b);
	add_screen(&b);
	add_kernel(&b);
	for (unsigned int i = 0; i < spec->serials.count; i++) {
		add(&b, "-serial");
		add(&b, "%s", spec->serials.item[i]);
	}
	add_usb(&b);
	add_sound(&b);
	add_vifs(&b);
	add_machine(&b);
	for (unsigned int i = 0; i < config->disks.count; i++)
		add_disk(&b, config->disks.item[i], controller);
	if (files) {
		add(&b, "-incoming");
		add(&b, "fd:%d", MODEL_STATE_FD);
	}
	for (unsigned int i = 0; i < spec->arguments.count; i++)
		add(&b, "%s", spec->arguments.item[i]);
	return b.error;
}
