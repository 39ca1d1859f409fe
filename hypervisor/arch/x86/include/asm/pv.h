/* SPDX-License-Identifier: MIT */
/*
 * The paravirtualized vCPU: entering it, delivering to it, changing its mode. Implementation:
 * arch/x86/pv. All functions act on `current` unless they take a vCPU.
 */
#ifndef ASM_PV_H
#define ASM_PV_H

#include <hv/domain.h>
#include <asm/current.h>
#include <asm/layout.h>

#define PV_EXIT_BOUNCE 1u
#define PV_EXIT_NMI    2u
#define PV_EXIT_MCE    4u

/* entry_vector bit: the frame came by SYSCALL and may go back by SYSRET. */
#define TRAP_SYSCALL 0x100u

/* Is this guest frame in the guest kernel (by our bookkeeping, not by selectors)? */
static inline bool pv_guest_kernel_mode(const struct vcpu *v)
{
	return v->arch.pv.kernel_mode;
}

/* Recompute cr3_kernel and cr3_user after guest_table or guest_table_user changed; when v is current
 * and `load`, also loads the one in use (flushing non-global entries). */
void pv_update_cr3(struct vcpu *v, bool load);
/* Recompute slow_syscall and fault_address after callbacks, the trap table, the kernel's stack or vm_assist changed. */
void pv_update_fast_paths(struct vcpu *v);
/* Kernel <-> user: GS bases, CR3, flag. Current only. */
void pv_toggle_mode(struct vcpu *v);
int pv_set_kernel_stack(struct vcpu *v, uint64_t ss, uint64_t sp); /* 0, -EPERM */

/* Deliver an exception through the guest's trap table on the way out. An absent handler crashes the
 * domain. `error_code` is pushed for the vectors that have one. */
void pv_inject_trap(struct vcpu *v, unsigned int vector, uint32_t error_code);
void pv_inject_page_fault(struct vcpu *v, uint64_t cr2, uint32_t error_code);
void pv_raise_nmi(struct vcpu *v); /* any CPU */
void pv_failsafe(struct vcpu *v);

/* Called from entry.S. */
void pv_exit_work(struct cpu_user_regs *regs);
void pv_guest_syscall(struct cpu_user_regs *regs);
void pv_guest_syscall32(struct cpu_user_regs *regs);
void pv_guest_sysenter(struct cpu_user_regs *regs);
void pv_bad_kernel_stack(struct cpu_user_regs *regs);
void pv_no_user_table(struct cpu_user_regs *regs);
void do_guest_exception(struct cpu_user_regs *regs);
void do_hv_exception(struct cpu_user_regs *regs);

/* Privileged instruction in ring 3: 0 done (RIP advanced or a trap is to be injected), -EINVAL: not
 * ours to emulate. */
int pv_emulate_privileged(struct cpu_user_regs *regs);
/* #UD with the "ud2; 'xen'" prefix before CPUID. */
bool pv_emulate_forced_invalid_op(struct cpu_user_regs *regs);
int pv_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val);
int pv_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val);

/* Selectors a guest may hold: ring 3. */
static inline uint16_t pv_fix_selector(uint16_t sel)
{
	return (sel & 3) == 3 || sel < 4 ? sel : (uint16_t)(sel | 3);
}
static inline bool is_canonical(uint64_t a)
{
	return (uint64_t)((int64_t)(a << 16) >> 16) == a;
}
/* An address a guest may be entered at or write to: canonical, outside the hypervisor's hole. */
static inline bool guest_addr_ok(uint64_t a)
{
	return is_canonical(a) && (a < HV_VIRT_START || a >= HV_VIRT_END);
}

/* The emulator's register file from and to a guest frame. RFLAGS keeps what a guest may not change. */
struct emul_regs;
struct emul_exception;
void emul_regs_from_frame(struct emul_regs *r, const struct cpu_user_regs *f);
void emul_regs_to_frame(struct cpu_user_regs *f, const struct emul_regs *r);
void pv_inject_emul_exception(struct vcpu *v, const struct emul_exception *e);

/* VCPUOP_initialise. 0, -EFAULT, or as setting a context. */
int arch_initialise_vcpu(struct vcpu *v, unsigned long guest_context);
int pv_initialise_vcpu(struct vcpu *v, unsigned long guest_context);
extern void *const pv_hypercall_table[], *const hvm_hypercall_table[];
/* Gives v its first page tables, each validated and referenced; user INVALID_MFN: none yet. */
int pv_install_guest_tables(struct vcpu *v, mfn_t kernel, mfn_t user);

/* pv/descriptor.c */
void pv_load_descriptor_tables(struct vcpu *v);
/* Code for kernels that call a hypercall page; `page` is a whole one. */
void pv_write_hypercall_page(void *page);
/* A vCPU's whole state, in pv/vcpu_context.c. It does not run. 0, -EINVAL, -ERESTART (nothing changed). */
struct vcpu_guest_context;
int pv_set_vcpu_context(struct vcpu *v, const struct vcpu_guest_context *c);
void pv_get_vcpu_context(struct vcpu *v, struct vcpu_guest_context *c);
int pv_set_gdt(struct vcpu *v, const uint64_t *frames, unsigned int entries);
void pv_destroy_gdt(struct vcpu *v);
int pv_set_ldt(struct vcpu *v, uint64_t base, unsigned int ents);
/* A fault at an address in the LDT window of current: map the guest's page there. True if done. */
bool pv_map_ldt_page(struct vcpu *v, unsigned int index);
void pv_invalidate_ldt(struct vcpu *v);
/* From entry.S: forget the C stack and run ret_to_guest, or fn, on a fresh one. */
void reset_stack_to_guest(void) __noreturn;
void reset_stack_and_call(void (*fn)(void)) __noreturn;

#endif
