/* SPDX-License-Identifier: MIT */
/* xentop: what the domains of this machine are doing. */
#include <errno.h>
#include <locale.h>
#include <string.h>

#include "xentop/collect.h"
#include "xentop/options.h"
#include "xentop/report.h"
#include "xentop/screen.h"

typedef int (*report)(FILE *out, const struct model *model, const struct show *show);

static const report reports[] = {
	[OUTPUT_BATCH] = report_batch,
	[OUTPUT_JSON] = report_json,
	[OUTPUT_METRICS] = report_metrics,
};

static void pause_for(double delay)
{
	struct timespec left = { .tv_sec = (time_t)delay };

	left.tv_nsec = (long)((delay - (double)left.tv_sec) * 1e9);
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static int read_into(struct collector *collector, struct model *model)
{
	struct reading reading;
	int rc = collect(collector, &reading);

	if (!rc) {
		rc = model_update(model, &reading);
		reading_free(&reading);
	}
	return rc;
}

/* Reports until the last is made, or the reader of standard output is gone. */
static int print_reports(struct collector *collector, struct options *options)
{
	struct model model = { 0 };
	int rc = 0;

	for (unsigned long nr = 1; !rc; nr++) {
		rc = read_into(collector, &model);
		if (rc)
			break;
		sort_views(&model, &options->show);
		rc = reports[options->output](stdout, &model, &options->show);
		if (!rc && (fflush(stdout) || ferror(stdout)))
			rc = errno ? -errno : -EIO;
		if (rc || nr == options->iterations)
			break;
		pause_for(options->delay);
	}
	model_free(&model);
	return rc;
}

int main(int argc, char **argv)
{
	struct options options;
	struct collector *collector;
	int rc;

	switch (options_parse(&options, argc, argv)) {
	case OPTIONS_DONE:
		return fflush(stdout) ? 1 : 0;
	case OPTIONS_WRONG:
		return 1;
	case OPTIONS_RUN:
		break;
	}
	/* Names count and cut in characters on the screen alone: numbers keep C's point. */
	setlocale(LC_CTYPE, "");
	collector = collector_open();
	if (!collector)
		return 1;
	if (options.output == OUTPUT_SCREEN)
		rc = screen_run(collector, &options, read_into);
	else
		rc = print_reports(collector, &options);
	collector_close(collector);
	if (rc && rc != -ENOTTY)
		fprintf(stderr, "xentop: stopped: %s\n", strerror(-rc));
	return rc ? 1 : 0;
}
