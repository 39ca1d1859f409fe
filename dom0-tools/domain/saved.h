/* SPDX-License-Identifier: MIT */
/*
 * The file xl saves a domain to, in 4.17's form: a header with the configuration as JSON, libxl's stream of records,
 * and in its first record the stream of ../save.
 */
#ifndef SERAI_DOMAIN_SAVED_H
#define SERAI_DOMAIN_SAVED_H

#include "domain/internal.h"
#include "domain/model.h"
#include "save/save.h"

#define SAVED_MAGIC	 "Xen saved domain, xl format\n \0 \r"
#define SAVED_BYTE_ORDER 0x01020304u
enum { SAVED_JSON = 1, SAVED_STREAM = 2 }; /* mandatory: the configuration is JSON, the stream libxl's second */

struct saved_header {
	char magic[32];
	uint32_t byte_order, mandatory, optional;
	uint32_t optional_bytes; /* the length of the configuration, of 32 bits, and it itself */
};
_Static_assert(sizeof(SAVED_MAGIC) - 1 == 32, "the magic fills its place");

struct libxl_header {
	uint8_t magic[8];
	uint8_t version[4], options[4]; /* big-endian; options: none for little-endian content */
};
#define LIBXL_HEADER { { 'L', 'i', 'b', 'x', 'l', 'F', 'm', 't' }, { 0, 0, 0, 2 }, { 0 } }

struct libxl_record {
	uint32_t type, length;
};
enum { LIBXL_END, LIBXL_CONTEXT, LIBXL_MODEL_STORE, LIBXL_MODEL_STATE };
#define LIBXL_ALIGN 8u /* where the next record begins */

/* At the head of both records of a device model. */
struct libxl_model {
	uint32_t kind, index;
};
enum { LIBXL_MODEL_UNKNOWN, LIBXL_MODEL_TRADITIONAL, LIBXL_MODEL_QEMU };

/* restore.c: what pv_build() and its kin do for a new domain; the file stands behind its head. */
struct saved_domain {
	int fd;
	struct domain_config *config;
	struct model_state model; /* of an HVM guest, once it is built */
};
int saved_build(struct session *session, struct saved_domain *saved, struct pv_domain *pv);

/* save.c: all of it, or false with errno. */
bool saved_write(int fd, const void *bytes, size_t count);

/* userdata.c: the record as it is; malloc'ed, NULL: none. */
char *domain_stored_text(struct session *session, uint32_t domid);

#endif
