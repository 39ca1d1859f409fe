/* SPDX-License-Identifier: MIT */
/*
 * Block copy: fills the first half of a disk with blocks that say their own number and checksum,
 * copies it to the second half, and reads both back. Options: mib=N (the size of a half; default
 * half the disk), disk=ID (as in device/vbd; default the first one), rounds=N (0: until the guest's
 * xenstore node data/stop exists), pause=MS between blocks of 64 KiB.
 */
#include "blk.h"
#include "kit.h"
#include "xs.h"

#define STEP	 (64 * 1024u) /* bytes at once */
#define DEADLINE (time_now() + 60 * TIME_S)

struct block {
	uint64_t number, round, sum;
	uint64_t fill[61];
};
_Static_assert(sizeof(struct block) == BLK_SECTOR, "a block is a sector");

static struct blk_front disk;
static struct block *buffer;
static uint64_t nr_steps, pause_ms;

static uint64_t checksum(const struct block *block)
{
	uint64_t sum = 0xcbf29ce484222325u ^ block->number * 31 ^ block->round;

	for (unsigned int i = 0; i < 61; i++)
		sum = (sum ^ block->fill[i]) * 0x100000001b3u;
	return sum;
}

static void make(uint64_t step, uint64_t round)
{
	for (uint64_t i = 0; i < STEP / BLK_SECTOR; i++) {
		struct block *block = &buffer[i];

		block->number = step * (STEP / BLK_SECTOR) + i;
		block->round = round;
		for (unsigned int j = 0; j < 61; j++)
			block->fill[j] = (block->number * 61 + j) * 0x9e3779b97f4a7c15u + round;
		block->sum = checksum(block);
	}
}

/* Blocks that are not what was written there. */
static uint64_t wrong(uint64_t step, uint64_t round)
{
	uint64_t nr = 0;

	for (uint64_t i = 0; i < STEP / BLK_SECTOR; i++) {
		const struct block *block = &buffer[i];

		nr += block->number != step * (STEP / BLK_SECTOR) + i || block->round != round ||
		      block->sum != checksum(block);
	}
	return nr;
}

static void transfer(enum blk_op op, uint64_t step)
{
	int rc = blk_transfer(&disk, op, step * (STEP / BLK_SECTOR), buffer, STEP / BLK_SECTOR,
			      DEADLINE);

	if (rc)
		panic("%s at %lu KiB: error %d", op == BLK_READ ? "read" : "write",
		      step * STEP / 1024, -rc);
	if (pause_ms)
		thread_sleep(pause_ms * TIME_MS);
}

static uint64_t one_round(uint64_t round)
{
	uint64_t bad = 0;
	int rc;

	for (uint64_t step = 0; step < nr_steps; step++) {
		make(step, round);
		transfer(BLK_WRITE, step);
	}
	for (uint64_t step = 0; step < nr_steps; step++) {
		transfer(BLK_READ, step);
		bad += wrong(step, round);
		transfer(BLK_WRITE, nr_steps + step);
	}
	rc = blk_transfer(&disk, BLK_FLUSH, 0, NULL, 0, DEADLINE);
	if (rc && rc != -XEN_EOPNOTSUPP)
		panic("flush: error %d", -rc);
	for (uint64_t step = 0; step < 2 * nr_steps; step++) {
		transfer(BLK_READ, step);
		bad += wrong(step % nr_steps, round);
	}
	return bad;
}

static bool goes_on(uint64_t round, uint64_t rounds)
{
	char value[8];

	if (rounds)
		return round < rounds;
	return xs_read(XS_NO_TX, "data/stop", value, sizeof(value)) == -XEN_ENOENT;
}

void guest_main(void)
{
	uint32_t id = 0;
	int rc = front_device_find("vbd", 0, &id);
	uint64_t bad = 0, round, rounds = option_number("rounds", 1), start;

	id = (uint32_t)option_number("disk", id);
	if (rc || blk_init(&disk, id) || device_start(&disk.device))
		panic("no disk: error %d", -rc);
	rc = front_device_wait_connected(&disk.device, DEADLINE);
	if (rc)
		panic("disk %u does not connect: error %d", id, -rc);
	printf("disk %u: %lu KiB, sectors of %u%s%s%s%s\n", id, disk.facts.sectors / 2,
	       disk.facts.sector_size, disk.facts.readonly ? ", read-only" : "",
	       disk.facts.flush ? ", flush" : "", disk.facts.discard ? ", discard" : "",
	       disk.facts.persistent ? ", persistent grants" : "");
	pause_ms = option_number("pause", 0);
	nr_steps = disk.facts.sectors * BLK_SECTOR / 2 / STEP;
	nr_steps = option_number("mib", nr_steps * STEP >> 20) * (1048576 / STEP);
	buffer = pages_alloc(STEP / PV_PAGE_SIZE);
	if (!buffer)
		panic("no memory");
	start = time_now();
	for (round = 0; goes_on(round, rounds); round++)
		bad += one_round(round);
	printf("copied %lu KiB %lu times in %lu ms, %lu requests replayed\n",
	       nr_steps * STEP / 1024, round, (time_now() - start) / TIME_MS, disk.nr_replayed);
	printf("blocks wrong: %lu\n", bad);
	front_device_close(&disk.device);
	while (!disk.device.dead && !wait_on(&disk.device.settled, DEADLINE))
		;
	printf("done\n");
}
