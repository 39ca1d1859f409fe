/* SPDX-License-Identifier: MIT */
/*
 * Unpacked kernels, kept under /run/serai/images so that the next guest of a kernel starts at once.
 *
 * A file there is named by everything that changes when the kernel file does: device, inode, size,
 * times of contents and of inode. It appears by rename when whole, so a reader never sees half of
 * one, and two creates at once merely do the work twice. The oldest go when there are too many or
 * too much. Without the directory (no /run, not writable) kernels are unpacked into memory every
 * time.
 */
#include "build/build.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CACHE_DIRECTORY "/run/serai/images"
#define CACHE_FILES	8
#define CACHE_BYTES	((off_t)512 << 20)

extern char **environ;

static const char *cache_directory(void)
{
	const char *other = getenv("SERAI_IMAGE_CACHE");

	return other ? other : CACHE_DIRECTORY;
}

static bool make_directory(const char *path)
{
	struct stat stat;

	if (mkdir("/run/serai", 0755) && errno != EEXIST)
		return false;
	if (mkdir(path, 0700) && errno != EEXIST)
		return false;
	/* Kernels run with a guest's rights; still, nobody else is to choose them. */
	return !lstat(path, &stat) && S_ISDIR(stat.st_mode) && stat.st_uid == geteuid() &&
	       !(stat.st_mode & 022);
}

static void cache_name(char *name, size_t room, const struct stat *stat)
{
	snprintf(name, room, "%s/%llx-%llx-%llx-%llx.%lx-%llx.%lx", cache_directory(),
		 (unsigned long long)stat->st_dev, (unsigned long long)stat->st_ino,
		 (unsigned long long)stat->st_size, (unsigned long long)stat->st_mtim.tv_sec,
		 stat->st_mtim.tv_nsec, (unsigned long long)stat->st_ctim.tv_sec,
		 stat->st_ctim.tv_nsec);
}

/* Removes the least recently used file; false if there is none, or enough room. */
static bool drop_oldest(int directory_fd, const char *keep)
{
	DIR *directory = fdopendir(dup(directory_fd));
	struct timespec oldest = { 0 };
	unsigned int files = 0;
	char victim[NAME_MAX + 1] = "";
	struct dirent *entry;
	off_t bytes = 0;

	if (!directory)
		return false;
	rewinddir(directory);
	while ((entry = readdir(directory)) != NULL) {
		struct stat stat;

		if (fstatat(directory_fd, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) ||
		    !S_ISREG(stat.st_mode))
			continue;
		files++;
		bytes += stat.st_size;
		if (!strcmp(entry->d_name, keep))
			continue;
		if (!victim[0] || stat.st_mtim.tv_sec < oldest.tv_sec ||
		    (stat.st_mtim.tv_sec == oldest.tv_sec &&
		     stat.st_mtim.tv_nsec < oldest.tv_nsec)) {
			oldest = stat.st_mtim;
			snprintf(victim, sizeof(victim), "%s", entry->d_name);
		}
	}
	closedir(directory);
	return victim[0] && (files > CACHE_FILES || bytes > CACHE_BYTES) &&
	       !unlinkat(directory_fd, victim, 0);
}

static void keep_bounded(const char *newest)
{
	int fd = open(cache_directory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *keep = strrchr(newest, '/') + 1;

	if (fd < 0)
		return;
	while (drop_oldest(fd, keep))
		;
	close(fd);
}

/* All the program says, its end included; one line without its newline. */
static void read_line(int fd, char *line, size_t room)
{
	size_t have = 0;
	ssize_t got;

	while (have < room - 1 &&
	       ((got = read(fd, line + have, room - 1 - have)) > 0 || (got < 0 && errno == EINTR)))
		have += got > 0 ? got : 0;
	line[have] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

static int spawn(pid_t *pid, const char *program, int in, int out, int err)
{
	char *const arguments[] = { (char *)(uintptr_t) "unpack-kernel", NULL };
	posix_spawn_file_actions_t actions;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, err, 2);
	error = posix_spawn(pid, program, &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

static int run_unpacker(int in, int out, char *says, size_t says_bytes, struct complaint *complaint)
{
	char program[PATH_MAX];
	int pipe_ends[2], status = 0,
			  error = program_beside(program, sizeof(program), "unpack-kernel");
	pid_t pid;

	if (error) {
		complain(complaint, "the program unpack-kernel is missing beside this one; is "
				    "Serai installed whole?");
		return error;
	}
	if (pipe2(pipe_ends, O_CLOEXEC))
		return -errno;
	error = spawn(&pid, program, in, out, pipe_ends[1]);
	close(pipe_ends[1]);
	if (!error) {
		read_line(pipe_ends[0], says, says_bytes);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (!WIFEXITED(status) || WEXITSTATUS(status)) {
			complain(complaint, "%s",
				 WIFSIGNALED(status)
				     ? "unpacking it crashed or took too long; it is damaged"
				     : says);
			error = -ENOEXEC;
		}
	} else {
		complain(complaint, "%s cannot be started: %s", program, strerror(-error));
	}
	close(pipe_ends[0]);
	return error;
}

/* Using a file makes it the last to go. */
static int open_cached(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0)
		futimens(fd, NULL);
	return fd;
}

int cache_unpacked(int fd, const char *path, bool *from_cache, char *how, size_t how_bytes,
		   struct complaint *complaint)
{
	bool keep = path && make_directory(cache_directory());
	char name[PATH_MAX], fresh[PATH_MAX + 8];
	struct stat stat;
	int out, error;

	*from_cache = false;
	if (fstat(fd, &stat))
		return -errno;
	cache_name(name, sizeof(name), &stat);
	if (keep && (out = open_cached(name)) >= 0) {
		*from_cache = true;
		snprintf(how, how_bytes, "unpacked before");
		return out;
	}
	snprintf(fresh, sizeof(fresh), "%s.XXXXXX", name);
	out = keep ? mkostemp(fresh, O_CLOEXEC) : memfd_create(path ? path : "kernel", MFD_CLOEXEC);
	if (out < 0) {
		complain(complaint, "there is no place to unpack it: %m");
		return -errno;
	}
	error = run_unpacker(fd, out, how, how_bytes, complaint);
	if (keep && (error || rename(fresh, name)))
		unlink(fresh);
	if (error) {
		close(out);
		return error;
	}
	if (keep)
		keep_bounded(name);
	return out;
}
