/* SPDX-License-Identifier: MIT */
/*
 * Finds the kernel proper inside a file.
 *
 * A bzImage is a boot sector and a few more of 16-bit setup code, then the 32/64-bit part, in which
 * the compressed ELF image lies at payload_offset. Its last four bytes are the unpacked size.
 * (Linux's Documentation/x86/boot.rst describes the header.)
 */
#include <hv/decompress.h>
#include "internal.h"

#define SECTOR		  512
#define HEADER_END	  0x250 /* behind payload_length */
#define MIN_VERSION	  0x208 /* has payload_offset */
#define AT_SETUP_SECTS	  0x1f1
#define AT_BOOT_FLAG	  0x1fe
#define AT_MAGIC	  0x202
#define AT_VERSION	  0x206
#define AT_PAYLOAD_OFFSET 0x248
#define AT_PAYLOAD_LENGTH 0x24c

static uint32_t load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint16_t load16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static bool is_elf(const uint8_t *p, size_t len)
{
	return len >= 4 && load32(p) == ELF_MAGIC;
}

static bool is_bzimage(const uint8_t *p, size_t len)
{
	return len >= AT_VERSION && load16(p + AT_BOOT_FLAG) == 0xaa55 &&
	       !memcmp(p + AT_MAGIC, "HdrS", 4);
}

/* What the kernel's build appends; gzip ends in it by nature. */
static uint64_t size_word(const uint8_t *p, size_t len)
{
	return len >= 4 ? load32(p + len - 4) : 0;
}

static int describe(struct kernel_payload *out, const uint8_t *p, size_t len, bool has_size,
		    const char **why)
{
	bool elf = is_elf(p, len);
	enum decompress_format format = elf ? DECOMPRESS_NONE : decompress_detect(p, len);

	if (!elf && format == DECOMPRESS_NONE)
		return refuse(
		    why,
		    has_size
			? "the bzImage's payload is in no known format"
			: "the file is not a kernel: neither a Linux bzImage nor an ELF image");
	*out = (struct kernel_payload){ .data = p, .len = len, .compressed = !elf };
	if (elf)
		out->unpacked_size = len;
	else if (has_size || format == DECOMPRESS_GZIP)
		out->unpacked_size = size_word(p, len);
	return 0;
}

static int find_in_bzimage(const uint8_t *p, size_t len, struct kernel_payload *out,
			   const char **why)
{
	uint64_t setup_sects, start, payload_len;

	if (len < HEADER_END)
		return refuse(why, "the bzImage is truncated: it ends inside its header");
	if (load16(p + AT_VERSION) < MIN_VERSION)
		return refuse(why, "the bzImage is too old: its boot protocol is before 2.08");
	setup_sects = p[AT_SETUP_SECTS] ? p[AT_SETUP_SECTS] : 4;
	start = (setup_sects + 1) * SECTOR + load32(p + AT_PAYLOAD_OFFSET);
	payload_len = load32(p + AT_PAYLOAD_LENGTH);
	if (!payload_len)
		return refuse(why, "the bzImage has no payload");
	if (!range_ok(start, payload_len, len))
		return refuse(
		    why,
		    "the bzImage is truncated: its header promises more bytes than the file has");
	return describe(out, p + start, payload_len, true, why);
}

int kernel_payload_find(const void *file, size_t len, struct kernel_payload *payload,
			const char **why)
{
	if (is_bzimage(file, len))
		return find_in_bzimage(file, len, payload, why);
	return describe(payload, file, len, false, why);
}
