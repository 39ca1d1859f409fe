/* SPDX-License-Identifier: MIT */
/* The domains that are saved, and what is done with their streams. */
#include "save_machine.h"

#include <pthread.h>

#define PRESENT 0x67ULL /* with the flags a kernel has in its tables */
#define NO_EXECUTE (1ULL << 63)
#define SOFTWARE   (1ULL << 58)

bool guest_has(uint64_t pfn)
{
	if (pfn >= machine.old.nr_pfns || pfn == 0)
		return false;
	if (pfn < FIRST_DATA || (pfn >= 512 && pfn < 1024)) /* these can have a page of 2 MiB */
		return true;
	return pfn % 11 != 3 && pfn != GRANTED_PFN;
}

bool guest_is_zero(uint64_t pfn)
{
	return pfn >= FIRST_DATA && (pfn % 5 == 0 || (pfn >= 600 && pfn < 700));
}

static xen_pfn_t scattered(uint64_t pfn)
{
	return 1024 + pfn * 37 % 1500;
}

uint64_t *old_page(uint64_t pfn)
{
	assert_true(pfn < NR_PFNS && machine.old.mfn_of[pfn]);
	return (uint64_t *)machine.frame[machine.old.mfn_of[pfn]];
}

uint64_t *new_page(uint64_t pfn)
{
	assert_true(pfn < NR_PFNS && machine.new.mfn_of[pfn]);
	return (uint64_t *)machine.frame[machine.new.mfn_of[pfn]];
}

uint64_t old_pfn(xen_pfn_t mfn)
{
	for (uint64_t pfn = 0; pfn < NR_PFNS; pfn++)
		if (mfn && machine.old.mfn_of[pfn] == mfn)
			return pfn;
	return NO_MFN;
}

static uint64_t entry(uint64_t pfn, uint64_t flags)
{
	return machine.old.mfn_of[pfn] << PAGE_BITS | PRESENT | flags;
}

static void give_frames(bool (*has)(uint64_t pfn))
{
	struct machine_domain *old = &machine.old;

	for (uint64_t pfn = 0; pfn < old->nr_pfns; pfn++) {
		if (!has(pfn))
			continue;
		old->mfn_of[pfn] = scattered(pfn);
		machine.owner[old->mfn_of[pfn]] = OLD;
		for (unsigned int i = 0; i < PTE_COUNT && !guest_is_zero(pfn) && pfn >= FIRST_DATA; i++)
			old_page(pfn)[i] = pfn << 32 | (i + 1);
	}
	old->tsc = (struct tsc_info){ 2, 2400000, 123456789012345, 3, 0 };
	old->nr_leaves = 2;
	old->leaf[0] = (xen_cpuid_leaf_t){ .leaf = 0, .subleaf = ~0u, .a = 13 };
	old->leaf[1] = (xen_cpuid_leaf_t){ .leaf = 7, .subleaf = 0, .b = 0x1234 };
	old->nr_msrs = 1;
	old->msr[0] = (xen_msr_entry_t){ .idx = 0xce, .val = 0x40004 };
}

static void use_as(uint64_t pfn, unsigned int level, bool pinned)
{
	machine.use[machine.old.mfn_of[pfn]] = level << 28 | (pinned ? XEN_DOMCTL_PFINFO_LPINTAB : 0);
}

static void make_tables(void)
{
	static const uint64_t kernel[] = { L1_PFN, L2_PFN, L3_PFN, L4_PFN };
	static const uint64_t user[] = { USER_L1_PFN, USER_L2_PFN, USER_L3_PFN, USER_L4_PFN };

	for (unsigned int i = 0; i < 4; i++) {
		use_as(kernel[i], i + 1, i == 3);
		use_as(user[i], i + 1, true);
	}
	/* The list lies at 0xffff9600c0805000: slots 300, 3, 4, 5. */
	old_page(L4_PFN)[300] = entry(L3_PFN, 0);
	old_page(L3_PFN)[3] = entry(L2_PFN, 0);
	old_page(L2_PFN)[4] = entry(L1_PFN, 0);
	old_page(L1_PFN)[OWN_ENTRY] = entry(FIRST_DATA, NO_EXECUTE | SOFTWARE);
	old_page(L1_PFN)[EMPTY_ENTRY] = 0x0123456789abcdeULL & ~PTE_PRESENT; /* where a page was swapped to */
	for (unsigned int i = 0; i < 3; i++)
		old_page(L1_PFN)[5 + i] = entry(LIST_PFN + i, NO_EXECUTE);
	if (guest_has(LATE_PFN))
		old_page(L1_PFN)[511] = entry(LATE_PFN, 0);
	old_page(USER_L4_PFN)[0] = entry(USER_L3_PFN, 0);
	old_page(USER_L3_PFN)[1] = entry(USER_L2_PFN, 0);
	old_page(USER_L2_PFN)[2] = entry(USER_L1_PFN, 0);
	old_page(USER_L1_PFN)[3] = entry(FIRST_DATA + 1, NO_EXECUTE);
	for (unsigned int i = 0; i < 16; i++)
		old_page(L4_PFN)[256 + i] = old_page(USER_L4_PFN)[256 + i] = (uint64_t)(XEN_MFN + i) << PAGE_BITS | PRESENT;
}

static void make_list(bool mapped)
{
	shared_info_t *shared = (shared_info_t *)machine.frame[SHARED_MFN];

	for (uint64_t pfn = 0; pfn < 3 * PTE_COUNT; pfn++)
		old_page(LIST_PFN + pfn / PTE_COUNT)[pfn % PTE_COUNT] = guest_has(pfn) ? machine.old.mfn_of[pfn] : NO_MFN;
	old_page(LIST_PFN)[GRANTED_PFN] = 1ULL << 62 | OTHERS_MFN;
	for (unsigned int i = 0; i < 3; i++)
		old_page(MIDDLE_PFN)[i] = machine.old.mfn_of[LIST_PFN + i];
	old_page(ROOT_PFN)[0] = machine.old.mfn_of[MIDDLE_PFN];
	machine.owner[SHARED_MFN] = OLD;
	memset(shared->evtchn_pending, 0x5a, sizeof(shared->evtchn_pending));
	shared->vcpu_info[1].arch.cr2 = 0x77770000;
	shared->arch.max_pfn = machine.old.nr_pfns;
	shared->arch.pfn_to_mfn_frame_list_list = machine.old.mfn_of[ROOT_PFN];
	if (mapped) {
		shared->arch.p2m_cr3 = machine.old.mfn_of[L4_PFN] << PAGE_BITS;
		shared->arch.p2m_vaddr = 0xffff9600c0805000;
		shared->arch.pfn_to_mfn_frame_list_list = 0;
	}
}

static void make_vcpus(void)
{
	struct machine_vcpu *vcpu = machine.old.vcpu;
	const xen_pfn_t *mfn = machine.old.mfn_of;

	for (unsigned int i = 0; i < NR_MACHINE_VCPUS; i++) {
		memset(&vcpu[i].context, 0x10 + (int)i, sizeof(vcpu[i].context));
		memset(&vcpu[i].extended, 0x20 + (int)i, sizeof(vcpu[i].extended));
		memset(vcpu[i].xsave, 0x30 + (int)i, sizeof(vcpu[i].xsave));
		vcpu[i].context.ctrlreg[1] = 0;
	}
	vcpu[0].context.user_regs.rdx = mfn[START_PFN];
	vcpu[0].context.gdt_ents = 600;
	vcpu[0].context.gdt_frames[0] = mfn[GDT_PFN];
	vcpu[0].context.gdt_frames[1] = mfn[GDT_PFN + 1];
	vcpu[0].context.ctrlreg[3] = mfn[L4_PFN] << PAGE_BITS;
	vcpu[0].context.ctrlreg[1] = mfn[USER_L4_PFN] << PAGE_BITS;
	vcpu[0].xsave_bytes = XSAVE_BYTES;
	vcpu[0].nr_msrs = 2;
	vcpu[0].msr[0] = (xen_domctl_vcpu_msr_t){ .index = 0x140, .value = 1 };
	vcpu[0].msr[1] = (xen_domctl_vcpu_msr_t){ .index = 0xc0011027, .value = 2 };
	vcpu[1].context.gdt_ents = 16;
	vcpu[1].context.gdt_frames[0] = mfn[GDT1_PFN];
	vcpu[1].context.ctrlreg[3] = mfn[USER_L4_PFN] << PAGE_BITS;
}

void make_pv_guest(uint64_t nr_pfns, bool list_mapped)
{
	start_info_t *start;

	machine.old.nr_pfns = nr_pfns;
	give_frames(guest_has);
	machine.use[machine.old.mfn_of[GIVEN_PFN]] = XEN_DOMCTL_PFINFO_XTAB;
	make_tables();
	make_list(list_mapped);
	make_vcpus();
	old_page(GDT_PFN)[7] = old_page(GDT_PFN + 1)[8] = old_page(GDT1_PFN)[9] = 0xcf9a000000ffff;
	start = (start_info_t *)old_page(START_PFN);
	strcpy(start->magic, "xen-3.0-x86_64");
	start->flags = 0xff;
	start->store_mfn = STORE_PFN; /* as a guest leaves them that is to be suspended */
	start->console.domU.mfn = CONSOLE_PFN;
	old_page(STORE_PFN)[1] = 0x5707e;
	old_page(CONSOLE_PFN)[1] = 0xc0;
}

static bool hvm_has(uint64_t gfn)
{
	return gfn < SMALL_GUEST || (gfn >= HVM_STORE_GFN && gfn <= HVM_CONSOLE_GFN + 2);
}

void make_hvm_guest(void)
{
	struct machine_domain *old = &machine.old;

	old->is_hvm = true;
	old->nr_pfns = HVM_CONSOLE_GFN + 3;
	give_frames(hvm_has);
	machine_renew(true);
	old->param[HVM_PARAM_STORE_PFN] = HVM_STORE_GFN;
	old->param[HVM_PARAM_CONSOLE_PFN] = HVM_CONSOLE_GFN;
	old->param[HVM_PARAM_IOREQ_PFN] = HVM_CONSOLE_GFN + 1;
	old->param[HVM_PARAM_BUFIOREQ_PFN] = HVM_CONSOLE_GFN + 2;
	old->param[HVM_PARAM_PAE_ENABLED] = 1;
	old->param[HVM_PARAM_STORE_EVTCHN] = 99;
	old->context_bytes = sizeof(old->context) - 3;
	for (unsigned int i = 0; i < old->context_bytes; i++)
		old->context[i] = (uint8_t)(i * 7 + 1);
}

/* ---- streams ---- */

int stream_file(void)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

int save_old(int fd, struct complaint *complaint)
{
	const struct save save = { .xc = XC, .domid = OLD, .fd = fd };

	*complaint = (struct complaint){ 0 };
	return save_domain(&save, complaint);
}

int restore_new(int fd, struct restore *restore, struct complaint *complaint)
{
	*restore = (struct restore){ .xc = XC, .domid = NEW, .is_pv = !machine.new.is_hvm, .fd = fd, .map_bytes = MAP_BYTES,
				     .most_pages = 2000, .store_domid = STORE_DOMAIN, .console_domid = CONSOLE_DOMAIN,
				     .store_port = STORE_PORT, .console_port = CONSOLE_PORT };
	*complaint = (struct complaint){ 0 };
	return restore_domain(restore, complaint);
}

static void find_records(struct stream *stream)
{
	size_t at = HEADER_BYTES;

	stream->nr_records = 0;
	for (;;) {
		struct record_header header;

		assert_true(stream->nr_records < 64 && at + sizeof(header) <= stream->length);
		memcpy(&header, stream->bytes + at, sizeof(header));
		stream->record[stream->nr_records].type = header.type;
		stream->record[stream->nr_records].length = header.length;
		stream->record[stream->nr_records++].at = at;
		at += sizeof(header);
		assert_true(header.length <= stream->length - at);
		at += header.length;
		for (; at % 8; at++)
			assert_int_equal(stream->bytes[at], 0);
		if (header.type == RECORD_END)
			break;
	}
	assert_int_equal(at, stream->length);
}

void stream_read(struct stream *stream, int fd)
{
	stream->length = (size_t)lseek(fd, 0, SEEK_END);
	stream->bytes = malloc(stream->length);
	assert_int_equal(pread(fd, stream->bytes, stream->length, 0), stream->length);
	lseek(fd, 0, SEEK_SET);
	find_records(stream);
}

static void *drain(void *data)
{
	struct stream *stream = ((void **)data)[0];
	int fd = *(int *)((void **)data)[1];
	ssize_t got;

	stream->bytes = malloc(64 << 20);
	while ((got = read(fd, stream->bytes + stream->length, (64 << 20) - stream->length)) > 0)
		stream->length += (size_t)got;
	return NULL;
}

void stream_save_piped(struct stream *stream)
{
	struct complaint why;
	pthread_t reader;
	int pipes[2], result;

	stream->length = 0;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(pthread_create(&reader, NULL, drain, (void *[]){ stream, &pipes[0] }), 0);
	result = save_old(pipes[1], &why);
	close(pipes[1]);
	pthread_join(reader, NULL);
	close(pipes[0]);
	assert_string_equal(why.text, "");
	assert_int_equal(result, 0);
	find_records(stream);
}

struct source {
	const uint8_t *bytes;
	size_t length;
	int fd;
};

static void *pour(void *data)
{
	const struct source *from = data;

	for (size_t at = 0; at < from->length;) {
		ssize_t done = write(from->fd, from->bytes + at, from->length - at);

		if (done <= 0)
			break; /* the reader had enough of it */
		at += (size_t)done;
	}
	close(from->fd);
	return NULL;
}

/* The caller has SIGPIPE ignored. */
int stream_restore_piped(const uint8_t *bytes, size_t length, struct restore *restore, struct complaint *complaint)
{
	int pipes[2], result;
	struct source source;
	pthread_t writer;

	assert_int_equal(pipe(pipes), 0);
	source = (struct source){ bytes, length, pipes[1] };
	assert_int_equal(pthread_create(&writer, NULL, pour, &source), 0);
	result = restore_new(pipes[0], restore, complaint);
	close(pipes[0]);
	pthread_join(writer, NULL);
	return result;
}

void stream_forget(struct stream *stream)
{
	free(stream->bytes);
}

unsigned int stream_find(const struct stream *stream, uint32_t type)
{
	unsigned int i = 0;

	while (i < stream->nr_records && stream->record[i].type != type)
		i++;
	assert_true(i < stream->nr_records);
	return i;
}
