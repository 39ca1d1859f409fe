/* SPDX-License-Identifier: MIT */
/*
 * The one table of hypercalls: X(number, name, argument count, who, purpose). Prototypes, dispatch,
 * counters and docs/hypercalls.md are made from it. A call that is not here answers -ENOSYS.
 * Handlers take their arguments as unsigned long, exactly as many as the table says.
 *
 * Who may call: PRIV the control domain only (others: -EPERM), PV paravirtualized guests only (others:
 * -ENOSYS), ANY every guest.
 */
#ifndef HV_HYPERCALL_TABLE_H
#define HV_HYPERCALL_TABLE_H

#define NR_HYPERCALLS 64

#define HYPERCALL_TABLE(X)                                                                         \
	X(0, set_trap_table, 1, PV, "registers the guest's exception handlers")                 \
	X(1, mmu_update, 4, PV, "changes page-table entries and machine-to-phys entries")       \
	X(2, set_gdt, 2, PV, "installs the frames of the GDT")                                  \
	X(3, stack_switch, 2, PV, "sets the kernel stack used on entry from user mode")         \
	X(4, set_callbacks, 3, PV, "registers event, failsafe and syscall entry points")        \
	X(5, fpu_taskswitch, 1, PV, "sets or clears the virtual CR0.TS")                        \
	X(6, sched_op_compat, 2, ANY, "old form of sched_op")                                        \
	X(7, platform_op, 1, PRIV, "the control domain's access to platform facilities")        \
	X(8, set_debugreg, 2, PV, "writes a debug register")                                    \
	X(9, get_debugreg, 1, PV, "reads a debug register")                                     \
	X(10, update_descriptor, 2, PV, "writes one entry of a descriptor table")               \
	X(12, memory_op, 2, ANY, "reservations, physical map and machine map")                       \
	X(13, multicall, 2, ANY, "issues a batch of hypercalls")                                     \
	X(14, update_va_mapping, 3, PV, "changes the entry that maps one linear address")       \
	X(15, set_timer_op, 1, ANY, "arms the vCPU's one-shot timer")                                \
	X(17, xen_version, 2, ANY, "version, build and feature information")                         \
	X(18, console_io, 3, ANY, "reads and writes the hypervisor's console")                       \
	X(20, grant_table_op, 3, ANY, "grants: set up, map, unmap, copy")                            \
	X(21, vm_assist, 2, ANY, "turns guest-visible assists on and off")                           \
	X(22, update_va_mapping_otherdomain, 4, PV, "update_va_mapping with a foreign frame")   \
	X(23, iret, 0, PV, "returns from an exception or event")                                \
	X(24, vcpu_op, 3, ANY, "vCPU bring-up, timers, registered areas")                            \
	X(25, set_segment_base, 2, PV, "writes FS or GS base")                                  \
	X(26, mmuext_op, 4, PV, "pins, base pointers, TLB flushes, LDT")                        \
	X(27, xsm_op, 1, ANY, "security module (none is built in)")                                  \
	X(28, nmi_op, 2, PV, "registers an NMI callback")                                           \
	X(29, sched_op, 2, ANY, "yield, block, poll, shutdown, watchdog")                            \
	X(30, callback_op, 2, PV, "registers entry points one by one")                          \
	X(32, event_channel_op, 2, ANY, "event channels")                                            \
	X(33, physdev_op, 2, ANY, "interrupts, ports and PCI devices")                               \
	X(34, hvm_op, 2, ANY, "parameters of hardware-virtualized domains")                          \
	X(35, sysctl, 1, PRIV, "system-wide control and information")                           \
	X(36, domctl, 1, PRIV, "control of one domain")                                         \
	X(37, kexec_op, 2, PRIV, "crash kernels")                                               \
	X(40, xenpmu_op, 2, ANY, "performance counters")                                             \
	X(41, dm_op, 3, ANY, "what a device model asks about the guest it serves")                    \
	X(42, hypfs_op, 5, PRIV, "hypervisor file system")                                      \
	X(48, mca, 1, PRIV, "machine-check information")

#define HC_ARGS_0 void
#define HC_ARGS_1 unsigned long
#define HC_ARGS_2 HC_ARGS_1, unsigned long
#define HC_ARGS_3 HC_ARGS_2, unsigned long
#define HC_ARGS_4 HC_ARGS_3, unsigned long
#define HC_ARGS_5 HC_ARGS_4, unsigned long
#define HC_ARGS_6 HC_ARGS_5, unsigned long
#define HC_PROTO(nr, name, nargs, who, purpose) long do_##name(HC_ARGS_##nargs);
HYPERCALL_TABLE(HC_PROTO)
#undef HC_PROTO

#endif
