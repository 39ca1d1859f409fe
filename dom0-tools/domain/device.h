/* SPDX-License-Identifier: MIT */
/*
 * Devices of guests, as this folder's files share them: what one is, the table of kinds, and the
 * steps its life is made of.
 *
 * A device has nodes in three places: the frontend's (the guest's own), the backend's, and the
 * toolstack's record below /libxl, from which alone commands take where the other two are: a guest
 * cannot write there.
 */
#ifndef SERAI_DEVICE_H
#define SERAI_DEVICE_H

#include "config/spec.h"
#include "domain/internal.h"

struct device_kind;

struct device {
	const struct device_kind *kind;
	uint32_t domid, backend_domid, number;
	char back_type[32]; /* directory below backend/ */
	char frontend[PATH_BYTES], backend[PATH_BYTES], record[PATH_BYTES];
	bool numbered;	   /* the specification says its number */
	bool scripted;	   /* a program of the user's connects it */
	bool empty;	   /* a drive without a medium: only the record */
	char physical[32]; /* of a disk: "major:minor" */
	union {
		struct disk_spec disk;
		struct vif_spec vif;
		struct vfb_spec vfb;
		struct vkb_spec vkb;
		struct p9_spec p9;
		struct channel_spec channel;
	};
};

/* One kind of device. Functions return 0 or a negative errno (told); NULL: nothing to do. */
struct device_kind {
	const char *key;	/* of xl.cfg */
	const char *noun;	/* in messages */
	const char *front_type; /* directory below device/ of the guest and of the record */
	size_t list;		/* offset of the string_list in struct domain_config */
	bool (*read)(const char *text, struct device *device, struct spec_fault *fault);
	const char *(*backend)(const struct device *device); /* the backend domain as named */
	/* Chooses back_type, and checks what can be before there is anything to undo. */
	int (*choose)(struct session *session, struct device *device);
	void (*front_nodes)(struct store_batch *batch, const struct device *device);
	/* Into the backend's directory, and again into the record's. */
	void (*back_nodes)(struct store_batch *batch, const struct device *device, const char *at);
	/* Once the backend is there: what has to be done for it in this domain. */
	int (*connect)(struct session *session, struct device *device);
	/* Once the backend is closed: what connect() has kept beside the nodes. */
	void (*left)(struct session *session, const struct device *device);
	const char *script_off; /* what its hotplug script is told at the end; NULL: it has none */
};

extern const struct device_kind *const device_kinds[NR_DEVICE_CLASSES];

/* devices_add.c: from a specification to a device whose nodes are not there yet. */
int device_plan(struct session *session, uint32_t domid, enum device_class class, const char *text,
		struct device *device);
/* The specification with what was chosen written out, so that it stays; malloc'ed, NULL: no memory.
 */
char *device_settled(const struct device_kind *kind, const char *text, const struct device *device);
/* An address of the range that is Xen's own, at random. */
void vif_make_mac(char mac[18]);
/* Writes the nodes and waits until the backend is ready for its frontend. */
int device_make(struct session *session, struct device *device);

/* device_nodes.c */
int device_write_nodes(struct session *session, struct device *device);
void device_remove_nodes(struct session *session, const struct device *device);
/* Of all of a domain's that is removed whole: only what lies outside of its own parts. */
void devices_remove_backends(struct session *session, const struct device *devices,
			     unsigned int count);
void device_paths(struct device *device);
/* The smallest number that no device of the kind has. */
uint32_t device_free_number(struct session *session, const struct device *device);
/* For kinds' functions: read by the guest, not written by it. */
void front_read_only(struct store_batch *batch, const struct device *device, const char *value,
		     const char *node);

/* device_wait.c */
int device_await_backend(struct session *session, const struct device *device);
/* Of a network card: xen-netback says that it is ready, and makes it then. */
int device_await_interface(struct session *session, const struct device *device, const char *name);
int device_await_connected(struct session *session, const struct device *device);
/* Until the backend is Closed or gone; false when time is up. */
bool device_await_closed(struct session *session, const struct device *device, uint64_t deadline);
/* The guest's ends of its event channels, as it says. */
#define MOST_DEVICE_PORTS 32
struct device_ports {
	unsigned int count;
	uint32_t port[MOST_DEVICE_PORTS];
};
void device_ports(struct session *session, const struct device *device, struct device_ports *ports);
/* Until the guest has closed them, some seconds at most: only then has it seen that the device's
 * nodes are gone. One that is made at the same place earlier it takes for the old one, and does not
 * look at. */
void device_await_forgotten(struct session *session, uint32_t domid,
			    const struct device_ports *ports);
/* The backend's or the kernel's own words of what went wrong; malloc'ed, NULL if it said none. */
char *device_complaint(struct session *session, const struct device *device);

/* device_list.c: devices as the record has them. malloc'ed; all kinds if class is
 * NR_DEVICE_CLASSES. */
struct device *devices_found(struct session *session, uint32_t domid, enum device_class class,
			     unsigned int *count);

/* devices.c: asks both halves to close; by force: as if the frontend had vanished. */
void device_ask_to_close(struct session *session, const struct device *device, bool force);
/* The hotplug script that set the device up, if one did, undoes it. */
void device_undo_connect(struct session *session, const struct device *device);
/* From any state to nothing, without asking the guest. */
void device_force_away(struct session *session, const struct device *device);

/* device_disk.c, device_vif.c, device_screen.c, device_share.c: the kinds. */
extern const struct device_kind disk_kind, vif_kind, vfb_kind, vkb_kind, p9_kind, channel_kind;

/* device_backd.c: is Serai's backend daemon installed? -ENOENT (told) if not. */
int backd_needed(struct session *session, const struct device *device);

#endif
