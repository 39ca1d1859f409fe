/* SPDX-License-Identifier: MIT */
/* What the files of this folder share. */
#ifndef SERAI_SAVE_INTERNAL_H
#define SERAI_SAVE_INTERNAL_H

#include <errno.h>

#include "save/format.h"
#include "save/save.h"

/* The third argument of the suspend hypercall: the frame of the guest's start information. */
#define START_INFO(context) ((context)->user_regs.rdx)

/* ---- output.c: where a stream goes ---- */

struct output {
	int fd;
	bool sparse; /* a file: holes read as zeros */
	uint64_t at; /* position in it, if sparse */
	struct complaint *complaint;
};

void output_start(struct output *output, int fd, struct complaint *complaint);
/* 0 or -errno (told), as all of these. */
int output_bytes(struct output *output, const void *bytes, size_t count);
int output_pages(struct output *output, const uint8_t *pages, uint64_t count); /* of a hole: NULL */
/* A record of up to two parts. */
int output_record(struct output *output, uint32_t type, const void *head, uint32_t head_bytes,
		  const void *body, uint32_t body_bytes);
/* Padding, so that what comes `ahead` bytes after it lies at a multiple of a page; if holes are of use. */
int output_align(struct output *output, uint64_t ahead);
/* Another process has written to the same file. */
void output_follow(struct output *output);
bool all_zeros(const uint8_t *page); /* at a multiple of 16 bytes at least */

/* ---- input.c: where it comes from ---- */

struct input {
	int fd;
	bool sparse;
	uint64_t at, bytes; /* position and end, if sparse */
	struct complaint *complaint;
};

void input_start(struct input *input, int fd, struct complaint *complaint);
int input_bytes(struct input *input, void *to, size_t count);
/* Which of the `count` pages that come next lie in a hole of the file: they are zeros, and may be skipped. */
void input_holes(struct input *input, uint64_t count, bool *hole);
int input_skip(struct input *input, uint64_t count);

/* ---- apart.c ---- */

/* Runs work(data) here, or in a process that ends with it, which has a handle of its own in *xc. -EIO (told): it failed there. */
int run_apart(bool apart, xc_interface **xc, int (*work)(void *data, struct complaint *complaint), void *data,
	      struct complaint *complaint);

/* ---- save.c, for save_pv.c and save_hvm.c ---- */

struct saving {
	const struct save *save;
	xc_interface *xc;
	struct complaint *complaint;
	struct output out;
	xenforeignmemory_handle *foreign;
	xc_domaininfo_t info;
	bool is_pv;
	uint64_t nr_pfns;

	shared_info_t *shared_info; /* PV from here on */
	struct guest_p2m p2m;
	uint32_t *pfn_of; /* of each MFN, plus one; 0: not the guest's */
	uint64_t nr_mfns;
};

int save_pv_start(struct saving *saving); /* reads what conversions need */
int save_pv_info(struct saving *saving);
int save_pv_frames(struct saving *saving);
int save_pv_state(struct saving *saving); /* after the pages */
/* A page table with the guest's own numbers. */
int save_pv_table(struct saving *saving, uint64_t *to, const uint64_t *from, uint64_t pfn, unsigned int level);
void save_pv_end(struct saving *saving);
int save_hvm_state(struct saving *saving);

/* ---- restore.c, for restore_pv.c and restore_hvm.c ---- */

#define MOST_PFNS  ((uint64_t)1 << 28) /* 1 TiB: more is taken for damage */
#define MOST_VCPUS 8192

#define SEEN 0x80 /* the page has come already: it may hold anything */

/* One record's body, kept until the end. */
struct blob {
	void *data;
	uint32_t bytes;
};

struct restored_vcpu {
	struct blob basic, extended, xsave, msrs; /* without their struct pv_vcpu */
};

struct restoring {
	struct restore *restore;
	xc_interface *xc;
	struct complaint *complaint;
	struct input in;
	xenforeignmemory_handle *foreign;
	xen_pfn_t *mfn;	 /* of each PFN below MOST_PFNS, plus one; 0: not populated */
	uint8_t *type;	 /* of each: PFINFO's upper four bits, and SEEN */
	uint64_t nr_pfns; /* past the last one seen */
	uint64_t pages;	  /* populated */
	bool static_done;
	bool fresh_zeros; /* memory the hypervisor gives is all zeros */
	struct blob cpuid, msr;
	struct record_header next; /* of the record behind the pages */

	bool has_info; /* PV from here on */
	struct blob p2m_frames;
	uint32_t last_pfn; /* of the P2M list */
	struct blob shared_info;
	struct restored_vcpu *vcpu;
	uint32_t nr_vcpus;

	struct blob hvm_context;
};

static inline int damaged(struct restoring *restoring, const char *what)
{
	complain(restoring->complaint, "it is damaged: %s", what);
	return -EINVAL;
}
/* Memory for those of these PFNs that have none. */
int restore_populate(struct restoring *restoring, const uint64_t *pfns, unsigned int count);
/* NO_MFN: not populated, or no PFN at all. */
static inline xen_pfn_t restored_mfn(const struct restoring *restoring, uint64_t pfn)
{
	return pfn < MOST_PFNS && restoring->mfn[pfn] ? restoring->mfn[pfn] - 1 : NO_MFN;
}
/* One of the guest's pages to write to; NULL with a complaint. Unmap it with xenforeignmemory_unmap(). */
void *restore_map(struct restoring *restoring, xen_pfn_t mfn, const char *what);

/* Takes a table of the stream's: its frames become the machine's. */
int restore_pv_table(struct restoring *restoring, uint64_t *to, const uint64_t *from, uint64_t pfn);
/* PFNs a table names that have no memory yet, at most 512; how many. */
unsigned int restore_pv_missing(const struct restoring *restoring, const uint64_t *table, uint64_t *pfns);
/* A record only PV streams have. */
int restore_pv_record(struct restoring *restoring, uint32_t type, struct blob *body);
int restore_pv_finish(struct restoring *restoring);
int restore_hvm_params(struct restoring *restoring, const struct blob *body);
int restore_hvm_finish(struct restoring *restoring);

#endif
