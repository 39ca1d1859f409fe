/* SPDX-License-Identifier: MIT */
/*
 * A model as text for programs: what a terminal's batch mode prints, JSON, OpenMetrics. Nothing
 * here asks the hypervisor or knows a screen.
 */
#ifndef SERAI_XENTOP_REPORT_H
#define SERAI_XENTOP_REPORT_H

#include "xentop/columns.h"

/* Each returns 0 or -ENOMEM; whether `out` took it all its own error flag tells. */
int report_batch(FILE *out, const struct model *model, const struct show *show);
/* One document. Speeds are null in the first reading of a domain. */
int report_json(FILE *out, const struct model *model, const struct show *show);
/* One exposition, which ends with "# EOF". Counters only count up: speeds are the reader's work. */
int report_metrics(FILE *out, const struct model *model, const struct show *show);

#endif
