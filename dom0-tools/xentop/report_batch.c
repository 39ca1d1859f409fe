/* SPDX-License-Identifier: MIT */
/* Batch mode: the table of each reading, one after another. */
#include "xentop/report.h"

int report_batch(FILE *out, const struct model *model, const struct show *show)
{
	for (size_t i = 0; i < model->nr_views; i++)
		write_block(out, model, model->views[i], show, !i);
	return 0;
}
