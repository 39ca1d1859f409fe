/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share: talking to the user and to the store, and the steps of
 * operations.
 */
#ifndef SERAI_DOMAIN_INTERNAL_H
#define SERAI_DOMAIN_INTERNAL_H

#include <sys/time.h>

#include "build/build.h"
#include "domain/domain.h"

struct hvm_spec;

#define PATH_BYTES 256
#define UUID_BYTES 37 /* text with its NUL */
/*
 * What a domain's memory limit is above its target, KiB: libxl's habit, which balloon drivers count
 * on.
 */
#define LIMIT_SLACK_KIB 1024

/* session.c: one line for the user; returns `error`, so that "return tell(...)" reads well. */
int tell(struct session *session, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void warn(struct session *session, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool domain_info(struct session *session, uint32_t domid, xc_domaininfo_t *info);
uint64_t now_ns(void);

/*
 * store.c: the first failure of a batch is remembered (errno), later steps do nothing. In a
 * transaction changes are queued, so a step that reads what an earlier one changed flushes first.
 */
struct store_batch {
	struct xs_handle *xs;
	xs_transaction_t transaction; /* XBT_NULL: none */
	struct store_queue *queue;    /* NULL: every change is made at once */
	int error;
};
void store_flush(struct store_batch *batch);
void store_write(struct store_batch *batch, const char *value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void store_write_number(struct store_batch *batch, uint64_t value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void store_remove(struct store_batch *batch, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/*
 * The batch fails with -ENOENT, and its transaction changes nothing, if the domain's nodes are not
 * there: whoever changes a domain that another program may be destroying begins with this, since a
 * write would bring the nodes back, and nobody would remove them again.
 */
void store_require_domain(struct store_batch *batch, uint32_t domid);
/* Owner has all rights and others none; `reader` may read. */
void store_permit(struct store_batch *batch, uint32_t owner, uint32_t reader, const char *format,
		  ...) __attribute__((format(printf, 4, 5)));
#define NO_READER UINT32_MAX
/* malloc'ed, NULL if there is none. */
char *store_read(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* values[i] of paths[i], each as store_read gives it, at once; all NULL if the store is gone. */
void store_read_many(struct session *session, const char *const *paths, char **values,
		     unsigned int count);
bool store_read_number(struct session *session, uint64_t *value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Removes a node, and its parents below `stop` as long as nothing else is in them. */
void store_tidy(struct store_batch *batch, const char *path, const char *stop);
/* Runs `steps` in a transaction, again while it conflicts with others'. 0 or -errno. */
int store_transact(struct session *session, void (*steps)(struct store_batch *batch, void *data),
		   void *data);
/* Writes a node of /local/domain/<domid>, if the domain's nodes are there. 0 or -errno. */
int store_tell_domain(struct session *session, uint32_t domid, const char *node,
		      const char *value);

void uuid_text(char text[UUID_BYTES], const uint8_t uuid[16]);

/* cpus.c: CPUs named by a text like "0-3,^2" as a bitmap of `bytes` bytes. */
int cpus_parse(struct session *session, const char *text, uint8_t *bitmap, unsigned int nr_cpus);

/* store.c: is it one with emulated devices, as its record says? */
bool domain_is_hvm(struct session *session, uint32_t domid);

/* create_hv.c: the hypervisor's part of a creation. */
/* Of the hypervisor's own, for the tables that translate a PVH guest's addresses; of PV 0. */
uint64_t paging_kib(const struct domain_config *config);
int create_in_hypervisor(struct session *session, const struct domain_config *config,
			 uint32_t *domid);
/* create_store.c: the store's. */
/* Where a guest's loader finds further tables; of 0 bytes: there are none. */
struct loader_file {
	uint64_t at, bytes;
};

struct store_plan {
	const struct domain_config *config;
	const struct hvm_spec *hvm; /* NULL for other types */
	uint32_t domid;
	char uuid[UUID_BYTES];
	struct timeval started;
	bool unwatched;
	uint64_t store_mfn, console_mfn; /* known once the domain is built, */
	struct loader_file acpi, smbios; /* and these */
	uint32_t store_port, console_port;
};
int create_in_store(struct session *session, struct store_plan *plan);
int publish_rings(struct session *session, struct store_plan *plan);

/* memory.c: makes `kib` free, at Domain-0's cost if that is allowed. */
int memory_ensure_free(struct session *session, uint64_t kib);

/* destroy.c: without a word, for undoing. */
int destroy_all(struct session *session, uint32_t domid, const uint8_t uuid[16]);
/*
 * devices.c: backends of the domain are told to close, awaited, and their nodes removed; the
 * domain's own part of the store goes with the domain.
 */
void devices_destroy(struct session *session, uint32_t domid);
/* device_script.c: runs the script the backend's node names; -EIO (told) if it failed. */
int device_script(struct session *session, const char *backend, const char *kind,
		  const char *action);
/* devices_add.c: what the configuration asks for. */
int devices_add(struct session *session, const struct domain_config *config, uint32_t domid);
/* Gives network cards the addresses and numbers they are to keep over reboots. */
int devices_settle(struct session *session, struct domain_config *config);

/* names.c: told if the name cannot be used. */
int name_check_free(struct session *session, const char *name);

/* userdata.c: changes the recorded configuration; only a warning if that cannot be. */
void config_change(struct session *session, uint32_t domid,
		   bool (*change)(struct domain_config *config, const void *data), const void *data);
/* own: these tools have made the domain. */
void userdata_remove(uint32_t domid, const char *uuid, bool own);

#endif
