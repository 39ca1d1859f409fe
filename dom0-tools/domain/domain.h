/* SPDX-License-Identifier: MIT */
/*
 * What can be done with domains: the operations behind xl's commands and the life-cycle daemon's
 * work.
 *
 * Everything goes through libxenctrl and libxenstore, so it runs on any hypervisor and store of
 * the 4.17 ABI. Functions return 0 or a negative errno and have then told the user why, and what to
 * do, through the session's logger. Nothing half-made is left behind by a failure.
 */
#ifndef SERAI_DOMAIN_H
#define SERAI_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>
#include <xenstore.h>
#include <xentoollog.h>

#include "config/config.h"

/* May Domain-0 be made smaller for a new domain? AUTO: unless the hypervisor was told dom0_mem=. */
enum autoballoon { AUTOBALLOON_AUTO, AUTOBALLOON_ON, AUTOBALLOON_OFF };

/*
 * An open connection to the hypervisor and the store. session_open() sets all; autoballoon to AUTO.
 */
struct session {
	xentoollog_logger *log; /* NULL: standard error */
	xc_interface *xc;
	struct xs_handle *xs;
	enum autoballoon autoballoon;
};

/* Opens both; explains "no hypervisor" and "no store daemon" each in one line. */
int session_open(struct session *session, xentoollog_logger *log);
void session_close(struct session *session);

/* Phase times of a creation, in nanoseconds of CLOCK_MONOTONIC. */
struct create_timings {
	unsigned int count;
	struct {
		const char *phase;
		uint64_t ns;
	} phase[16];
};

struct saved_domain;

struct create_options {
	struct saved_domain *saved; /* restore this one; NULL: build it new */
	bool paused;	/* leave it paused */
	bool unwatched; /* nobody acts when it ends: domd is neither told nor started */
	struct create_timings *timings; /* NULL: not wanted */
};

/*
 * Builds the domain and its store entries, records its configuration for later, starts it unless
 * paused.
 */
int domain_create(struct session *session, const struct domain_config *config,
		  const struct create_options *options, uint32_t *domid);

/* ---- saved domains (save.c, restore.c) ---- */

struct save_options {
	enum { SAVE_DESTROY, SAVE_RESUME, SAVE_PAUSE } after; /* the domain, when it is saved */
	const struct domain_config *config; /* to restore it with; NULL: the one on record */
	bool (*go_on)(void); /* asked now and then; false ends the work. NULL: nobody asks */
};

/*
 * Writes a domain to a file of 4.17's form, under its name when it is whole. A failure lets the domain go on
 * as if nothing had been. HVM guests need PV drivers for it.
 */
int domain_save(struct session *session, uint32_t domid, const char *path, const struct save_options *options);

/*
 * Opens such a file for one domain_create() with create_options.saved, and the configuration that takes: `config`, or
 * the file's if that is NULL.
 */
int saved_open(struct session *session, const char *path, const struct domain_config *config,
	       struct saved_domain **saved);
void saved_close(struct saved_domain *saved); /* may be NULL */
const struct domain_config *saved_config(const struct saved_domain *saved);

int domain_destroy(struct session *session, uint32_t domid);
/*
 * Ask the guest through control/shutdown; -ETIME if it has not taken the request after `seconds`.
 */
int domain_ask_shutdown(struct session *session, uint32_t domid, const char *how,
			unsigned int seconds);
/* `key`: of one letter. */
int domain_send_sysrq(struct session *session, uint32_t domid, const char *key);
/* Finishes what killed destroys have left behind of domains made by these functions. */
void domains_sweep(struct session *session);
int domain_pause(struct session *session, uint32_t domid);
int domain_unpause(struct session *session, uint32_t domid);
int domain_rename(struct session *session, uint32_t domid, const char *name);
/* Frees its name and UUID for a successor: "-<suffix>" is added to the one, the other made new. */
int domain_preserve(struct session *session, uint32_t domid, const char *suffix);
/* A name or a number; -ESRCH (told) if there is no such domain. */
int domain_find(struct session *session, const char *name_or_id, uint32_t *domid);
char *domain_name(struct session *session, uint32_t domid); /* malloc'ed, NULL if it has none */
/* Of many at once: names[i] is that of domids[i]. */
void domain_names(struct session *session, const uint32_t *domids, char **names,
		  unsigned int count);
int domain_set_memory_target(struct session *session, uint32_t domid, uint64_t kib);
int domain_set_max_memory(struct session *session, uint32_t domid, uint64_t kib);
int domain_set_vcpus(struct session *session, uint32_t domid, unsigned int online);
int domain_dump_core(struct session *session, uint32_t domid, const char *path);

/* Kinds of devices, in the order they are made; each has a list in struct domain_config. */
enum device_class {
	DEVICE_DISK,
	DEVICE_VIF,
	DEVICE_VFB,
	DEVICE_VKB,
	DEVICE_P9,
	DEVICE_CHANNEL,
	NR_DEVICE_CLASSES
};

/* What a list of devices shows; numbers that are not there are -1, texts NULL. */
struct device_info {
	uint32_t number, backend_domid;
	long state, backend_state;
	long event_channel, ring, ring_rx;	       /* by the oldest nodes' names */
	long first_channel, first_ring, first_ring_rx; /* of the first queue, however named */
	char *frontend, *backend; /* their directories */
	char *mac, *connection, *path, *target, *vdev, *mode, *type, *id;
};

/* The devices of one kind, malloc'ed; free with device_infos_free(). */
struct device_info *domain_devices(struct session *session, uint32_t domid, enum device_class class,
				   unsigned int *count);
void device_infos_free(struct device_info *list, unsigned int count);
/*
 * Adds a device to a running domain: done when both ends are Connected. A failure leaves nothing
 * behind. What succeeded is recorded in the domain's configuration.
 */
int domain_attach(struct session *session, uint32_t domid, enum device_class class,
		  const char *specification);
enum detach_force {
	DETACH_ASK,	/* the guest must let go: -EBUSY (told) if it does not in time */
	DETACH_INSIST,	/* by force if it does not let go in time */
	DETACH_AT_ONCE, /* by force */
};
/*
 * Removes a device, however far it came or its removal had come. -ENODEV (told) if it is not there. Unless it goes by force the
 * guest has seen the end of it, so another may come in its place at once.
 */
int domain_detach(struct session *session, uint32_t domid, enum device_class class, uint32_t number,
		  enum detach_force force);
/*
 * Another medium for a CD drive the domain has (NULL: none). A PV guest sees the old one go and a new
 * one come, so it must have let go of the old.
 */
int domain_change_medium(struct session *session, uint32_t domid, const char *vdev,
			 const char *target);

/* A command for the monitor of an HVM guest's device model; its answer is malloc'ed. */
int domain_monitor_command(struct session *session, uint32_t domid, const char *command,
			   char **answer);

/*
 * In a driver domain of this id, at each change below its backend/: sets up kernel backends that have
 * become ready, and undoes that of those that are gone. Uses the session's store alone.
 */
void driver_look(struct session *session, uint32_t self);

/*
 * The configuration a domain was created with, kept in /var/lib/xen as JSON (userdata named by
 * domid and uuid), so that it survives every daemon. NULL if there is none.
 */
struct domain_config *domain_stored_config(struct session *session, uint32_t domid);
int domain_store_config(struct session *session, uint32_t domid,
			const struct domain_config *config);

/*
 * Who acts when the domain ends, a node of the store that goes with the domain: MARK_CREATING while
 * it is being made, MARK_WATCHED for domd, anything else: nobody.
 */
#define MARK_CREATING  "creating"
#define MARK_WATCHED   "watched"
#define MARK_UNWATCHED "unwatched"
#define MARK_PRESERVED "preserved"
char *domain_mark(struct session *session,
		  uint32_t domid); /* malloc'ed, NULL: not made by these functions */
int domain_set_mark(struct session *session, uint32_t domid, const char *mark);

/* Starts the life-cycle daemon unless it runs; only a warning if it cannot be started. */
void domd_start(struct session *session);
/* What domd holds locked as long as it lives. */
#define DOMD_LOCK "/run/serai/domd.lock"

#endif
