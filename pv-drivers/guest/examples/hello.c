/* SPDX-License-Identifier: MIT */
/*
 * The smallest guest: says hello, what it took to get here, and ends. wait=S makes it stay so long.
 */
#include "kit.h"

void guest_main(void)
{
	uint64_t up = time_since_start();
	struct memory_counters memory = memory_counters();

	printf("Hello from a guest of Serai's kit.\n");
	printf("up: %lu us after unpause\n", up / 1000);
	printf("memory: %lu KiB, of which %lu KiB are code and data and %lu KiB are free\n",
	       memory.total * 4, memory.image * 4,
	       (memory.free + memory.total - memory.mapped) * 4);
	thread_sleep(option_number("wait", 0) * TIME_S);
	printf("done\n");
}
