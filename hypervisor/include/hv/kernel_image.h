/* SPDX-License-Identifier: MIT */
/*
 * Kernels as files: a bzImage's payload, the ELF image, what its Xen notes say, and its segments.
 *
 * From a boot module to a loaded kernel:
 *   kernel_payload_find()  the ELF image, perhaps compressed, inside the file
 *   decompress()           if it is: see hv/decompress.h; unpacked_size says how much memory it
 * needs kernel_image_parse()   checks the ELF image and fills struct kernel_image
 *   kernel_image_load()    copies the segments where the caller says
 *
 * Files are not trusted, but they must not change between these calls. Nothing is allocated.
 */
#ifndef HV_KERNEL_IMAGE_H
#define HV_KERNEL_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel_payload {
	const void *data;
	size_t len;
	bool compressed;
	uint64_t unpacked_size; /* as the file tells it, to be distrusted; 0: not told */
};

/*
 * Finds the kernel in a bzImage, a bare ELF image, or a compressed ELF image. 0, or -EINVAL with
 * *why a static sentence: no such file, too old, or cut short.
 */
int kernel_payload_find(const void *file, size_t len, struct kernel_payload *payload,
			const char **why);

enum kernel_pae { KERNEL_PAE_UNSAID, KERNEL_PAE_NO, KERNEL_PAE_YES, KERNEL_PAE_BIMODAL };

struct kernel_image {
	const uint8_t *file; /* the ELF image, which must stay in place */
	size_t size;

	/* Pseudo-physical addresses, PADDR_OFFSET taken off, that the segments occupy: [start,
	 * end). */
	uint64_t paddr_start, paddr_end;
	/* The same in the kernel's own address space; meaningful if `pv`. */
	uint64_t virt_start, virt_end;

	bool pv;     /* told something that only a PV kernel needs */
	bool pvh;    /* has phys32_entry */
	bool legacy; /* described by a __xen_guest section instead of notes */

	uint64_t entry;	    /* virtual, PV; the ELF header's if no note gave one */
	uint64_t virt_base; /* virtual address of pseudo-physical 0 */
	uint64_t paddr_offset;
	uint64_t hypercall_page; /* virtual */
	uint64_t p2m_base;
	uint64_t hv_start_low; /* 0: anywhere */
	uint64_t phys32_entry; /* pseudo-physical */
	uint64_t l1_mfn_mask, l1_mfn_value;
	bool has_virt_base, has_paddr_offset, has_entry, has_hypercall_page, has_p2m_base,
	    has_l1_mfn_valid;
	bool has_supported_features; /* SUPPORTED_FEATURES was given: XENFEAT_dom0 is meant */
	bool mod_start_pfn;	     /* the ramdisk need not be mapped */
	bool suspend_cancel;
	bool bsd_symtab; /* LIMITS: told, but not loaded */
	enum kernel_pae pae;

	uint32_t features_supported; /* XENFEAT_* bits; includes the required ones */
	uint32_t features_required;

	/* Cut off where longer. */
	char guest_os[16], guest_version[16], xen_version[16], loader[16];
};

/*
 * Checks a 64-bit x86 ELF executable, and reads its program headers and Xen notes. 0, or -EINVAL
 * with *why a static sentence. After success every range the other functions use is known to be
 * good.
 */
int kernel_image_parse(const void *elf, size_t len, struct kernel_image *image, const char **why);

/*
 * Copies the segments' contents and zeroes the rest of them. dest(ctx, paddr, len) returns writable
 * memory that stands for [paddr, paddr + len) until the next call; it is never asked for a range
 * that crosses a 4 KiB boundary or leaves [paddr_start, paddr_end). 0, or -ENOMEM if it returned
 * NULL. Memory between segments is not touched.
 */
int kernel_image_load(const struct kernel_image *image,
		      void *(*dest)(void *ctx, uint64_t paddr, size_t len), void *ctx);

#endif
