/* SPDX-License-Identifier: MIT */
/*
 * The table: its columns, how they sort, and its lines as text. The same lines make the batch mode
 * and the screen. Widths, words and their order are what scripts that read xentop expect.
 */
#ifndef SERAI_XENTOP_COLUMNS_H
#define SERAI_XENTOP_COLUMNS_H

#include <stdio.h>

#include "xentop/model.h"

#define NR_COLUMNS 19
#define SORT_DOMID -1

struct show {
	bool networks, vbds, vcpus, repeat_header, full_name;
	bool dom0_first, reverse;
	int sort; /* a column (0: by name), or SORT_DOMID */
};

const char *column_title(int column);
/* By title without regard to case, or its first letters; SORT_DOMID for "domid"; -2: none. */
int column_named(const char *title);
/* Where the column that sorts is in a line. */
void column_span(const struct model *model, const struct show *show, int *start, int *width);

/* Numbers from the greatest down, names from A to Z without regard to case; ties by domain number.
 */
void sort_views(struct model *model, const struct show *show);

/* Each ends its line. */
void write_header(FILE *out, const struct model *model, const struct show *show);
void write_domain(FILE *out, const struct model *model, const struct view *view,
		  const struct show *show);
void write_vcpus(FILE *out, const struct domain_counters *domain);
void write_nets(FILE *out, const struct domain_counters *domain);
void write_disks(FILE *out, const struct domain_counters *domain);
/* All that belongs to one domain under `show`. */
void write_block(FILE *out, const struct model *model, const struct view *view,
		 const struct show *show, bool header);
/* The three lines above the table. */
void write_summary(FILE *out, const struct model *model);

#endif
