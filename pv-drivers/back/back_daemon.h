/* SPDX-License-Identifier: MIT */
/*
 * What a class is to serai-backd, and what serai-backd offers it.
 *
 * One thread, one loop: nothing here may block on a guest, a worker or a helper process. What
 * cannot be done at once returns BACK_LATER and ends by back_finish(). Errors of a device concern
 * that device alone: they end in its node "error" and in the state Closed.
 */
#ifndef BACK_DAEMON_H
#define BACK_DAEMON_H

#include "back.h"
#include "pv_xenbus.h"

#include <stdarg.h>
#include <sys/types.h>
#include <syslog.h>
#include <xenstore.h>

#define BACK_PATH_MAX	    512
#define BACK_LATER	    1
#define BACK_SECONDS	    30	/* a worker has this long to start, connect, disconnect */
#define BACK_HELPER_SECONDS 100 /* a class, to finish what is BACK_LATER */

struct back_device;

/* What a connect message carries beside its head. The class fills body and fds. */
struct back_connect {
	size_t bytes;
	uint8_t *body; /* room for BACK_BODY_BYTES, zeroed, 8-aligned */
	uint32_t nr_fds;
	int fds[BACK_MAX_FDS]; /* closed by the frame once sent, unless keep_fds */
	bool keep_fds;
	uint32_t journal_bytes; /* the class's part of the journal; at most 16 MiB */
};

/*
 * A slot that is NULL does nothing and succeeds. rc is 0, -errno (after back_error(), which says
 * why) or, where noted, BACK_LATER.
 */
struct back_class {
	const char *kind;   /* the directory below backend/ */
	size_t state_bytes; /* device->state, zeroed when the device appears */
	/*
	 * One worker process for each device instead of one a guest, for classes that need more
	 * than the common sandbox allows: their struct back_service says what.
	 */
	bool own_worker;
	/* And the file beside serai-back to run for it; NULL: serai-back itself. */
	const char *program;
	enum pv_half front; /* PV_FRONT, or PV_FRONT_FIRST for net; documentation only */

	/* False: another program serves this one, leave it alone. */
	bool (*ours)(uint32_t domid, uint32_t devid);
	/* The device is new, or taken over from a serai-backd that died. No BACK_LATER. */
	int (*appeared)(struct back_device *device);
	/* Write features and facts; then the frontend is let in. May be BACK_LATER: then it is
	   called again after back_finish(device, 0). Called at each reconnection, too, and, when
	   taking over, before prepare(). */
	int (*advertise)(struct back_device *device);
	/*
	 * Read what the frontend published, check it, fill connect. May be BACK_LATER: then it is
	 * called again after back_finish(device, 0). resume: the same rings go on (the worker or
	 * serai-backd died); everything must be opened anew.
	 */
	int (*prepare)(struct back_device *device, struct back_connect *connect, bool resume);
	/* The worker serves; what is to be published before the state Connected. */
	int (*connected)(struct back_device *device);
	/* The worker has let go, or is dead. Close what prepare opened and kept. */
	void (*disconnected)(struct back_device *device);
	/* Some node of the backend's own directory, or of the frontend's, has changed while
	   connected. */
	void (*changed)(struct back_device *device);
	/* BACK_TOLD from the worker: bytes as it sent them, to be mistrusted. */
	void (*told)(struct back_device *device, const struct back_message *message);
	/* At the start: a file BACK_DIR/<domid>-<kind>-<devid>.<suffix> of a device that is not
	   there any more. Remove it, and end what it tells of. */
	void (*clean)(const char *name);
	/* The device goes. Must accept a half-made one. The directory may be gone already. */
	void (*gone)(struct back_device *device);
};

/* Classes register themselves: BACK_CLASS(block) for `const struct back_class block`. */
#define BACK_CLASS(class)                                                                          \
	static const struct back_class *const class##_entry                                        \
	    __attribute__((used, section("back_classes"))) = &class

struct back_device {
	const struct back_class *class;
	uint32_t domid, devid;
	char path[BACK_PATH_MAX];  /* ours: /local/domain/N/backend/<kind>/<domid>/<devid> */
	char front[BACK_PATH_MAX]; /* the frontend's directory */
	void *state;
	struct back_private *private; /* the frame's */
};

/* Ends what returned BACK_LATER. rc: 0 or -errno. */
void back_finish(struct back_device *device, int rc);
/* Records why the device fails, in the log and its node error; returns rc. */
int back_error(struct back_device *device, int rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Closes the device because of an error recorded before. */
void back_close(struct back_device *device);
/* Disconnects the worker's half and connects anew, the rings as they are (e.g. a new medium). */
void back_reconnect(struct back_device *device);
/* Sends the worker a BACK_CHANGE. -ENOTCONN: no worker serves the device now. */
int back_change(struct back_device *device, const void *body, size_t bytes, const int *fds,
		uint32_t nr_fds);

/* --- xenstore; keys are relative to the device's directory ----------------------------------- */

/* A node's text, to be freed; NULL: none. */
char *back_read(struct back_device *device, const char *key);
char *back_read_front(struct back_device *device, const char *key);
/*
 * The number in a node, decimal.
 * -ENOENT: no such node. -EINVAL: no number, or above max.
 */
int back_read_number(struct back_device *device, const char *key, uint32_t max, uint32_t *number);
int back_read_front_number(struct back_device *device, const char *key, uint32_t max,
			   uint32_t *number);
/* 0, or -errno (recorded). */
int back_write(struct back_device *device, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void back_remove(struct back_device *device, const char *key);
struct xs_handle *back_store(void);

/* --- the loop -------------------------------------------------------------------------------- */

/* One descriptor to wait for; ready() gets epoll's events and may remove it. */
struct back_source {
	void (*ready)(struct back_source *source, uint32_t events);
};
int back_add_fd(int fd, struct back_source *source, uint32_t events); /* 0 or -errno */
void back_remove_fd(int fd);

/* One shot; may be set again, or stopped (ms < 0), at any time. Zero before first use. */
struct back_timer {
	void (*expired)(struct back_timer *timer);
	uint64_t due;
	struct back_timer *next;
	bool set;
};
void back_set_timer(struct back_timer *timer, int ms);
uint64_t back_now_ms(void); /* monotonic */

/* Tells exited() when the process (any, not only a child) is gone; a child is reaped. */
struct back_process {
	void (*exited)(struct back_process *process, int status); /* of wait(); -1 if unknown */
	pid_t pid;
	int pidfd;
	struct back_source source;
};
int back_watch_process(struct back_process *process, pid_t pid); /* 0 or -errno */
void back_forget_process(struct back_process *process);
void back_signal_process(struct back_process *process, int signal);

void back_log(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
