/* SPDX-License-Identifier: MIT */
/*
 * libxenctrl: vCPUs: registers, where they run, what they have used. Include <xenctrl.h>.
 */
#ifndef XENCTRL_VCPU_H
#define XENCTRL_VCPU_H

/* Maps of CPUs and of NUMA nodes: bit n is bit n % 8 of byte n / 8; sizes as told below. */
typedef uint8_t *xc_cpumap_t;
typedef uint8_t *xc_nodemap_t;

/* CPU numbers are below this; those on line. */
int xc_get_max_cpus(xc_interface *xch);
int xc_get_online_cpus(xc_interface *xch);
/* Bytes of a map. */
int xc_get_cpumap_size(xc_interface *xch);
/* An empty map, for free(). */
xc_cpumap_t xc_cpumap_alloc(xc_interface *xch);
void xc_cpumap_clearcpu(int cpu, xc_cpumap_t map);
void xc_cpumap_setcpu(int cpu, xc_cpumap_t map);
int xc_cpumap_testcpu(int cpu, xc_cpumap_t map);
/* The same for nodes. */
int xc_get_max_nodes(xc_interface *xch);
int xc_get_nodemap_size(xc_interface *xch);
xc_nodemap_t xc_nodemap_alloc(xc_interface *xch);

/* A PV vCPU's registers, in the format of the guest's width. */
typedef union {
	vcpu_guest_context_x86_64_t x64;
	vcpu_guest_context_x86_32_t x32;
	vcpu_guest_context_t c;
} vcpu_guest_context_any_t;

typedef union {
	shared_info_x86_64_t x64;
	shared_info_x86_32_t x32;
	shared_info_t s;
} shared_info_any_t;

typedef union {
	start_info_x86_64_t x64;
	start_info_x86_32_t x32;
	start_info_t s;
} start_info_any_t;

/*
 * Set brings a vCPU into being (on line if the context has VGCF_online), or with ctxt NULL resets
 * it. Get wants the domain paused.
 */
int xc_vcpu_setcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
		       vcpu_guest_context_any_t *ctxt);
int xc_vcpu_getcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
		       vcpu_guest_context_any_t *ctxt);

/*
 * XSAVE state. Get: with buffer NULL tells mask and size; else copies up to size bytes. Of the set
 * function (not in Debian's library) the buffer is what get gave.
 */
typedef struct xc_vcpu_extstate {
	uint64_t xfeature_mask;
	uint64_t size;
	void *buffer;
} xc_vcpu_extstate_t;
int xc_vcpu_get_extstate(xc_interface *xch, uint32_t domid, uint32_t vcpu,
			 xc_vcpu_extstate_t *extstate);
int xc_vcpu_set_extstate(xc_interface *xch, uint32_t domid, uint32_t vcpu,
			 const xc_vcpu_extstate_t *extstate);
/* Entry points and the like that a context lacks. Not in Debian's library, nor are the next. */
int xc_vcpu_get_ext_context(xc_interface *xch, uint32_t domid, uint32_t vcpu,
			    struct xen_domctl_ext_vcpucontext *ext);
int xc_vcpu_set_ext_context(xc_interface *xch, uint32_t domid, uint32_t vcpu,
			    const struct xen_domctl_ext_vcpucontext *ext);
/* MSRs that migrate. Get: *count is [in] room, [out] number; msrs NULL asks for the room. */
int xc_vcpu_get_msrs(xc_interface *xch, uint32_t domid, uint32_t vcpu, uint32_t *count,
		     xen_domctl_vcpu_msr_t *msrs);
int xc_vcpu_set_msrs(xc_interface *xch, uint32_t domid, uint32_t vcpu, uint32_t count,
		     const xen_domctl_vcpu_msr_t *msrs);

typedef struct xen_domctl_getvcpuinfo xc_vcpuinfo_t;
int xc_vcpu_getinfo(xc_interface *xch, uint32_t domid, uint32_t vcpu, xc_vcpuinfo_t *info);
/*
 * Serai's only, else ENOSYS. Nanoseconds a vCPU has spent in each RUNSTATE_* (vcpu.h), if `time` is not NULL;
 * how often the domain made each hypercall, if `calls` is not: *nr_calls is their room, and then how many there are.
 */
int xc_domain_usage(xc_interface *xch, uint32_t domid, uint32_t vcpu, uint64_t time[4],
		    uint32_t *nr_calls, uint64_t *calls);
/* Nanoseconds; -1 on failure. */
long long xc_domain_get_cpu_usage(xc_interface *xch, uint32_t domid, int vcpu);

/*
 * CPUs a vCPU may (hard) and should (soft) run on; flags (XEN_VCPUAFFINITY_*) say which. Set
 * returns in the maps what takes effect, cut down to what is on line; get returns what was set.
 * Maps that are not asked for may be NULL; NULL although asked for: EINVAL.
 */
int xc_vcpu_setaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t cpumap_hard_inout,
			xc_cpumap_t cpumap_soft_inout, uint32_t flags);
int xc_vcpu_getaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t cpumap_hard,
			xc_cpumap_t cpumap_soft, uint32_t flags);
/* Nodes a domain's memory should come from. */
int xc_domain_node_setaffinity(xc_interface *xch, uint32_t domid, xc_nodemap_t nodemap);
int xc_domain_node_getaffinity(xc_interface *xch, uint32_t domid, xc_nodemap_t nodemap);

#endif
