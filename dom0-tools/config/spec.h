/* SPDX-License-Identifier: MIT */
/*
 * Specifications of devices, as disk=, vif=, vfb=, vkb=, p9= and channel= of xl.cfg and the attach
 * commands of xl have them, taken apart: xl-disk-configuration(5), xl-network-configuration(5) and
 * xl.cfg(5) of 4.17 in every form, deprecated ones included.
 *
 * Nothing here looks at the machine: what a text says is told, not whether it can be had. Each
 * reader gives true, or false with the fault's words and where in the text it lies. Texts too long
 * for their place are faults, never cut.
 */
#ifndef SERAI_CONFIG_SPEC_H
#define SERAI_CONFIG_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPEC_PATH 512 /* bytes of a path or address with its NUL */
#define SPEC_NAME 64  /* of a name */

struct spec_fault {
	size_t offset; /* of the first wrong character */
	char message[220];
};

enum disk_format { DISK_RAW, DISK_QCOW, DISK_QCOW2, DISK_VHD, DISK_VMDK, DISK_QED };
enum disk_backend { DISK_AUTO, DISK_PHY, DISK_QDISK };

struct disk_spec {
	char target[SPEC_PATH]; /* "": an empty drive */
	char vdev[32];
	char script[SPEC_PATH];	 /* as written; "" none */
	char backend[SPEC_NAME]; /* a domain; "": this one */
	uint32_t number;	 /* of the virtual device */
	enum disk_format format;
	enum disk_backend type;
	bool writable, cdrom, discard, direct_io_safe, untrusted;
};

enum vif_backend { VIF_AUTO, VIF_LINUX, VIF_SERAI };

struct vif_spec {
	char mac[18]; /* in small letters; "": to be made up */
	char bridge[16], vifname[16], gatewaydev[16], mode[16], model[32];
	char script[SPEC_PATH], ip[SPEC_PATH];
	char backend[SPEC_NAME];
	enum vif_backend type;
	int devid;		       /* -1: the lowest free one */
	unsigned int mtu;	       /* 0: the bridge's */
	uint64_t rate_bytes;	       /* in each interval; 0 with no interval: unlimited */
	unsigned int rate_interval_us; /* 0: unlimited */
	bool untrusted;
	/*
	 * type=ioemu: also as a card the guest's firmware knows, as an HVM guest's are anyway;
	 * type=vif: not so.
	 */
	bool emulated, pv_only;
};

struct vfb_spec {
	bool vnc, vncunused, sdl, opengl;
	char vnclisten[SPEC_NAME], vncpasswd[SPEC_NAME], keymap[32];
	char display[SPEC_NAME], xauthority[SPEC_PATH];
	char backend[SPEC_NAME];
	int vncdisplay; /* -1: not given */
};

enum vkb_backend { VKB_QEMU, VKB_LINUX };

struct vkb_spec {
	char unique_id[SPEC_NAME], backend[SPEC_NAME];
	enum vkb_backend type;
	bool disable_keyboard, disable_pointer, abs_pointer, raw_pointer, multi_touch;
	unsigned int width, height, touch_width, touch_height, touch_contacts;
	int devid; /* -1: the lowest free one */
};

struct p9_spec {
	char tag[32], security_model[16], backend[SPEC_NAME];
	char path[SPEC_PATH];
	bool readonly;
};

enum channel_connection { CHANNEL_PTY, CHANNEL_SOCKET };

struct channel_spec {
	char name[SPEC_NAME], backend[SPEC_NAME];
	char path[SPEC_PATH];
	enum channel_connection connection;
};

bool disk_spec_read(const char *text, struct disk_spec *disk, struct spec_fault *fault);
bool vif_spec_read(const char *text, struct vif_spec *vif, struct spec_fault *fault);
bool vfb_spec_read(const char *text, struct vfb_spec *vfb, struct spec_fault *fault);
bool vkb_spec_read(const char *text, struct vkb_spec *vkb, struct spec_fault *fault);
bool p9_spec_read(const char *text, struct p9_spec *p9, struct spec_fault *fault);
bool channel_spec_read(const char *text, struct channel_spec *channel, struct spec_fault *fault);

/* The one form of a disk that says everything by name; malloc'ed. */
char *disk_spec_text(const struct disk_spec *disk);
/* The number a name like xvda1, sdb or hdc stands for (xen-vbd-interface(7)); false if for none. */
bool vdev_number(const char *vdev, uint32_t *number);
/* "10Mb/s" or "1MB/s@20ms" as bytes in each interval; NULL, or what is wrong with it. */
const char *vif_rate_read(const char *text, uint64_t *bytes, unsigned int *interval_us);

/* Reads one specification of the list of xl.cfg with this key, only to check it. */
bool spec_check(const char *key, const char *text, struct spec_fault *fault);

extern const char *const disk_format_names[]; /* by enum disk_format, NULL-terminated */

#endif
