// sources: dom0-tools/build/pvh/*.c dom0-tools/build/bulk.c dom0-tools/build/complaint.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Idom0-tools -Idom0-tools/lib/include
/* SPDX-License-Identifier: MIT */
/*
 * PVH domains: the layout from 64 MiB to TiBs, what the start information and ACPI's tables say, read
 * as a kernel reads them; and a build over a domain that counts each frame it is given.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>

#include <xen/arch-x86/hvm/start_info.h>
#include <xen/hvm/params.h>
#include <xen/hvm/save.h>
#include <xen/memory.h>
#include "build/build.h"
#include <xenforeignmemory.h>

#define MIB(n) ((uint64_t)(n) << 8) /* pages */
#define DOMID  7

static struct complaint why;
static struct pvh_layout layout;

static struct image linux_like(uint64_t mib)
{
	return (struct image){ .kind = IMAGE_PVH, .start = 16 << 20, .end = (16 + mib) << 20, .entry = 0x1000850, .fd = -1 };
}

static int compute(const struct image *image, uint64_t pages, uint64_t ramdisk, const char *cmdline, unsigned int vcpus)
{
	memset(&why, 0, sizeof(why));
	return pvh_layout_compute(&layout, image, pages, 0, ramdisk, cmdline, vcpus, &why);
}

static uint64_t end_of(struct pfn_span span)
{
	return span.pfn + span.pages;
}

static uint64_t ram_pages(void)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < layout.nr_memmap; i++)
		if (layout.memmap[i].type == XEN_HVM_MEMMAP_TYPE_RAM)
			sum += layout.memmap[i].size >> 12;
	return sum;
}

static void all_sizes_are_laid_out(void **state)
{
	static const uint64_t sizes[] = { 64, 65, 128, 512, 1024, 2048, 3839, 3840, 3841, 4096, 8192, 1 << 20 };
	struct image image = linux_like(40);

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(compute(&image, MIB(sizes[i]), 3 << 20 | 5, "console=hvc0", 128), 0);
		assert_int_equal(ram_pages(), MIB(sizes[i]));
		assert_true(layout.low_pages <= PVH_HOLE_PFN);
		assert_int_equal(layout.ramdisk.pfn, end_of(layout.kernel));
		assert_int_equal(layout.start_info.pfn, end_of(layout.ramdisk));
		assert_true(end_of(layout.start_info) <= layout.low_pages);
		for (unsigned int j = 1; j < layout.nr_memmap; j++)
			assert_true(layout.memmap[j].addr >= layout.memmap[j - 1].addr + layout.memmap[j - 1].size);
	}
}

static void what_does_not_fit_is_told(void **state)
{
	struct image image = linux_like(40);

	assert_int_equal(compute(&image, MIB(57), 0, NULL, 1), 0);
	assert_int_equal(compute(&image, MIB(56), 16 << 20, NULL, 1), -ENOMEM);
	assert_int_equal(compute(&image, MIB(55), 0, NULL, 1), -ENOMEM);
	assert_non_null(strstr(why.text, "memory="));
	assert_int_equal(compute(&image, MIB(128), 80 << 20, NULL, 1), -ENOMEM);
	assert_int_equal(compute(&image, MIB(8192), 4ull << 30, NULL, 1), -ENOMEM);
	assert_int_equal(compute(&image, MIB(8192), UINT64_MAX, NULL, 1), -ENOMEM);
	assert_non_null(strstr(why.text, "3840"));
	assert_int_equal(compute(&image, MIB(128), 0, NULL, 129), -EINVAL);
	assert_int_equal(compute(&image, MIB(128), 0, NULL, 0), -EINVAL);
}

static void a_ramdisk_goes_below_the_kernel_if_it_must(void **state)
{
	struct image image = linux_like(40);

	assert_int_equal(compute(&image, MIB(57), 14 << 20, NULL, 1), 0);
	assert_int_equal(end_of(layout.ramdisk), layout.start_info.pfn);
	assert_int_equal(end_of(layout.start_info), layout.kernel.pfn);
	assert_int_equal(layout.loaded.pfn, layout.ramdisk.pfn);
	assert_int_equal(end_of(layout.loaded), end_of(layout.kernel));
	assert_true(layout.ramdisk.pfn >= 256);
	assert_int_equal(compute(&image, MIB(57), 15 << 20, NULL, 1), -ENOMEM);
}

static void start_information_leads_to_everything(void **state)
{
	static const uint32_t types[] = { XEN_HVM_MEMMAP_TYPE_RAM, XEN_HVM_MEMMAP_TYPE_ACPI,
					  XEN_HVM_MEMMAP_TYPE_RESERVED, XEN_HVM_MEMMAP_TYPE_RAM };
	struct image image = linux_like(40);
	char cmdline[PVH_CMDLINE_BYTES];
	uint8_t *page;
	const struct hvm_start_info *info;
	const struct hvm_modlist_entry *module;
	uint64_t base;

	memset(cmdline, 'x', sizeof(cmdline));
	cmdline[sizeof(cmdline) - 1] = '\0';
	assert_int_equal(compute(&image, MIB(5000), 12345, cmdline, 4), 0);
	page = calloc(layout.start_info.pages, 4096);
	base = layout.start_info.pfn << 12;
	pvh_write_start_info(page, &layout, cmdline, 12345, true);
	info = (void *)page;
	assert_int_equal(info->magic, XEN_HVM_START_MAGIC_VALUE);
	assert_int_equal(info->version, 1);
	assert_string_equal((char *)page + (info->cmdline_paddr - base), cmdline);
	assert_int_equal(info->rsdp_paddr, PVH_ACPI_PFN << 12);
	assert_int_equal(info->nr_modules, 1);
	module = (void *)(page + (info->modlist_paddr - base));
	assert_int_equal(module->paddr, layout.ramdisk.pfn << 12);
	assert_int_equal(module->size, 12345);
	assert_int_equal(info->memmap_entries, 4);
	for (unsigned int i = 0; i < 4; i++) {
		const struct hvm_memmap_table_entry *e = (void *)(page + (info->memmap_paddr - base));

		assert_int_equal(e[i].type, types[i]);
		assert_int_equal(e[i].addr, layout.memmap[i].addr);
		assert_int_equal(e[i].size, layout.memmap[i].size);
	}
	free(page);
}

static uint8_t sum_of(const uint8_t *at, size_t bytes)
{
	uint8_t sum = 0;

	while (bytes--)
		sum += *at++;
	return sum;
}

static uint64_t read_le(const uint8_t *at, unsigned int bytes)
{
	uint64_t value = 0;

	memcpy(&value, at, bytes);
	return value;
}

static const uint8_t *table(const uint8_t *tables, uint64_t at, uint64_t address, const char *signature)
{
	const uint8_t *found = tables + (address - at);

	assert_memory_equal(found, signature, 4);
	assert_int_equal(sum_of(found, read_le(found + 4, 4)), 0);
	return found;
}

static void acpi_tables_name_each_vcpu(void **state)
{
	static const unsigned int counts[] = { 1, 2, 4, 128 };
	const uint64_t at = PVH_ACPI_PFN << 12;

	for (unsigned int i = 0; i < 4; i++) {
		size_t bytes = acpi_build(NULL, 0, counts[i]);
		uint8_t *tables = malloc(bytes);
		const uint8_t *xsdt, *fadt, *madt;

		assert_int_equal(acpi_build(tables, at, counts[i]), bytes);
		assert_memory_equal(tables, "RSD PTR ", 8);
		assert_int_equal(sum_of(tables, 20), 0);
		assert_int_equal(sum_of(tables, 36), 0);
		xsdt = table(tables, at, read_le(tables + 24, 8), "XSDT");
		assert_int_equal(read_le(xsdt + 4, 4), 36 + 16);
		fadt = table(tables, at, read_le(xsdt + 36, 8), "FACP");
		assert_true(read_le(fadt + 112, 4) & 1 << 20);
		table(tables, at, read_le(fadt + 140, 8), "DSDT");
		madt = table(tables, at, read_le(xsdt + 44, 8), "APIC");
		assert_int_equal(read_le(madt + 36, 4), 0xfee00000);
		assert_int_equal(read_le(madt + 4, 4), 44 + 8 * counts[i]);
		for (unsigned int cpu = 0; cpu < counts[i]; cpu++) {
			const uint8_t lapic[8] = { 0, 8, cpu, 2 * cpu, 1 };

			assert_memory_equal(madt + 44 + 8 * cpu, lapic, 8);
		}
		free(tables);
	}
}

/* ---- a domain that counts ---- */

#define STATE_BYTES 4096
static uint8_t *given;			 /* times each frame was given */
static uint64_t refuse_order, nr_given, room, on_demand, pod_target;
static uint8_t state_of_domain[STATE_BYTES];
static int state_bytes;
static uint8_t new_state[65536];
static uint32_t new_bytes;
static uint64_t params[HVM_NR_PARAMS];
static int fail_param = -1;

int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid, unsigned long nr, unsigned int order, unsigned int flags,
			       xen_pfn_t *extents)
{
	unsigned long i;

	if (flags == XENMEMF_populate_on_demand)
		on_demand += nr << order;
	for (i = 0; i < nr && order < refuse_order && nr_given + (1ul << order) <= room; i++) {
		assert_int_equal(extents[i] & ((1ul << order) - 1), 0);
		for (uint64_t page = 0; page < 1ul << order; page++) {
			assert_true(extents[i] + page < PVH_HIGH_PFN * 2);
			assert_int_equal(given[extents[i] + page]++, 0);
		}
		nr_given += 1ul << order;
	}
	return (int)i;
}

int xc_domain_set_pod_target(xc_interface *xch, uint32_t domid, uint64_t target, uint64_t *total, uint64_t *cached,
			     uint64_t *entries)
{
	assert_int_equal(nr_given, 0); /* else it means something different */
	pod_target = target;
	errno = ENOSYS;
	return target == MIB(77) ? -1 : 0;
}

int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid, struct e820entry entries[], uint32_t nr)
{
	return 0;
}

int xc_hvm_param_set(xc_interface *xch, uint32_t dom, uint32_t param, uint64_t value)
{
	if ((int)param == fail_param) {
		errno = EINVAL;
		return -1;
	}
	params[param] = value;
	return 0;
}

int xc_domain_hvm_getcontext(xc_interface *xch, uint32_t domid, uint8_t *buffer, uint32_t size)
{
	if (buffer)
		memcpy(buffer, state_of_domain, size < (uint32_t)state_bytes ? size : (uint32_t)state_bytes);
	return state_bytes;
}

int xc_domain_hvm_setcontext(xc_interface *xch, uint32_t domid, uint8_t *buffer, uint32_t size)
{
	memcpy(new_state, buffer, size);
	new_bytes = size;
	return 0;
}

int write_in_child(int (*run)(void *data, struct complaint *complaint), void *data, struct complaint *complaint)
{
	return 0; /* what is written is the system test's */
}

int pv_seed_grants(const struct pv_domain *domain, struct complaint *complaint)
{
	assert_int_equal(domain->store_mfn, params[HVM_PARAM_STORE_PFN]);
	assert_int_equal(domain->console_mfn, params[HVM_PARAM_CONSOLE_PFN]);
	return 0;
}

void image_copy_segment(const struct image *image, const struct image_segment *segment, uint8_t *to)
{
}

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger, unsigned int flags)
{
	return NULL;
}

void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom, int prot, size_t pages, const xen_pfn_t arr[],
			   int err[])
{
	return NULL;
}

static void add(uint16_t type, uint16_t instance, const void *record, uint32_t length)
{
	struct hvm_save_descriptor head = { type, instance, length };

	memcpy(state_of_domain + state_bytes, &head, sizeof(head));
	if (length)
		memcpy(state_of_domain + state_bytes + sizeof(head), record, length);
	state_bytes += (int)(sizeof(head) + length);
}

static void fresh_domain(unsigned int vcpus)
{
	struct hvm_save_header header = { .magic = HVM_FILE_MAGIC, .version = HVM_FILE_VERSION, .gtsc_khz = 77 };

	given = realloc(given, PVH_HIGH_PFN * 2);
	memset(given, 0, PVH_HIGH_PFN * 2);
	nr_given = new_bytes = state_bytes = 0;
	room = UINT64_MAX;
	refuse_order = 99;
	fail_param = -1;
	memset(&why, 0, sizeof(why));
	add(HVM_SAVE_CODE(HEADER), 0, &header, sizeof(header));
	for (unsigned int i = 0; i < vcpus; i++) {
		struct hvm_hw_mtrr mtrr = { .msr_pat_cr = 100 + i };

		add(HVM_SAVE_CODE(MTRR), (uint16_t)i, &mtrr, sizeof(mtrr));
	}
	add(HVM_SAVE_CODE(END), 0, NULL, 0);
}

static int build(uint64_t pages, unsigned int vcpus)
{
	static struct image image;
	struct pv_domain domain = { .domid = DOMID, .image = &image, .nr_pages = pages, .max_vcpus = vcpus,
				    .store_port = 3, .console_port = 4 };

	image = linux_like(40);
	return pvh_build(&domain, &why);
}

static void each_frame_is_given_once(void **state)
{
	static const uint64_t sizes[] = { MIB(64), MIB(64) + 3, MIB(1023) + 1, MIB(2048), MIB(3840), MIB(6000) + 7 };

	for (uint64_t refused = 1; refused < 99; refused += 9)
		for (unsigned int i = 0; i < 6; i++) {
			fresh_domain(1);
			refuse_order = refused > 18 ? 99 : refused;
			assert_int_equal(build(sizes[i], 1), 0);
			for (uint64_t pfn = 0; pfn < sizes[i]; pfn++)
				assert_int_equal(given[pfn < PVH_HOLE_PFN ? pfn : pfn - PVH_HOLE_PFN + PVH_HIGH_PFN], 1);
			for (unsigned int s = 0; s < PVH_NR_SPECIAL; s++)
				assert_int_equal(given[PVH_SPECIAL_PFN + s], 1);
			assert_int_equal(nr_given, sizes[i] + PVH_NR_SPECIAL + 1);
			if (refused > 18)
				return;
		}
}

static void a_guest_that_may_grow_is_populated_on_demand(void **state)
{
	static struct image image;
	struct pv_domain domain = { .domid = DOMID, .image = &image, .nr_pages = MIB(100), .max_pages = MIB(200), .max_vcpus = 1 };

	image = linux_like(40);
	fresh_domain(1);
	on_demand = 0;
	assert_int_equal(pvh_build(&domain, &why), 0);
	assert_int_equal(pod_target, MIB(100));
	assert_int_equal(on_demand, MIB(200));
	assert_int_equal(nr_given, MIB(200) + PVH_NR_SPECIAL + 1);
	fresh_domain(1);
	domain.nr_pages = MIB(77);
	assert_int_equal(pvh_build(&domain, &why), -ENOSYS);
	assert_non_null(strstr(why.text, "maxmem="));
}

static void too_little_of_the_machine_is_told(void **state)
{
	fresh_domain(1);
	room = MIB(100);
	assert_int_equal(build(MIB(128), 1), -ENOMEM);
	assert_non_null(strstr(why.text, "out of memory"));
	assert_true(nr_given <= room);
}

static const void *record(uint16_t type, uint16_t instance, uint32_t length)
{
	for (uint32_t at = 0; at < new_bytes;) {
		struct hvm_save_descriptor head;

		memcpy(&head, new_state + at, sizeof(head));
		if (head.typecode == type && head.instance == instance) {
			assert_int_equal(head.length, length);
			return new_state + at + sizeof(head);
		}
		at += (uint32_t)sizeof(head) + head.length;
	}
	return NULL;
}

static void the_first_vcpu_starts_at_the_entry(void **state)
{
	const struct hvm_save_header *header;
	const struct hvm_hw_cpu *cpu;

	fresh_domain(3);
	assert_int_equal(build(MIB(128), 3), 0);
	header = record(HVM_SAVE_CODE(HEADER), 0, sizeof(*header));
	assert_int_equal(header->gtsc_khz, 77);
	cpu = record(HVM_SAVE_CODE(CPU), 0, sizeof(*cpu));
	assert_int_equal(cpu->rip, 0x1000850);
	assert_int_equal(cpu->rbx, 56 << 20);
	assert_int_equal(cpu->cr0, 0x11);
	assert_int_equal(cpu->cs_arbytes, 0xc9b);
	assert_int_equal(cpu->flags, 0); /* no FPU state: the hypervisor's own initial one */
	for (uint16_t i = 0; i < 3; i++) {
		const struct hvm_hw_mtrr *mtrr = record(HVM_SAVE_CODE(MTRR), i, sizeof(*mtrr));

		assert_int_equal(mtrr->msr_pat_cr, 100 + i);
		assert_int_equal(mtrr->msr_mtrr_def_type, 0x806);
	}
	assert_non_null(record(HVM_SAVE_CODE(END), 0, 0));
	assert_int_equal(params[HVM_PARAM_STORE_EVTCHN], 3);
	assert_int_equal(params[HVM_PARAM_CONSOLE_EVTCHN], 4);
	assert_int_equal(params[HVM_PARAM_CONSOLE_PFN], 0xfefff);
	assert_int_equal(params[HVM_PARAM_STORE_PFN], 0xfeffc);
}

static void a_refusing_hypervisor_is_named(void **state)
{
	fresh_domain(2);
	assert_int_equal(build(MIB(128), 3), -ENODATA); /* it has state of two vCPUs only */
	assert_non_null(strstr(why.text, "start state"));
	fresh_domain(1);
	fail_param = HVM_PARAM_IDENT_PT;
	assert_int_equal(build(MIB(128), 1), -EINVAL);
	assert_non_null(strstr(why.text, "parameter 12"));
	for (int cut = 0; cut < 60; cut++) {
		fresh_domain(1);
		state_bytes = cut;
		assert_int_not_equal(build(MIB(128), 1), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_sizes_are_laid_out),
		cmocka_unit_test(what_does_not_fit_is_told),
		cmocka_unit_test(a_ramdisk_goes_below_the_kernel_if_it_must),
		cmocka_unit_test(start_information_leads_to_everything),
		cmocka_unit_test(acpi_tables_name_each_vcpu),
		cmocka_unit_test(each_frame_is_given_once),
		cmocka_unit_test(a_guest_that_may_grow_is_populated_on_demand),
		cmocka_unit_test(too_little_of_the_machine_is_told),
		cmocka_unit_test(the_first_vcpu_starts_at_the_entry),
		cmocka_unit_test(a_refusing_hypervisor_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
