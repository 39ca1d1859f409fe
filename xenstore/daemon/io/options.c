/* SPDX-License-Identifier: MIT */
/* The command line: 4.17's options, and a few of our own. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

enum { OPTION_NO_XEN = 256, OPTION_DOMAINS, OPTION_FRESH, OPTION_RESUME, OPTION_JOURNAL };

static const char usage[] =
    "Usage: xenstored [options]\n"
    "  -N, --no-fork               stay in the foreground, messages on the terminal\n"
    "  -F, --pid-file FILE         write the daemon's process number there\n"
    "  -P, --output-pid            and to standard output\n"
    "  -T, --trace-file FILE       log what clients ask and get\n"
    "  -V, --verbose               tell more\n"
    "  -D, --no-domain-init        do not serve domain 0's kernel\n"
    "  -p, --priv-domid DOMID      this domain may do what domain 0 may\n"
    "  -E, --entry-nb N            nodes per domain\n"
    "  -S, --entry-size N          bytes of a node\n"
    "  -W, --watch-nb N            watches per domain\n"
    "  -t, --transaction N         open transactions per domain\n"
    "  -A, --perm-nb N             permission entries per node\n"
    "  -M, --path-max N            characters of a path\n"
    "  -Q, --quota WHAT=N          any quota: nodes watches transactions outstanding\n"
    "                              transaction-nodes memory node-size path-max permissions\n"
    "  -q, --quota-soft memory=N   warn above\n"
    "  -K, --keep-orphans          give a dead domain's nodes to domain 0 instead of deleting "
    "them\n"
    "  -w, --timeout WHAT=N, -R, --no-recovery, -I, --internal-db [on|off],\n"
    "  -m, --master-domid DOMID    accepted, without effect\n"
    "      --fresh                 forget the state an earlier daemon left\n"
    "      --no-xen                serve sockets only\n"
    "      --domains DIRECTORY     domains are played by files (for tests)\n"
    "  -H, --help                  this\n"
    "State is kept in $XENSTORED_RUNDIR (/run/xenstored); a daemon started again goes on with "
    "it.\n";

static const struct option long_options[] = {
	{ "no-fork", no_argument, NULL, 'N' },
	{ "pid-file", required_argument, NULL, 'F' },
	{ "output-pid", no_argument, NULL, 'P' },
	{ "trace-file", required_argument, NULL, 'T' },
	{ "verbose", no_argument, NULL, 'V' },
	{ "no-domain-init", no_argument, NULL, 'D' },
	{ "priv-domid", required_argument, NULL, 'p' },
	{ "master-domid", required_argument, NULL, 'm' },
	{ "entry-nb", required_argument, NULL, 'E' },
	{ "entry-size", required_argument, NULL, 'S' },
	{ "watch-nb", required_argument, NULL, 'W' },
	{ "transaction", required_argument, NULL, 't' },
	{ "perm-nb", required_argument, NULL, 'A' },
	{ "path-max", required_argument, NULL, 'M' },
	{ "quota", required_argument, NULL, 'Q' },
	{ "quota-soft", required_argument, NULL, 'q' },
	{ "timeout", required_argument, NULL, 'w' },
	{ "no-recovery", no_argument, NULL, 'R' },
	{ "internal-db", optional_argument, NULL, 'I' },
	{ "keep-orphans", no_argument, NULL, 'K' },
	{ "help", no_argument, NULL, 'H' },
	{ "fresh", no_argument, NULL, OPTION_FRESH },
	{ "no-xen", no_argument, NULL, OPTION_NO_XEN },
	{ "domains", required_argument, NULL, OPTION_DOMAINS },
	{ "resume", required_argument, NULL, OPTION_RESUME },
	{ "journal-version", no_argument, NULL, OPTION_JOURNAL },
	{ NULL, 0, NULL, 0 },
};

static void wrong(const char *what, const char *value)
{
	fprintf(stderr, "xenstored: %s: \"%s\"; see xenstored --help\n", what, value);
	exit(1);
}

static void set_quota(struct options *options, enum quota_id id, const char *number)
{
	if (!quota_parse_number(number, &options->quota[id]))
		wrong("not a number", number);
	options->quota_given[id] = true;
}

static void set_named_quota(struct options *options, const char *text)
{
	struct quotas quotas;

	quotas_init(&quotas);
	for (int i = 0; i < QUOTA_COUNT; i++) {
		size_t len = strlen(quota_info[i].name);

		if (!strncmp(text, quota_info[i].name, len) && text[len] == '=') {
			set_quota(options, i, text + len + 1);
			return;
		}
	}
	wrong("not a quota=number", text);
}

static void set_soft_quota(struct options *options, const char *text)
{
	if (strncmp(text, "memory=", 7) || !quota_parse_number(text + 7, &options->soft_memory))
		wrong("not memory=number", text);
	options->soft_given = true;
}

static void set_priv(struct options *options, const char *text)
{
	uint32_t domid;

	if (!quota_parse_number(text, &domid))
		wrong("not a domain's number", text);
	options->priv_domid = domid;
}

static bool set_flag(struct options *options, int option)
{
	switch (option) {
	case 'N':
		options->no_fork = true;
		return true;
	case 'P':
		options->output_pid = true;
		return true;
	case 'V':
		options->verbose = true;
		return true;
	case 'D':
		options->no_domain_init = true;
		return true;
	case 'K':
		options->keep_orphans = true;
		return true;
	case OPTION_NO_XEN:
		options->no_xen = true;
		return true;
	case OPTION_FRESH:
		options->fresh = true;
		return true;
	case 'm':
	case 'w':
	case 'R':
	case 'I':
		return true;
	default:
		return false;
	}
}

static void set_argument(struct options *options, int option, const char *argument)
{
	static const char quota_letters[] = "ESWtAM";
	static const enum quota_id quota_ids[] = { QUOTA_NODES,	      QUOTA_NODE_SIZE,
						   QUOTA_WATCHES,     QUOTA_TRANSACTIONS,
						   QUOTA_PERMISSIONS, QUOTA_PATH_MAX };
	const char *letter = option < 256 ? strchr(quota_letters, option) : NULL;

	if (letter)
		set_quota(options, quota_ids[letter - quota_letters], argument);
	else if (option == 'F')
		options->pid_file = argument;
	else if (option == 'T')
		options->trace_file = argument;
	else if (option == 'Q')
		set_named_quota(options, argument);
	else if (option == 'q')
		set_soft_quota(options, argument);
	else if (option == 'p')
		set_priv(options, argument);
	else if (option == OPTION_DOMAINS)
		options->domains_directory = argument;
	else if (option == OPTION_RESUME)
		options->resume = argument;
}

void options_parse(struct options *options, int argc, char **argv)
{
	int option;

	*options = (struct options){ .priv_domid = -1 };
	while ((option = getopt_long(argc, argv, "NF:PT:VDp:m:E:S:W:t:A:M:Q:q:w:RI::KH",
				     long_options, NULL)) != -1) {
		if (option == 'H') {
			fputs(usage, stdout);
			exit(0);
		}
		if (option == OPTION_JOURNAL)
			exit(JOURNAL_EXIT_STATUS);
		if (option == '?')
			exit(1);
		if (!set_flag(options, option))
			set_argument(options, option, optarg);
	}
	if (optind != argc)
		wrong("an argument too many", argv[optind]);
}

void options_apply(const struct options *options, struct store *store)
{
	store->priv_domid = options->priv_domid;
	store->keep_orphans = options->keep_orphans;
	for (int i = 0; i < QUOTA_COUNT; i++)
		if (options->quota_given[i])
			store->quotas.limit[i] = options->quota[i];
	if (options->soft_given)
		store->quotas.soft_memory = options->soft_memory;
}
