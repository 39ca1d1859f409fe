/* SPDX-License-Identifier: MIT */
/* A token bucket: see bucket.h. */
#include "bucket.h"

#define BURST_BYTES (128u << 10) /* at least, so that large packets do not limp */

void bucket_init(struct bucket *bucket, uint64_t bytes, uint32_t us, uint64_t now_us)
{
	uint64_t burst = bytes > BURST_BYTES ? bytes : BURST_BYTES;

	*bucket = (struct bucket){ .bytes = us ? bytes : 0, .us = us, .last_us = now_us };
	bucket->most = (int64_t)(burst * us); /* below 2^38 * 2^24 */
	bucket->tokens = bucket->most;
}

bool bucket_open(struct bucket *bucket, uint64_t now_us)
{
	uint64_t passed = now_us - bucket->last_us, missing;

	if (!bucket->bytes)
		return true;
	missing = (uint64_t)(bucket->most - bucket->tokens);
	bucket->last_us = now_us;
	if (passed > missing / bucket->bytes)
		bucket->tokens = bucket->most;
	else
		bucket->tokens += (int64_t)(passed * bucket->bytes);
	return bucket->tokens > 0;
}

void bucket_spend(struct bucket *bucket, uint32_t bytes)
{
	if (bucket->bytes)
		bucket->tokens -= (int64_t)(bytes * bucket->us);
}

uint32_t bucket_wait_ms(const struct bucket *bucket)
{
	uint64_t us, ms;

	if (bucket->tokens > 0 || !bucket->bytes)
		return 1;
	us = (uint64_t)-bucket->tokens / bucket->bytes + 1;
	ms = (us + 999) / 1000;
	return ms > 60000 ? 60000 : (uint32_t)ms;
}
