/* SPDX-License-Identifier: MIT */
/* What the command line says. */
#ifndef XSD_OPTIONS_H
#define XSD_OPTIONS_H

#include "../core/journal.h"
#include "../core/store.h"

/* What --journal-version exits with: nothing else does by chance. */
#define JOURNAL_EXIT_STATUS (64 + JOURNAL_VERSION)

struct options {
	bool no_fork, output_pid, no_domain_init, no_xen, fresh, keep_orphans, verbose;
	const char *pid_file, *trace_file, *domains_directory;
	const char *resume; /* descriptors handed over by a live update */
	int64_t priv_domid;
	uint32_t quota[QUOTA_COUNT];
	bool quota_given[QUOTA_COUNT];
	uint32_t soft_memory;
	bool soft_given;
};

/* Fills options; exits with a message for wrong ones, and after --help. */
void options_parse(struct options *options, int argc, char **argv);
void options_apply(const struct options *options, struct store *store);

#endif
