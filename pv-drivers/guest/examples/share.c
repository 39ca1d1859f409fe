/* SPDX-License-Identifier: MIT */
/*
 * A shared folder: copies from=NAME (default hello) to to=NAME (default copy), and tells a
 * checksum. With rounds=N (0: until the guest's xenstore node data/stop exists) it copies so often,
 * with pause=MS between, reads each copy back, and goes on after errors: they are counted.
 */
#include "kit.h"
#include "p9.h"
#include "xs.h"

#define DEADLINE (time_now() + 30 * TIME_S)

static struct p9_front share;
static uint8_t *bytes;

struct content {
	uint64_t length, sum;
};

static void add_up(struct content *content, int nr)
{
	for (int i = 0; i < nr; i++)
		content->sum = (content->sum ^ bytes[i]) * 0x100000001b3u;
	content->length += (uint64_t)nr;
}

static int put(struct p9_file *out, uint64_t at, int nr)
{
	for (int done, at_byte = 0; at_byte < nr; at_byte += done) {
		done = p9_write(&share, out, at + (uint64_t)at_byte, bytes + at_byte,
				(uint32_t)(nr - at_byte), DEADLINE);
		if (done <= 0)
			return done ? done : -XEN_EIO;
	}
	return 0;
}

/* All of a file; to another, if there is one. */
static int read_all(struct p9_file *in, struct p9_file *out, struct content *content)
{
	int rc, got = 0;

	*content = (struct content){ .sum = 0xcbf29ce484222325u };
	while ((got = p9_read(&share, in, content->length, bytes, PV_PAGE_SIZE, DEADLINE)) > 0) {
		rc = out ? put(out, content->length, got) : 0;
		if (rc)
			return rc;
		add_up(content, got);
	}
	return got;
}

static int copy(const char *from, const char *to, struct content *content)
{
	struct p9_file *in, *out;
	int rc = p9_open(&share, from, P9_READ, &in, DEADLINE);

	if (rc)
		return rc;
	rc = p9_open(&share, to, P9_CREATE, &out, DEADLINE);
	if (!rc) {
		rc = read_all(in, out, content);
		p9_close(&share, out, DEADLINE);
	}
	p9_close(&share, in, DEADLINE);
	return rc;
}

static int read_back(const char *name, struct content *content)
{
	struct p9_file *in;
	int rc = p9_open(&share, name, P9_READ, &in, DEADLINE);

	if (rc)
		return rc;
	rc = read_all(in, NULL, content);
	p9_close(&share, in, DEADLINE);
	return rc;
}

static bool goes_on(uint64_t round, uint64_t rounds)
{
	char value[8];

	if (rounds)
		return round < rounds;
	return xs_read(XS_NO_TX, "data/stop", value, sizeof(value)) == -XEN_ENOENT;
}

static void copy_again_and_again(const char *from, const char *to, uint64_t rounds)
{
	uint64_t right = 0, wrong = 0, errors = 0;
	uint64_t pause_ms = option_number("pause", 0);
	struct content first, second;

	for (uint64_t round = 0; goes_on(round, rounds); round++) {
		int rc = copy(from, to, &first);

		if (!rc)
			rc = read_back(to, &second);
		if (rc)
			errors++;
		else if (first.length == second.length && first.sum == second.sum)
			right++;
		else
			wrong++;
		if (pause_ms)
			thread_sleep(pause_ms * TIME_MS);
	}
	printf("copies right: %lu, wrong: %lu, errors: %lu\ndone\n", right, wrong, errors);
}

void guest_main(void)
{
	char from[64] = "hello", to[64] = "copy";
	uint64_t rounds = option_number("rounds", 1);
	struct content content;
	uint32_t id;
	int rc = front_device_find("9pfs", 0, &id);

	bytes = pages_alloc(1);
	option("from", from, sizeof(from));
	option("to", to, sizeof(to));
	if (rc || !bytes || p9_init(&share, id) || device_start(&share.device))
		panic("no shared folder: error %d", -rc);
	if (rounds != 1) {
		copy_again_and_again(from, to, rounds);
		return;
	}
	rc = copy(from, to, &content);
	if (rc)
		panic("cannot copy: error %d", -rc);
	printf("copied %lu bytes, checksum %lx\ndone\n", content.length, content.sum);
}
