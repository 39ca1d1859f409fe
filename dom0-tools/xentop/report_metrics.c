/* SPDX-License-Identifier: MIT */
/*
 * A reading as OpenMetrics text. A family's lines must stand together, so each family walks all
 * domains. Sources of a device's families are offsets into its counters: one table row a family.
 */
#include <inttypes.h>

#include "xentop/report.h"

static void family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
}

/* A label's value: backslash, quote and newline escaped. */
static void label(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			fputc('\\', out);
		if (*text == '\n')
			fputs("\\n", out);
		else
			fputc(*text, out);
	}
}

static void sample(FILE *out, const char *name, const char *suffix,
		   const struct domain_counters *domain)
{
	fprintf(out, "%s%s{domid=\"%u\",domain=\"", name, suffix, domain->domid);
	label(out, domain->name);
	fputc('"', out);
}

static void host(FILE *out, const struct reading *now)
{
	family(out, "xen_memory_total_bytes", "gauge", "Memory of the machine");
	fprintf(out, "xen_memory_total_bytes %" PRIu64 "\n", now->total_kb * 1024);
	family(out, "xen_memory_free_bytes", "gauge", "Memory no domain has");
	fprintf(out, "xen_memory_free_bytes %" PRIu64 "\n", now->free_kb * 1024);
	family(out, "xen_cpus", "gauge", "Processors at work");
	fprintf(out, "xen_cpus %u\n", now->nr_cpus);
	family(out, "xen_domains", "gauge", "Domains");
	fprintf(out, "xen_domains %zu\n", now->nr_domains);
}

static void memory(FILE *out, const struct reading *now)
{
	family(out, "xen_domain_memory_bytes", "gauge", "Memory a domain has");
	for (size_t i = 0; i < now->nr_domains; i++) {
		sample(out, "xen_domain_memory_bytes", "", &now->domains[i]);
		fprintf(out, "} %" PRIu64 "\n", now->domains[i].mem_kb * 1024);
	}
	family(out, "xen_domain_memory_limit_bytes", "gauge", "Memory a domain may have");
	for (size_t i = 0; i < now->nr_domains; i++) {
		if (now->domains[i].max_kb == NO_LIMIT)
			continue;
		sample(out, "xen_domain_memory_limit_bytes", "", &now->domains[i]);
		fprintf(out, "} %" PRIu64 "\n", now->domains[i].max_kb * 1024);
	}
}

static void states(FILE *out, const struct reading *now)
{
	static const char *const names[] = { "dying",	"shutdown", "blocked",
					     "crashed", "paused",   "running" };

	family(out, "xen_domain_state", "gauge", "1 for each state a domain is in");
	for (size_t i = 0; i < now->nr_domains; i++)
		for (int bit = 0; bit < 6; bit++) {
			sample(out, "xen_domain_state", "", &now->domains[i]);
			fprintf(out, ",state=\"%s\"} %u\n", names[bit],
				now->domains[i].state >> bit & 1);
		}
}

static void cpus(FILE *out, const struct reading *now)
{
	family(out, "xen_domain_cpu_seconds", "counter", "Time a domain had processors");
	for (size_t i = 0; i < now->nr_domains; i++) {
		sample(out, "xen_domain_cpu_seconds", "_total", &now->domains[i]);
		fprintf(out, "} %.9f\n", (double)now->domains[i].cpu_ns / 1e9);
	}
	family(out, "xen_vcpu_cpu_seconds", "counter", "Time a virtual CPU had a processor");
	for (size_t i = 0; i < now->nr_domains; i++)
		for (size_t j = 0; j < now->domains[i].nr_vcpu_counters; j++) {
			const struct vcpu_counters *vcpu = &now->domains[i].vcpus[j];

			sample(out, "xen_vcpu_cpu_seconds", "_total", &now->domains[i]);
			fprintf(out, ",vcpu=\"%u\"} %.9f\n", vcpu->id, (double)vcpu->time_ns / 1e9);
		}
}

/* What only Serai tells. */
static void waits(FILE *out, const struct reading *now)
{
	family(out, "xen_vcpu_waited_seconds", "counter", "Time a virtual CPU was ready without a processor");
	for (size_t i = 0; i < now->nr_domains; i++)
		for (size_t j = 0; j < now->domains[i].nr_vcpu_counters; j++) {
			const struct vcpu_counters *vcpu = &now->domains[i].vcpus[j];

			if (!vcpu->waits_known)
				continue;
			sample(out, "xen_vcpu_waited_seconds", "_total", &now->domains[i]);
			fprintf(out, ",vcpu=\"%u\"} %.9f\n", vcpu->id, (double)vcpu->waited_ns / 1e9);
		}
}

static void calls(FILE *out, const struct reading *now)
{
	family(out, "xen_domain_hypercalls", "counter", "Hypercalls a domain made");
	for (size_t i = 0; i < now->nr_domains; i++)
		for (unsigned int j = 0; j < now->domains[i].nr_calls; j++) {
			if (!now->domains[i].calls[j])
				continue;
			sample(out, "xen_domain_hypercalls", "_total", &now->domains[i]);
			fprintf(out, ",number=\"%u\",name=\"%s\"} %" PRIu64 "\n", j, call_name(j),
				now->domains[i].calls[j]);
		}
}

struct device_family {
	const char *name, *help;
	size_t offset;
	unsigned int factor;
};

#define NET(name, help, field)                                                                     \
	{                                                                                          \
		"xen_net_" name, help, offsetof(struct net_counters, field), 1                     \
	}
static const struct device_family net_families[] = {
	NET("transmit_bytes", "What a guest sent", tx_bytes),
	NET("transmit_packets", "Packets a guest sent", tx_packets),
	NET("transmit_errors", "Packets a guest sent with errors", tx_errors),
	NET("transmit_drops", "Packets a guest sent that were dropped", tx_drops),
	NET("receive_bytes", "What a guest received", rx_bytes),
	NET("receive_packets", "Packets a guest received", rx_packets),
	NET("receive_errors", "Packets for a guest with errors", rx_errors),
	NET("receive_drops", "Packets for a guest that were dropped", rx_drops),
};

#define DISK(name, help, field, factor)                                                            \
	{                                                                                          \
		"xen_vbd_" name, help, offsetof(struct disk_counters, field), factor               \
	}
static const struct device_family disk_families[] = {
	DISK("reads", "Read requests", reads, 1),
	DISK("writes", "Write requests", writes, 1),
	DISK("read_bytes", "What a guest read", read_sectors, 512),
	DISK("written_bytes", "What a guest wrote", written_sectors, 512),
	DISK("out_of_requests", "Times the backend had no request free", out_of_requests, 1),
};

static uint64_t value_of(const void *device, const struct device_family *from)
{
	return *(const uint64_t *)((const char *)device + from->offset) * from->factor;
}

static void net_family(FILE *out, const struct reading *now, const struct device_family *row)
{
	family(out, row->name, "counter", row->help);
	for (size_t i = 0; i < now->nr_domains; i++)
		for (size_t j = 0; j < now->domains[i].nr_nets; j++) {
			const struct net_counters *net = &now->domains[i].nets[j];

			sample(out, row->name, "_total", &now->domains[i]);
			fprintf(out, ",net=\"%u\"} %" PRIu64 "\n", net->id, value_of(net, row));
		}
}

static void disk_family(FILE *out, const struct reading *now, const struct device_family *row)
{
	family(out, row->name, "counter", row->help);
	for (size_t i = 0; i < now->nr_domains; i++)
		for (size_t j = 0; j < now->domains[i].nr_disks; j++) {
			const struct disk_counters *disk = &now->domains[i].disks[j];

			if (!disk->counted)
				continue;
			sample(out, row->name, "_total", &now->domains[i]);
			fprintf(out, ",vbd=\"%u\"} %" PRIu64 "\n", disk->dev, value_of(disk, row));
		}
}

int report_metrics(FILE *out, const struct model *model, const struct show *show)
{
	const struct reading *now = &model->reading;

	host(out, now);
	memory(out, now);
	states(out, now);
	cpus(out, now);
	waits(out, now);
	calls(out, now);
	for (size_t i = 0; i < sizeof(net_families) / sizeof(*net_families); i++)
		net_family(out, now, &net_families[i]);
	for (size_t i = 0; i < sizeof(disk_families) / sizeof(*disk_families); i++)
		disk_family(out, now, &disk_families[i]);
	fputs("# EOF\n", out);
	return 0;
}
