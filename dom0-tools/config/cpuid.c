/* SPDX-License-Identifier: MIT */
/*
 * cpuid=, in its two forms: named features ("host,avx=0,family=6"), and registers bit by bit ("1:ecx=…").
 * Names and places of features are those of the CPU vendors' manuals.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/cpuid.h"
#include "config/spec.h"
#include "config/syntax.h"

enum { EAX, EBX, ECX, EDX };
static const char *const reg_names[] = { "eax", "ebx", "ecx", "edx" };

struct field {
	const char *name;
	uint32_t leaf, subleaf;
	uint8_t reg, low, width;
};

/* clang-format off */
#define L1 1, CPUID_ANY_SUBLEAF
#define L6 6, CPUID_ANY_SUBLEAF
#define L7 7, 0
#define LD 0xd, 1
#define E1 0x80000001, CPUID_ANY_SUBLEAF
#define E7 0x80000007, CPUID_ANY_SUBLEAF
#define E8 0x80000008, CPUID_ANY_SUBLEAF
#define EA 0x8000000a, CPUID_ANY_SUBLEAF

static const struct field fields[] = {
	/* numbers; family and model have two parts each: set_number() */
	{ "maxleaf", 0, CPUID_ANY_SUBLEAF, EAX, 0, 32 },
	{ "stepping", L1, EAX, 0, 4 }, { "model", L1, EAX, 4, 8 }, { "family", L1, EAX, 8, 8 },
	{ "brandid", L1, EBX, 0, 8 }, { "clflush", L1, EBX, 8, 8 }, { "proccount", L1, EBX, 16, 8 },
	{ "localapicid", L1, EBX, 24, 8 }, { "nc", E8, ECX, 0, 8 }, { "apicidsize", E8, ECX, 12, 4 },
	/* features */
	{ "sse3", L1, ECX, 0, 1 }, { "pclmulqdq", L1, ECX, 1, 1 }, { "dtes64", L1, ECX, 2, 1 }, { "monitor", L1, ECX, 3, 1 },
	{ "dscpl", L1, ECX, 4, 1 }, { "vmx", L1, ECX, 5, 1 }, { "smx", L1, ECX, 6, 1 }, { "est", L1, ECX, 7, 1 },
	{ "tm2", L1, ECX, 8, 1 }, { "ssse3", L1, ECX, 9, 1 }, { "cntxid", L1, ECX, 10, 1 }, { "fma", L1, ECX, 12, 1 },
	{ "cmpxchg16", L1, ECX, 13, 1 }, { "xtpr", L1, ECX, 14, 1 }, { "pdcm", L1, ECX, 15, 1 }, { "pcid", L1, ECX, 17, 1 },
	{ "dca", L1, ECX, 18, 1 }, { "sse4_1", L1, ECX, 19, 1 }, { "sse4.1", L1, ECX, 19, 1 }, { "sse4_2", L1, ECX, 20, 1 },
	{ "sse4.2", L1, ECX, 20, 1 }, { "x2apic", L1, ECX, 21, 1 }, { "movbe", L1, ECX, 22, 1 }, { "popcnt", L1, ECX, 23, 1 },
	{ "tsc-deadline", L1, ECX, 24, 1 }, { "aes", L1, ECX, 25, 1 }, { "xsave", L1, ECX, 26, 1 }, { "osxsave", L1, ECX, 27, 1 },
	{ "avx", L1, ECX, 28, 1 }, { "f16c", L1, ECX, 29, 1 }, { "rdrand", L1, ECX, 30, 1 }, { "hypervisor", L1, ECX, 31, 1 },
	{ "fpu", L1, EDX, 0, 1 }, { "vme", L1, EDX, 1, 1 }, { "de", L1, EDX, 2, 1 }, { "pse", L1, EDX, 3, 1 },
	{ "tsc", L1, EDX, 4, 1 }, { "msr", L1, EDX, 5, 1 }, { "pae", L1, EDX, 6, 1 }, { "mce", L1, EDX, 7, 1 },
	{ "cmpxchg8", L1, EDX, 8, 1 }, { "apic", L1, EDX, 9, 1 }, { "sysenter", L1, EDX, 11, 1 }, { "mtrr", L1, EDX, 12, 1 },
	{ "pge", L1, EDX, 13, 1 }, { "mca", L1, EDX, 14, 1 }, { "cmov", L1, EDX, 15, 1 }, { "pat", L1, EDX, 16, 1 },
	{ "pse36", L1, EDX, 17, 1 }, { "psn", L1, EDX, 18, 1 }, { "clfsh", L1, EDX, 19, 1 }, { "ds", L1, EDX, 21, 1 },
	{ "acpi", L1, EDX, 22, 1 }, { "mmx", L1, EDX, 23, 1 }, { "fxsr", L1, EDX, 24, 1 }, { "sse", L1, EDX, 25, 1 },
	{ "sse2", L1, EDX, 26, 1 }, { "ss", L1, EDX, 27, 1 }, { "htt", L1, EDX, 28, 1 }, { "tm", L1, EDX, 29, 1 },
	{ "ia64", L1, EDX, 30, 1 }, { "pbe", L1, EDX, 31, 1 }, { "arat", L6, EAX, 2, 1 },
	{ "fsgsbase", L7, EBX, 0, 1 }, { "tsc_adjust", L7, EBX, 1, 1 }, { "bmi1", L7, EBX, 3, 1 }, { "hle", L7, EBX, 4, 1 },
	{ "avx2", L7, EBX, 5, 1 }, { "smep", L7, EBX, 7, 1 }, { "bmi2", L7, EBX, 8, 1 }, { "erms", L7, EBX, 9, 1 },
	{ "invpcid", L7, EBX, 10, 1 }, { "rtm", L7, EBX, 11, 1 }, { "cmt", L7, EBX, 12, 1 }, { "mpx", L7, EBX, 14, 1 },
	{ "avx512f", L7, EBX, 16, 1 }, { "avx512dq", L7, EBX, 17, 1 }, { "rdseed", L7, EBX, 18, 1 }, { "adx", L7, EBX, 19, 1 },
	{ "smap", L7, EBX, 20, 1 }, { "avx512-ifma", L7, EBX, 21, 1 }, { "clflushopt", L7, EBX, 23, 1 }, { "clwb", L7, EBX, 24, 1 },
	{ "avx512pf", L7, EBX, 26, 1 }, { "avx512er", L7, EBX, 27, 1 }, { "avx512cd", L7, EBX, 28, 1 }, { "sha", L7, EBX, 29, 1 },
	{ "avx512bw", L7, EBX, 30, 1 }, { "avx512vl", L7, EBX, 31, 1 }, { "prefetchwt1", L7, ECX, 0, 1 },
	{ "avx512-vbmi", L7, ECX, 1, 1 }, { "umip", L7, ECX, 2, 1 }, { "pku", L7, ECX, 3, 1 }, { "ospke", L7, ECX, 4, 1 },
	{ "avx512-vbmi2", L7, ECX, 6, 1 }, { "gfni", L7, ECX, 8, 1 }, { "vaes", L7, ECX, 9, 1 }, { "vpclmulqdq", L7, ECX, 10, 1 },
	{ "avx512-vnni", L7, ECX, 11, 1 }, { "avx512-bitalg", L7, ECX, 12, 1 }, { "avx512-vpopcntdq", L7, ECX, 14, 1 },
	{ "rdpid", L7, ECX, 22, 1 }, { "cldemote", L7, ECX, 25, 1 }, { "avx512-4vnniw", L7, EDX, 2, 1 },
	{ "avx512-4fmaps", L7, EDX, 3, 1 }, { "fsrm", L7, EDX, 4, 1 }, { "md-clear", L7, EDX, 10, 1 }, { "ibrsb", L7, EDX, 26, 1 },
	{ "stibp", L7, EDX, 27, 1 }, { "l1d-flush", L7, EDX, 28, 1 }, { "arch-caps", L7, EDX, 29, 1 }, { "ssbd", L7, EDX, 31, 1 },
	{ "xsaveopt", LD, EAX, 0, 1 }, { "xsavec", LD, EAX, 1, 1 }, { "xgetbv1", LD, EAX, 2, 1 }, { "xsaves", LD, EAX, 3, 1 },
	{ "lahfsahf", E1, ECX, 0, 1 }, { "lahf_lm", E1, ECX, 0, 1 }, { "cmplegacy", E1, ECX, 1, 1 }, { "svm", E1, ECX, 2, 1 },
	{ "extapic", E1, ECX, 3, 1 }, { "altmovcr8", E1, ECX, 4, 1 }, { "cr8_legacy", E1, ECX, 4, 1 }, { "abm", E1, ECX, 5, 1 },
	{ "sse4a", E1, ECX, 6, 1 }, { "misalignsse", E1, ECX, 7, 1 }, { "3dnowprefetch", E1, ECX, 8, 1 }, { "osvw", E1, ECX, 9, 1 },
	{ "ibs", E1, ECX, 10, 1 }, { "xop", E1, ECX, 11, 1 }, { "skinit", E1, ECX, 12, 1 }, { "wdt", E1, ECX, 13, 1 },
	{ "lwp", E1, ECX, 15, 1 }, { "fma4", E1, ECX, 16, 1 }, { "nodeid", E1, ECX, 19, 1 }, { "tbm", E1, ECX, 21, 1 },
	{ "topoext", E1, ECX, 22, 1 }, { "perfctr_core", E1, ECX, 23, 1 }, { "perfctr_nb", E1, ECX, 24, 1 },
	{ "syscall", E1, EDX, 11, 1 }, { "procpkg", E1, EDX, 19, 1 }, { "nx", E1, EDX, 20, 1 }, { "mmxext", E1, EDX, 22, 1 },
	{ "ffxsr", E1, EDX, 25, 1 }, { "page1gb", E1, EDX, 26, 1 }, { "rdtscp", E1, EDX, 27, 1 }, { "lm", E1, EDX, 29, 1 },
	{ "3dnowext", E1, EDX, 30, 1 }, { "3dnow", E1, EDX, 31, 1 }, { "invtsc", E7, EDX, 8, 1 },
	{ "clzero", E8, EBX, 0, 1 }, { "rstr-fp-err-ptrs", E8, EBX, 2, 1 }, { "wbnoinvd", E8, EBX, 9, 1 }, { "ibpb", E8, EBX, 12, 1 },
	{ "svm_npt", EA, EDX, 0, 1 }, { "svm_lbrv", EA, EDX, 1, 1 }, { "svm_nrips", EA, EDX, 3, 1 },
	{ "svm_tscrate", EA, EDX, 4, 1 }, { "svm_vmcbclean", EA, EDX, 5, 1 }, { "svm_decode", EA, EDX, 7, 1 },
	{ "svm_pausefilt", EA, EDX, 10, 1 },
};
/* clang-format on */
#define NR_FIELDS (sizeof(fields) / sizeof(fields[0]))

__attribute__((format(printf, 2, 3))) static bool wrong(struct spec_fault *fault, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(fault->message, sizeof(fault->message), format, arguments);
	va_end(arguments);
	return false;
}

/* As much of a word as a message bears. */
static int shown(size_t length)
{
	return length < 60 ? (int)length : 60;
}

/* The rule for a leaf, made if there is none; NULL without memory. */
static struct cpuid_rule *rule_for(struct cpuid_rules *rules, uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_rule *grown;

	for (unsigned int i = 0; i < rules->count; i++)
		if (rules->rule[i].leaf == leaf && rules->rule[i].subleaf == subleaf)
			return &rules->rule[i];
	grown = realloc(rules->rule, (rules->count + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	rules->rule = grown;
	grown += rules->count++;
	*grown = (struct cpuid_rule){ .leaf = leaf, .subleaf = subleaf };
	return grown;
}

static void set_bit(struct cpuid_rule *rule, unsigned int reg, unsigned int bit, char value)
{
	char *bits = rule->reg[reg];

	if (!*bits)
		memset(bits, 'x', 32);
	bits[31 - bit] = value;
}

static void set_bits(struct cpuid_rule *rule, unsigned int reg, unsigned int low, unsigned int width, uint64_t value)
{
	for (unsigned int i = 0; i < width; i++)
		set_bit(rule, reg, low + i, value >> i & 1 ? '1' : '0');
}

/* ---- "host,NAME=VALUE,…" ---- */

/* Family and model are in a low part and one that is added to it, or put above it. */
static bool set_number(struct cpuid_rule *rule, const struct field *f, uint64_t value)
{
	if (!strcmp(f->name, "family")) {
		set_bits(rule, EAX, 8, 4, value < 15 ? value : 15);
		set_bits(rule, EAX, 20, 8, value < 15 ? 0 : value - 15);
		return value < 15 + 256;
	}
	if (value >> f->width)
		return false;
	if (!strcmp(f->name, "model")) {
		set_bits(rule, EAX, 4, 4, value & 15);
		set_bits(rule, EAX, 16, 4, value >> 4);
		return true;
	}
	set_bits(rule, f->reg, f->low, f->width, value);
	return true;
}

static bool set_value(struct cpuid_rule *rule, const struct field *f, const char *value, size_t length)
{
	char copy[24], *end;
	uint64_t number;

	if (length == 1 && strchr("xks", *value)) {
		for (unsigned int i = 0; i < f->width; i++)
			set_bit(rule, f->reg, f->low + i, *value);
		return true;
	}
	if (!length || length >= sizeof(copy) || *value < '0' || *value > '9')
		return false;
	memcpy(copy, value, length);
	copy[length] = '\0';
	number = strtoull(copy, &end, 0);
	return !*end && set_number(rule, f, number);
}

static const struct field *field_named(const char *name, size_t length)
{
	for (unsigned int i = 0; i < NR_FIELDS; i++)
		if (!strncmp(fields[i].name, name, length) && !fields[i].name[length])
			return &fields[i];
	return NULL;
}

static bool unknown_name(struct spec_fault *fault, const char *name, size_t length)
{
	char copy[40];
	const char *nearest = fields[0].name;

	if (length >= sizeof(copy))
		return wrong(fault, "cpuid has no feature %.*s", shown(length), name);
	memcpy(copy, name, length);
	copy[length] = '\0';
	for (unsigned int i = 1; i < NR_FIELDS; i++)
		if (edit_distance(copy, fields[i].name) < edit_distance(copy, nearest))
			nearest = fields[i].name;
	return wrong(fault, "cpuid has no feature %s; did you mean %s?", copy, nearest);
}

static bool add_named(struct cpuid_rules *rules, const char *word, size_t length, struct spec_fault *fault)
{
	const char *equals = memchr(word, '=', length);
	const struct field *f;
	struct cpuid_rule *rule;

	if (!equals)
		return wrong(fault, "cpuid: \"%.*s\" must be NAME=VALUE", shown(length), word);
	f = field_named(word, (size_t)(equals - word));
	if (!f)
		return unknown_name(fault, word, (size_t)(equals - word));
	rule = rule_for(rules, f->leaf, f->subleaf);
	if (!rule)
		return false;
	return set_value(rule, f, equals + 1, length - (size_t)(equals + 1 - word)) ||
	       wrong(fault, "cpuid: \"%.*s\": the value must be %s, x, k or s", shown(length), word,
		     f->width == 1 ? "1, 0" : "a number that fits");
}

static bool add_host(struct cpuid_rules *rules, const char *text, struct spec_fault *fault)
{
	for (const char *word = text; *word;) {
		size_t length = strcspn(word, ",");

		if (word != text && !add_named(rules, word, length, fault))
			return false;
		word += length + (word[length] == ',');
	}
	return true;
}

/* ---- "LEAF[,SUBLEAF]:REG=BITS,…" ---- */

static bool add_register(struct cpuid_rule *rule, const char *word, size_t length, struct spec_fault *fault)
{
	for (unsigned int reg = 0; reg < 4; reg++) {
		if (length < 4 || strncmp(word, reg_names[reg], 3) || word[3] != '=')
			continue;
		if (length != 4 + 32 || strspn(word + 4, "10xks") < 32)
			return wrong(fault, "cpuid: \"%.*s\": a register is 32 characters of 1, 0, x, k and s, bit 31 first",
				     shown(length), word);
		memcpy(rule->reg[reg], word + 4, 32);
		return true;
	}
	return wrong(fault, "cpuid: \"%.*s\" must begin with eax=, ebx=, ecx= or edx=", shown(length),
		     word);
}

static bool add_leaf(struct cpuid_rules *rules, const char *text, struct spec_fault *fault)
{
	char *end;
	uint32_t leaf = (uint32_t)strtoul(text, &end, 0), subleaf = CPUID_ANY_SUBLEAF;
	struct cpuid_rule *rule;

	if (end != text && *end == ',')
		subleaf = (uint32_t)strtoul(end + 1, &end, 0);
	if (end == text || *end != ':')
		return wrong(fault, "cpuid: \"%.*s\" is neither \"host,NAME=VALUE,…\" nor \"LEAF[,SUBLEAF]:REG=BITS,…\"",
			     shown(strlen(text)), text);
	rule = rule_for(rules, leaf, subleaf);
	if (!rule)
		return false;
	for (const char *word = end + 1; *word;) {
		size_t length = strcspn(word, ",");

		if (!add_register(rule, word, length, fault))
			return false;
		word += length + (word[length] == ',');
	}
	return true;
}

bool cpuid_rules_from(const struct string_list *texts, struct cpuid_rules *rules, struct spec_fault *fault)
{
	bool good = true;

	*rules = (struct cpuid_rules){ 0 };
	fault->message[0] = '\0';
	for (unsigned int i = 0; good && i < texts->count; i++) {
		const char *text = texts->item[i];
		bool host = !strncmp(text, "host", 4) && (!text[4] || text[4] == ',');

		good = host ? add_host(rules, text, fault) : add_leaf(rules, text, fault);
	}
	return good;
}

void cpuid_rules_free(struct cpuid_rules *rules)
{
	free(rules->rule);
	*rules = (struct cpuid_rules){ 0 };
}
