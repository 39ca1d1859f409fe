/* SPDX-License-Identifier: MIT */
/*
 * A hardware-virtualized vCPU without its CPU, for the fuzz target of what the hypervisor does when such a guest is left:
 * a vendor whose state is a struct, a guest physical map of a few pages of every type, and a device model that
 * answers, late or never, what the input says.
 */
#ifndef FUZZ_HVM_MACHINE_H
#define FUZZ_HVM_MACHINE_H

#include <asm/hvm/emulate.h>
#include <asm/hvm/hvm.h>

#define NR_GFNS	  24u /* the map's first; of them the first RAM_GFNS are plain memory */
#define RAM_GFNS  16u
#define GFN_RO	  16u
#define GFN_GRANT_RW 17u
#define GFN_GRANT_RO 18u
#define GFN_FOREIGN  19u
#define GFN_CLAIMED  20u
#define GFN_PROMISED 21u
#define GFN_DEVICE   22u /* and 23: holes */

struct input {
	const uint8_t *at;
	size_t left;
};
uint8_t take8(struct input *in);
uint64_t take64(struct input *in); /* often small, or near a page's end */

struct machine {
	struct input in;
	uint8_t *frame[NR_GFNS]; /* each allocated alone, so that a byte too far is found */
	struct hvm_segment seg[NR_HVM_SEGS];
	uint64_t cr[5], dr[8];
	struct hvm_msrs msrs;
	struct hvm_event event; /* waiting, if `injected` */
	bool injected, shadow, window, crashed, promised;
	unsigned int references, io_budget;
};
extern struct machine m;
extern struct domain the_domain;
extern struct vcpu the_vcpu;

void require(bool condition);
void machine_start(const uint8_t *data, size_t size); /* what is left of the input is for what follows */
void machine_check(void);			      /* what must hold between any two exits */

#endif
