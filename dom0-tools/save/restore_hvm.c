/* SPDX-License-Identifier: MIT */
/* The part of a stream about a guest in hardware virtualization. */
#include "save/internal.h"

#include <errno.h>
#include <string.h>

#include <xen/hvm/params.h>

static int set(struct restoring *restoring, uint32_t index, uint64_t value)
{
	if (!xc_hvm_param_set(restoring->restore->xc, restoring->restore->domid, index, value))
		return 0;
	complain(restoring->complaint, "the hypervisor refused the guest's parameter %u: %s", index, strerror(errno));
	return -errno;
}

/* Rings begin empty: what was in them when the guest was saved has been served then. */
static int clear_page(struct restoring *restoring, uint64_t pfn)
{
	void *page = restore_map(restoring, restored_mfn(restoring, pfn), "a page the guest shares");

	if (!page)
		return -EINVAL;
	bulk_clear(page, PAGE_BYTES);
	xenforeignmemory_unmap(restoring->foreign, page, 1);
	return 0;
}

int restore_hvm_params(struct restoring *restoring, const struct blob *body)
{
	const struct hvm_params *head = body->data;
	const struct hvm_param *param = (const struct hvm_param *)(head + 1);
	int error = 0;

	if (body->bytes < sizeof(*head) || (body->bytes - sizeof(*head)) / sizeof(*param) < head->count) {
		complain(restoring->complaint, "it is damaged: the guest's parameters are cut off");
		return -EINVAL;
	}
	for (uint32_t i = 0; i < head->count && !error; i++) {
		switch (param[i].index) {
		case HVM_PARAM_STORE_PFN:
			restoring->restore->store_mfn = param[i].value;
			error = clear_page(restoring, param[i].value);
			break;
		case HVM_PARAM_CONSOLE_PFN:
			restoring->restore->console_mfn = param[i].value;
			error = clear_page(restoring, param[i].value);
			break;
		case HVM_PARAM_IOREQ_PFN:
		case HVM_PARAM_BUFIOREQ_PFN:
			error = clear_page(restoring, param[i].value);
			break;
		default:
			if (param[i].index <= UINT32_MAX)
				break;
			complain(restoring->complaint, "it is damaged: there is no such parameter as %#llx",
				 (unsigned long long)param[i].index);
			return -EINVAL;
		}
		if (!error)
			error = set(restoring, (uint32_t)param[i].index, param[i].value);
	}
	return error;
}

int restore_hvm_finish(struct restoring *restoring)
{
	struct restore *restore = restoring->restore;
	struct pv_domain grants = { .domid = restore->domid,
				    .store_domid = restore->store_domid,
				    .console_domid = restore->console_domid,
				    .store_mfn = restore->store_mfn,
				    .console_mfn = restore->console_mfn };
	int error;

	if (!restoring->hvm_context.data || !restore->store_mfn || !restore->console_mfn) {
		complain(restoring->complaint, "it is damaged: %s missing",
			 restore->store_mfn ? "the virtual machine's state is" : "the guest's parameters are");
		return -EINVAL;
	}
	error = set(restoring, HVM_PARAM_STORE_EVTCHN, restore->store_port);
	if (!error)
		error = set(restoring, HVM_PARAM_CONSOLE_EVTCHN, restore->console_port);
	if (!error && xc_domain_hvm_setcontext(restore->xc, restore->domid, restoring->hvm_context.data,
					       restoring->hvm_context.bytes)) {
		error = -errno;
		complain(restoring->complaint, "the hypervisor refused the virtual machine's state: %s",
			 strerror(-error));
	}
	return error ? error : pv_seed_grants(&grants, restoring->complaint);
}
