/* SPDX-License-Identifier: MIT */
/* Queues, ring pages and key names: see pv_negotiate.h. */
#include "pv_negotiate.h"

#include <xen/errno.h>

int pv_parse_number(const char *text, size_t len, uint32_t max, uint32_t *number)
{
	uint64_t value = 0;

	if (len && !text[len - 1])
		len--;
	if (!len)
		return -XEN_EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -XEN_EINVAL;
		value = value * 10 + (uint64_t)(text[i] - '0');
		if (value > max)
			return -XEN_EINVAL;
	}
	*number = (uint32_t)value;
	return 0;
}

uint32_t pv_choose(const char *text, size_t len, uint32_t least, uint32_t like)
{
	uint32_t most;

	PV_ASSERT(least <= like);
	if (!text || pv_parse_number(text, len, UINT32_MAX, &most) || most < least)
		return least;
	return most < like ? most : like;
}

int pv_accept(const char *text, size_t len, uint32_t least, uint32_t announced, uint32_t *number)
{
	uint32_t chosen = least;

	PV_ASSERT(least <= announced);
	if (text && pv_parse_number(text, len, announced, &chosen))
		return -XEN_EINVAL;
	if (chosen < least)
		return -XEN_EINVAL;
	*number = chosen;
	return 0;
}

/* A key as it grows; at stays below PV_KEY_MAX, so the end always has a place. */
struct key {
	char *text;
	size_t at;
	bool cut;
};

static void add_char(struct key *key, char c)
{
	if (key->at + 1 < PV_KEY_MAX)
		key->text[key->at++] = c;
	else
		key->cut = true;
}

static void add_text(struct key *key, const char *text)
{
	while (*text)
		add_char(key, *text++);
}

static void add_number(struct key *key, uint32_t number)
{
	if (number >= 10)
		add_number(key, number / 10);
	add_char(key, (char)('0' + number % 10));
}

static int finish(const struct key *key)
{
	key->text[key->at] = '\0';
	return key->cut ? -XEN_ERANGE : 0;
}

static struct key begin(char *text, uint32_t queue, uint32_t nr_queues, const char *name)
{
	struct key key = { .text = text };

	PV_ASSERT(queue < nr_queues);
	if (nr_queues > 1) {
		add_text(&key, "queue-");
		add_number(&key, queue);
		add_char(&key, '/');
	}
	add_text(&key, name);
	return key;
}

int pv_queue_key(char key[PV_KEY_MAX], uint32_t queue, uint32_t nr_queues, const char *name)
{
	struct key made = begin(key, queue, nr_queues, name);

	return finish(&made);
}

int pv_page_key(char key[PV_KEY_MAX], uint32_t queue, uint32_t nr_queues, const char *name,
		uint32_t page, uint32_t nr_pages)
{
	struct key made = begin(key, queue, nr_queues, name);

	PV_ASSERT(page < nr_pages);
	if (nr_pages > 1)
		add_number(&made, page);
	return finish(&made);
}
