/* SPDX-License-Identifier: MIT */
/* Pages: the summary on top of each, the table, the help. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xentop/page.h"

static const char help[] = "Keys\n"
			   "  1 2 3 4 5  Tab   table, graphs, vcpus, devices, hypercalls; the next of them\n"
			   "  s >  <           sort by the next column, the one before\n"
			   "  i                reverse the order\n"
			   "  z                Domain-0 first\n"
			   "  /                only names with some letters in them (empty: all)\n"
			   "  n  b or x  v     networks, block devices, vcpus below each domain\n"
			   "  r                the header above each domain\n"
			   "  f                names as long as they are\n"
			   "  c                colours\n"
			   "  d                delay between readings\n"
			   "  Space            read now\n"
			   "  Ctrl-L           paint anew\n"
			   "  arrows, Page Up, Page Down, Home, End\n"
			   "  ?  h             these words\n"
			   "  q  Esc           quit\n";

static int add_line(struct page *page, enum style style, const char *text, size_t length)
{
	struct line *line = array_grow((void **)&page->lines, &page->nr_lines, sizeof(*line));

	if (!line)
		return -ENOMEM;
	line->style = style;
	line->text = strndup(text, length);
	if (!line->text)
		page->nr_lines--;
	return line->text ? 0 : -ENOMEM;
}

int page_add(struct page *page, enum style style, const char *text)
{
	int rc = 0;

	while (!rc && *text) {
		size_t length = strcspn(text, "\n");

		rc = add_line(page, style, text, length);
		text += length + !!text[length];
	}
	return rc;
}

void page_free(struct page *page)
{
	for (size_t i = 0; i < page->nr_lines; i++)
		free(page->lines[i].text);
	free(page->lines);
	memset(page, 0, sizeof(*page));
}

enum style style_of(const struct domain_counters *domain)
{
	if (domain->state & STATE_CRASHED)
		return STYLE_CRASHED;
	if (domain->state & (STATE_DYING | STATE_SHUTDOWN | STATE_PAUSED))
		return STYLE_STOPPED;
	return domain->state & STATE_RUNNING ? STYLE_RUNNING : STYLE_PLAIN;
}

struct text {
	char *text;
	size_t size;
	FILE *out;
};

static FILE *text_open(struct text *text)
{
	text->text = NULL;
	text->out = open_memstream(&text->text, &text->size);
	return text->out;
}

static int text_into(struct text *text, struct page *page, enum style style)
{
	int rc = fclose(text->out) ? -ENOMEM : page_add(page, style, text->text);

	free(text->text);
	return rc;
}

static int add_summary(struct page *page, const struct model *model)
{
	struct text text;

	if (!text_open(&text))
		return -ENOMEM;
	write_summary(text.out, model);
	return text_into(&text, page, STYLE_SUMMARY);
}

static int add_header(struct page *page, const struct model *model, const struct ui *ui)
{
	struct text text;
	int rc;

	if (!text_open(&text))
		return -ENOMEM;
	write_header(text.out, model, &ui->show);
	rc = text_into(&text, page, STYLE_HEADER);
	if (!rc)
		column_span(model, &ui->show, &page->lines[page->nr_lines - 1].mark,
			    &page->lines[page->nr_lines - 1].mark_width);
	return rc;
}

static int add_domain(struct page *page, const struct model *model, const struct view *view,
		      const struct ui *ui)
{
	struct text text;
	int rc;

	if (!text_open(&text))
		return -ENOMEM;
	write_domain(text.out, model, view, &ui->show);
	rc = text_into(&text, page, style_of(view->now));
	if (rc || !text_open(&text))
		return -ENOMEM;
	if (ui->show.vcpus)
		write_vcpus(text.out, view->now);
	if (ui->show.networks)
		write_nets(text.out, view->now);
	if (ui->show.vbds)
		write_disks(text.out, view->now);
	return text_into(&text, page, STYLE_DETAIL);
}

static int page_table(struct page *page, const struct model *model, const struct ui *ui)
{
	int rc = add_header(page, model, ui);
	bool first = true;

	page->fixed = page->nr_lines;
	for (size_t i = 0; !rc && i < model->nr_views; i++) {
		if (!ui_wants(ui, model->views[i]))
			continue;
		if (!first && ui->show.repeat_header)
			rc = add_header(page, model, ui);
		if (!rc)
			rc = add_domain(page, model, model->views[i], ui);
		first = false;
	}
	return rc;
}

int page_make(struct page *page, const struct model *model, const struct ui *ui, int width)
{
	int rc = add_summary(page, model);

	page->fixed = page->nr_lines;
	if (rc)
		return rc;
	if (ui->help)
		return page_add(page, STYLE_PLAIN, help);
	switch (ui->kind) {
	case PAGE_GRAPHS:
		return page_graphs(page, model, ui, width);
	case PAGE_VCPUS:
		return page_vcpus(page, model, ui);
	case PAGE_DEVICES:
		return page_devices(page, model, ui);
	case PAGE_CALLS:
		return page_calls(page, model, ui);
	default:
		return page_table(page, model, ui);
	}
}
