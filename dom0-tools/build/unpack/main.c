/* SPDX-License-Identifier: MIT */
/*
 * unpack-kernel: standard input is a kernel file, standard output an empty file that gets the ELF.
 *
 * A program of its own, because unpacking is where a hostile file meets the most code: here nothing is
 * open but the two files, and memory and time are bounded. The one line it prints on standard error
 * is either the reason for its failure or, on success, what the file was ("bzImage, lz4").
 */
#include "build/build.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void bound_resources(void)
{
	struct rlimit memory = { (rlim_t)4 << 30, (rlim_t)4 << 30 }, seconds = { 120, 120 }, none = { 0, 0 };
	struct rlimit output = { IMAGE_MAX_BYTES, IMAGE_MAX_BYTES };

	setrlimit(RLIMIT_AS, &memory);
	setrlimit(RLIMIT_CPU, &seconds);
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_NPROC, &none);
	setrlimit(RLIMIT_FSIZE, &output);
}

/* Unpacks into the output file, mapped at the size claimed (or the most there may be). */
static int unpack_into(const struct packed_kernel *packed, const struct unpacker *unpacker, struct complaint *complaint)
{
	size_t room = packed->unpacked_bytes ? packed->unpacked_bytes : IMAGE_MAX_BYTES;
	uint8_t *out;
	int64_t got;

	if (ftruncate(STDOUT_FILENO, room)) {
		complain(complaint, "no room for %zu MiB of unpacked kernel: %m", room >> 20);
		return -errno;
	}
	out = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, STDOUT_FILENO, 0);
	if (out == MAP_FAILED) {
		complain(complaint, "no memory to unpack %zu MiB: %m", room >> 20);
		return -ENOMEM;
	}
	got = unpacker->unpack(packed->data, packed->bytes, out, room);
	if (got < 0) {
		complain(complaint, "%s: the %s data %s", packed->container, unpacker->name,
			 got == -ENOSPC ? "is larger than it claims" : got == -ENOMEM ? "needs too much memory" : "is damaged");
		return (int)got;
	}
	return ftruncate(STDOUT_FILENO, got) ? -errno : 0;
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
		complain(complaint, "%s: its payload starts %02x %02x %02x %02x, which is no compression known here",
			 packed.container, packed.data[0], packed.data[1], packed.data[2], packed.data[3]);
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
