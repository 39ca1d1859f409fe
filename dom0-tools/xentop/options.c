/* SPDX-License-Identifier: MIT */
/* The command line: xentop's options, and those it has beyond. */
#include <getopt.h>
#include <stdlib.h>

#include "xentop/options.h"

enum long_only { OPTION_JSON = 256, OPTION_METRICS, OPTION_NO_COLOUR };

static const struct option words[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "delay", required_argument, NULL, 'd' },
	{ "networks", no_argument, NULL, 'n' },
	{ "vbds", no_argument, NULL, 'x' },
	{ "repeat-header", no_argument, NULL, 'r' },
	{ "vcpus", no_argument, NULL, 'v' },
	{ "batch", no_argument, NULL, 'b' },
	{ "iterations", required_argument, NULL, 'i' },
	{ "full-name", no_argument, NULL, 'f' },
	{ "dom0-first", no_argument, NULL, 'z' },
	{ "sort", required_argument, NULL, 's' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "metrics", no_argument, NULL, OPTION_METRICS },
	{ "no-color", no_argument, NULL, OPTION_NO_COLOUR },
	{ NULL, 0, NULL, 0 },
};

static const char help[] = "Usage: xentop [OPTION]...\n"
			   "Watches the domains of this machine at work.\n"
			   "\n"
			   "-h, --help           show these words\n"
			   "-V, --version        tell the version\n"
			   "-d, --delay=SECONDS  time between readings (3)\n"
			   "-i, --iterations=N   end after N readings\n"
			   "-b, --batch          lines of text instead of a screen\n"
			   "-n, --networks       show each network interface\n"
			   "-x, --vbds           show each block device\n"
			   "-v, --vcpus          show each virtual CPU\n"
			   "-r, --repeat-header  a header above each domain\n"
			   "-f, --full-name      do not cut names\n"
			   "-z, --dom0-first     Dom0 on top, however the rest is sorted\n"
			   "-s, --sort=COLUMN    by a column's title, or domid (NAME)\n"
			   "    --json           readings as JSON (one, unless -i says otherwise)\n"
			   "    --metrics        readings as OpenMetrics text (the same)\n"
			   "    --no-color       no colours\n"
			   "\n"
			   "On the screen, press ? for its keys.\n";

bool parse_delay(const char *text, double *delay)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= 0 && value <= MAX_DELAY))
		return false;
	*delay = value;
	return true;
}

static bool parse_iterations(const char *text, unsigned long *iterations)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*iterations = strtoul(text, &end, 10);
	return !*end && *iterations;
}

static bool wrong(const char *option, const char *value, const char *expected)
{
	fprintf(stderr, "xentop: %s %s: %s\n", option, value, expected);
	return false;
}

static bool valued(struct options *options, int option)
{
	if (option == 'd')
		return parse_delay(optarg, &options->delay) ||
		       wrong("--delay", optarg, "must be seconds from 0 to 3600");
	if (option == 'i')
		return parse_iterations(optarg, &options->iterations) ||
		       wrong("--iterations", optarg, "must be a number from 1 up");
	options->show.sort = column_named(optarg);
	return options->show.sort >= SORT_DOMID ||
	       wrong("--sort", optarg, "is no column; see the table's header");
}

static void flag(struct options *options, int option)
{
	struct show *show = &options->show;

	switch (option) {
	case 'n':
		show->networks = true;
		break;
	case 'x':
		show->vbds = true;
		break;
	case 'r':
		show->repeat_header = true;
		break;
	case 'v':
		show->vcpus = true;
		break;
	case 'f':
		show->full_name = true;
		break;
	case 'z':
		show->dom0_first = true;
		break;
	case 'b':
		options->output = OUTPUT_BATCH;
		break;
	case OPTION_JSON:
		options->output = OUTPUT_JSON;
		break;
	case OPTION_METRICS:
		options->output = OUTPUT_METRICS;
		break;
	case OPTION_NO_COLOUR:
		options->colour = false;
		break;
	}
}

enum options_result options_parse(struct options *options, int argc, char **argv)
{
	int option;

	*options = (struct options){ .delay = 3, .colour = !getenv("NO_COLOR") };
	while ((option = getopt_long(argc, argv, "hVnxrvd:bi:fzs:", words, NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(help, stdout);
			return OPTIONS_DONE;
		case 'V':
			puts("xentop 1.0 (Serai)");
			return OPTIONS_DONE;
		case '?':
			fputs("xentop: see xentop --help\n", stderr);
			return OPTIONS_WRONG;
		case 'd':
		case 'i':
		case 's':
			if (!valued(options, option))
				return OPTIONS_WRONG;
			break;
		default:
			flag(options, option);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "xentop: %s: what for? See xentop --help\n", argv[optind]);
		return OPTIONS_WRONG;
	}
	if (options->output >= OUTPUT_JSON && !options->iterations)
		options->iterations = 1;
	return OPTIONS_RUN;
}
