/* SPDX-License-Identifier: MIT */
/*
 * What is done when a domain has ended: its configuration's on_… action.
 *
 * Everything is decided anew from the hypervisor's and the store's state once the domain's lock is
 * held, so an action that was interrupted at any point is simply begun again. Messages go to the
 * domain's log, xl-<name>.log, as those of xl's own background process do.
 */
#include "domd/domd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <xen/sched.h>

/* A guest that ends this soon after its start is not restarted faster than that. Seconds. */
#define SHORT_LIFE 5

struct ended {
	struct session session;
	FILE *log;
	uint32_t domid;
	uint8_t uuid[16];
	unsigned int reason;
	struct domain_config *config;
};

static const char *const reason_names[] = {
	"powered off", "wants to reboot",	    "suspended",
	"crashed",     "was ended by its watchdog", "wants a soft reset"
};

static void say(struct ended *ended, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct ended *ended, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	xtl_logv(ended->session.log, XTL_NOTICE, -1, "domd", format, arguments);
	va_end(arguments);
}

static void open_log(struct ended *ended, const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), LOG_DIRECTORY "/xl-%s.log", name ? name : "unnamed");
	ended->log = strchr(name ? name : "", '/') ? NULL : fopen(path, "ae");
	ended->session.log = (xentoollog_logger *)xtl_createlogger_stdiostream(
	    ended->log ? ended->log : stderr, XTL_NOTICE, XTL_STDIOSTREAM_SHOW_DATE);
}

static enum end_action action_for(const struct domain_config *config, unsigned int reason)
{
	switch (reason) {
	case SHUTDOWN_reboot:
		return config->on_reboot;
	case SHUTDOWN_crash:
		return config->on_crash;
	case SHUTDOWN_watchdog:
		return config->on_watchdog;
	case SHUTDOWN_soft_reset:
		return config->on_soft_reset;
	default:
		return config->on_poweroff;
	}
}

static void dump_core(struct ended *ended)
{
	char path[300];

	snprintf(path, sizeof(path), DUMP_DIRECTORY "/%s", ended->config->name);
	mkdir(DUMP_DIRECTORY, 0700);
	say(ended, "writing its memory to %s", path);
	if (!domain_dump_core(&ended->session, ended->domid, path))
		say(ended, "written");
}

static void await_decent_age(struct ended *ended)
{
	char path[64 + 200], *text, *vm;
	double started;

	snprintf(path, sizeof(path), "/local/domain/%u/vm", ended->domid);
	vm = xs_read(ended->session.xs, XBT_NULL, path, NULL);
	snprintf(path, sizeof(path), "%.200s/start_time", vm ? vm : "");
	text = xs_read(ended->session.xs, XBT_NULL, path, NULL);
	started = text ? strtod(text, NULL) : 0;
	free(text);
	free(vm);
	if (time(NULL) - started < SHORT_LIFE) {
		say(ended, "it lived less than %u seconds: waiting before the restart", SHORT_LIFE);
		sleep(2);
	}
}

static int create_again(struct ended *ended)
{
	struct create_options options = { 0 };
	uint32_t domid;
	int error = domain_create(&ended->session, ended->config, &options, &domid);

	restart_forget(ended->config->uuid);
	if (error)
		say(ended, "it could not be started again: %s", strerror(-error));
	else
		say(ended, "it runs again as domain %u", domid);
	return error;
}

static int restart(struct ended *ended, bool keep_old)
{
	char suffix[32];
	time_t now = time(NULL);
	int error;

	await_decent_age(ended);
	error = restart_note(ended->config);
	if (error)
		say(ended, "the restart cannot be noted in " STATE_DIRECTORY " (%s); going on",
		    strerror(-error));
	if (keep_old) {
		strftime(suffix, sizeof(suffix), "%Y%m%dT%H%M%SZ", gmtime(&now));
		error = domain_preserve(&ended->session, ended->domid, suffix);
	} else {
		error = domain_destroy(&ended->session, ended->domid);
	}
	return error ? error : create_again(ended);
}

static int carry_out(struct ended *ended, enum end_action action)
{
	switch (action) {
	case END_PRESERVE:
		say(ended, "it is kept as it is; \"xl destroy %u\" removes it", ended->domid);
		return domain_set_mark(&ended->session, ended->domid, MARK_PRESERVED);
	case END_RENAME_RESTART:
		return restart(ended, true);
	case END_COREDUMP_RESTART:
		dump_core(ended);
		return restart(ended, false);
	case END_RESTART:
		return restart(ended, false);
	case END_COREDUMP_DESTROY:
		dump_core(ended);
		break;
	case END_SOFT_RESET:
		say(ended, "soft reset is not supported for PV guests: it is destroyed");
		break;
	case END_DESTROY:
		break;
	}
	say(ended, "it is destroyed");
	return domain_destroy(&ended->session, ended->domid);
}

/* Is it still ours to act on, now that nobody else is? */
static bool still_ended(struct ended *ended, xc_domaininfo_t *info)
{
	char *mark = domain_mark(&ended->session, ended->domid);
	bool ours = mark && !strcmp(mark, MARK_WATCHED);

	free(mark);
	return ours && xc_domain_getinfolist(ended->session.xc, ended->domid, 1, info) == 1 &&
	       info->domain == ended->domid && info->flags & XEN_DOMINF_shutdown &&
	       !(info->flags & XEN_DOMINF_dying);
}

static int act(struct ended *ended)
{
	xc_domaininfo_t info;
	char *name;

	if (!still_ended(ended, &info) || lock_domain(info.handle) < 0 ||
	    !still_ended(ended, &info))
		return 0;
	name = domain_name(&ended->session, ended->domid);
	open_log(ended, name);
	free(name);
	ended->reason = (info.flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
	if (ended->reason == SHUTDOWN_suspend)
		return 0;
	say(ended, "domain %u %s", ended->domid,
	    ended->reason < sizeof(reason_names) / sizeof(reason_names[0])
		? reason_names[ended->reason]
		: "ended");
	ended->config = domain_stored_config(&ended->session, ended->domid);
	if (!ended->config) {
		say(ended,
		    "its configuration is gone, so nothing is done; \"xl destroy %u\" removes it",
		    ended->domid);
		return domain_set_mark(&ended->session, ended->domid, MARK_PRESERVED);
	}
	return carry_out(ended, action_for(ended->config, ended->reason));
}

int act_on_domain(uint32_t domid)
{
	struct ended ended = { .domid = domid };
	int error = session_open(&ended.session, NULL);

	if (!error)
		error = act(&ended);
	return error ? 1 : 0;
}

/* The domain with a note's UUID, if there is one. */
static bool find_uuid(struct session *session, const uint8_t uuid[16], xc_domaininfo_t *info)
{
	uint32_t next = 1;

	while (xc_domain_getinfolist(session->xc, next, 1, info) == 1) {
		if (!memcmp(info->handle, uuid, 16) && !(info->flags & XEN_DOMINF_dying))
			return true;
		next = info->domain + 1;
	}
	return false;
}

static void resume(struct domain_config *config, void *data)
{
	struct ended ended = { .session = *(struct session *)data, .config = config };
	xc_domaininfo_t info;
	char *mark = NULL;

	if (lock_domain(config->uuid) < 0)
		return;
	open_log(&ended, config->name);
	if (find_uuid(&ended.session, config->uuid, &info)) {
		mark = domain_mark(&ended.session, info.domain);
		if (!mark || !strcmp(mark, MARK_CREATING)) {
			say(&ended,
			    "its restart was interrupted: the half-made domain %u is removed",
			    info.domain);
			domain_destroy(&ended.session, info.domain);
			create_again(&ended);
		} else if (!(info.flags & XEN_DOMINF_shutdown)) {
			restart_forget(config->uuid);
		}
		free(mark);
		return;
	}
	say(&ended, "its restart was interrupted: it is created now");
	create_again(&ended);
}

int resume_restarts(void)
{
	struct session session;
	int error = session_open(&session, NULL);

	if (!error) {
		domains_sweep(&session);
		restart_notes(resume, &session);
	}
	return error ? 1 : 0;
}
