/* SPDX-License-Identifier: MIT */
/* Answers kept until they are shown: see answers.h. */
#include "answers.h"

#include <errno.h>
#include <string.h>

_Static_assert(sizeof(struct netif_tx_response) <= NET_ANSWER_BYTES, "fits");
_Static_assert(sizeof(struct netif_rx_response) <= NET_ANSWER_BYTES, "fits");

int answers_add(struct answers *answers, const void *answer, size_t size)
{
	if (answers->nr == NET_MAX_SLOTS || answers->nr == pv_ring_room(answers->ring))
		return -EIO;
	memcpy(answers->kept->answer[answers->nr++], answer, size);
	return 0;
}

static int write_all(struct answers *answers, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		if (pv_ring_put(answers->ring, answers->kept->answer[i], NET_ANSWER_BYTES))
			return -EIO;
	return pv_ring_push(answers->ring);
}

int answers_show(struct answers *answers)
{
	struct net_answers *kept = answers->kept;
	int rc;

	if (!answers->nr)
		return 0;
	kept->first = answers->ring->prod;
	/* Ordering: who finds the number finds the answers, and the ring is written later. */
	__atomic_store_n(&kept->nr, answers->nr, __ATOMIC_SEQ_CST);
	rc = write_all(answers, answers->nr);
	__atomic_store_n(&kept->nr, 0, __ATOMIC_SEQ_CST);
	answers->nr = 0;
	return rc;
}

int answers_resume(struct answers *answers)
{
	uint8_t request[16];
	uint32_t nr = answers->kept->nr;
	int rc = 0;

	answers->nr = 0;
	answers->kept->nr = nr <= NET_MAX_SLOTS ? nr : 0;
	/* Shown already, but for the last step. */
	if (!answers->kept->nr || answers->kept->first != answers->ring->prod)
		nr = 0;
	for (uint32_t i = 0; i < nr; i++)
		if (pv_ring_take(answers->ring, request, answers->ring->entry_size) != 1)
			return -EIO;
	if (nr)
		rc = write_all(answers, nr);
	answers->kept->nr = 0;
	return rc;
}
