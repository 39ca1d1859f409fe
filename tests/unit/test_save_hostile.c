/* SPDX-License-Identifier: MIT */
// as: test_save_stream.c
// libs: -Wl,--wrap=calloc,--wrap=malloc,--wrap=mmap
/*
 * Streams made up to harm: numbers, counts and lengths that lie, records of no use or in no order, and memory that runs
 * out. Each is refused with its cause named, or is harmless.
 */
#include "save_damage.h"

/* ---- numbers, counts and lengths that lie ---- */

static void wrong_table_entries_do_no_harm(void **state)
{
	static const uint64_t frames[] = { SMALL_GUEST, MOST_PFNS - 1, MOST_PFNS, MOST_PFNS + 1, PTE_FRAME >> PAGE_BITS };
	static const int results[] = { 0, 0, -EINVAL, -EINVAL, -EINVAL };
	struct stream stream = pv_stream();
	unsigned int pages = stream_find(&stream, RECORD_PAGE_DATA), found = 0;
	const struct page_data *head = (const void *)BODY(&stream, pages);
	const uint64_t *number = (const void *)(head + 1);

	for (unsigned int i = 0; i < head->count; i++) {
		uint64_t *table = (uint64_t *)(void *)BODY(&stream, pages) + 1 + head->count + i * PTE_COUNT;

		for (unsigned int j = 0; j < 5 && is_table(PAGE_TYPE(number[i])); j++) {
			uint64_t was = table[100];
			struct complaint why;

			table[100] = frames[j] << PAGE_BITS | 7;
			assert_int_equal(try_bytes(stream.bytes, stream.length, &why), results[j]);
			table[100] = was;
			found++;
		}
	}
	assert_int_equal(found, 8 * 5);
	stream_forget(&stream);
}

static void a_records_length_is_not_believed(void **state)
{
	struct stream stream = pv_stream();
	static const uint32_t lengths[] = { 0, 1, 7, 8, 9, 15, 16, 4095, 100000, RECORD_MOST, RECORD_MOST + 1, ~0u };
	struct complaint why;

	for (unsigned int i = 0; i < stream.nr_records - 1; i++)
		for (unsigned int j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++) {
			uint32_t *length = length_of(&stream, i), was = *length;

			*length = lengths[j];
			/* Rounded up the same, it is as long; what is missing then the hypervisor gets as zeros, or not. */
			if (((was + 7) & ~7u) != ((lengths[j] + 7) & ~7u))
				assert_int_not_equal(try_bytes(stream.bytes, stream.length, &why), 0);
			if (lengths[j] > RECORD_MOST)
				assert_non_null(strstr(why.text, "longer than any"));
			*length = was;
		}
	stream_forget(&stream);
}

static void a_page_records_count_is_not_believed(void **state)
{
	struct stream stream = pv_stream();
	unsigned int pages = stream_find(&stream, RECORD_PAGE_DATA);
	uint32_t *count = (uint32_t *)(void *)BODY(&stream, pages), was = *count;
	uint64_t *first = (uint64_t *)(void *)BODY(&stream, pages) + 1, pfn = *first;

	*count = 0;
	refused(&stream, "no pages, or too many");
	*count = PAGES_IN_RECORD + 1;
	refused(&stream, "no pages, or too many");
	*count = ~0u;
	refused(&stream, "no pages, or too many");
	*count = was - 1;
	refused(&stream, "another length");
	*count = was;
	*first = MOST_PFNS;
	refused(&stream, "beyond all memory");
	*first = 0x000fffffffffffff | (uint64_t)XEN_DOMCTL_PFINFO_XTAB << 32;
	refused(&stream, "beyond all memory");
	*first = pfn | (uint64_t)XEN_DOMCTL_PFINFO_XTAB << 32; /* without data, but it has some */
	refused(&stream, "another length");
	*first = first[1]; /* the same page twice: what it needs is missing then, or is not, but nothing is lost */
	try_bytes(stream.bytes, stream.length, &(struct complaint){ 0 });
	stream_forget(&stream);
}

static void the_lists_pages_are_not_believed(void **state)
{
	struct stream stream = pv_stream();
	unsigned int list = stream_find(&stream, RECORD_PV_P2M_FRAMES);
	uint32_t *head = (uint32_t *)(void *)BODY(&stream, list);
	uint64_t *pfn = (uint64_t *)(void *)head + 1, was = *pfn;

	head[0] = 1;
	refused(&stream, "no known form");
	head[0] = 0;
	head[1] = 512; /* a page more than there are */
	refused(&stream, "another length");
	head[1] = ~0u;
	refused(&stream, "no known form");
	head[1] = SMALL_GUEST - 1;
	*pfn = MOST_PFNS;
	refused(&stream, "beyond all memory");
	*pfn = SMALL_GUEST + 100;
	refused(&stream, "is not in it");
	*pfn = was;
	taken(&stream);
	cut(&stream, stream.record[list].at, whole(&stream, list));
	refused(&stream, "list is missing");
	stream_forget(&stream);
}

static void vcpus_there_cannot_be_are_refused(void **state)
{
	struct stream stream = pv_stream();
	unsigned int basic = stream_find(&stream, RECORD_PV_VCPU_BASIC);
	uint32_t *id = (uint32_t *)(void *)BODY(&stream, basic);
	vcpu_guest_context_x86_64_t *context = (void *)(BODY(&stream, basic) + 8), was = *context;

	for (uint32_t type = basic; type < basic + 4; type++) {
		id = (uint32_t *)(void *)BODY(&stream, type);
		*id = MOST_VCPUS;
		refused(&stream, "none there can be");
		*id = ~0u;
		refused(&stream, "none there can be");
		*id = 0;
	}
	id = (uint32_t *)(void *)BODY(&stream, basic);
	*id = 1;
	refused(&stream, "twice");
	*id = MOST_VCPUS - 1; /* the first one has no registers then */
	refused(&stream, "first vCPU is missing");
	*id = 0;
	id = (uint32_t *)(void *)BODY(&stream, basic + 4);
	*id = MOST_VCPUS - 1;
	refused(&stream, "hypervisor refused");
	*id = 1;
	context->gdt_ents = 512 * 16 + 1;
	refused(&stream, "descriptor table is too long");
	context->gdt_ents = ~0UL;
	refused(&stream, "descriptor table is too long");
	context->gdt_ents = 512 * 16; /* sixteen, of which two are there */
	refused(&stream, "pages that are not there");
	*context = was;
	context->gdt_frames[1] = MOST_PFNS;
	refused(&stream, "pages that are not there");
	*context = was;
	context->ctrlreg[3] = ~0UL;
	refused(&stream, "pages that are not there");
	*context = was;
	context->ctrlreg[1] = MOST_PFNS << PAGE_BITS | 1;
	refused(&stream, "pages that are not there");
	*context = was;
	context->user_regs.rdx = MOST_PFNS;
	refused(&stream, "is not in it");
	*context = was;
	taken(&stream);
	stream_forget(&stream);
}

static void rings_outside_memory_are_refused(void **state)
{
	struct stream stream;

	make_pv_guest(SMALL_GUEST, false);
	((start_info_t *)old_page(START_PFN))->store_mfn = MOST_PFNS;
	stream_save_piped(&stream);
	refused(&stream, "rings");
	stream_forget(&stream);
	((start_info_t *)old_page(START_PFN))->store_mfn = STORE_PFN;
	((start_info_t *)old_page(START_PFN))->console.domU.mfn = SMALL_GUEST;
	stream_save_piped(&stream);
	refused(&stream, "rings");
	stream_forget(&stream);
}

/* ---- records of other kinds, orders and numbers ---- */

static void unknown_records_are_passed_over_if_they_may_be(void **state)
{
	struct stream stream = pv_stream();
	unsigned int pages = stream_find(&stream, RECORD_PAGE_DATA);

	insert_record(&stream, HEADER_BYTES, RECORD_OPTIONAL | 0x1234, 13);
	insert_record(&stream, stream.record[pages].at, RECORD_OPTIONAL | 0x1235, 0);
	taken(&stream);
	insert_record(&stream, stream.record[pages].at, 0x1234, 13);
	refused(&stream, "record (4660)");
	cut(&stream, stream.record[pages].at - 24, 24);
	taken(&stream);
	insert_record(&stream, stream.record[pages].at, RECORD_CHECKPOINT, 0);
	assert_int_equal(try_bytes(stream.bytes, stream.length, &(struct complaint){ 0 }), -EOPNOTSUPP);
	stream_forget(&stream);
}

static void a_record_twice_does_no_harm(void **state)
{
	struct stream stream = pv_stream();

	for (unsigned int i = 0; i < stream.nr_records - 1; i++) {
		size_t bytes = whole(&stream, i);
		uint32_t type = stream.record[i].type;
		bool again = type == RECORD_PV_INFO || type == RECORD_STATIC_DATA_END || type == RECORD_TSC_INFO ||
			     type == RECORD_PAGE_DATA;

		insert(&stream, stream.record[i].at, stream.bytes + stream.record[i].at, bytes);
		if (again)
			taken(&stream);
		else
			refused(&stream, "");
		cut(&stream, stream.record[i].at - bytes, bytes);
	}
	taken(&stream);
	stream_forget(&stream);
}

static void a_record_missing_does_no_harm(void **state)
{
	static const uint32_t needed[] = { RECORD_PV_INFO,   RECORD_STATIC_DATA_END, RECORD_PV_P2M_FRAMES,
					   RECORD_PAGE_DATA, RECORD_SHARED_INFO,     RECORD_PV_VCPU_BASIC };
	struct stream stream = pv_stream();

	for (unsigned int i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		unsigned int missing = stream_find(&stream, needed[i]);
		size_t at = stream.record[missing].at, bytes = whole(&stream, missing);
		uint8_t *copy = malloc(bytes);

		memcpy(copy, stream.bytes + at, bytes);
		cut(&stream, at, bytes);
		refused(&stream, "");
		insert(&stream, at, copy, bytes);
		stream.record[missing].at = at;
		free(copy);
	}
	taken(&stream);
	stream_forget(&stream);
}

/* What a guest shows of the CPU must be what it was promised. */
static void a_policy_this_machine_cannot_have_is_refused(void **state)
{
	struct stream stream = pv_stream();
	xen_cpuid_leaf_t *leaf = (void *)BODY(&stream, stream_find(&stream, RECORD_CPUID_POLICY));

	leaf[1].leaf = 0x999;
	refused(&stream, "leaf 0x999");
	leaf[1].leaf = 7;
	taken(&stream);
	stream_forget(&stream);
}

static void a_pvh_guest_has_no_pv_records(void **state)
{
	struct stream stream = hvm_stream();

	insert_record(&stream, HEADER_BYTES, RECORD_PV_INFO, 8);
	refused(&stream, "no such guest has");
	stream_forget(&stream);
}

static void a_pvh_guests_parameters_are_not_believed(void **state)
{
	struct stream stream = hvm_stream();
	unsigned int params = stream_find(&stream, RECORD_HVM_PARAMS);
	uint32_t *count = (uint32_t *)(void *)BODY(&stream, params), was = *count;
	struct hvm_param *param = (void *)(BODY(&stream, params) + 8);

	*count = was + 1;
	refused(&stream, "cut off");
	*count = ~0u;
	refused(&stream, "cut off");
	*count = 0;
	refused(&stream, "parameters are missing");
	*count = was;
	assert_int_equal(param[0].index, HVM_PARAM_STORE_PFN);
	param[0].value = HVM_CONSOLE_GFN + 3;
	refused(&stream, "is not in it");
	param[0].value = ~0ULL;
	refused(&stream, "is not in it");
	param[0].value = HVM_STORE_GFN;
	for (uint32_t i = 1; i < was; i++) {
		param[i].index |= 1ULL << 32; /* another one, if its upper half were lost */
		refused(&stream, "no such parameter");
		param[i].index &= ~0u;
	}
	taken(&stream);
	stream_forget(&stream);
}

static void a_pv_guest_has_no_hvm_records(void **state)
{
	struct stream stream = pv_stream();
	size_t at = stream.record[stream_find(&stream, RECORD_SHARED_INFO)].at;

	insert_record(&stream, at, RECORD_HVM_CONTEXT, 16);
	refused(&stream, "no such guest has");
	cut(&stream, at, 24);
	insert_record(&stream, at, RECORD_HVM_PARAMS, 8);
	refused(&stream, "no such guest has");
	stream_forget(&stream);
}

static void a_list_that_ends_within_an_entry_is_refused(void **state)
{
	static const uint32_t types[] = { RECORD_CPUID_POLICY, RECORD_MSR_POLICY, RECORD_PV_VCPU_MSRS };
	struct stream stream = pv_stream();

	for (unsigned int i = 0; i < 3; i++) {
		uint32_t *length = length_of(&stream, stream_find(&stream, types[i]));

		*length -= 1; /* padded to as much as it was */
		refused(&stream, "ends within");
		*length += 1;
	}
	taken(&stream);
	stream_forget(&stream);
}

/* What is not applied must not be taken in silence: the guest would see another CPU. */
static void a_policy_that_comes_too_late_is_refused(void **state)
{
	static const uint32_t types[] = { RECORD_CPUID_POLICY, RECORD_MSR_POLICY };

	for (unsigned int i = 0; i < 2; i++) {
		struct stream stream = pv_stream();
		unsigned int policy = stream_find(&stream, types[i]);
		size_t bytes = whole(&stream, policy), at = stream.record[policy].at;
		uint8_t copy[256];

		assert_true(bytes <= sizeof(copy));
		memcpy(copy, stream.bytes + at, bytes);
		cut(&stream, at, bytes);
		insert(&stream, stream.record[stream_find(&stream, RECORD_PV_P2M_FRAMES)].at, copy, bytes);
		refused(&stream, "too late");
		stream_forget(&stream);
	}
}

/* ---- memory ---- */

static void too_little_memory_is_said(void **state)
{
	struct stream stream = pv_stream();
	struct restore restore;
	struct complaint why;
	int fd = stream_file();

	assert_int_equal(write(fd, stream.bytes, stream.length), stream.length);
	for (unsigned int room = 0; room < 35; room += 7) {
		machine_renew(false);
		machine.to_give = room;
		lseek(fd, 0, SEEK_SET);
		assert_int_equal(restore_new(fd, &restore, &why), -ENOMEM);
		assert_non_null(strstr(why.text, "stop a guest"));
		sane(-ENOMEM, &why);
	}
	close(fd);
	stream_forget(&stream);
}

static unsigned int left; /* that succeed, the one after them fails; 0: all do */

static bool fails(void)
{
	return left && !--left;
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__real_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset)
{
	return fails() ? MAP_FAILED : __real_mmap(at, bytes, prot, flags, fd, offset);
}

/* Whichever of its allocations fails; how many there are. */
static unsigned int run_out(int fd, bool saving)
{
	for (unsigned int allocation = 1;; allocation++) {
		struct restore restore;
		struct complaint why;
		int result;

		machine_renew(machine.old.is_hvm);
		lseek(fd, 0, SEEK_SET);
		left = allocation;
		result = saving ? save_old(fd, &why) : restore_new(fd, &restore, &why);
		sane(result, &why);
		if (left) {
			left = 0;
			assert_int_equal(result, 0);
			return allocation - 1;
		}
		assert_int_equal(result, -ENOMEM);
	}
}

static void dom0_without_memory_is_said(void **state)
{
	int fd = stream_file();

	make_pv_guest(SMALL_GUEST, false);
	assert_in_range(run_out(fd, true), 8, 50);
	assert_in_range(run_out(fd, false), 10, 50);
	assert_int_equal(ftruncate(fd, 0), 0);
	memset(&machine.old, 0, sizeof(machine.old));
	memset(machine.owner, 0, sizeof(machine.owner));
	make_hvm_guest();
	assert_in_range(run_out(fd, true), 3, 50);
	assert_in_range(run_out(fd, false), 6, 50);
	close(fd);
}

/* In one record: pages of a stretch that begins and ends as one of 2 MiB does, but in no order between. */
static void pages_in_no_order_find_their_places(void **state)
{
	struct stream stream = hvm_stream();
	unsigned int pages = stream_find(&stream, RECORD_PAGE_DATA);
	size_t bytes = 16 + 512 * 8 + 512 * PAGE_BYTES;
	uint8_t *record = calloc(1, bytes);
	uint64_t *number = (uint64_t *)(void *)record + 2;

	memcpy(record, (uint32_t[]){ RECORD_PAGE_DATA, (uint32_t)bytes - 8, 512, 0 }, 16);
	for (unsigned int i = 0; i < 512; i++) {
		number[i] = 512 + (i % 511 ? 511 - i : i) + (i == 7 ? 512 : 0);
		memcpy(record + 16 + 512 * 8 + i * PAGE_BYTES, &number[i], 8);
	}
	insert(&stream, stream.record[pages].at, record, bytes);
	taken(&stream);
	for (unsigned int i = 0; i < 512; i++)
		assert_int_equal(new_page(number[i])[0], number[i]);
	assert_int_equal(machine.new.mfn_of[512 + 511 - 7], 0); /* which nobody has named */
	free(record);
	stream_forget(&stream);
}

static int write_sparse(const struct stream *stream)
{
	int fd = stream_file();

	for (size_t at = 0; at < stream->length; at += PAGE_BYTES) {
		size_t bytes = stream->length - at < PAGE_BYTES ? stream->length - at : PAGE_BYTES;

		if (bytes < PAGE_BYTES || !all_zeros(stream->bytes + at))
			assert_int_equal(pwrite(fd, stream->bytes + at, bytes, (off_t)at), bytes);
	}
	return fd;
}

/* Of the second time there is nothing to read, and yet the page is not what fresh memory is. */
static void a_page_that_comes_again_as_a_hole_is_zeros(void **state)
{
	const uint64_t pfn = 35;
	struct {
		struct record_header record;
		struct page_data head;
		uint64_t number;
		uint8_t page[PAGE_BYTES];
		struct record_header padding; /* so that what comes behind stays aligned */
		uint8_t rest[PAGE_BYTES - 32];
	} before = { { RECORD_PAGE_DATA, 16 + PAGE_BYTES }, { 1, 0 }, pfn, { 0 }, { RECORD_PADDING, PAGE_BYTES - 32 }, { 0 } };
	struct stream stream;
	struct complaint why;
	int fd = stream_file();

	_Static_assert(sizeof(before) == 2 * PAGE_BYTES, "whole pages are inserted");
	memset(before.page, 0x77, PAGE_BYTES);
	make_pv_guest(SMALL_GUEST, false);
	assert_true(guest_has(pfn) && guest_is_zero(pfn));
	assert_int_equal(save_old(fd, &why), 0);
	stream_read(&stream, fd);
	close(fd);
	insert(&stream, stream.record[stream_find(&stream, RECORD_PADDING)].at, &before, sizeof(before));
	fd = write_sparse(&stream);
	machine.is_serai = true;
	assert_int_equal(try_file(fd, &why), 0);
	assert_true(all_zeros((const uint8_t *)new_page(pfn)));
	close(fd);
	stream_forget(&stream);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, machine_start, machine_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wrong_table_entries_do_no_harm),
		TEST(a_records_length_is_not_believed),
		TEST(a_page_records_count_is_not_believed),
		TEST(the_lists_pages_are_not_believed),
		TEST(vcpus_there_cannot_be_are_refused),
		TEST(rings_outside_memory_are_refused),
		TEST(unknown_records_are_passed_over_if_they_may_be),
		TEST(a_record_twice_does_no_harm),
		TEST(a_record_missing_does_no_harm),
		TEST(a_policy_this_machine_cannot_have_is_refused),
		TEST(a_pvh_guest_has_no_pv_records),
		TEST(a_pvh_guests_parameters_are_not_believed),
		TEST(a_pv_guest_has_no_hvm_records),
		TEST(a_list_that_ends_within_an_entry_is_refused),
		TEST(a_policy_that_comes_too_late_is_refused),
		TEST(too_little_memory_is_said),
		TEST(dom0_without_memory_is_said),
		TEST(pages_in_no_order_find_their_places),
		TEST(a_page_that_comes_again_as_a_hole_is_zeros),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
