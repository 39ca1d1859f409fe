/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls: the dispatch tables, continuations and multicalls. The tables, one for each kind of guest,
 * are made from hv/hypercall_table.h; entry.S indexes the PV one. Calls only the control domain may make go
 * through a check first.
 */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/latency.h>
#include <hv/percpu.h>
#include <asm/hvm/compat.h>
#include <asm/hvm/hvm.h>
#include <asm/nospec.h>
#include <asm/pv.h>
#include <asm/vcpu_kind.h>
#include <stdarg.h>

typedef long (*hypercall_fn)(unsigned long, unsigned long, unsigned long, unsigned long, unsigned long,
			     unsigned long);

/* The multicall entry this CPU is working on, if any: a continuation goes into it, not to the guest. */
struct mc_state {
	struct multicall_entry *call;
	bool preempted;
};
static DEFINE_PER_CPU(struct mc_state, mc_state);

#define PRIV_WRAPPER(nr, name, nargs, who, purpose) PRIV_WRAPPER_##nargs(name)
#define PRIV_WRAPPER_0(name)
#define PRIV_WRAPPER_1(name)                                                                       \
	static long __unused priv_##name(unsigned long a)                                          \
	{                                                                                          \
		return current->domain->is_privileged ? do_##name(a) : -EPERM;                     \
	}
#define PRIV_WRAPPER_2(name)                                                                       \
	static long __unused priv_##name(unsigned long a, unsigned long b)                         \
	{                                                                                          \
		return current->domain->is_privileged ? do_##name(a, b) : -EPERM;                  \
	}
#define PRIV_WRAPPER_3(name)
#define PRIV_WRAPPER_4(name)
#define PRIV_WRAPPER_5(name)                                                                       \
	static long __unused priv_##name(unsigned long a, unsigned long b, unsigned long c,        \
					 unsigned long d, unsigned long e)                         \
	{                                                                                          \
		return current->domain->is_privileged ? do_##name(a, b, c, d, e) : -EPERM;         \
	}
HYPERCALL_TABLE(PRIV_WRAPPER)

#define TARGET_ANY(name)     do_##name
#define TARGET_PV(name)	     do_##name
#define TARGET_PRIV(name)    priv_##name
#define TABLE_ENTRY(nr, name, nargs, who, purpose) [nr] = (void *)TARGET_##who(name),

void *const pv_hypercall_table[NR_HYPERCALLS] = {
	HYPERCALL_TABLE(TABLE_ENTRY)
};
#undef TARGET_PV
#define TARGET_PV(name) NULL
void *const hvm_hypercall_table[NR_HYPERCALLS] = {
	HYPERCALL_TABLE(TABLE_ENTRY)
};

bool hypercall_preempt_check(void)
{
	latency_call_point((uint64_t)__builtin_return_address(0));
	return softirq_is_pending() || arch_vcpu_event_pending(current);
}

static void set_frame_args(struct cpu_user_regs *regs, unsigned int op, unsigned int nr,
			   const unsigned long a[6])
{
	regs->rax = op;
	regs->rip -= current->domain->arch.kind->call_insn_bytes;
	if (unlikely(is_hvm_vcpu(current)) && hvm_compat_continue(current, regs, nr, a))
		return;
	switch (nr) {
	case 6:
		regs->r9 = a[5]; /* fall through */
	case 5:
		regs->r8 = a[4]; /* fall through */
	case 4:
		regs->r10 = a[3]; /* fall through */
	case 3:
		regs->rdx = a[2]; /* fall through */
	case 2:
		regs->rsi = a[1]; /* fall through */
	case 1:
		regs->rdi = a[0];
	}
}

long hypercall_create_continuation(unsigned int op, unsigned int nr_args, ...)
{
	struct mc_state *mcs = &this_cpu(mc_state);
	unsigned long a[6];
	va_list ap;

	BUG_ON(nr_args > 6);
	va_start(ap, nr_args);
	for (unsigned int i = 0; i < nr_args; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);

	if (mcs->call) {
		mcs->preempted = true;
		mcs->call->op = op;
		for (unsigned int i = 0; i < nr_args; i++)
			mcs->call->args[i] = a[i];
		return op;
	}
	set_frame_args(guest_cpu_regs(), op, nr_args, a);
	/* The return value goes to RAX: it must be the call number again. */
	return op;
}

static long dispatch(void *const *table, const struct multicall_entry *e)
{
	unsigned long arg0 = e->args[0];
	hypercall_fn fn;
	long rc;

	if (e->op >= NR_HYPERCALLS)
		return hypercall_note_error(e->op, arg0, -ENOSYS);
	block_speculation();
	if (e->op == __HYPERVISOR_iret || !table[e->op])
		return hypercall_note_error(e->op, arg0, -ENOSYS);
	current->hypercall_calls[e->op]++;
	fn = (hypercall_fn)table[e->op];
	rc = fn(arg0, e->args[1], e->args[2], e->args[3], e->args[4], e->args[5]);
	return IS_ERR_VALUE(rc) ? hypercall_note_error(e->op, arg0, rc) : rc;
}

/*
 * Each entry is copied in once, run, and its result written back. If a call inside asks to be continued,
 * its updated arguments are written back and the multicall is continued from that entry.
 */
long do_multicall(unsigned long list, unsigned long nr)
{
	struct mc_state *mcs = &this_cpu(mc_state);
	void *const *table = current->domain->arch.kind->call_table;
	struct multicall_entry e;

	if (mcs->call)
		return trace_err(-EINVAL); /* no nesting */
	if (!guest_range_ok(list, nr, sizeof(e)))
		return trace_err(-EFAULT);

	for (unsigned long i = 0; i < nr; i++) {
		if (i && hypercall_preempt_check())
			return hypercall_create_continuation(__HYPERVISOR_multicall, 2,
							     list + i * sizeof(e), nr - i);
		if (copy_from_guest_at(&e, list, i))
			return trace_err(-EFAULT);
		mcs->call = &e;
		mcs->preempted = false;
		e.result = (unsigned long)dispatch(table, &e);
		/* The handler may have been the one to notice: re-read this CPU's state. */
		mcs = &this_cpu(mc_state);
		mcs->call = NULL;
		if (mcs->preempted) {
			if (copy_to_guest_at(list, i, &e))
				return trace_err(-EFAULT);
			return hypercall_create_continuation(__HYPERVISOR_multicall, 2,
							     list + i * sizeof(e), nr - i);
		}
		if (raw_copy_to_guest(list + i * sizeof(e) + offsetof(struct multicall_entry, result),
				      &e.result, sizeof(e.result)))
			return trace_err(-EFAULT);
	}
	return 0;
}
