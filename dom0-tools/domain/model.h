/* SPDX-License-Identifier: MIT */
/*
 * The device model of an HVM guest: one QEMU process (Debian's package qemu-system-xen), which emulates
 * the machine's devices.
 *
 * It is started once the guest's memory is built and before the guest runs, opens all it needs as
 * root, then gives that up: an uid of its own for each guest, an empty root directory, handles that
 * are good for this one domain. Commands reach it over its QMP socket. domd watches the process: a
 * guest whose device model ends has crashed. Where it runs is in the store (image/device-model-pid);
 * whoever ends it on purpose removes that node first.
 */
#ifndef SERAI_MODEL_H
#define SERAI_MODEL_H

#include "config/hvm_spec.h"
#include "domain/internal.h"

#define LOADER_FOLDER	   "/usr/lib/xen-4.17/boot/"
#define SEABIOS_PATH	   "/usr/share/seabios/bios-256k.bin"
#define OVMF_PATH	   "/usr/share/ovmf/OVMF.fd"
#define UEFI_ROM	   "serai-uefi.rom"
#define DEVICE_MODEL_PATH  "/usr/libexec/xen-qemu-system-i386"
#define QMP_SOCKET	   "/run/xen/qmp-libxl-%u"
#define MODEL_ROOT	   "/run/xen/qemu-root-%u"
#define MODEL_LOG	   "/var/log/xen/qemu-dm-%s.log"
/* Users of device models: this and the domain's id. serai-back's workers have those below. */
#define MODEL_UID_BASE 0x7f5e8000u

/* The domain's own firmware file, or the usual one of its kind. */
const char *model_firmware(const struct hvm_spec *spec);
const char *model_program(const struct hvm_spec *spec);
/*
 * loader.c: the program the guest starts with: what the domain asks for, or Debian's hvmloader, or
 * Serai's own where that is not installed. -ENOENT (told).
 */
int model_loader(struct session *session, const struct hvm_spec *spec, char *path, size_t room);

/*
 * model_arguments.c: its command line, the program's path first. uefi_rom: the ROM through which
 * UEFI firmware gets the loader's tables. -EINVAL or -ENOMEM (told).
 *
 * files: NULL for one that begins anew. Else it is restored, from descriptor MODEL_STATE_FD. It opens
 * its disks for writing only then, when a restricted one cannot any more: their paths come back
 * here, and it expects each at two descriptors, for both and for reading alone.
 */
#define MODEL_STATE_FD	       3
#define MODEL_DISK_FD(number)  (4 + 2 * (number))
#define MODEL_READ_FD(number)  (5 + 2 * (number))
int model_arguments(struct session *session, const struct domain_config *config,
		    const struct hvm_spec *spec, uint32_t domid, const char *uefi_rom,
		    struct string_list *files, struct string_list *list);
/* The emulated half of network card `number`: its interface. */
void model_interface(char name[16], const char *vifname, uint32_t domid, uint32_t number);

/*
 * model.c. state: a descriptor its state is read from, as model_freeze() gave it; -1: it begins anew. The
 * caller's still afterwards.
 */
int model_start(struct session *session, const struct domain_config *config,
		const struct hvm_spec *spec, uint32_t domid, int state);
/* Without a word; nothing if there is none. */
void model_stop(struct session *session, uint32_t domid);

/* A descriptor that is readable once it has ended. -ENOENT: none is recorded, -ESRCH: it has. */
int model_process(struct session *session, uint32_t domid);
/* Has it been seen running? Before, its end is a failed creation, not a crash of the guest. */
bool model_is_up(struct session *session, uint32_t domid);

/* model_change.c: puts the medium into the emulated drive, or takes it out (no target). */
int model_change_medium(struct session *session, uint32_t domid, const struct disk_spec *disk);

/*
 * model_state.c: the emulated machine's state, for a guest that stands still: a file in memory, read from its
 * beginning. One of a running model is at most MODEL_STATE_MOST bytes and cannot change any more: it comes from
 * a process its guest may have taken over.
 *
 * model_freeze() stops the emulated machine, whose disks' writes are out by then; model_thaw() lets it go on,
 * frozen or not. model_state_new() makes an empty file. -errno (told).
 */
#define MODEL_STATE_MOST (8u << 20)
struct model_state {
	int fd; /* -1: none */
	uint32_t bytes;
};
int model_freeze(struct session *session, uint32_t domid, struct model_state *state);
int model_thaw(struct session *session, uint32_t domid);
int model_state_new(struct session *session, struct model_state *state);
void model_state_close(struct model_state *state);

/* qmp.c: a conversation with a device model. */
struct qmp {
	int fd;
	size_t bytes;
	char answer[16384]; /* a line, then what came after it */
	char why[200];	    /* of a failure */
	/* Called every few milliseconds while an answer is awaited; NULL: nothing is. */
	void (*meanwhile)(void *data);
	void *data;
};

/* model_talk.c: with the model of a domain. All tell what went wrong. */
int model_open(struct session *session, uint32_t domid, struct qmp *qmp);
/* A command without an answer that matters. */
int model_command(struct session *session, struct qmp *qmp, const char *command, const char *arguments);
/* Hands it an open file, /dev/fdset/<number> from then on. */
int model_give(struct session *session, struct qmp *qmp, int fd, long long *number);
/* model_state.c: the part of model_freeze() that is the talk with one that stands still. */
int model_state_take(struct session *session, struct qmp *qmp, struct model_state *state);

/* 0 or -errno: -ENOENT, -ECONNREFUSED: none is there (yet). */
int qmp_open(struct qmp *qmp, const char *path, unsigned int seconds);
/*
 * A command with its arguments as JSON ("" for none), and a descriptor to go with it (-1: none). The
 * answer's value as JSON, malloc'ed, in *value unless that is NULL. -EREMOTEIO: refused; why tells.
 */
int qmp_command(struct qmp *qmp, const char *command, const char *arguments, int fd,
		unsigned int seconds, char **value);
void qmp_close(struct qmp *qmp);

#endif
