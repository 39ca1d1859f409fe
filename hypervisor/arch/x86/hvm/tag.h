/* SPDX-License-Identifier: MIT */
/* Address space tags, shared by the vendors. Code: tag.c. */
#ifndef HVM_TAG_H
#define HVM_TAG_H

#include <hv/lib.h>

struct hvm_tag {
	uint64_t generation; /* of `tag`; 0: void. Atomic. */
	uint32_t tag, cpu;   /* what was given, and where */
};

void hvm_tag_init(unsigned int nr_tags); /* boot; with the host's, 0 */
/* For a vCPU's next stay on this CPU, interrupts off. True: every tagged entry of this CPU must go first. */
bool hvm_tag_use(struct hvm_tag *t);
void hvm_tag_void(struct hvm_tag *t); /* any CPU */

#endif
