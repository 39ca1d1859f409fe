/* SPDX-License-Identifier: MIT */
/*
 * What serai-backd and its workers share: the messages between them and the journal's head.
 *
 * Backends are two programs. serai-backd is privileged, knows xenstore, opens what a device needs
 * and never touches a guest's rings. serai-back, the worker, serves one guest's rings; it has no
 * privilege, no files but those handed to it, and may die at any moment: the journal, a file of
 * each device that outlives both, tells its successor which requests are not answered.
 *
 * A class (block, net ...) is a struct back_class in serai-backd (back_daemon.h) and a struct
 * back_service in the worker (back_worker.h), found by the name of its kind, and a message body of
 * its own from the one to the other.
 */
#ifndef BACK_H
#define BACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef BACK_DIR /* tests have their own */
#define BACK_DIR "/run/serai/back" /* journals are BACK_DIR/<domid>-<kind>-<devid> */
#endif
#define BACK_KIND_MAX	16
#define BACK_BODY_BYTES 3072
#define BACK_MAX_FDS	16 /* beside the journal's */

/*
 * Counters, written by the worker, read by xentop and serai-exporter. Each only grows while the
 * journal lives; a reader may see a set of them from the midst of a change.
 */
struct back_flow {
	uint64_t operations; /* requests, packets, ... */
	uint64_t bytes;
	uint64_t errors; /* answered with an error */
	uint64_t drops;	 /* not done, and nobody was told (net) */
};

struct back_counters {
	struct back_flow to_guest;   /* block: reads; net: what the guest receives */
	struct back_flow from_guest; /* block: writes; net: what it sends */
	uint64_t flushes, discards;
	uint64_t waits;	  /* times there was something to do and no room for it */
	uint64_t events;  /* of the guest's */
	uint64_t resumes; /* workers that took over from one that died */
};

/* The journal's first page. The class's own part begins at BACK_JOURNAL_HEAD. */
#define BACK_JOURNAL_HEAD  4096u
#define BACK_JOURNAL_MAGIC 0x3142494152455353ull

struct back_journal {
	uint64_t magic;
	char kind[BACK_KIND_MAX];
	uint32_t domid, devid;
	uint32_t bytes; /* of the whole file */
	uint32_t live;	/* not 0: the class's part is that of a connection in use */
	struct back_counters counters;
};
_Static_assert(sizeof(struct back_journal) <= BACK_JOURNAL_HEAD, "the journal's head is one page");

enum back_message_type {
	/* to the worker */
	BACK_CONNECT = 1, /* fds: the journal's, then the class's */
	BACK_DISCONNECT,  /* take nothing more, finish what is in flight, give everything back */
	BACK_CHANGE,	  /* the class's own, while connected; not answered */
	/* from the worker */
	BACK_READY,	   /* it runs, confined (no device); or cannot: result, text */
	BACK_CONNECTED,	   /* answers BACK_CONNECT; result 0 or -errno, text says why not */
	BACK_DISCONNECTED, /* answers BACK_DISCONNECT */
	BACK_FAILED,	   /* the device gave itself up, text says why: close it */
	BACK_TOLD	   /* the class's own news, to its told() */
};

#define BACK_RESUME 1u /* flags: go on with the connection the journal tells of */

/* One packet of the socket between the two; body is the class's. */
struct back_message {
	uint32_t type; /* enum back_message_type */
	uint32_t devid;
	char kind[BACK_KIND_MAX];
	uint32_t flags, bytes; /* of body */
	int32_t result;
	uint32_t nr_fds; /* of the class's */
	uint32_t journal_bytes;
	char text[160];
	uint8_t body[BACK_BODY_BYTES] __attribute__((aligned(8)));
};

#endif
