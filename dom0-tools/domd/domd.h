/* SPDX-License-Identifier: MIT */
/* Between the daemon's loop and what it does when a domain has ended. */
#ifndef SERAI_DOMD_H
#define SERAI_DOMD_H

#include "domain/domain.h"

#define RUN_DIRECTORY	"/run/serai"
#ifndef STATE_DIRECTORY /* tests have their own */
#define STATE_DIRECTORY "/var/lib/xen"
#endif
#define LOG_DIRECTORY	"/var/log/xen"
#define DUMP_DIRECTORY	STATE_DIRECTORY "/dump"

/* Acts on an ended domain, in a process of its own; gives that process's exit code. */
int act_on_domain(uint32_t domid);
/* Goes on with restarts that an earlier daemon's end has interrupted; the same way. */
int resume_restarts(void);

/*
 * restart.c: a restart is noted on disk from before its domain is destroyed until the new one is
 * there.
 */
int restart_note(const struct domain_config *config);
void restart_forget(const uint8_t uuid[16]);
/* Calls `each` for every note. */
void restart_notes(void (*each)(struct domain_config *config, void *data), void *data);

/*
 * backends.c: keeps serai-backd alive while it is needed. Its watches' words have this token, and
 * go to changed(). keep() gives how long may be waited until it is to be called again; process(): a
 * descriptor that is readable when serai-backd has ended, or -1.
 */
#define BACKENDS_TOKEN "backends"
void backends_watch(struct session *session);
void backends_changed(struct session *session, const char *path);
int backends_keep(struct session *session, int most_ms);
int backends_process(void);
void backends_ended(void);

/*
 * models.c: device models of HVM guests. look() takes up a domain's, or crashes the domain if it
 * has ended; ready(): a descriptor that is readable when some have ended, for models_ended().
 */
void models_watch(struct session *session);
void models_look(struct session *session, const xc_domaininfo_t *info);
int models_ready(void);
void models_ended(struct session *session);

/* lock.c: whoever acts on the domain of this UUID holds it until its process ends. */
int lock_domain(const uint8_t uuid[16]);

#endif
