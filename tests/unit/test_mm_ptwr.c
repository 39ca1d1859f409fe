// as: test_core_calls.c
// sources: hypervisor/arch/x86/mm/ptwr.c hypervisor/arch/x86/emul/*.c
// libs: -Wl,--wrap=raw_copy_from_guest
/* SPDX-License-Identifier: MIT */
/*
 * A kernel that writes its L1 tables with ordinary instructions: each form that kernels use does what the
 * instruction does, and no form does what mmu_update would refuse. The guest's code is in its arena; its L1
 * table, pool[3], maps itself read-only at TABLE.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <hv/guest_access.h>
#include <asm/cpu.h>
#include <asm/emul.h>
#include <asm/mm.h>
#include <asm/pv.h>
#include <asm/system.h>
#include <public/version.h>
#include "core_calls.h"

#define TABLE (8ul << PAGE_SHIFT)
#define SLOT  20u /* free in the L1 table */
#define PTE   (PTE_PRESENT | PTE_RW | PTE_USER)

static unsigned int traps, exceptions;

/* ---- what the machine of tests/fuzz has not ---- */

unsigned long __real_raw_copy_from_guest(void *to, guest_ptr_t from, unsigned long len);
unsigned long __wrap_raw_copy_from_guest(void *to, guest_ptr_t from, unsigned long len);
unsigned long __wrap_raw_copy_from_guest(void *to, guest_ptr_t from, unsigned long len)
{
	if ((from & PAGE_MASK) != TABLE || (from & ~PAGE_MASK) + len > PAGE_SIZE)
		return __real_raw_copy_from_guest(to, from, len);
	memcpy(to, (char *)frame_virt(guest->pool[3]) + (from & ~PAGE_MASK), len);
	return 0;
}

void emul_regs_from_frame(struct emul_regs *r, const struct cpu_user_regs *f)
{
	*r = (struct emul_regs){ .gpr = { f->rax, f->rcx, [7] = f->rdi, f->r8 }, .rip = f->rip, .rflags = f->rflags };
}

void emul_regs_to_frame(struct cpu_user_regs *f, const struct emul_regs *r)
{
	f->rax = r->gpr[0];
	f->rcx = r->gpr[1];
	f->rdi = r->gpr[7];
	f->r8 = r->gpr[8];
	f->rip = r->rip;
	f->rflags = r->rflags;
}

void pv_inject_emul_exception(struct vcpu *v, const struct emul_exception *e)
{
	exceptions++;
}

void pv_inject_trap(struct vcpu *v, unsigned int vector, uint32_t error_code)
{
	assert_int_equal(vector, 1);
	traps++;
}

/* ---- a write of the guest ---- */

static struct cpu_user_regs regs;

static pte_t *slot(unsigned int i)
{
	return (pte_t *)frame_virt(guest->pool[3]) + i;
}

/* Runs one instruction that faults at the slot; whether it was ours. rdi names the slot, as the code expects. */
static int run_at(const char *code, size_t len, uint64_t cr2)
{
	int done;

	memset(room(guest, 0), 0x90, 64);
	memcpy(room(guest, 0), code, len);
	regs.rip = (uint64_t)room(guest, 0);
	regs.cs = RING3_CS64;
	hyper_cpu.current_vcpu = guest->d->vcpu[0];
	done = ptwr_emulate(cr2, &regs);
	hyper_cpu.current_vcpu = idle_vcpu[0];
	if (done && !exceptions)
		assert_int_equal(regs.rip, (uint64_t)room(guest, 0) + len);
	hyper_audit();
	return done;
}

#define RUN(code) run_at(code, sizeof(code) - 1, TABLE + SLOT * 8)

static uint64_t own(unsigned int i)
{
	return guest->pool[i] << PAGE_SHIFT | PTE;
}

static uint64_t addr_of(pte_t e)
{
	return mfn_x(pte_mfn(e));
}

static int make(void **state)
{
	struct mmu_update u;

	setup(state);
	u = (struct mmu_update){ guest->pool[3] << PAGE_SHIFT | 8 * 8, guest->pool[3] << PAGE_SHIFT | PTE_PRESENT | PTE_USER };
	assert_int_equal(issue(guest, __HYPERVISOR_mmu_update, arena(guest, &u, sizeof(u)), 1, 0, DOMID_SELF), 0);
	assert_int_equal(issue(guest, __HYPERVISOR_vm_assist, VMASST_CMD_enable, VMASST_TYPE_writable_pagetables, 0, 0), 0);
	memset(&regs, 0, sizeof(regs));
	regs.rdi = TABLE + SLOT * 8;
	traps = exceptions = 0;
	return 0;
}

static void xchg_gives_the_old_entry(void **state)
{
	regs.rax = own(12);
	assert_int_equal(RUN("\x48\x87\x07"), 1); /* xchg %rax,(%rdi) */
	assert_int_equal(regs.rax, 0);
	assert_int_equal(addr_of(*slot(SLOT)), guest->pool[12]);
	regs.rax = own(13);
	assert_int_equal(RUN("\x48\x87\x07"), 1);
	assert_int_equal(regs.rax >> PAGE_SHIFT & 0xffffff, guest->pool[12]);
	regs.r8 = 0;
	assert_int_equal(RUN("\x4c\x87\x07"), 1); /* xchg %r8,(%rdi) */
	assert_int_equal(regs.r8 >> PAGE_SHIFT & 0xffffff, guest->pool[13]);
	assert_int_equal(slot(SLOT)->e, 0);
}

static void each_addressing_form_has_its_length(void **state)
{
	static const struct {
		const char *code;
		size_t len;
	} forms[] = {
		{ "\x48\x87\x47\x00", 4 },		     /* disp8(%rdi) */
		{ "\x48\x87\x87\x00\x00\x00\x00", 7 },	     /* disp32(%rdi) */
		{ "\x48\x87\x04\x27", 4 },		     /* (%rdi) by SIB */
		{ "\x48\x87\x04\x25\xa0\x80\x00\x00", 8 },   /* absolute */
		{ "\x48\x87\x05\x00\x00\x00\x00", 7 },	     /* of %rip: the fault's address is the operand's */
		{ "\xf0\x48\x87\x07", 4 },		     /* lock */
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(forms); i++) {
		regs.rax = i & 1 ? 0 : own(12);
		assert_int_equal(run_at(forms[i].code, forms[i].len, TABLE + SLOT * 8), 1);
		assert_int_equal(slot(SLOT)->e != 0, !(i & 1));
	}
}

static void mov_replaces(void **state)
{
	regs.rax = own(12);
	assert_int_equal(RUN("\x48\x89\x07"), 1); /* mov %rax,(%rdi) */
	assert_int_equal(addr_of(*slot(SLOT)), guest->pool[12]);
	regs.rax = own(13);
	assert_int_equal(RUN("\x48\x89\x07"), 1);
	assert_int_equal(addr_of(*slot(SLOT)), guest->pool[13]);
	regs.rax = 0;
	assert_int_equal(RUN("\x89\x07"), 1); /* mov %eax,(%rdi): the lower half, PRESENT with it */
	assert_false(pte_present(*slot(SLOT)));
}

static void and_clears_flags(void **state)
{
	struct page *pg = frame_page(guest->pool[12]);

	regs.rax = own(12);
	(void)RUN("\x48\x89\x07");
	assert_int_equal(get_page_type(pg, PGT_l1, false), -EINVAL); /* writable somewhere */
	assert_int_equal(RUN("\xf0\x80\x27\xfd"), 1);		     /* lock andb $~2,(%rdi) */
	assert_false(slot(SLOT)->e & PTE_RW);
	assert_false(regs.rflags & 0x40);
	assert_int_equal(RUN("\x80\x27\xdf"), 1); /* accessed */
	/* PRESENT takes more than a flag: references go. */
	assert_int_equal(RUN("\xf0\x80\x27\xfe"), 1);
	assert_false(pte_present(*slot(SLOT)));
	/* What was not present has nothing to lose. */
	assert_int_equal(RUN("\x80\x27\x02"), 1);
	assert_int_equal(slot(SLOT)->e & 0xff, 0);
}

static void cmpxchg_compares(void **state)
{
	regs.rcx = own(12);
	regs.rax = 0;
	assert_int_equal(RUN("\xf0\x48\x0f\xb1\x0f"), 1); /* lock cmpxchg %rcx,(%rdi) */
	assert_true(regs.rflags & 0x40);
	assert_int_equal(addr_of(*slot(SLOT)), guest->pool[12]);
	regs.rcx = own(13);
	regs.rax = 0; /* not what is there */
	assert_int_equal(RUN("\xf0\x48\x0f\xb1\x0f"), 1);
	assert_false(regs.rflags & 0x40);
	assert_int_equal(regs.rax, slot(SLOT)->e);
	assert_int_equal(addr_of(*slot(SLOT)), guest->pool[12]);
	regs.rcx = other->pool[12] << PAGE_SHIFT | PTE; /* another's frame */
	assert_int_equal(RUN("\xf0\x48\x0f\xb1\x0f"), 0);
	assert_int_equal(addr_of(*slot(SLOT)), guest->pool[12]);
}

static void what_mmu_update_refuses_is_refused(void **state)
{
	const uint64_t bad[] = {
		other->pool[12] << PAGE_SHIFT | PTE,		   /* another's frame */
		guest->pool[2] << PAGE_SHIFT | PTE,		   /* its own L2, writable */
		(uint64_t)HYPER_FRAMES << PAGE_SHIFT | PTE,	   /* no frame */
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		regs.rax = bad[i];
		assert_int_equal(RUN("\x48\x89\x07"), 0);
		assert_int_equal(RUN("\x48\x87\x07"), 0);
		assert_int_equal(regs.rax, bad[i]);
		assert_int_equal(slot(SLOT)->e, 0);
	}
}

static void entries_that_l1tf_would_follow_crash_the_guest(void **state)
{
	regs.rax = 0x5000; /* not present, and memory */
	assert_int_equal(RUN("\x48\x89\x07"), 1); /* nobody protects it */
	assert_int_equal(slot(SLOT)->e, 0x5000);
	for (unsigned int i = 0; i < 2; i++) {
		guest->d->arch.l1tf = true;
		regs.rax = 0;
		assert_int_equal(RUN("\x48\x87\x07"), 1); /* clearing is always right */
		assert_int_equal(guest->d->state, DOMAIN_ALIVE);
		regs.rax = 0x5000;
		assert_int_equal(i ? RUN("\x48\x87\x07") : RUN("\x48\x89\x07"), 0);
		assert_int_equal(slot(SLOT)->e, 0);
		assert_int_not_equal(guest->d->state, DOMAIN_ALIVE);
		guest->d->arch.l1tf = false;
		teardown(state);
		make(state);
	}
}

static void only_own_l1_tables_are_written(void **state)
{
	regs.rax = own(12);
	regs.rdi = TABLE + SLOT * 8 + 4; /* across two entries */
	assert_int_equal(run_at("\x48\x89\x07", 3, regs.rdi), 0);
	regs.rdi = 5ul << PAGE_SHIFT; /* a writable page of data */
	assert_int_equal(run_at("\x48\x89\x07", 3, regs.rdi), 0);
	regs.rdi = 99ul << PAGE_SHIFT; /* nothing mapped */
	assert_int_equal(run_at("\x48\x89\x07", 3, regs.rdi), 0);
	regs.rdi = 1ul << 30; /* no table */
	assert_int_equal(run_at("\x48\x89\x07", 3, regs.rdi), 0);
	regs.rdi = HV_VIRT_START;
	assert_int_equal(run_at("\x48\x89\x07", 3, regs.rdi), 0);
	regs.rdi = TABLE + SLOT * 8;
	assert_int_equal(RUN("\x48\x8b\x07"), 1); /* a read needs nothing of us, and gets what is there */
	assert_int_equal(regs.rax, 0);
	(void)issue(guest, __HYPERVISOR_vm_assist, VMASST_CMD_disable, VMASST_TYPE_writable_pagetables, 0, 0);
	regs.rax = own(12);
	assert_int_equal(RUN("\x48\x89\x07"), 0);
	assert_int_equal(slot(SLOT)->e, 0);
}

static void traps_are_the_guests(void **state)
{
	regs.rax = own(12);
	regs.rflags = X86_EFLAGS_TF;
	assert_int_equal(RUN("\x48\x89\x07"), 1);
	assert_int_equal(traps, 1);
	assert_int_equal(addr_of(*slot(SLOT)), guest->pool[12]);
	regs.rflags = 0;
	assert_int_equal(RUN("\xf0\x48\x89\x07"), 1); /* lock mov: undefined */
	assert_int_equal(exceptions, 1);
}

#undef CASE
#define CASE(f) cmocka_unit_test_setup_teardown(f, make, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(xchg_gives_the_old_entry),
		CASE(each_addressing_form_has_its_length),
		CASE(mov_replaces),
		CASE(and_clears_flags),
		CASE(cmpxchg_compares),
		CASE(what_mmu_update_refuses_is_refused),
		CASE(entries_that_l1tf_would_follow_crash_the_guest),
		CASE(only_own_l1_tables_are_written),
		CASE(traps_are_the_guests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
