/* SPDX-License-Identifier: MIT */
/* Which of a CPU's VMX controls are used: pure computation on what its MSRs say. Code: controls.c. */
#ifndef VMX_CONTROLS_H
#define VMX_CONTROLS_H

#include <hv/lib.h>
#include "vmcs.h"

/* MSR values; the four of controls: bits 31:0 are forced on, bits 63:32 may be on. cpu2, ept_vpid: 0 where absent. */
struct vmx_caps {
	uint64_t basic, pin, cpu, cpu2, exit, entry, ept_vpid;
};

struct vmx_controls {
	uint32_t pin, cpu, cpu2, exit, entry; /* for a vCPU's VMCS; cpu, entry: changed as it runs */
	bool vpid, invept_one;
};

/* What this CPU lacks, in words; NULL: nothing, and *out is complete. */
const char *vmx_choose_controls(const struct vmx_caps *caps, struct vmx_controls *out);

#endif
