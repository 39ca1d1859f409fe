/* SPDX-License-Identifier: MIT */
// sources: dom0-tools/save/*.c dom0-tools/build/complaint.c dom0-tools/build/bulk.c dom0-tools/build/grants.c tests/unit/save_machine.c tests/unit/save_guests.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Idom0-tools -Idom0-tools/lib/include
// libs: -lpthread
/*
 * Domains saved and restored: what a guest finds again, the stream's form, and what saving refuses.
 */
#include "save_machine.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

static void saved(int fd)
{
	struct complaint why;
	int result = save_old(fd, &why);

	assert_string_equal(why.text, "");
	assert_int_equal(result, 0);
	assert_int_equal(machine.maps, 0);
}

static void restored(int fd, struct restore *restore)
{
	struct complaint why;
	int result = restore_new(fd, restore, &why);

	assert_string_equal(why.text, "");
	assert_int_equal(result, 0);
	assert_int_equal(machine.maps, 0);
	assert_int_equal(machine.bad_maps, 0);
}

/* ---- what a PV guest finds ---- */

static unsigned int level_of(uint64_t pfn)
{
	return machine.use[machine.old.mfn_of[pfn]] >> 28 & 7;
}

static void check_table(uint64_t pfn)
{
	for (unsigned int i = 0; i < PTE_COUNT; i++) {
		uint64_t before = old_page(pfn)[i], after = new_page(pfn)[i], named;

		if (level_of(pfn) == 4 && i >= 256 && i < 272) {
			assert_int_equal(after, 0);
			assert_int_not_equal(before, 0);
			continue;
		}
		if (!(before & PTE_PRESENT)) {
			assert_int_equal(after, before);
			continue;
		}
		named = old_pfn((before & PTE_FRAME) >> PAGE_BITS);
		assert_int_equal((after & PTE_FRAME) >> PAGE_BITS, machine.new.mfn_of[named]);
		assert_int_equal(after & ~PTE_FRAME, before & ~PTE_FRAME);
	}
}

static bool restoring_writes(uint64_t pfn)
{
	return pfn == START_PFN || (pfn >= LIST_PFN && pfn < LIST_PFN + (machine.old.nr_pfns + 511) / 512);
}

static void check_memory(void)
{
	unsigned int tables = 0, pages = 0;

	for (uint64_t pfn = 0; pfn < machine.old.nr_pfns; pfn++) {
		if (!guest_has(pfn) || pfn == GIVEN_PFN) {
			assert_int_equal(machine.new.mfn_of[pfn], 0);
			continue;
		}
		assert_int_not_equal(machine.new.mfn_of[pfn], machine.old.mfn_of[pfn]);
		pages++;
		if (level_of(pfn)) {
			check_table(pfn);
			tables++;
		} else if (!restoring_writes(pfn)) {
			assert_memory_equal(old_page(pfn), new_page(pfn), PAGE_BYTES);
		}
	}
	assert_int_equal(tables, 8);
	assert_int_equal(pages, machine.given);
}

static void check_list(void)
{
	for (uint64_t pfn = 0; pfn < (machine.old.nr_pfns + 511) / 512 * 512; pfn++) {
		xen_pfn_t mfn = machine.new.mfn_of[pfn];

		assert_int_equal(new_page(LIST_PFN + pfn / 512)[pfn % 512], mfn ? mfn : NO_MFN);
	}
}

static void check_pins(void)
{
	unsigned int pins = 0;

	for (uint64_t pfn = 0; pfn < machine.old.nr_pfns; pfn++)
		if (guest_has(pfn) && machine.use[machine.old.mfn_of[pfn]] & XEN_DOMCTL_PFINFO_LPINTAB &&
		    pfn != GIVEN_PFN) {
			assert_int_equal(machine.new.pinned[machine.new.mfn_of[pfn]], level_of(pfn)); /* how, plus one */
			pins++;
		}
	for (unsigned int mfn = 0; mfn < NR_FRAMES; mfn++)
		pins -= machine.new.pinned[mfn] != 0;
	assert_int_equal(pins, 0);
}

static void check_start(const struct restore *restore)
{
	const start_info_t *start = (const start_info_t *)new_page(START_PFN);
	const xen_pfn_t *mfn = machine.new.mfn_of;

	assert_string_equal(start->magic, "xen-3.0-x86_64");
	assert_int_equal(start->nr_pages, machine.old.nr_pfns);
	assert_int_equal(start->shared_info, (uint64_t)(SHARED_MFN + 1) << PAGE_BITS);
	assert_int_equal(start->flags, 0);
	assert_int_equal(start->store_mfn, mfn[STORE_PFN]);
	assert_int_equal(start->store_evtchn, STORE_PORT);
	assert_int_equal(start->console.domU.mfn, mfn[CONSOLE_PFN]);
	assert_int_equal(start->console.domU.evtchn, CONSOLE_PORT);
	assert_int_equal(restore->store_mfn, mfn[STORE_PFN]);
	assert_int_equal(restore->console_mfn, mfn[CONSOLE_PFN]);
	assert_int_equal(machine.new.map_bytes, MAP_BYTES);
	assert_int_equal(machine.new.grants[GNTTAB_RESERVED_XENSTORE].frame, mfn[STORE_PFN]);
	assert_int_equal(machine.new.grants[GNTTAB_RESERVED_XENSTORE].domid, STORE_DOMAIN);
	assert_int_equal(machine.new.grants[GNTTAB_RESERVED_XENSTORE].flags, GTF_permit_access);
	assert_int_equal(machine.new.grants[GNTTAB_RESERVED_CONSOLE].frame, mfn[CONSOLE_PFN]);
	assert_int_equal(machine.new.grants[GNTTAB_RESERVED_CONSOLE].domid, CONSOLE_DOMAIN);
}

static void check_shared_info(void)
{
	const shared_info_t *before = (const shared_info_t *)machine.frame[SHARED_MFN];
	const shared_info_t *after = (const shared_info_t *)machine.frame[SHARED_MFN + 1];

	assert_memory_equal(after->vcpu_info, before->vcpu_info, sizeof(after->vcpu_info));
	assert_int_equal(after->arch.max_pfn, machine.old.nr_pfns);
	assert_int_equal(after->arch.pfn_to_mfn_frame_list_list, 0);
	for (unsigned int i = 0; i < sizeof(after->evtchn_mask) / sizeof(after->evtchn_mask[0]); i++) {
		assert_int_equal(after->evtchn_mask[i], ~0UL);
		assert_int_equal(after->evtchn_pending[i], 0);
	}
}

static void check_vcpus(void)
{
	const xen_pfn_t *mfn = machine.new.mfn_of;

	for (unsigned int i = 0; i < NR_MACHINE_VCPUS - 1; i++) {
		vcpu_guest_context_x86_64_t wanted = machine.old.vcpu[i].context;
		const struct machine_vcpu *after = &machine.new.vcpu[i];

		wanted.gdt_frames[0] = mfn[i ? GDT1_PFN : GDT_PFN];
		if (!i) {
			wanted.user_regs.rdx = mfn[START_PFN];
			wanted.gdt_frames[1] = mfn[GDT_PFN + 1];
			wanted.ctrlreg[1] = mfn[USER_L4_PFN] << PAGE_BITS;
		}
		wanted.ctrlreg[3] = mfn[i ? USER_L4_PFN : L4_PFN] << PAGE_BITS;
		assert_true(after->is_set);
		assert_memory_equal(&after->context, &wanted, sizeof(wanted));
		assert_memory_equal(&after->extended, &machine.old.vcpu[i].extended, sizeof(after->extended));
		assert_int_equal(after->xsave_bytes, machine.old.vcpu[i].xsave_bytes);
		assert_memory_equal(after->xsave, machine.old.vcpu[i].xsave, after->xsave_bytes);
		assert_int_equal(after->nr_msrs, machine.old.vcpu[i].nr_msrs);
		assert_memory_equal(after->msr, machine.old.vcpu[i].msr, sizeof(after->msr));
	}
	assert_false(machine.new.vcpu[NR_MACHINE_VCPUS - 1].is_set);
}

static void check_policies(void)
{
	assert_memory_equal(&machine.new.tsc, &machine.old.tsc, sizeof(machine.old.tsc));
	assert_int_equal(machine.new.nr_leaves, 2);
	assert_int_equal(machine.new.nr_msrs, 1);
	assert_memory_equal(machine.new.leaf, machine.old.leaf, sizeof(machine.old.leaf));
	assert_memory_equal(machine.new.msr, machine.old.msr, sizeof(machine.old.msr));
}

static void check_pv(const struct restore *restore)
{
	check_memory();
	check_list();
	check_pins();
	check_start(restore);
	check_shared_info();
	check_vcpus();
	check_policies();
}

static void pv_round_trip(uint64_t nr_pfns, bool list_mapped)
{
	int fd = stream_file();
	struct restore restore;

	make_pv_guest(nr_pfns, list_mapped);
	saved(fd);
	lseek(fd, 0, SEEK_SET);
	restored(fd, &restore);
	check_pv(&restore);
	/* What is behind is the caller's to read. */
	assert_int_equal(lseek(fd, 0, SEEK_CUR), lseek(fd, 0, SEEK_END));
	close(fd);
}

static void a_pv_guest_whose_list_is_a_tree_finds_itself_again(void **state)
{
	pv_round_trip(BIG_GUEST, false);
	assert_int_equal(machine.super_given, 1);
}

static void a_pv_guest_whose_list_is_mapped_finds_itself_again(void **state)
{
	pv_round_trip(BIG_GUEST, true);
}

static void saving_changes_nothing(void **state)
{
	size_t bytes = NR_FRAMES * PAGE_BYTES;
	uint8_t *before = malloc(bytes);
	int fd = stream_file();

	make_pv_guest(BIG_GUEST, false);
	memcpy(before, machine.frame, bytes);
	saved(fd);
	assert_int_equal(memcmp(before, machine.frame, bytes), 0);
	free(before);
	close(fd);
}

static void a_stream_through_pipes_is_as_good(void **state)
{
	struct stream stream;
	struct restore restore;
	struct complaint why;

	signal(SIGPIPE, SIG_IGN);
	make_pv_guest(BIG_GUEST, true);
	stream_save_piped(&stream);
	for (unsigned int i = 0; i < stream.nr_records; i++)
		assert_int_not_equal(stream.record[i].type, RECORD_PADDING); /* of no use there */
	assert_int_equal(stream_restore_piped(stream.bytes, stream.length, &restore, &why), 0);
	check_pv(&restore);
	stream_forget(&stream);
}

/* A configuration, say, before it, and more behind it. */
static void a_stream_may_begin_and_end_within_a_file(void **state)
{
	int fd = stream_file();
	struct restore restore;
	char behind[6];

	make_pv_guest(BIG_GUEST, false);
	assert_int_equal(write(fd, "before", 6), 6); /* and not even a multiple of 8 */
	saved(fd);
	assert_int_equal(write(fd, "behind", 6), 6);
	lseek(fd, 6, SEEK_SET);
	restored(fd, &restore);
	check_pv(&restore);
	assert_int_equal(read(fd, behind, 6), 6);
	assert_memory_equal(behind, "behind", 6);
	close(fd);
}

/* The file was longer: what was in it would show through holes. */
static void over_an_old_file_zeros_are_written(void **state)
{
	uint8_t *old = malloc(8 << 20);
	int fd = stream_file();
	struct restore restore;

	make_pv_guest(BIG_GUEST, false);
	memset(old, 0xee, 8 << 20);
	assert_int_equal(write(fd, old, 8 << 20), 8 << 20);
	lseek(fd, 0, SEEK_SET);
	saved(fd);
	lseek(fd, 0, SEEK_SET);
	restored(fd, &restore);
	check_pv(&restore);
	close(fd);
	free(old);
}

/* How many pages were mapped to write the guest that is in the file. */
static unsigned int mapped_to_restore(int fd, bool is_serai)
{
	struct restore restore;

	machine_renew(false);
	machine.is_serai = is_serai;
	machine.pages_mapped = 0;
	lseek(fd, 0, SEEK_SET);
	restored(fd, &restore);
	check_pv(&restore);
	return machine.pages_mapped;
}

/* Where fresh memory is zeros, as Serai promises, a file's holes need no look at it; Xen promises nothing. */
static void holes_are_not_touched_where_memory_is_given_as_zeros(void **state)
{
	unsigned int zeros = 0;
	int fd = stream_file();

	make_pv_guest(BIG_GUEST, false);
	for (uint64_t pfn = 0; pfn < BIG_GUEST; pfn++)
		zeros += guest_has(pfn) && guest_is_zero(pfn) && pfn != GIVEN_PFN;
	assert_true(zeros > 200);
	saved(fd);
	assert_int_equal(mapped_to_restore(fd, true) + zeros, mapped_to_restore(fd, false));
	close(fd);
}

/* ---- the stream's form ---- */

static void pages_are_aligned_and_zeros_are_holes(void **state)
{
	unsigned int zeros = 0, records = 0;
	int fd = stream_file();
	struct stream stream;
	struct stat stat;

	make_pv_guest(BIG_GUEST, false);
	saved(fd);
	stream_read(&stream, fd);
	for (unsigned int i = 0; i < stream.nr_records; i++) {
		const struct page_data *head = (const void *)BODY(&stream, i);

		if (stream.record[i].type != RECORD_PAGE_DATA)
			continue;
		records++;
		assert_int_equal((stream.record[i].at + 16 + head->count * 8) % PAGE_BYTES, 0);
		for (unsigned int page = 0; page < head->count; page++)
			zeros += guest_is_zero(PAGE_PFN(((const uint64_t *)(head + 1))[page]));
	}
	assert_int_equal(records, 2);
	assert_true(zeros > 200);
	assert_int_equal(fstat(fd, &stat), 0);
	assert_true((uint64_t)stat.st_blocks * 512 + zeros * PAGE_BYTES <= stream.length + PAGE_BYTES);
	stream_forget(&stream);
	close(fd);
}

static void headers_are_the_known_bytes(void **state)
{
	static const uint8_t wanted[HEADER_BYTES] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 'X', 'E', 'N', 'F', 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0,
		1, 0, 0, 0, 12, 0, 0, 0, 4, 0, 0, 0, 17, 0, 0, 0,
	};
	struct stream stream;

	make_pv_guest(SMALL_GUEST, false);
	stream_save_piped(&stream);
	assert_memory_equal(stream.bytes, wanted, sizeof(wanted));
	stream_forget(&stream);
}

static void records_come_in_order_and_whole(void **state)
{
	static const struct {
		uint32_t type, length;
	} wanted[] = {
		{ RECORD_PV_INFO, 8 },
		{ RECORD_CPUID_POLICY, 2 * 24 },
		{ RECORD_MSR_POLICY, 16 },
		{ RECORD_STATIC_DATA_END, 0 },
		{ RECORD_PV_P2M_FRAMES, 8 + 8 },
		{ RECORD_PAGE_DATA, 0 },
		{ RECORD_TSC_INFO, 24 },
		{ RECORD_SHARED_INFO, 4096 },
		{ RECORD_PV_VCPU_BASIC, 8 + sizeof(vcpu_guest_context_x86_64_t) },
		{ RECORD_PV_VCPU_EXTENDED, 8 + sizeof(struct xen_domctl_ext_vcpucontext) },
		{ RECORD_PV_VCPU_XSAVE, 8 + XSAVE_BYTES },
		{ RECORD_PV_VCPU_MSRS, 8 + 2 * 16 },
		{ RECORD_PV_VCPU_BASIC, 8 + sizeof(vcpu_guest_context_x86_64_t) },
		{ RECORD_PV_VCPU_EXTENDED, 8 + sizeof(struct xen_domctl_ext_vcpucontext) },
		{ RECORD_END, 0 },
	};
	static const uint8_t info[8] = { 8, 4 }, frames[16] = { 0, 0, 0, 0, SMALL_GUEST - 1, 0, 0, 0, LIST_PFN };
	const vcpu_guest_context_x86_64_t *context;
	struct stream stream;

	make_pv_guest(SMALL_GUEST, false);
	stream_save_piped(&stream);
	assert_int_equal(stream.nr_records, sizeof(wanted) / sizeof(wanted[0]));
	for (unsigned int i = 0; i < stream.nr_records; i++) {
		assert_int_equal(stream.record[i].type, wanted[i].type);
		if (wanted[i].type != RECORD_PAGE_DATA)
			assert_int_equal(stream.record[i].length, wanted[i].length);
	}
	assert_memory_equal(BODY(&stream, 0), info, sizeof(info));
	assert_memory_equal(BODY(&stream, 4), frames, sizeof(frames));
	/* The guest's own numbers, and that there is a user's table in the lowest bit. */
	context = (const void *)(BODY(&stream, 8) + 8);
	assert_int_equal(context->user_regs.rdx, START_PFN);
	assert_int_equal(context->ctrlreg[3], L4_PFN << PAGE_BITS);
	assert_int_equal(context->ctrlreg[1], USER_L4_PFN << PAGE_BITS | 1);
	assert_int_equal(context->gdt_frames[1], GDT_PFN + 1);
	stream_forget(&stream);
}

/* ---- what saving refuses ---- */

static void refused(int fd, int error, const char *word)
{
	struct complaint why;

	assert_int_equal(save_old(fd, &why), error);
	assert_non_null(strstr(why.text, word));
	assert_int_equal(machine.maps, 0);
}

static void what_is_not_the_guests_own_is_named(void **state)
{
	static const uint64_t bad[] = { OTHERS_MFN, XEN_MFN, NR_FRAMES, 0xffffffffff };
	int fd = stream_file();
	char word[32];

	make_pv_guest(SMALL_GUEST, false);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t *where[] = { &old_page(L1_PFN)[40], &old_page(L4_PFN)[255], &old_page(USER_L4_PFN)[272] };

		snprintf(word, sizeof(word), "frame %#llx,", (unsigned long long)bad[i]);
		for (unsigned int j = 0; j < 3; j++) {
			*where[j] = bad[i] << PAGE_BITS | 7;
			refused(fd, -EINVAL, word);
			*where[j] = bad[i] << PAGE_BITS | 6; /* not present: not a frame */
			ftruncate(fd, lseek(fd, 0, SEEK_SET));
			saved(fd);
			*where[j] = 0;
			ftruncate(fd, lseek(fd, 0, SEEK_SET));
		}
	}
	machine.old.vcpu[1].context.ctrlreg[3] = (uint64_t)OTHERS_MFN << PAGE_BITS;
	refused(fd, -EINVAL, "CR3");
	machine.old.vcpu[0].context.ctrlreg[1] = (uint64_t)OTHERS_MFN << PAGE_BITS;
	refused(fd, -EINVAL, "user page table");
	machine.old.vcpu[0].context.gdt_frames[1] = OTHERS_MFN;
	refused(fd, -EINVAL, "descriptor table");
	machine.old.vcpu[0].context.user_regs.rdx = OTHERS_MFN;
	refused(fd, -EINVAL, "suspend call");
	close(fd);
}

static void a_list_that_lies_is_refused(void **state)
{
	shared_info_t *shared = (shared_info_t *)machine.frame[SHARED_MFN];
	int fd = stream_file();

	make_pv_guest(SMALL_GUEST, false);
	shared->arch.max_pfn = 1UL << 40;
	refused(fd, -EINVAL, "claims 1099511627776 pages");
	shared->arch.max_pfn = 0;
	refused(fd, -EAGAIN, "not published");
	shared->arch.max_pfn = SMALL_GUEST;
	shared->arch.pfn_to_mfn_frame_list_list = OTHERS_MFN;
	refused(fd, -EINVAL, "cannot be read");
	shared->arch.p2m_cr3 = (uint64_t)NR_FRAMES << PAGE_BITS;
	refused(fd, -EINVAL, "cannot be read");
	shared->arch.p2m_cr3 = 0;
	shared->arch.pfn_to_mfn_frame_list_list = machine.old.mfn_of[ROOT_PFN];
	/* A page beside those it has: a hole in its list. */
	shared->arch.max_pfn = 4 * 512 + 1;
	refused(fd, -EINVAL, "frame list");
	shared->arch.max_pfn = SMALL_GUEST;
	/* A frame in it that is another's is a page the guest does not have. */
	old_page(LIST_PFN)[FIRST_DATA + 5] = OTHERS_MFN;
	saved(fd);
	close(fd);
}

static void a_full_disk_says_make_room(void **state)
{
	int full = open("/dev/full", O_WRONLY);

	assert_true(full >= 0);
	make_pv_guest(SMALL_GUEST, false);
	refused(full, -ENOSPC, "make room");
	close(full);
	full = open("/dev/null", O_RDONLY);
	refused(full, -EBADF, "writing failed");
	close(full);
}

static bool stop_at_second(void *data, uint64_t done, uint64_t all)
{
	uint64_t *told = data;

	assert_true(done > told[1]);
	told[1] = done;
	return ++told[0] < 2;
}

static void either_way_can_be_cancelled(void **state)
{
	uint64_t told[2] = { 0, 0 };
	struct complaint why = { "" };
	int fd = stream_file();
	const struct save save = { .xc = XC, .domid = OLD, .fd = fd, .progress = { stop_at_second, told } };
	struct restore restore = { .xc = XC, .domid = NEW, .is_pv = true, .fd = fd, .progress = { stop_at_second, told } };

	make_pv_guest(BIG_GUEST, false);
	assert_int_equal(save_domain(&save, &why), -ECANCELED);
	assert_int_equal(told[0], 2);
	assert_int_equal(machine.maps, 0);
	ftruncate(fd, lseek(fd, 0, SEEK_SET));
	saved(fd);
	lseek(fd, 0, SEEK_SET);
	told[0] = told[1] = 0;
	assert_int_equal(restore_domain(&restore, &why), -ECANCELED);
	assert_int_equal(told[0], 2);
	assert_int_equal(machine.maps, 0);
	close(fd);
}

/* ---- PVH ---- */

static void check_hvm(const struct restore *restore)
{
	static const uint8_t zeros[PAGE_BYTES];

	for (uint64_t gfn = 0; gfn < machine.old.nr_pfns; gfn++) {
		if (!machine.old.mfn_of[gfn])
			assert_int_equal(machine.new.mfn_of[gfn], 0);
		else
			assert_memory_equal(new_page(gfn), gfn < HVM_STORE_GFN ? old_page(gfn) : (const void *)zeros,
					    PAGE_BYTES);
	}
	assert_int_equal(machine.new.context_bytes, machine.old.context_bytes);
	assert_memory_equal(machine.new.context, machine.old.context, machine.old.context_bytes);
	assert_int_equal(machine.new.param[HVM_PARAM_STORE_PFN], HVM_STORE_GFN);
	assert_int_equal(machine.new.param[HVM_PARAM_BUFIOREQ_PFN], HVM_CONSOLE_GFN + 2);
	assert_int_equal(machine.new.param[HVM_PARAM_PAE_ENABLED], 1);
	assert_int_equal(machine.new.param[HVM_PARAM_STORE_EVTCHN], STORE_PORT);
	assert_int_equal(machine.new.param[HVM_PARAM_CONSOLE_EVTCHN], CONSOLE_PORT);
	assert_int_equal(restore->store_mfn, HVM_STORE_GFN);
	assert_int_equal(restore->console_mfn, HVM_CONSOLE_GFN);
	assert_int_equal(machine.new.grants[GNTTAB_RESERVED_XENSTORE].frame, HVM_STORE_GFN);
	assert_int_equal(machine.new.grants[GNTTAB_RESERVED_CONSOLE].frame, HVM_CONSOLE_GFN);
	check_policies();
}

static void a_pvh_guest_finds_itself_again(void **state)
{
	int fd = stream_file();
	struct restore restore;

	make_hvm_guest();
	saved(fd);
	lseek(fd, 0, SEEK_SET);
	restored(fd, &restore);
	check_hvm(&restore);
	close(fd);
}

static void another_type_of_guest_is_refused(void **state)
{
	int fd = stream_file();
	struct restore restore;
	struct complaint why;

	make_hvm_guest();
	saved(fd);
	lseek(fd, 0, SEEK_SET);
	machine_renew(false);
	assert_int_equal(restore_new(fd, &restore, &why), -EINVAL);
	assert_non_null(strstr(why.text, "another type of guest"));
	assert_int_equal(machine.given, 0);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, machine_start, machine_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pv_guest_whose_list_is_a_tree_finds_itself_again),
		TEST(a_pv_guest_whose_list_is_mapped_finds_itself_again),
		TEST(saving_changes_nothing),
		TEST(a_stream_through_pipes_is_as_good),
		TEST(a_stream_may_begin_and_end_within_a_file),
		TEST(over_an_old_file_zeros_are_written),
		TEST(holes_are_not_touched_where_memory_is_given_as_zeros),
		TEST(pages_are_aligned_and_zeros_are_holes),
		TEST(headers_are_the_known_bytes),
		TEST(records_come_in_order_and_whole),
		TEST(what_is_not_the_guests_own_is_named),
		TEST(a_list_that_lies_is_refused),
		TEST(a_full_disk_says_make_room),
		TEST(either_way_can_be_cancelled),
		TEST(a_pvh_guest_finds_itself_again),
		TEST(another_type_of_guest_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
