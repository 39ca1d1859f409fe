/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/block/worker/*.c pv-drivers/ring/pv_ring.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include
// cflags: -Idom0-tools/lib/include -Ipv-drivers/ring -Ipv-drivers/back
// libs: -luring
/*
 * The block service's death after each instruction that changed what outlives it: its successor
 * loses nothing and repeats nothing.
 */
#include "back_front.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR_REQUESTS 8

static struct blkif_request death_request(uint32_t i)
{
	struct blkif_request r =
	    data_request(i % 2 ? BLKIF_OP_READ : BLKIF_OP_WRITE, 100 + i, i * 8, 10 + i, 0, 7);

	if (i == 4)
		r = (struct blkif_request){ .operation = BLKIF_OP_FLUSH_DISKCACHE, .id = 104 };
	if (i == 6)
		r.sector_number = ~0ull; /* answered at once, with an error */
	return r;
}

static void prepare_death(uint32_t flags)
{
	struct setup setup = plain;

	new_machine();
	setup.flags = flags;
	assert_int_equal(pv_front_init(&front, machine->page[1], 4096, 112, 0xfffffffcu), 0);
	for (uint32_t i = 0; i < NR_REQUESTS; i++) {
		fill(10 + i, i % 2 ? 0 : (uint8_t)(0x80 + i));
		memset(machine->disk + i * 4096, 0x40 + (int)i, 4096);
	}
	assert_int_equal(start_service(&setup, false), 0);
	settle(NULL);
}

/* What the service does that is to die: two bursts, out of order. */
static void live(void)
{
	uint64_t seed = 99;

	for (uint32_t i = 0; i < NR_REQUESTS; i++) {
		struct blkif_request r = death_request(i);

		put(&r);
		if (i == 2) {
			SERVICE->event(&test_link, 100);
			finish_io(1, NULL);
		}
	}
	SERVICE->event(&test_link, 100);
	settle(&seed);
}

static void check_after_death(void)
{
	struct blkif_response response;
	uint32_t seen = 0;

	for (uint32_t i = 0; i < NR_REQUESTS; i++) {
		assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 1);
		assert_in_range(response.id, 100, 100 + NR_REQUESTS - 1);
		assert_false(seen & 1u << (response.id - 100)); /* never twice */
		seen |= 1u << (response.id - 100);
		assert_int_equal(response.status,
				 response.id == 106 ? BLKIF_RSP_ERROR : BLKIF_RSP_OKAY);
	}
	assert_int_equal(pv_ring_take(&front, &response, sizeof(response)), 0);
	for (uint32_t i = 0; i < NR_REQUESTS; i++) {
		bool written = !(i % 2) && i != 4 && i != 6;

		assert_int_equal(machine->disk[i * 4096 + 4095], written ? 0x80 + i : 0x40 + i);
		if (i % 2)
			assert_int_equal(machine->page[10 + i][4095], 0x40 + i);
	}
}

/*
 * machine is as the dead service left it, perhaps in the midst of a memcpy to its ring. The
 * frontend's own half is as if it had asked for everything and taken nothing.
 */
static void take_over(const struct setup *setup)
{
	struct pv_ring_page *page = (void *)machine->page[1];

	front.cons = front.seen = 0xfffffffcu;
	front.prod = front.pushed = 0xfffffffcu;
	front.fault = PV_FAULT_NONE;
	/* Slots whose requests were taken may hold responses: only the others are written. */
	if ((int32_t)(page->req_prod - (0xfffffffcu + NR_REQUESTS)) < 0) {
		uint32_t shown = page->req_prod - 0xfffffffcu;

		front.prod = front.pushed = page->req_prod;
		for (uint32_t i = shown; i < NR_REQUESTS; i++) {
			struct blkif_request r = death_request(i);

			assert_int_equal(pv_ring_put(&front, &r, sizeof(r)), 0);
		}
		(void)pv_ring_push(&front);
	}
	front.prod = front.pushed = 0xfffffffcu + NR_REQUESTS;
	assert_int_equal(start_service(setup, true), 0);
	settle(NULL);
	check_after_death();
	stop_service();
}

/* A child is stepped through; whenever what outlives it changes, that is gone on with. */
static uint32_t die_everywhere(uint32_t flags)
{
	static struct machine before, saved;
	struct setup setup = plain;
	struct machine *shared;
	uint32_t deaths = 0, steps = 0;
	struct pv_ring start;
	int status;
	pid_t pid;
	const size_t watched = block_journal_bytes(flags, 1, 32);

	setup.flags = flags;
	prepare_death(flags);
	shared = machine;
	start = front;
	pid = fork();
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		live();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	memcpy(&before, shared, sizeof(before));
	machine = &saved;
	while (!ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) && waitpid(pid, &status, 0) == pid &&
	       WIFSTOPPED(status)) {
		steps++;
		if (!memcmp(before.journal, shared->journal, watched) &&
		    !memcmp(before.page[1], shared->page[1], 4096))
			continue;
		memcpy(before.journal, shared->journal, watched);
		memcpy(before.page[1], shared->page[1], 4096);
		memcpy(&saved, shared, sizeof(saved));
		front = start;
		front.page = (void *)saved.page[1];
		front.slots = saved.page[1] + 64;
		front.our_prod = &front.page->req_prod;
		front.peer_prod = &front.page->rsp_prod;
		front.our_event = &front.page->rsp_event;
		front.peer_event = &front.page->req_event;
		kill_service();
		take_over(&setup);
		deaths++;
	}
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	print_message("%u deaths in %u instructions\n", deaths, steps);
	machine = shared;
	return deaths;
}

static void death_at_any_moment_loses_and_repeats_nothing(void **state)
{
	assert_true(die_everywhere(0) > 90);
	assert_true(die_everywhere(BLOCK_PERSISTENT) > 90);
}

static void a_journal_that_contradicts_itself_is_not_believed(void **state)
{
	struct block_queue_journal *journal;

	prepare_death(0);
	live();
	kill_service();
	journal = block_queue_journal((void *)machine->journal, 0, 32);
	journal->consumed += 100;
	assert_int_not_equal(start_service(&plain, true), 0);
	assert_int_equal(nr_maps, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(death_at_any_moment_loses_and_repeats_nothing),
		cmocka_unit_test(a_journal_that_contradicts_itself_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, forget_machine);
}
