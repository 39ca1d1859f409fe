/* SPDX-License-Identifier: MIT */
/*
 * What a guest reaches by ports and by memory accesses: the board's devices, then device models. What nobody has
 * reads as all ones and swallows writes, as on a bus.
 */
#include <hv/console.h>
#include <hv/domain.h>
#include <asm/hvm/emulate.h>
#include <asm/hvm/platform.h>
#include <public/hvm/ioreq.h>

/* ---- ports ---- */

#define DEBUG_PORT    0xe9
#define CHIPSET_START 0xfec00000u /* where the board's own memory lies */
#define CHIPSET_END   0xfef00000u

/* Bytes for the hypervisor's log, as with Xen; rate-limited there. */
static void debug_port_write(struct vcpu *v, unsigned int size, uint32_t val)
{
	char c = (char)val;

	if (size == 1)
		console_guest_text(v->domain->domain_id, &c, 1);
}

static void forward_port(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val)
{
	struct hvm_io_access a = { .addr = port, .data = *val, .count = 1, .type = IOREQ_TYPE_PIO, .size = (uint8_t)size,
				   .dir = write ? IOREQ_WRITE : IOREQ_READ };

	if (hvm_io_forward(v, &a))
		*val = (uint32_t)a.data;
}

static void access_port(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint32_t *val)
{
	if (port == DEBUG_PORT && write)
		debug_port_write(v, size, *val);
	else if (v->domain->arch.hvm->platform && !hvm_platform_port(v, write, port, size, val))
		forward_port(v, write, port, size, val);
}

uint32_t hvm_port_read(struct vcpu *v, uint16_t port, unsigned int size)
{
	uint32_t val = ~0u;

	access_port(v, false, port, size, &val);
	return val;
}

void hvm_port_write(struct vcpu *v, uint16_t port, unsigned int size, uint32_t val)
{
	access_port(v, true, port, size, &val);
}

/* The answer that waits is that of a single element. */
static bool single_answered(const struct vcpu *v)
{
	const struct hvm_io *io = &v->arch.hvm->io;

	return io->cursor < io->nr_done && !io->done[io->cursor].is_ptr && io->done[io->cursor].count == 1;
}

bool hvm_port_string(struct vcpu *v, bool write, uint16_t port, unsigned int size, uint64_t gpa, bool df, uint32_t nr)
{
	struct hvm_io_access a = { .addr = port, .data = gpa, .count = nr, .type = IOREQ_TYPE_PIO, .size = (uint8_t)size,
				   .dir = write ? IOREQ_WRITE : IOREQ_READ, .is_ptr = true, .df = df };


	if (!v->domain->arch.hvm->platform || hvm_platform_has_port(port) || single_answered(v))
		return false;
	/* LIMITS: where no device model is, INS leaves memory alone. */
	return hvm_io_forward(v, &a);
}

/* ---- memory ---- */

static void access_memory(struct vcpu *v, bool write, uint64_t gpa, unsigned int size, uint64_t *val)
{
	struct hvm_io_access a = { .addr = gpa, .data = *val, .count = 1, .type = IOREQ_TYPE_COPY, .size = (uint8_t)size,
				   .dir = write ? IOREQ_WRITE : IOREQ_READ };

	if (!v->domain->arch.hvm->platform || hvm_platform_mmio(v, write, gpa, size, val))
		return;
	if (hvm_io_forward(v, &a))
		*val = a.data;
}

uint64_t hvm_mmio_read(struct vcpu *v, uint64_t gpa, unsigned int size)
{
	uint64_t val = ~0ull;

	if (vlapic_is_mmio(v, gpa))
		return size <= 4 ? vlapic_mmio_read(v, gpa & ~PAGE_MASK, size) : val;
	access_memory(v, false, gpa, size, &val);
	return val;
}

void hvm_mmio_write(struct vcpu *v, uint64_t gpa, unsigned int size, uint64_t val)
{
	if (!vlapic_is_mmio(v, gpa))
		access_memory(v, true, gpa, size, &val);
	else if (size <= 4)
		vlapic_mmio_write(v, gpa & ~PAGE_MASK, size, (uint32_t)val);
}

bool hvm_mmio_string(struct vcpu *v, bool write, uint64_t gpa, unsigned int size, bool is_ptr, uint64_t data, bool df,
		     uint32_t nr)
{
	struct hvm_io_access a = { .addr = gpa, .data = data, .count = nr, .type = IOREQ_TYPE_COPY, .size = (uint8_t)size,
				   .dir = write ? IOREQ_WRITE : IOREQ_READ, .is_ptr = is_ptr, .df = df };

	if (!v->domain->arch.hvm->platform || nr < 2 || (gpa >= CHIPSET_START && gpa < CHIPSET_END) || single_answered(v) ||
	    !ioreq_select(v->domain, &a))
		return false;
	return hvm_io_forward(v, &a);
}

/* ---- memory whose writes are claimed ---- */

bool hvm_writes_claimed(struct domain *d, uint64_t gpa)
{
	gfn_t gfn = _gfn(gpa >> PAGE_SHIFT);
	enum p2m_type t;
	mfn_t mfn;

	if (d->arch.hvm->platform && READ_ONCE(d->arch.hvm->platform->write_server))
		return true;
	mfn = p2m_get(d, gfn, &t, NULL);
	if (t == P2M_ioreq_server)
		(void)p2m_set(d, gfn, mfn, P2M_ORDER_4K, P2M_ram_rw);
	return false;
}

bool hvm_claimed_write(struct vcpu *v, uint64_t gpa, unsigned int size, uint64_t val)
{
	struct hvm_io_access a = { .addr = gpa, .data = val, .count = 1, .type = IOREQ_TYPE_COPY, .size = (uint8_t)size,
				   .dir = IOREQ_WRITE, .claimed = true };

	return hvm_io_forward(v, &a);
}
