// sources: hypervisor/common/kernel/*.c hypervisor/lib/decompress/*.c hypervisor/lib/parse.c
/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: kernel files. What the parser accepts must then load within the range it announced,
 * at no more than a page at a time.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <hv/kernel_image.h>

static uint8_t window[4096];
static unsigned int pages;

static void *dest(void *ctx, uint64_t paddr, size_t len)
{
	const struct kernel_image *image = ctx;

	if (paddr < image->paddr_start || len > image->paddr_end - paddr || !len ||
	    paddr % 4096 + len > 4096)
		abort();
	/* Large images take too long: a refusal is one more path to go. */
	return pages++ < 64 ? window + paddr % 4096 : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kernel_payload payload;
	struct kernel_image image;
	const char *why = NULL;

	if (kernel_payload_find(data, size, &payload, &why)) {
		if (!why)
			abort();
		return 0;
	}
	if (payload.compressed)
		return 0;
	if (kernel_image_parse(payload.data, payload.len, &image, &why)) {
		if (!why)
			abort();
		return 0;
	}
	if (!image.pv && !image.pvh)
		return 0;
	pages = 0;
	kernel_image_load(&image, dest, &image);
	return 0;
}
