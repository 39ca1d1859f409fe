/* SPDX-License-Identifier: MIT */
/*
 * libxenstore: a client's view of xenstore, the tree through which domains and tools tell each
 * other about domains and devices.
 *
 * Calls return NULL, false or 0 with errno set when they fail. What they return otherwise is from
 * malloc, one free() each. A handle may be shared by threads; after fork() only the parent may use
 * it (the child may xs_daemon_destroy_postfork it).
 *
 * Time. No request waits longer than $SERAI_XENSTORE_TIMEOUT seconds (30 if not set, 0 for ever;
 * ten times that for xs_control_command); then it fails with ETIMEDOUT, and whether the daemon will
 * still act on it is not known.
 *
 * A daemon that was restarted. The handle reconnects by itself, waiting up to a third of that time
 * for the daemon to be back, and registers its watches again; each then fires once, which covers
 * what changed meanwhile. The request in flight is repeated, since doing it twice has the effect of
 * doing it once; xs_control_command alone is not, and fails with ECONNRESET. Transactions do not
 * survive: their reads and writes go on without effect, and xs_transaction_end fails with EAGAIN,
 * even if the connection was lost between the daemon's commit and its answer.
 *
 * Errors any request may give beside its own: ECONNREFUSED or ENOENT (no daemon), ETIMEDOUT,
 * ECONNRESET (the connection broke again and again), EPROTO (what answers is no xenstore), ENOMEM,
 * E2BIG (a request above XENSTORE_PAYLOAD_MAX bytes), EINVAL (a path no node can have), EACCES.
 */
#ifndef XENSTORE_H
#define XENSTORE_H

#include <xenstore_lib.h>

struct xs_handle;
typedef uint32_t xs_transaction_t;

#define XBT_NULL 0 /* no transaction */

/* Flags of xs_open. The first two have no effect. */
#define XS_OPEN_READONLY   (1UL << 0)
#define XS_OPEN_SOCKETONLY (1UL << 1)
/*
 * xs_unwatch also drops the events of that watch not read yet. They are told by token and path, so
 * a path and one below it must not be watched with the same token.
 */
#define XS_UNWATCH_FILTER (1UL << 2)

/*
 * Connect to the daemon's socket or, in a domain without a daemon, to the kernel's /dev/xen/xenbus.
 * In the control domain the device is not tried: without a daemon nothing would ever answer there.
 */
struct xs_handle *xs_open(unsigned long flags);
/* NULL is fine. */
void xs_close(struct xs_handle *h);

/* Former names of xs_open(0) and xs_close. */
struct xs_handle *xs_daemon_open(void);
struct xs_handle *xs_daemon_open_readonly(void);
struct xs_handle *xs_domain_open(void);
void xs_daemon_close(struct xs_handle *h);

/* In a child after fork(): give the handle's memory and descriptors back. */
void xs_daemon_destroy_postfork(struct xs_handle *h);

/* The names of a node's children, *num of them, of any total length. ENOENT: no such node. */
char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num);
/* A node's value, a NUL behind it; *len (if len is not NULL) counts without the NUL. */
void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len);
/* Set a node's value; makes it and its parents where they are missing. ENOSPC: a quota. */
bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
	      unsigned int len);
/* Make an empty node; it may exist already. */
bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path);
/* Remove a node and all below it. ENOENT: its parent does not exist. */
bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path);

/* A node's permissions, *num of them, at least one. */
struct xs_permissions *xs_get_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
					  unsigned int *num);
/* Replace them. EINVAL: perms holds other bits than read and write. */
bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
			struct xs_permissions *perms, unsigned int num_perms);
/* A domain can no longer give rights away by this: always false, errno EOPNOTSUPP. */
bool xs_restrict(struct xs_handle *h, unsigned int domid);

/*
 * Ask for an event whenever the node at path or one below it changes. Events carry token back. The
 * first comes at once. EEXIST: watched already with this token.
 */
bool xs_watch(struct xs_handle *h, const char *path, const char *token);
/* ENOENT: no such watch. */
bool xs_unwatch(struct xs_handle *h, const char *path, const char *token);
/*
 * A descriptor that polls readable when xs_check_watch should be called (until it gives EAGAIN),
 * which may turn out to have nothing. It stays the same through reconnections.
 */
int xs_fileno(struct xs_handle *h);
/* The next event, [XS_WATCH_PATH] and [XS_WATCH_TOKEN]; NULL with EAGAIN when there is none. */
char **xs_check_watch(struct xs_handle *h);
/* The same, waiting for one, for ever. *num becomes the number of strings. */
char **xs_read_watch(struct xs_handle *h, unsigned int *num);

/* 0 when it fails: ENOSPC, too many transactions of one client. */
xs_transaction_t xs_transaction_start(struct xs_handle *h);
/*
 * Commit, or with abort drop, all done in the transaction. EAGAIN: others changed what it used,
 * start again. The transaction is over in any case.
 */
bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort);

/* For the control domain: a domain's ring becomes a client. mfn: of its page; eventchn: its port.
 */
bool xs_introduce_domain(struct xs_handle *h, unsigned int domid, unsigned long mfn,
			 unsigned int eventchn);
/* Disconnect a domain; its watches, transactions and nodes go. */
bool xs_release_domain(struct xs_handle *h, unsigned int domid);
/* Forget that a domain shut down: it resumes. */
bool xs_resume_domain(struct xs_handle *h, unsigned int domid);
/* Give domid target's rights beside its own (a device model for its guest). */
bool xs_set_target(struct xs_handle *h, unsigned int domid, unsigned int target);
/* False, too, when it cannot be found out. */
bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid);
/* Where a domain's relative paths begin, whether or not the domain exists. */
char *xs_get_domain_path(struct xs_handle *h, unsigned int domid);

/* child is parent or lies below it. A comparison of strings. */
bool xs_path_is_subpath(const char *parent, const char *child);

/*
 * Have the daemon obey an administrator's command: cmd, and len bytes of arguments, strings with
 * their NULs. Its answer as a string. The old name means the same.
 */
char *xs_control_command(struct xs_handle *h, const char *cmd, void *data, unsigned int len);
char *xs_debug_command(struct xs_handle *h, const char *cmd, void *data, unsigned int len);

/*
 * Serai's own: requests that read or change nodes (XS_DIRECTORY, XS_READ, XS_GET_PERMS, XS_WRITE,
 * XS_MKDIR, XS_SET_PERMS, XS_RM), sent together and handled in order, at the cost of little more
 * than one; either all read or all change. The payload is the protocol's; `error` becomes an errno
 * or 0, `answer` what the daemon said, NUL-terminated, from malloc, NULL if error. False (errno):
 * the daemon could not be asked, a request is not of those, or is too long; nothing is to be freed
 * then, and changes may have been made.
 */
struct xs_question {
	enum xsd_sockmsg_type type;
	const void *payload;
	unsigned int len;
	int error;
	char *answer;
	unsigned int answer_len;
};
bool xs_ask_many(struct xs_handle *h, xs_transaction_t t, struct xs_question *questions,
		 unsigned int nr);

/*
 * Serai's own: writes path only if `node` is there, in one transaction. For who writes beside what
 * somebody else may be removing: a plain write would make the parents again, and nobody would
 * remove them. False with ENOENT: it is not there, and nothing was written.
 */
bool xs_write_if(struct xs_handle *h, const char *node, const char *path, const void *data,
		 unsigned int len);

/* The port by which a guest wants to be told to suspend, -1 if it has none. */
int xs_suspend_evtchn_port(int domid);

#endif
