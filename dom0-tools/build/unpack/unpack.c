/* SPDX-License-Identifier: MIT */
/*
 * Recognises a compression by its first bytes, and finds what is compressed in a kernel file.
 *
 * A bzImage names its payload by two header fields (protocol 2.08 on); the last four bytes of every
 * payload are the unpacked size. Both are claims of the file and are bounded before use.
 */
#include "build/build.h"
#include "build/unpack/unpack.h"

#include <errno.h>
#include <string.h>

static const struct unpacker unpackers[] = {
	{ "gzip", 2, { 0x1f, 0x8b }, unpack_gzip },
	{ "bzip2", 3, { 'B', 'Z', 'h' }, unpack_bzip2 },
	{ "xz", 6, { 0xfd, '7', 'z', 'X', 'Z', 0 }, unpack_xz },
	{ "lzma", 3, { 0x5d, 0, 0 }, unpack_lzma },
	{ "lzo", 5, { 0x89, 'L', 'Z', 'O', 0 }, unpack_lzo },
	{ "lz4", 4, { 0x02, 0x21, 0x4c, 0x18 }, unpack_lz4 },
	{ "zstd", 4, { 0x28, 0xb5, 0x2f, 0xfd }, unpack_zstd },
};

const struct unpacker *unpacker_for(const uint8_t *in, size_t in_bytes)
{
	for (unsigned int i = 0; i < sizeof(unpackers) / sizeof(unpackers[0]); i++)
		if (in_bytes > unpackers[i].nr_magic &&
		    !memcmp(in, unpackers[i].magic, unpackers[i].nr_magic))
			return &unpackers[i];
	return NULL;
}

int unpack_put(struct unpack_sink *sink, const uint8_t *bytes, size_t count)
{
	int error;

	if (count > sink->room - sink->total)
		return -ENOSPC;
	error = count ? sink->put(sink, bytes, count) : 0;
	sink->total += count;
	return error;
}

static uint32_t le32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Boot header fields by offset in the file (Linux's boot protocol). */
enum {
	SETUP_SECTORS = 0x1f1,
	HEADER_MAGIC = 0x202,
	VERSION = 0x206,
	PAYLOAD_OFFSET = 0x248,
	PAYLOAD_LENGTH = 0x24c
};

#define GZIP_LEAST 18

static bool is_bzimage(const uint8_t *file, size_t bytes)
{
	return bytes > 0x260 && !memcmp(file + HEADER_MAGIC, "HdrS", 4);
}

static int find_payload(struct packed_kernel *packed, const uint8_t *file, size_t bytes,
			struct complaint *complaint)
{
	unsigned int version = file[VERSION] | file[VERSION + 1] << 8;
	unsigned int sectors = file[SETUP_SECTORS] ? file[SETUP_SECTORS] : 4;
	uint64_t start, length = le32(file + PAYLOAD_LENGTH);

	if (version < 0x208) {
		complain(complaint, "it is a bzImage of boot protocol %u.%02u, older than 2.08",
			 version >> 8, version & 255);
		return -EOPNOTSUPP;
	}
	start = (sectors + 1) * 512ULL + le32(file + PAYLOAD_OFFSET);
	if (length < 8 || start > bytes || length > bytes - start) {
		complain(complaint,
			 "it is a bzImage, but cut off: its payload ends after the file");
		return -ENOEXEC;
	}
	packed->data = file + start;
	packed->bytes = length;
	packed->container = "bzImage";
	return 0;
}

int packed_kernel_find(struct packed_kernel *packed, const uint8_t *file, size_t bytes,
		       struct complaint *complaint)
{
	bool bzimage = is_bzimage(file, bytes);

	*packed = (struct packed_kernel){ file, bytes, 0, "file" };
	if (bzimage) {
		int error = find_payload(packed, file, bytes, complaint);

		if (error)
			return error;
	} else if (!unpacker_for(file, bytes)) {
		complain(complaint, "bzImage: no \"HdrS\" at byte 0x202; compressed ELF: no "
				    "compression's first bytes");
		return -ENOEXEC;
	}
	/* Only gzip ends so outside of a bzImage, and none is shorter than its head and tail. */
	if (bzimage || (file[0] == 0x1f && bytes >= GZIP_LEAST))
		packed->unpacked_bytes = le32(packed->data + packed->bytes - 4);
	if (packed->unpacked_bytes > IMAGE_MAX_BYTES) {
		complain(complaint, "it claims to unpack to %llu MiB; the limit is %llu MiB",
			 (unsigned long long)packed->unpacked_bytes >> 20,
			 (unsigned long long)IMAGE_MAX_BYTES >> 20);
		return -EFBIG;
	}
	return 0;
}
