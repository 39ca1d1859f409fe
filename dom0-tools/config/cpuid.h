/* SPDX-License-Identifier: MIT */
/* cpuid=: bits of CPUID that a guest is to see otherwise than it would. */
#ifndef SERAI_CONFIG_CPUID_H
#define SERAI_CONFIG_CPUID_H

#include "config/config.h"

struct spec_fault;

#define CPUID_ANY_SUBLEAF 0xffffffffu

/* Bit 31 first, each of 1 and 0 (forced), x (as it would be), k and s (as the host's); "": all x. */
struct cpuid_rule {
	uint32_t leaf, subleaf; /* CPUID_ANY_SUBLEAF: none was given */
	char reg[4][33];	/* EAX, EBX, ECX, EDX */
};

struct cpuid_rules {
	struct cpuid_rule *rule;
	unsigned int count;
};

/*
 * One text "host,NAME=VALUE,…", or any number of "LEAF[,SUBLEAF]:REG=BITS,…". False after telling what is wrong in
 * fault->message, or "" without memory. cpuid_rules_free() in any case.
 */
bool cpuid_rules_from(const struct string_list *texts, struct cpuid_rules *rules, struct spec_fault *fault);
void cpuid_rules_free(struct cpuid_rules *rules);

#endif
