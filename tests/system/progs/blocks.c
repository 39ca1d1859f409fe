/* SPDX-License-Identifier: MIT */
/*
 * Fills a file or a disk with pages that say where they are, and finds out whether they are there:
 *
 *	blocks write|read FILE MIB SEED [direct] [nosync]
 *
 * Both print a checksum of what they wrote or read; read fails if a page is not what was written
 * there. Unless nosync is given, what was written is flushed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB   1048576u
#define PAGE  4096u
#define WORDS (PAGE / sizeof(uint64_t))

static uint64_t *chunk;
static uint64_t sum = 0xcbf29ce484222325u, seed, wrong;

static void fill(uint64_t *words, uint64_t number)
{
	uint64_t x = (number + 1) * 0x9e3779b97f4a7c15u ^ seed * 0xbf58476d1ce4e5b9u;

	for (unsigned int i = 0; i < WORDS; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		words[i] = x;
	}
}

static void look_at(const uint64_t *words, uint64_t number)
{
	static uint64_t wanted[WORDS];

	fill(wanted, number);
	if (memcmp(wanted, words, PAGE) && !wrong++)
		fprintf(stderr, "page %llu is not what was written there\n",
			(unsigned long long)number);
}

static void add_up(const uint64_t *words)
{
	for (unsigned int i = 0; i < MIB / sizeof(uint64_t); i++)
		sum = (sum ^ words[i]) * 0x100000001b3u;
}

static int move(int fd, int writes, uint64_t mib)
{
	for (unsigned int page = 0; writes && page < MIB / PAGE; page++)
		fill(chunk + page * WORDS, mib * (MIB / PAGE) + page);
	for (size_t done = 0; done < MIB;) {
		char *at = (char *)chunk + done;
		off_t where = (off_t)(mib * MIB + done);
		ssize_t n =
		    writes ? pwrite(fd, at, MIB - done, where) : pread(fd, at, MIB - done, where);

		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	for (unsigned int page = 0; !writes && page < MIB / PAGE; page++)
		look_at(chunk + page * WORDS, mib * (MIB / PAGE) + page);
	add_up(chunk);
	return 0;
}

static int wants(int argc, char **argv, const char *word)
{
	for (int i = 5; i < argc; i++)
		if (!strcmp(argv[i], word))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	int writes = argc >= 5 && !strcmp(argv[1], "write"), fd;
	uint64_t mibs = argc >= 5 ? strtoull(argv[3], NULL, 0) : 0;

	if (argc < 5) {
		fprintf(stderr, "usage: blocks write|read FILE MIB SEED [direct] [nosync]\n");
		return 2;
	}
	seed = strtoull(argv[4], NULL, 0);
	fd = open(argv[2],
		  (writes ? O_WRONLY | O_CREAT : O_RDONLY) |
		      (wants(argc, argv, "direct") ? O_DIRECT : 0),
		  0600);
	if (fd < 0 || posix_memalign((void **)&chunk, PAGE, MIB)) {
		perror(argv[2]);
		return 1;
	}
	for (uint64_t mib = 0; mib < mibs; mib++)
		if (move(fd, writes, mib)) {
			perror(argv[2]);
			return 1;
		}
	if (writes && !wants(argc, argv, "nosync") && fsync(fd)) {
		perror(argv[2]);
		return 1;
	}
	printf("%016llx\n", (unsigned long long)sum);
	return wrong != 0;
}
