/* SPDX-License-Identifier: MIT */
/*
 * What the files of the worker's block service share.
 *
 *	service.c	connecting, events, changing, disconnecting
 *	queue.c		a ring: requests taken, responses given, the journal
 *	request.c	one request: checked, its memory reached, carried out, answered
 *	memory.c	bounce buffers, copies between them (or the mapped image) and the guest's pages
 *	persistent.c	pages of the guest that stay mapped, so that nothing is copied
 *	file.c, mapped.c, nbd.c	what a disk is made of
 *	write_log.c	what an NBD server has answered and may not have written
 */
#ifndef DISK_H
#define DISK_H

#include "back_worker.h"
#include "block/block.h"
#include "pv_ring.h"

#include <sys/queue.h>
#include <sys/uio.h>

#define MAX_SEGMENTS BLOCK_MAX_INDIRECT
#define BUFFER_BYTES (MAX_SEGMENTS * PV_PAGE_SIZE)
#define MAX_BUFFERS  64	  /* a disk's, made as they are needed */
#define MAX_COPIES   256  /* of segments, in one call */

_Static_assert(MAX_SEGMENTS >= BLKIF_MAX_SEGMENTS_PER_REQUEST, "both kinds of request fit");

struct disk;
struct queue;

struct request {
	struct back_io io; /* first: file.c */
	struct queue *queue;
	struct block_entry *entry;
	uint8_t operation;  /* READ, WRITE, FLUSH_DISKCACHE or DISCARD, an indirect one's own */
	bool flush_after;   /* a flush with data */
	bool logged;	    /* at log_at, and not answered by the NBD server */
	bool sending, sent; /* to the NBD server, and no answer yet */
	uint32_t nr_segments;
	struct blkif_request_segment segment[MAX_SEGMENTS];
	uint64_t offset, length; /* bytes of the disk */
	uint64_t done;		 /* of these */
	uint64_t log_at;	 /* a flush: what it makes safe */
	uint8_t *buffer;	 /* bounce; NULL if the image is mapped, or the guest's pages do */
	struct kept_page *kept[MAX_SEGMENTS]; /* persistent.c: held until it is answered */
	uint32_t nr_kept;		      /* all segments' or none */
	uint32_t first_copy;	 /* of disk->copies */
	uint32_t nr_vec;
	struct iovec vec[MAX_SEGMENTS];
	struct iovec rest[MAX_SEGMENTS]; /* vec from byte done on */
	STAILQ_ENTRY(request) next;	 /* waiting: for a buffer, a copy, or the NBD socket */
};
STAILQ_HEAD(request_list, request);

/* What carries requests out. begin(): 0, or -EAGAIN: no room now, or -errno. */
struct target {
	int (*begin)(struct disk *disk, struct request *request);
	bool by_device; /* a device may be at a request's memory until it is answered, even if we die: memory.c */
};

/* A page of the guest. Invariant: in a bucket (and idle if it has no users), or unused. */
struct kept_page {
	grant_ref_t ref;
	uint32_t users;	  /* segments of requests under way */
	uint8_t *address; /* NULL: unused */
	LIST_ENTRY(kept_page) same;
	TAILQ_ENTRY(kept_page) age;
};
LIST_HEAD(kept_list, kept_page);

struct persistent {
	struct kept_page *pages; /* NULL: the frontend's grants do not stay */
	uint32_t nr, bucket_bits;
	uint32_t refusals; /* since a page was last mapped */
	struct kept_list *buckets, unused;
	TAILQ_HEAD(, kept_page) idle; /* the one unused for longest first */
};

struct queue {
	struct disk *disk;
	struct pv_ring ring;
	void *pages;
	int port;
	struct block_queue_journal *journal;
	struct request *requests;	 /* one for each entry */
	uint32_t *free, nr_free;	 /* entries */
	uint32_t *answered, nr_answered; /* entries whose response is put and not published */
	struct persistent persistent;
};

struct disk {
	struct back_link *link;
	const struct target *target;
	struct block_connect config;
	struct block_journal *journal;
	int fd;
	uint32_t nr_queues;
	struct queue queue[BLOCK_MAX_QUEUES];
	uint32_t in_flight; /* taken and not answered; and the log's replaying */
	/* Of a disk that shall close, but has had requests of late: served on till it is quiet. */
	bool draining;
	uint32_t drained_to;			/* requests taken when it was last looked at */
	uint64_t drain_end, quiet_since, last_event; /* ms */
	bool closing, lost;			/* lost: the NBD server is gone; nothing is answered any more */
	struct request_list waiting;
	uint8_t *buffers[MAX_BUFFERS]; /* not in use */
	uint32_t nr_buffers, nr_made;
	struct request_list copying;   /* those of the copies */
	xengnttab_grant_copy_segment_t copies[MAX_COPIES];
	uint32_t nr_copies;
	uint8_t *map; /* the image, or NULL; then no request is mapped or has a buffer */
	uint64_t map_bytes;
	struct nbd *nbd;
	bool replaying;	    /* the log, from replay_at on; no request is taken meanwhile */
	bool flush_failed;  /* the one that was to make room in the log */
	uint64_t replay_at;
};

/* service.c: what the journal tells of is gone on with, and the ring listened to. */
void disk_go_on(struct disk *disk);

/* queue.c */
int queue_connect(struct queue *q, uint32_t index);
void queue_disconnect(struct queue *q);
/* Go on with what the journal tells of: first find out, for all queues, then do it. */
int queue_recover(struct queue *q);
void queue_resume(struct queue *q);
void queue_run(struct queue *q); /* take requests, a ring's length at most */
void queue_answer(struct queue *q, struct request *request, int status);
void queue_publish(struct queue *q); /* the answers put so far */

/* request.c */
void request_start(struct request *request); /* entry->request is to be carried out */
void request_finish(struct request *request, int64_t result); /* bytes done, or -errno */
void request_copied(struct request *request, bool whole);    /* see copy_later() */
void requests_retry(struct disk *disk);			      /* those that wait */

/* memory.c */
int memory_prepare(struct request *request); /* fills vec; -EAGAIN: no buffer free, wait */
/* A read's bytes to the guest's pages. False: copy_later(). */
bool memory_return(struct request *request);
void memory_release(struct request *request);
void memory_free(struct disk *disk);
/* A request's bytes from the guest or, of a read, to it: at the next copies_run(), for many at once. */
void copy_later(struct request *request);
void copies_run(struct disk *disk);
void copies_drop(struct disk *disk); /* the disk is lost */
int memory_copy_in(struct queue *q, grant_ref_t ref, void *to, uint32_t bytes);

/* persistent.c */
int persistent_init(struct queue *q); /* 0 or -ENOMEM; persistent_drop() in any case */
void persistent_drop(struct queue *q);
/* The grant's page, mapped until persistent_put() at least. NULL: copy it. */
struct kept_page *persistent_get(struct queue *q, grant_ref_t ref);
void persistent_put(struct queue *q, struct kept_page *page);

/* file.c */
extern const struct target file_target;
/* vec from byte done on, into rest; how many pieces. */
uint32_t request_rest(struct request *request);

/* mapped.c: the guest's pages are copied from and to the image itself, unless they stay mapped. */
extern const struct target mapped_target;
int mapped_connect(struct disk *disk); /* -errno: another target will do */
void mapped_disconnect(struct disk *disk);

/* nbd.c */
extern const struct target nbd_target;
int nbd_connect(struct disk *disk);
void nbd_disconnect(struct disk *disk);
void nbd_ready(struct disk *disk, uint32_t events);
/* A request of the worker's own, one at a time; its end is log_own_ended()'s. */
struct request *nbd_own_request(struct disk *disk);
bool nbd_own_busy(struct disk *disk);
void nbd_send(struct disk *disk, struct request *request);

/* write_log.c */
/* Before a request is sent. 0; -EAGAIN: no room, wait; -EIO: and none can be made. */
int log_before(struct disk *disk, struct request *request);
/* The server has answered (part of) it. */
void log_after(struct disk *disk, struct request *request, int64_t result);
/* Begins to write again what is in the log, if disk->replaying is set then. 0 or -EBADMSG. */
int log_replay(struct disk *disk);
void log_own_ended(struct disk *disk, struct request *own, int64_t result);

#endif
