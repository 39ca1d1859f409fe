/* SPDX-License-Identifier: MIT */
/*
 * The table of every key xl 4.17 looks up, and the checks all of them share.
 *
 * A key without a setter is known and kept, but has no effect in Serai for its types yet or ever;
 * the manual page xl.cfg(5) says which.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/keys.h"

/* clang-format off */
#define AT(member) offsetof(struct domain_config, member)
#define TEXT(key, member) { key, VALUE_TEXT, FOR_ALL, set_text, AT(member), 0, 0 }
#define NUMBER(key, member, least, most) { key, VALUE_NUMBER, FOR_ALL, set_number, AT(member), least, most }
#define LIST(key, member) { key, VALUE_LIST, FOR_ALL, set_list, AT(member), 0, 0 }
#define DEVICES(key, member) { key, VALUE_LIST, FOR_ALL, set_devices, AT(member), 0, 0 }
#define ACTION(key) { #key, VALUE_TEXT, FOR_ALL, set_action, AT(key), 0, 0 }
#define LATER(key, kind) { key, kind, FOR_ALL, set_later, 0, 0, 0 }
#define KEPT(key, kind, types) { key, kind, types, NULL, 0, 0, 0 }

const struct key config_keys[] = {
	/* what it is */
	{ "name", VALUE_TEXT, FOR_ALL, set_name, AT(name), 0, 0 },
	{ "uuid", VALUE_TEXT, FOR_ALL, set_uuid, AT(uuid), 0, 0 },
	LATER("type", VALUE_TEXT),
	LATER("builder", VALUE_TEXT),
	TEXT("pool", pool),
	KEPT("seclabel", VALUE_TEXT, FOR_ALL),
	KEPT("init_seclabel", VALUE_TEXT, FOR_ALL),
	KEPT("driver_domain", VALUE_BOOL, FOR_ALL),
	KEPT("nomigrate", VALUE_BOOL, FOR_ALL),
	KEPT("xend_suspend_evtchn_compat", VALUE_BOOL, FOR_ALL),

	/* how it boots */
	TEXT("kernel", kernel),
	TEXT("ramdisk", ramdisk),
	LATER("cmdline", VALUE_TEXT),
	LATER("root", VALUE_TEXT),
	LATER("extra", VALUE_TEXT),
	{ "bootloader", VALUE_TEXT, FOR_PV | FOR_PVH, set_text, AT(bootloader), 0, 0 },
	{ "bootloader_args", VALUE_TEXT_OR_LIST, FOR_PV | FOR_PVH, set_list, AT(bootloader_args), 0, 0 },
	KEPT("firmware", VALUE_TEXT, FOR_ALL),
	KEPT("bios", VALUE_TEXT, FOR_HVM),
	KEPT("bios_path_override", VALUE_TEXT, FOR_HVM),
	KEPT("firmware_override", VALUE_TEXT, FOR_HVM),
	KEPT("boot", VALUE_TEXT, FOR_HVM),
	KEPT("pvshim", VALUE_BOOL, FOR_PVH),
	KEPT("pvshim_path", VALUE_TEXT, FOR_PVH),
	KEPT("pvshim_cmdline", VALUE_TEXT, FOR_PVH),
	KEPT("pvshim_extra", VALUE_TEXT, FOR_PVH),
	KEPT("device_tree", VALUE_TEXT, 0),

	/* processors */
	NUMBER("vcpus", vcpus, 1, 8192),
	NUMBER("maxvcpus", max_vcpus, 1, 8192),
	{ "cpus", VALUE_TEXT_OR_LIST, FOR_ALL, set_affinity, AT(affinity.hard), 0, 0 },
	{ "cpus_soft", VALUE_TEXT_OR_LIST, FOR_ALL, set_affinity, AT(affinity.soft), 0, 0 },
	NUMBER("cpu_weight", weight, 1, 65535),
	NUMBER("cap", cap, 0, 65535),
	KEPT("period", VALUE_NUMBER, FOR_ALL),
	KEPT("slice", VALUE_NUMBER, FOR_ALL),
	KEPT("latency", VALUE_NUMBER, FOR_ALL),
	KEPT("extratime", VALUE_NUMBER, FOR_ALL),
	{ "cpuid", VALUE_TEXT_OR_LIST, FOR_ALL, set_cpuid, AT(cpuid), 0, 0 },
	KEPT("vpmu", VALUE_BOOL, FOR_ALL),
	KEPT("vmtrace_buf_kb", VALUE_NUMBER, FOR_HVM),
	KEPT("msr_relaxed", VALUE_BOOL, FOR_ALL),
	KEPT("mca_caps", VALUE_LIST, FOR_HVM),
	{ "tsc_mode", VALUE_TEXT, FOR_ALL, set_tsc_mode, AT(tsc_mode), 0, 0 },
	NUMBER("rtc_timeoffset", rtc_timeoffset, INT32_MIN, INT32_MAX),
	{ "localtime", VALUE_BOOL, FOR_ALL, set_bool, AT(localtime), 0, 0 },

	/* memory and limits */
	{ "memory", VALUE_NUMBER, FOR_ALL, set_memory, AT(memory_kb), 1, 1LL << 34 },
	{ "maxmem", VALUE_NUMBER, FOR_ALL, set_memory, AT(max_memory_kb), 1, 1LL << 34 },
	{ "shadow_memory", VALUE_NUMBER, FOR_VIRT, set_memory, AT(shadow_memory_kb), 0, 1LL << 24 },
	KEPT("vnuma", VALUE_LISTS, FOR_ALL),
	KEPT("e820_host", VALUE_BOOL, FOR_PV),
	KEPT("mmio_hole", VALUE_NUMBER, FOR_HVM),
	NUMBER("max_grant_frames", max_grant_frames, 0, UINT32_MAX),
	NUMBER("max_maptrack_frames", max_maptrack_frames, 0, UINT32_MAX),
	NUMBER("max_grant_version", max_grant_version, 0, 2),
	NUMBER("max_event_channels", max_event_channels, 0, INT32_MAX),

	/* how it ends */
	ACTION(on_poweroff),
	ACTION(on_reboot),
	ACTION(on_watchdog),
	ACTION(on_crash),
	ACTION(on_soft_reset),

	/* PV devices */
	DEVICES("disk", disks),
	DEVICES("vif", vifs),
	KEPT("vif2", VALUE_LIST, 0),
	DEVICES("vfb", vfbs),
	DEVICES("p9", p9s),
	DEVICES("channel", channels),
	DEVICES("vkb", vkbs),
	LIST("pci", pcis),
	LIST("ioports", ioports),
	LIST("irqs", irqs),
	LIST("iomem", iomem),
	KEPT("vtpm", VALUE_LIST, FOR_ALL),
	KEPT("pvcalls", VALUE_LIST, FOR_ALL),
	KEPT("vdispl", VALUE_LIST, FOR_ALL),
	KEPT("vsnd", VALUE_LISTS, FOR_ALL),
	KEPT("usbctrl", VALUE_LIST, FOR_ALL),
	KEPT("usbdev", VALUE_LIST, FOR_ALL),
	KEPT("pci_permissive", VALUE_BOOL, FOR_ALL),
	KEPT("pci_msitranslate", VALUE_BOOL, FOR_ALL),
	KEPT("pci_seize", VALUE_BOOL, FOR_ALL),
	KEPT("pci_power_mgmt", VALUE_BOOL, FOR_ALL),
	KEPT("passthrough", VALUE_TEXT, FOR_ALL),
	KEPT("gfx_passthru", VALUE_TEXT, FOR_HVM),
	KEPT("rdm", VALUE_TEXT, FOR_HVM),
	KEPT("rdm_mem_boundary", VALUE_NUMBER, FOR_HVM),
	KEPT("dtdev", VALUE_LIST, 0),

	/* pictures, keyboards and sound; a PV guest's are in vfb= and vkb= */
	KEPT("vnc", VALUE_BOOL, FOR_HVM),
	KEPT("vnclisten", VALUE_TEXT, FOR_HVM),
	KEPT("vncdisplay", VALUE_NUMBER, FOR_HVM),
	KEPT("vncunused", VALUE_BOOL, FOR_HVM),
	KEPT("vncpasswd", VALUE_TEXT, FOR_HVM),
	KEPT("vncviewer", VALUE_BOOL, FOR_ALL),
	KEPT("keymap", VALUE_TEXT, FOR_HVM),
	KEPT("sdl", VALUE_BOOL, FOR_HVM),
	KEPT("opengl", VALUE_BOOL, FOR_HVM),
	KEPT("display", VALUE_TEXT, FOR_HVM),
	KEPT("xauthority", VALUE_TEXT, FOR_HVM),
	KEPT("nographic", VALUE_BOOL, FOR_HVM),
	KEPT("spice", VALUE_BOOL, FOR_HVM),
	KEPT("spiceport", VALUE_NUMBER, FOR_HVM),
	KEPT("spicetls_port", VALUE_NUMBER, FOR_HVM),
	KEPT("spicehost", VALUE_TEXT, FOR_HVM),
	KEPT("spicedisable_ticketing", VALUE_BOOL, FOR_HVM),
	KEPT("spicepasswd", VALUE_TEXT, FOR_HVM),
	KEPT("spiceagent_mouse", VALUE_BOOL, FOR_HVM),
	KEPT("spicevdagent", VALUE_BOOL, FOR_HVM),
	KEPT("spice_clipboard_sharing", VALUE_BOOL, FOR_HVM),
	KEPT("spiceusbredirection", VALUE_NUMBER, FOR_HVM),
	KEPT("spice_image_compression", VALUE_TEXT, FOR_HVM),
	KEPT("spice_streaming_video", VALUE_TEXT, FOR_HVM),
	KEPT("vga", VALUE_TEXT, FOR_HVM),
	KEPT("stdvga", VALUE_BOOL, FOR_HVM),
	KEPT("videoram", VALUE_NUMBER, FOR_HVM),
	KEPT("serial", VALUE_TEXT_OR_LIST, FOR_HVM),
	KEPT("usb", VALUE_BOOL, FOR_HVM),
	KEPT("usbdevice", VALUE_TEXT_OR_LIST, FOR_HVM),
	KEPT("usbversion", VALUE_NUMBER, FOR_HVM),
	KEPT("vkb_device", VALUE_BOOL, FOR_HVM),
	KEPT("soundhw", VALUE_TEXT, FOR_HVM),

	/* the machine of a virtualized guest */
	{ "acpi", VALUE_BOOL, FOR_VIRT, set_off, AT(no_acpi), 0, 0 },
	KEPT("acpi_s3", VALUE_BOOL, FOR_HVM),
	KEPT("acpi_s4", VALUE_BOOL, FOR_HVM),
	KEPT("acpi_laptop_slate", VALUE_BOOL, FOR_HVM),
	KEPT("apic", VALUE_BOOL, FOR_VIRT),
	KEPT("pae", VALUE_BOOL, FOR_HVM),
	KEPT("nx", VALUE_BOOL, FOR_HVM),
	KEPT("hpet", VALUE_BOOL, FOR_HVM),
	{ "hap", VALUE_BOOL, FOR_VIRT, set_off, AT(no_hap), 0, 0 },
	KEPT("oos", VALUE_BOOL, FOR_ALL),
	{ "nestedhvm", VALUE_BOOL, FOR_VIRT, set_bool, AT(nested_hvm), 0, 0 },
	KEPT("altp2m", VALUE_TEXT, FOR_HVM),
	KEPT("altp2mhvm", VALUE_BOOL, FOR_HVM),
	KEPT("viridian", VALUE_TEXT_OR_LIST, FOR_HVM),
	KEPT("timer_mode", VALUE_TEXT, FOR_VIRT),
	KEPT("vpt_align", VALUE_BOOL, FOR_HVM),
	KEPT("xen_platform_pci", VALUE_BOOL, FOR_HVM),
	KEPT("vendor_device", VALUE_TEXT, FOR_HVM),
	KEPT("ms_vm_genid", VALUE_TEXT, FOR_HVM),
	KEPT("acpi_firmware", VALUE_TEXT, FOR_HVM),
	KEPT("smbios_firmware", VALUE_TEXT, FOR_HVM),
	KEPT("hdtype", VALUE_TEXT, FOR_HVM),

	/* its device model */
	KEPT("device_model_version", VALUE_TEXT, FOR_ALL),
	KEPT("device_model", VALUE_TEXT, FOR_ALL),
	KEPT("device_model_override", VALUE_TEXT, FOR_ALL),
	KEPT("device_model_user", VALUE_TEXT, FOR_ALL),
	KEPT("dm_restrict", VALUE_BOOL, FOR_HVM),
	KEPT("device_model_args", VALUE_LIST, FOR_ALL),
	KEPT("device_model_args_pv", VALUE_LIST, FOR_PV),
	KEPT("device_model_args_hvm", VALUE_LIST, FOR_HVM),
	KEPT("device_model_stubdomain_override", VALUE_BOOL, FOR_HVM),
	KEPT("device_model_stubdomain_seclabel", VALUE_TEXT, FOR_HVM),
	KEPT("stubdomain_kernel", VALUE_TEXT, FOR_HVM),
	KEPT("stubdomain_cmdline", VALUE_TEXT, FOR_HVM),
	KEPT("stubdomain_ramdisk", VALUE_TEXT, FOR_HVM),
	KEPT("stubdomain_memory", VALUE_NUMBER, FOR_HVM),

	/* other machines than x86 */
	KEPT("gic_version", VALUE_TEXT, 0),
	KEPT("tee", VALUE_TEXT, 0),
	KEPT("vuart", VALUE_TEXT, 0),
};
/* clang-format on */
const unsigned int nr_config_keys = sizeof(config_keys) / sizeof(config_keys[0]);

static const char *kind_wanted(const struct key *key, const struct node *value)
{
	bool list = value->kind == NODE_LIST;
	long long number;

	switch (key->kind) {
	case VALUE_TEXT:
		return list ? "one string, not a list" : NULL;
	case VALUE_NUMBER:
		return list				? "one number, not a list"
		       : node_to_number(value, &number) ? NULL
							: "a number";
	case VALUE_BOOL:
		return !list && node_to_number(value, &number) && (number == 0 || number == 1)
			   ? NULL
			   : "0 or 1";
	case VALUE_LIST:
		for (unsigned int i = 0; list && i < value->count; i++)
			if (value->item[i]->kind == NODE_LIST)
				return "a list of strings without lists inside";
		return list ? NULL : "a list, as in [\"…\", \"…\"]";
	case VALUE_TEXT_OR_LIST:
		for (unsigned int i = 0; i < value->count; i++)
			if (value->item[i]->kind == NODE_LIST)
				return "a string or a list of strings";
		return NULL;
	case VALUE_LISTS:
		for (unsigned int i = 0; list && i < value->count; i++)
			if (value->item[i]->kind != NODE_LIST)
				return "a list of lists";
		return list ? NULL : "a list of lists";
	}
	return NULL;
}

static void unknown_key(struct reading *reading, const struct setting *setting)
{
	const char *nearest = NULL;
	unsigned int best = (unsigned int)strlen(setting->key) / 3 + 1;

	for (unsigned int i = 0; i < nr_config_keys; i++) {
		unsigned int distance = edit_distance(setting->key, config_keys[i].name);

		if (distance < best + !nearest) {
			nearest = config_keys[i].name;
			best = distance;
		}
	}
	syntax_fault(reading->syntax, setting->source, setting->place, false,
		     "unknown key %.60s is ignored%s%s%s", setting->key,
		     nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static bool keep_unused(struct reading *reading, const struct setting *setting)
{
	struct domain_config *config = reading->config;
	size_t size = sizeof(*config->unused);
	void *grown = realloc(config->unused, (config->nr_unused + 1) * size);

	if (!grown)
		return false;
	config->unused = grown;
	config->unused[config->nr_unused].key = strdup(setting->key);
	config->unused[config->nr_unused].value = node_to_text(setting->value);
	config->nr_unused++;
	return config->unused[config->nr_unused - 1].key &&
	       config->unused[config->nr_unused - 1].value;
}

bool key_apply(struct reading *reading, const struct setting *setting)
{
	const struct key *key = config_keys;
	const char *wanted;
	bool used;

	while (key < config_keys + nr_config_keys && strcmp(key->name, setting->key))
		key++;
	if (key == config_keys + nr_config_keys) {
		unknown_key(reading, setting);
		return true;
	}
	wanted = kind_wanted(key, setting->value);
	if (wanted) {
		syntax_fault(reading->syntax, setting->source, setting->value->place, true,
			     "%s must be %s", key->name, wanted);
		return false;
	}
	reading->setting = setting;
	used = key->set && (key->types & (1u << reading->config->type));
	return used ? key->set(reading, key, setting->value) : keep_unused(reading, setting);
}
