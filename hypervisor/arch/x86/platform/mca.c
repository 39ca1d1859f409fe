/* SPDX-License-Identifier: MIT */
/*
 * The mca hypercall. A machine check stops the machine with a report (cpu/exception.c), so there is
 * never telemetry to fetch; what Dom0's logger needs is to be told so, and what CPUs there are.
 */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/string.h>
#include <asm/apic.h>
#include <asm/msr.h>
#include <asm/system.h>
#include <public/arch-x86/xen-mca.h>

static int op_fetch(struct xen_mc_fetch *f)
{
	switch (f->flags & (XEN_MC_NONURGENT | XEN_MC_URGENT | XEN_MC_ACK)) {
	case XEN_MC_NONURGENT:
	case XEN_MC_URGENT:
		f->flags = XEN_MC_NODATA;
		f->fetch_id = 0;
		return 0;
	case XEN_MC_ACK | XEN_MC_NONURGENT:
	case XEN_MC_ACK | XEN_MC_URGENT:
		f->flags = XEN_MC_OK;
		return 0;
	default:
		return trace_err(-EINVAL);
	}
}

static void read_names(struct mcinfo_logical_cpu *c)
{
	uint32_t a, b, cx, d, r[4];

	cpuid_count(0, 0, &a, &b, &cx, &d);
	c->mc_cpuid_level = (int32_t)a;
	memcpy(c->mc_vendorid, &b, 4);
	memcpy(c->mc_vendorid + 4, &d, 4);
	memcpy(c->mc_vendorid + 8, &cx, 4);
	cpuid_count(0x80000000, 0, &a, &b, &cx, &d);
	if (a < 0x80000004)
		return;
	for (unsigned int i = 0; i < 3; i++) {
		cpuid_count(0x80000002 + i, 0, &r[0], &r[1], &r[2], &r[3]);
		memcpy(c->mc_brandid + 16 * i, r, 16);
	}
}

static void read_signature(struct mcinfo_logical_cpu *c)
{
	uint32_t a, b, cx, d;

	cpuid_count(1, 0, &a, &b, &cx, &d);
	c->mc_family = (a >> 8) & 15;
	c->mc_model = (a >> 4) & 15;
	c->mc_step = a & 15;
	if (c->mc_family == 6 || c->mc_family == 15)
		c->mc_model |= (a >> 12) & 0xf0;
	if (c->mc_family == 15)
		c->mc_family += (a >> 20) & 0xff;
	c->mc_cpu_caps[MC_CAPS_STD_EDX] = d;
	c->mc_cpu_caps[MC_CAPS_STD_ECX] = cx;
	c->mc_cache_alignment = ((b >> 8) & 0xff) * 8;
	if (d & (1u << 14)) { /* has machine-check registers */
		c->mc_nmsrvals = 1;
		c->mc_msrvalues[0].reg = MSR_MCG_CAP;
		(void)!rdmsr_safe(MSR_MCG_CAP, &c->mc_msrvalues[0].value);
	}
	cpuid_count(0x80000001, 0, &a, &b, &cx, &d);
	c->mc_cpu_caps[MC_CAPS_AMD_EDX] = d;
	c->mc_cpu_caps[MC_CAPS_AMD_ECX] = cx;
}

static int op_physcpuinfo(struct xen_mc_physcpuinfo *p)
{
	guest_ptr_t out = guest_handle_addr(p->info);
	struct mcinfo_logical_cpu c = { 0 };
	unsigned int cpu, n = 0;

	if (!out) {
		p->ncpus = cpumask_weight(&cpu_online_map);
		return 0;
	}
	read_names(&c);
	read_signature(&c);
	c.mc_ncores = c.mc_ncores_active = c.mc_nthreads = 1;
	for_each_online_cpu(cpu) {
		if (n == p->ncpus)
			break;
		c.mc_cpunr = c.mc_chipid = cpu;
		c.mc_apicid = cpu_apic_id[cpu];
		if (copy_to_guest_at(out, n, &c))
			return trace_err(-EFAULT);
		n++;
	}
	p->ncpus = n;
	return 0;
}

long do_mca(unsigned long arg)
{
	struct xen_mc op;
	int rc;

	if (copy_struct_from_guest(&op, arg))
		return trace_err(-EFAULT);
	if (op.interface_version != XEN_MCA_INTERFACE_VERSION)
		return trace_err(-EACCES);
	switch (op.cmd) {
	case XEN_MC_fetch:
		rc = op_fetch(&op.u.mc_fetch);
		break;
	case XEN_MC_physcpuinfo:
		rc = op_physcpuinfo(&op.u.mc_physcpuinfo);
		break;
	default: /* injecting errors, telling guests of theirs */
		return trace_err(-EOPNOTSUPP);
	}
	if (!rc && copy_struct_to_guest(arg, &op))
		rc = -EFAULT;
	return rc;
}
