/* SPDX-License-Identifier: MIT */
/*
 * libxenctrl: the host: what it is, its console, its counters. Include <xenctrl.h>.
 */
#ifndef XENCTRL_HOST_H
#define XENCTRL_HOST_H

typedef struct xen_sysctl_physinfo xc_physinfo_t;
typedef struct xen_sysctl_cputopo xc_cputopo_t;
typedef struct xen_sysctl_numainfo xc_numainfo_t;
typedef struct xen_sysctl_meminfo xc_meminfo_t;
typedef struct xen_sysctl_pcitopoinfo xc_pcitopoinfo_t;
typedef struct xen_sysctl_cpuinfo xc_cpuinfo_t;

/* cmd: XENVER_*; arg: what version.h says belongs to it. May return a value. */
int xc_version(xc_interface *xch, int cmd, void *arg);
int xc_physinfo(xc_interface *xch, xc_physinfo_t *info);
/* Counts are [in] room, [out] entries; with NULL arrays only the count is told. */
int xc_cputopoinfo(xc_interface *xch, unsigned *max_cpus, xc_cputopo_t *cputopo);
/* distance: a square of *max_nodes. */
int xc_numainfo(xc_interface *xch, unsigned *max_nodes, xc_meminfo_t *meminfo, uint32_t *distance);
/* nodes[i]: the node of devs[i], or XEN_INVALID_NODE_ID, or XEN_INVALID_DEV. */
int xc_pcitopoinfo(xc_interface *xch, unsigned num_devs, physdev_pci_device_t *devs,
		   uint32_t *nodes);
/* Idle times; *nr_cpus entries are written. */
int xc_getcpuinfo(xc_interface *xch, int max_cpus, xc_cpuinfo_t *info, int *nr_cpus);

/*
 * The hypervisor's log. *pnr_chars: [in] room, [out] bytes, not NUL-terminated. incremental: from
 * *pindex (may be NULL: 0) on, which moves; clear: forget what was there.
 */
int xc_readconsolering(xc_interface *xch, char *buffer, unsigned int *pnr_chars, int clear,
		       int incremental, uint32_t *pindex);
/* As if typed at the hypervisor's console. */
int xc_send_debug_keys(xc_interface *xch, const char *keys);

/* Software counters. Buffers of the query are hypercall buffers of the sizes told by _number. */
typedef xen_sysctl_perfc_desc_t xc_perfc_desc_t;
typedef xen_sysctl_perfc_val_t xc_perfc_val_t;
int xc_perfc_reset(xc_interface *xch);
int xc_perfc_query_number(xc_interface *xch, int *nbr_desc, int *nbr_val);
int xc_perfc_query(xc_interface *xch, xc_hypercall_buffer_t *desc, xc_hypercall_buffer_t *val);

/* Lock statistics, if the hypervisor keeps them. *n_elems: [in] room, [out] locks; time in ns. */
typedef xen_sysctl_lockprof_data_t xc_lockprof_data_t;
int xc_lockprof_reset(xc_interface *xch);
int xc_lockprof_query_number(xc_interface *xch, uint32_t *n_elems);
int xc_lockprof_query(xc_interface *xch, uint32_t *n_elems, uint64_t *time,
		      xc_hypercall_buffer_t *data);

/* Trace buffers: enable gives the frame of the description and its bytes. */
int xc_tbuf_enable(xc_interface *xch, unsigned long pages, unsigned long *mfn, unsigned long *size);
int xc_tbuf_disable(xc_interface *xch);
/* Pages per CPU; once. */
int xc_tbuf_set_size(xc_interface *xch, unsigned long size);
int xc_tbuf_get_size(xc_interface *xch, unsigned long *size);
int xc_tbuf_set_cpu_mask(xc_interface *xch, xc_cpumap_t mask);
int xc_tbuf_set_evt_mask(xc_interface *xch, uint32_t mask);

/* CPUs and their second threads on and off line. */
int xc_cpu_online(xc_interface *xch, int cpu);
int xc_cpu_offline(xc_interface *xch, int cpu);
int xc_smt_enable(xc_interface *xch);
int xc_smt_disable(xc_interface *xch);

/* Cache monitoring and allocation of Intel processors. EOPNOTSUPP, ENODEV: not this one. */
enum xc_psr_cmt_type {
	XC_PSR_CMT_L3_OCCUPANCY,
	XC_PSR_CMT_TOTAL_MEM_COUNT,
	XC_PSR_CMT_LOCAL_MEM_COUNT,
};
typedef enum xc_psr_cmt_type xc_psr_cmt_type;
enum xc_psr_type {
	XC_PSR_CAT_L3_CBM = 1,
	XC_PSR_CAT_L3_CBM_CODE = 2,
	XC_PSR_CAT_L3_CBM_DATA = 3,
	XC_PSR_CAT_L2_CBM = 4,
	XC_PSR_MBA_THRTL = 5,
};
typedef enum xc_psr_type xc_psr_type;
enum xc_psr_feat_type {
	XC_PSR_CAT_L3,
	XC_PSR_CAT_L2,
	XC_PSR_MBA,
};
typedef enum xc_psr_feat_type xc_psr_feat_type;
union xc_psr_hw_info {
	struct {
		uint32_t cos_max;
		uint32_t cbm_len;
		bool cdp_enabled;
	} cat;
	struct {
		uint32_t cos_max;
		uint32_t thrtl_max;
		bool linear;
	} mba;
};
typedef union xc_psr_hw_info xc_psr_hw_info;

int xc_psr_cmt_attach(xc_interface *xch, uint32_t domid);
int xc_psr_cmt_detach(xc_interface *xch, uint32_t domid);
int xc_psr_cmt_get_domain_rmid(xc_interface *xch, uint32_t domid, uint32_t *rmid);
int xc_psr_cmt_get_total_rmid(xc_interface *xch, uint32_t *total_rmid);
int xc_psr_cmt_get_l3_upscaling_factor(xc_interface *xch, uint32_t *upscaling_factor);
int xc_psr_cmt_get_l3_event_mask(xc_interface *xch, uint32_t *event_mask);
/* KiB */
int xc_psr_cmt_get_l3_cache_size(xc_interface *xch, uint32_t cpu, uint32_t *l3_cache_size);
/* Reads the counter of rmid on the socket of cpu; tsc, if not NULL, is the time of reading. */
int xc_psr_cmt_get_data(xc_interface *xch, uint32_t rmid, uint32_t cpu, xc_psr_cmt_type type,
			uint64_t *monitor_data, uint64_t *tsc);
int xc_psr_cmt_enabled(xc_interface *xch);
int xc_psr_set_domain_data(xc_interface *xch, uint32_t domid, xc_psr_type type, uint32_t target,
			   uint64_t data);
int xc_psr_get_domain_data(xc_interface *xch, uint32_t domid, xc_psr_type type, uint32_t target,
			   uint64_t *data);
int xc_psr_get_hw_info(xc_interface *xch, uint32_t socket, xc_psr_feat_type type,
		       xc_psr_hw_info *hw_info);

#endif
