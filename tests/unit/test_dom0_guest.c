// sources: dom0-tools/lib/guest/*.c dom0-tools/build/*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Idom0-tools -Idom0-tools/lib/include
// libs: -lz
/* SPDX-License-Identifier: MIT */
/*
 * libxenguest over a machine of a few MiB whose frames are a file, so that what the builder's child
 * writes is seen here: each step's effect, the order of steps, and what is refused.
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
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <xen/elfnote.h>
#include "build/build.h"
#include <xencall.h>
#include <xenforeignmemory.h>
#include <xenguest.h>

#define BASE	   0xffffffff80000000ull
#define DOMID	   7
#define MIB	   12
#define NR_PAGES   (MIB << 8)
#define FIRST_MFN  1000
#define SHARED_MFN (FIRST_MFN + NR_PAGES)
#define NR_FRAMES  (NR_PAGES + 1)

/* ---- the machine ---- */

static int machine_fd = -1;
static uint8_t *machine; /* frame FIRST_MFN and on */
static unsigned int given, to_give;
static grant_entry_v1_t *grants;
static xen_pfn_t pinned;
static vcpu_guest_context_x86_64_t context;
static unsigned long claimed, most_claimed;
static int nr_maps;
static uint64_t map_size;
static char told[XC_MAX_ERROR_MSG_LEN];
static int told_code;
static const char *capabilities;
static uint64_t hypercall_gmfn;
static struct xen_domctl call_buffer;
#define XC ((xc_interface *)&machine)

static void *frame(xen_pfn_t mfn)
{
	assert_in_range(mfn, FIRST_MFN, FIRST_MFN + NR_FRAMES - 1);
	return machine + (mfn - FIRST_MFN) * 4096;
}

void xc_report_error(xc_interface *xch, int code, const char *fmt, ...);
void xc_report_error(xc_interface *xch, int code, const char *fmt, ...)
{
	va_list args;

	assert_ptr_equal(xch, XC);
	va_start(args, fmt);
	vsnprintf(told, sizeof(told), fmt, args);
	va_end(args);
	told_code = code;
}

int xc_version(xc_interface *xch, int cmd, void *arg)
{
	if (cmd == XENVER_capabilities)
		strcpy(arg, capabilities);
	return cmd == XENVER_version ? 0x40011 : 0;
}

int xc_domain_claim_pages(xc_interface *xch, uint32_t domid, unsigned long nr_pages)
{
	claimed = nr_pages;
	most_claimed = nr_pages > most_claimed ? nr_pages : most_claimed;
	return 0;
}

/* Frames from the last to the first, so that no PFN is by chance its frame's place. */
int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid, unsigned long nr, unsigned int order,
			       unsigned int flags, xen_pfn_t *extents)
{
	unsigned long i;

	assert_int_equal(domid, DOMID);
	for (i = 0; i < nr && given + (1u << order) <= to_give; i++) {
		given += 1u << order;
		extents[i] = FIRST_MFN + NR_PAGES - given;
	}
	return i;
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first, unsigned int max, xc_domaininfo_t *info)
{
	info->domain = DOMID;
	info->shared_info_frame = SHARED_MFN;
	return 1;
}

int xc_mmuext_op(xc_interface *xch, struct mmuext_op *op, unsigned int nr, uint32_t domid)
{
	assert_int_equal(op->cmd, MMUEXT_PIN_L4_TABLE);
	pinned = op->arg1.mfn;
	return 0;
}

int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid, struct e820entry entries[], uint32_t nr)
{
	assert_int_equal(nr, 1);
	map_size = entries->size;
	return 0;
}

int xc_vcpu_setcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu, vcpu_guest_context_any_t *any)
{
	context = any->x64;
	return 0;
}

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger, unsigned flags)
{
	return (void *)&machine_fd;
}

int xenforeignmemory_close(xenforeignmemory_handle *handle)
{
	return 0;
}

void *xenforeignmemory_map(xenforeignmemory_handle *handle, uint32_t dom, int prot, size_t pages,
			   const xen_pfn_t arr[], int err[])
{
	uint8_t *window = mmap(NULL, pages * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; i < pages; i++)
		mmap(window + i * 4096, 4096, prot, MAP_SHARED | MAP_FIXED, machine_fd, (arr[i] - FIRST_MFN) * 4096);
	return window;
}

xenforeignmemory_resource_handle *xenforeignmemory_map_resource(xenforeignmemory_handle *handle, domid_t domid,
								unsigned int type, unsigned int id,
								unsigned long at, unsigned long nr, void **paddr,
								int prot, int flags)
{
	nr_maps++;
	*paddr = grants;
	return (void *)grants;
}

int xenforeignmemory_unmap_resource(xenforeignmemory_handle *handle, xenforeignmemory_resource_handle *resource)
{
	nr_maps--;
	return 0;
}

xencall_handle *xencall_open(struct xentoollog_logger *logger, unsigned flags)
{
	return (void *)&call_buffer;
}

int xencall_close(xencall_handle *handle)
{
	return 0;
}

void *xencall_alloc_buffer(xencall_handle *handle, size_t size)
{
	return &call_buffer;
}

void xencall_free_buffer(xencall_handle *handle, void *buffer)
{
}

int xencall1(xencall_handle *handle, unsigned int op, uint64_t arg)
{
	hypercall_gmfn = call_buffer.u.hypercall_init.gmfn;
	return 0;
}

/* ---- a kernel of one page of code and three of zeroes ---- */

static struct kernel {
	Elf64_Ehdr header;
	Elf64_Phdr load, note;
	uint8_t notes[512];
	uint8_t code[4096];
} k;
static uint8_t ramdisk[10000];

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

static void make_kernel(void)
{
	memset(&k, 0, sizeof(k));
	memcpy(k.header.e_ident, ELFMAG, SELFMAG);
	k.header.e_ident[EI_CLASS] = ELFCLASS64;
	k.header.e_ident[EI_DATA] = ELFDATA2LSB;
	k.header.e_type = ET_EXEC;
	k.header.e_machine = EM_X86_64;
	k.header.e_phoff = offsetof(struct kernel, load);
	k.header.e_phentsize = sizeof(Elf64_Phdr);
	k.header.e_phnum = 2;
	k.load = (Elf64_Phdr){ PT_LOAD, 7, offsetof(struct kernel, code), BASE + 0x100000, 0x100000, 4096, 16384, 4096 };
	k.note = (Elf64_Phdr){ PT_NOTE, 4, offsetof(struct kernel, notes), 0, 0, 0, 0, 4 };
	add_note(XEN_ELFNOTE_XEN_VERSION, "xen-3.0", 8);
	add_number(XEN_ELFNOTE_VIRT_BASE, BASE);
	add_number(XEN_ELFNOTE_ENTRY, BASE + 0x100123);
	add_number(XEN_ELFNOTE_HYPERCALL_PAGE, BASE + 0x101000);
	add_number(XEN_ELFNOTE_MOD_START_PFN, 1);
	memset(k.code, 0xc3, sizeof(k.code));
}

static int setup(void **state)
{
	make_kernel();
	for (unsigned int i = 0; i < sizeof(ramdisk); i++)
		ramdisk[i] = i % 251;
	machine_fd = memfd_create("machine", MFD_CLOEXEC);
	assert_int_equal(ftruncate(machine_fd, NR_FRAMES * 4096), 0);
	machine = mmap(NULL, NR_FRAMES * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, machine_fd, 0);
	memset(machine, 0xaa, NR_FRAMES * 4096);
	grants = calloc(1, 4096);
	given = told_code = nr_maps = 0;
	to_give = NR_PAGES;
	claimed = most_claimed = pinned = hypercall_gmfn = map_size = 0;
	told[0] = 0;
	capabilities = "xen-3.0-x86_64 hvm-3.0-x86_64";
	return 0;
}

static int teardown(void **state)
{
	munmap(machine, NR_FRAMES * 4096);
	close(machine_fd);
	free(grants);
	assert_int_equal(nr_maps, 0);
	return 0;
}

static void refused(int result, int error, const char *word)
{
	assert_int_equal(result, -1);
	assert_int_equal(errno, error);
	assert_non_null(strstr(told, word));
	told[0] = 0;
}

static struct xc_dom_image *begin(void)
{
	struct xc_dom_image *dom = xc_dom_allocate(XC, "console=hvc0 quiet", NULL);

	assert_non_null(dom);
	assert_int_equal(dom->container_type, XC_DOM_PV_CONTAINER);
	dom->console_evtchn = 5;
	dom->xenstore_evtchn = 6;
	dom->xenstore_domid = 3;
	return dom;
}

/* Up to memory. */
static struct xc_dom_image *begin_with_memory(void)
{
	struct xc_dom_image *dom = begin();

	assert_int_equal(xc_dom_kernel_mem(dom, &k, sizeof(k)), 0);
	assert_int_equal(xc_dom_boot_xen_init(dom, XC, DOMID), 0);
	assert_int_equal(xc_dom_parse_image(dom), 0);
	assert_int_equal(xc_dom_mem_init(dom, MIB), 0);
	assert_int_equal(xc_dom_boot_mem_init(dom), 0);
	return dom;
}

/* The frame the first page tables show at an address. */
static xen_pfn_t walk(xen_pfn_t root, uint64_t virt)
{
	xen_pfn_t mfn = root;

	for (int level = 3; level >= 0; level--) {
		uint64_t entry = ((uint64_t *)frame(mfn))[virt >> (12 + 9 * level) & 511];

		assert_true(entry & 1);
		mfn = entry << 12 >> 24;
	}
	return mfn;
}

static void check_files(struct xc_dom_image *dom)
{
	uint8_t zeroes[4096] = { 0 };

	assert_memory_equal(frame(xc_dom_p2m(dom, 0x100)), k.code, 4096);
	assert_memory_equal(frame(xc_dom_p2m(dom, 0x102)), zeroes, 4096);
	for (unsigned int page = 0; page < 3; page++)
		assert_memory_equal(frame(xc_dom_p2m(dom, dom->modules[0].seg.pfn + page)), ramdisk + page * 4096,
				    page < 2 ? 4096 : sizeof(ramdisk) - 8192);
}

static void check_start_info(struct xc_dom_image *dom)
{
	start_info_t *info = frame(xc_dom_p2m(dom, dom->start_info_pfn));

	assert_string_equal(info->magic, "xen-3.0-x86_64");
	assert_int_equal(info->nr_pages, NR_PAGES);
	assert_int_equal(info->flags, SIF_PRIVILEGED | SIF_MOD_START_PFN);
	assert_int_equal(info->shared_info, (uint64_t)SHARED_MFN << 12);
	assert_int_equal(info->console.domU.mfn, xc_dom_p2m(dom, dom->console_pfn));
	assert_int_equal(info->console.domU.evtchn, 5);
	assert_int_equal(info->store_evtchn, 6);
	assert_int_equal(info->mod_start, dom->initrd_start);
	assert_int_equal(info->mod_len, sizeof(ramdisk));
	assert_int_equal(info->pt_base, dom->pgtables_seg.vstart);
	assert_int_equal(info->mfn_list, dom->p2m_seg.vstart);
	assert_string_equal((char *)info->cmd_line, "console=hvc0 quiet");
}

static void check_start_state(struct xc_dom_image *dom)
{
	assert_int_equal(pinned, xc_dom_p2m(dom, dom->pgtables_seg.pfn));
	assert_int_equal(context.ctrlreg[3], (uint64_t)pinned << 12);
	assert_int_equal(context.user_regs.rip, xc_dom_virt_entry(dom));
	assert_int_equal(walk(pinned, context.user_regs.rip), xc_dom_p2m(dom, 0x100));
	assert_int_equal(walk(pinned, context.user_regs.rsi), xc_dom_p2m(dom, dom->start_info_pfn));
	assert_int_equal(walk(pinned, context.user_regs.rsp - 1), xc_dom_p2m(dom, dom->bootstack_pfn));
	assert_int_equal(hypercall_gmfn, xc_dom_p2m(dom, 0x101));
}

static void a_domain_is_built_step_by_step(void **state)
{
	struct xc_dom_image *dom;

	assert_int_equal(xc_dom_loginit(XC), 0);
	dom = begin_with_memory();
	assert_int_equal(xc_dom_kernel_check_size(dom, sizeof(k)), 0);
	assert_string_equal(dom->guest_type, "xen-3.0-x86_64");
	assert_int_equal(dom->kernel_seg.vstart, BASE + 0x100000);
	assert_int_equal(dom->xen_version, 0x40011);
	assert_int_equal(xc_dom_virt_base(dom), BASE);
	assert_int_equal(xc_dom_virt_hypercall(dom), BASE + 0x101000);
	assert_false(xc_dom_translated(dom));
	assert_int_equal(xc_dom_p2m(dom, NR_PAGES), INVALID_MFN);
	assert_int_equal(xc_dom_module_mem(dom, ramdisk, sizeof(ramdisk), NULL), 0);
	assert_int_equal(xc_dom_build_image(dom), 0);
	check_files(dom);
	assert_int_equal(pinned, 0);
	dom->flags = SIF_PRIVILEGED;
	assert_int_equal(xc_dom_boot_image(dom), 0);
	check_start_info(dom);
	check_start_state(dom);
	check_files(dom);
	assert_int_equal(xc_dom_gnttab_init(dom), 0);
	assert_int_equal(grants[GNTTAB_RESERVED_XENSTORE].domid, 3);
	assert_int_equal(grants[GNTTAB_RESERVED_CONSOLE].frame, xc_dom_p2m(dom, dom->console_pfn));
	assert_int_equal(most_claimed, 0);
	assert_int_equal(map_size, 0); /* the caller's */
	assert_string_equal(told, "");
	xc_dom_release(dom);
}

static void files_may_go_after_build_image_and_ports_come_before_boot_image(void **state)
{
	struct kernel *kernel = malloc(sizeof(k));
	struct xc_dom_image *dom = begin();
	start_info_t *info;

	memcpy(kernel, &k, sizeof(k));
	dom->claim_enabled = 1;
	assert_int_equal(xc_dom_kernel_mem(dom, kernel, sizeof(k)), 0);
	assert_int_equal(xc_dom_boot_xen_init(dom, XC, DOMID), 0);
	assert_int_equal(xc_dom_parse_image(dom), 0);
	assert_int_equal(xc_dom_mem_init(dom, MIB), 0);
	assert_int_equal(xc_dom_boot_mem_init(dom), 0);
	assert_int_equal(most_claimed, NR_PAGES);
	assert_int_equal(claimed, 0);
	assert_int_equal(xc_dom_build_image(dom), 0);
	free(kernel);
	dom->console_evtchn = 9;
	dom->cmdline = NULL;
	assert_int_equal(xc_dom_boot_image(dom), 0);
	info = frame(xc_dom_p2m(dom, dom->start_info_pfn));
	assert_int_equal(info->console.domU.evtchn, 9);
	assert_int_equal(info->cmd_line[0], 0);
	assert_int_equal(info->mod_len, 0);
	xc_dom_release(dom);
}

/* Needs the unpacking program of the build tree. */
static void a_compressed_kernel_in_memory_is_unpacked(void **state)
{
	static uint8_t packed[sizeof(k) + 100];
	z_stream z = { .next_in = (uint8_t *)&k, .avail_in = sizeof(k), .next_out = packed,
		       .avail_out = sizeof(packed) };
	struct xc_dom_image *dom = begin();

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(xc_dom_kernel_mem(dom, packed, z.total_out), 0);
	deflateEnd(&z);
	memset(packed, 0, sizeof(packed));
	assert_int_equal(xc_dom_parse_image(dom), 0);
	assert_int_equal(xc_dom_virt_entry(dom), BASE + 0x100123);
	xc_dom_release(dom);
}

static void write_file(char *path, const void *data, size_t bytes)
{
	int fd = mkstemp(path);

	assert_int_equal(write(fd, data, bytes), bytes);
	close(fd);
}

static void one_call_builds_from_files(void **state)
{
	char kernel[] = "/tmp/serai-guest-kernel-XXXXXX", disk[] = "/tmp/serai-guest-ramdisk-XXXXXX";
	unsigned long store = 0, console = 0;
	start_info_t *info;

	write_file(kernel, &k, sizeof(k));
	write_file(disk, ramdisk, sizeof(ramdisk));
	/* A program that collects no children does not disturb. */
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(xc_linux_build(XC, DOMID, MIB, kernel, disk, "one", NULL, 0, 6, &store, 5, &console), 0);
	signal(SIGCHLD, SIG_DFL);
	info = frame(walk(pinned, context.user_regs.rsi));
	assert_string_equal((char *)info->cmd_line, "one");
	assert_int_equal(info->store_mfn, store);
	assert_int_equal(grants[GNTTAB_RESERVED_CONSOLE].frame, console);
	refused(xc_linux_build(XC, DOMID, MIB, "/nowhere", NULL, "", NULL, 0, 6, &store, 5, &console), ENOENT, "/nowhere");
	refused(xc_linux_build(XC, DOMID, MIB, kernel, "/nothing", "", NULL, 0, 6, &store, 5, &console), ENOENT,
		"/nothing");
	unlink(kernel);
	unlink(disk);
}

static void count_phase(void *data, const char *name)
{
	++*(int *)data;
}

/* As xl does. */
static void the_builder_does_all_at_once(void **state)
{
	struct complaint why = { "" };
	int phases = 0;
	struct image image;
	struct pv_domain domain = { .xc = XC, .domid = DOMID, .image = &image, .nr_pages = NR_PAGES, .map_bytes = 16 << 20,
				    .cmdline = "all", .ramdisk = ramdisk, .ramdisk_bytes = sizeof(ramdisk),
				    .store_domid = 3, .store_port = 6, .console_port = 5, .phase = count_phase,
				    .phase_data = &phases };
	start_info_t *info;

	assert_int_equal(image_open_memory(&image, &k, sizeof(k), &why), 0);
	assert_int_equal(pv_build(&domain, &why), 0);
	info = frame(walk(pinned, context.user_regs.rsi));
	assert_string_equal((char *)info->cmd_line, "all");
	assert_int_equal(info->flags, SIF_MOD_START_PFN);
	assert_int_equal(info->mod_len, sizeof(ramdisk));
	assert_int_equal(info->store_mfn, domain.store_mfn);
	assert_memory_equal(frame(walk(pinned, BASE + 0x100000)), k.code, 4096);
	assert_int_equal(grants[GNTTAB_RESERVED_XENSTORE].frame, domain.store_mfn);
	assert_int_equal(grants[GNTTAB_RESERVED_CONSOLE].frame, info->console.domU.mfn);
	assert_int_equal(map_size, 16 << 20);
	assert_int_equal(phases, 3);
	domain.nr_pages = 16;
	assert_int_equal(pv_build(&domain, &why), -ENOMEM);
	assert_int_equal(given, NR_PAGES);
	image_close(&image);
}

static void steps_out_of_order_are_refused(void **state)
{
	struct xc_dom_image *dom = begin();

	refused(xc_dom_parse_image(dom), EINVAL, "xc_dom_kernel_file");
	refused(xc_dom_boot_mem_init(dom), EINVAL, "xc_dom_boot_xen_init");
	refused(xc_dom_build_image(dom), EINVAL, "xc_dom_boot_mem_init");
	refused(xc_dom_boot_image(dom), EINVAL, "xc_dom_build_image");
	refused(xc_dom_gnttab_init(dom), EINVAL, "xc_dom_build_image");
	refused(xc_dom_mem_init(dom, 0), EINVAL, "no memory");
	xc_dom_release(dom);
	dom = begin_with_memory();
	refused(xc_dom_mem_init(dom, MIB), EINVAL, "already");
	refused(xc_dom_boot_mem_init(dom), EINVAL, "already");
	refused(xc_dom_kernel_mem(dom, &k, sizeof(k)), EINVAL, "already");
	assert_int_equal(xc_dom_build_image(dom), 0);
	refused(xc_dom_module_mem(dom, ramdisk, 5, NULL), EINVAL, "before");
	assert_int_equal(xc_dom_boot_image(dom), 0);
	refused(xc_dom_boot_image(dom), EINVAL, "already");
	xc_dom_release(dom);
	xc_dom_release(NULL);
}

static void what_cannot_be_had_is_said(void **state)
{
	char longest[1025];
	struct xc_dom_image *dom;

	memset(longest, 'x', 1024);
	longest[1024] = 0;
	refused(xc_dom_allocate(XC, longest, NULL) ? 0 : -1, EINVAL, "1023");
	refused(xc_dom_allocate(XC, NULL, "!pae") ? 0 : -1, EOPNOTSUPP, "!pae");
	dom = begin();
	refused(xc_dom_kernel_mem(dom, "no kernel", 9), ENOEXEC, "kernel in memory");
	k.note.p_filesz = 0;
	refused(xc_dom_kernel_mem(dom, &k, sizeof(k)), ENOEXEC, "notes");
	assert_int_equal(told_code, XC_INVALID_KERNEL);
	make_kernel();
	xc_dom_kernel_max_size(dom, 4096);
	refused(xc_dom_kernel_mem(dom, &k, sizeof(k)), E2BIG, "4096");
	xc_dom_kernel_max_size(dom, 0);
	assert_int_equal(xc_dom_kernel_mem(dom, &k, sizeof(k)), 0);
	xc_dom_module_max_size(dom, 9999);
	refused(xc_dom_module_mem(dom, ramdisk, 10000, NULL), E2BIG, "9999");
	refused(xc_dom_module_mem(dom, ramdisk, 0, NULL), EINVAL, "empty");
	refused(xc_dom_module_file(dom, "/tmp", NULL), EINVAL, "not a file");
	refused(xc_dom_module_mem(dom, ramdisk, 5, "words"), EOPNOTSUPP, "command line");
	assert_int_equal(xc_dom_module_mem(dom, ramdisk, 5, NULL), 0);
	refused(xc_dom_module_mem(dom, ramdisk, 5, NULL), EOPNOTSUPP, "one ramdisk");
	dom->container_type = XC_DOM_HVM_CONTAINER;
	refused(xc_dom_parse_image(dom), EOPNOTSUPP, "PV");
	xc_dom_release(dom);
}

static void a_machine_too_small_or_of_another_kind_is_told(void **state)
{
	struct xc_dom_image *dom = begin();

	assert_int_equal(xc_dom_kernel_mem(dom, &k, sizeof(k)), 0);
	assert_int_equal(xc_dom_boot_xen_init(dom, XC, DOMID), 0);
	assert_int_equal(xc_dom_parse_image(dom), 0);
	assert_int_equal(xc_dom_mem_init(dom, MIB), 0);
	to_give = NR_PAGES - 1;
	dom->claim_enabled = 1;
	refused(xc_dom_boot_mem_init(dom), ENOMEM, "out of memory");
	assert_int_equal(told_code, XC_OUT_OF_MEMORY);
	assert_int_equal(claimed, 0);
	xc_dom_release(dom);
	given = 0;
	to_give = NR_PAGES;
	capabilities = "xen-3.0-x86_64p hvm-3.0-x86_64";
	dom = begin_with_memory();
	assert_int_equal(xc_dom_compat_check(dom), 0);
	assert_int_equal(xc_dom_module_mem(dom, ramdisk, sizeof(ramdisk), NULL), 0);
	assert_int_equal(xc_dom_build_image(dom), 0);
	refused(xc_dom_boot_image(dom), EOPNOTSUPP, "does not run");
	xc_dom_release(dom);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_domain_is_built_step_by_step),
		CASE(files_may_go_after_build_image_and_ports_come_before_boot_image),
		CASE(a_compressed_kernel_in_memory_is_unpacked),
		CASE(one_call_builds_from_files),
		CASE(the_builder_does_all_at_once),
		CASE(steps_out_of_order_are_refused),
		CASE(what_cannot_be_had_is_said),
		CASE(a_machine_too_small_or_of_another_kind_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
