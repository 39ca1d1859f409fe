/* SPDX-License-Identifier: MIT */
/*
 * Builds the control domain from the boot loader's modules: memory, kernel, initrd, start_info, first
 * page tables, vCPU 0. The layout in the kernel's address space, from VIRT_BASE up:
 *
 *   kernel | start_info | page tables | boot stack | pad to 4 MiB
 *
 * the physical-to-machine table sits at INIT_P2M, its frames and then the initrd's directly after the
 * padded region in pseudo-physical space. Tables are written raw, then taken through the page-type
 * machine like any guest's: what it accepts here is what it guards from now on.
 */
#include <hv/decompress.h>
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <hv/kernel_image.h>
#include <hv/mm.h>
#include <hv/printf.h>
#include <hv/rangeset.h>
#include <hv/string.h>
#include <asm/boot.h>
#include <asm/dom0.h>
#include <asm/mm.h>
#include <asm/platform.h>
#include <asm/pv.h>
#include <public/version.h>

#define REGION_ALIGN (4ul << 20)
#define BOOT_SLACK   (512ul << 10) /* mapped behind the stack, as the ABI promises */

/* ---- memory ---- */

static uint64_t *p2m; /* pfn -> mfn while building; the guest's own copy is made from it */

static void dom0_populate(struct dom0 *b)
{
	uint64_t pfn = 0;
	unsigned int order = 10;

	p2m = alloc_xen_pages(dom0_order(b->nr_pages * 8), 0);
	if (!p2m)
		panic("dom0_mem: no memory for the table of Dom0's %lu frames", b->nr_pages);
	while (pfn < b->nr_pages) {
		struct page *pg = NULL;

		while ((1ul << order) > b->nr_pages - pfn)
			order--;
		while (!(pg = alloc_domain_pages(b->d, order, 0)) && order)
			order--;
		if (!pg)
			panic("dom0_mem: only %lu of Dom0's %lu MiB could be found", pfn >> 8,
			      b->nr_pages >> 8);
		for (uint64_t i = 0; i < (1ul << order); i++, pfn++) {
			p2m[pfn] = mfn_x(page_to_mfn(pg)) + i;
			set_gpfn_from_mfn(_mfn(p2m[pfn]), pfn);
		}
	}
}

void *dom0_pfn_to_virt(struct dom0 *b, uint64_t pfn)
{
	BUG_ON(pfn >= b->nr_pages);
	return mfn_to_virt(_mfn(p2m[pfn]));
}

mfn_t dom0_pfn_to_mfn(struct dom0 *b, uint64_t pfn)
{
	BUG_ON(pfn >= b->nr_pages);
	return _mfn(p2m[pfn]);
}

/* Copies into consecutive pfns; src NULL zeroes. */
static void copy_to_pfns(struct dom0 *b, uint64_t paddr, const void *src, uint64_t len)
{
	while (len) {
		uint64_t off = paddr & (PAGE_SIZE - 1), n = min(len, PAGE_SIZE - off);
		char *dst = (char *)dom0_pfn_to_virt(b, paddr >> PAGE_SHIFT) + off;

		if (src) {
			memcpy(dst, src, n);
			src = (const char *)src + n;
		} else {
			memset(dst, 0, n);
		}
		paddr += n;
		len -= n;
	}
}

/* ---- sizes ---- */

static uint64_t default_pages(void)
{
	uint64_t avail = free_pages_count(), keep = min(avail / 16, 32768ul);

	return avail - keep;
}

static uint64_t wanted_pages(uint64_t needed_to_build)
{
	uint64_t avail = free_pages_count(), nr = opt_dom0_mem >> PAGE_SHIFT;

	if (!nr)
		return default_pages() - needed_to_build;
	if (nr + needed_to_build > avail)
		panic("dom0_mem=%luM is more than the machine has: %lu MiB are free", opt_dom0_mem >> 20,
		      avail >> 8);
	return nr;
}

/* ---- layout ---- */

static void lay_out(struct dom0 *b)
{
	const struct kernel_image *k = &b->image;
	uint64_t kernel_end = ROUNDUP(k->virt_end, PAGE_SIZE), end;

	b->initrd_len = b->initrd ? b->initrd->end - b->initrd->start : 0;
	b->v_start = k->virt_base;
	b->v_start_info = kernel_end;
	b->v_pt = b->v_start_info + PAGE_SIZE;
	b->nr_p2m_frames = PFN_UP(b->nr_pages * 8);
	/* The region's size depends on the tables that map it: settle by iteration. */
	b->nr_pt = 1;
	for (;;) {
		uint64_t need;

		b->v_stack = b->v_pt + b->nr_pt * PAGE_SIZE;
		end = ROUNDUP(b->v_stack + PAGE_SIZE + BOOT_SLACK, REGION_ALIGN);
		need = dom0_tables_needed(b, end);
		if (need <= b->nr_pt)
			break;
		b->nr_pt = need;
	}
	b->v_end = end;
	b->p2m_pfn = (b->v_end - b->v_start) >> PAGE_SHIFT;
	b->initrd_pfn = b->p2m_pfn + b->nr_p2m_frames;
	if (b->initrd_pfn + PFN_UP(b->initrd_len) > b->nr_pages)
		panic("dom0_mem=%luM is too small: kernel, tables and initrd need %lu MiB", b->nr_pages >> 8,
		      (b->initrd_pfn + PFN_UP(b->initrd_len)) >> 8);
}

static void print_layout(const struct dom0 *b)
{
	printk("Dom0 kernel: %#lx -> %#lx, entry %#lx\n", b->image.virt_start, b->image.virt_end,
	       b->image.entry);
	printk(" Init. ramdisk: %lu KiB at pfn %#lx\n", b->initrd_len >> 10, b->initrd_pfn);
	printk(" Phys-Mach map: %#lx (%lu frames at pfn %#lx)\n", b->image.p2m_base, b->nr_p2m_frames,
	       b->p2m_pfn);
	printk(" Start info:    %#lx   Page tables: %#lx -> %#lx   Boot stack: %#lx\n", b->v_start_info,
	       b->v_pt, b->v_stack, b->v_stack);
	printk(" TOTAL:         %#lx -> %#lx\n", b->v_start, b->v_end);
}

/* ---- contents ---- */

static void *segment_window(void *ctx, uint64_t paddr, size_t len)
{
	struct dom0 *b = ctx;

	/* The loader asks page by page. */
	BUG_ON((paddr & (PAGE_SIZE - 1)) + len > PAGE_SIZE);
	return (char *)dom0_pfn_to_virt(b, paddr >> PAGE_SHIFT) + (paddr & (PAGE_SIZE - 1));
}

static void write_hypercall_page(struct dom0 *b)
{
	if (b->image.has_hypercall_page)
		pv_write_hypercall_page(
		    dom0_pfn_to_virt(b, (b->image.hypercall_page - b->v_start) >> PAGE_SHIFT));
}

static void write_p2m(struct dom0 *b)
{
	copy_to_pfns(b, b->p2m_pfn << PAGE_SHIFT, p2m, b->nr_pages * 8);
}

static void write_video(struct dom0_vga_console_info *vga)
{
	vga->video_type = XEN_VGATYPE_TEXT_MODE_3;
	vga->u.text_mode_3.font_height = 16;
	vga->u.text_mode_3.rows = 25;
	vga->u.text_mode_3.columns = 80;
}

static void write_start_info(struct dom0 *b)
{
	struct start_info *si = dom0_pfn_to_virt(b, (b->v_start_info - b->v_start) >> PAGE_SHIFT);

	memset(si, 0, PAGE_SIZE);
	strlcpy(si->magic, "xen-3.0-x86_64", sizeof(si->magic));
	si->nr_pages = b->nr_pages;
	si->shared_info = virt_to_maddr(b->d->shared_info);
	si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
	si->pt_base = b->v_pt;
	si->nr_pt_frames = b->nr_pt;
	si->mfn_list = b->image.p2m_base;
	si->first_p2m_pfn = b->p2m_pfn;
	si->nr_p2m_frames = b->nr_p2m_frames;
	if (b->initrd_len) {
		si->flags |= SIF_MOD_START_PFN;
		si->mod_start = b->initrd_pfn;
		si->mod_len = b->initrd_len;
	}
	si->console.dom0.info_off = sizeof(*si);
	si->console.dom0.info_size = sizeof(struct dom0_vga_console_info);
	write_video((void *)(si + 1));
	strlcpy((char *)si->cmd_line, b->kernel->cmdline, sizeof(si->cmd_line));
}

/* ---- rights ---- */

/* Everything but what the hypervisor drives itself. PCI configuration ports are shared by emulation. */
static void grant_hardware(struct domain *d)
{
	if (rangeset_add(d->ioport_caps, 0, 0xffff) || rangeset_add(d->iomem_caps, 0, ~0ull >> 1) ||
	    rangeset_add(d->irq_caps, 0, ~0u))
		panic("Dom0: no memory for its hardware rights");
	dom0_deny_platform(d);
}

/* ---- all of it ---- */

static void load_kernel_image(struct dom0 *b, void **elf, unsigned int *elf_order)
{
	const struct boot_module *m = b->kernel;
	const char *why = NULL;
	int rc = dom0_unpack_kernel(maddr_to_virt(m->start), m->end - m->start, &b->image, elf, elf_order, &why);

	if (rc)
		panic("Dom0 kernel cannot be loaded: %s", why ? why : "unknown reason");
	if (!b->image.has_p2m_base)
		panic("Dom0 kernel has no INIT_P2M note: kernels that old are not supported");
}

static void start_vcpu(struct dom0 *b, struct vcpu *v)
{
	struct cpu_user_regs *r = &v->arch.regs;
	mfn_t l4 = dom0_pfn_to_mfn(b, (b->v_pt - b->v_start) >> PAGE_SHIFT);
	int rc;

	memset(r, 0, sizeof(*r));
	r->rip = b->image.entry;
	r->rsp = b->v_stack + PAGE_SIZE;
	r->rsi = b->v_start_info;
	r->cs = RING3_CS64;
	r->ss = RING3_DS;
	r->rflags = X86_EFLAGS_IF | X86_EFLAGS_MBS;
	v->arch.pv.kernel_mode = true;
	/* Validation stops for softirqs and goes on where it was. */
	while ((rc = pv_install_guest_tables(v, l4, INVALID_MFN)) == -ERESTART)
		do_softirq();
	if (!rc)
		rc = pv_pin_guest_table(v);
	if (rc)
		panic("Dom0's first page tables were refused by the page-type machine (%d)", rc);
	pv_update_cr3(v, false);
	v->is_initialised = true;
	__atomic_fetch_and(&v->pause_flags, ~(1ul << VPF_DOWN), __ATOMIC_SEQ_CST);
}

static void create_domain(struct dom0 *b)
{
	struct domain_create_args a = {
		.id = 0,
		.privileged = true,
		.max_vcpus = (unsigned int)(opt_dom0_max_vcpus ? opt_dom0_max_vcpus :
								 cpumask_weight(&cpu_online_map)),
		.max_evtchn_port = ~0u >> 1,
		.max_grant_frames = 64,
		.max_maptrack_frames = 1024,
	};

	if (a.max_vcpus > MAX_VIRT_CPUS)
		a.max_vcpus = MAX_VIRT_CPUS;
	if (domain_create(&a, &b->d))
		panic("Dom0: no memory for the domain itself");
	for (unsigned int i = 0; i < a.max_vcpus; i++)
		if (!vcpu_create(b->d, i))
			panic("Dom0: no memory for vCPU %u", i);
	b->d->max_pages = ~0u;
	printk("Dom0 has maximum %u VCPUs\n", a.max_vcpus);
}

static void free_module(const struct boot_module *m)
{
	page_alloc_add(_mfn(PFN_UP(m->start)), _mfn(PFN_DOWN(ROUNDUP(m->end, PAGE_SIZE))));
}

struct domain *dom0_build(void)
{
	static struct dom0 dom0; /* too large for the stack; used once */
	struct dom0 *b = &dom0;
	void *elf;
	unsigned int elf_order;

	if (!boot_info.nr_modules)
		panic("no Dom0 kernel: the boot loader passed no module");
	b->kernel = &boot_info.module[0];
	b->initrd = boot_info.nr_modules > 1 ? &boot_info.module[1] : NULL;
	if (!b->initrd)
		printk("WARNING: no initrd: the boot loader passed the Dom0 kernel only\n");
	printk("*** Building a PV Dom0 ***\n");
	load_kernel_image(b, &elf, &elf_order);
	create_domain(b);
	hardware_domain = b->d;
	b->nr_pages = wanted_pages(2048);
	lay_out(b);
	print_layout(b);
	dom0_populate(b);
	kernel_image_load(&b->image, segment_window, b);
	write_hypercall_page(b);
	free_xen_pages(elf, elf_order);
	if (b->initrd) {
		copy_to_pfns(b, b->initrd_pfn << PAGE_SHIFT, maddr_to_virt(b->initrd->start), b->initrd_len);
		free_module(b->initrd);
	}
	free_module(b->kernel);
	write_p2m(b);
	write_start_info(b);
	dom0_write_tables(b);
	b->d->max_pages = (unsigned int)(opt_dom0_mem_max ? max(opt_dom0_mem_max >> PAGE_SHIFT, b->nr_pages) :
							    ~0u);
	grant_hardware(b->d);
	update_domain_wallclock_time(b->d);
	start_vcpu(b, b->d->vcpu[0]);
	/* Last: everything above names frames through it, and idle CPUs scrub what is free. */
	free_xen_pages(p2m, dom0_order(b->nr_pages * 8));
	p2m = NULL;
	return b->d;
}
