/* SPDX-License-Identifier: MIT */
/*
 * A token bucket: so many bytes each so many microseconds, and after a pause some at once. A packet
 * goes if there is any credit; it may leave a debt, so that none is too large to go ever.
 *
 * Tokens are bytes times microseconds: then a microsecond is worth `bytes` of them, exactly.
 */
#ifndef NET_BUCKET_H
#define NET_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	uint64_t bytes, us; /* bytes 0: no limit */
	int64_t tokens, most;
	uint64_t last_us;
};

/* bytes and us at most NET_RATE_*_MAX; us not 0 if bytes is not. */
void bucket_init(struct bucket *bucket, uint64_t bytes, uint32_t us, uint64_t now_us);
/* Whether a packet may go now. */
bool bucket_open(struct bucket *bucket, uint64_t now_us);
void bucket_spend(struct bucket *bucket, uint32_t bytes);
/* How long until it is open, rounded up; at least 1. */
uint32_t bucket_wait_ms(const struct bucket *bucket);

#endif
