/* SPDX-License-Identifier: MIT */
/* Unpacks Dom0's kernel from its boot module and checks that it can be a control domain. */
#include <hv/decompress.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/dom0.h>
#include <public/features.h>

#define MAX_UNPACKED (1ul << 30)

static int unpack(const struct kernel_payload *p, void *to, size_t room, size_t *len,
		  const char **why)
{
	unsigned int order = dom0_order(decompress_scratch_size());
	void *scratch;
	int rc;

	if (!p->compressed) {
		memcpy(to, p->data, p->len);
		*len = p->len;
		return 0;
	}
	scratch = alloc_xen_pages(order, 0);
	if (!scratch) {
		*why = "no memory to decompress it";
		return -ENOMEM;
	}
	rc = decompress(p->data, p->len, to, room, len, scratch, PAGE_SIZE << order, why);
	free_xen_pages(scratch, order);
	return rc;
}

static int check_dom0(const struct kernel_image *image, const char **why)
{
	if (!image->pv)
		*why = "the kernel has no entry point for paravirtualized guests";
	else if (image->has_supported_features && !(image->features_supported & 1u << XENFEAT_dom0))
		*why = "the kernel cannot be the control domain (built without CONFIG_XEN_DOM0?)";
	else
		return 0;
	return -EINVAL;
}

int dom0_unpack_kernel(const void *module, size_t len, struct kernel_image *image, void **elf,
		       unsigned int *elf_order, const char **why)
{
	struct kernel_payload payload;
	size_t elf_len = 0;
	int rc = kernel_payload_find(module, len, &payload, why);

	if (rc)
		return rc;
	if (!payload.unpacked_size || payload.unpacked_size > MAX_UNPACKED) {
		*why = "the size it decompresses to is missing or beyond 1 GiB";
		return -EINVAL;
	}
	*elf_order = dom0_order(payload.unpacked_size);
	*elf = alloc_xen_pages(*elf_order, 0);
	if (!*elf) {
		*why = "no memory to unpack it";
		return -ENOMEM;
	}
	rc = unpack(&payload, *elf, PAGE_SIZE << *elf_order, &elf_len, why);
	if (!rc)
		rc = kernel_image_parse(*elf, elf_len, image, why);
	if (!rc)
		rc = check_dom0(image, why);
	if (rc)
		free_xen_pages(*elf, *elf_order);
	return rc;
}
