/* SPDX-License-Identifier: MIT */
/* sysctl: the console ring and the debug keys. */
#include <hv/console.h>
#include <hv/guest_access.h>
#include <hv/keyhandler.h>
#include <public/sysctl.h>
#include "handlers.h"

#define MAX_KEYS 64

int sysctl_readconsole(struct xen_sysctl *op)
{
	return console_read_ring(&op->u.readconsole);
}

int sysctl_debug_keys(struct xen_sysctl *op)
{
	uint32_t n = min(op->u.debug_keys.nr_keys, (uint32_t)MAX_KEYS);
	char key;

	for (uint32_t i = 0; i < n; i++) {
		if (copy_from_guest_at(&key, guest_handle_addr(op->u.debug_keys.keys), i))
			return trace_err(-EFAULT);
		handle_keypress((unsigned char)key);
	}
	return 0;
}
