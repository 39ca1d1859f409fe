/* SPDX-License-Identifier: MIT */
/*
 * A machine for the block service of pv-drivers/back: a guest's pages and grants, a disk in memory,
 * io_uring that is carried out when the test says so, and a journal. All that outlives a process is
 * in one struct, so that it can be copied at any moment and gone on with by another service.
 */
#ifndef BACK_FIXTURE_H
#define BACK_FIXTURE_H

#include "pv_fixture.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "back_worker.h"
#include "block/block.h"
#include "pv_ring.h"

extern const struct back_service *const __start_back_services[];
#define SERVICE (__start_back_services[0])

#define GUEST_PAGES  96
#define DISK_SECTORS 256u
#define MAX_SQES     1024
#ifndef JOURNAL_ROOM
#define JOURNAL_ROOM (1 << 18)
#endif

enum grant_access { NO_GRANT, READ_ONLY, READ_WRITE };

/* What outlives the service. */
struct machine {
	uint8_t page[GUEST_PAGES][4096]; /* a grant's reference is its page's number */
	uint8_t access[GUEST_PAGES];
	uint8_t disk[DISK_SECTORS * 512];
	uint8_t journal[JOURNAL_ROOM];
};

static struct machine *machine;
static struct back_link test_link;
static struct back_counters test_counters;
static struct io_uring_sqe sqes[MAX_SQES];
static uint32_t nr_sqes;
static bool want_again, copies_cross, failed, drained, told;
static uint32_t notified, nr_maps, maps_tried, segments_copied;
static uint8_t mapped[GUEST_PAGES]; /* how often, those of rings but the first aside */
static bool maps_fail;
static char why[256];
static int polled_fd = -1;
static uint32_t polled_events;

/* --- what the frame offers ------------------------------------------------------------------- */

void *back_map(struct back_link *link, const uint32_t *refs, uint32_t nr, int prot)
{
	maps_tried++;
	errno = ENOMEM;
	if (maps_fail)
		return NULL;
	for (uint32_t i = 0; i < nr; i++)
		if (refs[i] >= GUEST_PAGES || machine->access[refs[i]] != READ_WRITE ||
		    refs[i] != refs[0] + i) {
			errno = EINVAL;
			return NULL;
		}
	nr_maps++;
	mapped[refs[0]]++;
	return machine->page[refs[0]];
}

/* The page an address is in; GUEST_PAGES: none of the guest's. */
static uint32_t page_at(const void *address)
{
	uintptr_t first = (uintptr_t)machine->page, at = (uintptr_t)address;

	return at < first || at >= first + sizeof(machine->page) ? GUEST_PAGES
								 : (uint32_t)((at - first) / 4096);
}

void back_unmap(struct back_link *link, void *address, uint32_t nr)
{
	uint32_t page = page_at(address);

	assert_true(page < GUEST_PAGES && mapped[page]);
	mapped[page]--;
	nr_maps--;
}

static bool may_copy(uint32_t ref, uint32_t offset, uint32_t len, bool write)
{
	return ref < GUEST_PAGES && offset + len <= 4096 &&
	       machine->access[ref] >= (write ? READ_WRITE : READ_ONLY);
}

int back_copy(struct back_link *link, xengnttab_grant_copy_segment_t *s, uint32_t nr)
{
	int rc = 0;

	segments_copied += nr;
	for (uint32_t i = 0; i < nr; i++) {
		bool out = s[i].flags & GNTCOPY_dest_gref;
		void *own = out ? s[i].source.virt : s[i].dest.virt;
		uint32_t ref = out ? s[i].dest.foreign.ref : s[i].source.foreign.ref;
		uint32_t offset = out ? s[i].dest.foreign.offset : s[i].source.foreign.offset;

		s[i].status = GNTST_okay;
		/* Only a mapped image's pieces begin anywhere. */
		assert_true(copies_cross || ((uintptr_t)own & 4095) + s[i].len <= 4096);
		if (!may_copy(ref, offset, s[i].len, out)) {
			s[i].status = GNTST_bad_gntref;
			rc = -EFAULT;
			continue;
		}
		if (out)
			memcpy(machine->page[ref] + offset, own, s[i].len);
		else
			memcpy(own, machine->page[ref] + offset, s[i].len);
	}
	return rc;
}

int back_bind(struct back_link *link, uint32_t remote_port)
{
	return remote_port == 666 ? -EINVAL : (int)remote_port + 100;
}

void back_unbind(struct back_link *link, int port)
{
}

void back_notify(struct back_link *link, int port)
{
	notified++;
}

void back_again(struct back_link *link)
{
	want_again = true;
}

int back_poll_fd(struct back_link *link, int fd, uint32_t events)
{
	polled_fd = events ? fd : -1;
	polled_events = events;
	return 0;
}

static int next_tick = -1; /* ms until the one asked for */
static uint64_t clock_ms = 100000;

void back_tick(struct back_link *link, int ms)
{
	next_tick = ms;
}

uint64_t back_recent_ms(void)
{
	return clock_ms;
}

struct io_uring_sqe *back_submission(struct back_link *link, struct back_io *io)
{
	if (nr_sqes == MAX_SQES)
		return NULL;
	memset(&sqes[nr_sqes], 0, sizeof(sqes[0]));
	sqes[nr_sqes].user_data = (uintptr_t)io;
	return &sqes[nr_sqes++];
}

void back_submit(void)
{
}

void back_why(struct back_link *link, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
}

void back_fail(struct back_link *link, const char *format, ...)
{
	failed = true;
}

void back_drained(struct back_link *link)
{
	drained = true;
}

void back_tell(struct back_link *link, const void *body, size_t length)
{
	told = true;
}

/* --- the disk -------------------------------------------------------------------------------- */

static int carry_out_io(const struct io_uring_sqe *sqe)
{
	const struct iovec *vec = (const struct iovec *)(uintptr_t)sqe->addr;
	uint64_t at = sqe->off;
	int done = 0;

	if (sqe->opcode == IORING_OP_FSYNC)
		return 0;
	if (sqe->opcode == IORING_OP_FALLOCATE) {
		assert_true(sqe->off <= sizeof(machine->disk) &&
			    sqe->addr <= sizeof(machine->disk) - sqe->off);
		memset(machine->disk + sqe->off, 0, sqe->addr);
		return 0;
	}
	for (uint32_t i = 0; i < sqe->len; i++) {
		/* The service must have checked this. */
		assert_true(at + vec[i].iov_len <= sizeof(machine->disk));
		/* Nor may a device be given the guest's own memory. */
		for (size_t in = 0; in < vec[i].iov_len; in += 512)
			assert_int_equal(page_at((uint8_t *)vec[i].iov_base + in), GUEST_PAGES);
		if (sqe->opcode == IORING_OP_READV)
			memcpy(vec[i].iov_base, machine->disk + at, vec[i].iov_len);
		else
			memcpy(machine->disk + at, vec[i].iov_base, vec[i].iov_len);
		at += vec[i].iov_len;
		done += (int)vec[i].iov_len;
	}
	return done;
}

/* Carries out the submission at this place, with its own result or the one given. */
static void finish_io(uint32_t which, int *result)
{
	struct io_uring_sqe sqe = sqes[which];
	struct back_io *io = (struct back_io *)(uintptr_t)sqe.user_data;
	int rc = result ? *result : carry_out_io(&sqe);

	sqes[which] = sqes[--nr_sqes];
	io->done(io, rc);
}

static void finish_all_io(uint64_t *seed)
{
	while (nr_sqes)
		finish_io(seed ? pv_random(seed) % nr_sqes : 0, NULL);
}

/* Rounds of the loop until nothing is left to do. */
static void settle(uint64_t *seed)
{
	for (int i = 0; i < 10000 && (want_again || nr_sqes); i++) {
		finish_all_io(seed);
		want_again = false;
		SERVICE->event(&test_link, -1);
	}
	assert_false(want_again);
}

/* --- connecting ------------------------------------------------------------------------------ */

struct setup {
	uint32_t flags, nr_queues, nr_pages, first_ref, sector_size;
	uint64_t sectors;
	int fd;
};

static const struct setup plain = { .nr_queues = 1,
				    .nr_pages = 1,
				    .first_ref = 1,
				    .sector_size = 512,
				    .sectors = DISK_SECTORS,
				    .fd = 1000 };

/* An image in memory, if that is what it is to be: a file whose bytes are not machine->disk. */
static int image_fd = -1;

static void back_by_memory(struct setup *setup)
{
	if (!(setup->flags & BLOCK_MEMORY))
		return;
	setup->fd = memfd_create("image", MFD_CLOEXEC);
	assert_true(setup->fd >= 0 && !ftruncate(setup->fd, sizeof(machine->disk)));
	close(image_fd);
	image_fd = dup(setup->fd); /* the service closes its own */
	copies_cross = true;
}

static void look_at_disk(void)
{
	if (copies_cross)
		assert_int_equal(pread(image_fd, machine->disk, sizeof(machine->disk), 0),
				 sizeof(machine->disk));
}

static int start_service(const struct setup *setup, bool resume)
{
	static struct back_message message;
	struct block_connect *config = (struct block_connect *)(void *)message.body;

	memset(&message, 0, sizeof(message));
	config->sectors = setup->sectors;
	config->sector_size = setup->sector_size;
	config->flags = setup->flags;
	config->nr_queues = setup->nr_queues;
	config->nr_pages = setup->nr_pages;
	for (uint32_t q = 0; q < setup->nr_queues && q < BLOCK_MAX_QUEUES; q++) {
		config->queue[q].port = q;
		for (uint32_t i = 0; i < setup->nr_pages && i < BLOCK_MAX_RING_PAGES; i++)
			config->queue[q].refs[i] = setup->first_ref + q * setup->nr_pages + i;
	}
	message.type = BACK_CONNECT;
	message.bytes = sizeof(*config);
	message.nr_fds = setup->fd >= 0;
	free(test_link.state);
	test_link.service = SERVICE;
	test_link.domid = 7;
	test_link.state = calloc(1, SERVICE->state_bytes);
	test_link.journal = machine->journal;
	test_link.journal_bytes = (uint32_t)block_journal_bytes(
	    setup->flags, setup->nr_queues,
	    pv_ring_slots(setup->nr_pages * 4096, block_slot_bytes(setup->flags)));
	test_link.counters = &test_counters;
	test_link.resume = resume;
	nr_sqes = 0;
	want_again = failed = drained = told = false;
	why[0] = '\0';
	if (!resume)
		memset(machine->journal, 0, sizeof(machine->journal));
	return SERVICE->connect(&test_link, &message, &setup->fd);
}

/* Time passes up to the tick the service has asked for. */
static void tick(void)
{
	assert_true(next_tick >= 0);
	clock_ms += (uint64_t)next_tick;
	next_tick = -1;
	SERVICE->tick(&test_link);
	settle(NULL);
}

static void stop_service(void)
{
	if (!SERVICE->disconnect(&test_link)) {
		settle(NULL);
		for (int i = 0; i < 1000 && !drained; i++)
			tick();
		assert_true(drained);
	}
	free(test_link.state);
	test_link.state = NULL;
}

/* The process is gone; what the kernel had of it, too. */
static void kill_service(void)
{
	static void *graves[64]; /* its memory, which the kernel would have taken */
	static unsigned int nr_graves;

	nr_maps = 0;
	memset(mapped, 0, sizeof(mapped));
	nr_sqes = 0;
	if (test_link.state)
		graves[nr_graves++ % 64] = test_link.state;
	test_link.state = NULL;
}

static void new_machine(void)
{
	if (!machine)
		machine = mmap(NULL, sizeof(*machine), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(machine != MAP_FAILED);
	memset(machine, 0, sizeof(*machine));
	memset(machine->access + 1, READ_WRITE, GUEST_PAGES - 1);
	nr_maps = maps_tried = segments_copied = 0;
	memset(mapped, 0, sizeof(mapped));
	copies_cross = maps_fail = false;
}

#endif
