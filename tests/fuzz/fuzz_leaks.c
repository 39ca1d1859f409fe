// sources: tests/fuzz/hyper_*.c hypervisor/common/page_alloc.c hypervisor/common/domain_pages.c hypervisor/common/rangeset.c hypervisor/common/domain.c hypervisor/common/domain_state.c hypervisor/common/domain_watchdog.c hypervisor/common/vcpu.c hypervisor/common/vcpu_op.c hypervisor/common/sched_op.c hypervisor/common/timer.c hypervisor/common/softirq.c hypervisor/common/version.c hypervisor/common/hypercall_stats.c hypervisor/common/keyhandler.c hypervisor/common/dump_domains.c hypervisor/arch/x86/mm/audit.c hypervisor/arch/x86/mm/descriptor.c hypervisor/arch/x86/mm/foreign.c hypervisor/arch/x86/mm/grant.c hypervisor/arch/x86/mm/guest_table.c hypervisor/arch/x86/mm/mmu_update.c hypervisor/arch/x86/mm/mmuext.c hypervisor/arch/x86/mm/l1tf.c hypervisor/arch/x86/mm/mod_entry.c hypervisor/arch/x86/mm/page_ref.c hypervisor/arch/x86/mm/page_type.c hypervisor/arch/x86/mm/pte_refs.c hypervisor/arch/x86/mm/relinquish.c hypervisor/arch/x86/mm/tlb.c hypervisor/arch/x86/mm/update_descriptor.c hypervisor/arch/x86/mm/update_va.c hypervisor/arch/x86/mm/validate.c hypervisor/arch/x86/domain.c hypervisor/arch/x86/hypercall.c hypervisor/arch/x86/pv/domain.c hypervisor/arch/x86/pv/descriptor.c hypervisor/arch/x86/pv/vcpu_context.c hypervisor/arch/x86/pv/callback.c hypervisor/arch/x86/pv/debugreg.c hypervisor/arch/x86/pv/context.c hypervisor/arch/x86/pv/hypercall_page.c hypervisor/arch/x86/cpu/policy.c hypervisor/arch/x86/hvm/viridian_cpuid.c hypervisor/arch/x86/cpu/policy_level.c hypervisor/arch/x86/cpu/fpu.c hypervisor/arch/x86/irq/pirq.c hypervisor/arch/x86/irq/physdev.c hypervisor/arch/x86/time/guest_time.c hypervisor/common/console/*.c hypervisor/common/memory/*.c hypervisor/common/grant/*.c hypervisor/common/event/*.c hypervisor/common/domctl/*.c hypervisor/common/sysctl/*.c hypervisor/common/sched/*.c hypervisor/arch/x86/domctl/*.c hypervisor/lib/strlcpy.c hypervisor/lib/vsnprintf.c hypervisor/lib/parse.c
// cflags: -DUNIT_TEST -DSECTION_SHIFT=11 -DCONFIG_DEBUG -include tests/fuzz/hyper_arch.h
// libs: -Wl,--wrap=hypercall_preempt_check -Wl,--wrap=printk -Wl,--wrap=panic -Wl,--wrap=bug -Wl,--wrap=alloc_xen_pages -Wl,--wrap=alloc_domain_pages -Wl,--wrap=alloc_anon_pages
// options: -max_len=1024 -len_control=0
// runs: 300
// sanitize: memory
/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the same calls as fuzz_hypercalls.c, under MemorySanitizer: whatever the hypervisor copies
 * to a guest was written before, so nothing of its stack or heap leaks; and nothing it decides by is
 * uninitialized.
 */
#include "fuzz_hypercalls.c"
