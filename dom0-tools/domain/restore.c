/* SPDX-License-Identifier: MIT */
/* A domain from a file it was saved to: create.c's steps, with this in the place of building it. */
#include "domain/saved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIG_MOST (1u << 20)

static bool read_all(int fd, void *to, size_t count)
{
	uint8_t *into = to;

	while (count) {
		ssize_t done = read(fd, into, count);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		into += done;
		count -= (size_t)done;
	}
	return true;
}

/* The configuration in the head; the rest of what is optional there is passed over. */
static int read_head(struct session *session, const char *path, struct saved_domain *saved)
{
	struct saved_header header;
	uint32_t length = 0;
	char *text = NULL;
	bool foreign;

	if (!read_all(saved->fd, &header, sizeof(header)) || memcmp(header.magic, SAVED_MAGIC, sizeof(header.magic)))
		return tell(session, -EINVAL, "%s is no saved domain", path);
	if (header.byte_order != SAVED_BYTE_ORDER || header.mandatory != (SAVED_JSON | SAVED_STREAM))
		return tell(session, -EOPNOTSUPP,
			    "%s was saved in a form not known here (%#x): by tools older than 4.6, or by newer ones", path,
			    header.mandatory);
	if (header.optional_bytes < sizeof(length) || header.optional_bytes > CONFIG_MOST ||
	    !read_all(saved->fd, &length, sizeof(length)) || !length ||
	    length > header.optional_bytes - sizeof(length))
		return tell(session, -EINVAL, "%s is damaged: its configuration has no length there can be", path);
	text = calloc(1, header.optional_bytes);
	if (!text)
		return tell(session, -ENOMEM, "memory ran out");
	if (!read_all(saved->fd, text, header.optional_bytes - sizeof(length))) {
		free(text);
		return tell(session, -EINVAL, "%s is cut off", path);
	}
	length = (uint32_t)strnlen(text, length);
	foreign = !saved->config && config_json_is_foreign(text, length);
	if (!saved->config && !foreign)
		saved->config = config_from_json(text, length);
	free(text);
	if (foreign)
		return tell(session, -EOPNOTSUPP,
			    "%s was saved by another toolstack, in whose words its devices are described: name the guest's "
			    "configuration before the file (\"xl restore CONFIG %s\")",
			    path, path);
	return saved->config ? 0 : tell(session, -EINVAL, "%s is damaged: its configuration is no JSON of xl's", path);
}

int saved_open(struct session *session, const char *path, const struct domain_config *config,
	       struct saved_domain **out)
{
	struct saved_domain *saved = calloc(1, sizeof(*saved));
	int error;

	if (!saved)
		return tell(session, -ENOMEM, "memory ran out");
	saved->model = (struct model_state){ .fd = -1 };
	saved->config = config ? config_copy(config) : NULL;
	saved->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (saved->fd < 0)
		error = tell(session, -errno, "%s cannot be read: %s", path, strerror(errno));
	else
		error = read_head(session, path, saved);
	if (error)
		saved_close(saved);
	else
		*out = saved;
	return error;
}

void saved_close(struct saved_domain *saved)
{
	if (!saved)
		return;
	if (saved->fd >= 0)
		close(saved->fd);
	model_state_close(&saved->model);
	config_free(saved->config);
	free(saved);
}

const struct domain_config *saved_config(const struct saved_domain *saved)
{
	return saved->config;
}

/* ---- in the place of building ---- */

static bool show(void *data, uint64_t done, uint64_t all)
{
	struct session *session = data;

	if (session->log)
		xtl_progress(session->log, "xl", "restoring memory", done < all ? done : all, all);
	return true;
}

static int damaged(struct session *session, const char *what)
{
	return tell(session, -EINVAL, "the saved domain is damaged: %s", what);
}

/* `bytes` from the file into another, or nowhere (-1). */
static int pass_on(struct session *session, int fd, int to, uint32_t bytes)
{
	uint8_t part[16384];

	while (bytes) {
		uint32_t count = bytes < sizeof(part) ? bytes : (uint32_t)sizeof(part);

		if (!read_all(fd, part, count))
			return damaged(session, "it is cut off in the device model's state");
		if (to >= 0 && !saved_write(to, part, count))
			return tell(session, -errno, "the device model's state cannot be kept: %s", strerror(errno));
		bytes -= count;
	}
	return 0;
}

static int read_model_state(struct session *session, struct saved_domain *saved, uint32_t bytes)
{
	struct model_state *model = &saved->model;
	int error;

	if (model->bytes)
		return damaged(session, "it has two device models");
	error = model_state_new(session, model);
	if (!error)
		error = pass_on(session, saved->fd, model->fd, bytes);
	if (!error && lseek(model->fd, 0, SEEK_SET))
		error = -errno;
	model->bytes = bytes;
	return error;
}

/* A record of the device model. What older ones kept in the store, QEMU of 4.17 and later knows by itself. */
static int read_model(struct session *session, struct saved_domain *saved, const struct libxl_record *record)
{
	uint32_t padding = -record->length & (LIBXL_ALIGN - 1), bytes;
	struct libxl_model head;
	int error;

	if (record->length < sizeof(head) || record->length - sizeof(head) > MODEL_STATE_MOST)
		return damaged(session, "its device model has a length there cannot be");
	if (!read_all(saved->fd, &head, sizeof(head)))
		return damaged(session, "it is cut off before the device model's state");
	if (head.kind != LIBXL_MODEL_QEMU)
		return tell(session, -EOPNOTSUPP,
			    "the saved domain had a device model of kind %u; only QEMU's (%u) can be restored", head.kind,
			    LIBXL_MODEL_QEMU);
	bytes = record->length - (uint32_t)sizeof(head);
	error = record->type == LIBXL_MODEL_STATE ? read_model_state(session, saved, bytes)
						  : pass_on(session, saved->fd, -1, bytes);
	return error ? error : pass_on(session, saved->fd, -1, padding);
}

/* What is behind the domain itself. */
static int read_rest(struct session *session, struct saved_domain *saved)
{
	bool has_model = saved->config->type == DOMAIN_HVM;
	struct libxl_record record;
	int error;

	for (unsigned int i = 0; i < 3; i++) {
		if (!read_all(saved->fd, &record, sizeof(record)))
			return damaged(session, "it is cut off: its end is missing");
		if (record.type == LIBXL_END)
			return has_model && !saved->model.bytes
				       ? damaged(session, "the state of its device model is missing")
				       : 0;
		if (!has_model || (record.type != LIBXL_MODEL_STORE && record.type != LIBXL_MODEL_STATE))
			break;
		error = read_model(session, saved, &record);
		if (error)
			return error;
	}
	return damaged(session, "something is behind the domain");
}

int saved_build(struct session *session, struct saved_domain *saved, struct pv_domain *pv)
{
	static const struct libxl_header expected = LIBXL_HEADER;
	struct restore restore = { .xc = session->xc,
				   .domid = pv->domid,
				   .is_pv = saved->config->type == DOMAIN_PV,
				   .fd = saved->fd,
				   .apart = true,
				   .map_bytes = pv->map_bytes,
				   .most_pages = pv->nr_pages,
				   .store_domid = pv->store_domid,
				   .console_domid = pv->console_domid,
				   .store_port = pv->store_port,
				   .console_port = pv->console_port,
				   .progress = { show, session } };
	struct complaint complaint = { 0 };
	struct libxl_header header;
	struct libxl_record record;
	int error;

	if (!read_all(saved->fd, &header, sizeof(header)) || memcmp(&header, &expected, sizeof(header)) ||
	    !read_all(saved->fd, &record, sizeof(record)) || record.type != LIBXL_CONTEXT || record.length)
		return damaged(session, "no domain begins behind the configuration");
	error = saved->config->type == DOMAIN_HVM ? hvm_set_board(pv, &complaint) : 0;
	if (!error)
		error = restore_domain(&restore, &complaint);
	if (error)
		return tell(session, error, "the saved domain cannot be restored: %s",
			    complaint.text[0] ? complaint.text : strerror(-error));
	pv->store_mfn = restore.store_mfn;
	pv->console_mfn = restore.console_mfn;
	return read_rest(session, saved);
}
