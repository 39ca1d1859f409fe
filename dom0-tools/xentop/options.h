/* SPDX-License-Identifier: MIT */
/* The command line. */
#ifndef SERAI_XENTOP_OPTIONS_H
#define SERAI_XENTOP_OPTIONS_H

#include "xentop/columns.h"

enum output { OUTPUT_SCREEN, OUTPUT_BATCH, OUTPUT_JSON, OUTPUT_METRICS };

struct options {
	struct show show;
	enum output output;
	double delay;		  /* seconds */
	unsigned long iterations; /* 0: for ever */
	bool colour;
};

#define MAX_DELAY 3600.0
/* Seconds, with a fraction if need be: 0 to MAX_DELAY. */
bool parse_delay(const char *text, double *delay);

enum options_result { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_WRONG };
/* OPTIONS_DONE: help or version was asked for and printed; OPTIONS_WRONG: said why on stderr. */
enum options_result options_parse(struct options *options, int argc, char **argv);

#endif
