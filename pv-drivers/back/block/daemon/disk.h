/* SPDX-License-Identifier: MIT */
/*
 * What the files of serai-backd's block class share.
 *
 *	disk.c		the class: features, the frontend's part checked, media changed
 *	image.c		what params says, files opened and measured
 *	persistent.c	whether grants stay mapped
 *	storage.c	qemu-storage-daemon for formats that are not raw: its life
 *	server.c	its process
 *	handshake.c	the beginning of an NBD connection to it
 */
#ifndef BLOCK_DAEMON_H
#define BLOCK_DAEMON_H

#include "back_daemon.h"
#include "block/block.h"

enum { IMAGE_PATH_MAX = 4096 };

struct image {
	const char *driver;	   /* QEMU's name of the format; NULL: raw */
	char path[IMAGE_PATH_MAX]; /* "": an empty drive */
	bool readonly, cdrom, discard;
	bool block;  /* a block device */
	bool memory; /* a file in memory: tmpfs */
	uint64_t sectors;
	uint32_t sector_size, physical_size;
};

/* Reads params, mode, device-type ... 0 or -errno (told). */
int image_read(struct back_device *device, struct image *image);
/* Opens a raw one and measures it. A descriptor or -errno (told); -ENOMEDIUM if the drive is empty.
 */
int image_open(struct back_device *device, struct image *image);

/* Writes feature-persistent, unless a connection goes on. 0 or -errno (told). */
int persistent_offer(struct back_device *device);
/* We have offered it, and the frontend has taken it. */
bool persistent_agreed(struct back_device *device);

/* The beginning of an NBD connection, a few bytes at a time. */
struct handshake {
	uint32_t stage, got, want, reply_type;
	uint8_t buffer[1024];
	uint64_t size;
	uint16_t flags; /* NBD_FLAG_* of the export */
};

#define NBD_FLAG_READ_ONLY  2u
#define NBD_FLAG_SEND_FLUSH 4u
#define NBD_FLAG_SEND_TRIM  32u

void handshake_start(struct handshake *h);
/* 1: done, size and flags are known. 0: later. -errno. */
int handshake_go_on(struct handshake *h, int fd);

enum storage_phase {
	STORAGE_OFF,
	STORAGE_ENDING,
	STORAGE_STARTING,
	STORAGE_GREETING,
	STORAGE_READY
};

struct storage {
	struct back_device *device;
	const struct image *image;
	enum storage_phase phase;
	bool wanted;  /* once the old one has ended, start another */
	uint64_t since; /* deaths nobody asked for are counted from here, in ms */
	unsigned int deaths;
	struct back_process process;
	struct back_timer poll;
	struct back_source source;
	struct handshake handshake;
	int connection; /* -1: none, or handed over */
};

void storage_init(struct storage *storage, struct back_device *device, const struct image *image);
/*
 * A server for the image, and a connection to it. BACK_LATER: back_finish() tells when it is there,
 * or why not.
 */
int storage_start(struct storage *storage);
/* Asks it to end; its buffers are written first. */
void storage_stop(struct storage *storage);
/* Then another one is not worth the try. */
bool storage_keeps_dying(const struct storage *storage);
void storage_forget(struct storage *storage); /* the device goes: stop, and do not wait */
void storage_clean(const char *name);

#define SERVER_PROGRAM "/usr/bin/qemu-storage-daemon"
#define SERVER_HELD    125 /* exit code: there is one already */

/* 0 or -errno. */
int server_start(const struct storage *storage, struct back_process *process);
/* Whether there is one, and its number; 0: it has not said so yet. Of the file at path, or ours. */
bool server_holds(const char *path, pid_t *pid);
bool server_runs(const struct storage *storage, pid_t *pid);
/* BACK_DIR/<domid>-<kind>-<devid>.<suffix> */
void server_file(const struct storage *storage, const char *suffix, char name[BACK_PATH_MAX]);

#endif
