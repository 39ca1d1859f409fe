/* SPDX-License-Identifier: MIT */
/* The small tables of page-table isolation: asm/xpti.h. */
#include <hv/mm.h>
#include <hv/smp.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/page.h>
#include <asm/spec_ctrl.h>
#include <asm/system.h>
#include <asm/xpti.h>

extern char _sentry[], _eentry[], syscall_slots[];

/* How the hypervisor's own tables map the page at va: as an L1 entry, whatever the size there. */
static pte_t own_entry(uint64_t va)
{
	const pte_t *t = idle_pg_table;
	unsigned int level = 4;
	uint64_t flags;
	pte_t e;

	for (;; level--) {
		e = pte_read(&t[PT_INDEX(va, level)]);
		BUG_ON(!pte_present(e));
		if (level == 1 || (level < 4 && (e.e & PTE_PSE)))
			break;
		t = mfn_to_virt(pte_mfn(e));
	}
	flags = pte_flags(e) & ~(PTE_GLOBAL | (level > 1 ? PTE_PSE : 0));
	return mk_pte(_mfn(mfn_x(pte_mfn(e)) + ((va & ((1ul << PT_SHIFT(level)) - 1)) >> PAGE_SHIFT)), flags);
}

/* The page at va appears in the small table where it is in the full one. */
static bool map_same(pte_t *root, uint64_t va)
{
	pte_t *t = root;

	for (unsigned int level = 4; level > 1; level--) {
		pte_t *slot = &t[PT_INDEX(va, level)];

		if (!pte_present(*slot)) {
			void *table = alloc_xen_page();

			if (!table)
				return false;
			*slot = mk_pte(virt_to_mfn(table), PTE_PRESENT | PTE_RW | PTE_ACCESSED);
		}
		t = mfn_to_virt(pte_mfn(*slot));
	}
	t[PT_INDEX(va, 1)] = own_entry(va);
	return true;
}

static bool map_range(pte_t *root, const void *from, const void *end)
{
	for (uint64_t va = (uint64_t)from & PAGE_MASK; va < (uint64_t)end; va += PAGE_SIZE)
		if (!map_same(root, va))
			return false;
	return true;
}

static bool map_page(pte_t *root, const void *page)
{
	return map_range(root, page, (const char *)page + PAGE_SIZE);
}

/* What this CPU needs to get in and out. Memory stays taken if it is not enough: the CPU is not used then. */
bool xpti_cpu_prepare(struct cpu_info *ci)
{
	const char *stack = (const char *)((uint64_t)ci & ~(STACK_SIZE - 1ul));
	pte_t *user, *kernel;

	if (!spec_plan.xpti_dom0 && !spec_plan.xpti_domu)
		return true;
	user = alloc_xen_page();
	kernel = alloc_xen_page();
	if (!user || !kernel)
		return false;
	if (!map_range(user, _sentry, _eentry) || !map_page(user, syscall_slots) || !map_page(user, cpu_idt_page()) ||
	    !map_page(user, cpu_tss_page(ci->processor_id)) || !map_range(user, stack, stack + STACK_SIZE))
		return false;
	user[PT_INDEX(RO_MPT_VIRT_START, 4)] = idle_pg_table[PT_INDEX(RO_MPT_VIRT_START, 4)];
	memcpy(kernel, user, PAGE_SIZE);
	ci->xpti_root[0] = virt_to_maddr(user);
	ci->xpti_root[1] = virt_to_maddr(kernel);
	return true;
}

void xpti_boot_init(void)
{
	if (!xpti_cpu_prepare(get_cpu_info()))
		panic("XPTI: no memory for the boot CPU's tables");
}

/* Others may be writing: these are aligned quadwords, each read and written in one piece (SDM vol. 3, "Guaranteed Atomic
 * Operations"). */
static void copy_entries(pte_t *to, const pte_t *from, unsigned int first, unsigned int end)
{
	unsigned long nr = end - first;

	to += first;
	from += first;
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(nr)::"memory");
}

void xpti_copy_root(unsigned long mode)
{
	struct cpu_info *ci = get_cpu_info();
	uint64_t cr3 = read_cr3();
	const pte_t *from = maddr_to_virt(cr3);
	pte_t *to = maddr_to_virt(ci->xpti_root[mode]);

	/* Ordering: first the number. What changes while it is copied makes the copy old at once. */
	ci->xpti_generation[mode] = __atomic_load_n(&current->domain->arch.l4_generation, __ATOMIC_SEQ_CST);
	copy_entries(to, from, 0, HV_SLOT_FIRST);
	copy_entries(to, from, HV_SLOT_END, PT_ENTRIES);
	copy_entries(to, from, PT_INDEX(PERDOMAIN_START, 4), PT_INDEX(PERDOMAIN_START, 4) + 1);
	ci->xpti_copied[mode] = cr3;
}
