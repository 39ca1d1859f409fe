/* SPDX-License-Identifier: MIT */
/*
 * CPU policies in the ABI's form: lists of CPUID leaves and MSRs, and the older feature words.
 */
#include <hv/control.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/cpu_policy.h>
#include <asm/hvm/hvm.h>
#include <public/domctl.h>
#include <public/sysctl.h>
#include <public/arch-x86/xen.h>
#include "handlers.h"

#define MSR_PLATFORM_INFO 0xceu	 /* bit 31: CPUID faulting */
#define MSR_ARCH_CAPS	  0x10au /* what the CPU is not vulnerable to */
#define NR_MSRS		  2u
#define MAX_CALLER_LEAVES 160u

static const uint32_t policy_msrs[NR_MSRS] = { MSR_PLATFORM_INFO, MSR_ARCH_CAPS };

/* The hypervisor's own leaves are in every list, with limits of 0: its defaults. */
static const uint32_t hv_leaves[] = { 0x40000000, 0x40000100 };

static xen_cpuid_leaf_t leaf_at(const struct cpu_policy *p, uint32_t i)
{
	const struct cpuid_entry *e = &p->entry[i];

	if (i >= p->nr)
		return (xen_cpuid_leaf_t){ .leaf = hv_leaves[i - p->nr], .subleaf = CPUID_NO_SUBLEAF };
	return (xen_cpuid_leaf_t){ e->leaf, e->subleaf, e->r[0], e->r[1], e->r[2], e->r[3] };
}

/* One list each: its length if the handle is NULL, -ENOBUFS if the room is too small. */
static int put_leaves(const struct cpu_policy *p, uint32_t *nr, guest_ptr_t to)
{
	uint32_t room = *nr;

	*nr = p->nr + ARRAY_SIZE(hv_leaves);
	if (!to)
		return 0;
	if (room < *nr)
		return -ENOBUFS;
	for (uint32_t i = 0; i < *nr; i++) {
		xen_cpuid_leaf_t l = leaf_at(p, i);

		if (copy_to_guest_at(to, i, &l))
			return trace_err(-EFAULT);
	}
	return 0;
}

static int put_msrs(uint32_t *nr, guest_ptr_t to)
{
	uint32_t room = *nr;

	*nr = NR_MSRS;
	if (!to)
		return 0;
	if (room < NR_MSRS)
		return -ENOBUFS;
	for (uint32_t i = 0; i < NR_MSRS; i++) {
		xen_msr_entry_t m = { .idx = policy_msrs[i] };

		if (copy_to_guest_at(to, i, &m))
			return trace_err(-EFAULT);
	}
	return 0;
}

static int system_policy(uint32_t index, struct cpu_policy *p)
{
	switch (index) {
	case XEN_SYSCTL_cpu_policy_raw:
	case XEN_SYSCTL_cpu_policy_host:
		cpu_policy_host(p);
		return 0;
	case XEN_SYSCTL_cpu_policy_pv_max:
	case XEN_SYSCTL_cpu_policy_pv_default:
		cpu_policy_pv(p);
		return 0;
	case XEN_SYSCTL_cpu_policy_hvm_max:
	case XEN_SYSCTL_cpu_policy_hvm_default:
		if (!hvm_vendor)
			return trace_err(-EOPNOTSUPP);
		cpu_policy_hvm(p);
		return 0;
	default:
		return trace_err(-EINVAL);
	}
}

int sysctl_get_cpu_policy(struct xen_sysctl *op)
{
	struct xen_sysctl_cpu_policy *u = &op->u.cpu_policy;
	struct cpu_policy *p;
	int rc;

	if (u->_rsvd)
		return trace_err(-EINVAL);
	p = xzalloc(struct cpu_policy);
	if (!p)
		return trace_err(-ENOMEM);
	rc = system_policy(u->index, p);
	if (!rc && !guest_handle_addr(u->leaves) && !guest_handle_addr(u->msrs)) {
		/*
		 * Both NULL: how much room a caller needs to write a policy of its own. Debian's tools
		 * write each leaf they know, used or not.
		 */
		u->nr_leaves = MAX_CALLER_LEAVES;
		u->nr_msrs = NR_MSRS;
	} else if (!rc) {
		rc = put_leaves(p, &u->nr_leaves, guest_handle_addr(u->leaves));
		if (!rc)
			rc = put_msrs(&u->nr_msrs, guest_handle_addr(u->msrs));
	}
	xfree(p);
	return rc;
}

/* ---- feature words ---- */

static const struct {
	uint32_t leaf, subleaf;
	unsigned int reg;
} word[] = {
	{ 1, 0, 3 },	      { 1, 0, 2 }, { 0x80000001, 0, 3 }, { 0x80000001, 0, 2 }, { 0xd, 1, 0 },
	{ 7, 0, 1 },	      { 7, 0, 2 }, { 0x80000007, 0, 3 }, { 0x80000008, 0, 1 }, { 7, 0, 3 },
	{ 7, 1, 0 },	      { 0x80000021, 0, 0 }, { 7, 1, 1 }, { 7, 2, 3 }, { 7, 1, 2 },
	{ 7, 1, 3 },
};
#define NR_WORDS (ARRAY_SIZE(word) + 2) /* and ARCH_CAPABILITIES, both halves: none */

int sysctl_get_cpu_featureset(struct xen_sysctl *op)
{
	static const uint8_t policy_of[] = {
		[XEN_SYSCTL_cpu_featureset_raw] = XEN_SYSCTL_cpu_policy_raw,
		[XEN_SYSCTL_cpu_featureset_host] = XEN_SYSCTL_cpu_policy_host,
		[XEN_SYSCTL_cpu_featureset_pv] = XEN_SYSCTL_cpu_policy_pv_default,
		[XEN_SYSCTL_cpu_featureset_hvm] = XEN_SYSCTL_cpu_policy_hvm_default,
		[XEN_SYSCTL_cpu_featureset_pv_max] = XEN_SYSCTL_cpu_policy_pv_max,
		[XEN_SYSCTL_cpu_featureset_hvm_max] = XEN_SYSCTL_cpu_policy_hvm_max,
	};
	struct xen_sysctl_cpu_featureset *u = &op->u.cpu_featureset;
	uint32_t words[NR_WORDS] = { 0 }, room = u->nr_features;
	guest_ptr_t to = guest_handle_addr(u->features);
	struct cpu_policy *p;
	int rc;

	if (u->index >= ARRAY_SIZE(policy_of))
		return trace_err(-EINVAL);
	u->nr_features = NR_WORDS;
	if (!to)
		return 0;
	p = xzalloc(struct cpu_policy);
	if (!p)
		return trace_err(-ENOMEM);
	rc = system_policy(policy_of[u->index], p);
	for (unsigned int i = 0; !rc && i < ARRAY_SIZE(word); i++) {
		const struct cpuid_entry *e = cpu_policy_find(p, word[i].leaf, word[i].subleaf);

		words[i] = e ? e->r[word[i].reg] : 0;
	}
	xfree(p);
	if (rc)
		return rc;
	u->nr_features = min(room, (uint32_t)NR_WORDS);
	return raw_copy_to_guest(to, words, u->nr_features * sizeof(words[0])) ? trace_err(-EFAULT) : 0;
}

/* ---- a domain's ---- */

int domctl_get_policy(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cpu_policy *u = &op->u.cpu_policy;
	int rc = put_leaves(d->arch.cpuid, &u->nr_leaves, guest_handle_addr(u->leaves));

	return rc ? rc : put_msrs(&u->nr_msrs, guest_handle_addr(u->msrs));
}

static int take_leaves(struct cpu_policy *p, const struct cpu_policy *most, struct xen_domctl_cpu_policy *u)
{
	for (uint32_t i = 0; i < u->nr_leaves; i++) {
		struct cpuid_entry want;
		xen_cpuid_leaf_t l;

		if (copy_from_guest_at(&l, guest_handle_addr(u->leaves), i))
			return trace_err(-EFAULT);
		want = (struct cpuid_entry){ l.leaf, l.subleaf, { l.a, l.b, l.c, l.d } };
		if (l.leaf >= 0x40000000 && l.leaf < 0x40010000)
			continue; /* the hypervisor's own answers */
		if (!cpu_policy_change(p, most, &want)) {
			u->err_leaf = l.leaf;
			u->err_subleaf = l.subleaf;
			return trace_err(-ERANGE);
		}
	}
	return 0;
}

/* No MSR of a policy can be given: all a domain may ask for is to have none. */
static int check_msrs(struct xen_domctl_cpu_policy *u)
{
	for (uint32_t i = 0; i < u->nr_msrs; i++) {
		xen_msr_entry_t m;

		if (copy_from_guest_at(&m, guest_handle_addr(u->msrs), i))
			return trace_err(-EFAULT);
		if (m.flags || m.val || (m.idx != MSR_PLATFORM_INFO && m.idx != MSR_ARCH_CAPS)) {
			u->err_msr = m.idx;
			return trace_err(m.val ? -EOVERFLOW : -ERANGE);
		}
	}
	return 0;
}

int domctl_set_policy(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cpu_policy *u = &op->u.cpu_policy;
	struct cpu_policy *p, *most;
	int rc;

	u->err_leaf = u->err_subleaf = u->err_msr = ~0u;
	if (d->has_run)
		return trace_err(-EEXIST);
	if (u->nr_leaves > MAX_CALLER_LEAVES || u->nr_msrs > 16)
		return trace_err(-E2BIG);
	p = xzalloc(struct cpu_policy);
	most = xzalloc(struct cpu_policy);
	rc = p && most ? 0 : -ENOMEM;
	if (!rc) {
		*p = *d->arch.cpuid;
		(is_hvm_domain(d) ? cpu_policy_hvm : cpu_policy_pv)(most);
		rc = take_leaves(p, most, u);
		cpu_policy_level(p, most);
	}
	if (!rc)
		rc = check_msrs(u);
	if (!rc)
		*d->arch.cpuid = *p;
	xfree(p);
	xfree(most);
	return rc;
}
