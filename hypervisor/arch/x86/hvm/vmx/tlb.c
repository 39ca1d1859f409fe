/* SPDX-License-Identifier: MIT */
/*
 * Translations that CPUs keep. Linear ones carry the vCPU's tag (VPID; where there are none each entry flushes them).
 * Those of the guest physical map carry the map's address alone, whichever vCPU made them; a CPU may keep them while
 * the vCPU runs elsewhere and the map changes. So they are flushed (INVEPT, which takes the linear ones made from them
 * too) when the map has changed since this vCPU's last flush, and whenever it comes to another CPU than that was on.
 * Source: SDM vol. 3, §28.4.
 */
#include <hv/percpu.h>
#include <hv/smp.h>
#include "vmx.h"

#define INVEPT_ONE  1ul
#define INVEPT_ALL  2ul
#define INVVPID_ALL 2ul

uint64_t vmx_ept_pointer(const struct domain *d)
{
	return maddr_x(mfn_to_maddr(d->arch.hvm->p2m.root)) | EPT_POINTER_FLAGS;
}

static void invept(unsigned long type, uint64_t pointer)
{
	const struct {
		uint64_t pointer, zero;
	} what = { pointer, 0 };
	bool failed;

	__asm__ volatile("invept %1, %2; setna %0" : "=qm"(failed) : "m"(what), "r"(type) : "memory", "cc");
	BUG_ON(failed);
}

static void invvpid_all(void)
{
	const uint64_t what[2] = { 0, 0 };
	bool failed;

	__asm__ volatile("invvpid %1, %2; setna %0" : "=qm"(failed) : "m"(what), "r"(INVVPID_ALL) : "memory", "cc");
	BUG_ON(failed);
}

/* Whoever was in VMX operation before us may have left something. */
void vmx_tlb_cpu_up(void)
{
	if (!vmx_controls.invept_one)
		invept(INVEPT_ALL, 0);
	if (vmx_controls.vpid)
		invvpid_all();
}

void vmx_flush_linear(struct vcpu *v)
{
	hvm_tag_void(&vmx_of(v)->tag);
}

void vmx_flush_tlb(struct vcpu *v)
{
	__atomic_store_n(&vmx_of(v)->ept_stale, true, __ATOMIC_SEQ_CST);
	vmx_flush_linear(v);
}

static void use_tag(struct vcpu *v)
{
	struct hvm_tag *t = &vmx_of(v)->tag;
	uint32_t was = t->tag;

	if (hvm_tag_use(t))
		invvpid_all();
	if (t->tag != was)
		vmcs_write(v, VMCS_VPID, t->tag);
}

void vmx_tlb_enter(struct vcpu *v)
{
	struct vmx_vcpu *x = vmx_of(v);

	if (vmx_controls.vpid)
		use_tag(v);
	/* Ordering: interrupts are off. Who sets it from now on makes this CPU leave the guest and look again. */
	if (__atomic_exchange_n(&x->ept_stale, false, __ATOMIC_SEQ_CST) || x->ept_cpu != smp_processor_id()) {
		invept(vmx_controls.invept_one ? INVEPT_ONE : INVEPT_ALL,
		       vmx_controls.invept_one ? vmx_ept_pointer(v->domain) : 0);
		x->ept_cpu = smp_processor_id();
	}
}
