/* SPDX-License-Identifier: MIT */
/*
 * Debug registers of PV guests. A breakpoint may watch guest addresses only; global enables, general
 * detect and I/O breakpoints without CR4.DE are refused, so nothing fires in the hypervisor for a guest.
 */
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <asm/context.h>
#include <asm/cpu.h>
#include <asm/current.h>
#include <asm/pv.h>

#define DR7_RESERVED_ZERO 0xffffffff0000d800ul /* bits 11, 12, 14, 15 and the upper half */
#define DR7_GD		  0x2000ul
#define DR7_FIXED_ONE	  0x0400ul
#define DR7_ENABLES	  0xfful

static int set_address(struct vcpu *v, unsigned int nr, uint64_t val)
{
	if (!guest_addr_ok(val))
		return trace_err(-EPERM);
	v->arch.pv.dr[nr] = val;
	if (v == current && (v->arch.pv.dr7 & DR7_ENABLES)) {
		switch (nr) {
		case 0:
			write_dr0(val);
			break;
		case 1:
			write_dr1(val);
			break;
		case 2:
			write_dr2(val);
			break;
		case 3:
			write_dr3(val);
			break;
		}
	}
	return 0;
}

static void load_addresses(const struct pv_vcpu *pv)
{
	write_dr0(pv->dr[0]);
	write_dr1(pv->dr[1]);
	write_dr2(pv->dr[2]);
	write_dr3(pv->dr[3]);
}

static int set_dr7(struct vcpu *v, uint64_t val)
{
	val = (val & ~(DR7_RESERVED_ZERO | DR7_GD)) | DR7_FIXED_ONE;
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int rw = (unsigned int)(val >> (16 + 4 * i)) & 3;

		/* I/O breakpoints would need CR4.DE and ports that are the guest's. */
		if (rw == 2 && ((val >> (2 * i)) & 3))
			return trace_err(-EPERM);
	}
	v->arch.pv.dr7 = val;
	if (v == current) {
		if (val & DR7_ENABLES)
			load_addresses(&v->arch.pv);
		write_dr7(val);
	}
	return 0;
}

int pv_set_debugreg(struct vcpu *v, unsigned int nr, uint64_t val)
{
	switch (nr) {
	case 0 ... 3:
		return set_address(v, nr, val);
	case 4:
	case 6:
		if (val >> 32)
			return trace_err(-EINVAL);
		v->arch.pv.dr6 = (val & 0xe00f) | 0xffff0ff0;
		return 0;
	case 5:
	case 7:
		if (val >> 32)
			return trace_err(-EINVAL);
		return set_dr7(v, val);
	default:
		return trace_err(-ENODEV);
	}
}

int pv_get_debugreg(struct vcpu *v, unsigned int nr, uint64_t *val)
{
	switch (nr) {
	case 0 ... 3:
		*val = v->arch.pv.dr[nr];
		return 0;
	case 4:
	case 6:
		*val = v->arch.pv.dr6;
		return 0;
	case 5:
	case 7:
		*val = v->arch.pv.dr7;
		return 0;
	default:
		return -ENODEV;
	}
}

void pv_save_debugregs(struct vcpu *v)
{
	if (v->arch.pv.dr7 & DR7_ENABLES)
		write_dr7(DR7_FIXED_ONE);
}

void pv_restore_debugregs(struct vcpu *v)
{
	if (v->arch.pv.dr7 & DR7_ENABLES) {
		load_addresses(&v->arch.pv);
		write_dr7(v->arch.pv.dr7);
	}
}

long do_set_debugreg(unsigned long nr, unsigned long val)
{
	return pv_set_debugreg(current, (unsigned int)nr, val);
}

long do_get_debugreg(unsigned long nr)
{
	uint64_t val;
	int rc = pv_get_debugreg(current, (unsigned int)nr, &val);

	return rc ? -EINVAL : (long)val;
}
