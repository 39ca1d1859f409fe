/* SPDX-License-Identifier: MIT */
/*
 * Unpacks a compressed kernel or ramdisk from memory to memory in one call. The input is not
 * trusted: whatever it is, nothing outside [out, out + out_cap) and the scratch area is written,
 * and time is bounded by the sizes given.
 */
#ifndef HV_DECOMPRESS_H
#define HV_DECOMPRESS_H

#include <stddef.h>

enum decompress_format {
	DECOMPRESS_NONE, /* nothing known: perhaps not compressed at all */
	DECOMPRESS_GZIP,
	DECOMPRESS_XZ,
	DECOMPRESS_LZMA, /* the old container without magic number, recognised by its shape */
	DECOMPRESS_LZ4,
	DECOMPRESS_ZSTD,
	DECOMPRESS_BZIP2, /* recognised in order to be refused by name */
	DECOMPRESS_LZO,	  /* likewise */
};

enum decompress_format decompress_detect(const void *in, size_t in_len);

/* Bytes of scratch memory that suffice for every format; about 200 KiB, any alignment of 8. */
size_t decompress_scratch_size(void);

/*
 * Unpacks `in`, recognising the format. Data behind the end of the compressed stream is ignored (a
 * kernel image has its size there). Returns 0 and *out_len, or
 *   -EINVAL  not a known format, damaged, cut short, or using an unsupported option
 *   -ENOSPC  the result does not fit into out_cap
 *   -ENOMEM  scratch_len < decompress_scratch_size()
 * with *why set to a static sentence that names the cause. Checksums in the stream are verified;
 * but SHA-256 in xz is passed over.
 */
int decompress(const void *in, size_t in_len, void *out, size_t out_cap, size_t *out_len,
	       void *scratch, size_t scratch_len, const char **why);

#endif
