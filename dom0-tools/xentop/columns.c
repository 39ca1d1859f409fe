/* SPDX-License-Identifier: MIT */
/* The columns of the table: one row of `columns` each, by which it is titled, written and sorted.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xentop/columns.h"

struct cell {
	const struct model *model;
	const struct view *view;
	const struct show *show;
	int width;
};

struct column {
	const char *title;
	int width;
	/* What it sorts by and, unless there is `write`, shows with so many decimals. NULL: the
	 * name. */
	double (*value)(const struct model *model, const struct view *view);
	int decimals;
	void (*write)(FILE *out, const struct cell *cell);
};

static void write_name(FILE *out, const struct cell *cell)
{
	const char *name = cell->view->now->name;

	if (cell->show->full_name)
		fprintf(out, "%*s", cell->width, name);
	else
		fprintf(out, "%*.*s", cell->width, cell->width, name);
}

static void write_state(FILE *out, const struct cell *cell)
{
	static const char letters[] = "dsbcpr";

	for (int i = 0; letters[i]; i++)
		fputc(cell->view->now->state & (1U << i) ? letters[i] : '-', out);
}

static double share(uint64_t kb, const struct model *model)
{
	return model->reading.total_kb ? 100.0 * (double)kb / (double)model->reading.total_kb : 0;
}

/* How a column's value follows from the model m and a view v. */
#define VALUE(name, expression)                                                                    \
	static double name(const struct model *m, const struct view *v)                            \
	{                                                                                          \
		return (double)(expression);                                                       \
	}

VALUE(state_key, v->now->state)
VALUE(cpu_seconds, v->now->cpu_ns / 1000000000)
VALUE(cpu_share, v->speed[SERIES_CPU])
VALUE(memory, v->now->mem_kb)
VALUE(memory_share, share(v->now->mem_kb, m))
VALUE(maximum, v->now->max_kb)
VALUE(maximum_share, share(v->now->max_kb, m))
VALUE(vcpus, v->now->nr_vcpus)
VALUE(nets, v->now->nr_nets)
/* These two have always been as the backend counts: what it sent, the guest received. */
VALUE(net_tx, net_total(v->now).rx_bytes / 1024)
VALUE(net_rx, net_total(v->now).tx_bytes / 1024)
VALUE(disks, v->now->nr_disks)
VALUE(disk_oo, disk_total(v->now).out_of_requests)
VALUE(disk_reads, disk_total(v->now).reads)
VALUE(disk_writes, disk_total(v->now).writes)
VALUE(disk_read_sectors, disk_total(v->now).read_sectors)
VALUE(disk_written_sectors, disk_total(v->now).written_sectors)
VALUE(ssid, v->now->ssid)

static bool unlimited(FILE *out, const struct cell *cell, const char *word)
{
	if (cell->view->now->max_kb == NO_LIMIT)
		fprintf(out, "%*s", cell->width, word);
	return cell->view->now->max_kb == NO_LIMIT;
}

static void write_maximum(FILE *out, const struct cell *cell)
{
	if (!unlimited(out, cell, "no limit"))
		fprintf(out, "%*" PRIu64, cell->width, cell->view->now->max_kb);
}

static void write_maximum_share(FILE *out, const struct cell *cell)
{
	if (!unlimited(out, cell, "n/a"))
		fprintf(out, "%*.1f", cell->width, maximum_share(cell->model, cell->view));
}

static const struct column columns[NR_COLUMNS] = {
	{ "NAME", 10, NULL, 0, write_name },
	{ "STATE", 6, state_key, 0, write_state },
	{ "CPU(sec)", 10, cpu_seconds, 0, NULL },
	{ "CPU(%)", 6, cpu_share, 1, NULL },
	{ "MEM(k)", 10, memory, 0, NULL },
	{ "MEM(%)", 6, memory_share, 1, NULL },
	{ "MAXMEM(k)", 10, maximum, 0, write_maximum },
	{ "MAXMEM(%)", 9, maximum_share, 1, write_maximum_share },
	{ "VCPUS", 5, vcpus, 0, NULL },
	{ "NETS", 4, nets, 0, NULL },
	{ "NETTX(k)", 8, net_tx, 0, NULL },
	{ "NETRX(k)", 8, net_rx, 0, NULL },
	{ "VBDS", 4, disks, 0, NULL },
	{ "VBD_OO", 8, disk_oo, 0, NULL },
	{ "VBD_RD", 8, disk_reads, 0, NULL },
	{ "VBD_WR", 8, disk_writes, 0, NULL },
	{ "VBD_RSECT", 10, disk_read_sectors, 0, NULL },
	{ "VBD_WSECT", 10, disk_written_sectors, 0, NULL },
	{ "SSID", 4, ssid, 0, NULL },
};

const char *column_title(int column)
{
	return column == SORT_DOMID ? "domid" : columns[column].title;
}

int column_named(const char *title)
{
	size_t length = strlen(title);

	if (!strcasecmp(title, "domid"))
		return SORT_DOMID;
	for (int i = 0; i < NR_COLUMNS; i++)
		if (!strcasecmp(title, columns[i].title))
			return i;
	for (int i = 0; length && i < NR_COLUMNS; i++)
		if (!strncasecmp(title, columns[i].title, length))
			return i;
	return -2;
}

/* The first column takes the longest name if names are not to be cut. */
static int name_width(const struct model *model, const struct show *show)
{
	int width = columns[0].width;

	for (size_t i = 0; show->full_name && i < model->nr_views; i++)
		if ((int)strlen(model->views[i]->now->name) > width)
			width = (int)strlen(model->views[i]->now->name);
	return width;
}

void column_span(const struct model *model, const struct show *show, int *start, int *width)
{
	int first = name_width(model, show);

	*start = 0;
	for (int i = 0; i < show->sort; i++)
		*start += (i ? columns[i].width : first) + 1;
	*width = show->sort < 0 ? 0 : show->sort ? columns[show->sort].width : first;
}

void write_header(FILE *out, const struct model *model, const struct show *show)
{
	fprintf(out, "%*s", name_width(model, show), columns[0].title);
	for (int i = 1; i < NR_COLUMNS; i++)
		fprintf(out, " %*s", columns[i].width, columns[i].title);
	fputc('\n', out);
}

void write_domain(FILE *out, const struct model *model, const struct view *view,
		  const struct show *show)
{
	struct cell cell = { model, view, show, 0 };

	for (int i = 0; i < NR_COLUMNS; i++) {
		const struct column *column = &columns[i];

		if (i)
			fputc(' ', out);
		cell.width = i ? column->width : name_width(model, show);
		if (column->write)
			column->write(out, &cell);
		else
			fprintf(out, "%*.*f", column->width, column->decimals,
				column->value(model, view));
	}
	fputc('\n', out);
}

struct order {
	const struct model *model;
	const struct show *show;
};

static int compare(const void *a, const void *b, void *context)
{
	const struct view *x = *(struct view *const *)a, *y = *(struct view *const *)b;
	const struct order *order = context;
	int column = order->show->sort, result = 0;

	if (order->show->dom0_first && !x->domid != !y->domid)
		return x->domid ? 1 : -1;
	if (column >= 0 && !columns[column].value) {
		result = strcasecmp(x->now->name, y->now->name);
	} else if (column >= 0) {
		double p = columns[column].value(order->model, x);
		double q = columns[column].value(order->model, y);

		result = (p < q) - (p > q);
	}
	if (!result)
		result = x->domid < y->domid ? -1 : x->domid > y->domid;
	return order->show->reverse ? -result : result;
}

void sort_views(struct model *model, const struct show *show)
{
	struct order order = { model, show };

	if (model->nr_views)
		qsort_r(model->views, model->nr_views, sizeof(*model->views), compare, &order);
}
