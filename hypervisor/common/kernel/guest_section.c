/* SPDX-License-Identifier: MIT */
/*
 * The __xen_guest section of kernels from before there were notes: one string of KEY=VALUE pairs
 * separated by commas, some keys without a value.
 */
#include <hv/parse.h>
#include "internal.h"

#define PAGE_BITS 12

struct pair {
	const char *key, *value;
	size_t key_len, value_len;
};

static int number(const struct pair *kv, uint64_t *out, const char **why)
{
	char text[24];

	if (kv->value_len >= sizeof(text))
		return refuse(why, "a number in the kernel's __xen_guest section is too long");
	memcpy(text, kv->value, kv->value_len);
	text[kv->value_len] = '\0';
	if (parse_u64(text, NULL, 0, out))
		return refuse(why, "a value in the kernel's __xen_guest section is not a number");
	return 0;
}

static int address(struct kernel_image *image, const struct pair *kv, const char **why)
{
	static const struct {
		const char *key;
		size_t value, has;
	} keys[] = {
		{ "VIRT_BASE", offsetof(struct kernel_image, virt_base),
		  offsetof(struct kernel_image, has_virt_base) },
		{ "VIRT_ENTRY", offsetof(struct kernel_image, entry),
		  offsetof(struct kernel_image, has_entry) },
		{ "ELF_PADDR_OFFSET", offsetof(struct kernel_image, paddr_offset),
		  offsetof(struct kernel_image, has_paddr_offset) },
		{ "HYPERCALL_PAGE", offsetof(struct kernel_image, hypercall_page),
		  offsetof(struct kernel_image, has_hypercall_page) },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!text_is(kv->key, kv->key_len, keys[i].key))
			continue;
		*(bool *)((char *)image + keys[i].has) = true;
		return number(kv, (uint64_t *)((char *)image + keys[i].value), why);
	}
	return 0;
}

static int one_pair(struct kernel_image *image, const struct pair *kv, const char **why)
{
	static const struct {
		const char *key;
		size_t to;
	} strings[] = {
		{ "GUEST_OS", offsetof(struct kernel_image, guest_os) },
		{ "GUEST_VER", offsetof(struct kernel_image, guest_version) },
		{ "XEN_VER", offsetof(struct kernel_image, xen_version) },
		{ "LOADER", offsetof(struct kernel_image, loader) },
	};

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		if (text_is(kv->key, kv->key_len, strings[i].key)) {
			kernel_copy_string((char *)image + strings[i].to, kv->value, kv->value_len);
			return 0;
		}
	}
	if (text_is(kv->key, kv->key_len, "PAE"))
		image->pae = kernel_pae_parse(kv->value, kv->value_len);
	else if (text_is(kv->key, kv->key_len, "BSD_SYMTAB"))
		image->bsd_symtab = true;
	else if (text_is(kv->key, kv->key_len, "FEATURES"))
		return kernel_features_parse(image, kv->value, kv->value_len, why);
	return address(image, kv, why);
}

static struct pair split(const char *p, size_t len)
{
	struct pair kv = { .key = p, .key_len = len, .value = p + len };

	for (size_t i = 0; i < len; i++) {
		if (p[i] == '=') {
			kv.key_len = i;
			kv.value = p + i + 1;
			kv.value_len = len - i - 1;
			break;
		}
	}
	return kv;
}

int kernel_guest_section_parse(struct kernel_image *image, const char *p, size_t len,
			       const char **why)
{
	const char *end = p + strnlen(p, len);
	int rc = 0;

	while (p < end && !rc) {
		const char *word = p;
		struct pair kv;

		while (p < end && *p != ',')
			p++;
		kv = split(word, (size_t)(p - word));
		rc = one_pair(image, &kv, why);
		p += p < end;
	}
	image->legacy = image->pv = true;
	/* Here the page has a number, counted from VIRT_BASE, and the offset another default. */
	if (image->has_hypercall_page)
		image->hypercall_page = image->virt_base + (image->hypercall_page << PAGE_BITS);
	if (!image->has_paddr_offset)
		image->paddr_offset = image->virt_base;
	return rc;
}
