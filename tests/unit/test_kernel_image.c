// sources: hypervisor/common/kernel/*.c hypervisor/lib/decompress/*.c hypervisor/lib/parse.c
/* SPDX-License-Identifier: MIT */
/*
 * Kernel files: images made here field by field, each then spoilt in one place; and Debian's own
 * kernels where the test bed's cache has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <hv/decompress.h>
#include <hv/errno.h>
#include <hv/kernel_image.h>
#include <public/elfnote.h>
#include <public/features.h>
#include "../../hypervisor/common/kernel/elf.h"

#define BASE  0xffffffff80000000ull
#define PADDR 0x1000000ull

/* A made kernel: header, two program headers, notes, and code. */
struct maker {
	struct elf_header h;
	struct elf_segment load, notes;
	uint8_t note[1024];
	uint8_t code[0x1800];
	char names[32];
	struct elf_section sections[3];
};

static struct maker m;
static struct kernel_image image;
static const char *why;

static size_t add_note(size_t at, uint32_t type, const void *desc, uint32_t size)
{
	struct elf_note n = { 4, size, type };

	memcpy(m.note + at, &n, sizeof(n));
	memcpy(m.note + at + 12, "Xen", 4);
	memcpy(m.note + at + 16, desc, size);
	return at + 16 + (size + 3) / 4 * 4;
}

static size_t add_number(size_t at, uint32_t type, uint64_t v)
{
	return add_note(at, type, &v, 8);
}

static size_t add_string(size_t at, uint32_t type, const char *s)
{
	return add_note(at, type, s, (uint32_t)strlen(s) + 1);
}

static void make_plain(void)
{
	memset(&m, 0, sizeof(m));
	m.h = (struct elf_header){
		.magic = ELF_MAGIC,
		.class = ELF_CLASS_64,
		.data = ELF_DATA_LSB,
		.version = 1,
		.type = ELF_TYPE_EXEC,
		.machine = ELF_MACH_X86_64,
		.entry = BASE + PADDR + 0x20,
		.phoff = offsetof(struct maker, load),
		.ehsize = 64,
		.phentsize = 56,
		.phnum = 2,
		.shentsize = 64,
	};
	m.load = (struct elf_segment){
		.type = PT_LOAD,
		.offset = offsetof(struct maker, code),
		.vaddr = BASE + PADDR,
		.paddr = PADDR,
		.filesz = sizeof(m.code),
		.memsz = 0x3000,
	};
	m.notes = (struct elf_segment){ .type = PT_NOTE,
					.offset = offsetof(struct maker, note),
					.align = 4 };
	for (size_t i = 0; i < sizeof(m.code); i++)
		m.code[i] = (uint8_t)(i * 7 + 1);
}

static void make_kernel(void)
{
	uint64_t mfn[2] = { 1, 1 };
	size_t at = 0;

	make_plain();
	at = add_string(at, XEN_ELFNOTE_GUEST_OS, "linux");
	at = add_string(at, XEN_ELFNOTE_GUEST_VERSION, "a version that is too long");
	at = add_string(at, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	at = add_string(at, XEN_ELFNOTE_LOADER, "generic");
	at = add_string(at, XEN_ELFNOTE_PAE_MODE, "yes");
	at = add_string(at, XEN_ELFNOTE_FEATURES,
			"!writable_page_tables|pae_pgdir_above_4gb|unheard_of");
	at = add_note(at, XEN_ELFNOTE_SUPPORTED_FEATURES, &(uint32_t){ 0x8801 }, 4);
	at = add_number(at, XEN_ELFNOTE_VIRT_BASE, BASE);
	at = add_number(at, XEN_ELFNOTE_ENTRY, BASE + PADDR + 0x100);
	at = add_number(at, XEN_ELFNOTE_HYPERCALL_PAGE, BASE + PADDR + 0x1000);
	at = add_number(at, XEN_ELFNOTE_INIT_P2M, 0x8000000000);
	at = add_number(at, XEN_ELFNOTE_HV_START_LOW, 0xffff800000000000);
	at = add_number(at, XEN_ELFNOTE_PHYS32_ENTRY, PADDR + 0x850);
	at = add_note(at, XEN_ELFNOTE_L1_MFN_VALID, mfn, 16);
	at = add_note(at, XEN_ELFNOTE_SUSPEND_CANCEL, &(uint32_t){ 1 }, 4);
	at = add_note(at, XEN_ELFNOTE_MOD_START_PFN, &(uint32_t){ 1 }, 4);
	at = add_note(at, 4711, "?", 1);
	m.notes.filesz = m.notes.memsz = at;
}

/* From a buffer of exact size, kept until the next call: the image points into it. */
static int parse_bytes(const void *p, size_t len)
{
	static void *copy;

	free(copy);
	copy = malloc(len ? len : 1);
	memcpy(copy, p, len);
	why = NULL;
	return kernel_image_parse(copy, len, &image, &why);
}

static int parse(void)
{
	return parse_bytes(&m, sizeof(m));
}

static void check_refused(const char *word)
{
	assert_int_equal(parse(), -EINVAL);
	assert_non_null(why);
	if (!strstr(why, word))
		fail_msg("the reason is '%s', without '%s'", why, word);
}

static void reads_all_notes(void **state)
{
	make_kernel();
	assert_int_equal(parse(), 0);
	assert_true(image.pv && image.pvh && !image.legacy);
	assert_true(image.paddr_start == PADDR && image.paddr_end == PADDR + 0x3000);
	assert_true(image.virt_start == BASE + PADDR && image.virt_end == BASE + PADDR + 0x3000);
	assert_true(image.entry == BASE + PADDR + 0x100 && image.virt_base == BASE);
	assert_true(image.has_hypercall_page && image.hypercall_page == BASE + PADDR + 0x1000);
	assert_true(image.has_p2m_base && image.p2m_base == 0x8000000000);
	assert_true(image.hv_start_low == 0xffff800000000000 &&
		    image.phys32_entry == PADDR + 0x850);
	assert_true(image.has_l1_mfn_valid && image.l1_mfn_mask == 1 && image.l1_mfn_value == 1);
	assert_true(image.mod_start_pfn && image.suspend_cancel && !image.bsd_symtab);
	assert_int_equal(image.pae, KERNEL_PAE_YES);
	assert_int_equal(image.features_required, 1u << XENFEAT_writable_page_tables);
	assert_int_equal(image.features_supported, 0x8801 | 1u << XENFEAT_pae_pgdir_above_4gb);
	assert_string_equal(image.guest_os, "linux");
	assert_string_equal(image.guest_version, "a version that ");
	assert_string_equal(image.xen_version, "xen-3.0");
	assert_string_equal(image.loader, "generic");
}

static void finds_notes_in_sections(void **state)
{
	make_kernel();
	m.notes.type = 0;
	check_refused("no Xen ELF notes");
	m.h.shoff = offsetof(struct maker, sections);
	m.h.shnum = 2;
	m.sections[1] = (struct elf_section){ .type = SHT_NOTE,
					      .offset = m.notes.offset,
					      .size = m.notes.filesz };
	assert_int_equal(parse(), 0);
	assert_true(image.has_p2m_base);
}

static void make_guest_section(const char *text)
{
	make_plain();
	m.notes.type = 0;
	m.h.shoff = offsetof(struct maker, sections);
	m.h.shnum = 3;
	m.h.shstrndx = 2;
	memcpy(m.names + 1, "__xen_guest", 12);
	strcpy((char *)m.note, text);
	m.sections[1] = (struct elf_section){
		.name = 1, .type = 1, .offset = offsetof(struct maker, note), .size = strlen(text)
	};
	m.sections[2] = (struct elf_section){ .type = 3,
					      .offset = offsetof(struct maker, names),
					      .size = sizeof(m.names) };
}

static void reads_the_old_section(void **state)
{
	make_guest_section(
	    "GUEST_OS=linux,GUEST_VER=2.6,XEN_VER=xen-3.0,VIRT_BASE=0xffffffff80000000,"
	    "ELF_PADDR_OFFSET=0x0,VIRT_ENTRY=0xffffffff81000200,HYPERCALL_PAGE=0x1001,"
	    "FEATURES=writable_page_tables|!dom0,PAE=bimodal,BSD_SYMTAB,LOADER=generic,NEW=1");
	assert_int_equal(parse(), 0);
	assert_true(image.legacy && image.pv && !image.pvh && image.bsd_symtab);
	assert_true(image.virt_base == BASE && image.entry == BASE + PADDR + 0x200);
	assert_true(image.hypercall_page == BASE + PADDR + 0x1000);
	assert_int_equal(image.pae, KERNEL_PAE_BIMODAL);
	assert_int_equal(image.features_required, 1u << XENFEAT_dom0);
	assert_string_equal(image.guest_version, "2.6");
	make_guest_section("VIRT_BASE=twelve");
	check_refused("not a number");
	make_guest_section("VIRT_BASE=0x12345678123456781234567812345678");
	check_refused("too long");
	/* Without ELF_PADDR_OFFSET, p_paddr is virtual. */
	make_guest_section("VIRT_BASE=0xffffffff80000000");
	m.load.paddr = m.load.vaddr;
	assert_int_equal(parse(), 0);
	assert_true(image.paddr_start == PADDR && image.virt_start == BASE + PADDR);
}

static void takes_off_the_paddr_offset(void **state)
{
	size_t at;

	make_plain();
	at = add_number(0, XEN_ELFNOTE_VIRT_BASE, BASE);
	m.notes.filesz = add_number(at, XEN_ELFNOTE_PADDR_OFFSET, BASE);
	m.load.paddr = BASE + PADDR;
	assert_int_equal(parse(), 0);
	assert_true(image.paddr_start == PADDR && image.virt_start == BASE + PADDR);
	assert_true(image.entry == m.h.entry);
	m.notes.filesz = add_number(at, XEN_ELFNOTE_PADDR_OFFSET, BASE + PADDR + 1);
	check_refused("PADDR_OFFSET");
}

#define SPOILT(field, value, word)                                                                 \
	do {                                                                                       \
		make_kernel();                                                                     \
		m.field = (value);                                                                 \
		check_refused(word);                                                               \
	} while (0)

static void refuses_bad_headers(void **state)
{
	SPOILT(h.magic, 1, "not an ELF");
	SPOILT(h.class, 1, "32-bit");
	SPOILT(h.data, 2, "another machine");
	SPOILT(h.machine, 3, "another machine");
	SPOILT(h.type, ELF_TYPE_DYN, "position-independent");
	SPOILT(h.type, 1, "not an executable");
	SPOILT(h.phnum, 0, "program headers");
	SPOILT(h.phnum, 0xffff, "program headers");
	SPOILT(h.phentsize, 32, "program headers");
	SPOILT(h.phoff, sizeof(m) - 100, "truncated");
	SPOILT(h.phoff, UINT64_MAX - 50, "truncated");
	make_kernel();
	assert_int_equal(parse_bytes(&m, 63), -EINVAL);
	assert_non_null(strstr(why, "truncated"));
	assert_int_equal(parse_bytes(&m, 0), -EINVAL);
}

static void refuses_bad_segments(void **state)
{
	SPOILT(load.type, 0, "nothing to load");
	SPOILT(load.memsz, 0x100, "larger in the file");
	SPOILT(load.memsz, 1ull << 40, "1 GiB");
	SPOILT(load.offset, sizeof(m), "truncated");
	SPOILT(load.offset, UINT64_MAX, "truncated");
	SPOILT(load.filesz, UINT64_MAX, "truncated");
	SPOILT(load.paddr, UINT64_MAX - 0x1000, "1 GiB");
	SPOILT(load.paddr, UINT64_MAX - 0x3000, "PVH entry");
	make_kernel();
	m.notes = m.load;
	m.notes.paddr = PADDR + (2ull << 30);
	check_refused("span");
}

static void refuses_bad_notes(void **state)
{
	size_t at;

	SPOILT(notes.offset, sizeof(m) - 4, "truncated");
	SPOILT(notes.filesz, 40, "damaged");
	SPOILT(notes.filesz, 0, "no Xen ELF notes");
	SPOILT(note[0], 200, "damaged");
	make_kernel();
	memset(m.note, 0xff, 12);
	check_refused("damaged");
	make_kernel();
	at = m.notes.filesz;
	m.notes.filesz = add_string(at, XEN_ELFNOTE_FEATURES, "dom0|!teleportation");
	check_refused("requires");
	m.notes.filesz = add_string(at, XEN_ELFNOTE_XEN_VERSION, "xen-9.1");
	check_refused("another Xen interface");
	m.notes.filesz = add_string(at, XEN_ELFNOTE_VIRT_BASE, "abcdef");
	check_refused("4 or 8 bytes");
	m.notes.filesz = add_string(at, XEN_ELFNOTE_L1_MFN_VALID, "abcdef");
	check_refused("L1_MFN_VALID");
}

static void refuses_bad_addresses(void **state)
{
	static const struct {
		uint32_t type;
		uint64_t value;
		const char *word;
	} cases[] = {
		{ XEN_ELFNOTE_ENTRY, BASE, "entry point" },
		{ XEN_ELFNOTE_ENTRY, BASE + PADDR + 0x3000, "entry point" },
		{ XEN_ELFNOTE_VIRT_BASE, UINT64_MAX - PADDR, "wrap" },
		{ XEN_ELFNOTE_HYPERCALL_PAGE, 0x1000, "hypercall page" },
		{ XEN_ELFNOTE_INIT_P2M, BASE + PADDR, "P2M" },
		{ XEN_ELFNOTE_PHYS32_ENTRY, 0x1000, "PVH entry" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make_kernel();
		m.notes.filesz = add_number(m.notes.filesz, cases[i].type, cases[i].value);
		check_refused(cases[i].word);
	}
}

/* ---- loading ---- */

struct memory {
	uint64_t start;
	size_t len;
	uint8_t *bytes;
	int calls_left; /* -1: without end */
};

static void *window(void *ctx, uint64_t paddr, size_t len)
{
	struct memory *mem = ctx;

	assert_true(paddr >= mem->start && len <= mem->len - (paddr - mem->start));
	assert_true(len && paddr % 4096 + len <= 4096);
	if (mem->calls_left == 0)
		return NULL;
	mem->calls_left--;
	return mem->bytes + (paddr - mem->start);
}

static struct memory memory_for(const struct kernel_image *k)
{
	struct memory mem = { k->paddr_start, k->paddr_end - k->paddr_start, NULL, -1 };

	mem.bytes = malloc(mem.len);
	memset(mem.bytes, 0xee, mem.len);
	return mem;
}

static void copies_and_zeroes(void **state)
{
	struct memory mem;

	make_kernel();
	m.load.paddr += 0x83; /* not at a page's start */
	m.load.filesz -= 5;
	assert_int_equal(parse(), 0);
	mem = memory_for(&image);
	assert_int_equal(kernel_image_load(&image, window, &mem), 0);
	assert_memory_equal(mem.bytes, m.code, m.load.filesz);
	for (size_t i = m.load.filesz; i < m.load.memsz; i++)
		assert_int_equal(mem.bytes[i], 0);
	mem.calls_left = 2;
	assert_int_equal(kernel_image_load(&image, window, &mem), -ENOMEM);
	free(mem.bytes);
}

/* ---- bzImage ---- */

static uint8_t bz[4096 + 64];

static void make_bzimage(const char *payload, uint32_t len)
{
	memset(bz, 0, sizeof(bz));
	bz[0x1f1] = 1;
	memcpy(bz + 0x1fe, "\x55\xaa", 2);
	memcpy(bz + 0x202, "HdrS\x0f\x02", 6);
	memcpy(bz + 0x248, &(uint32_t){ 16 }, 4);
	memcpy(bz + 0x24c, &len, 4);
	memcpy(bz + 1024 + 16, payload, strlen(payload) + 1);
	memcpy(bz + 1024 + 16 + len - 4, "\x78\x56\x34\x12", 4);
}

static void check_payload_refused(size_t len, const char *word)
{
	struct kernel_payload p;

	why = NULL;
	assert_int_equal(kernel_payload_find(bz, len, &p, &why), -EINVAL);
	assert_non_null(why);
	if (!strstr(why, word))
		fail_msg("the reason is '%s', without '%s'", why, word);
}

static void finds_the_payload(void **state)
{
	struct kernel_payload p;

	make_bzimage("\xfd"
		     "7zXZ",
		     200);
	assert_int_equal(kernel_payload_find(bz, 1024 + 16 + 200, &p, &why), 0);
	assert_true(p.data == bz + 1024 + 16 && p.len == 200 && p.compressed);
	assert_true(p.unpacked_size == 0x12345678);
	make_bzimage("\x7f"
		     "ELF",
		     200);
	assert_int_equal(kernel_payload_find(bz, 1024 + 16 + 200, &p, &why), 0);
	assert_true(!p.compressed && p.unpacked_size == 200);
	make_kernel();
	assert_int_equal(kernel_payload_find(&m, sizeof(m), &p, &why), 0);
	assert_true(p.data == &m && p.len == sizeof(m) && !p.compressed);
	assert_int_equal(kernel_payload_find("\x1f\x8b_____\x01\0\0\0", 11, &p, &why), 0);
	assert_true(p.compressed && p.unpacked_size == 1);
}

static void refuses_bad_bzimages(void **state)
{
	make_bzimage("\xfd"
		     "7zXZ",
		     200);
	check_payload_refused(1024 + 16 + 199, "truncated");
	check_payload_refused(0x240, "truncated");
	check_payload_refused(0x1ff, "not a kernel");
	check_payload_refused(0, "not a kernel");
	memset(bz + 0x248, 0xff, 8);
	check_payload_refused(sizeof(bz), "truncated");
	make_bzimage("garbage", 200);
	check_payload_refused(sizeof(bz), "no known format");
	make_bzimage("\xfd"
		     "7zXZ",
		     200);
	bz[0x206] = 7;
	check_payload_refused(sizeof(bz), "too old");
	make_bzimage("\xfd"
		     "7zXZ",
		     200);
	memset(bz + 0x24c, 0, 4);
	check_payload_refused(sizeof(bz), "no payload");
}

/* ---- Debian's kernels ---- */

static uint8_t *read_kernel(const char *name, size_t *len)
{
	const char *cache = getenv("SERAI_CACHE");
	char path[300];
	uint8_t *data;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/vmlinuz", cache ? cache : "build/cache", name);
	f = fopen(path, "rb");
	if (!f) {
		print_message("%s is not there: run tests/lib/fetch\n", path);
		skip();
	}
	fseek(f, 0, SEEK_END);
	*len = (size_t)ftell(f);
	rewind(f);
	data = malloc(*len);
	assert_int_equal(fread(data, 1, *len, f), *len);
	fclose(f);
	return data;
}

static void check_debian_kernel(const char *name)
{
	size_t len, out_len;
	uint8_t *file = read_kernel(name, &len), *elf;
	void *scratch = malloc(decompress_scratch_size());
	struct kernel_payload p;
	struct memory mem;

	assert_int_equal(kernel_payload_find(file, len, &p, &why), 0);
	assert_true(p.compressed);
	elf = malloc(p.unpacked_size);
	assert_int_equal(decompress(p.data, p.len, elf, p.unpacked_size, &out_len, scratch,
				    decompress_scratch_size(), &why),
			 0);
	assert_int_equal(out_len, p.unpacked_size);
	assert_int_equal(kernel_image_parse(elf, out_len, &image, &why), 0);
	assert_true(image.pv && image.pvh && image.has_p2m_base && image.mod_start_pfn);
	assert_true(image.features_supported & 1u << XENFEAT_dom0);
	assert_true(image.virt_base == BASE && image.paddr_start == PADDR);
	mem = memory_for(&image);
	assert_int_equal(kernel_image_load(&image, window, &mem), 0);
	free(mem.bytes);
	free(elf);
	free(scratch);
	free(file);
}

static void loads_debians_kernel(void **state)
{
	check_debian_kernel("dom0");
}

static void loads_debians_cloud_kernel(void **state)
{
	check_debian_kernel("cloud");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all_notes),
		cmocka_unit_test(finds_notes_in_sections),
		cmocka_unit_test(reads_the_old_section),
		cmocka_unit_test(takes_off_the_paddr_offset),
		cmocka_unit_test(refuses_bad_headers),
		cmocka_unit_test(refuses_bad_segments),
		cmocka_unit_test(refuses_bad_notes),
		cmocka_unit_test(refuses_bad_addresses),
		cmocka_unit_test(copies_and_zeroes),
		cmocka_unit_test(finds_the_payload),
		cmocka_unit_test(refuses_bad_bzimages),
		cmocka_unit_test(loads_debians_kernel),
		cmocka_unit_test(loads_debians_cloud_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
