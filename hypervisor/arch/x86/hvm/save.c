/* SPDX-License-Identifier: MIT */
/*
 * A hardware-virtualized domain's state as 4.17's stream of records: gethvmcontext, sethvmcontext, and one record
 * alone. The domain stands still meanwhile.
 *
 * A table names the records; each is copied to or from the caller's memory by itself, through one buffer. Loading
 * applies record by record: one that is refused ends it, and the domain is then what it is – the toolstack
 * destroys it. vCPUs that are down have no CPU record.
 *
 * LIMITS: no records of machine checks, TSC_ADJUST and further MSRs are made; such records are taken only if they
 * say nothing that cannot be kept.
 */
#include <hv/control.h>
#include <hv/guest_access.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <asm/cpu.h>
#include <asm/hvm/records.h>
#include <asm/msr.h>
#include <asm/time.h>
#include <public/domctl.h>
#include "save_internal.h"

#define MAX_MSRS 64u

/* ---- the records ---- */

static uint32_t save_header(struct domain *d, struct vcpu *v, union record *r)
{
	uint32_t regs[4];

	guest_cpuid(current, 1, 0, regs);
	r->header = (struct hvm_save_header){ .magic = HVM_FILE_MAGIC,
					      .version = HVM_FILE_VERSION,
					      .changeset = ~0ull,
					      .cpuid = regs[0],
					      .gtsc_khz = d->arch.tsc_khz ? d->arch.tsc_khz : (uint32_t)cpu_khz };
	return sizeof(r->header);
}

static int load_header(struct domain *d, struct vcpu *v, union record *r, uint32_t length)
{
	return r->header.magic == HVM_FILE_MAGIC && r->header.version == HVM_FILE_VERSION ? 0 : trace_err(-EINVAL);
}

static uint32_t save_cpu(struct domain *d, struct vcpu *v, union record *r)
{
	if (v->pause_flags & (1ul << VPF_DOWN))
		return 0;
	hvm_save_cpu(v, &r->cpu);
	return sizeof(r->cpu);
}

static int load_cpu(struct domain *d, struct vcpu *v, union record *r, uint32_t length)
{
	if (length != sizeof(struct hvm_hw_cpu) && length != sizeof(struct hvm_hw_cpu_compat))
		return trace_err(-EINVAL);
	if (length != sizeof(struct hvm_hw_cpu))
		HVM_SAVE_FIX_COMPAT(CPU, &r->cpu, length);
	return hvm_load_cpu(v, &r->cpu);
}

static uint32_t save_lapic(struct domain *d, struct vcpu *v, union record *r)
{
	vlapic_save(v, &r->lapic);
	return sizeof(r->lapic);
}

static int load_lapic(struct domain *d, struct vcpu *v, union record *r, uint32_t length)
{
	return vlapic_load(v, &r->lapic);
}

static uint32_t save_lapic_regs(struct domain *d, struct vcpu *v, union record *r)
{
	vlapic_save_regs(v, &r->lapic_regs);
	return sizeof(r->lapic_regs);
}

static int load_lapic_regs(struct domain *d, struct vcpu *v, union record *r, uint32_t length)
{
	return vlapic_load_regs(v, &r->lapic_regs);
}

static uint32_t save_mtrr(struct domain *d, struct vcpu *v, union record *r)
{
	hvm_save_mtrr(v, &r->mtrr);
	return sizeof(r->mtrr);
}

static int load_mtrr(struct domain *d, struct vcpu *v, union record *r, uint32_t length)
{
	return hvm_load_mtrr(v, &r->mtrr) ? trace_err(-EINVAL) : 0;
}

static uint32_t save_xsave(struct domain *d, struct vcpu *v, union record *r)
{
	struct hvm_hw_cpu_xsave *x = &r->xsave;

	if (!xstate_size || v->pause_flags & (1ul << VPF_DOWN))
		return 0;
	x->xfeature_mask = xstate_mask;
	x->xcr0 = v->arch.xcr0;
	x->xcr0_accum = v->arch.xcr0_accum;
	memcpy(&x->save_area, v->arch.xsave, xstate_size);
	return (uint32_t)offsetof(struct hvm_hw_cpu_xsave, save_area) + xstate_size;
}

static int load_xsave(struct domain *d, struct vcpu *v, union record *r, uint32_t length)
{
	const struct hvm_hw_cpu_xsave *x = &r->xsave;

	return fpu_set_xstate(v, x->xcr0, x->xcr0_accum, &x->save_area,
			      length - (uint32_t)offsetof(struct hvm_hw_cpu_xsave, save_area));
}

static uint32_t save_viridian(struct domain *d, struct vcpu *v, union record *r)
{
	if (!viridian_features(d))
		return 0;
	viridian_save_domain(d, &r->viridian);
	return sizeof(r->viridian);
}

static int load_viridian(struct domain *d, struct vcpu *v, union record *r, uint32_t length)
{
	return viridian_load_domain(d, &r->viridian);
}

static uint32_t save_viridian_vcpu(struct domain *d, struct vcpu *v, union record *r)
{
	if (!viridian_features(d))
		return 0;
	viridian_save_vcpu(v, &r->viridian_vcpu);
	return sizeof(r->viridian_vcpu);
}

static int load_viridian_vcpu(struct domain *d, struct vcpu *v, union record *r, uint32_t length)
{
	return viridian_load_vcpu(v, &r->viridian_vcpu);
}

static uint32_t save_none(struct domain *d, struct vcpu *v, union record *r)
{
	return 0;
}

static int load_vmce(struct domain *d, struct vcpu *v, union record *r, uint32_t length)
{
	return r->vmce.mci_ctl2_bank0 | r->vmce.mci_ctl2_bank1 | r->vmce.mcg_ext_ctl ? trace_err(-EOPNOTSUPP) : 0;
}

static int load_adjust(struct domain *d, struct vcpu *v, union record *r, uint32_t length)
{
	return r->adjust.tsc_adjust ? trace_err(-EOPNOTSUPP) : 0;
}

static int load_msrs(struct domain *d, struct vcpu *v, union record *r, uint32_t length)
{
	const struct hvm_msr *m = &r->msrs;

	if (m->count > MAX_MSRS || length < sizeof(*m) + m->count * sizeof(m->msr[0]))
		return trace_err(-EINVAL);
	for (uint32_t i = 0; i < m->count; i++) {
		if (m->msr[i]._rsvd)
			return trace_err(-EINVAL);
		if (m->msr[i].index == MSR_TSC_AUX && !(m->msr[i].val >> 32))
			v->arch.tsc_aux = m->msr[i].val;
		else if (m->msr[i].val)
			return trace_err(-EOPNOTSUPP);
	}
	return 0;
}

#define FIXED(name) HVM_SAVE_CODE(name), OF_VCPU, 0, HVM_SAVE_LENGTH(name), HVM_SAVE_LENGTH(name)

/* In the order of the stream. */
static const struct record_kind kinds[] = {
	{ HVM_SAVE_CODE(HEADER), OF_DOMAIN, 0, HVM_SAVE_LENGTH(HEADER), HVM_SAVE_LENGTH(HEADER), save_header, load_header },
	{ HVM_SAVE_CODE(CPU), OF_VCPU, 0, HVM_SAVE_LENGTH_COMPAT(CPU), HVM_SAVE_LENGTH(CPU), save_cpu, load_cpu },
	{ FIXED(LAPIC), save_lapic, load_lapic },
	{ FIXED(LAPIC_REGS), save_lapic_regs, load_lapic_regs },
	{ FIXED(MTRR), save_mtrr, load_mtrr },
	{ CPU_XSAVE_CODE, OF_VCPU, 0, sizeof(struct hvm_hw_cpu_xsave), 0, save_xsave, load_xsave },
	{ HVM_SAVE_CODE(VIRIDIAN_DOMAIN), OF_DOMAIN, 0, HVM_SAVE_LENGTH(VIRIDIAN_DOMAIN),
	  HVM_SAVE_LENGTH(VIRIDIAN_DOMAIN), save_viridian, load_viridian },
	{ FIXED(VIRIDIAN_VCPU), save_viridian_vcpu, load_viridian_vcpu },
	{ FIXED(VMCE_VCPU), save_none, load_vmce },
	{ FIXED(TSC_ADJUST), save_none, load_adjust },
	{ CPU_MSR_CODE, OF_VCPU, 0, sizeof(struct hvm_msr), 0, save_none, load_msrs },
};

static uint32_t record_room(void)
{
	uint32_t xsave = (uint32_t)sizeof(struct hvm_hw_cpu_xsave) + xstate_size;
	uint32_t msrs = (uint32_t)sizeof(struct hvm_msr) + MAX_MSRS * (uint32_t)sizeof(struct hvm_one_msr);
	uint32_t most = max(xsave, msrs);

	return max(most, (uint32_t)sizeof(union record));
}

#define NR_KINDS (ARRAY_SIZE(kinds) + NR_BOARD_RECORDS)
static const struct record_kind *kind_at(unsigned int i)
{
	return i < ARRAY_SIZE(kinds) ? &kinds[i] : &hvm_board_records[i - ARRAY_SIZE(kinds)];
}

static const struct record_kind *find_kind(uint32_t type, uint32_t instance)
{
	for (unsigned int i = 0; i < NR_KINDS; i++)
		if (kind_at(i)->type == type && (kind_at(i)->of != OF_BOARD || kind_at(i)->instance == instance))
			return kind_at(i);
	return NULL;
}

/* Is there such an instance: the domain's or its board's one, or a vCPU's. *v is NULL for the former. */
static bool find_instance(const struct record_kind *k, struct domain *d, uint32_t instance, struct vcpu **v)
{
	*v = k->of == OF_VCPU ? domain_vcpu(d, instance) : NULL;
	if (k->of == OF_BOARD)
		return d->arch.hvm->platform && instance == k->instance;
	return k->of == OF_VCPU ? *v != NULL : !instance;
}

/* ---- the stream ---- */

struct cursor {
	guest_ptr_t at; /* 0: only counts */
	uint64_t used, room;
};

static int put(struct cursor *c, uint16_t type, uint16_t instance, const void *record, uint32_t length)
{
	struct hvm_save_descriptor head = { type, instance, length };
	guest_ptr_t to = c->at + c->used;

	c->used += sizeof(head) + length;
	if (!c->at)
		return 0;
	if (c->used > c->room)
		return trace_err(-ENOSPC);
	return raw_copy_to_guest(to, &head, sizeof(head)) ||
			       (length && raw_copy_to_guest(to + sizeof(head), record, length)) ?
		       trace_err(-EFAULT) :
		       0;
}

static int put_kind(struct cursor *c, const struct record_kind *k, struct domain *d, union record *r)
{
	unsigned int first = k->instance, count = k->of == OF_VCPU ? d->max_vcpus : 1;
	struct vcpu *v;
	int rc = 0;

	for (unsigned int i = first; !rc && i < first + count; i++) {
		uint32_t length;

		if (!find_instance(k, d, i, &v))
			continue;
		memset(r, 0, record_room());
		length = k->save(d, v, r);
		if (length)
			rc = put(c, k->type, (uint16_t)i, r, length);
	}
	return rc;
}

static int put_all(struct cursor *c, struct domain *d, union record *r)
{
	int rc = 0;

	for (unsigned int i = 0; !rc && i < NR_KINDS; i++)
		rc = put_kind(c, kind_at(i), d, r);
	return rc ? rc : put(c, HVM_SAVE_CODE(END), 0, NULL, 0);
}

/* Takes one record; *end: it was the last. */
static int take(struct cursor *c, struct domain *d, union record *r, bool *end)
{
	const struct record_kind *k;
	struct hvm_save_descriptor head;
	struct vcpu *v;

	if (c->room - c->used < sizeof(head))
		return trace_err(-ENODATA);
	if (copy_struct_from_guest(&head, c->at + c->used))
		return trace_err(-EFAULT);
	c->used += sizeof(head);
	*end = head.typecode == HVM_SAVE_CODE(END);
	if (*end)
		return 0;
	k = find_kind(head.typecode, head.instance);
	if (!k || !find_instance(k, d, head.instance, &v) || head.length > c->room - c->used ||
	    head.length < k->least || head.length > (k->most ? k->most : record_room()))
		return trace_err(-EINVAL);
	memset(r, 0, record_room());
	if (raw_copy_from_guest(r, c->at + c->used, head.length))
		return trace_err(-EFAULT);
	c->used += head.length;
	return k->load(d, v, r, head.length);
}

/* The first record tells whose stream it is. */
static int take_all(struct cursor *c, struct domain *d, union record *r)
{
	struct hvm_save_descriptor head;
	bool end = false;
	int rc = 0;

	if (c->room < sizeof(head) || copy_struct_from_guest(&head, c->at))
		return trace_err(-EFAULT);
	if (head.typecode != HVM_SAVE_CODE(HEADER))
		return trace_err(-EINVAL);
	while (!rc && !end)
		rc = take(c, d, r, &end);
	return rc;
}

/* ---- the domctls ---- */

/* With the domain still and a buffer for a record; NULL with *err. */
static union record *begin(struct domain *d, int *err)
{
	union record *r;

	*err = !is_hvm_domain(d) || d == current->domain || domain_is_dying(d) ? trace_err(-EINVAL) : 0;
	if (*err)
		return NULL;
	d->arch.hvm->tsc_sync = rdtsc();
	r = xzalloc_bytes(record_room());
	if (!r)
		*err = trace_err(-ENOMEM);
	else
		domain_pause(d);
	return r;
}

static void end(struct domain *d, union record *r)
{
	domain_unpause(d);
	xfree(r);
}

int domctl_get_hvm_context(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_hvmcontext *a = &op->u.hvmcontext;
	struct cursor c = { .at = guest_handle_addr(a->buffer), .room = a->size };
	int rc;
	union record *r = begin(d, &rc);

	if (!r)
		return rc;
	rc = put_all(&c, d, r);
	end(d, r);
	a->size = (uint32_t)c.used;
	return rc;
}

int domctl_set_hvm_context(struct domain *d, struct xen_domctl *op)
{
	struct cursor c = { .at = guest_handle_addr(op->u.hvmcontext.buffer), .room = op->u.hvmcontext.size };
	int rc;
	union record *r = begin(d, &rc);

	if (!r)
		return rc;
	rc = take_all(&c, d, r);
	end(d, r);
	return rc;
}

int domctl_get_hvm_record(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_hvmcontext_partial *a = &op->u.hvmcontext_partial;
	guest_ptr_t to = guest_handle_addr(a->buffer);
	const struct record_kind *k = find_kind(a->type, a->instance);
	uint32_t length = 0;
	struct vcpu *v;
	int rc;
	union record *r = k ? begin(d, &rc) : NULL;

	if (!r)
		return k ? rc : trace_err(-EINVAL);
	if (find_instance(k, d, a->instance, &v))
		length = k->save(d, v, r);
	if (!length)
		rc = trace_err(-ENOENT);
	else if (to && a->bufsz < length)
		rc = trace_err(-ENOSPC);
	else if (to && raw_copy_to_guest(to, r, length))
		rc = trace_err(-EFAULT);
	a->bufsz = length;
	end(d, r);
	return rc;
}
