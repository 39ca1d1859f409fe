/* SPDX-License-Identifier: MIT */
/*
 * A shared folder: copies from=NAME (default hello) to to=NAME (default copy), and tells a
 * checksum.
 */
#include "kit.h"
#include "p9.h"

#define DEADLINE (time_now() + 30 * TIME_S)

static struct p9_front share;

void guest_main(void)
{
	char from[64] = "hello", to[64] = "copy";
	struct p9_file *in, *out;
	uint64_t at = 0, sum = 0xcbf29ce484222325u;
	uint8_t *bytes = pages_alloc(1);
	uint32_t id;
	int rc = front_device_find("9pfs", 0, &id), done;

	option("from", from, sizeof(from));
	option("to", to, sizeof(to));
	if (rc || !bytes || p9_init(&share, id) || device_start(&share.device))
		panic("no shared folder: error %d", -rc);
	rc = p9_open(&share, from, P9_READ, &in, DEADLINE);
	if (!rc)
		rc = p9_open(&share, to, P9_CREATE, &out, DEADLINE);
	if (rc)
		panic("cannot open: error %d", -rc);
	while ((rc = p9_read(&share, in, at, bytes, PV_PAGE_SIZE, DEADLINE)) > 0) {
		for (int i = 0; i < rc; i++)
			sum = (sum ^ bytes[i]) * 0x100000001b3u;
		for (int put = 0; put < rc; put += done) {
			done = p9_write(&share, out, at + (uint64_t)put, bytes + put,
					(uint32_t)(rc - put), DEADLINE);
			if (done <= 0)
				panic("cannot write: error %d", -done);
		}
		at += (uint64_t)rc;
	}
	if (rc)
		panic("cannot read: error %d", -rc);
	p9_close(&share, in, DEADLINE);
	p9_close(&share, out, DEADLINE);
	printf("copied %lu bytes, checksum %lx\ndone\n", at, sum);
}
