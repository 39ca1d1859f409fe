/* SPDX-License-Identifier: MIT */
/*
 * unpack-kernel: standard input is a kernel file, standard output an empty file that gets the ELF.
 *
 * A program of its own, because unpacking is where a hostile file meets the most code: here nothing
 * is open but the two files, and memory and time are bounded. The one line it prints on standard
 * error is either the reason for its failure or, on success, what the file was ("bzImage, lz4").
 */
#include "build/build.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY 65534
#define GRAIN  ((size_t)32 << 10) /* the shortest hole made */

static void bound_resources(void)
{
	struct rlimit memory = { (rlim_t)4 << 30, (rlim_t)4 << 30 }, seconds = { 120, 120 },
		      none = { 0, 0 };
	struct rlimit output = { IMAGE_MAX_BYTES, IMAGE_MAX_BYTES };

	setrlimit(RLIMIT_AS, &memory);
	setrlimit(RLIMIT_CPU, &seconds);
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_NPROC, &none);
	setrlimit(RLIMIT_FSIZE, &output);
}

/* The two files are open: no right of the caller is needed any more. */
static void drop_rights(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (geteuid() == 0 && (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
			       setresuid(NOBODY, NOBODY, NOBODY)))
		_exit(2);
}

static bool is_zero(const uint8_t *at, size_t bytes)
{
	const uint64_t *word = (const void *)at;

	for (size_t i = 0; i < bytes / sizeof(*word); i += 8)
		if (word[i] | word[i + 1] | word[i + 2] | word[i + 3] | word[i + 4] | word[i + 5] |
		    word[i + 6] | word[i + 7])
			return false;
	return true;
}

/* Writes `bytes` at `offset`, whole. */
static int write_at(const uint8_t *bytes, size_t count, uint64_t offset)
{
	while (count) {
		ssize_t done = pwrite(STDOUT_FILENO, bytes, count, offset);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			bytes += done;
			offset += done;
			count -= done;
		}
	}
	return 0;
}

/*
 * Long runs of zeros become holes of the file: kernels are full of them, and a reader that sees a
 * hole need not read it.
 */
static int put(struct unpack_sink *sink, const uint8_t *bytes, size_t count)
{
	size_t start = 0, at = 0;
	int error = 0;

	for (; at + GRAIN <= count && !error; at += GRAIN) {
		if ((sink->total + at) % GRAIN || !is_zero(bytes + at, GRAIN))
			continue;
		error = write_at(bytes + start, at - start, sink->total + start);
		start = at + GRAIN;
	}
	return error ? error : write_at(bytes + start, count - start, sink->total + start);
}

static const char *explain(int error)
{
	switch (error) {
	case -EINVAL:
		return "is damaged or cut off";
	case -ENOSPC:
		return "is larger than it claims, or there is no room for it in /run";
	case -ENOMEM:
		return "needs too much memory to unpack";
	}
	return strerror(-error);
}

static int unpack_into(const struct packed_kernel *packed, const struct unpacker *unpacker,
		       struct complaint *complaint)
{
	struct unpack_sink sink = { .put = put, .room = IMAGE_MAX_BYTES };
	int error;

	if (packed->unpacked_bytes)
		sink.room = packed->unpacked_bytes;
	error = unpacker->unpack(packed->data, packed->bytes, &sink);
	if (!error && ftruncate(STDOUT_FILENO, sink.total)) /* it may end in a hole */
		error = -errno;
	if (error)
		complain(complaint, "%s: the %s data %s", packed->container, unpacker->name,
			 explain(error));
	return error;
}

static int unpack_file(const uint8_t *file, size_t bytes, struct complaint *complaint)
{
	const struct unpacker *unpacker;
	struct packed_kernel packed;
	int error = packed_kernel_find(&packed, file, bytes, complaint);

	if (error)
		return error;
	unpacker = unpacker_for(packed.data, packed.bytes);
	if (!unpacker) {
		complain(complaint,
			 "%s: its payload starts %02x %02x %02x %02x, which is no compression "
			 "known here",
			 packed.container, packed.data[0], packed.data[1], packed.data[2],
			 packed.data[3]);
		return -EOPNOTSUPP;
	}
	error = unpack_into(&packed, unpacker, complaint);
	if (!error)
		fprintf(stderr, "%s, %s\n", packed.container, unpacker->name);
	return error;
}

int main(void)
{
	struct complaint complaint = { "" };
	struct stat stat;
	const uint8_t *file = MAP_FAILED;

	bound_resources();
	drop_rights();
	if (fstat(STDIN_FILENO, &stat) || stat.st_size < 16)
		complain(&complaint, "the file is too short to be a kernel");
	else
		file = mmap(NULL, stat.st_size, PROT_READ, MAP_PRIVATE, STDIN_FILENO, 0);
	if (file == MAP_FAILED)
		complain(&complaint, "it cannot be read: %m");
	else if (!unpack_file(file, stat.st_size, &complaint))
		return 0;
	fprintf(stderr, "%s\n", complaint.text);
	return 1;
}
