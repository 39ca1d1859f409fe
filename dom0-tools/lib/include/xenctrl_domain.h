/* SPDX-License-Identifier: MIT */
/*
 * libxenctrl: domains as a whole. Include <xenctrl.h>.
 */
#ifndef XENCTRL_DOMAIN_H
#define XENCTRL_DOMAIN_H

/* A domain, unpacked. */
typedef struct xc_dominfo {
	uint32_t domid;
	uint32_t ssidref;
	/* crashed: it shut down because it crashed; then shutdown is not set */
	unsigned int dying : 1, crashed : 1, shutdown : 1, paused : 1, blocked : 1, running : 1,
		hvm : 1, debugged : 1, xenstore : 1, hap : 1;
	unsigned int shutdown_reason;	/* SHUTDOWN_*, if shutdown or crashed */
	unsigned long nr_pages;		/* it has now */
	unsigned long nr_outstanding_pages;
	unsigned long nr_shared_pages;
	unsigned long nr_paged_pages;
	unsigned long shared_info_frame;
	uint64_t cpu_time;		/* ns */
	unsigned long max_memkb;
	unsigned int nr_online_vcpus;
	unsigned int max_vcpu_id;
	xen_domain_handle_t handle;
	unsigned int cpupool;
	uint8_t gpaddr_bits;
	struct xen_arch_domainconfig arch_config;
} xc_dominfo_t;

/* A domain as the hypervisor tells. */
typedef xen_domctl_getdomaininfo_t xc_domaininfo_t;

/*
 * Creates a domain without vCPUs and memory, paused. *pdomid: the number wanted, 0 for any;
 * [out] its number. config [in/out]. EEXIST: the number is taken. ENOMEM. EINVAL: the hypervisor
 * objects to the configuration (its log says to what).
 */
int xc_domain_create(xc_interface *xch, uint32_t *pdomid, struct xen_domctl_createdomain *config);
/* Allocates vCPUs 0..max-1; max is createdomain's max_vcpus. */
int xc_domain_max_vcpus(xc_interface *xch, uint32_t domid, unsigned int max);
/* Pausing counts: as many unpauses are needed. */
int xc_domain_pause(xc_interface *xch, uint32_t domid);
int xc_domain_unpause(xc_interface *xch, uint32_t domid);
/* Takes the domain out of existence; takes long for a large one. Others' mappings delay its end. */
int xc_domain_destroy(xc_interface *xch, uint32_t domid);
/* As if it had shut itself down; reason is SHUTDOWN_*. */
int xc_domain_shutdown(xc_interface *xch, uint32_t domid, int reason);
/* After SHUTDOWN_soft_reset: gives it back its state of birth. */
int xc_domain_soft_reset(xc_interface *xch, uint32_t domid);
/*
 * Undoes the shutdown of a domain that suspended: its suspend hypercall returns 1 ("not migrated");
 * an HVM domain without PV drivers has not called. fast must be non-zero: EOPNOTSUPP.
 */
int xc_domain_resume(xc_interface *xch, uint32_t domid, int fast);
/* The caller's own watchdog, SCHEDOP_watchdog. Returns the id of a new one. */
int xc_watchdog(xc_interface *xch, uint32_t id, uint32_t timeout);

/*
 * Tell about up to max domains with numbers from first_domid up. Return how many are written; for
 * one domain compare its number, as the next one is given when it does not exist. getinfo fails
 * with ESRCH when there is none, getinfolist returns 0.
 */
int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid, unsigned int max_doms,
		      xc_dominfo_t *info);
int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain, unsigned int max_domains,
			  xc_domaininfo_t *info);

int xc_domain_sethandle(xc_interface *xch, uint32_t domid, xen_domain_handle_t handle);
/* trigger: XEN_DOMCTL_SENDTRIGGER_* */
int xc_domain_send_trigger(xc_interface *xch, uint32_t domid, uint32_t trigger, uint32_t vcpu);
int xc_domain_setdebugging(xc_interface *xch, uint32_t domid, unsigned int enable);
/* sop: XEN_DOMCTL_DEBUG_OP_* */
int xc_domain_debug_control(xc_interface *xch, uint32_t domid, uint32_t sop, uint32_t vcpu);
int xc_domain_set_time_offset(xc_interface *xch, uint32_t domid, int32_t time_offset_seconds);
/* tsc_mode: 0 default, 1 always emulate, 2 never, 3 retired. The rest matters for migration. */
int xc_domain_set_tsc_info(xc_interface *xch, uint32_t domid, uint32_t tsc_mode,
			   uint64_t elapsed_nsec, uint32_t gtsc_khz, uint32_t incarnation);
int xc_domain_get_tsc_info(xc_interface *xch, uint32_t domid, uint32_t *tsc_mode,
			   uint64_t *elapsed_nsec, uint32_t *gtsc_khz, uint32_t *incarnation);
/* The domain gets a global VIRQ in the place of the control domain. */
int xc_domain_set_virq_handler(xc_interface *xch, uint32_t domid, int virq);
/* domid controls target. */
int xc_domain_set_target(xc_interface *xch, uint32_t domid, uint32_t target);
/* A port of the caller that is signalled when the domain suspends. */
int xc_domain_subscribe_for_suspend(xc_interface *xch, uint32_t domid, evtchn_port_t port);

/* A guest's pointers in bytes: 4 or 8; HVM guests: of the mode they are in. */
int xc_domain_get_guest_width(xc_interface *xch, uint32_t domid, unsigned int *guest_width);
/* A PV guest's, in bits: 32 or 64; before it has memory or vCPUs. Not in Debian's library. */
int xc_domain_set_address_size(xc_interface *xch, uint32_t domid, unsigned int bits);
int xc_domain_get_address_size(xc_interface *xch, uint32_t domid, unsigned int *bits);
/* Writes a hypercall page into frame gfn. Not in Debian's library. */
int xc_domain_hypercall_init(xc_interface *xch, uint32_t domid, xen_pfn_t gfn);

/* CPUID and MSRs. What is shown to a domain until set is the hypervisor's default for its type. */
/* How many leaves and MSRs a policy may have. Not in Debian's library, nor are the next three. */
int xc_get_cpu_policy_size(xc_interface *xch, uint32_t *nr_leaves, uint32_t *nr_msrs);
/* index: XEN_SYSCTL_cpu_policy_*. nr_*: [in] room, [out] entries. ENOBUFS: too little room. */
int xc_get_system_cpu_policy(xc_interface *xch, uint32_t index, uint32_t *nr_leaves,
			     xen_cpuid_leaf_t *leaves, uint32_t *nr_msrs, xen_msr_entry_t *msrs);
int xc_get_domain_cpu_policy(xc_interface *xch, uint32_t domid, uint32_t *nr_leaves,
			     xen_cpuid_leaf_t *leaves, uint32_t *nr_msrs, xen_msr_entry_t *msrs);
/*
 * Changes the leaves and MSRs given, before the domain runs. The err pointers, which may be NULL,
 * tell what was objected to (-1 for none).
 */
int xc_set_domain_cpu_policy(xc_interface *xch, uint32_t domid, uint32_t nr_leaves,
			     xen_cpuid_leaf_t *leaves, uint32_t nr_msrs, xen_msr_entry_t *msrs,
			     uint32_t *err_leaf_p, uint32_t *err_subleaf_p, uint32_t *err_msr_p);
/* index: XEN_SYSCTL_cpu_featureset_*; NULL featureset asks for the number of words. */
int xc_get_cpu_featureset(xc_interface *xch, uint32_t index, uint32_t *nr_features,
			  uint32_t *featureset);

struct xc_xend_cpuid {
	union {
		struct {
			uint32_t leaf, subleaf;
		};
		uint32_t input[2];
	};
	char *policy[4];
};
struct xc_msr {
	uint32_t index;
	char policy[65];
};
#define XC_MSR_INPUT_UNUSED 0xffffffffu

/*
 * Gives the domain the default policy of its type, with the host's view of threads and cores if it
 * is PV. itsc shows an invariant TSC. The other adjustments of Debian's function are not offered:
 * EOPNOTSUPP with restore, featureset, nested_virt, xend or msr; pae is for HVM.
 */
int xc_cpuid_apply_policy(xc_interface *xch, uint32_t domid, bool restore,
			  const uint32_t *featureset, unsigned int nr_features, bool pae, bool itsc,
			  bool nested_virt, const struct xc_xend_cpuid *xend,
			  const struct xc_msr *msr);

/* Event channels of other domains. */
typedef int xc_evtchn_port_or_error_t;
typedef struct evtchn_status xc_evtchn_status_t;
/* A new port in dom that remote_dom may bind to. */
xc_evtchn_port_or_error_t xc_evtchn_alloc_unbound(xc_interface *xch, uint32_t dom,
						  uint32_t remote_dom);
/* Closes all ports of dom. */
int xc_evtchn_reset(xc_interface *xch, uint32_t dom);
int xc_evtchn_status(xc_interface *xch, xc_evtchn_status_t *status);

/* HVM parameters (HVM_PARAM_*). */
int xc_hvm_param_set(xc_interface *handle, uint32_t dom, uint32_t param, uint64_t value);
int xc_hvm_param_get(xc_interface *handle, uint32_t dom, uint32_t param, uint64_t *value);
/* The same with long values; kept for old callers. */
int xc_set_hvm_param(xc_interface *handle, uint32_t dom, int param, unsigned long value);
int xc_get_hvm_param(xc_interface *handle, uint32_t dom, int param, unsigned long *value);
/*
 * An HVM domain's state as hvm/save.h's records. getcontext returns the bytes written, or needed
 * if ctxt_buf is NULL. The partial one writes one record, without its header.
 */
int xc_domain_hvm_getcontext(xc_interface *xch, uint32_t domid, uint8_t *ctxt_buf, uint32_t size);
int xc_domain_hvm_getcontext_partial(xc_interface *xch, uint32_t domid, uint16_t typecode,
				     uint16_t instance, void *ctxt_buf, uint32_t size);
int xc_domain_hvm_setcontext(xc_interface *xch, uint32_t domid, uint8_t *hvm_ctxt, uint32_t size);

/* FLASK labels: text to number and back, policy, and its enforcement (0 or 1 returned by get). */
int xc_flask_load(xc_interface *xc_handle, char *buf, uint32_t size);
int xc_flask_context_to_sid(xc_interface *xc_handle, char *buf, uint32_t size, uint32_t *sid);
int xc_flask_sid_to_context(xc_interface *xc_handle, int sid, char *buf, uint32_t size);
int xc_flask_getenforce(xc_interface *xc_handle);
int xc_flask_setenforce(xc_interface *xc_handle, int mode);
int xc_flask_relabel_domain(xc_interface *xch, uint32_t domid, uint32_t sid);

#endif
