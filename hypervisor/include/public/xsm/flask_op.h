/* SPDX-License-Identifier: MIT */
/*
 * xsm_op(struct xen_flask_op *): the FLASK security policy. Without FLASK the call is -ENOSYS. A
 * SID is the policy's number for a security context, a string.
 */
#ifndef __FLASK_OP_H__
#define __FLASK_OP_H__

#include "../event_channel.h"

#define XEN_FLASK_INTERFACE_VERSION 1

/* FLASK_LOAD: a binary policy. */
struct xen_flask_load {
	XEN_GUEST_HANDLE(char) buffer;	/* [in] */
	uint32_t size;			/* [in] bytes */
};
typedef struct xen_flask_load xen_flask_load_t;

struct xen_flask_setenforce {
	uint32_t enforcing;		/* [in] */
};
typedef struct xen_flask_setenforce xen_flask_setenforce_t;

/* FLASK_CONTEXT_TO_SID, FLASK_SID_TO_CONTEXT */
struct xen_flask_sid_context {
	uint32_t sid;			/* [in] or [out] */
	uint32_t size;			/* [in] of context, [out] length */
	XEN_GUEST_HANDLE(char) context;	/* [in] or [out] */
};
typedef struct xen_flask_sid_context xen_flask_sid_context_t;

/* FLASK_ACCESS: what may ssid do with tsid? */
struct xen_flask_access {
	uint32_t ssid;			/* [in] */
	uint32_t tsid;			/* [in] */
	uint32_t tclass;		/* [in] */
	uint32_t req;			/* [in] */
	uint32_t allowed;		/* [out] */
	uint32_t audit_allow;		/* [out] */
	uint32_t audit_deny;		/* [out] */
	uint32_t seqno;			/* [out] of the policy */
};
typedef struct xen_flask_access xen_flask_access_t;

/* FLASK_CREATE, FLASK_RELABEL, FLASK_MEMBER */
struct xen_flask_transition {
	uint32_t ssid;			/* [in] */
	uint32_t tsid;			/* [in] */
	uint32_t tclass;		/* [in] */
	uint32_t newsid;		/* [out] */
};
typedef struct xen_flask_transition xen_flask_transition_t;

#if __XEN_INTERFACE_VERSION__ < 0x00040800
/* FLASK_USER, withdrawn */
struct xen_flask_userlist {
	uint32_t start_sid;		/* [in] */
	uint32_t size;			/* [in] bytes, [out] SIDs */
	union {
		XEN_GUEST_HANDLE(char) user;	/* [in] */
		XEN_GUEST_HANDLE(uint32) sids;	/* [out] */
	} u;
};
#endif

/* FLASK_GETBOOL, FLASK_SETBOOL: by number, or with bool_id ~0 by name. */
struct xen_flask_boolean {
	uint32_t bool_id;		/* [in/out] */
	uint8_t enforcing;		/* [out] value in force */
	uint8_t pending;		/* [out] value after a commit */
	uint8_t new_value;		/* [in] of SETBOOL */
	uint8_t commit;			/* [in] of SETBOOL: at once */
	uint32_t size;			/* [in] of name, [out] length */
	XEN_GUEST_HANDLE(char) name;	/* [in/out] */
};
typedef struct xen_flask_boolean xen_flask_boolean_t;

/* FLASK_SETAVC_THRESHOLD */
struct xen_flask_setavc_threshold {
	uint32_t threshold;		/* [in] entries the decision cache keeps */
};
typedef struct xen_flask_setavc_threshold xen_flask_setavc_threshold_t;

/* FLASK_AVC_HASHSTATS */
struct xen_flask_hash_stats {
	uint32_t entries;		/* [out] */
	uint32_t buckets_used;		/* [out] */
	uint32_t buckets_total;		/* [out] */
	uint32_t max_chain_len;		/* [out] */
};
typedef struct xen_flask_hash_stats xen_flask_hash_stats_t;

/* FLASK_AVC_CACHESTATS */
struct xen_flask_cache_stats {
	uint32_t cpu;			/* [in] */
	uint32_t lookups;		/* [out] */
	uint32_t hits;			/* [out] */
	uint32_t misses;		/* [out] */
	uint32_t allocations;		/* [out] */
	uint32_t reclaims;		/* [out] */
	uint32_t frees;			/* [out] */
};
typedef struct xen_flask_cache_stats xen_flask_cache_stats_t;

/* FLASK_ADD_OCONTEXT, FLASK_DEL_OCONTEXT: labels a range of hardware resources. */
struct xen_flask_ocontext {
	uint32_t ocon;			/* [in] kind */
	uint32_t sid;			/* [in] */
	uint64_t low, high;		/* [in] */
};
typedef struct xen_flask_ocontext xen_flask_ocontext_t;

/* FLASK_GET_PEER_SID: who is at the other end of an interdomain port? */
struct xen_flask_peersid {
	evtchn_port_t evtchn;		/* [in] */
	uint32_t sid;			/* [out] */
};
typedef struct xen_flask_peersid xen_flask_peersid_t;

/* FLASK_RELABEL_DOMAIN */
struct xen_flask_relabel {
	uint32_t domid;			/* [in] */
	uint32_t sid;			/* [in] */
};
typedef struct xen_flask_relabel xen_flask_relabel_t;

/* FLASK_DEVICETREE_LABEL */
struct xen_flask_devicetree_label {
	uint32_t sid;			/* [in] */
	uint32_t length;		/* [in] of path */
	XEN_GUEST_HANDLE(char) path;	/* [in] */
};
typedef struct xen_flask_devicetree_label xen_flask_devicetree_label_t;

struct xen_flask_op {
	uint32_t cmd;			/* [in] the following */
#define FLASK_LOAD		1
#define FLASK_GETENFORCE	2	/* returns 0 or 1 */
#define FLASK_SETENFORCE	3
#define FLASK_CONTEXT_TO_SID	4
#define FLASK_SID_TO_CONTEXT	5
#define FLASK_ACCESS		6
#define FLASK_CREATE		7
#define FLASK_RELABEL		8
#define FLASK_USER		9	/* withdrawn */
#define FLASK_POLICYVERS	10	/* returns the version */
#define FLASK_GETBOOL		11
#define FLASK_SETBOOL		12
#define FLASK_COMMITBOOLS	13
#define FLASK_MLS		14	/* returns 0 or 1 */
#define FLASK_DISABLE		15	/* withdrawn */
#define FLASK_GETAVC_THRESHOLD	16	/* returns it */
#define FLASK_SETAVC_THRESHOLD	17
#define FLASK_AVC_HASHSTATS	18
#define FLASK_AVC_CACHESTATS	19
#define FLASK_MEMBER		20
#define FLASK_ADD_OCONTEXT	21
#define FLASK_DEL_OCONTEXT	22
#define FLASK_GET_PEER_SID	23
#define FLASK_RELABEL_DOMAIN	24
#define FLASK_DEVICETREE_LABEL	25
	uint32_t interface_version;	/* [in] XEN_FLASK_INTERFACE_VERSION */
	union {
		xen_flask_load_t load;
		xen_flask_setenforce_t enforce;
		xen_flask_sid_context_t sid_context;
		xen_flask_access_t access;
		xen_flask_transition_t transition;
#if __XEN_INTERFACE_VERSION__ < 0x00040800
		struct xen_flask_userlist userlist;
#endif
		xen_flask_boolean_t boolean;
		xen_flask_setavc_threshold_t setavc_threshold;
		xen_flask_hash_stats_t hash_stats;
		xen_flask_cache_stats_t cache_stats;
		xen_flask_ocontext_t ocontext;
		xen_flask_peersid_t peersid;
		xen_flask_relabel_t relabel;
		xen_flask_devicetree_label_t devicetree_label;
	} u;
};
typedef struct xen_flask_op xen_flask_op_t;
DEFINE_XEN_GUEST_HANDLE(xen_flask_op_t);

#endif /* __FLASK_OP_H__ */
