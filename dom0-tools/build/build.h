/* SPDX-License-Identifier: MIT */
/*
 * The domain builder: turns a kernel file and an empty domain into one that is ready to run.
 *
 * Three steps, each usable and tested alone, for PV (pv_*), PVH (pvh_*) and HVM (hvm_*) guests:
 *   image_open()         file -> checked ELF image with the kernel's wishes (image.c, elf.c,
 *                        notes.c); compressed kernels are unpacked by a program of their own and
 *                        kept (cache.c)
 *   pv_layout_compute()  image + amount of memory -> which PFN holds what, no machine needed
 *                        (layout.c, pvh_layout.c)
 *   pv_build()           does it: memory, contents, tables, grants, vCPU 0 (pv.c, pvh.c)
 *
 * A kernel file may be hostile: nothing of it is used before it has been bounded by the file's and
 * the domain's size. Failures say what and what to do, in a struct complaint.
 */
#ifndef SERAI_BUILD_H
#define SERAI_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xenctrl.h>

#define PAGE_BITS	12
#define PAGE_BYTES	((uint64_t)1 << PAGE_BITS)
#define PAGES_OF(bytes) (((bytes) + PAGE_BYTES - 1) >> PAGE_BITS)

/* Words for the user. The first complaint stays: what follows from it is noise. */
struct complaint {
	char text[640];
};

void complain(struct complaint *complaint, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- images ---- */

#define IMAGE_MAX_BYTES	   ((uint64_t)1 << 30) /* of an unpacked kernel */
#define IMAGE_MAX_SEGMENTS 32

struct image_segment {
	uint64_t virt;	     /* where it goes */
	uint64_t offset;     /* in the ELF file */
	uint64_t file_bytes; /* from the file */
	uint64_t mem_bytes;  /* the rest is zeroed */
};

enum image_kind { IMAGE_PV, IMAGE_PVH, IMAGE_LOADER };

struct image {
	enum image_kind kind; /* what it was opened for */
	const uint8_t *data; /* the ELF file */
	size_t bytes;
	int fd;		 /* the file data is mapped from, ours to close; -1: none */
	bool from_cache; /* did not have to be unpacked */
	char how[48];	 /* what the file was: "bzImage, lz4" */

	unsigned int nr_segments;
	struct image_segment segment[IMAGE_MAX_SEGMENTS];
	uint64_t start,
	    end; /* virtual: page holding the lowest byte, past the page of the highest */

	/*
	 * From the ELF notes. For PVH only `entry`, for a loader that of the file's header; all their
	 * addresses are physical.
	 */
	uint64_t virt_base;    /* virtual address of PFN 0 */
	uint64_t paddr_offset; /* what the program headers' physical addresses start from */
	uint64_t entry;
	uint64_t hypercall_page; /* 0: not wanted */
	uint64_t init_p2m;	 /* 0: P2M list in the mapped region */
	bool ramdisk_by_pfn;	 /* the ramdisk needs no mapping */
};

/* Opens a kernel in any form known. 0 or -errno, then with the reason each loader refused it. */
int image_open(struct image *image, const char *path, struct complaint *complaint);
/* The same of a kernel that is to be a PVH guest's: it must have a PHYS32_ENTRY note. */
int image_open_pvh(struct image *image, const char *path, struct complaint *complaint);
/* The same of the program an HVM guest starts with; it needs no notes. */
int image_open_loader(struct image *image, const char *path, struct complaint *complaint);
/* image_open() of a kernel in memory, which has to outlive the image. */
int image_open_memory(struct image *image, const void *data, size_t bytes,
		      struct complaint *complaint);
void image_close(struct image *image);
/*
 * Of an ELF file in memory only, which has to outlive the image too. The image is zero but for its
 * kind.
 */
int image_parse_elf(struct image *image, const uint8_t *data, size_t bytes,
		    struct complaint *complaint);

/* Notes of the image; called by image_parse_elf() once the file's headers are known to be sound. */
struct elf_notes {
	uint64_t entry, hypercall_page, virt_base, paddr_offset, init_p2m, mod_start_pfn;
	uint64_t pvh_entry; /* physical */
	bool has_entry, has_virt_base, has_paddr_offset, has_any, has_pvh_entry;
	char xen_version[16], loader[16], features[256];
};
void elf_notes_read(struct elf_notes *notes, const uint8_t *data, size_t bytes, uint64_t align);
int elf_notes_check(const struct elf_notes *notes, struct complaint *complaint);
int elf_notes_check_pvh(const struct elf_notes *notes, struct complaint *complaint);

/*
 * ---- unpacking (unpack.c and unpack_*.c; linked into the unpacking program and tests only) ----
 */

/* Where unpacked bytes go, in order. put() gives 0 or -errno, which ends the unpacking. */
struct unpack_sink {
	int (*put)(struct unpack_sink *sink, const uint8_t *bytes, size_t count);
	uint64_t total; /* taken so far */
	uint64_t room;	/* the most there may be */
};

/*
 * One compression's way: input whole in memory. 0 or -errno: -EINVAL damaged, -ENOSPC more than the
 * sink's room.
 */
typedef int unpack_function(const uint8_t *in, size_t in_bytes, struct unpack_sink *sink);

struct unpacker {
	const char *name;
	unsigned int nr_magic;
	uint8_t magic[8];
	unpack_function *unpack;
};
const struct unpacker *unpacker_for(const uint8_t *in, size_t in_bytes);

/* What a file holds: finds a bzImage's payload, or the compressed file itself. */
struct packed_kernel {
	const uint8_t *data;
	size_t bytes;
	uint64_t unpacked_bytes; /* as the file claims; 0: it does not say */
	const char *container;	 /* "bzImage" or "file" */
};
int packed_kernel_find(struct packed_kernel *packed, const uint8_t *file, size_t bytes,
		       struct complaint *complaint);

/* ---- cache ---- */

/*
 * An open, read-only file with the unpacked kernel of `fd`; from_cache tells if it was there.
 * Without a path it is not kept. -errno.
 */
int cache_unpacked(int fd, const char *path, bool *from_cache, char *how, size_t how_bytes,
		   struct complaint *complaint);

/* ---- layout ---- */

struct pfn_span {
	uint64_t pfn, pages;
};

/*
 * A mapped stretch: `pages` from `virt` on show PFNs from `pfn` on; its tables lie in
 * table_pfn[level].
 */
struct pv_mapping {
	uint64_t virt, pfn, pages;
	uint64_t table_pfn[4], nr_tables[4]; /* index 0: L1 … 3: L4 (main mapping only) */
};

struct pv_layout {
	uint64_t nr_pages; /* all of the domain's */
	struct pfn_span kernel, ramdisk, p2m, start_info, xenstore, console, tables, stack;
	struct pfn_span p2m_tables; /* tables of the P2M list's own mapping, right behind it */
	struct pv_mapping main, p2m_map;
	uint64_t ramdisk_virt; /* 0 when given by PFN */
	uint64_t p2m_virt;
	uint64_t used_pages; /* PFNs from 0 that hold anything */
};

/*
 * -ENOMEM: too little memory (the complaint says how much it takes), -EINVAL: an impossible wish.
 */
int pv_layout_compute(struct pv_layout *layout, const struct image *image, uint64_t nr_pages,
		      uint64_t ramdisk_bytes, struct complaint *complaint);
uint64_t pv_layout_virt(const struct pv_layout *layout, uint64_t pfn); /* in the main mapping */
/*
 * Fills the tables. page(data, pfn) is where a table page can be written; p2m has nr_pages entries.
 */
void pv_layout_fill_tables(const struct pv_layout *layout, const xen_pfn_t *p2m,
			   uint64_t *(*page)(void *data, uint64_t pfn), void *data);

/*
 * A PVH guest's memory: RAM from 0 to the hole, and from 4 GiB on what does not fit below. Beside
 * the kernel, in RAM: the ramdisk, then the start information. In the hole: ACPI's tables and the
 * special pages, which the guest must not take for RAM.
 */
#define PVH_HOLE_PFN	  ((uint64_t)0xf0000) /* hvm/e820.h's HVM_BELOW_4G_RAM_END */
#define PVH_HIGH_PFN	  ((uint64_t)0x100000)
#define PVH_ACPI_PFN	  ((uint64_t)0xfc000)
#define PVH_SPECIAL_PFN	  ((uint64_t)0xfeff8)
#define PVH_MAX_VCPUS	  128 /* with APIC ids of 8 bits, two apart */
#define PVH_MAX_MEMMAP	  4
#define PVH_CMDLINE_BYTES 2048 /* with its NUL: what Linux takes */

/* Where 4.17's toolstack has them; those nobody uses here have a page all the same. */
enum pvh_special {
	PVH_PAGING_RING,
	PVH_MONITOR_RING,
	PVH_SHARING_RING,
	PVH_BUFIOREQ,
	PVH_XENSTORE,
	PVH_IOREQ,
	PVH_IDENT_PT,
	PVH_CONSOLE,
	PVH_NR_SPECIAL
};

struct pvh_layout {
	uint64_t nr_pages; /* of RAM, with what the guest may grow to */
	uint64_t low_pages; /* of these, below the hole */
	struct pfn_span kernel, ramdisk, start_info, acpi;
	struct pfn_span loaded; /* kernel, ramdisk and start_info together */
	unsigned int nr_memmap;
	struct e820entry memmap[PVH_MAX_MEMMAP];
};

/* -ENOMEM: too little memory below the hole; -EINVAL: too many vCPUs, too long a command line. */
int pvh_layout_compute(struct pvh_layout *layout, const struct image *image, uint64_t nr_pages,
		       uint64_t max_pages, uint64_t ramdisk_bytes, const char *cmdline,
		       unsigned int max_vcpus, struct complaint *complaint);
/* Fills the pages of layout->start_info, which are zero. */
void pvh_write_start_info(uint8_t *to, const struct pvh_layout *layout, const char *cmdline,
			  uint64_t ramdisk_bytes, bool acpi);
/*
 * ACPI's tables for so many vCPUs, RSDP first, to lie at physical address `at`: their bytes. With
 * `to` NULL only counts.
 */
size_t acpi_build(uint8_t *to, uint64_t at, unsigned int max_vcpus);

/*
 * An HVM guest's memory: RAM from 0 to the hole without the VGA's window, and from 4 GiB on what does
 * not fit below. At 1 MiB the loader (Debian's hvmloader, or ours), then the firmware it puts in its place, and
 * the start information; below them the table of <xen/hvm/hvm_info_table.h>. In the hole: the special
 * pages (as a PVH guest's), and below them those of further device emulators.
 */
#define HVM_LEAST_HOLE_PFN ((uint64_t)0x10000) /* mmio_hole= may not take more than this leaves */
#define HVM_VGA_PFN	   ((uint64_t)0xa0)
#define HVM_VGA_END_PFN	   ((uint64_t)0xc0)
#define HVM_SERVER_PAGES   8
#define HVM_SERVER_PFN	   (PVH_SPECIAL_PFN - HVM_SERVER_PAGES)
#define HVM_MAX_MEMMAP	   2

struct hvm_layout {
	uint64_t nr_pages;  /* of RAM, with what the guest may grow to */
	uint64_t low_pages; /* of these, below the hole, the VGA's window counted */
	struct pfn_span loader, firmware, acpi, smbios, start_info;
	struct pfn_span loaded; /* all of these together */
	unsigned int nr_memmap;
	struct e820entry memmap[HVM_MAX_MEMMAP];
};

struct hvm_wishes {
	uint64_t nr_pages, max_pages;
	uint64_t hole_bytes; /* size of the hole below 4 GiB; 0: the usual */
	uint64_t firmware_bytes, acpi_bytes, smbios_bytes;
	unsigned int max_vcpus;
};

/* Errors as of pvh_layout_compute(). */
int hvm_layout_compute(struct hvm_layout *layout, const struct image *image,
		       const struct hvm_wishes *wishes, struct complaint *complaint);
/* Fills the pages of layout->start_info, which are zero. */
void hvm_write_start_info(uint8_t *to, const struct hvm_layout *layout, uint64_t firmware_bytes);
/* Fills the page HVM_INFO_PFN. */
void hvm_write_info_table(uint8_t *page, const struct hvm_layout *layout, unsigned int max_vcpus,
			  unsigned int vcpus, bool apic);

/*
 * Further tables for the loader to put beside its own (tables.c). ACPI's lie one after the other; each
 * structure of SMBIOS comes after its length, of 32 bits. -EINVAL: they are not, and what is wrong; -E2BIG:
 * more than a loader takes.
 */
struct hvm_tables {
	const uint8_t *data; /* NULL: none */
	uint64_t bytes;
};
int hvm_check_acpi(struct hvm_tables tables, struct complaint *complaint);
int hvm_check_smbios(struct hvm_tables tables, struct complaint *complaint);

/* ---- building ---- */

/* What is to be built, a PV, PVH or HVM domain. */
struct pv_domain {
	xc_interface *xc;
	uint32_t domid;
	const struct image *image;
	uint64_t nr_pages;  /* to populate */
	uint64_t max_pages; /* PVH: may grow to so many; not above nr_pages: it may not */
	uint64_t map_bytes; /* size of the memory map the guest sees; 0: set by somebody else */
	unsigned int max_vcpus;
	const char *cmdline;	/* may be NULL */
	const uint8_t *ramdisk; /* may be NULL */
	uint64_t ramdisk_bytes;
	uint16_t store_domid, console_domid;
	uint32_t store_port, console_port; /* event channels, made before */
	uint32_t start_flags;		   /* SIF_*, for the kernel's start information */

	bool no_acpi; /* PVH: without tables, hence with one vCPU only */

	/* HVM: the ramdisk above is the firmware's file, the image the loader. */
	uint64_t hole_bytes; /* 0: the usual */
	unsigned int vcpus;  /* on line at the start */
	bool apic, hpet, vpt_align;
	uint64_t timer_mode, viridian, altp2m; /* values of the parameters of these names */
	struct hvm_tables acpi, smbios;
	uint64_t acpi_at, smbios_at; /* out: where the guest finds them */

	void (*phase)(void *data, const char *name); /* called as each phase ends; may be NULL */
	void *phase_data;

	xen_pfn_t store_mfn, console_mfn; /* out; of PVH the guest's frame numbers */
};

/* The domain has its vCPUs and limits, but no memory yet. On failure destroy the domain. */
int pv_build(struct pv_domain *domain, struct complaint *complaint);

int pvh_build(struct pv_domain *domain, struct complaint *complaint);

int hvm_build(struct pv_domain *domain, struct complaint *complaint);
/* Of that, what a saved domain does not bring along: how its timers are. */
int hvm_set_board(const struct pv_domain *domain, struct complaint *complaint);

/*
 * PV step by step, for libxenguest, in the order of these functions; each once. Only `domain`
 * is filled in by the caller, who keeps what it points to until pv_forget(), which may come after
 * any step. pv_place() and pv_take_memory() may change places.
 */
struct pv_work {
	struct pv_domain *domain;
	struct pv_layout layout; /* from pv_place() on */
	xen_pfn_t *p2m;		 /* from pv_take_memory() on: nr_pages entries */
	size_t p2m_bytes;
	xen_pfn_t shared_info_mfn;
	/* While contents are written: foreign pages, spans front and behind, then shared_info. */
	uint8_t *window;
	struct pfn_span front, behind;
};

#define PV_FILES 1 /* kernel and ramdisk */
#define PV_STATE 2 /* everything else the kernel finds */

int pv_place(struct pv_work *work, struct complaint *complaint);
int pv_take_memory(struct pv_work *work, struct complaint *complaint);
void pv_tell_rings(const struct pv_work *work); /* store_mfn and console_mfn of the domain */
int pv_write(struct pv_work *work, unsigned int parts, struct complaint *complaint);
int pv_start(const struct pv_work *work, struct complaint *complaint);
/* Then pv_seed_grants(). */
void pv_forget(struct pv_work *work);

/* Parts of pv_build(), a file each. */
int pv_populate(xc_interface *xc, uint32_t domid, uint64_t nr_pages, xen_pfn_t *p2m,
		struct complaint *complaint);
int pv_seed_grants(const struct pv_domain *domain, struct complaint *complaint);
int pv_start_context(const struct pv_domain *domain, const struct pv_layout *layout,
		     xen_pfn_t root_mfn, struct complaint *complaint);
int pv_init_hypercall_page(uint32_t domid, xen_pfn_t mfn, struct complaint *complaint);
int pvh_populate(const struct pv_domain *domain, const struct pvh_layout *layout,
		 struct complaint *complaint);
int pvh_write(const struct pv_domain *domain, const struct pvh_layout *layout,
	      struct complaint *complaint);
int pvh_set_params(const struct pv_domain *domain, struct complaint *complaint);
/*
 * vCPU 0's registers, ebx showing the start information; of PVH also all vCPUs' memory types, which
 * an HVM guest's firmware sets.
 */
int pvh_start_context(const struct pv_domain *domain, uint64_t start_info,
		      struct complaint *complaint);
/* Memory from one PFN up to another, in the biggest extents there are. */
int pvh_give_span(const struct pv_domain *domain, uint64_t pfn, uint64_t end, unsigned int flags);
/* Before memory is populated on demand (XENMEMF_populate_on_demand). */
int pvh_prepare_demand(const struct pv_domain *domain, struct complaint *complaint);
int pvh_out_of_memory(const struct pv_domain *domain, struct complaint *complaint);
/* The page directory some CPUs walk for a guest without paging: 1024 entries. */
void pvh_write_ident_pt(uint32_t *entry);
int hvm_write(const struct pv_domain *domain, const struct hvm_layout *layout,
	      struct complaint *complaint);

/*
 * Runs write() in a child whose end unmaps all it has mapped at once. Its complaint is handed on;
 * -EIO if it failed or died.
 */
int write_in_child(int (*write)(void *data, struct complaint *complaint), void *data,
		   struct complaint *complaint);
/* Copies a segment to where it lies in mapped memory, and clears what it has beyond the file. */
void image_copy_segment(const struct image *image, const struct image_segment *segment,
			uint8_t *to);

/*
 * The path of a program of lib/serai, seen from this program or the library this is in; -ENOENT if
 * Serai is not installed whole.
 */
int program_beside(char *path, size_t room, const char *name);

/* Copy and clear without the string instructions, whose cost per byte is high on emulated CPUs. */
void bulk_copy(void *to, const void *from, size_t bytes);
void bulk_clear(void *to, size_t bytes);

#endif
