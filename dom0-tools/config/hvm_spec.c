/* SPDX-License-Identifier: MIT */
/* Keys of xl.cfg for an HVM guest's machine and device model; see hvm_spec.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "config/hvm_spec.h"
#include "config/spec_words.h"
#include "config/syntax.h"

const char *const hvm_firmware_names[] = { "seabios", "ovmf", NULL };

/* Several words mean one thing, and some mean what cannot be had. */
enum { VENDOR_NONE, VENDOR_XENSERVER };
enum { BIOS_SEABIOS, BIOS_OVMF, BIOS_BIOS, BIOS_UEFI, BIOS_ROMBIOS };
static const char *const bios_words[] = { "seabios", "ovmf", "bios", "uefi", "rombios", NULL };
static const char *const vga_words[] = { "cirrus", "stdvga", "qxl", "none", NULL };
static const char *const vendor_words[] = { "none", "xenserver", NULL };
static const char *const disk_words[] = { "ide", "ahci", NULL };
static const char *const timer_words[] = { "delay_for_missed_ticks", "no_delay_for_missed_ticks",
					   "no_missed_ticks_pending", "one_missed_tick_pending",
					   NULL };
static const char *const version_words[] = { "qemu-xen", "qemu-xen-traditional", NULL };

/* By their bit of HVM_PARAM_VIRIDIAN. "freq" is told by its absence. */
enum { VIRIDIAN_FREQ = 1, NR_VIRIDIAN = 13 };
static const char *const viridian_words[NR_VIRIDIAN + 1] = {
	"base", "freq", "time_ref_count", "reference_tsc", "hcall_remote_tlb_flush", "apic_assist",
	"crash_ctl", "synic", "stimer", "hcall_ipi", "ex_processor_masks", "no_vp_limit",
	"cpu_hotplug", NULL
};
/* base, freq, time_ref_count, apic_assist, crash_ctl: what xl gives for viridian=1. */
#define VIRIDIAN_DEFAULTS 0x65u
/* base, freq, time_ref_count, reference_tsc, apic_assist, crash_ctl, no_vp_limit, cpu_hotplug: what "all" can mean. */
#define VIRIDIAN_OFFERED 0x186fu

/* Room for what has no member of its own; the specification first: the offsets are its. */
struct reading_hvm {
	struct hvm_spec spec;
	int bios, firmware, vga, version, videoram, hole, vendor;
	bool stdvga, sdl, opengl, stubdomain;
};

#define AT(member) SPEC_AT(reading_hvm, spec.member)
#define OWN(member) SPEC_AT(reading_hvm, member)
#define TEXT(key, member) { .name = key, .kind = SPEC_TEXT, AT(member) }
#define BOOL(key, member) { .name = key, .kind = SPEC_BOOL, AT(member) }

/* clang-format off */
static const struct spec_key keys[] = {
	{ .name = "firmware", .kind = SPEC_WORD, OWN(firmware), .words = bios_words },
	{ .name = "bios", .kind = SPEC_WORD, OWN(bios), .words = bios_words },
	TEXT("bios_path_override", firmware_path),
	TEXT("firmware_override", loader),
	TEXT("acpi_firmware", acpi),
	TEXT("smbios_firmware", smbios),
	TEXT("boot", boot),
	BOOL("apic", apic),
	BOOL("pae", pae),
	BOOL("nx", nx),
	BOOL("hpet", hpet),
	BOOL("vpt_align", vpt_align),
	BOOL("acpi_s3", acpi_s3),
	BOOL("acpi_s4", acpi_s4),
	BOOL("acpi_laptop_slate", laptop_slate),
	BOOL("xen_platform_pci", platform_pci),
	{ .name = "vendor_device", .kind = SPEC_WORD, OWN(vendor), .words = vendor_words },
	{ .name = "timer_mode", .kind = SPEC_WORD, AT(timer_mode), .words = timer_words },
	{ .name = "mmio_hole", .kind = SPEC_NUMBER, OWN(hole), .least = 256, .most = 3840 },
	TEXT("ms_vm_genid", generation_id),
	{ .name = "vga", .kind = SPEC_WORD, OWN(vga), .words = vga_words },
	{ .name = "stdvga", .kind = SPEC_BOOL, OWN(stdvga) },
	{ .name = "videoram", .kind = SPEC_NUMBER, OWN(videoram), .least = 0, .most = 256 },
	BOOL("nographic", nographic),
	BOOL("vnc", vnc),
	BOOL("vncunused", vncunused),
	TEXT("vnclisten", vnclisten),
	TEXT("vncpasswd", vncpasswd),
	TEXT("keymap", keymap),
	{ .name = "vncdisplay", .kind = SPEC_NUMBER, AT(vncdisplay), .least = 0, .most = 59635 },
	{ .name = "sdl", .kind = SPEC_BOOL, OWN(sdl) },
	{ .name = "opengl", .kind = SPEC_BOOL, OWN(opengl) },
	BOOL("spice", spice),
	{ .name = "spiceport", .kind = SPEC_NUMBER, AT(spice_port), .least = 1, .most = 65535 },
	{ .name = "spicetls_port", .kind = SPEC_NUMBER, AT(spice_tls_port), .least = 0, .most = 65535 },
	TEXT("spicehost", spice_host),
	TEXT("spicepasswd", spice_password),
	BOOL("spicedisable_ticketing", spice_open),
	BOOL("spiceagent_mouse", spice_mouse),
	BOOL("spicevdagent", spice_agent),
	BOOL("usb", usb),
	{ .name = "usbversion", .kind = SPEC_NUMBER, AT(usb_version), .least = 1, .most = 3 },
	TEXT("soundhw", sound),
	{ .name = "hdtype", .kind = SPEC_WORD, AT(disks), .words = disk_words },
	{ .name = "device_model_version", .kind = SPEC_WORD, OWN(version), .words = version_words },
	TEXT("device_model_override", model),
	TEXT("device_model_user", user),
	BOOL("dm_restrict", restricted),
	{ .name = "device_model_stubdomain_override", .kind = SPEC_BOOL, OWN(stubdomain) },
	{ .name = NULL },
};
/* clang-format on */

/* Known, and not to be had: with the reason. Their being 0 or empty is no wish. */
static const struct {
	const char *key, *why;
} refused[] = {
	{ "gfx_passthru", "the machine's graphics card cannot be given to a guest: remove it" },
	{ "rdm", "devices of the machine cannot be given to HVM guests: remove it" },
	{ "altp2m", "guests cannot have several views of their memory: remove it" },
	{ "altp2mhvm", "guests cannot have several views of their memory: remove it" },
	{ "vmtrace_buf_kb", "the processor's trace of guests cannot be had: remove it" },
};

static bool wrong(struct hvm_fault *fault, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool wrong(struct hvm_fault *fault, const char *key, const char *format, ...)
{
	va_list arguments;

	fault->key = key;
	va_start(arguments, format);
	vsnprintf(fault->message, sizeof(fault->message), format, arguments);
	va_end(arguments);
	return false;
}

static const char *text_of(const struct syntax *syntax, const char *key)
{
	const struct setting *setting = syntax_find(syntax, key);

	return setting && setting->value->kind != NODE_LIST ? setting->value->text : NULL;
}

static bool read_keys(const struct syntax *syntax, struct reading_hvm *reading,
		      struct hvm_fault *fault)
{
	for (const struct spec_key *key = keys; key->name; key++) {
		const char *text = text_of(syntax, key->name);
		struct spec_fault inner;
		struct word word;

		if (!text || (!*text && key->kind != SPEC_TEXT))
			continue;
		/* Numbers stand for the modes, too. */
		if (!strcmp(key->name, "timer_mode") && strlen(text) == 1 && *text >= '0' &&
		    *text <= '3')
			text = timer_words[*text - '0'];
		word = (struct word){ text, strlen(text) };
		if (!spec_set(key, reading, word, 0, &inner))
			return wrong(fault, key->name, "%s", inner.message);
	}
	for (unsigned int i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const char *text = text_of(syntax, refused[i].key);

		if (text && *text && strcmp(text, "0") && strcmp(text, "disabled") &&
		    strcmp(text, "none"))
			return wrong(fault, refused[i].key, "%s: %s", refused[i].key,
				     refused[i].why);
	}
	return true;
}

/* A text, or a list of them. */
static bool read_list(const struct syntax *syntax, const char *key, struct string_list *list)
{
	const struct setting *setting = syntax_find(syntax, key);
	const struct node *value = setting ? setting->value : NULL;

	if (!value)
		return true;
	if (value->kind != NODE_LIST)
		return !*value->text || string_list_add(list, value->text);
	for (unsigned int i = 0; i < value->count; i++)
		if (value->item[i]->kind != NODE_LIST &&
		    !string_list_add(list, value->item[i]->text))
			return false;
	return true;
}

static bool add_viridian(uint64_t *mask, const char *word, struct hvm_fault *fault)
{
	bool off = *word == '!';
	uint64_t bits = 0;

	word += off;
	if (!strcmp(word, "1") || !strcmp(word, "defaults"))
		bits = VIRIDIAN_DEFAULTS | 1u << VIRIDIAN_FREQ;
	else if (!strcmp(word, "all"))
		bits = VIRIDIAN_OFFERED;
	else if (strcmp(word, "0"))
		for (unsigned int i = 0; i < NR_VIRIDIAN; i++)
			bits |= strcmp(word, viridian_words[i]) ? 0 : 1u << i;
	if (!bits && strcmp(word, "0"))
		return wrong(fault, "viridian",
			     "viridian=%.40s: it must be 0, 1, all, defaults, or a list of groups "
			     "as base, time_ref_count (xl.cfg(5))",
			     word);
	if (!off && bits & ~(uint64_t)VIRIDIAN_OFFERED)
		return wrong(fault, "viridian",
			     "viridian: the group %.40s is not offered: leave it out (xl.cfg(5))", word);
	*mask = off ? *mask & ~bits : *mask | bits;
	return true;
}

static bool read_viridian(const struct syntax *syntax, struct hvm_spec *spec,
			  struct hvm_fault *fault)
{
	const uint64_t freq = 1u << VIRIDIAN_FREQ;
	struct string_list words = { 0 };
	bool good = read_list(syntax, "viridian", &words);

	for (unsigned int i = 0; good && i < words.count; i++)
		good = add_viridian(&spec->viridian, words.item[i], fault);
	while (words.count)
		string_list_remove(&words, words.count - 1);
	free(words.item);
	if (spec->viridian)
		spec->viridian = (spec->viridian | 1) ^ freq; /* the parameter's bit says "no" */
	return good;
}

static bool finish_firmware(struct reading_hvm *reading, struct hvm_fault *fault)
{
	int word = reading->firmware >= 0 ? reading->firmware : reading->bios;
	const char *key = reading->firmware >= 0 ? "firmware" : "bios";

	if (word == BIOS_ROMBIOS)
		return wrong(fault, key,
			     "rombios belongs to the device model qemu-xen-traditional, which is "
			     "not offered: use %s=\"seabios\"",
			     key);
	reading->spec.firmware = word == BIOS_OVMF || word == BIOS_UEFI ? HVM_OVMF : HVM_SEABIOS;
	return true;
}

static bool finish_screen(struct reading_hvm *reading, struct hvm_fault *fault)
{
	static const unsigned int least[] = { [HVM_CIRRUS] = 8, [HVM_STDVGA] = 16, [HVM_QXL] = 128,
					      [HVM_NO_VGA] = 0 };
	struct hvm_spec *spec = &reading->spec;

	if (reading->sdl || reading->opengl)
		return wrong(fault, reading->sdl ? "sdl" : "opengl",
			     "the device model has no window on Domain-0's screen: use vnc=1 and a "
			     "viewer");
	spec->vga = reading->vga >= 0 ? (enum hvm_vga)reading->vga
		    : reading->stdvga ? HVM_STDVGA
				      : HVM_CIRRUS;
	if (reading->videoram >= 0 && spec->vga != HVM_NO_VGA &&
	    (unsigned int)reading->videoram < least[spec->vga])
		return wrong(fault, "videoram", "videoram=%d: this screen needs at least %u MiB",
			     reading->videoram, least[spec->vga]);
	spec->videoram_mib = reading->videoram >= 0 && spec->vga != HVM_NO_VGA
				 ? (unsigned int)reading->videoram
				 : least[spec->vga];
	if (spec->spice && !spec->spice_port && !spec->spice_tls_port)
		return wrong(fault, "spice", "spice=1 needs spiceport= or spicetls_port=");
	if (spec->spice && !spec->spice_open && !spec->spice_password[0])
		return wrong(fault, "spice",
			     "spice=1 needs spicepasswd=, or spicedisable_ticketing=1 for none");
	return true;
}

static bool finish_rest(struct reading_hvm *reading, struct hvm_fault *fault)
{
	struct hvm_spec *spec = &reading->spec;
	uuid_t uuid;

	for (const char *letter = spec->boot; *letter; letter++)
		if (!strchr("acdn", *letter))
			return wrong(fault, "boot",
				     "boot=\"%s\": letters are a (floppy), c (disk), d (CD) and n "
				     "(network)",
				     spec->boot);
	if (!strcmp(spec->generation_id, "none"))
		spec->generation_id[0] = '\0';
	if (spec->generation_id[0] && strcmp(spec->generation_id, "generate") &&
	    uuid_parse(spec->generation_id, uuid))
		return wrong(fault, "ms_vm_genid",
			     "ms_vm_genid=%s: it must be generate, none or a UUID",
			     spec->generation_id);
	if (!spec->pae || !spec->nx)
		return wrong(fault, spec->pae ? "nx" : "pae",
			     "every guest has PAE and NX where the machine has: remove it");
	if (reading->version == 1)
		return wrong(fault, "device_model_version",
			     "qemu-xen-traditional is not offered: use qemu-xen");
	if (reading->stubdomain)
		return wrong(fault, "device_model_stubdomain_override",
			     "the device model cannot run in a domain of its own: it runs in "
			     "Domain-0 without privileges; remove it");
	if (spec->serials.count > 4)
		return wrong(fault, "serial", "a guest has four serial lines at most");
	spec->hole_bytes = (uint64_t)reading->hole << 20;
	spec->vendor_device = reading->vendor == VENDOR_XENSERVER;
	return true;
}

bool hvm_spec_from_syntax(const struct syntax *syntax, struct hvm_spec *spec,
			  struct hvm_fault *fault)
{
	struct reading_hvm reading = {
		.spec = { .boot = "cda",
			  .apic = true,
			  .pae = true,
			  .nx = true,
			  .hpet = true,
			  .vpt_align = true,
			  .acpi_s3 = true,
			  .acpi_s4 = true,
			  .platform_pci = true,
			  .timer_mode = 1,
			  .vnc = true,
			  .vncunused = true,
			  .vnclisten = "127.0.0.1",
			  .vncdisplay = -1,
			  .spice_mouse = true,
			  .generation_id = "none",
			  .restricted = true },
		.bios = -1,
		.firmware = -1,
		.vga = -1,
		.videoram = -1,
	};
	bool good = read_keys(syntax, &reading, fault) && finish_firmware(&reading, fault) &&
		    finish_screen(&reading, fault) &&
		    read_viridian(syntax, &reading.spec, fault) &&
		    read_list(syntax, "serial", &reading.spec.serials) &&
		    read_list(syntax, "usbdevice", &reading.spec.usb_devices) &&
		    read_list(syntax, "device_model_args", &reading.spec.arguments) &&
		    read_list(syntax, "device_model_args_hvm", &reading.spec.arguments) &&
		    finish_rest(&reading, fault);

	*spec = reading.spec;
	if (!good && !fault->message[0])
		wrong(fault, NULL, "memory ran out");
	return good;
}

bool hvm_spec_from_config(const struct domain_config *config, struct hvm_spec *spec,
			  struct hvm_fault *fault)
{
	struct syntax syntax;
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);
	bool good = out;

	memset(spec, 0, sizeof(*spec));
	for (unsigned int i = 0; good && i < config->nr_unused; i++)
		fprintf(out, "%s = %s\n", config->unused[i].key, config->unused[i].value);
	good = good && !fclose(out);
	syntax_init(&syntax, NULL, NULL);
	good = good && syntax_add(&syntax, "kept", text, bytes) && syntax_fold(&syntax);
	if (good)
		good = hvm_spec_from_syntax(&syntax, spec, fault);
	else
		wrong(fault, NULL, "the kept keys cannot be read");
	syntax_free(&syntax);
	free(text);
	return good;
}

void hvm_spec_free(struct hvm_spec *spec)
{
	struct string_list *list[] = { &spec->serials, &spec->usb_devices, &spec->arguments };

	for (unsigned int i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		while (list[i]->count)
			string_list_remove(list[i], list[i]->count - 1);
		free(list[i]->item);
		*list[i] = (struct string_list){ 0 };
	}
}
