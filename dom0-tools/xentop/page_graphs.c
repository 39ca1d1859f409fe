/* SPDX-License-Identifier: MIT */
/*
 * History as graphs, the newest reading at the right: processor use several lines high against all
 * the domain's vCPUs could use, networks and disks one line each against their own highest.
 * Eighths of a character where the terminal has them, else characters of growing darkness.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xentop/page.h"

#define LABEL_WIDTH 30
#define CPU_LINES   3
#define LEVELS	    8

static double two_at(const struct view *view, enum series series, unsigned int age)
{
	double value = view_history(view, series, age);

	/* A network's or disk's two directions follow each other among the series. */
	return series == SERIES_CPU ? value : value + view_history(view, series + 1, age);
}

static double highest(const struct view *view, enum series series, unsigned int width)
{
	double top = 0;

	for (unsigned int age = 0; age < width; age++)
		if (two_at(view, series, age) > top)
			top = two_at(view, series, age);
	return top;
}

/* How full a cell is: the part of the value's height, in LEVELS a line, that lies in this line. */
static int level(double value, double scale, int line, int lines)
{
	double height = scale > 0 ? value / scale * lines * LEVELS - line * LEVELS : 0;

	/* What is not nothing shows. */
	if (!line && value > 0 && height < 1)
		return 1;
	return height < 0 ? 0 : height > LEVELS ? LEVELS : (int)(height + 0.5);
}

static void write_graph(FILE *out, const struct view *view, enum series series, double scale,
			int line, int lines, unsigned int width, bool unicode)
{
	static const char *const blocks[LEVELS + 1] = {
		" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"
	};
	static const char shades[LEVELS + 2] = " .:-=+*%#";

	for (unsigned int age = width; age-- > 0;) {
		int at = level(two_at(view, series, age), scale, line, lines);

		if (unicode)
			fputs(blocks[at], out);
		else
			fputc(shades[at], out);
	}
}

static void write_speed(FILE *out, double speed)
{
	static const char units[] = "BkMGT";
	int unit = 0;

	while (speed >= 9999.5 && units[unit + 1]) {
		speed /= 1024;
		unit++;
	}
	fprintf(out, "%5.0f%c", speed, units[unit]);
}

static void write_label(FILE *out, const struct view *view, enum series series, int line)
{
	const struct domain_counters *now = view->now;

	switch (series) {
	case SERIES_CPU:
		if (line == CPU_LINES - 1)
			fprintf(out, "%-*.*s", LABEL_WIDTH, LABEL_WIDTH - 1, now->name);
		else if (!line)
			fprintf(out, "   CPU %7.1f%% of %-9u  ", view->speed[SERIES_CPU],
				now->nr_vcpus * 100);
		else
			fprintf(out, "%*s", LABEL_WIDTH, "");
		break;
	case SERIES_NET_TX:
		fputs("   net out", out);
		write_speed(out, view->speed[SERIES_NET_TX]);
		fputs("  in ", out);
		write_speed(out, view->speed[SERIES_NET_RX]);
		fputs("   ", out);
		break;
	default:
		fputs("  disk rd ", out);
		write_speed(out, view->speed[SERIES_DISK_READ]);
		fputs("  wr ", out);
		write_speed(out, view->speed[SERIES_DISK_WRITE]);
		fputs("   ", out);
	}
}

struct graph {
	const struct view *view;
	unsigned int width;
	bool unicode;
};

static int add_graph(struct page *page, const struct graph *graph, enum series series, int lines,
		     double scale, enum style style)
{
	int rc = 0;

	for (int line = lines - 1; !rc && line >= 0; line--) {
		char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		if (!out)
			return -ENOMEM;
		write_label(out, graph->view, series, line);
		write_graph(out, graph->view, series, scale, line, lines, graph->width,
			    graph->unicode);
		rc = fclose(out) ? -ENOMEM : page_add(page, style, text);
		free(text);
		if (!rc)
			page->lines[page->nr_lines - 1].mark_width = LABEL_WIDTH;
	}
	return rc;
}

static int add_domain(struct page *page, const struct graph *graph)
{
	const struct view *view = graph->view;
	double scale = 100.0 * (view->now->nr_vcpus ? view->now->nr_vcpus : 1);
	int rc = add_graph(page, graph, SERIES_CPU, CPU_LINES, scale, STYLE_CPU);

	if (!rc && view->now->nr_nets)
		rc = add_graph(page, graph, SERIES_NET_TX, 1,
			       highest(view, SERIES_NET_TX, graph->width), STYLE_NET);
	if (!rc && view->now->nr_disks)
		rc = add_graph(page, graph, SERIES_DISK_READ, 1,
			       highest(view, SERIES_DISK_READ, graph->width), STYLE_DISK);
	return rc;
}

int page_graphs(struct page *page, const struct model *model, const struct ui *ui, int width)
{
	struct graph graph = { .unicode = ui->unicode,
			       .width = width > LABEL_WIDTH + 10 ? (unsigned int)width - LABEL_WIDTH
								 : 10 };
	int rc = 0;

	if (graph.width > HISTORY)
		graph.width = HISTORY;
	for (size_t i = 0; !rc && i < model->nr_views; i++) {
		graph.view = model->views[i];
		if (ui_wants(ui, graph.view))
			rc = add_domain(page, &graph);
	}
	return rc;
}
