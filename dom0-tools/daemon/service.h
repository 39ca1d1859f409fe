/* SPDX-License-Identifier: MIT */
/*
 * What Serai's daemons have in common: one of each at a time, and into the background once it is
 * known that they serve.
 *
 * Order of use: service_lock(), service_detach(), service_write_pid(), whatever may fail, and then
 * service_ready(). The lock belongs to the open file, so it goes on through the fork, and falls
 * when the last process that has it is gone, however that ends.
 */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

#include <sys/types.h>

/*
 * Locks the file, made with this mode if there is none (so is its directory, not what is above it).
 * A daemon that was just killed may hold its lock a moment longer: up to a second is waited for.
 * Returns a descriptor to be kept open. -EWOULDBLOCK: another one runs, and *other is its process
 * as the file tells (0: it does not); else -errno of what failed on path.
 */
int service_lock(const char *path, mode_t mode, pid_t *other);

/* This process's number into the locked file. -errno: it could not be written. */
int service_write_pid(int fd);

/*
 * Forks. The parent does not return: it waits for the child's service_ready(), and then leaves with
 * 0, or with 1 if the child ended before (of a signal: it says so on standard error). The child, in
 * a session of its own, gets the descriptor to be given to service_ready(). -errno: no fork.
 */
int service_detach(void);

/* Leaves directory and terminal, and lets the parent go. */
void service_ready(int notify);

#endif
