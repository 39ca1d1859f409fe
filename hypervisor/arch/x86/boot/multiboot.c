/* SPDX-License-Identifier: MIT */
/*
 * The boot loader's information, multiboot 1 and 2, copied into boot_info before any memory is given
 * out. All of it lies below 4 GiB, inside the early direct map. Strings and lists are bounded.
 */
#include <hv/lib.h>
#include <hv/string.h>
#include <asm/boot.h>
#include <asm/layout.h>

#define MB1_LOADER_MAGIC 0x2badb002u
#define MB2_LOADER_MAGIC 0x36d76289u

struct boot_info boot_info;

static const void *early_ptr(uint64_t ma)
{
	return (const void *)(DIRECTMAP_START + ma);
}

static void copy_string(char *dst, size_t size, const char *src)
{
	strlcpy(dst, src, size);
}

/* "path args": users write the file name first; what follows is the command line. */
static const char *skip_path(const char *s)
{
	while (*s && *s != ' ')
		s++;
	while (*s == ' ')
		s++;
	return s;
}

static void add_e820(uint64_t addr, uint64_t size, uint32_t type)
{
	struct boot_info *b = &boot_info;

	if (b->nr_e820 < BOOT_MAX_E820 && size)
		b->e820[b->nr_e820++] = (struct boot_e820){ addr, size, type };
}

static void add_module(uint64_t start, uint64_t end, const char *cmdline)
{
	struct boot_info *b = &boot_info;
	struct boot_module *m = &b->module[b->nr_modules];

	if (b->nr_modules == BOOT_MAX_MODULES || end <= start)
		return;
	m->start = start;
	m->end = end;
	copy_string(m->cmdline, sizeof(m->cmdline), cmdline);
	b->nr_modules++;
}

/* ---- multiboot 1 ---- */

#define MB1_CMDLINE (1u << 2)
#define MB1_MODULES (1u << 3)
#define MB1_MMAP    (1u << 6)
#define MB1_LOADER  (1u << 9)

struct mb1_info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4],
		mmap_length, mmap_addr, drives_length, drives_addr, config_table, loader_name;
};
struct mb1_module {
	uint32_t start, end, cmdline, reserved;
};
struct __packed mb1_mmap {
	uint32_t size;
	uint64_t addr, len;
	uint32_t type;
};

static void mb1_memory_map(const struct mb1_info *i)
{
	uint32_t p = i->mmap_addr, end = i->mmap_addr + i->mmap_length;

	while (p + sizeof(struct mb1_mmap) <= end) {
		const struct mb1_mmap *m = early_ptr(p);

		add_e820(m->addr, m->len, m->type);
		p += m->size + 4;
	}
}

static const char *mb1_parse(uint64_t info)
{
	const struct mb1_info *i = early_ptr(info);
	const struct mb1_module *m;

	if (!(i->flags & MB1_MMAP))
		return "the boot loader gave no memory map";
	mb1_memory_map(i);
	if (i->flags & MB1_LOADER)
		copy_string(boot_info.loader, sizeof(boot_info.loader), early_ptr(i->loader_name));
	if (i->flags & MB1_CMDLINE)
		copy_string(boot_info.cmdline, BOOT_CMDLINE_MAX, skip_path(early_ptr(i->cmdline)));
	if (i->flags & MB1_MODULES) {
		m = early_ptr(i->mods_addr);
		for (uint32_t n = 0; n < i->mods_count; n++)
			add_module(m[n].start, m[n].end,
				   m[n].cmdline ? skip_path(early_ptr(m[n].cmdline)) : "");
	}
	return NULL;
}

/* ---- multiboot 2 ---- */

enum { MB2_END, MB2_CMDLINE, MB2_LOADER, MB2_MODULE, MB2_MMAP = 6, MB2_RSDP1 = 14, MB2_RSDP2 = 15 };

struct mb2_tag {
	uint32_t type, size;
};
struct mb2_module {
	struct mb2_tag tag;
	uint32_t start, end;
	char cmdline[];
};
struct mb2_mmap {
	struct mb2_tag tag;
	uint32_t entry_size, entry_version;
};
struct mb2_mmap_entry {
	uint64_t addr, len;
	uint32_t type, zero;
};

static void mb2_memory_map(const struct mb2_mmap *t)
{
	if (t->entry_size < sizeof(struct mb2_mmap_entry))
		return;
	for (uint32_t off = sizeof(*t); off + t->entry_size <= t->tag.size; off += t->entry_size) {
		const struct mb2_mmap_entry *e = (const void *)((const char *)t + off);

		add_e820(e->addr, e->len, e->type);
	}
}

static void mb2_one_tag(const struct mb2_tag *t)
{
	const char *text = (const char *)(t + 1);
	const struct mb2_module *m = (const void *)t;

	switch (t->type) {
	case MB2_CMDLINE: /* GRUB passes the arguments only */
		copy_string(boot_info.cmdline, BOOT_CMDLINE_MAX, text);
		break;
	case MB2_LOADER:
		copy_string(boot_info.loader, sizeof(boot_info.loader), text);
		break;
	case MB2_MODULE:
		add_module(m->start, m->end, m->cmdline);
		break;
	case MB2_MMAP:
		mb2_memory_map((const void *)t);
		break;
	case MB2_RSDP1:
	case MB2_RSDP2: /* a copy of the RSDP inside the tag; the newer one wins */
		if (!boot_info.rsdp || t->type == MB2_RSDP2)
			boot_info.rsdp = (uint64_t)text - DIRECTMAP_START;
		break;
	}
}

static const char *mb2_parse(uint64_t info)
{
	uint32_t total = *(const uint32_t *)early_ptr(info);

	for (uint32_t off = 8; off + sizeof(struct mb2_tag) <= total;) {
		const struct mb2_tag *t = early_ptr(info + off);

		if (t->type == MB2_END || t->size < sizeof(*t))
			break;
		mb2_one_tag(t);
		off += ROUNDUP(t->size, 8u);
	}
	return boot_info.nr_e820 ? NULL : "the boot loader gave no memory map";
}

const char *multiboot_parse(uint32_t magic, uint64_t info)
{
	switch (magic) {
	case MB1_LOADER_MAGIC:
		return mb1_parse(info);
	case MB2_LOADER_MAGIC:
		return mb2_parse(info);
	default:
		return "not started by a multiboot 1 or 2 loader";
	}
}
