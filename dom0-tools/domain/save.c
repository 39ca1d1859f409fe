/* SPDX-License-Identifier: MIT */
/*
 * A domain into a file: it is asked to suspend itself, its configuration and its stream are written, and it ends, goes
 * on or stands still.
 *
 * The guest is never lost: until the file is whole under its name the domain is there, and whatever goes wrong lets it
 * go on. A saver that is killed leaves it suspended; saving it again takes it from there.
 */
#include "domain/saved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <xen/hvm/params.h>
#include <xen/sched.h>

/* As long as older tools have given a guest to suspend itself. */
#define SUSPEND_SECONDS 60

struct keeper {
	struct session *session;
	const struct save_options *options;
};

/* What is saved. */
struct saving_domain {
	struct session *session;
	uint32_t domid;
	bool has_model;
	struct model_state model; /* of the device model, once it stands still */
};

static bool suspended(const xc_domaininfo_t *info)
{
	return info->flags & XEN_DOMINF_shutdown &&
	       (info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask) == SHUTDOWN_suspend;
}

/* The device model before its guest, which goes on without it, too: its own drivers need none. */
static int go_on(const struct saving_domain *domain)
{
	struct session *session = domain->session;
	uint32_t domid = domain->domid;
	int error = domain->has_model ? model_thaw(session, domid) : 0;

	if (xc_domain_resume(session->xc, domid, 1) || !xs_resume_domain(session->xs, domid))
		return tell(session, -errno, "domain %u does not go on: %s; it stays suspended, and can be saved",
			    domid, strerror(errno));
	return error;
}

/* Takes the request back, if the guest has not read it. */
static void take_back(struct session *session, uint32_t domid)
{
	store_tell_domain(session, domid, "control/shutdown", "");
}

static int wait_suspended(struct session *session, uint32_t domid)
{
	uint64_t deadline = now_ns() + SUSPEND_SECONDS * 1000000000ULL;
	struct timespec pause = { 0, 500000 };
	xc_domaininfo_t info;

	for (;;) {
		if (!domain_info(session, domid, &info))
			return tell(session, -ESRCH, "domain %u went away instead of suspending itself", domid);
		if (suspended(&info))
			return 0;
		if (info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying))
			return tell(session, -ESRCH, "domain %u ended instead of suspending itself", domid);
		if (now_ns() > deadline)
			break;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 20000000)
			pause.tv_nsec *= 2;
	}
	return tell(session, -ETIME,
		    "domain %u has not suspended itself within %u seconds: see its console for the driver or the "
		    "program that kept it from that",
		    domid, SUSPEND_SECONDS);
}

/* An HVM guest's drivers have said by then how they want to be told of events. */
static bool has_pv_drivers(struct session *session, uint32_t domid)
{
	uint64_t told = 0;

	return !xc_hvm_param_get(session->xc, domid, HVM_PARAM_CALLBACK_IRQ, &told) && told;
}

static int suspend(const struct saving_domain *domain)
{
	struct session *session = domain->session;
	uint32_t domid = domain->domid;
	xc_domaininfo_t info;
	int error;

	if (!domain_info(session, domid, &info))
		return tell(session, -ESRCH, "there is no domain %u", domid);
	if (suspended(&info))
		return 0;
	if (info.flags & XEN_DOMINF_paused)
		return tell(session, -EBUSY,
			    "domain %u is paused, so it cannot suspend itself: \"xl unpause %u\" first", domid, domid);
	if (domain->has_model && !has_pv_drivers(session, domid))
		return tell(session, -EOPNOTSUPP,
			    "domain %u has no PV drivers (yet), so it cannot be asked to suspend itself: wait until it has "
			    "started, or install them in it",
			    domid);
	error = domain_ask_shutdown(session, domid, "suspend", SUSPEND_SECONDS);
	if (!error)
		error = wait_suspended(session, domid);
	if (error == -ETIME)
		take_back(session, domid);
	return error;
}

/* ---- the file ---- */

bool saved_write(int fd, const void *bytes, size_t count)
{
	const uint8_t *from = bytes;

	while (count) {
		ssize_t done = write(fd, from, count);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		from += done;
		count -= (size_t)done;
	}
	return true;
}


/* What the domain has by now, the screen's memory included; 0: not known. */
static uint64_t memory_kb(struct session *session, uint32_t domid)
{
	uint64_t target, video;

	if (!store_read_number(session, &target, "/local/domain/%u/memory/target", domid))
		return 0;
	return store_read_number(session, &video, "/local/domain/%u/memory/videoram", domid) ? target + video : target;
}

/* The record of the domain as it is: of other tools' domains what they wrote, of ours with today's memory. */
static char *config_text(struct session *session, uint32_t domid)
{
	char *mark = domain_mark(session, domid);
	struct domain_config *config = mark ? domain_stored_config(session, domid) : NULL;
	uint64_t today = memory_kb(session, domid);
	char *text = NULL;

	if (config && today >= 1024 && today <= config->max_memory_kb)
		config->memory_kb = today;
	text = config ? config_to_json(config) : domain_stored_text(session, domid);
	config_free(config);
	free(mark);
	if (!text)
		tell(session, -ENOENT,
		     "domain %u has no configuration on record, so nothing could be restored from its memory: name one "
		     "behind the file",
		     domid);
	return text;
}

static int write_head(struct session *session, int fd, const char *config)
{
	const uint32_t length = (uint32_t)strlen(config) + 1;
	const struct saved_header header = { .magic = SAVED_MAGIC,
					     .byte_order = SAVED_BYTE_ORDER,
					     .mandatory = SAVED_JSON | SAVED_STREAM,
					     .optional_bytes = (uint32_t)sizeof(length) + length };
	const struct libxl_header stream = LIBXL_HEADER;
	const struct libxl_record context = { .type = LIBXL_CONTEXT };

	if (saved_write(fd, &header, sizeof(header)) && saved_write(fd, &length, sizeof(length)) &&
	    saved_write(fd, config, length) && saved_write(fd, &stream, sizeof(stream)) &&
	    saved_write(fd, &context, sizeof(context)))
		return 0;
	return tell(session, -errno, "the file cannot be written: %s", strerror(errno));
}

static bool show(void *data, uint64_t done, uint64_t all)
{
	const struct keeper *keeper = data;

	if (keeper->session->log)
		xtl_progress(keeper->session->log, "xl", "saving memory", done < all ? done : all, all);
	return !keeper->options->go_on || keeper->options->go_on();
}

static int write_model(const struct saving_domain *domain, int fd)
{
	const uint8_t padding[LIBXL_ALIGN] = { 0 };
	const struct libxl_model head = { .kind = LIBXL_MODEL_QEMU };
	const struct libxl_record record = { LIBXL_MODEL_STATE, (uint32_t)sizeof(head) + domain->model.bytes };
	uint32_t left = domain->model.bytes;
	uint8_t part[16384];

	if (!domain->has_model)
		return 0;
	if (!saved_write(fd, &record, sizeof(record)) || !saved_write(fd, &head, sizeof(head)))
		return -errno;
	while (left) {
		ssize_t count = read(domain->model.fd, part, left < sizeof(part) ? left : sizeof(part));

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return count ? -errno : -EIO;
		if (!saved_write(fd, part, (size_t)count))
			return -errno;
		left -= (uint32_t)count;
	}
	return saved_write(fd, padding, -record.length & (LIBXL_ALIGN - 1)) ? 0 : -errno;
}

static int write_domain(const struct saving_domain *domain, int fd, const struct save_options *options)
{
	struct session *session = domain->session;
	uint32_t domid = domain->domid;
	const struct libxl_record end = { .type = LIBXL_END };
	struct keeper keeper = { session, options };
	const struct save save = { .xc = session->xc, .domid = domid, .fd = fd, .apart = true, .progress = { show, &keeper } };
	struct complaint complaint = { 0 };
	int error = save_domain(&save, &complaint);

	if (!error) {
		error = write_model(domain, fd);
		if (!error && !saved_write(fd, &end, sizeof(end)))
			error = -errno;
		if (error)
			complain(&complaint, "writing failed: %s", strerror(-error));
	}
	if (!error && fsync(fd) && errno != EINVAL && errno != EROFS) {
		error = -errno;
		complain(&complaint, "writing failed: %s", strerror(errno));
	}
	return error ? tell(session, error, "domain %u is not saved: %s", domid,
			    complaint.text[0] ? complaint.text : strerror(-error))
		     : 0;
}

static int save_to(struct saving_domain *domain, int fd, const struct save_options *options)
{
	struct session *session = domain->session;
	char *config = options->config ? config_to_json(options->config) : config_text(session, domain->domid);
	int error = config ? suspend(domain) : -ENOENT;

	if (!error) {
		/* It may still write to the guest's memory: before that is read. */
		error = domain->has_model ? model_freeze(session, domain->domid, &domain->model) : 0;
		if (!error)
			error = write_head(session, fd, config);
		if (!error)
			error = write_domain(domain, fd, options);
		model_state_close(&domain->model);
		if (error)
			go_on(domain);
	}
	free(config);
	return error;
}

/* A file appears under its name only when whole; a pipe or a device is written to as it is. */
static int save_file(struct saving_domain *domain, const char *path, const struct save_options *options)
{
	struct session *session = domain->session;
	struct stat stat_of;
	bool special = !stat(path, &stat_of) && !S_ISREG(stat_of.st_mode);
	char *fresh = NULL;
	int fd, error;

	if (asprintf(&fresh, "%s%s", path, special ? "" : "~") < 0)
		return -ENOMEM;
	/* A guest's memory holds its secrets. */
	fd = open(fresh, O_WRONLY | O_CLOEXEC | (special ? 0 : O_CREAT | O_TRUNC), 0600);
	if (fd < 0) {
		error = tell(session, -errno, "%s cannot be written: %s", path, strerror(errno));
		free(fresh);
		return error;
	}
	error = save_to(domain, fd, options);
	if (close(fd) && !error)
		error = tell(session, -errno, "%s cannot be written: %s", path, strerror(errno));
	if (!error && !special && rename(fresh, path))
		error = tell(session, -errno, "%s cannot be written: %s", path, strerror(errno));
	if (error && !special)
		unlink(fresh);
	free(fresh);
	return error;
}

int domain_save(struct session *session, uint32_t domid, const char *path, const struct save_options *options)
{
	struct saving_domain domain = { .session = session, .domid = domid, .model = { .fd = -1 } };
	xc_domaininfo_t info;
	int error;

	if (!domid)
		return tell(session, -EINVAL, "Domain-0 cannot be saved");
	domain.has_model = domain_info(session, domid, &info) && info.flags & XEN_DOMINF_hvm_guest &&
			   domain_is_hvm(session, domid);
	error = save_file(&domain, path, options);
	if (error)
		return error;
	switch (options->after) {
	case SAVE_RESUME:
		return go_on(&domain);
	case SAVE_PAUSE:
		error = domain_pause(session, domid);
		return error ? error : go_on(&domain);
	default:
		return domain_destroy(session, domid);
	}
}
