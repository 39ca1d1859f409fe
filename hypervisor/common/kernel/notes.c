/* SPDX-License-Identifier: MIT */
/*
 * Xen's ELF notes (public/elfnote.h). Later notes win over earlier ones; unknown ones are passed
 * over, as the format means them to be.
 */
#include <public/elfnote.h>
#include <public/features.h>
#include "internal.h"

static const struct {
	const char *name;
	unsigned int bit;
} features[] = {
	{ "writable_page_tables", XENFEAT_writable_page_tables },
	{ "writable_descriptor_tables", XENFEAT_writable_descriptor_tables },
	{ "auto_translated_physmap", XENFEAT_auto_translated_physmap },
	{ "supervisor_mode_kernel", XENFEAT_supervisor_mode_kernel },
	{ "pae_pgdir_above_4gb", XENFEAT_pae_pgdir_above_4gb },
	{ "mmu_pt_update_preserve_ad", XENFEAT_mmu_pt_update_preserve_ad },
	{ "highmem_assist", XENFEAT_highmem_assist },
	{ "gnttab_map_avail_bits", XENFEAT_gnttab_map_avail_bits },
	{ "hvm_callback_vector", XENFEAT_hvm_callback_vector },
	{ "hvm_safe_pvclock", XENFEAT_hvm_safe_pvclock },
	{ "hvm_pirqs", XENFEAT_hvm_pirqs },
	{ "dom0", XENFEAT_dom0 },
};

/* One word of the feature string; a leading "!" means that the kernel cannot do without. */
static int parse_feature(struct kernel_image *image, const char *p, size_t len, const char **why)
{
	bool required = len && *p == '!';

	p += required;
	len -= required;
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		if (!text_is(p, len, features[i].name))
			continue;
		image->features_supported |= 1u << features[i].bit;
		if (required)
			image->features_required |= 1u << features[i].bit;
		return 0;
	}
	return required ? refuse(why, "the kernel requires a Xen feature that is not known") : 0;
}

int kernel_features_parse(struct kernel_image *image, const char *p, size_t len, const char **why)
{
	const char *end = p + len;
	int rc = 0;

	while (p < end && !rc) {
		const char *word = p;

		while (p < end && *p != '|')
			p++;
		rc = parse_feature(image, word, (size_t)(p - word), why);
		p += p < end;
	}
	return rc;
}

enum kernel_pae kernel_pae_parse(const char *p, size_t len)
{
	if (text_is(p, len, "no"))
		return KERNEL_PAE_NO;
	return text_is(p, len, "bimodal") ? KERNEL_PAE_BIMODAL : KERNEL_PAE_YES;
}

void kernel_copy_string(char *to, const char *p, size_t len)
{
	const size_t size = sizeof(((struct kernel_image *)0)->guest_os);

	if (len >= size)
		len = size - 1;
	memcpy(to, p, len);
	to[len] = '\0';
}

struct desc {
	const uint8_t *p;
	uint32_t size;
};

static int number(struct desc d, uint64_t *out, const char **why)
{
	uint32_t word;

	if (d.size == 8) {
		memcpy(out, d.p, 8);
		return 0;
	}
	if (d.size != 4)
		return refuse(why,
			      "a Xen ELF note that should hold a number is not 4 or 8 bytes long");
	memcpy(&word, d.p, 4);
	*out = word;
	return 0;
}

static int optional_number(struct desc d, uint64_t *out, bool *has, const char **why)
{
	*has = true;
	return number(d, out, why);
}

static int flag(struct desc d, bool *out, const char **why)
{
	uint64_t v = 0;
	int rc = number(d, &v, why);

	*out = v != 0;
	return rc;
}

/* The length of the string in a note, which ought to be terminated but need not be. */
static size_t text_len(struct desc d)
{
	return strnlen((const char *)d.p, d.size);
}

static void string(struct desc d, char *to)
{
	kernel_copy_string(to, (const char *)d.p, text_len(d));
}

static int l1_mfn_valid(struct kernel_image *image, struct desc d, const char **why)
{
	if (d.size < 16)
		return refuse(why, "the kernel's L1_MFN_VALID note is too short");
	memcpy(&image->l1_mfn_mask, d.p, 8);
	memcpy(&image->l1_mfn_value, d.p + 8, 8);
	image->has_l1_mfn_valid = true;
	return 0;
}

static int address_note(struct kernel_image *image, uint32_t type, struct desc d, const char **why)
{
	switch (type) {
	case XEN_ELFNOTE_ENTRY:
		return optional_number(d, &image->entry, &image->has_entry, why);
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		return optional_number(d, &image->hypercall_page, &image->has_hypercall_page, why);
	case XEN_ELFNOTE_VIRT_BASE:
		return optional_number(d, &image->virt_base, &image->has_virt_base, why);
	case XEN_ELFNOTE_PADDR_OFFSET:
		return optional_number(d, &image->paddr_offset, &image->has_paddr_offset, why);
	case XEN_ELFNOTE_INIT_P2M:
		return optional_number(d, &image->p2m_base, &image->has_p2m_base, why);
	case XEN_ELFNOTE_PHYS32_ENTRY:
		return optional_number(d, &image->phys32_entry, &image->pvh, why);
	case XEN_ELFNOTE_HV_START_LOW:
		return number(d, &image->hv_start_low, why);
	case XEN_ELFNOTE_L1_MFN_VALID:
		return l1_mfn_valid(image, d, why);
	default:
		return 0;
	}
}

static int supported_features(struct kernel_image *image, struct desc d, const char **why)
{
	uint64_t v = 0;
	int rc = number(d, &v, why);

	image->features_supported |= (uint32_t)v;
	image->has_supported_features = true;
	return rc;
}

static int one_note(struct kernel_image *image, uint32_t type, struct desc d, const char **why)
{
	switch (type) {
	case XEN_ELFNOTE_XEN_VERSION:
		string(d, image->xen_version);
		return 0;
	case XEN_ELFNOTE_GUEST_OS:
		string(d, image->guest_os);
		return 0;
	case XEN_ELFNOTE_GUEST_VERSION:
		string(d, image->guest_version);
		return 0;
	case XEN_ELFNOTE_LOADER:
		string(d, image->loader);
		return 0;
	case XEN_ELFNOTE_PAE_MODE:
		image->pae = kernel_pae_parse((const char *)d.p, text_len(d));
		return 0;
	case XEN_ELFNOTE_BSD_SYMTAB:
		image->bsd_symtab = text_is((const char *)d.p, text_len(d), "yes");
		return 0;
	case XEN_ELFNOTE_FEATURES:
		return kernel_features_parse(image, (const char *)d.p, text_len(d), why);
	case XEN_ELFNOTE_SUPPORTED_FEATURES:
		return supported_features(image, d, why);
	case XEN_ELFNOTE_SUSPEND_CANCEL:
		return flag(d, &image->suspend_cancel, why);
	case XEN_ELFNOTE_MOD_START_PFN:
		return flag(d, &image->mod_start_pfn, why);
	default:
		return address_note(image, type, d, why);
	}
}

int kernel_notes_parse(struct kernel_image *image, const uint8_t *p, size_t len, uint64_t align,
		       bool *found, const char **why)
{
	uint64_t pos = 0, pad = align == 8 ? 7 : 3;

	while (len - pos >= sizeof(struct elf_note)) {
		struct elf_note n;
		uint64_t name = pos + sizeof(n), desc;
		int rc;

		memcpy(&n, p + pos, sizeof(n));
		/* 32-bit sizes in 64-bit sums: no overflow. */
		desc = (name + n.namesz + pad) & ~pad;
		if (!range_ok(name, n.namesz, len) || !range_ok(desc, n.descsz, len))
			return refuse(why, "the kernel's ELF notes are damaged");
		if (n.namesz == 4 && !memcmp(p + name, "Xen", 4)) {
			*found = true;
			rc = one_note(image, n.type, (struct desc){ p + desc, n.descsz }, why);
			if (rc)
				return rc;
		}
		pos = (desc + n.descsz + pad) & ~pad;
		if (pos >= len)
			break;
	}
	return 0;
}
