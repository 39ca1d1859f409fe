/* SPDX-License-Identifier: MIT */
/* xen_version and vm_assist: who we are, what we offer, what the guest turned on. */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/string.h>
#include <asm/boot.h>
#include <public/features.h>
#include <public/version.h>

extern const char __note_build_id_start[], __note_build_id_end[];

static long give_text(guest_ptr_t arg, const char *text, size_t size)
{
	char buf[1024] = { 0 };

	strlcpy(buf, text, size);
	return raw_copy_to_guest(arg, buf, size) ? -EFAULT : 0;
}

static long compile_info(guest_ptr_t arg)
{
	struct xen_compile_info ci = { .compile_date = __DATE__ };

	strlcpy(ci.compiler, "gcc " __VERSION__, sizeof(ci.compiler));
	strlcpy(ci.compile_by, "serai", sizeof(ci.compile_by));
	return copy_struct_to_guest(arg, &ci) ? -EFAULT : 0;
}

static uint32_t features(const struct domain *d)
{
	const uint32_t pv_only = 1u << XENFEAT_pae_pgdir_above_4gb | 1u << XENFEAT_highmem_assist |
				 1u << XENFEAT_gnttab_map_avail_bits;
	const uint32_t hvm_only = 1u << XENFEAT_writable_page_tables | 1u << XENFEAT_auto_translated_physmap |
				  1u << XENFEAT_hvm_callback_vector | 1u << XENFEAT_hvm_safe_pvclock;
	uint32_t f = 1u << XENFEAT_mmu_pt_update_preserve_ad | 1u << XENFEAT_pae_pgdir_above_4gb |
		     1u << XENFEAT_highmem_assist | 1u << XENFEAT_gnttab_map_avail_bits |
		     1u << XENFEAT_memory_op_vnode_supported;

	if (is_hardware_domain(d))
		f |= 1u << XENFEAT_dom0;
	return d->arch.is_pv ? f : (f & ~pv_only) | hvm_only;
}

static long get_features(guest_ptr_t arg)
{
	struct xen_feature_info fi;

	if (copy_struct_from_guest(&fi, arg))
		return trace_err(-EFAULT);
	fi.submap = fi.submap_idx == 0 ? features(current->domain) : 0;
	return fi.submap_idx > 0 ? -EINVAL : copy_struct_to_guest(arg, &fi) ? -EFAULT : 0;
}

static long platform_parameters(guest_ptr_t arg)
{
	struct xen_platform_parameters p = { .virt_start = HYPERVISOR_VIRT_START };

	return copy_struct_to_guest(arg, &p) ? -EFAULT : 0;
}

static long build_id(guest_ptr_t arg)
{
	const char *id = __note_build_id_start + 16;
	long len = __note_build_id_end - id;
	xen_build_id_t b;

	if (!arg)
		return len;
	if (copy_struct_from_guest(&b, arg))
		return trace_err(-EFAULT);
	if (b.len < (unsigned long)len)
		return trace_err(-ENOBUFS);
	return raw_copy_to_guest(arg + sizeof(b), id, (unsigned long)len) ? -EFAULT : len;
}

long do_xen_version(unsigned long cmd, unsigned long arg)
{
	switch (cmd) {
	case XENVER_version:
		return (4 << 16) | 17;
	case XENVER_extraversion:
		return give_text(arg, ".0-serai", sizeof(xen_extraversion_t));
	case XENVER_compile_info:
		return compile_info(arg);
	case XENVER_capabilities:
		return give_text(arg, arch_guest_kinds(), sizeof(xen_capabilities_info_t));
	case XENVER_changeset:
		return give_text(arg, "", sizeof(xen_changeset_info_t));
	case XENVER_platform_parameters:
		return platform_parameters(arg);
	case XENVER_get_features:
		return get_features(arg);
	case XENVER_pagesize:
		return arg ? -EINVAL : (long)PAGE_SIZE;
	case XENVER_guest_handle:
		return raw_copy_to_guest(arg, current->domain->handle, 16) ? -EFAULT : 0;
	case XENVER_commandline:
		return give_text(arg, boot_info.cmdline, sizeof(xen_commandline_t));
	case XENVER_build_id:
		return build_id(arg);
	default:
		return -ENOSYS;
	}
}

long do_vm_assist(unsigned long cmd, unsigned long type)
{
	struct domain *d = current->domain;
	struct vcpu *v;

	if (type >= 64 || !(VM_ASSISTS >> type & 1))
		return trace_err(-EINVAL);
	switch (cmd) {
	case VMASST_CMD_enable:
		__atomic_fetch_or(&d->vm_assist, 1ul << type, __ATOMIC_RELAXED);
		break;
	case VMASST_CMD_disable:
		__atomic_fetch_and(&d->vm_assist, ~(1ul << type), __ATOMIC_RELAXED);
		break;
	default:
		return -ENOSYS;
	}
	for_each_vcpu(d, v)
		arch_vm_assist_changed(v);
	return 0;
}
