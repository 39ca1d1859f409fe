/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls from 32-bit code: arguments in EBX, ECX, EDX, ESI, EDI, EBP; pointers and frame numbers of 4 bytes. Firmware
 * makes them. Structures that are the same in both widths are used where they are; the others are made wide in a
 * buffer, which the handler takes for guest memory: its address is one that no 32-bit caller can name.
 *
 * LIMITS: the calls that firmware and simple kernels need; shared_info keeps its 64-bit form.
 */
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/string.h>
#include <asm/hvm/compat.h>
#include <asm/hvm/hvm.h>
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/version.h>

/* ---- the buffer as guest memory ---- */

#define BUFFER_AT (1ull << 62)

struct compat_call {
	char buffer[1024];
};

bool hvm_compat_copy(const struct vcpu *v, uint64_t linear, void *buf, unsigned long len, bool write, unsigned long *left)
{
	struct compat_call *c = v->arch.hvm->compat;
	uint64_t at = linear - BUFFER_AT;

	if (likely(!c) || at >= sizeof(c->buffer))
		return false;
	*left = len <= sizeof(c->buffer) - at ? 0 : len;
	if (*left)
		return true;
	if (!buf)
		memset(c->buffer + at, 0, len);
	else if (write)
		memcpy(c->buffer + at, buf, len);
	else
		memcpy(buf, c->buffer + at, len);
	return true;
}

bool hvm_compat_continue(struct vcpu *v, struct cpu_user_regs *r, unsigned int nr, const unsigned long *args)
{
	uint64_t *const to[] = { &r->rbx, &r->rcx, &r->rdx, &r->rsi, &r->rdi, &r->rbp };

	if (likely(!v->arch.hvm->compat))
		return false;
	/* What points to the buffer is made from the caller's own again. */
	for (unsigned int i = 0; i < nr; i++)
		if (!(args[i] >> 32))
			*to[i] = args[i];
	return true;
}

/* ---- memory_op ---- */

struct small_reservation {
	uint32_t extent_start, nr_extents, extent_order, mem_flags;
	uint16_t domid;
};
struct small_add {
	uint16_t domid, size;
	uint32_t space, idx, gpfn;
};
struct small_remove {
	uint16_t domid;
	uint32_t gpfn;
};
struct small_map {
	uint32_t nr_entries, buffer;
};

#define MEMOP_CMD 0x3fu
#define EXTENTS	  64u /* at once: more are left for the caller to ask for again */
#define EXTENT_OFFSET 512u

static long call_memory_op(struct compat_call *c, unsigned long cmd, const void *arg, unsigned long len)
{
	memcpy(c->buffer, arg, len);
	return do_memory_op(cmd, BUFFER_AT);
}

/* These say how many extents are done, from the first one. */
static long reservation(struct compat_call *c, unsigned long cmd, guest_ptr_t arg)
{
	struct xen_memory_reservation wide;
	struct small_reservation s;
	uint32_t done, pfn;
	uint64_t wide_pfn;

	if (copy_struct_from_guest(&s, arg))
		return 0;
	wide = (struct xen_memory_reservation){ .nr_extents = 1, .extent_order = s.extent_order, .mem_flags = s.mem_flags,
						.domid = s.domid };
	wide.extent_start.p = (void *)(BUFFER_AT + EXTENT_OFFSET);
	/* One by one: a single extent is never interrupted half-way. */
	for (done = 0; done < min(s.nr_extents, EXTENTS); done++) {
		if (copy_from_guest_at(&pfn, (guest_ptr_t)s.extent_start, done))
			break;
		wide_pfn = pfn;
		memcpy(c->buffer + EXTENT_OFFSET, &wide_pfn, sizeof(wide_pfn));
		if (call_memory_op(c, cmd & MEMOP_CMD, &wide, sizeof(wide)) != 1)
			break;
	}
	return done;
}

static long add_to_physmap(struct compat_call *c, unsigned long cmd, guest_ptr_t arg)
{
	struct small_add s;
	struct xen_add_to_physmap wide;

	if (copy_struct_from_guest(&s, arg))
		return -EFAULT;
	wide = (struct xen_add_to_physmap){ .domid = s.domid, .size = s.size, .space = s.space, .idx = s.idx, .gpfn = s.gpfn };
	return call_memory_op(c, cmd, &wide, sizeof(wide));
}

static long remove_from_physmap(struct compat_call *c, unsigned long cmd, guest_ptr_t arg)
{
	struct xen_remove_from_physmap wide;
	struct small_remove s;

	if (copy_struct_from_guest(&s, arg))
		return -EFAULT;
	wide = (struct xen_remove_from_physmap){ .domid = s.domid, .gpfn = s.gpfn };
	return call_memory_op(c, cmd, &wide, sizeof(wide));
}

static long memory_map(struct compat_call *c, unsigned long cmd, guest_ptr_t arg)
{
	struct xen_memory_map wide = { 0 };
	struct small_map s;
	long rc;

	if (copy_struct_from_guest(&s, arg))
		return -EFAULT;
	wide.nr_entries = s.nr_entries;
	wide.buffer.p = (void *)(uint64_t)s.buffer;
	rc = call_memory_op(c, cmd, &wide, sizeof(wide));
	s.nr_entries = ((struct xen_memory_map *)(void *)c->buffer)->nr_entries;
	return rc ? rc : copy_struct_to_guest(arg, &s) ? -EFAULT : 0;
}

static long memory_op(struct compat_call *c, const uint32_t *a)
{
	switch (a[0] & MEMOP_CMD) {
	case XENMEM_populate_physmap:
	case XENMEM_decrease_reservation:
		return reservation(c, a[0], a[1]);
	case XENMEM_add_to_physmap:
		return add_to_physmap(c, a[0], a[1]);
	case XENMEM_remove_from_physmap:
		return remove_from_physmap(c, a[0], a[1]);
	case XENMEM_memory_map:
		return memory_map(c, a[0], a[1]);
	case XENMEM_current_reservation: /* a domain's number only */
	case XENMEM_maximum_reservation:
	case XENMEM_maximum_gpfn:
		return do_memory_op(a[0], a[1]);
	}
	return -ENOSYS;
}

/* ---- the others ---- */

static long sched_op(struct compat_call *c, const uint32_t *a)
{
	struct {
		uint32_t ports, nr_ports;
		uint64_t timeout;
	} s;
	struct sched_poll wide;

	if (a[0] != SCHEDOP_poll)
		return do_sched_op(a[0], a[1]);
	if (copy_struct_from_guest(&s, a[1]))
		return -EFAULT;
	wide = (struct sched_poll){ .nr_ports = s.nr_ports, .timeout = s.timeout };
	wide.ports.p = (void *)(uint64_t)s.ports;
	memcpy(c->buffer, &wide, sizeof(wide));
	return do_sched_op(a[0], BUFFER_AT);
}

static long xen_version(struct compat_call *c, const uint32_t *a)
{
	return a[0] == XENVER_platform_parameters || a[0] == XENVER_commandline ? -ENOSYS : do_xen_version(a[0], a[1]);
}

static long event_channel_op(struct compat_call *c, const uint32_t *a)
{
	return do_event_channel_op(a[0], a[1]);
}

static long hvm_op(struct compat_call *c, const uint32_t *a)
{
	return do_hvm_op(a[0], a[1]);
}

static long console_io(struct compat_call *c, const uint32_t *a)
{
	return do_console_io(a[0], a[1], a[2]);
}

static long grant_table_op(struct compat_call *c, const uint32_t *a)
{
	switch (a[0]) {
	case GNTTABOP_map_grant_ref:
	case GNTTABOP_unmap_grant_ref:
	case GNTTABOP_query_size:
	case GNTTABOP_set_version:
		return do_grant_table_op(a[0], a[1], a[2]);
	}
	return -ENOSYS;
}

static long (*const calls[NR_HYPERCALLS])(struct compat_call *c, const uint32_t *args) = {
	[__HYPERVISOR_memory_op] = memory_op,
	[__HYPERVISOR_sched_op] = sched_op,
	[__HYPERVISOR_xen_version] = xen_version,
	[__HYPERVISOR_event_channel_op] = event_channel_op,
	[__HYPERVISOR_hvm_op] = hvm_op,
	[__HYPERVISOR_console_io] = console_io,
	[__HYPERVISOR_grant_table_op] = grant_table_op,
};

long hvm_compat_hypercall(struct vcpu *v, unsigned int nr, const uint32_t *args)
{
	struct compat_call c;
	long rc;

	if (nr >= NR_HYPERCALLS || !calls[nr])
		return -ENOSYS;
	v->arch.hvm->compat = &c;
	rc = calls[nr](&c, args);
	v->arch.hvm->compat = NULL;
	return rc;
}
