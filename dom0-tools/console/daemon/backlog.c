/* SPDX-License-Identifier: MIT */
/*
 * The backlog's file: a page of positions, then the bytes, mapped as a whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backlog.h"

#define MAGIC	  0x4c424353 /* "SCBL" */
#define DATA_FROM 4096

static uint32_t sane_size(uint64_t wanted)
{
	uint32_t size = BACKLOG_MIN;

	while (size < wanted && size < BACKLOG_MAX)
		size *= 2;
	return size;
}

static void *map_file(const char *path, size_t len)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	void *p = MAP_FAILED;

	if (fd < 0)
		return p;
	if (!ftruncate(fd, len))
		p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return p;
}

static bool is_continued(const struct backlog_file *f, const char *owner, uint32_t size)
{
	return f->magic == MAGIC && f->size == size && f->head - f->tail <= size &&
	       f->head - f->logged <= size && !strncmp(f->owner, owner, sizeof(f->owner) - 1);
}

int backlog_open(struct backlog *b, const char *path, const char *owner, uint64_t wanted,
		 bool *continued)
{
	uint32_t size = sane_size(wanted);
	void *p = path ? map_file(path, DATA_FROM + size) : MAP_FAILED;

	*b = (struct backlog){ 0 };
	if (p != MAP_FAILED)
		b->path = strdup(path);
	else
		p = mmap(NULL, DATA_FROM + size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	b->file = p;
	b->data = (char *)p + DATA_FROM;
	*continued = is_continued(b->file, owner, size);
	if (!*continued) {
		*b->file = (struct backlog_file){ .magic = MAGIC, .size = size };
		snprintf(b->file->owner, sizeof(b->file->owner), "%s", owner);
	}
	return 0;
}

void backlog_forget(struct backlog *b)
{
	if (b->path)
		unlink(b->path);
	free(b->path);
	b->path = NULL;
}

void backlog_close(struct backlog *b)
{
	if (b->file)
		munmap(b->file, DATA_FROM + b->file->size);
	free(b->path);
	*b = (struct backlog){ 0 };
}

uint32_t backlog_used(const struct backlog *b)
{
	return b->file->head - b->file->tail;
}

uint32_t backlog_free(const struct backlog *b)
{
	return b->file->size - backlog_used(b);
}

uint32_t backlog_make_room(struct backlog *b, uint32_t n, bool keep)
{
	uint32_t room = backlog_free(b);

	if (room >= n)
		return n;
	if (keep)
		return room;
	b->file->tail += n - room;
	return n;
}

int backlog_pieces(const struct backlog *b, uint32_t at, uint32_t n, struct iovec pieces[2])
{
	uint32_t from = at & (b->file->size - 1);
	uint32_t first = b->file->size - from;

	if (first > n)
		first = n;
	pieces[0] = (struct iovec){ b->data + from, first };
	pieces[1] = (struct iovec){ b->data, n - first };
	return first < n ? 2 : 1;
}

void backlog_commit(struct backlog *b, uint32_t n)
{
	/* Ordering: release. A successor of this process must not find head before the bytes. */
	__atomic_store_n(&b->file->head, b->file->head + n, __ATOMIC_RELEASE);
}
