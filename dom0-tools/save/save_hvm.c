/* SPDX-License-Identifier: MIT */
/* The part of a stream about a guest in hardware virtualization: the hypervisor's records, and its parameters. */
#include "save/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/hvm/params.h>

/* Those that outlive the domain; event channels, for one, do not. */
static const uint16_t kept[] = {
	HVM_PARAM_STORE_PFN,   HVM_PARAM_IOREQ_PFN,     HVM_PARAM_BUFIOREQ_PFN, HVM_PARAM_PAGING_RING_PFN,
	HVM_PARAM_MONITOR_RING_PFN, HVM_PARAM_SHARING_RING_PFN, HVM_PARAM_VM86_TSS_SIZED, HVM_PARAM_CONSOLE_PFN,
	HVM_PARAM_ACPI_IOPORTS_LOCATION, HVM_PARAM_VIRIDIAN, HVM_PARAM_IDENT_PT, HVM_PARAM_PAE_ENABLED,
	HVM_PARAM_VM_GENERATION_ID_ADDR, HVM_PARAM_MCA_CAP,     HVM_PARAM_IOREQ_SERVER_PFN,
	HVM_PARAM_NR_IOREQ_SERVER_PAGES,
};

static int write_params(struct saving *saving)
{
	struct hvm_param params[sizeof(kept) / sizeof(kept[0])];
	struct hvm_params head = { 0 };

	for (unsigned int i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		uint64_t value;

		/* One the hypervisor does not have needs no keeping. */
		if (xc_hvm_param_get(saving->xc, saving->save->domid, kept[i], &value) || !value)
			continue;
		params[head.count++] = (struct hvm_param){ kept[i], value };
	}
	return output_record(&saving->out, RECORD_HVM_PARAMS, &head, sizeof(head), params,
			     head.count * (uint32_t)sizeof(*params));
}

int save_hvm_state(struct saving *saving)
{
	xc_interface *xc = saving->xc;
	int bytes = xc_domain_hvm_getcontext(xc, saving->save->domid, NULL, 0), error = 0;
	uint8_t *context = bytes > 0 ? malloc((size_t)bytes) : NULL;

	if (bytes > 0 && !context)
		return -ENOMEM;
	if (context)
		bytes = xc_domain_hvm_getcontext(xc, saving->save->domid, context, (uint32_t)bytes);
	if (bytes <= 0) {
		error = bytes ? -errno : -EIO;
		complain(saving->complaint, "the virtual machine's state cannot be read: %s", strerror(-error));
	}
	if (!error)
		error = output_record(&saving->out, RECORD_HVM_CONTEXT, NULL, 0, context, (uint32_t)bytes);
	if (!error)
		error = write_params(saving);
	free(context);
	return error;
}
