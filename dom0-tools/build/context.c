/* SPDX-License-Identifier: MIT */
/*
 * vCPU 0 as a PV kernel expects it at its first instruction, and the page it makes hypercalls
 * through.
 */
#include "build/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/domctl.h>
#include <xencall.h>

#define FLAGS_INTERRUPTS (1 << 9)

int pv_start_context(const struct pv_domain *domain, const struct pv_layout *layout,
		     xen_pfn_t root_mfn, struct complaint *complaint)
{
	vcpu_guest_context_any_t *any = calloc(1, sizeof(*any));
	vcpu_guest_context_x86_64_t *context = &any->x64;
	int error = 0;

	if (!any)
		return -ENOMEM;
	context->flags = VGCF_IN_KERNEL | VGCF_online;
	context->user_regs.rip = domain->image->entry;
	context->user_regs.rsp = pv_layout_virt(layout, layout->stack.pfn + 1);
	context->user_regs.rsi = pv_layout_virt(layout, layout->start_info.pfn);
	context->user_regs.rflags = FLAGS_INTERRUPTS;
	context->user_regs.cs = FLAT_KERNEL_CS64;
	context->user_regs.ss = FLAT_KERNEL_SS64;
	context->kernel_ss = context->user_regs.ss;
	context->kernel_sp = context->user_regs.rsp;
	context->ctrlreg[3] = (uint64_t)root_mfn << PAGE_BITS;
	if (xc_vcpu_setcontext(domain->xc, domain->domid, 0, any)) {
		error = -errno;
		complain(complaint, "the hypervisor refused the first vCPU's state: %s",
			 strerror(errno));
	}
	free(any);
	return error;
}

int pv_init_hypercall_page(uint32_t domid, xen_pfn_t mfn, struct complaint *complaint)
{
	xencall_handle *calls = xencall_open(NULL, 0);
	struct xen_domctl *domctl = calls ? xencall_alloc_buffer(calls, sizeof(*domctl)) : NULL;
	int error = -ENOMEM;

	if (domctl) {
		memset(domctl, 0, sizeof(*domctl));
		domctl->cmd = XEN_DOMCTL_hypercall_init;
		domctl->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
		domctl->domain = domid;
		domctl->u.hypercall_init.gmfn = mfn;
		error = xencall1(calls, __HYPERVISOR_domctl, (uintptr_t)domctl) < 0 ? -errno : 0;
		xencall_free_buffer(calls, domctl);
	}
	if (calls)
		xencall_close(calls);
	if (error)
		complain(complaint, "the hypervisor did not fill the kernel's hypercall page: %s",
			 strerror(-error));
	return error;
}
