/* SPDX-License-Identifier: MIT */
/*
 * TPM: the frontend puts a command into shared memory, the backend its answer in the same place.
 *
 * Xenstore. Frontend: ring-ref, event-channel, feature-protocol-v2. Backend: feature-protocol-v2.
 */
#ifndef __XEN_PUBLIC_IO_TPMIF_H__
#define __XEN_PUBLIC_IO_TPMIF_H__

#include "../grant_table.h"

/* The first protocol, no longer used. */
struct tpmif_tx_request {
	unsigned long addr;	/* machine address */
	grant_ref_t ref;
	uint16_t unused;
	uint16_t size;		/* bytes */
};
typedef struct tpmif_tx_request tpmif_tx_request_t;

typedef uint32_t TPMIF_RING_IDX;

#define TPMIF_TX_RING_SIZE	1

struct tpmif_ring {
	struct tpmif_tx_request req;
};
typedef struct tpmif_ring tpmif_ring_t;

struct tpmif_tx_interface {
	struct tpmif_ring ring[TPMIF_TX_RING_SIZE];
};
typedef struct tpmif_tx_interface tpmif_tx_interface_t;

/*
 * The second. Each side notifies the other of a new state. A cancelled command ends as FINISH if it
 * was too late, else as IDLE; the backend may also go to IDLE by itself.
 */
enum tpmif_state {
	TPMIF_STATE_IDLE	= 0,	/* by the backend: nothing to do, nothing to fetch */
	TPMIF_STATE_SUBMIT	= 1,	/* by the frontend: a command of length bytes */
	TPMIF_STATE_FINISH	= 2,	/* by the backend: an answer of length bytes */
	TPMIF_STATE_CANCEL	= 3	/* by the frontend, while it waits */
};

/* At the page's start; then the command or answer, going on in the extra pages. */
struct tpmif_shared_page {
	uint32_t length;
	uint8_t state;			/* TPMIF_STATE_* */
	uint8_t locality;		/* the command's */
	uint8_t pad;
	uint8_t nr_extra_pages;
	uint32_t extra_pages[0];	/* grants, nr_extra_pages of them */
};
typedef struct tpmif_shared_page tpmif_shared_page_t;

#endif
