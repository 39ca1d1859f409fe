/* SPDX-License-Identifier: MIT */
/*
 * The daemon's contact with the world: what the files of io/ offer each other.
 */
#ifndef XSD_IO_H
#define XSD_IO_H

#include "../core/journal.h"
#include "../core/platform.h"
#include "../core/store.h"

/* log.c */
void log_to_syslog(void);
void log_set_verbose(void);
void log_reopen_trace(void);

/* xen.c: the hypervisor; NULL after telling why. */
struct platform *xen_platform(void);
/* files.c: domains played by files in a directory. */
struct platform *files_platform(const char *directory);

/* journal_file.c */
/* Fills the store from the file: 1 if there was a state, 0 if there is none, -errno (told). */
int journal_file_load(const char *path, struct store *store, const struct transport *sockets);
/* Makes the file new from the store's state, and store->journal append to it. */
int journal_file_start(const char *path, struct store *store, bool sockets);
/* Rewrites it when it has grown enough. */
void journal_file_tend(struct store *store);

/* socket.c */
extern const struct transport socket_transport;
/* A listening socket, or -errno (told). */
int socket_listen(const char *path, unsigned int mode);
void socket_accept(struct store *store, int listener, bool read_only);
/* Has the loop poll it. */
int socket_attach(struct conn *conn);

/* loop.c */
struct loop {
	struct store *store;
	int listener[2]; /* read-write, read-only (-1: none) */
	volatile bool stop, reopen;
	/* For a live update: how we were started, what we hold and keep. */
	char **arguments;
	int lock_fd;
	const char *journal_path;
};

int loop_init(struct loop *loop);
int loop_poll(int fd, uint32_t events, void *what, bool known);
void loop_run(struct loop *loop);

/* update.c: becomes the program store->update_binary; returns, with -errno, only if that failed. */
int live_update(struct loop *loop);

#endif
