/* SPDX-License-Identifier: MIT */
/*
 * LZMA symbols: a range coder with adaptive bits over literals and matches.
 *
 * Nearly all of a boot's unpacking time is spent here, so: range, code and input pointer live in
 * registers for a whole run; bit trees are decoded without branches, as their bits are
 * unpredictable by design; and input is checked once per symbol. One symbol needs at most
 * LZMA_SYMBOL_MAX bytes. Near the end of the input, where so many may not be readable, the rest is
 * moved to a small buffer padded with zeros: reading into the padding is harmless and noticed after
 * the symbol.
 */
#include "lzma.h"

#define PROB_BITS  11
#define PROB_HALF  (1u << (PROB_BITS - 1))
#define MOVE_BITS  5
#define RANGE_MIN  (1u << 24)
#define MIN_LENGTH 2

struct rc {
	uint32_t range, code;
	const uint8_t *in;
};

static always_inline void normalize(struct rc *rc)
{
	if (rc->range < RANGE_MIN) {
		rc->range <<= 8;
		rc->code = rc->code << 8 | *rc->in++;
	}
}

/* For decisions the program branches on anyway. */
static always_inline bool decide(struct rc *rc, uint16_t *prob)
{
	uint32_t p = *prob, bound;

	normalize(rc);
	bound = (rc->range >> PROB_BITS) * p;
	if (rc->code < bound) {
		rc->range = bound;
		*prob = (uint16_t)(p + (((1u << PROB_BITS) - p) >> MOVE_BITS));
		return false;
	}
	rc->range -= bound;
	rc->code -= bound;
	*prob = (uint16_t)(p - (p >> MOVE_BITS));
	return true;
}

/* One adaptive bit without a branch: all ones for a 0, zero for a 1. */
static always_inline uint32_t bit_mask(struct rc *rc, uint16_t *prob)
{
	uint32_t p = *prob, bound, zero;
	int64_t rest;

	normalize(rc);
	bound = (rc->range >> PROB_BITS) * p;
	rest = (int64_t)rc->code - bound;
	zero = (uint32_t)(rest >> 63);
	rc->code = (uint32_t)rest + (bound & zero);
	rc->range -= bound;
	rc->range ^= (rc->range ^ bound) & zero;
	/* p -= p >> 5, or p += (2048 - p) >> 5: the same shift once 2048 - 31 has been taken off.
	 */
	p -= (uint32_t)((int32_t)(p - (((1u << PROB_BITS) - 31) & zero)) >> MOVE_BITS);
	*prob = (uint16_t)p;
	return zero;
}

static always_inline uint32_t tree_step(struct rc *rc, uint16_t *probs, uint32_t node)
{
	return 2 * node + 1 + bit_mask(rc, probs + node);
}

static always_inline uint32_t tree3(struct rc *rc, uint16_t *probs)
{
	uint32_t n = tree_step(rc, probs, 1);

	n = tree_step(rc, probs, n);
	return tree_step(rc, probs, n) - 8;
}

static always_inline uint32_t tree6(struct rc *rc, uint16_t *probs)
{
	uint32_t n = 1;

	for (int i = 0; i < 6; i++)
		n = tree_step(rc, probs, n);
	return n - 64;
}

static always_inline uint32_t tree8(struct rc *rc, uint16_t *probs)
{
	uint32_t n = 1;

	for (int i = 0; i < 8; i++)
		n = tree_step(rc, probs, n);
	return n - 256;
}

/* The tree's bits come lowest first. */
static always_inline uint32_t reverse_tree(struct rc *rc, uint16_t *probs, uint32_t bits)
{
	uint32_t node = 1, value = 0;

	for (uint32_t i = 0; i < bits; i++) {
		uint32_t one = 1 + bit_mask(rc, probs + node);

		node = 2 * node + one;
		value |= one << i;
	}
	return value;
}

static always_inline uint32_t direct_bits(struct rc *rc, uint32_t value, uint32_t bits)
{
	do {
		uint32_t negative;

		normalize(rc);
		rc->range >>= 1;
		rc->code -= rc->range;
		negative = 0 - (rc->code >> 31);
		rc->code += rc->range & negative;
		value = 2 * value + 1 + negative;
	} while (--bits);
	return value;
}

/* A literal after a match: the byte at rep0 steers the choice of probabilities while bits agree. */
static always_inline uint32_t matched_literal(struct rc *rc, uint16_t *probs, uint32_t match)
{
	uint32_t node = 1, agree = 0x100;

	for (int i = 0; i < 8; i++) {
		uint32_t match_bit, zero;

		match <<= 1;
		match_bit = match & agree;
		zero = bit_mask(rc, probs + agree + match_bit + node);
		node = 2 * node + 1 + zero;
		agree &= match_bit ^ zero;
	}
	return node & 0xff;
}

static always_inline uint32_t length(struct rc *rc, struct lzma_length *l, uint32_t pos_state)
{
	if (!decide(rc, &l->choice[0]))
		return MIN_LENGTH + tree3(rc, l->low[pos_state]);
	if (!decide(rc, &l->choice[1]))
		return MIN_LENGTH + 8 + tree3(rc, l->mid[pos_state]);
	return MIN_LENGTH + 16 + tree8(rc, l->high);
}

/* Distance - 1; all ones is the end marker. */
static always_inline uint32_t distance(struct rc *rc, struct lzma_probs *p, uint32_t len)
{
	uint32_t slot = tree6(rc, p->slot[len < MIN_LENGTH + 4 ? len - MIN_LENGTH : 3]), bits, base;

	if (slot < 4)
		return slot;
	bits = (slot >> 1) - 1;
	base = (2 | (slot & 1)) << bits;
	if (slot < 14)
		return base + reverse_tree(rc, p->special + base - slot, bits);
	base = direct_bits(rc, 2 | (slot & 1), bits - 4) << 4;
	return base + reverse_tree(rc, p->align, 4);
}

/* Chooses among the four last distances and moves the chosen one to the front. */
static always_inline void pick_rep(struct rc *rc, struct lzma *l)
{
	uint32_t chosen;

	if (!decide(rc, &l->probs.is_rep_g1[l->state])) {
		chosen = l->rep[1];
	} else {
		if (!decide(rc, &l->probs.is_rep_g2[l->state])) {
			chosen = l->rep[2];
		} else {
			chosen = l->rep[3];
			l->rep[3] = l->rep[2];
		}
		l->rep[2] = l->rep[1];
	}
	l->rep[1] = l->rep[0];
	l->rep[0] = chosen;
}

static always_inline uint8_t literal(struct rc *rc, struct lzma *l, const uint8_t *out)
{
	uint32_t before = out > l->window ? out[-1] : 0;
	uint32_t context =
	    (((uint32_t)(out - l->window) & l->literal_mask) << l->lc) + (before >> (8 - l->lc));
	uint16_t *probs = l->probs.literal + 0x300 * context;
	uint32_t state = l->state;

	if (state < 7) {
		l->state = state < 4 ? 0 : state - 3;
		return (uint8_t)tree8(rc, probs);
	}
	l->state = state < 10 ? state - 3 : state - 6;
	return (uint8_t)matched_literal(rc, probs, out[-1 - (ptrdiff_t)l->rep[0]]);
}

/* A match of either kind; its length, 1 for a repeated single byte, 0 for the end marker. */
static always_inline uint32_t match(struct rc *rc, struct lzma *l, uint32_t pos_state)
{
	uint32_t state = l->state, len;

	if (!decide(rc, &l->probs.is_rep[state])) {
		l->rep[3] = l->rep[2];
		l->rep[2] = l->rep[1];
		l->rep[1] = l->rep[0];
		len = length(rc, &l->probs.match_len, pos_state);
		l->rep[0] = distance(rc, &l->probs, len);
		l->state = state < 7 ? 7 : 10;
		return l->rep[0] == UINT32_MAX ? 0 : len;
	}
	if (decide(rc, &l->probs.is_rep_g0[state])) {
		pick_rep(rc, l);
	} else if (!decide(rc, &l->probs.is_rep0_long[state][pos_state])) {
		l->state = state < 7 ? 9 : 11;
		return 1;
	}
	l->state = state < 7 ? 8 : 11;
	return length(rc, &l->probs.rep_len, pos_state);
}

/* Decodes while a symbol may start, that is while *in <= last. */
static enum lzma_stop run(struct lzma *l, struct unpack *u, const uint8_t **in, const uint8_t *last,
			  uint8_t *limit)
{
	struct rc rc = { l->range, l->code, *in };
	enum lzma_stop stop = LZMA_STARVED;
	uint8_t *out = u->out;

	while (out < limit && rc.in <= last) {
		uint32_t pos_state = (uint32_t)(out - l->window) & l->pos_mask, len;

		if (!decide(&rc, &l->probs.is_match[l->state][pos_state])) {
			*out = literal(&rc, l, out);
			out++;
			continue;
		}
		len = match(&rc, l, pos_state);
		if (len == 0) {
			stop = LZMA_END;
			break;
		}
		if (l->rep[0] >= (size_t)(out - l->window) || len > (size_t)(limit - out)) {
			stop = LZMA_BAD;
			break;
		}
		out = copy_match(out, u->out_end, (size_t)l->rep[0] + 1, len);
	}
	l->range = rc.range;
	l->code = rc.code;
	u->out = out;
	*in = rc.in;
	return stop;
}

enum lzma_stop lzma_run(struct lzma *l, struct unpack *u, const uint8_t *in_end, uint8_t *limit)
{
	uint8_t tail[3 * LZMA_SYMBOL_MAX] = { 0 };
	enum lzma_stop stop = LZMA_STARVED;
	const uint8_t *in = tail;
	size_t left;

	if (in_left(u) >= LZMA_SYMBOL_MAX) {
		/* Symbols may start up to in_end, but only where all of one can be read. */
		const uint8_t *safe = u->in_end - LZMA_SYMBOL_MAX;

		stop = run(l, u, &u->in, safe < in_end ? safe : in_end, limit);
	}
	if (u->in > in_end)
		return LZMA_BAD;
	if (stop != LZMA_STARVED || u->out == limit)
		return stop;
	left = (size_t)(in_end - u->in);
	if (left > LZMA_SYMBOL_MAX)
		return LZMA_BAD; /* cannot be: the run above ends nearer to the end */
	memcpy(tail, u->in, left);
	stop = run(l, u, &in, tail + left, limit);
	if (in > tail + left)
		return LZMA_BAD;
	u->in += in - tail;
	return stop;
}

bool lzma_at_end_marker(struct lzma *l, struct unpack *u)
{
	uint8_t tail[2 * LZMA_SYMBOL_MAX] = { 0 };
	size_t left = in_left(u) < LZMA_SYMBOL_MAX ? in_left(u) : LZMA_SYMBOL_MAX;
	uint32_t pos_state = (uint32_t)(u->out - l->window) & l->pos_mask;
	struct rc rc = { l->range, l->code, tail };

	memcpy(tail, u->in, left);
	if (!decide(&rc, &l->probs.is_match[l->state][pos_state]) || match(&rc, l, pos_state) ||
	    rc.in > tail + left)
		return false;
	u->in += rc.in - tail;
	return true;
}

bool lzma_finished(struct lzma *l, struct unpack *u, const uint8_t *in_end)
{
	struct rc rc = { l->range, l->code, u->in };

	if (u->in == in_end)
		return rc.range >= RANGE_MIN && rc.code == 0;
	normalize(&rc);
	u->in = rc.in;
	return rc.code == 0;
}

bool lzma_start(struct lzma *l, const uint8_t *in)
{
	l->range = UINT32_MAX;
	l->code = __builtin_bswap32(le32(in + 1));
	return in[0] == 0;
}

bool lzma_set_properties(struct lzma *l, uint8_t byte)
{
	uint32_t lc = byte % 9, lp = byte / 9 % 5, pb = byte / 45;

	if (pb > 4 || lc + lp > LZMA_MAX_LC_LP)
		return false;
	l->lc = lc;
	l->literal_mask = (1u << lp) - 1;
	l->pos_mask = (1u << pb) - 1;
	return true;
}

void lzma_reset_state(struct lzma *l)
{
	uint16_t *p = (uint16_t *)&l->probs;

	for (size_t i = 0; i < sizeof(l->probs) / sizeof(*p); i++)
		p[i] = PROB_HALF;
	l->state = 0;
	for (int i = 0; i < 4; i++)
		l->rep[i] = 0;
}
