/* SPDX-License-Identifier: MIT */
/*
 * What xl's commands share: their table, the global options, lazy connections, and one line of cause
 * and remedy for each error.
 *
 * Exit codes are those scripts know: 0 done, 1 failed, 2 wrong usage; create also has 3 (not made).
 */
#ifndef SERAI_XL_H
#define SERAI_XL_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>
#include <xenstore.h>
#include <xentoollog.h>

#include "domain/domain.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NOT_MADE = 3 };

struct command;

struct xl {
	const struct command *command;
	bool dry_run;	 /* -N */
	bool force;	 /* -f */
	bool timestamps; /* -T: before each message */
	bool carriage;	 /* -t: progress in one line */
	bool json;	 /* --json */
	int verbosity;	 /* number of -v */
	xentoollog_logger logger;
	struct session session; /* what is open already: see connect.c */
};

/* What a command may be given besides its own options. */
#define COMMAND_DRY_RUN 1u /* -N means something */
#define COMMAND_CHANGES 2u /* changes something: -f is listed in its usage */
#define COMMAND_HIDDEN 4u  /* not in the short list of `xl help` */

struct command {
	const char *name;
	int (*run)(struct xl *xl, int argc, char **argv);
	const char *arguments; /* for the usage line */
	const char *summary;   /* one sentence */
	const char *options;   /* lines for the help, NULL if there are none */
	unsigned int flags;
	const char *completion; /* what bash completes arguments with: "domain", "file", "pool" … or NULL */
};

extern const struct command commands[];
extern const unsigned int nr_commands;
const struct command *command_find(const char *name);
/* The name nearest to a mistyped one; NULL if none is near. */
const char *command_nearest(const char *name);

/* --- messages (message.c) --- */

void message_init(struct xl *xl);
/* "xl: " and one line on stderr; returns EXIT_FAILED so that `return fail(…)` reads well. */
int fail(struct xl *xl, const char *format, ...) __attribute__((format(printf, 2, 3)));
void caution(struct xl *xl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- options and help (usage.c) --- */

#define OPTION_JSON 1000
#define JSON_OPTION { "json", no_argument, NULL, OPTION_JSON }
#define HELP_OPTION { "help", no_argument, NULL, 'h' }
#define END_OPTIONS { NULL, 0, NULL, 0 }

/* The next option or -1. Does -h and --json itself; leaves the program on an option that is none. */
int next_option(struct xl *xl, int argc, char **argv, const char *shorts, const struct option *longs);
/* For commands without options of their own; returns the index of the first argument. Leaves the
 * program with help if there are fewer than `least` arguments. */
int plain_arguments(struct xl *xl, int argc, char **argv, int least);
/* After options: the index of the first argument, as above. */
int arguments_from(struct xl *xl, int argc, char **argv, int least);
void command_help(const struct command *command);
int usage_error(struct xl *xl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- connections (connect.c) --- */

/* Each opens what is not open yet, or explains why that cannot be and gives NULL. */
xc_interface *hypervisor(struct xl *xl);
struct xs_handle *store(struct xl *xl);
struct session *whole_session(struct xl *xl);
void disconnect(struct xl *xl);
/* Around anything that waits for the store's daemon: after STORE_SECONDS the program ends with a message. */
#define STORE_SECONDS 10
void store_guard(bool on);
/* One value, malloc'ed, NULL if there is none; guarded. */
char *read_node(struct xl *xl, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool write_node(struct xl *xl, const char *path, const char *value);

/* --- domains (domains.c) --- */

struct domains {
	xc_domaininfo_t *info;
	unsigned int count;
};

/* All domains in order of id; false (told) if the hypervisor does not answer. Free with free(info). */
bool domains_get(struct xl *xl, struct domains *domains);
/* One of them; false, untold, if there is none with this id. */
bool domain_get(struct xl *xl, uint32_t domid, xc_domaininfo_t *info);
/* A name or a number of an existing domain; false (told) if there is none. */
bool domain_lookup(struct xl *xl, const char *name_or_id, uint32_t *domid);
char *domain_name_of(struct xl *xl, uint32_t domid); /* malloc'ed, NULL if unknown */
/* Asks for all their names at once; domain_name_of then has them at hand. */
void domains_learn_names(struct xl *xl, const struct domains *domains);
/* Domain-0, backends' and store's own domains are no guests. */
bool domain_is_guest(const xc_domaininfo_t *info);
static inline bool domain_flag(const xc_domaininfo_t *info, uint32_t flag)
{
	return info->flags & flag;
}
unsigned int domain_shutdown_reason(const xc_domaininfo_t *info);
void format_uuid(const uint8_t *uuid, char text[37]);
/* Malloc'ed, "Pool-0"; a made-up name if the store has none. */
char *pool_name(struct xl *xl, uint32_t pool);
bool pool_lookup(struct xl *xl, const char *name_or_id, uint32_t *pool);

/* --- sets of CPUs (cpus.c) --- */

struct cpu_map {
	unsigned int nr; /* bits */
	uint8_t *bits;
};

/* "all", "none" or "0-1,3"; first `online` bits set means all. */
void print_map(char *text, size_t size, const uint8_t *bits, unsigned int nr, unsigned int online);
/* Reads "0-3,^1", "all", "node:0" … for this machine; false (told). Free with free(). */
bool cpus_read(struct xl *xl, const char *text, struct cpu_map *map);
struct cpu_map cpus_new(struct xl *xl);

/* --- numbers (units.c) --- */

/* A whole decimal number in a range; false (told, naming `what`). */
bool number_read(struct xl *xl, const char *what, const char *text, long long least, long long most, long long *number);
/* "64", "64m", "1g", "65536k", "…b": KiB; MiB without a letter. False (told). */
bool memory_read(struct xl *xl, const char *text, uint64_t *kib);

/* --- commands, by family --- */

#define COMMAND(name) int cmd_##name(struct xl *xl, int argc, char **argv)
COMMAND(list);
COMMAND(vm_list);
COMMAND(claims);
COMMAND(info);
COMMAND(uptime);
COMMAND(dmesg);
COMMAND(debug_keys);
COMMAND(domid);
COMMAND(domname);
COMMAND(rename);
COMMAND(vcpu_list);
COMMAND(vcpu_set);
COMMAND(vcpu_pin);
COMMAND(create);
COMMAND(config_update);
COMMAND(destroy);
COMMAND(shutdown);
COMMAND(reboot);
COMMAND(pause);
COMMAND(unpause);
COMMAND(sysrq);
COMMAND(trigger);
COMMAND(dump_core);
COMMAND(save);
COMMAND(restore);
COMMAND(console);
COMMAND(top);
COMMAND(mem_set);
COMMAND(mem_max);
COMMAND(sched_credit);
COMMAND(sched_credit2);
COMMAND(cpupool_create);
COMMAND(cpupool_list);
COMMAND(cpupool_destroy);
COMMAND(cpupool_rename);
COMMAND(cpupool_cpu_add);
COMMAND(cpupool_cpu_remove);
COMMAND(cpupool_migrate);
COMMAND(cpupool_numa_split);
COMMAND(block_attach);
COMMAND(block_list);
COMMAND(block_detach);
COMMAND(cd_insert);
COMMAND(cd_eject);
COMMAND(network_attach);
COMMAND(network_list);
COMMAND(network_detach);
COMMAND(channel_list);
COMMAND(vkb_attach);
COMMAND(vkb_list);
COMMAND(vkb_detach);
COMMAND(vncviewer);
COMMAND(qemu_monitor_command);
COMMAND(devd);
COMMAND(help);
#undef COMMAND

#endif
