/* SPDX-License-Identifier: MIT */
/*
 * Segment descriptors a guest may have: code and data of ring 3, where its kernel runs too: a
 * kernel's own selectors name these descriptors, so whatever privilege it wrote becomes 3. Gates,
 * TSSs and LDT descriptors would let a guest enter ring 0. Source: SDM vol. 3 §3.4.5.
 */
#include <asm/mm.h>

#define DESC_TYPE_CODE	  (1ull << 43)
#define DESC_TYPE_CONFORM (1ull << 42) /* with code */
#define DESC_S		  (1ull << 44) /* code or data, not system */
#define DESC_DPL	  (3ull << 45)
#define DESC_P		  (1ull << 47)
#define DESC_L		  (1ull << 53)
#define DESC_D		  (1ull << 54)

/*
 * Conforming code keeps its caller's privilege, so it is harmless by itself; its descriptor
 * privilege matters only to whom may jump to it. 64-bit code with D set would be a #GP for whoever
 * loads it.
 */
bool check_descriptor(uint64_t *desc)
{
	uint64_t d = *desc;

	if (!(d & DESC_P))
		return true;
	if (!(d & DESC_S))
		return false;
	if ((d & DESC_TYPE_CODE) && (d & DESC_L) && (d & DESC_D))
		return false;
	*desc = d | DESC_DPL;
	return true;
}
