// sources: dom0-tools/build/elf.c dom0-tools/build/elf_file.c dom0-tools/build/notes.c dom0-tools/build/complaint.c dom0-tools/build/unpack/unpack.c dom0-tools/build/unpack/libraries.c dom0-tools/build/unpack/lz4.c dom0-tools/build/unpack/lz4_block.c dom0-tools/build/bulk.c dom0-tools/build/unpack/lzo.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Idom0-tools -Idom0-tools/lib/include
// libs: -llzma -lzstd -llz4 -lbz2 -llzo2 -lz
/* SPDX-License-Identifier: MIT */
/*
 * Kernel images: one made here field by field, then spoilt in one place after the other; and Debian's
 * own kernels where the test bed's cache has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <elf.h>
#include <errno.h>
#include <xen/elfnote.h>
#include "build/build.h"

#define BASE 0xffffffff80000000ull

static struct kernel {
	Elf64_Ehdr header;
	Elf64_Phdr load, data, note;
	uint8_t notes[1024];
	uint8_t code[8192];
} k;
static struct image image;
static struct complaint why;

static void add_note(uint32_t type, const void *value, uint32_t bytes)
{
	Elf64_Nhdr head = { 4, bytes, type };
	uint8_t *at = k.notes + k.note.p_filesz;

	memcpy(at, &head, sizeof(head));
	memcpy(at + 12, "Xen", 4);
	memcpy(at + 16, value, bytes);
	k.note.p_filesz += 16 + (bytes + 3) / 4 * 4;
}

static void add_number(uint32_t type, uint64_t value)
{
	add_note(type, &value, sizeof(value));
}

static void add_text(uint32_t type, const char *text)
{
	add_note(type, text, strlen(text) + 1);
}

static void make_headers(void)
{
	memset(&k, 0, sizeof(k));
	memcpy(k.header.e_ident, ELFMAG, SELFMAG);
	k.header.e_ident[EI_CLASS] = ELFCLASS64;
	k.header.e_ident[EI_DATA] = ELFDATA2LSB;
	k.header.e_type = ET_EXEC;
	k.header.e_machine = EM_X86_64;
	k.header.e_phoff = offsetof(struct kernel, load);
	k.header.e_phentsize = sizeof(Elf64_Phdr);
	k.header.e_phnum = 3;
	k.load = (Elf64_Phdr){ PT_LOAD, 7, offsetof(struct kernel, code), BASE + 0x1000000, 0x1000000, 4096, 4096, 4096 };
	k.data = (Elf64_Phdr){ PT_LOAD, 7, offsetof(struct kernel, code) + 4096, 0, 0x1002000, 100, 0x5000, 4096 };
	k.note = (Elf64_Phdr){ PT_NOTE, 4, offsetof(struct kernel, notes), 0, 0, 0, 0, 4 };
}

static void make(void)
{
	make_headers();
	add_text(XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	add_text(XEN_ELFNOTE_LOADER, "generic");
	add_number(XEN_ELFNOTE_VIRT_BASE, BASE);
	add_number(XEN_ELFNOTE_ENTRY, BASE + 0x1000123);
	add_number(XEN_ELFNOTE_INIT_P2M, 0x8000000000);
	add_number(XEN_ELFNOTE_MOD_START_PFN, 1);
	add_text(XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb");
}

static int parse_bytes(size_t bytes)
{
	uint8_t *copy = malloc(bytes ? bytes : 1); /* exactly so long: reading on is seen */
	int error;

	memcpy(copy, &k, bytes);
	memset(&image, 0, sizeof(image));
	memset(&why, 0, sizeof(why));
	error = image_parse_elf(&image, copy, bytes, &why);
	free(copy);
	assert_int_equal(!error, !why.text[0]);
	return error;
}

static int parse(void)
{
	return parse_bytes(sizeof(k));
}

static void a_sound_kernel_is_understood(void **state)
{
	make();
	assert_int_equal(parse(), 0);
	assert_int_equal(image.nr_segments, 2);
	assert_int_equal(image.segment[1].virt, BASE + 0x1002000);
	assert_int_equal(image.segment[1].mem_bytes, 0x5000);
	assert_int_equal(image.start, BASE + 0x1000000);
	assert_int_equal(image.end, BASE + 0x1007000);
	assert_int_equal(image.entry, BASE + 0x1000123);
	assert_int_equal(image.init_p2m, 0x8000000000);
	assert_int_equal(image.hypercall_page, 0);
	assert_true(image.ramdisk_by_pfn);
}

static void notes_decide_what_can_be_started(void **state)
{
	make_headers();
	assert_int_equal(parse(), -ENOEXEC);
	assert_non_null(strstr(why.text, "Xen notes"));
	make_headers();
	add_number(XEN_ELFNOTE_PHYS32_ENTRY, 0x1000000);
	assert_int_equal(parse(), -EOPNOTSUPP);
	assert_non_null(strstr(why.text, "pvh"));
	make();
	add_text(XEN_ELFNOTE_XEN_VERSION, "xen-4.0");
	assert_int_equal(parse(), -EOPNOTSUPP);
	make();
	add_text(XEN_ELFNOTE_LOADER, "special");
	assert_int_equal(parse(), -EOPNOTSUPP);
	make();
	add_text(XEN_ELFNOTE_FEATURES, "dom0|!auto_translated_physmap");
	assert_int_equal(parse(), -EOPNOTSUPP);
	assert_non_null(strstr(why.text, "auto_translated_physmap"));
	make();
	add_number(XEN_ELFNOTE_HYPERCALL_PAGE, BASE + 0x1001000);
	assert_int_equal(parse(), 0);
	assert_int_equal(image.hypercall_page, BASE + 0x1001000);
	add_number(XEN_ELFNOTE_HYPERCALL_PAGE, BASE + 0x2000000);
	assert_int_equal(parse(), -ENOEXEC);
}

#define SPOIL(field, value)                                                                                              \
	do {                                                                                                             \
		make();                                                                                                  \
		(field) = (value);                                                                                       \
		assert_int_not_equal(parse(), 0);                                                                        \
	} while (0)

static void each_wrong_field_is_refused(void **state)
{
	SPOIL(k.header.e_ident[0], 0);
	SPOIL(k.header.e_ident[EI_CLASS], ELFCLASS32);
	SPOIL(k.header.e_machine, EM_AARCH64);
	SPOIL(k.header.e_type, ET_CORE);
	SPOIL(k.header.e_phentsize, 0);
	SPOIL(k.header.e_phnum, 0);
	SPOIL(k.header.e_phnum, 0xffff);
	SPOIL(k.header.e_phoff, UINT64_MAX - 10);
	SPOIL(k.load.p_offset, sizeof(k));
	SPOIL(k.load.p_offset, UINT64_MAX - 100);
	SPOIL(k.load.p_filesz, UINT64_MAX);
	SPOIL(k.load.p_memsz, 10);
	SPOIL(k.load.p_memsz, UINT64_MAX - 5);
	SPOIL(k.load.p_paddr, UINT64_MAX - 0x1000);
	SPOIL(k.load.p_paddr, -0x80000000ull);
	SPOIL(k.data.p_paddr, 0x60000000);
	SPOIL(k.note.p_offset, UINT64_MAX);
	make();
	add_number(XEN_ELFNOTE_ENTRY, 0x1000);
	assert_int_not_equal(parse(), 0);
	make();
	add_number(XEN_ELFNOTE_VIRT_BASE, 0xffff800000000000);
	assert_int_not_equal(parse(), 0);
	make();
	add_number(XEN_ELFNOTE_INIT_P2M, 0x8000000001);
	assert_int_not_equal(parse(), 0);
}

static int parse_pvh(void)
{
	memset(&image, 0, sizeof(image));
	memset(&why, 0, sizeof(why));
	image.kind = IMAGE_PVH;
	return image_parse_elf(&image, (uint8_t *)&k, sizeof(k), &why);
}

static void a_pvh_kernel_lies_at_its_physical_addresses(void **state)
{
	make();
	add_number(XEN_ELFNOTE_PHYS32_ENTRY, 0x1000850);
	assert_int_equal(parse_pvh(), 0);
	assert_int_equal(image.entry, 0x1000850);
	assert_int_equal(image.virt_base, 0);
	assert_int_equal(image.start, 0x1000000);
	assert_int_equal(image.end, 0x1007000);
	assert_int_equal(image.segment[1].virt, 0x1002000);
	assert_int_equal(parse(), 0); /* the same file as PV */
	assert_int_equal(image.entry, BASE + 0x1000123);
}

static void a_pvh_kernel_without_its_entry_is_told_what_it_lacks(void **state)
{
	make();
	assert_int_equal(parse_pvh(), -EOPNOTSUPP);
	assert_non_null(strstr(why.text, "CONFIG_PVH"));
	assert_non_null(strstr(why.text, "type=\"pv\""));
	make_headers();
	assert_int_equal(parse_pvh(), -EOPNOTSUPP);
	assert_non_null(strstr(why.text, "CONFIG_PVH"));
	make();
	add_number(XEN_ELFNOTE_PHYS32_ENTRY, 0x2000000);
	assert_int_equal(parse_pvh(), -ENOEXEC);
	make();
	add_number(XEN_ELFNOTE_PHYS32_ENTRY, 0x1000850);
	k.load.p_paddr = 0x100000000 - 4096; /* its end is at 4 GiB + 4 KiB with .data moved along */
	k.data.p_paddr = 0x100000000;
	assert_int_equal(parse_pvh(), -ENOEXEC);
	assert_non_null(strstr(why.text, "4 GiB"));
}

/* The same kernel as a 32-bit file. */
static struct {
	Elf32_Ehdr header;
	Elf32_Phdr load, note;
	uint8_t notes[20];
	uint8_t code[64];
} narrow;

static void a_32_bit_kernel_can_be_pvh(void **state)
{
	const uint32_t note[5] = { 4, 4, XEN_ELFNOTE_PHYS32_ENTRY, 0x6e6558 /* "Xen" */, 0x100010 };

	memset(&narrow, 0, sizeof(narrow));
	memcpy(narrow.header.e_ident, ELFMAG, SELFMAG);
	narrow.header.e_ident[EI_CLASS] = ELFCLASS32;
	narrow.header.e_ident[EI_DATA] = ELFDATA2LSB;
	narrow.header.e_type = ET_EXEC;
	narrow.header.e_machine = EM_386;
	narrow.header.e_phoff = sizeof(narrow.header);
	narrow.header.e_phentsize = sizeof(Elf32_Phdr);
	narrow.header.e_phnum = 2;
	narrow.load = (Elf32_Phdr){ PT_LOAD, 0, 0x100000, 0x100000, sizeof(narrow), sizeof(narrow) + 4096, 7, 4096 };
	narrow.note = (Elf32_Phdr){ PT_NOTE, sizeof(narrow.header) + 64, 0, 0, sizeof(note), 0, 4, 4 };
	memcpy(narrow.notes, note, sizeof(note));
	memset(&image, 0, sizeof(image));
	memset(&why, 0, sizeof(why));
	image.kind = IMAGE_PVH;
	assert_int_equal(image_parse_elf(&image, (uint8_t *)&narrow, sizeof(narrow), &why), 0);
	assert_int_equal(image.entry, 0x100010);
	assert_int_equal(image.start, 0x100000);
	memset(&image, 0, sizeof(image));
	assert_int_equal(image_parse_elf(&image, (uint8_t *)&narrow, sizeof(narrow), &why), -EOPNOTSUPP);
	assert_non_null(strstr(why.text, "32-bit"));
	for (size_t bytes = 0; bytes < sizeof(narrow); bytes++) {
		uint8_t *copy = malloc(bytes + 1);

		memcpy(copy, &narrow, bytes);
		memset(&image, 0, sizeof(image));
		image.kind = IMAGE_PVH;
		assert_int_not_equal(image_parse_elf(&image, copy, bytes, &why), 0);
		free(copy);
	}
}

static void a_cut_off_file_is_refused(void **state)
{
	make();
	for (size_t bytes = 0; bytes < offsetof(struct kernel, code) + 4196; bytes += bytes < 1300 ? 1 : 97)
		assert_int_not_equal(parse_bytes(bytes), 0);
}

static void random_damage_harms_nothing(void **state)
{
	srand(3);
	for (unsigned int round = 0; round < 20000; round++) {
		make();
		for (unsigned int hit = 0; hit < 3; hit++)
			((uint8_t *)&k)[rand() % offsetof(struct kernel, code)] = rand();
		if (parse())
			continue;
		assert_true(image.start < image.end && image.end - image.start <= IMAGE_MAX_BYTES);
		for (unsigned int i = 0; i < image.nr_segments; i++) {
			const struct image_segment *s = &image.segment[i];

			assert_true(s->virt >= image.start && s->virt + s->mem_bytes <= image.end);
			assert_true(s->offset + s->file_bytes <= sizeof(k) && s->file_bytes <= s->mem_bytes);
		}
	}
}

/* The stock kernels. */
struct memory_sink {
	struct unpack_sink sink;
	uint8_t *to;
};

static int put(struct unpack_sink *sink, const uint8_t *bytes, size_t count)
{
	memcpy(((struct memory_sink *)sink)->to + sink->total, bytes, count);
	return 0;
}

static uint8_t *read_file(const char *tree, size_t *bytes)
{
	const char *cache = getenv("SERAI_CACHE");
	uint8_t *file = NULL;
	char path[512];
	FILE *stream;

	snprintf(path, sizeof(path), "%s/%s/vmlinuz", cache ? cache : "build/cache", tree);
	stream = fopen(path, "re");
	if (!stream)
		return NULL;
	fseek(stream, 0, SEEK_END);
	*bytes = ftell(stream);
	rewind(stream);
	file = malloc(*bytes);
	assert_int_equal(fread(file, 1, *bytes, stream), *bytes);
	fclose(stream);
	return file;
}

static void stock_kernel(const char *tree)
{
	struct memory_sink to = { { put, 0, 0 }, NULL };
	struct packed_kernel packed;
	size_t bytes;
	uint8_t *file = read_file(tree, &bytes);

	if (!file)
		return skip();
	memset(&image, 0, sizeof(image));
	memset(&why, 0, sizeof(why));
	assert_int_equal(packed_kernel_find(&packed, file, bytes, &why), 0);
	to.sink.room = packed.unpacked_bytes;
	to.to = malloc(packed.unpacked_bytes);
	assert_int_equal(unpacker_for(packed.data, packed.bytes)->unpack(packed.data, packed.bytes, &to.sink), 0);
	assert_int_equal(to.sink.total, packed.unpacked_bytes);
	assert_int_equal(image_parse_elf(&image, to.to, to.sink.total, &why), 0);
	assert_int_equal(image.virt_base, BASE);
	assert_int_equal(image.init_p2m, 0x8000000000);
	assert_true(image.ramdisk_by_pfn && image.nr_segments >= 4);
	free(to.to);
	free(file);
}

static void debians_cloud_kernel_is_understood(void **state)
{
	stock_kernel("cloud");
}

static void debians_kernel_is_understood(void **state)
{
	stock_kernel("dom0");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_kernel_is_understood), cmocka_unit_test(notes_decide_what_can_be_started),
		cmocka_unit_test(each_wrong_field_is_refused), cmocka_unit_test(a_cut_off_file_is_refused),
		cmocka_unit_test(random_damage_harms_nothing), cmocka_unit_test(debians_cloud_kernel_is_understood),
		cmocka_unit_test(debians_kernel_is_understood),
		cmocka_unit_test(a_pvh_kernel_lies_at_its_physical_addresses),
		cmocka_unit_test(a_pvh_kernel_without_its_entry_is_told_what_it_lacks),
		cmocka_unit_test(a_32_bit_kernel_can_be_pvh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
