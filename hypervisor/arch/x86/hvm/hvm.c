/* SPDX-License-Identifier: MIT */
/*
 * Hardware-virtualized vCPUs: which vendor's extension there is, and the loop that each of them lives in: pending
 * work, a device model's answer, events, a stay in the guest, what it was left for.
 *
 * The loop is a vCPU's whole C stack: a context switch forgets it and enters it anew. So nothing in it may keep
 * state across do_softirq().
 */
#include <hv/softirq.h>
#include <asm/context.h>
#include <asm/cpu.h>
#include <asm/cpu_policy.h>
#include <asm/hvm/hvm.h>
#include <asm/hvm/platform.h>
#include <asm/mm.h>
#include <asm/pv.h>
#include <asm/vcpu_kind.h>
#include <public/sched.h>

const struct hvm_vendor *hvm_vendor;

void hvm_init(void)
{
	static const struct hvm_vendor *const vendors[] = { &svm_vendor, &vmx_vendor };

	for (unsigned int i = 0; i < ARRAY_SIZE(vendors) && !hvm_vendor; i++)
		if (vendors[i]->cpu_up(0))
			hvm_vendor = vendors[i];
	if (!hvm_vendor)
		return;
	p2m_set_format(hvm_vendor->p2m_format);
	printk("Hardware virtualization: %s with nested paging%s\n", hvm_vendor->name,
	       hvm_vendor->tsc_ratio_format() ? ", TSC scaling" : "");
}

void hvm_cpu_init(unsigned int cpu)
{
	bool could_scale;

	if (!hvm_vendor)
		return;
	could_scale = hvm_vendor->tsc_ratio_format();
	if (!hvm_vendor->cpu_up(cpu))
		panic("CPU %u has no hardware virtualization, CPU 0 has", cpu);
	if (could_scale && !hvm_vendor->tsc_ratio_format())
		printk("CPU %u cannot scale its TSC: for guests of other rates it is emulated\n", cpu);
}

void hvm_cpu_stop(void)
{
	if (hvm_vendor && hvm_vendor->cpu_down)
		hvm_vendor->cpu_down();
}

/* An exit, or one that waited for a device model once more. */
static void handle_exit(struct vcpu *v)
{
	struct hvm_io *io = &v->arch.hvm->io;

	io->resume = false;
	io->cursor = 0;
	hvm_vendor->handle_exit(v);
	if (likely(!io->waiting))
		io->nr_done = 0;
}

static void enter(void)
{
	struct vcpu *v = current;

	for (;;) {
		local_irq_disable();
		if (softirq_is_pending()) {
			local_irq_enable();
			do_softirq();
			continue;
		}
		if (unlikely(v->arch.hvm->io.waiting) && !hvm_io_finish(v))
			continue;
		if (unlikely(READ_ONCE(v->arch.hvm->start)))
			hvm_vcpu_start(v);
		if (unlikely(v->arch.hvm->io.resume)) {
			local_irq_enable();
			handle_exit(v);
			continue;
		}
		hvm_deliver_events(v);
		latency_irqs_on();
		hvm_vendor->run(v);
		local_irq_enable();
		handle_exit(v);
	}
}

static void __noreturn enter_loop(void)
{
	reset_stack_and_call(enter);
}

/* ---- life ---- */

static int domain_create_hvm(struct domain *d, const struct domain_create_args *a)
{
	struct hvm_domain *h = d->arch.hvm = xzalloc(struct hvm_domain);

	if (!h)
		return trace_err(-ENOMEM);
	spin_lock_init(&h->param_lock);
	h->params[HVM_PARAM_TRIPLE_FAULT_REASON] = SHUTDOWN_reboot;
	h->emulation_flags = a->emulation_flags;
	if (p2m_init(d) || (a->emulation_flags & ~(uint32_t)XEN_X86_EMU_LAPIC && hvm_platform_create(d)))
		return -ENOMEM;
	return cpu_policy_domain_init(d, cpu_policy_hvm);
}

static void domain_destroy_hvm(struct domain *d)
{
	if (d->arch.hvm) {
		hvm_platform_destroy(d);
		p2m_destroy(d);
	}
	xfree(d->arch.hvm);
}

static int domain_relinquish_hvm(struct domain *d)
{
	if (d->arch.hvm->platform)
		hvm_platform_relinquish(d);
	return p2m_relinquish(d);
}

static void destroy(struct vcpu *v)
{
	if (!v->arch.hvm)
		return;
	if (v->arch.hvm->vlapic.regs)
		vlapic_destroy(v);
	hvm_vendor->destroy(v);
	xfree(v->arch.hvm);
	v->arch.hvm = NULL;
}

static int create(struct vcpu *v)
{
	v->arch.hvm = xzalloc(struct hvm_vcpu);
	if (!v->arch.hvm || hvm_vendor->create(v) || vlapic_create(v))
		return trace_err(-ENOMEM);
	hvm_vcpu_reset(v);
	hvm_mtrr_reset(v);
	return 0;
}

static void save(struct vcpu *v)
{
	hvm_vendor->save(v);
}

static void restore(struct vcpu *v)
{
	hvm_vendor->restore(v);
	vlapic_migrate(v);
}

/* The address is looked up in whatever tables v has loaded: a kernel maps such areas in all of them. */
static unsigned long copy_to_kernel(struct vcpu *v, uint64_t addr, const void *src, unsigned long len)
{
	return hvm_copy(addr, (void *)(uintptr_t)src, len, true);
}

/* Only the board has buttons. */
static int press_button(struct domain *d, bool sleep)
{
	if (!d->arch.hvm->platform)
		return trace_err(-ENOSYS);
	vpmtimer_button(d, sleep);
	return 0;
}

const struct vcpu_kind hvm_kind = {
	.domain_create = domain_create_hvm,
	.domain_destroy = domain_destroy_hvm,
	.domain_relinquish = domain_relinquish_hvm,
	.create = create,
	.destroy = destroy,
	.save = save,
	.restore = restore,
	.enter = enter_loop,
	.nmi = hvm_raise_nmi,
	.button = press_button,
	.call_insn_bytes = 3, /* VMMCALL, VMCALL */
	.call_table = hvm_hypercall_table,
	.initialise = hvm_initialise,
	.get_context = hvm_get_context,
	.set_context = hvm_set_context,
	.copy_to_kernel = copy_to_kernel,
};
