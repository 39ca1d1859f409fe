/* SPDX-License-Identifier: MIT */
/*
 * Pages: a bit for each, set while it is in use. Searching starts where the last search ended. More
 * memory is mapped when less than RESERVE pages would be left, since mapping takes a page itself.
 */
#include "kernel.h"

#define RESERVE 4

static uint64_t *bits; /* one a page, of all the guest's pages */
static uint64_t nr_free, next_try;
extern char image_end[];

static bool used(uint64_t page)
{
	return bits[page / 64] >> page % 64 & 1;
}

static void mark(uint64_t page, bool in_use)
{
	uint64_t bit = (uint64_t)1 << page % 64;

	if (used(page) == in_use)
		panic("page %lx is %s already", page, in_use ? "in use" : "free");
	bits[page / 64] ^= bit;
	if (in_use)
		nr_free--;
	else
		nr_free++;
}

/* All pages count as used until they are mapped. The bits themselves take the first free pages. */
void memory_init(void)
{
	uint64_t bytes = (machine.nr_pages + 63) / 64 * 8;
	uint64_t own = (bytes + PV_PAGE_SIZE - 1) / PV_PAGE_SIZE;

	bits = page_address(machine.first_free);
	memset(bits, 0xff, own * PV_PAGE_SIZE);
	for (uint64_t page = machine.first_free + own; page < machine.mapped; page++)
		mark(page, false);
	next_try = machine.first_free;
}

/* First of nr free pages in a row in [from, to), or UINT64_MAX. */
static uint64_t find(uint64_t from, uint64_t to, unsigned int nr)
{
	unsigned int run = 0;

	for (uint64_t page = from; page < to; page++) {
		if (!(page % 64) && bits[page / 64] == UINT64_MAX) {
			page += 63;
			run = 0;
			continue;
		}
		run = used(page) ? 0 : run + 1;
		if (run == nr)
			return page + 1 - nr;
	}
	return UINT64_MAX;
}

static uint64_t take(unsigned int nr)
{
	uint64_t first = find(next_try, machine.mapped, nr);

	if (first == UINT64_MAX)
		first = find(0, machine.mapped, nr);
	if (first == UINT64_MAX)
		return first;
	for (unsigned int i = 0; i < nr; i++)
		mark(first + i, true);
	next_try = first + nr;
	memset(page_address(first), 0, (size_t)nr * PV_PAGE_SIZE);
	return first;
}

static uint64_t take_one(void)
{
	return take(1);
}

static bool grow(void)
{
	uint64_t page = machine.mapped;

	if (!machine_grow(take_one))
		return false;
	for (; page < machine.mapped; page++)
		mark(page, false);
	return true;
}

void *pages_alloc(unsigned int nr)
{
	uint64_t first = UINT64_MAX;

	if (!nr || nr > machine.nr_pages)
		return NULL;
	if (nr_free >= nr + RESERVE || machine.mapped == machine.nr_pages)
		first = take(nr);
	while (first == UINT64_MAX) {
		if (!grow())
			return NULL;
		if (nr_free >= nr + RESERVE || machine.mapped == machine.nr_pages)
			first = take(nr);
	}
	return page_address(first);
}

void pages_free(void *pages, unsigned int nr)
{
	uint64_t first = page_number(pages);

	if ((uint64_t)pages % PV_PAGE_SIZE || first >= machine.mapped ||
	    nr > machine.mapped - first)
		panic("%p was never a page to free", pages);
	for (unsigned int i = 0; i < nr; i++)
		mark(first + i, false);
	if (first < next_try)
		next_try = first;
}

uint64_t page_frame(const void *page)
{
	return machine_frame(page_number(page));
}

struct memory_counters memory_counters(void)
{
	return (struct memory_counters){ .total = machine.nr_pages,
					 .mapped = machine.mapped,
					 .free = nr_free,
					 .image = page_number(image_end) };
}
