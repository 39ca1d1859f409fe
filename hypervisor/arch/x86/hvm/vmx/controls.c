/* SPDX-License-Identifier: MIT */
/*
 * A table of the controls that we use, have no use for, or take if they are there. What is not in it is left as the CPU
 * forces it, else off. Source: SDM vol. 3, §24.6-24.8 and appendix A.
 */
#include "controls.h"

enum word { PIN, CPU, CPU2, EXIT, ENTRY, NR_WORDS };
enum wish { MUST, MAY, MUST_NOT };

static const struct {
	uint8_t word, wish;
	uint32_t bit;
	const char *name;
} wishes[] = {
	{ PIN, MUST, PIN_EXTERNAL_INTERRUPT, "external-interrupt exiting" },
	{ PIN, MUST, PIN_NMI, "NMI exiting" },
	{ PIN, MUST, PIN_VIRTUAL_NMIS, "virtual NMIs" },
	{ CPU, MUST, CPU_TSC_OFFSET, "TSC offsetting" },
	{ CPU, MUST, CPU_HLT, "HLT exiting" },
	{ CPU, MUST, CPU_MWAIT, "MWAIT exiting" },
	{ CPU, MUST, CPU_RDPMC, "RDPMC exiting" },
	{ CPU, MUST, CPU_CR8_LOAD, "CR8-load exiting" },
	{ CPU, MUST, CPU_CR8_STORE, "CR8-store exiting" },
	{ CPU, MUST, CPU_MOV_DR, "MOV-DR exiting" },
	{ CPU, MUST, CPU_ALL_IO, "unconditional I/O exiting" },
	{ CPU, MUST, CPU_MSR_BITMAP, "MSR bitmaps" },
	{ CPU, MUST, CPU_MONITOR, "MONITOR exiting" },
	{ CPU, MUST, CPU_SECOND_WORD, "secondary controls" },
	{ CPU, MUST_NOT, CPU_INVLPG, "INVLPG without exit" },
	{ CPU, MUST_NOT, CPU_CR3_LOAD, "CR3 loads without exit" },
	{ CPU, MUST_NOT, CPU_CR3_STORE, "CR3 stores without exit" },
	{ CPU2, MUST, CPU2_EPT, "EPT" },
	{ CPU2, MUST, CPU2_UNRESTRICTED, "unrestricted guest" },
	{ CPU2, MAY, CPU2_RDTSCP, NULL },
	{ CPU2, MAY, CPU2_VPID, NULL },
	{ CPU2, MAY, CPU2_WBINVD, NULL },
	{ CPU2, MAY, CPU2_INVPCID, NULL },
	{ CPU2, MAY, CPU2_TSC_SCALING, NULL },
	{ EXIT, MUST, EXIT_SAVE_DEBUG, "saving of debug controls" },
	{ EXIT, MUST, EXIT_HOST_64, "64-bit host" },
	{ EXIT, MUST, EXIT_LOAD_PAT, "loading of the host's PAT" },
	{ EXIT, MUST, EXIT_LOAD_EFER, "loading of the host's EFER" },
	{ EXIT, MUST_NOT, EXIT_ACK_IRQ, "interrupts left pending" },
	{ ENTRY, MUST, ENTRY_LOAD_DEBUG, "loading of debug controls" },
	{ ENTRY, MUST, ENTRY_LOAD_PAT, "loading of the guest's PAT" },
	{ ENTRY, MUST, ENTRY_LOAD_EFER, "loading of the guest's EFER" },
};

/* Off at first, but switched on while a vCPU runs. */
static const struct {
	uint8_t word;
	uint32_t bit;
	const char *name;
} later[] = {
	{ CPU, CPU_IRQ_WINDOW, "interrupt-window exiting" },
	{ CPU, CPU_NMI_WINDOW, "NMI-window exiting" },
	{ CPU, CPU_RDTSC, "RDTSC exiting" },
	{ ENTRY, ENTRY_GUEST_64, "64-bit guests" },
};

static const char *check_ept(uint64_t ept)
{
	if (!(ept & VMX_EPT_WALK_4))
		return "EPT of four levels";
	if (!(ept & VMX_EPT_WB))
		return "EPT tables in write-back memory";
	if (!(ept & VMX_EPT_2M) || !(ept & VMX_EPT_1G))
		return "EPT pages of 2 MiB and 1 GiB";
	if (!(ept & VMX_EPT_INVEPT) || !(ept & (VMX_EPT_INVEPT_ONE | VMX_EPT_INVEPT_ALL)))
		return "INVEPT";
	return NULL;
}

static const char *check_basic(uint64_t basic)
{
	if (VMX_BASIC_SIZE(basic) > 4096)
		return "a VMCS of one page";
	return VMX_BASIC_MEMTYPE(basic) == VMX_MEMTYPE_WB ? NULL : "a VMCS in write-back memory";
}

static const char *choose(const uint64_t *caps, uint32_t *on)
{
	for (unsigned int i = 0; i < NR_WORDS; i++)
		on[i] = (uint32_t)caps[i];
	for (unsigned int i = 0; i < ARRAY_SIZE(wishes); i++) {
		bool possible = caps[wishes[i].word] >> 32 & wishes[i].bit;

		if (wishes[i].wish == MUST_NOT ? on[wishes[i].word] & wishes[i].bit
					       : wishes[i].wish == MUST && !possible)
			return wishes[i].name;
		if (wishes[i].wish != MUST_NOT && possible)
			on[wishes[i].word] |= wishes[i].bit;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(later); i++)
		if (!(caps[later[i].word] >> 32 & later[i].bit))
			return later[i].name;
	return NULL;
}

const char *vmx_choose_controls(const struct vmx_caps *c, struct vmx_controls *out)
{
	const uint64_t caps[NR_WORDS] = { c->pin, c->cpu, c->cpu2, c->exit, c->entry };
	const char *missing = check_basic(c->basic);
	uint32_t on[NR_WORDS];

	if (!missing)
		missing = choose(caps, on);
	if (!missing)
		missing = check_ept(c->ept_vpid);
	if (missing)
		return missing;
	*out = (struct vmx_controls){
		.pin = on[PIN], .cpu = on[CPU], .cpu2 = on[CPU2], .exit = on[EXIT], .entry = on[ENTRY]
	};
	out->vpid = (on[CPU2] & CPU2_VPID) && (c->ept_vpid & VMX_EPT_INVVPID) && (c->ept_vpid & VMX_EPT_INVVPID_ALL);
	if (!out->vpid)
		out->cpu2 &= ~CPU2_VPID;
	out->invept_one = c->ept_vpid & VMX_EPT_INVEPT_ONE;
	return NULL;
}
