/* SPDX-License-Identifier: MIT */
/*
 * What CPUID and MSRs show to domains.
 */
#include <stdlib.h>
#include <string.h>

#include "private.h"

int xc_get_cpu_policy_size(xc_interface *xch, uint32_t *nr_leaves, uint32_t *nr_msrs)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_get_cpu_policy);

	if (do_sysctl(xch, &sysctl))
		return -1;
	*nr_leaves = sysctl.u.cpu_policy.nr_leaves;
	*nr_msrs = sysctl.u.cpu_policy.nr_msrs;
	return 0;
}

int xc_get_system_cpu_policy(xc_interface *xch, uint32_t index, uint32_t *nr_leaves,
			     xen_cpuid_leaf_t *leaves, uint32_t *nr_msrs, xen_msr_entry_t *msrs)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_get_cpu_policy);
	struct xen_sysctl_cpu_policy *policy = &sysctl.u.cpu_policy;
	struct bounce bounces[] = {
		BOUNCE(policy->leaves, leaves, *nr_leaves * sizeof(*leaves), OUT),
		BOUNCE(policy->msrs, msrs, *nr_msrs * sizeof(*msrs), OUT),
	};
	long rc;

	policy->index = index;
	policy->nr_leaves = *nr_leaves;
	policy->nr_msrs = *nr_msrs;
	rc = sysctl_bounced(xch, &sysctl, bounces, 2);
	if (rc < 0)
		return -1;
	*nr_leaves = policy->nr_leaves;
	*nr_msrs = policy->nr_msrs;
	return 0;
}

int xc_get_domain_cpu_policy(xc_interface *xch, uint32_t domid, uint32_t *nr_leaves,
			     xen_cpuid_leaf_t *leaves, uint32_t *nr_msrs, xen_msr_entry_t *msrs)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_get_cpu_policy);
	struct xen_domctl_cpu_policy *policy = &domctl.u.cpu_policy;
	struct bounce bounces[] = {
		BOUNCE(policy->leaves, leaves, *nr_leaves * sizeof(*leaves), OUT),
		BOUNCE(policy->msrs, msrs, *nr_msrs * sizeof(*msrs), OUT),
	};

	policy->nr_leaves = *nr_leaves;
	policy->nr_msrs = *nr_msrs;
	if (domctl_bounced(xch, &domctl, bounces, 2) < 0)
		return -1;
	*nr_leaves = policy->nr_leaves;
	*nr_msrs = policy->nr_msrs;
	return 0;
}

static void tell(uint32_t *to, uint32_t value)
{
	if (to)
		*to = value;
}

int xc_set_domain_cpu_policy(xc_interface *xch, uint32_t domid, uint32_t nr_leaves,
			     xen_cpuid_leaf_t *leaves, uint32_t nr_msrs, xen_msr_entry_t *msrs,
			     uint32_t *err_leaf_p, uint32_t *err_subleaf_p, uint32_t *err_msr_p)
{
	struct xen_domctl domctl = domctl_for(domid, XEN_DOMCTL_set_cpu_policy);
	struct xen_domctl_cpu_policy *policy = &domctl.u.cpu_policy;
	struct bounce bounces[] = {
		BOUNCE(policy->leaves, leaves, nr_leaves * sizeof(*leaves), IN),
		BOUNCE(policy->msrs, msrs, nr_msrs * sizeof(*msrs), IN),
	};
	long rc;

	policy->nr_leaves = nr_leaves;
	policy->nr_msrs = nr_msrs;
	policy->err_leaf = policy->err_subleaf = policy->err_msr = (uint32_t)-1;
	rc = domctl_bounced(xch, &domctl, bounces, 2);
	tell(err_leaf_p, policy->err_leaf);
	tell(err_subleaf_p, policy->err_subleaf);
	tell(err_msr_p, policy->err_msr);
	return as_status(rc);
}

int xc_get_cpu_featureset(xc_interface *xch, uint32_t index, uint32_t *nr_features,
			  uint32_t *featureset)
{
	struct xen_sysctl sysctl = sysctl_for(XEN_SYSCTL_get_cpu_featureset);
	struct bounce bounce = BOUNCE(sysctl.u.cpu_featureset.features, featureset,
				      *nr_features * sizeof(*featureset), OUT);

	sysctl.u.cpu_featureset.index = index;
	sysctl.u.cpu_featureset.nr_features = *nr_features;
	if (sysctl_bounced(xch, &sysctl, &bounce, 1) < 0)
		return -1;
	*nr_features = sysctl.u.cpu_featureset.nr_features;
	return 0;
}

/* A policy in the making. */
struct policy {
	xen_cpuid_leaf_t *leaves;
	xen_msr_entry_t *msrs;
	uint32_t nr_leaves, nr_msrs;
};

static void free_policy(struct policy *policy)
{
	free(policy->leaves);
	free(policy->msrs);
}

static int read_policy(xc_interface *xch, uint32_t index, struct policy *policy)
{
	if (xc_get_cpu_policy_size(xch, &policy->nr_leaves, &policy->nr_msrs))
		return -1;
	policy->leaves = calloc(policy->nr_leaves + 1u, sizeof(*policy->leaves));
	policy->msrs = calloc(policy->nr_msrs + 1u, sizeof(*policy->msrs));
	if (!policy->leaves || !policy->msrs)
		return fail(ENOMEM);
	return xc_get_system_cpu_policy(xch, index, &policy->nr_leaves, policy->leaves,
					&policy->nr_msrs, policy->msrs);
}

static xen_cpuid_leaf_t *find_leaf(const struct policy *policy, uint32_t leaf)
{
	uint32_t i;

	for (i = 0; i < policy->nr_leaves; i++)
		if (policy->leaves[i].leaf == leaf)
			return &policy->leaves[i];
	return NULL;
}

#define LEAF1_EDX_HTT	    (1u << 28)
#define EXT1_ECX_CMP_LEGACY (1u << 1)
#define EXT7_EDX_ITSC	    (1u << 8)

static void copy_bit(uint32_t *to, uint32_t from, uint32_t bit)
{
	*to = (*to & ~bit) | (from & bit);
}

/*
 * Where CPUID cannot be intercepted PV guests see the host's topology leaves; the two bits that say
 * how to read those must then be the host's as well.
 */
static void show_host_topology(struct policy *guest, const struct policy *host)
{
	xen_cpuid_leaf_t *to = find_leaf(guest, 1), *from = find_leaf(host, 1);

	if (to && from)
		copy_bit(&to->d, from->d, LEAF1_EDX_HTT);
	to = find_leaf(guest, 0x80000001);
	from = find_leaf(host, 0x80000001);
	if (to && from)
		copy_bit(&to->c, from->c, EXT1_ECX_CMP_LEGACY);
}

/*
 * A virtualized guest's local APIC ids are twice its vCPUs' numbers, as if each were a core with a
 * hidden sibling; the leaves that count processors by these ids must agree.
 */
static void show_spread_topology(struct policy *guest)
{
	xen_cpuid_leaf_t *leaf = find_leaf(guest, 1);
	uint32_t i, count;

	if (leaf) {
		leaf->d |= LEAF1_EDX_HTT;
		count = leaf->b >> 16 & 0xff; /* of ids in a package */
		if (count < 0x80)
			leaf->b = (leaf->b & 0xff00ffff) | count << 17;
	}
	/* Intel: each description of a cache says how many ids a package has, less one. */
	for (i = 0; i < guest->nr_leaves; i++)
		if (guest->leaves[i].leaf == 4 && guest->leaves[i].a & 0x1f) {
			count = guest->leaves[i].a >> 26;
			guest->leaves[i].a = (guest->leaves[i].a & 0x3fff) |
					     ((count << 1 | 1) & 0x3f) << 26;
		}
	leaf = find_leaf(guest, 0x80000001);
	if (leaf)
		leaf->c &= ~EXT1_ECX_CMP_LEGACY;
	/* AMD: the same in 7:0, and how many bits of the id that takes in 15:12. */
	leaf = find_leaf(guest, 0x80000008);
	if (leaf && (leaf->c & 0xff) < 0x7f && leaf->c >> 12 & 0xf && (leaf->c >> 12 & 0xf) < 0xf)
		leaf->c = (leaf->c & ~0xf0ffu) | ((leaf->c & 0x7f) << 1 | 1) |
			  ((leaf->c >> 12 & 0xf) + 1) << 12;
}

static xen_cpuid_leaf_t *find_subleaf(const struct policy *policy, uint32_t leaf, uint32_t subleaf)
{
	for (uint32_t i = 0; i < policy->nr_leaves; i++) {
		xen_cpuid_leaf_t *at = &policy->leaves[i];

		if (at->leaf == leaf && (at->subleaf == subleaf || at->subleaf == XEN_CPUID_NO_SUBLEAF ||
					 (subleaf == XEN_CPUID_INPUT_UNUSED && !at->subleaf)))
			return at;
	}
	return NULL;
}

/* Bits as told, bit 31 first: 1, 0, x (as it is), k and s (the host's). False: another character. */
static bool change_register(uint32_t *value, uint32_t host, const char *bits)
{
	if (strlen(bits) != 32)
		return false;
	for (unsigned int i = 0; i < 32; i++) {
		uint32_t bit = 1u << (31 - i);

		if (bits[i] == '1' || bits[i] == '0')
			*value = bits[i] == '1' ? *value | bit : *value & ~bit;
		else if (bits[i] == 'k' || bits[i] == 's')
			*value = (*value & ~bit) | (host & bit);
		else if (bits[i] != 'x')
			return false;
	}
	return true;
}

/* Leaves that this CPU does not have are passed over: there is nothing to hide. */
static int change_leaves(xc_interface *xch, struct policy *guest, const struct policy *host,
			 const struct xc_xend_cpuid *xend)
{
	static const xen_cpuid_leaf_t nothing;

	for (; xend && xend->leaf != XEN_CPUID_INPUT_UNUSED; xend++) {
		xen_cpuid_leaf_t *to = find_subleaf(guest, xend->leaf, xend->subleaf);
		const xen_cpuid_leaf_t *from = find_subleaf(host, xend->leaf, xend->subleaf);
		uint32_t *reg[] = { to ? &to->a : NULL, to ? &to->b : NULL, to ? &to->c : NULL, to ? &to->d : NULL };

		if (!from)
			from = &nothing;
		for (unsigned int i = 0; to && i < 4; i++)
			if (xend->policy[i] &&
			    !change_register(reg[i], (const uint32_t[]){ from->a, from->b, from->c, from->d }[i],
					     xend->policy[i])) {
				report(xch, "CPUID leaf %x: \"%s\" is not 32 of the characters 1, 0, x, k, s", xend->leaf,
				       xend->policy[i]);
				return fail(EINVAL);
			}
	}
	return 0;
}

static int apply_default(xc_interface *xch, uint32_t domid, bool hvm, bool itsc,
			 const struct xc_xend_cpuid *xend, struct policy *guest, struct policy *host)
{
	uint32_t leaf, subleaf, msr;
	xen_cpuid_leaf_t *power;

	if (read_policy(xch,
			hvm ? XEN_SYSCTL_cpu_policy_hvm_default : XEN_SYSCTL_cpu_policy_pv_default,
			guest) ||
	    read_policy(xch, XEN_SYSCTL_cpu_policy_host, host))
		return -1;
	if (hvm)
		show_spread_topology(guest);
	else
		show_host_topology(guest, host);
	power = find_leaf(guest, 0x80000007);
	if (power)
		copy_bit(&power->d, itsc ? EXT7_EDX_ITSC : 0, EXT7_EDX_ITSC);
	if (change_leaves(xch, guest, host, xend))
		return -1;
	if (!xc_set_domain_cpu_policy(xch, domid, guest->nr_leaves, guest->leaves, guest->nr_msrs,
				      guest->msrs, &leaf, &subleaf, &msr))
		return 0;
	report(xch, "domain %u: CPU policy refused (leaf %x, subleaf %x, MSR %x)", domid, leaf,
	       subleaf, msr);
	return -1;
}

int xc_cpuid_apply_policy(xc_interface *xch, uint32_t domid, bool restore,
			  const uint32_t *featureset, unsigned int nr_features, bool pae, bool itsc,
			  bool nested_virt, const struct xc_xend_cpuid *xend,
			  const struct xc_msr *msr)
{
	struct policy guest = { 0 }, host = { 0 };
	xc_dominfo_t info;
	int rc, saved;

	if (restore || featureset || nested_virt || msr)
		return fail(EOPNOTSUPP);
	if (xc_domain_getinfo(xch, domid, 1, &info) != 1)
		return -1;
	if (info.domid != domid)
		return fail(ESRCH);
	rc = apply_default(xch, domid, info.hvm, itsc, xend, &guest, &host);
	saved = errno;
	free_policy(&guest);
	free_policy(&host);
	errno = saved;
	return rc;
}
