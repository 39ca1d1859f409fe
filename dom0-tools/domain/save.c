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

#include <xen/sched.h>

/* As long as older tools have given a guest to suspend itself. */
#define SUSPEND_SECONDS 60

struct keeper {
	struct session *session;
	const struct save_options *options;
};

static bool suspended(const xc_domaininfo_t *info)
{
	return info->flags & XEN_DOMINF_shutdown &&
	       (info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask) == SHUTDOWN_suspend;
}

static int go_on(struct session *session, uint32_t domid)
{
	if (xc_domain_resume(session->xc, domid, 1) || !xs_resume_domain(session->xs, domid))
		return tell(session, -errno, "domain %u does not go on: %s; it stays suspended, and can be saved",
			    domid, strerror(errno));
	return 0;
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

static int suspend(struct session *session, uint32_t domid)
{
	xc_domaininfo_t info;
	int error;

	if (!domain_info(session, domid, &info))
		return tell(session, -ESRCH, "there is no domain %u", domid);
	if (suspended(&info))
		return 0;
	if (info.flags & XEN_DOMINF_paused)
		return tell(session, -EBUSY,
			    "domain %u is paused, so it cannot suspend itself: \"xl unpause %u\" first", domid, domid);
	error = domain_ask_shutdown(session, domid, "suspend", SUSPEND_SECONDS);
	if (!error)
		error = wait_suspended(session, domid);
	if (error == -ETIME)
		take_back(session, domid);
	return error;
}

/* ---- the file ---- */

static bool write_all(int fd, const void *bytes, size_t count)
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

/* The record of the domain as it is: of other tools' domains what they wrote, of ours with today's memory. */
static char *config_text(struct session *session, uint32_t domid)
{
	char *mark = domain_mark(session, domid);
	struct domain_config *config = mark ? domain_stored_config(session, domid) : NULL;
	char *text = NULL;
	uint64_t target;

	if (config && store_read_number(session, &target, "/local/domain/%u/memory/target", domid) && target >= 1024 &&
	    target <= config->max_memory_kb)
		config->memory_kb = target;
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

	if (write_all(fd, &header, sizeof(header)) && write_all(fd, &length, sizeof(length)) &&
	    write_all(fd, config, length) && write_all(fd, &stream, sizeof(stream)) &&
	    write_all(fd, &context, sizeof(context)))
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

static int write_domain(struct session *session, uint32_t domid, int fd, const struct save_options *options)
{
	const struct libxl_record end = { .type = LIBXL_END };
	struct keeper keeper = { session, options };
	const struct save save = { .xc = session->xc, .domid = domid, .fd = fd, .apart = true, .progress = { show, &keeper } };
	struct complaint complaint = { 0 };
	int error = save_domain(&save, &complaint);

	if (!error && !write_all(fd, &end, sizeof(end))) {
		error = -errno;
		complain(&complaint, "writing failed: %s", strerror(errno));
	}
	if (!error && fsync(fd) && errno != EINVAL && errno != EROFS) {
		error = -errno;
		complain(&complaint, "writing failed: %s", strerror(errno));
	}
	return error ? tell(session, error, "domain %u is not saved: %s", domid,
			    complaint.text[0] ? complaint.text : strerror(-error))
		     : 0;
}

static int save_to(struct session *session, uint32_t domid, int fd, const struct save_options *options)
{
	char *config = options->config ? config_to_json(options->config) : config_text(session, domid);
	int error = config ? suspend(session, domid) : -ENOENT;

	if (!error) {
		error = write_head(session, fd, config);
		if (!error)
			error = write_domain(session, domid, fd, options);
		if (error)
			go_on(session, domid);
	}
	free(config);
	return error;
}

/* A file appears under its name only when whole; a pipe or a device is written to as it is. */
static int save_file(struct session *session, uint32_t domid, const char *path, const struct save_options *options)
{
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
	error = save_to(session, domid, fd, options);
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
	xc_domaininfo_t info;
	int error;

	if (!domid)
		return tell(session, -EINVAL, "Domain-0 cannot be saved");
	if (domain_info(session, domid, &info) && info.flags & XEN_DOMINF_hvm_guest && domain_is_hvm(session, domid))
		return tell(session, -EOPNOTSUPP,
			    "domain %u has a device model, whose state cannot be saved yet: only PV and PVH guests can",
			    domid);
	error = save_file(session, domid, path, options);
	if (error)
		return error;
	switch (options->after) {
	case SAVE_RESUME:
		return go_on(session, domid);
	case SAVE_PAUSE:
		error = domain_pause(session, domid);
		return error ? error : go_on(session, domid);
	default:
		return domain_destroy(session, domid);
	}
}
