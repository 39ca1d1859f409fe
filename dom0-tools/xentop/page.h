/* SPDX-License-Identifier: MIT */
/*
 * A page: lines of text, each with a style that says what it is rather than how it looks. Made from
 * the model and what the user wants to see; the terminal's part is to paint it.
 */
#ifndef SERAI_XENTOP_PAGE_H
#define SERAI_XENTOP_PAGE_H

#include "xentop/ui.h"

enum style {
	STYLE_PLAIN,
	STYLE_SUMMARY,
	STYLE_HEADER,
	STYLE_RUNNING,
	STYLE_STOPPED, /* paused, shut down, dying */
	STYLE_CRASHED,
	STYLE_DETAIL,
	STYLE_CPU,
	STYLE_NET,
	STYLE_DISK,
	NR_STYLES
};

struct line {
	char *text;
	enum style style;
	int mark, mark_width; /* what of it stands out; width 0: nothing */
};

struct page {
	struct line *lines;
	size_t nr_lines;
	size_t fixed; /* of these stay on top when the rest scrolls */
};

/* -ENOMEM, then the page is not complete but may be drawn. width: of the terminal, in characters.
 */
int page_make(struct page *page, const struct model *model, const struct ui *ui, int width);
void page_free(struct page *page);

/* For those who make pages: lines of text, cut at its newlines. */
int page_add(struct page *page, enum style style, const char *text);
enum style style_of(const struct domain_counters *domain);
int page_graphs(struct page *page, const struct model *model, const struct ui *ui, int width);
int page_vcpus(struct page *page, const struct model *model, const struct ui *ui);
int page_devices(struct page *page, const struct model *model, const struct ui *ui);
int page_calls(struct page *page, const struct model *model, const struct ui *ui);

#endif
