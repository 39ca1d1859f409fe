/* SPDX-License-Identifier: MIT */
/*
 * A machine for dom0-tools/save: frames with owners and uses, a domain to be saved, and one to be filled. What is mapped
 * is a copy on the heap, written back as it is unmapped, so that the sanitizers see a step beside it and one forgotten.
 */
#ifndef SAVE_MACHINE_H
#define SAVE_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/grant_table.h>
#include <xen/hvm/params.h>

#include "save/internal.h"

#define OLD 5 /* the domains */
#define NEW 9

#define NR_FRAMES    8192
#define NR_PFNS	     2048 /* whose frames the machine remembers */
#define OTHERS_MFN   600  /* of a third domain */
#define SHARED_MFN   700  /* OLD's; NEW's is the next */
#define XEN_MFN	     704  /* 16 of the hypervisor's own, in each top-level table */
#define NR_MACHINE_VCPUS 3 /* the last is off line */
#define XSAVE_BYTES  832

struct machine_vcpu {
	bool is_set;
	vcpu_guest_context_x86_64_t context;
	struct xen_domctl_ext_vcpucontext extended;
	uint8_t xsave[XSAVE_BYTES];
	uint32_t xsave_bytes, nr_msrs;
	xen_domctl_vcpu_msr_t msr[2];
};

struct machine_domain {
	bool is_hvm;
	uint64_t nr_pfns;
	xen_pfn_t mfn_of[NR_PFNS]; /* 0: none */
	struct machine_vcpu vcpu[NR_MACHINE_VCPUS];
	struct tsc_info tsc;
	uint32_t nr_leaves, nr_msrs;
	xen_cpuid_leaf_t leaf[4];
	xen_msr_entry_t msr[4];
	uint64_t param[64];
	uint8_t context[300];
	uint32_t context_bytes;
	uint8_t pinned[NR_FRAMES]; /* MMUEXT_PIN_* plus one */
	uint64_t map_bytes;
	grant_entry_v1_t grants[512];
};

extern struct machine {
	uint8_t (*frame)[PAGE_BYTES];
	uint8_t owner[NR_FRAMES]; /* domain id; 0: nobody */
	uint32_t use[NR_FRAMES];  /* XEN_DOMCTL_PFINFO_* */
	struct machine_domain old, new;
	unsigned int maps;	  /* there are */
	unsigned int bad_maps;	  /* tried: of frames not the domain's */
	unsigned int bad_numbers; /* asked memory for: PFNs beyond all */
	unsigned int given, super_given, to_give;
	bool is_serai;
	unsigned int pages_mapped; /* of NEW, writable, in all */
} machine;
#define XC ((xc_interface *)&machine)

int machine_start(void **state); /* cmocka's setup and teardown */
int machine_end(void **state);
/* NEW as it was before anything was restored. */
void machine_renew(bool is_hvm);

/* ---- domains to save ---- */

/* The PV guest's frames. From FIRST_DATA on: see guest_has() and guest_is_zero(). */
enum guest_pfn {
	START_PFN = 1, STORE_PFN, CONSOLE_PFN,
	L4_PFN, L3_PFN, L2_PFN, L1_PFN,
	USER_L4_PFN, USER_L3_PFN, USER_L2_PFN, USER_L1_PFN,
	GDT_PFN, /* and next, of vCPU 0 */
	GDT1_PFN = GDT_PFN + 2,
	LIST_PFN, /* up to 3 */
	ROOT_PFN = LIST_PFN + 3, MIDDLE_PFN, /* of the list's tree */
	FIRST_DATA
};
#define SMALL_GUEST 40
#define BIG_GUEST   1100
#define LATE_PFN    1050 /* of BIG_GUEST; a table among the first 1024 names it */
#define GIVEN_PFN   30	 /* its frame the hypervisor calls empty */
#define GRANTED_PFN 31	 /* in the list: another domain's frame, marked as such */
#define OWN_ENTRY   0	 /* of L1 */
#define EMPTY_ENTRY 1

void make_pv_guest(uint64_t nr_pfns, bool list_mapped);
bool guest_has(uint64_t pfn);
bool guest_is_zero(uint64_t pfn);
uint64_t *old_page(uint64_t pfn);
uint64_t *new_page(uint64_t pfn);
/* The guest's own number of OLD's frame; NO_MFN: none of its own. */
uint64_t old_pfn(xen_pfn_t mfn);

#define HVM_STORE_GFN	60
#define HVM_CONSOLE_GFN 61
void make_hvm_guest(void); /* of SMALL_GUEST frames of RAM, and those above */

/* ---- streams ---- */

/* An empty file that can have holes. */
int stream_file(void);
/* OLD, saved to it from position 0 on. */
int save_old(int fd, struct complaint *complaint);
/* NEW from what is at the file's position; with the ports and domains below. */
int restore_new(int fd, struct restore *restore, struct complaint *complaint);
#define STORE_PORT     11
#define CONSOLE_PORT   12
#define STORE_DOMAIN   2
#define CONSOLE_DOMAIN 4
#define MAP_BYTES      ((uint64_t)77 << 20)

struct stream {
	uint8_t *bytes;
	size_t length;
	unsigned int nr_records;
	struct {
		uint32_t type, length;
		size_t at; /* of the header */
	} record[64];
};
#define HEADER_BYTES (sizeof(struct image_header) + sizeof(struct domain_header))
#define BODY(stream, i) ((stream)->bytes + (stream)->record[i].at + sizeof(struct record_header))
void stream_read(struct stream *stream, int fd); /* the file's whole content; checks the records' frame */
void stream_save_piped(struct stream *stream);	 /* OLD, saved through a pipe */
int stream_restore_piped(const uint8_t *bytes, size_t length, struct restore *restore, struct complaint *complaint);
void stream_forget(struct stream *stream);
/* Of the first such record; fails the test if there is none. */
unsigned int stream_find(const struct stream *stream, uint32_t type);

#endif
