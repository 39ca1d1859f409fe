/* SPDX-License-Identifier: MIT */
/*
 * info: the machine and its hypervisor, a line each. `xl info NAME` prints the one value alone, and
 * --json the same names and values as an object.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "config/json.h"
#include "xl/pci.h"
#include "xl/xl.h"

struct report {
	struct xl *xl;
	struct json *json;
	const char *only; /* one name alone */
	bool found;
};

static void put_line(struct report *report, const char *name, bool figure, const char *format,
		     va_list args)
{
	char value[4096];

	if (report->only && strcmp(report->only, name))
		return;
	vsnprintf(value, sizeof(value), format, args);
	report->found = true;
	if (report->json && figure)
		json_number_text(report->json, name, value);
	else if (report->json)
		json_text(report->json, name, value);
	else if (report->only)
		puts(value);
	else
		printf("%-22s : %s\n", name, value);
}

static void __attribute__((format(printf, 3, 4)))
line(struct report *report, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line(report, name, false, format, args);
	va_end(args);
}

/* The same for what is a number in JSON. */
static void __attribute__((format(printf, 3, 4)))
figure(struct report *report, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line(report, name, true, format, args);
	va_end(args);
}

static void report_system(struct report *report)
{
	struct utsname system;

	if (uname(&system))
		return;
	line(report, "host", "%s", system.nodename);
	line(report, "release", "%s", system.release);
	line(report, "version", "%s", system.version);
	line(report, "machine", "%s", system.machine);
}

static void report_capabilities(struct report *report, const xc_physinfo_t *machine)
{
	static const struct {
		const char *name;
		uint32_t all;
	} known[] = {
		{ "pv", XEN_SYSCTL_PHYSCAP_pv },
		{ "hvm", XEN_SYSCTL_PHYSCAP_hvm },
		{ "hvm_directio", XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_directio },
		{ "pv_directio", XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_directio },
		{ "hap", XEN_SYSCTL_PHYSCAP_hap },
		{ "shadow", XEN_SYSCTL_PHYSCAP_shadow },
		{ "iommu_hap_pt_share", XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share },
		{ "vmtrace", XEN_SYSCTL_PHYSCAP_vmtrace },
		{ "gnttab-v1", XEN_SYSCTL_PHYSCAP_gnttab_v1 },
		{ "gnttab-v2", XEN_SYSCTL_PHYSCAP_gnttab_v2 },
	};
	char text[200] = "";

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if ((machine->capabilities & known[i].all) == known[i].all) {
			strcat(text, *text ? " " : "");
			strcat(text, known[i].name);
		}
	line(report, "virt_caps", "%s", text);
}

static unsigned int free_cpus(struct report *report, const xc_physinfo_t *machine)
{
	xc_cpumap_t map = xc_cpupool_freeinfo(report->xl->session.xc);
	unsigned int count = 0;

	for (unsigned int i = 0; map && i <= machine->max_cpu_id; i++)
		count += map[i / 8] >> (i % 8) & 1;
	free(map);
	return count;
}

static void report_machine(struct report *report, const xc_physinfo_t *machine)
{
	const uint32_t *caps = machine->hw_cap;
	unsigned long long unclaimed = machine->free_pages - machine->outstanding_pages;
	xc_interface *xc = report->xl->session.xc;
	long freed, used;

	figure(report, "nr_cpus", "%u", machine->nr_cpus);
	figure(report, "max_cpu_id", "%u", machine->max_cpu_id);
	figure(report, "nr_nodes", "%u", machine->nr_nodes);
	figure(report, "cores_per_socket", "%u", machine->cores_per_socket);
	figure(report, "threads_per_core", "%u", machine->threads_per_core);
	figure(report, "cpu_mhz", "%u.%03u", machine->cpu_khz / 1000, machine->cpu_khz % 1000);
	line(report, "hw_caps", "%08x:%08x:%08x:%08x:%08x:%08x:%08x:%08x", caps[0], caps[1],
	     caps[2], caps[3], caps[4], caps[5], caps[6], caps[7]);
	report_capabilities(report, machine);
	figure(report, "total_memory", "%llu", (unsigned long long)machine->total_pages >> 8);
	/* Counted one after the other, while domains come and go. */
	if (unclaimed > machine->free_pages)
		unclaimed = 0;
	figure(report, "free_memory", "%llu", unclaimed >> 8);
	/* A hypervisor without sharing answers with an error: nothing is shared. */
	freed = xc_sharing_freed_pages(xc);
	used = xc_sharing_used_frames(xc);
	figure(report, "sharing_freed_memory", "%ld", freed > 0 ? freed >> 8 : 0);
	figure(report, "sharing_used_memory", "%ld", used > 0 ? used >> 8 : 0);
	figure(report, "outstanding_claims", "%llu",
	       (unsigned long long)machine->outstanding_pages >> 8);
	figure(report, "free_cpus", "%u", free_cpus(report, machine));
}

static const char *scheduler_name(xc_interface *xc)
{
	static const char *const names[] = { [4] = "sedf", "credit", "credit2",
					     "arinc653",   "rtds",   "null" };
	int id;

	if (xc_sched_id(xc, &id) || id < 0 || (size_t)id >= sizeof(names) / sizeof(names[0]) ||
	    !names[id])
		return "unknown";
	return names[id];
}

static void report_build(struct report *report)
{
	xc_interface *xc = report->xl->session.xc;
	xen_compile_info_t compile = { { 0 }, { 0 }, { 0 }, { 0 } };
	struct {
		xen_build_id_t head;
		unsigned char bytes[64];
	} id = { .head.len = sizeof(id.bytes) };
	char text[2 * sizeof(id.bytes) + 1] = "";
	int length;

	xc_version(xc, XENVER_compile_info, &compile);
	line(report, "cc_compiler", "%s", compile.compiler);
	line(report, "cc_compile_by", "%s", compile.compile_by);
	line(report, "cc_compile_domain", "%s", compile.compile_domain);
	line(report, "cc_compile_date", "%s", compile.compile_date);
	length = xc_version(xc, XENVER_build_id, &id);
	for (int i = 0; i < length && i < (int)sizeof(id.bytes); i++)
		snprintf(text + 2 * i, 3, "%02x",
			 ((unsigned char *)&id)[offsetof(xen_build_id_t, buf) + (size_t)i]);
	line(report, "build_id", "%s", text);
	figure(report, "xend_config_format", "4");
}

static void report_hypervisor(struct report *report)
{
	xc_interface *xc = report->xl->session.xc;
	int version = xc_version(xc, XENVER_version, NULL);
	/* One room for each text in turn, larger than any; the hypervisor ends them with NUL. */
	char text[2048] = "";
	xen_platform_parameters_t platform = { 0 };

	xc_version(xc, XENVER_extraversion, text);
	figure(report, "xen_major", "%d", version >> 16);
	figure(report, "xen_minor", "%d", version & 0xffff);
	line(report, "xen_extra", "%s", text);
	line(report, "xen_version", "%d.%d%s", version >> 16, version & 0xffff, text);
	xc_version(xc, XENVER_capabilities, text);
	line(report, "xen_caps", "%s", text);
	line(report, "xen_scheduler", "%s", scheduler_name(xc));
	figure(report, "xen_pagesize", "%d", xc_version(xc, XENVER_pagesize, NULL));
	xc_version(xc, XENVER_platform_parameters, &platform);
	line(report, "platform_params", "virt_start=0x%lx", (unsigned long)platform.virt_start);
	text[0] = '\0';
	xc_version(xc, XENVER_changeset, text);
	line(report, "xen_changeset", "%s", text);
	text[0] = '\0';
	xc_version(xc, XENVER_commandline, text);
	line(report, "xen_commandline", "%s", text);
	report_build(report);
}

static void heading(struct report *report, const char *name, const char *columns)
{
	/* Where the text has a blank, JSON has an underscore. */
	if (report->json)
		json_list(report->json, strcmp(name, "device topology") ? name : "device_topology");
	else
		printf("%-22s :\n%s\n", name, columns);
}

static void end_heading(struct report *report)
{
	if (report->json)
		json_end_list(report->json);
}

static void report_cpu(struct report *report, unsigned int cpu, const xc_cputopo_t *at)
{
	if (at->core == XEN_INVALID_CORE_ID)
		return;
	if (!report->json) {
		printf("%3u:    %4u     %4u     %4u\n", cpu, at->core, at->socket, at->node);
		return;
	}
	json_map(report->json, NULL);
	json_number(report->json, "cpu", cpu);
	json_number(report->json, "core", at->core);
	json_number(report->json, "socket", at->socket);
	json_number(report->json, "node", at->node);
	json_end_map(report->json);
}

static void report_cpus(struct report *report)
{
	xc_interface *xc = report->xl->session.xc;
	xc_cputopo_t *topology = NULL;
	unsigned int count = 0;

	heading(report, "cpu_topology", "cpu:    core    socket     node");
	if (!xc_cputopoinfo(xc, &count, NULL) && (topology = calloc(count, sizeof(*topology))) &&
	    !xc_cputopoinfo(xc, &count, topology))
		for (unsigned int i = 0; i < count; i++)
			report_cpu(report, i, &topology[i]);
	else
		fail(report->xl, "the hypervisor does not tell its CPUs' topology: %s",
		     strerror(errno));
	free(topology);
	end_heading(report);
}

static void report_node(struct report *report, unsigned int node, const xc_meminfo_t *memory,
			const uint32_t *distance, unsigned int count)
{
	struct json *json = report->json;

	if (memory->memsize == XEN_INVALID_MEM_SZ)
		return;
	if (json) {
		json_map(json, NULL);
		json_number(json, "node", node);
		json_number(json, "memory_mb", (long long)(memory->memsize >> 20));
		json_number(json, "free_mb", (long long)(memory->memfree >> 20));
		json_list(json, "distances");
	} else {
		printf("%4u:    %6llu     %6llu      ", node,
		       (unsigned long long)memory->memsize >> 20,
		       (unsigned long long)memory->memfree >> 20);
	}
	for (unsigned int i = 0; i < count; i++) {
		if (json)
			json_number(json, NULL, distance[i]);
		else
			printf("%s%u", i ? "," : "", distance[i]);
	}
	if (json) {
		json_end_list(json);
		json_end_map(json);
	} else {
		putchar('\n');
	}
}

static void report_nodes(struct report *report)
{
	xc_interface *xc = report->xl->session.xc;
	xc_meminfo_t *memory = NULL;
	uint32_t *distance = NULL;
	unsigned int count = 0;

	heading(report, "numa_info", "node:    memsize    memfree    distances");
	if (!xc_numainfo(xc, &count, NULL, NULL) && (memory = calloc(count, sizeof(*memory))) &&
	    (distance = calloc((size_t)count * count, sizeof(*distance))) &&
	    !xc_numainfo(xc, &count, memory, distance))
		for (unsigned int i = 0; i < count; i++)
			report_node(report, i, &memory[i], distance + (size_t)i * count, count);
	else
		fail(report->xl, "the hypervisor does not tell its memory nodes: %s",
		     strerror(errno));
	free(memory);
	free(distance);
	end_heading(report);
}

static void report_devices(struct report *report)
{
	struct pci_nodes devices = pci_nodes_get(report->xl->session.xc);
	unsigned int shown = 0;

	heading(report, "device topology", "device           node");
	for (unsigned int i = 0; i < devices.count; i++) {
		const struct pci_node *at = &devices.item[i];

		if (at->node == XEN_INVALID_NODE_ID)
			continue;
		shown++;
		if (report->json) {
			json_map(report->json, NULL);
			json_text(report->json, "device", at->name);
			json_number(report->json, "node", at->node);
			json_end_map(report->json);
		} else {
			printf("%s      %u\n", at->name, at->node);
		}
	}
	if (!shown && !report->json)
		puts("No device topology data available");
	free(devices.item);
	end_heading(report);
}

static int report_all(struct report *report, bool numa)
{
	xc_physinfo_t machine;

	if (!hypervisor(report->xl))
		return EXIT_FAILED;
	if (xc_physinfo(report->xl->session.xc, &machine))
		return fail(report->xl, "the hypervisor does not describe the machine: %s",
			    strerror(errno));
	report_system(report);
	report_machine(report, &machine);
	if (numa && !report->only) {
		report_cpus(report);
		report_devices(report);
		report_nodes(report);
	}
	report_hypervisor(report);
	return EXIT_DONE;
}

int cmd_info(struct xl *xl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "numa", 0, NULL, 'n' }, JSON_OPTION, HELP_OPTION, END_OPTIONS
	};
	struct report report = { .xl = xl };
	bool numa = false;
	char *text;
	int option, code;

	while ((option = next_option(xl, argc, argv, "nh", longs)) != -1)
		numa |= option == 'n';
	report.only = argv[optind];
	report.json = xl->json ? json_start() : NULL;
	json_map(report.json, NULL);
	code = report_all(&report, numa);
	json_end_map(report.json);
	text = json_finish(report.json);
	if (!code && xl->json && (!text || fputs(text, stdout) < 0))
		code = fail(xl, "the result could not be put into JSON");
	free(text);
	if (!code && report.only && !report.found)
		caution(xl, "info has no line named %s; xl info shows all names", report.only);
	return fflush(stdout) ? fail(xl, "the result could not be written: %s", strerror(errno))
			      : code;
}
