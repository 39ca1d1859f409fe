/* SPDX-License-Identifier: MIT */
/* The LZMA symbol decoder, used by the xz and the lzma container. */
#ifndef DECOMPRESS_LZMA_H
#define DECOMPRESS_LZMA_H

#include "internal.h"

#define LZMA_STATES	12
#define LZMA_POS_STATES 16
#define LZMA_MAX_LC_LP	4  /* what LZMA2 allows; the old container could, but never does, ask more \
			    */
#define LZMA_SYMBOL_MAX 24 /* input bytes one symbol can use, rounded up: 20 and the last refill   \
			    */

struct lzma_length {
	uint16_t choice[2];
	uint16_t low[LZMA_POS_STATES][8], mid[LZMA_POS_STATES][8], high[256];
};

/* Probabilities that a bit is 0, in 1/2048. One array to the function that resets them. */
struct lzma_probs {
	uint16_t is_match[LZMA_STATES][LZMA_POS_STATES];
	uint16_t is_rep[LZMA_STATES], is_rep_g0[LZMA_STATES], is_rep_g1[LZMA_STATES],
	    is_rep_g2[LZMA_STATES];
	uint16_t is_rep0_long[LZMA_STATES][LZMA_POS_STATES];
	uint16_t slot[4][64], special[128], align[16];
	struct lzma_length match_len, rep_len;
	uint16_t literal[0x300 << LZMA_MAX_LC_LP];
};

struct lzma {
	uint32_t range, code;
	uint32_t state;
	uint32_t rep[4]; /* distances - 1 */
	uint32_t lc, literal_mask, pos_mask;
	const uint8_t
	    *window; /* where the dictionary begins: position 0, and nothing reaches behind it */
	struct lzma_probs probs;
};

enum lzma_stop {
	LZMA_BAD = -1, /* a match reaches before the dictionary or beyond the limit */
	LZMA_STARVED,  /* used up the input, or the output limit is reached */
	LZMA_END,      /* end marker */
};

/* Takes the byte that codes lc, lp and pb; false if they are out of range. */
bool lzma_set_properties(struct lzma *l, uint8_t byte);
void lzma_reset_state(struct lzma *l);
/* Reads the five bytes the range coder starts with; false if they cannot be right. */
bool lzma_start(struct lzma *l, const uint8_t *in);
/* Decodes up to u->out == limit, with input up to `in_end` <= u->in_end; takes whatever it needs
 * from u->in. LZMA_STARVED with u->out < limit means truncated input. */
enum lzma_stop lzma_run(struct lzma *l, struct unpack *u, const uint8_t *in_end, uint8_t *limit);
/* Is the next symbol the end marker? Taken from the input if so; otherwise nothing can follow. */
bool lzma_at_end_marker(struct lzma *l, struct unpack *u);
/* After the last symbol: is the range coder in its final state? Takes at most one byte. */
bool lzma_finished(struct lzma *l, struct unpack *u, const uint8_t *in_end);

#endif
