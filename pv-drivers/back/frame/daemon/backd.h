/* SPDX-License-Identifier: MIT */
/*
 * What the files of serai-backd's frame share.
 *
 *	discover.c	watches xenstore, finds devices, lets them be looked at
 *	device.c	one device: found, looked at, gone
 *	connection.c	what the edges of its XenbusState machine need done
 *	worker.c	one process for a guest: started, fed, watched, started again
 *	journal.c	the file that outlives both
 *	store.c		xenstore helpers; loop.c: descriptors, timers, processes
 */
#ifndef BACKD_H
#define BACKD_H

#include "back_daemon.h"

#include <sys/queue.h>

/* Workers have uids of their own: this and the guest's domid. Outside of what systemd hands out. */
#define BACK_UID_BASE	 0x7f5e0000u
#define BACK_EMPTY	 BACK_DIR "/empty"
#define WORKER_LIVES	 10 /* deaths in so many seconds that end the devices it served */
#define WORKER_LIVES_SEC 10

enum step { IDLE, ADVERTISING, AWAIT_WORKER, PREPARING, CONNECTING, DISCONNECTING };

struct worker;

struct back_private {
	struct back_device device;
	struct pv_xenbus bus;
	enum xenbus_state peer;	    /* the frontend's, when last looked at */
	const struct pv_edge *edge; /* whose work is under way */
	enum step step;
	bool resuming; /* instead of an edge: connect again what was connected */
	bool fresh;    /* the connection that is made is a new one */
	bool retried;  /* a worker died while making it */
	bool linked;   /* a worker serves it */
	bool dirty;    /* to be looked at */
	bool doomed;   /* the directory is gone */
	bool broken;   /* closes because of an error */
	bool told;     /* the error is in the store */
	bool shown;    /* our state is in the store */
	bool reconnect;
	bool seen; /* by the scan under way */
	struct back_timer deadline, pause;
	uint64_t reopen_at; /* not sooner after an error */
	bool acted;	    /* the frontend has been elsewhere than at its beginning */
	uint64_t window;    /* looks at the device are counted in seconds */
	uint32_t looks;
	struct worker *worker;
	LIST_ENTRY(back_private) all;
};
LIST_HEAD(back_list, back_private);

struct backd {
	bool interactive, verbose, stop;
	char worker_path[BACK_PATH_MAX];
	char home[64]; /* our own directory in xenstore */
	struct xs_handle *xs;
	struct back_list devices;
};
extern struct backd backd;

/* loop.c */
int loop_start(void);
int loop_run(void);

/* discover.c */
int discover_start(void);
void discover_clean(void); /* processes and files of devices that are gone */
/*
 * Whether a device is, or will be, a worker's that has this lock. An earlier serai-backd's serves
 * on until its successor can start, and its lock stands for its last I/O: neither may go before.
 */
bool discover_needs(const char *lock_name);
void discover_again(const struct back_class *class);
void store_ready(void);
void look_at_dirty(void);
const struct back_class *class_by_kind(const char *kind);

/* device.c */
struct back_private *device_find(const struct back_class *class, uint32_t domid, uint32_t devid);
struct back_private *device_new(const struct back_class *class, uint32_t domid, uint32_t devid);
void device_look(struct back_private *n);
void device_gone(struct back_private *n);
/* The directory is gone, and nothing is connected any more; and a look for its successor. */
void device_dissolve(struct back_private *n);

/* connection.c */
void connection_start_edge(struct back_private *n, const struct pv_edge *edge);
/* What says Connected and is not linked goes on; anew: advertised again before. */
void connection_resume(struct back_private *n, bool anew);
void connection_end(struct back_private *n); /* the worker shall let go */
/* Closing by mutual consent: not before the frontend has let go. */
bool connection_serves_on(const struct back_private *n);
void connection_too_late(struct back_timer *deadline);
void device_worker_ready(struct back_private *n);
void device_worker_gone(struct back_private *n, bool give_up);
void device_message(struct back_private *n, const struct back_message *message);

/* worker.c */
bool worker_join(struct back_private *n); /* true: it runs already */
void worker_leave(struct back_private *n);
void worker_kill(struct back_private *n);
int worker_send(struct back_private *n, const struct back_message *message, const int *fds,
		uint32_t nr_fds);
void worker_evict(const char *lock_name); /* one that nobody needs, of a serai-backd that died */

/* journal.c */
/* A descriptor or -errno. fresh: empty but for the counters, which go on. */
int journal_open(struct back_device *device, uint32_t bytes, bool fresh);
bool journal_is_live(struct back_device *device);
void journal_remove(struct back_device *device);

#endif
