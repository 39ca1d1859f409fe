/* SPDX-License-Identifier: MIT */
/*
 * The journal's file: mapped, so that appending costs no system call, and allocated ahead, so that
 * a store to it cannot fail. A new one is complete before it takes the old one's name.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "../core/log.h"
#include "../core/state.h"

#define CHUNK (1024u * 1024)
/* Rewritten at this many bytes beside this many times the state's own size. */
#define SLACK  (4u * 1024 * 1024)
#define FACTOR 3

struct journal_file {
	struct journal journal; /* first */
	int fd;
	char path[];
};

static uint64_t last_attempt;

/* A file system that outlives the machine would bring back domains of another boot. */
static uint32_t this_boot(void)
{
	char id[64];
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, id, sizeof(id));

	if (fd >= 0)
		close(fd);
	return len > 0 ? (uint32_t)path_hash(id, (size_t)len) : 0;
}

static bool of_this_boot(const void *map, size_t size)
{
	struct journal_head head;

	if (size < sizeof(head))
		return false;
	memcpy(&head, map, sizeof(head));
	return head.boot == this_boot();
}

static bool grow(struct journal *journal, size_t needed)
{
	struct journal_file *file = (struct journal_file *)journal;
	size_t size = (needed + CHUNK) / CHUNK * CHUNK;
	void *map;

	if (posix_fallocate(file->fd, (off_t)journal->size, (off_t)(size - journal->size)))
		return false;
	map = journal->map ? mremap(journal->map, journal->size, size, MREMAP_MAYMOVE)
			   : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, 0);
	if (map == MAP_FAILED)
		return false;
	journal->map = map;
	journal->size = size;
	return true;
}

static void close_file(struct journal_file *file)
{
	if (!file)
		return;
	if (file->journal.map)
		munmap(file->journal.map, file->journal.size);
	if (file->fd >= 0)
		close(file->fd);
	free(file);
}

static bool write_new(struct journal_file *file, const char *new_path, struct store *store,
		      bool sockets)
{
	file->fd = open(new_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file->fd < 0 || !grow(&file->journal, sizeof(struct journal_head)))
		return false;
	state_snapshot(store, &file->journal, sockets);
	if (file->journal.broken)
		errno = ENOSPC;
	return !file->journal.broken && !rename(new_path, file->path);
}

int journal_file_start(const char *path, struct store *store, bool sockets)
{
	struct journal_file *file = xzalloc(sizeof(*file) + strlen(path) + 1);
	char new_path[PATH_BYTES];

	strcpy(file->path, path);
	file->fd = -1;
	file->journal.grow = grow;
	file->journal.boot = this_boot();
	snprintf(new_path, sizeof(new_path), "%s.new", path);
	if (!write_new(file, new_path, store, sockets)) {
		int err = errno ? -errno : -EIO;

		log_error("%s: cannot be written: %s; make room on its file system", new_path,
			  strerror(-err));
		unlink(new_path);
		close_file(file);
		return err;
	}
	close_file((struct journal_file *)store->journal);
	store->journal = &file->journal;
	return 0;
}

static bool wants_rewrite(const struct journal *journal)
{
	if (journal->broken)
		return log_seconds() != last_attempt;
	return journal->used > SLACK + FACTOR * journal->snapshot;
}

void journal_file_tend(struct store *store)
{
	const struct journal_file *file = (const struct journal_file *)store->journal;
	bool was_broken;

	if (!file || !wants_rewrite(&file->journal))
		return;
	was_broken = file->journal.broken;
	last_attempt = log_seconds();
	if (journal_file_start(file->path, store, false))
		store->journal->broken = true;
	else if (was_broken)
		log_info("the journal is complete again");
}

int journal_file_load(const char *path, struct store *store, const struct transport *sockets)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat stat;
	void *map;
	long good;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &stat) || !stat.st_size) {
		close(fd);
		return 0;
	}
	map = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return -errno;
	good = of_this_boot(map, (size_t)stat.st_size)
		   ? state_load(store, map, (size_t)stat.st_size, sockets)
		   : 0;
	munmap(map, (size_t)stat.st_size);
	if (good < 0)
		log_error(
		    "%s: not a state this version can take over; with --fresh it is forgotten",
		    path);
	return good < 0 ? (int)good : good > 0;
}
