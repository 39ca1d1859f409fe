/* SPDX-License-Identifier: MIT */
/*
 * Linux unmaps a PV domain's foreign pages one by one, by an emulated write each; but of a process that ends it unpins the
 * page tables first. So memory is mapped in a child, which never unmaps anything.
 *
 * Buffers for hypercalls are not there after a fork: the child opens the hypervisor again.
 */
#include "save/internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

struct errand {
	xc_interface **xc;
	int (*work)(void *data, struct complaint *complaint);
	void *data;
};

static int run(void *data, struct complaint *complaint)
{
	const struct errand *errand = data;

	/* Nobody is to go on with what its parent has given up. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	*errand->xc = xc_interface_open(NULL, NULL, 0);
	if (!*errand->xc) {
		complain(complaint, "the hypervisor cannot be reached: %s", strerror(errno));
		return -errno;
	}
	return errand->work(errand->data, complaint);
}

int run_apart(bool apart, xc_interface **xc, int (*work)(void *data, struct complaint *complaint), void *data,
	      struct complaint *complaint)
{
	struct errand errand = { xc, work, data };

	return apart ? write_in_child(run, &errand, complaint) : work(data, complaint);
}
