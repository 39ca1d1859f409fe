/* SPDX-License-Identifier: MIT */
/*
 * The machine of an HVM guest and its device model, as xl.cfg's keys for them say.
 *
 * The configuration keeps these keys as written (config.h's `unused`); here they are taken apart, with
 * xl 4.17's defaults filled in. What cannot be had is refused with the reason.
 */
#ifndef SERAI_CONFIG_SPEC_HVM_H
#define SERAI_CONFIG_SPEC_HVM_H

#include "config/config.h"
#include "config/spec.h"

struct syntax;

enum hvm_firmware { HVM_SEABIOS, HVM_OVMF };
enum hvm_vga { HVM_CIRRUS, HVM_STDVGA, HVM_QXL, HVM_NO_VGA };
enum hvm_disks { HVM_IDE, HVM_AHCI };

struct hvm_spec {
	enum hvm_firmware firmware;
	char firmware_path[SPEC_PATH]; /* "": the usual */
	char loader[SPEC_PATH];	       /* the program that puts it in place; "": the usual */
	char acpi[SPEC_PATH], smbios[SPEC_PATH]; /* files of further tables; "": none */
	char boot[8];		       /* letters of a, c, d, n */
	bool apic, pae, nx, hpet, vpt_align, acpi_s3, acpi_s4, laptop_slate, platform_pci;
	bool vendor_device; /* the one by which Windows finds drivers */
	int timer_mode;	    /* HVMPTM_* */
	uint64_t viridian;  /* HVMPV_* */
	uint64_t hole_bytes; /* 0: the usual */
	char generation_id[40]; /* "": none; "generate" is a random one */

	enum hvm_vga vga;
	unsigned int videoram_mib;
	bool nographic, vnc, vncunused;
	char vnclisten[SPEC_NAME], vncpasswd[SPEC_NAME], keymap[32];
	int vncdisplay; /* -1: not given */
	bool spice, spice_open, spice_mouse, spice_agent;
	unsigned int spice_port, spice_tls_port; /* 0: none */
	char spice_host[SPEC_NAME], spice_password[SPEC_NAME];

	struct string_list serials, usb_devices, arguments; /* arguments: of the device model */
	bool usb;
	int usb_version; /* 0: not given */
	char sound[16];
	enum hvm_disks disks;

	char model[SPEC_PATH]; /* the device model's program; "": the usual */
	char user[SPEC_NAME];  /* whom it runs as; "": one of its own for each guest */
	bool restricted;       /* it gives up what it does not need */
};

struct hvm_fault {
	const char *key; /* of xl.cfg */
	char message[240];
};

/* hvm_spec_free() is due after failures, too. */
bool hvm_spec_from_syntax(const struct syntax *syntax, struct hvm_spec *spec,
			  struct hvm_fault *fault);
bool hvm_spec_from_config(const struct domain_config *config, struct hvm_spec *spec,
			  struct hvm_fault *fault);
void hvm_spec_free(struct hvm_spec *spec);

/* "seabios", "ovmf"; by the enumerations. */
extern const char *const hvm_firmware_names[];

#endif
