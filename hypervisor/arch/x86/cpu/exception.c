/* SPDX-License-Identifier: MIT */
/*
 * Exceptions taken in the hypervisor itself. A few places may fault by design and say so in the
 * exception table (guest copies, rdmsr_safe, IRET to a guest); anything else is our own bug and ends
 * in a report a person can act on.
 */
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/smp.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/msr.h>
#include <asm/pv.h>

struct extable_entry {
	uint64_t from, to;
};
extern const struct extable_entry __extable_start[], __extable_end[];
extern char guest_iretq[], guest_iretq_fast[], guest_verw_iretq[], _stext[], _etext[];

static const char *const trap_names[32] = {
	"divide error", "debug", "NMI", "breakpoint", "overflow", "bounds", "invalid opcode",
	"device not available", "double fault", "coprocessor segment", "invalid TSS",
	"segment not present", "stack fault", "general protection fault", "page fault", "spurious",
	"FPU error", "alignment check", "machine check", "SIMD error", "virtualization", "control protection",
};

void show_registers(const struct cpu_user_regs *r)
{
	printk("RIP:    %04x:[<%016lx>]  RFLAGS: %016lx  CPU: %u\n", r->cs, r->rip, r->rflags,
	       smp_processor_id());
	printk("rax: %016lx   rbx: %016lx   rcx: %016lx\n", r->rax, r->rbx, r->rcx);
	printk("rdx: %016lx   rsi: %016lx   rdi: %016lx\n", r->rdx, r->rsi, r->rdi);
	printk("rbp: %016lx   rsp: %04x:%016lx   r8:  %016lx\n", r->rbp, r->ss, r->rsp, r->r8);
	printk("r9:  %016lx   r10: %016lx   r11: %016lx\n", r->r9, r->r10, r->r11);
	printk("r12: %016lx   r13: %016lx   r14: %016lx\n", r->r12, r->r13, r->r14);
	printk("r15: %016lx   cr0: %016lx   cr4: %016lx\n", r->r15, read_cr0(), read_cr4());
	printk("cr3: %016lx   cr2: %016lx\n", read_cr3(), read_cr2());
}

/* Words on the stack that look like return addresses into our text: `addr2line -e serai-syms` them. */
void show_stack(const struct cpu_user_regs *r)
{
	uint64_t top = (r->rsp | (STACK_SIZE - 1)) + 1;
	unsigned int shown = 0;

	if ((r->cs & 3) || (r->rsp & 7))
		return;
	printk("Calls on the stack (addr2line -e build/boot/serai):\n");
	for (uint64_t p = r->rsp; p < top - 8 && shown < 24; p += 8) {
		uint64_t w = *(uint64_t *)p;

		if (w >= (uint64_t)_stext && w < (uint64_t)_etext) {
			printk("   [<%016lx>]\n", w);
			shown++;
		}
	}
}

void fatal_exception(struct cpu_user_regs *regs)
{
	unsigned int vec = regs->entry_vector & 0xff;

	console_start_sync();
	printk("*** Fatal exception %u (%s), error code %#x ***\n", vec,
	       vec < 32 && trap_names[vec] ? trap_names[vec] : "?", regs->error_code);
	show_registers(regs);
	show_stack(regs);
	panic("FATAL TRAP %u in the hypervisor at %#lx", vec, regs->rip);
}

static bool fixup_exception(struct cpu_user_regs *regs)
{
	for (const struct extable_entry *e = __extable_start; e < __extable_end; e++) {
		if (e->from == regs->rip) {
			regs->rip = e->to;
			return true;
		}
	}
	return false;
}

/*
 * IRET to the guest faulted. The CPU pushed this frame over the upper GPR slots of guest_regs, whose
 * RIP..SS are intact; our own copy of the GPRs, lower on the stack, holds the guest's values.
 */
static void __noreturn iret_fault(struct cpu_user_regs *regs)
{
	struct cpu_user_regs *guest = guest_cpu_regs();

	memmove(guest, regs, offsetof(struct cpu_user_regs, error_code));
	guest->entry_vector = 0;
	pv_failsafe(current);
	reset_stack_to_guest();
}

static bool is_guest_iret(uint64_t rip)
{
	return rip == (uint64_t)guest_iretq || rip == (uint64_t)guest_iretq_fast ||
	       rip == (uint64_t)guest_verw_iretq;
}

void do_hv_exception(struct cpu_user_regs *regs)
{
	switch (regs->entry_vector & 0xff) {
	case 1: /* a guest's leftover: watchpoints on guest memory we touched, MOV SS before SYSCALL */
		write_dr6(0xffff0ff0);
		regs->rflags &= ~(uint64_t)X86_EFLAGS_TF;
		return;
	case 2:
		do_nmi(regs);
		return;
	case 18:
		do_machine_check(regs);
		return;
	case 7:
		clts();
		return;
	case 14: /* the LDT window may be touched by our own segment loads */
		if (read_cr2() >= PERDOMAIN_START && read_cr2() < HV_IMAGE_BASE && !is_idle_vcpu(current)) {
			uint64_t base = LDT_VIRT_START(current->vcpu_id), a = read_cr2();

			if (a >= base && a < base + 16 * PAGE_SIZE &&
			    pv_map_ldt_page(current, (unsigned int)((a - base) >> PAGE_SHIFT)))
				return;
		}
		break;
	}
	if (is_guest_iret(regs->rip))
		iret_fault(regs);
	if (fixup_exception(regs))
		return;
	fatal_exception(regs);
}

int rdmsr_safe(uint32_t msr, uint64_t *v)
{
	uint32_t lo, hi;
	int rc;

	__asm__ volatile("1: rdmsr; xor %2, %2; jmp 3f\n"
			 "2: mov %4, %2; xor %0, %0; xor %1, %1\n"
			 "3:\n"
			 ".pushsection .extable, \"a\"; .quad 1b, 2b; .popsection"
			 : "=a"(lo), "=d"(hi), "=&r"(rc)
			 : "c"(msr), "i"(-EFAULT));
	*v = ((uint64_t)hi << 32) | lo;
	return rc;
}

int wrmsr_safe(uint32_t msr, uint64_t v)
{
	int rc;

	__asm__ volatile("1: wrmsr; xor %0, %0; jmp 3f\n"
			 "2: mov %4, %0\n"
			 "3:\n"
			 ".pushsection .extable, \"a\"; .quad 1b, 2b; .popsection"
			 : "=&r"(rc)
			 : "c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)), "i"(-EFAULT)
			 : "memory");
	return rc;
}
