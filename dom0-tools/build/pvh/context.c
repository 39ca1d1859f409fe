/* SPDX-License-Identifier: MIT */
/*
 * vCPU 0 as a PVH kernel expects it at its entry (public arch-x86/hvm/start_info.h): flat 32-bit
 * protected mode without paging, ebx at the start information; and all vCPUs' memory types. An HVM
 * guest's loader starts the same way and sets memory types itself.
 *
 * The state goes to the hypervisor as a stream of records. The header record is the hypervisor's
 * own, taken from the state the domain has; so is each MTRR record, changed in one field.
 */
#include "build/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/hvm/save.h>

#define CR0_PE	  (1u << 0)
#define CR0_ET	  (1u << 4)
#define DR6_INIT  0xffff0ff0u
#define DR7_INIT  0x400u
#define FLAGS_ONE 2u
/* Write-back where nothing else is said; MTRRs on. */
#define MTRR_DEFAULT (6u | 1u << 11)
/* Segment attributes: present, 32 bit, granular; code, data. A busy 32-bit TSS. */
#define AR_CODE 0xc9bu
#define AR_DATA 0xc93u
#define AR_TSS	0x8bu

struct stream {
	uint8_t *data;
	uint32_t bytes, room;
};

static const void *find_record(const struct stream *from, uint16_t type, uint16_t instance,
			       uint32_t least)
{
	struct hvm_save_descriptor head;
	uint32_t at = 0;

	while (from->bytes - at >= sizeof(head)) {
		memcpy(&head, from->data + at, sizeof(head));
		at += sizeof(head);
		if (head.length > from->bytes - at)
			return NULL;
		if (head.typecode == type && head.instance == instance && head.length >= least)
			return from->data + at;
		if (head.typecode == HVM_SAVE_CODE(END))
			return NULL;
		at += head.length;
	}
	return NULL;
}

/* Room was made for all there will be. */
static void add_record(struct stream *to, uint16_t type, uint16_t instance, const void *record,
		       uint32_t length)
{
	struct hvm_save_descriptor head = { type, instance, length };

	if (to->room - to->bytes < sizeof(head) + length)
		abort();
	memcpy(to->data + to->bytes, &head, sizeof(head));
	if (length)
		memcpy(to->data + to->bytes + sizeof(head), record, length);
	to->bytes += sizeof(head) + length;
}

static void add_first_cpu(struct stream *to, uint64_t entry, uint64_t start_info)
{
	struct hvm_hw_cpu cpu = {
		.cr0 = CR0_PE | CR0_ET,
		.dr6 = DR6_INIT,
		.dr7 = DR7_INIT,
		.rip = entry,
		.rbx = start_info,
		.rflags = FLAGS_ONE,
		.cs_limit = ~0u,
		.ds_limit = ~0u,
		.es_limit = ~0u,
		.ss_limit = ~0u,
		.tr_limit = 0x67,
		.cs_arbytes = AR_CODE,
		.ds_arbytes = AR_DATA,
		.es_arbytes = AR_DATA,
		.ss_arbytes = AR_DATA,
		.tr_arbytes = AR_TSS,
	};

	add_record(to, HVM_SAVE_CODE(CPU), 0, &cpu, sizeof(cpu));
}

static int add_mtrrs(struct stream *to, const struct stream *from, unsigned int max_vcpus)
{
	for (unsigned int i = 0; i < max_vcpus; i++) {
		const void *old = find_record(from, HVM_SAVE_CODE(MTRR), i, sizeof(struct hvm_hw_mtrr));
		struct hvm_hw_mtrr mtrr;

		if (!old)
			return -ENODATA;
		memcpy(&mtrr, old, sizeof(mtrr));
		mtrr.msr_mtrr_def_type = MTRR_DEFAULT;
		add_record(to, HVM_SAVE_CODE(MTRR), i, &mtrr, sizeof(mtrr));
	}
	return 0;
}

static int fill(struct stream *to, const struct stream *from, const struct pv_domain *domain,
		uint64_t start_info)
{
	const void *header = find_record(from, HVM_SAVE_CODE(HEADER), 0, sizeof(struct hvm_save_header));
	int error;

	if (!header)
		return -ENODATA;
	add_record(to, HVM_SAVE_CODE(HEADER), 0, header, sizeof(struct hvm_save_header));
	add_first_cpu(to, domain->image->entry, start_info);
	error = domain->image->kind == IMAGE_LOADER ? 0 : add_mtrrs(to, from, domain->max_vcpus);
	add_record(to, HVM_SAVE_CODE(END), 0, NULL, 0);
	return error;
}

static int alloc_stream(struct stream *stream, uint32_t room)
{
	*stream = (struct stream){ .data = calloc(1, room), .room = room };
	return stream->data ? 0 : -ENOMEM;
}

/* The state the domain has. */
static int read_state(const struct pv_domain *domain, struct stream *state)
{
	int bytes = xc_domain_hvm_getcontext(domain->xc, domain->domid, NULL, 0);
	int error = bytes < 0 ? -errno : alloc_stream(state, bytes);

	if (error)
		return error;
	bytes = xc_domain_hvm_getcontext(domain->xc, domain->domid, state->data, state->room);
	if (bytes < 0)
		return -errno;
	state->bytes = (uint32_t)bytes < state->room ? (uint32_t)bytes : state->room;
	return 0;
}

int pvh_start_context(const struct pv_domain *domain, uint64_t start_info,
		      struct complaint *complaint)
{
	struct stream state = { NULL, 0, 0 }, start = { NULL, 0, 0 };
	int error = read_state(domain, &state);

	if (!error)
		error = alloc_stream(
		    &start, 4 * sizeof(struct hvm_save_descriptor) +
				sizeof(struct hvm_save_header) + sizeof(struct hvm_hw_cpu) +
				domain->max_vcpus * (uint32_t)(sizeof(struct hvm_hw_mtrr) +
							       sizeof(struct hvm_save_descriptor)));
	if (!error)
		error = fill(&start, &state, domain, start_info);
	if (!error && xc_domain_hvm_setcontext(domain->xc, domain->domid, start.data, start.bytes))
		error = -errno;
	free(state.data);
	free(start.data);
	if (error)
		complain(complaint, "the hypervisor refused the vCPUs' start state: %s",
			 strerror(-error));
	return error;
}
