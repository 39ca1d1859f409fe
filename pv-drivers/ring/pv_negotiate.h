/* SPDX-License-Identifier: MIT */
/*
 * How many queues and ring pages a device gets, and the names of its xenstore keys.
 *
 * The backend announces a most (multi-queue-max-queues, max-ring-page-order), the frontend chooses
 * and tells (multi-queue-num-queues, ring-page-order), the backend accepts or refuses. Values are a
 * peer's text: what is not a plain decimal number within its bounds is refused, not guessed.
 */
#ifndef PV_NEGOTIATE_H
#define PV_NEGOTIATE_H

#include "pv_shared.h"

/*
 * The number in a node's text (a NUL at its end may be counted): digits only, at most max.
 * -XEN_EINVAL: it is none.
 */
PV_MUST_CHECK int pv_parse_number(const char *text, size_t len, uint32_t max, uint32_t *number);

/*
 * Frontend: as many as we like and the backend offers, at least least. text NULL: it says nothing,
 * so least; the same for nonsense.
 */
uint32_t pv_choose(const char *text, size_t len, uint32_t least, uint32_t like);

/*
 * Backend: what the frontend chose, at least least and at most what we announced. text NULL: least.
 * -XEN_EINVAL: none of these.
 */
PV_MUST_CHECK int pv_accept(const char *text, size_t len, uint32_t least, uint32_t announced,
			    uint32_t *number);

/* Long enough for every key below. */
#define PV_KEY_MAX 64

/*
 * Where a key of one queue is, below the half's directory: "NAME" if the device has one queue, else
 * "queue-N/NAME".
 * -XEN_ERANGE: the name is too long.
 */
PV_MUST_CHECK int pv_queue_key(char key[PV_KEY_MAX], uint32_t queue, uint32_t nr_queues,
			       const char *name);

/*
 * The same for a ring's page: "ring-ref" if it is the only one, else "ring-refN".
 * -XEN_ERANGE: as above.
 */
PV_MUST_CHECK int pv_page_key(char key[PV_KEY_MAX], uint32_t queue, uint32_t nr_queues,
			      const char *name, uint32_t page, uint32_t nr_pages);

#endif
