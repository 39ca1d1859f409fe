/* SPDX-License-Identifier: MIT */
/*
 * What the machine answers without hardware virtualization. All of it is weak: a test that links hypervisor/arch/x86/hvm
 * has the real thing.
 */
#include <hv/domain.h>
#include <asm/vcpu_kind.h>
#include <public/grant_table.h>

struct hvm_vendor;
struct xen_domctl;
__attribute__((weak)) const struct hvm_vendor *hvm_vendor;
__attribute__((weak)) const struct vcpu_kind hvm_kind = { 0 };

#define NOTHING(name, ...)                                                                         \
	__attribute__((weak)) void name(__VA_ARGS__);                                              \
	void name(__VA_ARGS__)                                                                     \
	{                                                                                          \
	}
#define ANSWER(rc, type, name, ...)                                                                \
	__attribute__((weak)) type name(__VA_ARGS__);                                              \
	type name(__VA_ARGS__)                                                                     \
	{                                                                                          \
		return rc;                                                                         \
	}
NOTHING(hvm_event_raised, struct vcpu *v)
ANSWER(false, bool, hvm_event_pending, const struct vcpu *v)
ANSWER(-EACCES, int, arch_add_to_physmap, struct domain *d, unsigned int space, uint64_t idx, gfn_t gfn)
ANSWER(-EACCES, int, arch_remove_from_physmap, struct domain *d, gfn_t gfn)
ANSWER(0, int, arch_gfn_populate, struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order)
ANSWER(0, int, arch_gfn_depopulate, struct domain *d, gfn_t gfn, mfn_t mfn)
ANSWER(0, uint64_t, arch_max_gfn, const struct domain *d)
ANSWER(0, uint32_t, arch_ioreq_frames, const struct domain *d)
ANSWER(-EINVAL, int, arch_ioreq_frame, struct domain *d, uint32_t id, unsigned int frame, uint64_t *mfn)
ANSWER(false, bool, hvm_compat_continue, struct vcpu *v, struct cpu_user_regs *r, unsigned int nr, const unsigned long *args)
ANSWER(NULL, struct page *, p2m_get_own_page, struct domain *d, gfn_t gfn)
ANSWER(GNTST_general_error, int, hvm_grant_map, struct domain *d, uint64_t gpa, mfn_t mfn, unsigned int flags)
ANSWER(GNTST_general_error, int, hvm_grant_unmap, struct domain *d, uint64_t gpa, mfn_t mfn, uint64_t new_addr)
ANSWER(-EOPNOTSUPP, int, domctl_get_hvm_context, struct domain *d, struct xen_domctl *op)
ANSWER(-EOPNOTSUPP, int, domctl_set_hvm_context, struct domain *d, struct xen_domctl *op)
ANSWER(-EOPNOTSUPP, int, domctl_get_hvm_record, struct domain *d, struct xen_domctl *op)
ANSWER(-ENOSYS, long, do_dm_op, unsigned long a, unsigned long b, unsigned long c)
ANSWER(-ENOSYS, long, do_hvm_op, unsigned long a, unsigned long b)
