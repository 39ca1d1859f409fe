/* SPDX-License-Identifier: MIT */
/*
 * Guest memory by guest address: range checks, then the fault-tolerant copies of entry/copy.S. A
 * hardware-virtualized guest's addresses are not ours: they go through its page tables.
 */
#include <hv/guest_access.h>
#include <asm/hvm/hvm.h>
#include <asm/layout.h>

unsigned long copy_user(void *to, const void *from, unsigned long len);
unsigned long clear_user(void *to, unsigned long len);

bool guest_range_ok(guest_ptr_t p, unsigned long nr, unsigned long size)
{
	unsigned long len;

	if (__builtin_mul_overflow(nr, size, &len) || p + len < p)
		return false;
	return p + len <= HV_VIRT_START || p >= HV_VIRT_END || is_hvm_vcpu(current);
}

unsigned long raw_copy_from_guest(void *to, guest_ptr_t from, unsigned long len)
{
	if (!guest_range_ok(from, 1, len))
		return len;
	if (unlikely(is_hvm_vcpu(current)))
		return hvm_copy(from, to, len, false);
	return copy_user(to, (const void *)from, len);
}

unsigned long raw_copy_to_guest(guest_ptr_t to, const void *from, unsigned long len)
{
	if (!guest_range_ok(to, 1, len))
		return len;
	if (unlikely(is_hvm_vcpu(current)))
		return hvm_copy(to, (void *)(uintptr_t)from, len, true);
	return copy_user((void *)to, from, len);
}

unsigned long raw_clear_guest(guest_ptr_t to, unsigned long len)
{
	if (!guest_range_ok(to, 1, len))
		return len;
	if (unlikely(is_hvm_vcpu(current)))
		return hvm_copy(to, NULL, len, true);
	return clear_user((void *)to, len);
}
