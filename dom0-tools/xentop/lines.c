/* SPDX-License-Identifier: MIT */
/* What stands above the table and, on request, below each domain's line in it. */
#include <inttypes.h>

#include "xentop/columns.h"

#define VCPUS_IN_A_LINE 5

void write_vcpus(FILE *out, const struct domain_counters *domain)
{
	fputs("VCPUs(sec): ", out);
	for (size_t i = 0; i < domain->nr_vcpu_counters; i++) {
		const struct vcpu_counters *vcpu = &domain->vcpus[i];

		if (!vcpu->online)
			continue;
		if (vcpu->id && !(vcpu->id % VCPUS_IN_A_LINE))
			fputs("\n        ", out);
		fprintf(out, " %2u: %10" PRIu64 "s", vcpu->id, vcpu->time_ns / 1000000000);
	}
	fputc('\n', out);
}

/* As the backend counts, like the table: its RX is what the guest sent. */
void write_nets(FILE *out, const struct domain_counters *domain)
{
	for (size_t i = 0; i < domain->nr_nets; i++) {
		const struct net_counters *net = &domain->nets[i];

		fprintf(out,
			"Net%u RX: %8" PRIu64 "bytes %8" PRIu64 "pkts %8" PRIu64 "err %8" PRIu64
			"drop  ",
			net->id, net->tx_bytes, net->tx_packets, net->tx_errors, net->tx_drops);
		fprintf(out,
			"TX: %8" PRIu64 "bytes %8" PRIu64 "pkts %8" PRIu64 "err %8" PRIu64 "drop\n",
			net->rx_bytes, net->rx_packets, net->rx_errors, net->rx_drops);
	}
}

void write_disks(FILE *out, const struct domain_counters *domain)
{
	for (size_t i = 0; i < domain->nr_disks; i++) {
		const struct disk_counters *disk = &domain->disks[i];

		fprintf(out, "VBD BlkBack %4u [%2x:%2x]  ", disk->dev, disk->dev >> 8,
			disk->dev & 0xff);
		if (disk->counted)
			fprintf(out,
				"OO: %8" PRIu64 "   RD: %8" PRIu64 "   WR: %8" PRIu64
				"   RSECT: %10" PRIu64 "   WSECT: %10" PRIu64 "\n",
				disk->out_of_requests, disk->reads, disk->writes,
				disk->read_sectors, disk->written_sectors);
		else
			fprintf(out, "OO: %8c   RD: %8c   WR: %8c   RSECT: %10c   WSECT: %10c\n",
				'-', '-', '-', '-', '-');
	}
}

void write_block(FILE *out, const struct model *model, const struct view *view,
		 const struct show *show, bool header)
{
	if (header || show->repeat_header)
		write_header(out, model, show);
	write_domain(out, model, view, show);
	if (show->vcpus)
		write_vcpus(out, view->now);
	if (show->networks)
		write_nets(out, view->now);
	if (show->vbds)
		write_disks(out, view->now);
}

void write_summary(FILE *out, const struct model *model)
{
	const struct reading *now = &model->reading;
	struct tm local;
	char clock[16] = "";

	if (localtime_r(&now->clock, &local))
		strftime(clock, sizeof(clock), "%H:%M:%S", &local);
	fprintf(out, "xentop - %s   Xen %s\n", clock, now->version);
	fprintf(out,
		"%zu domains: %u running, %u blocked, %u paused, %u crashed, %u dying, "
		"%u shutdown \n",
		now->nr_domains, model_count(model, STATE_RUNNING),
		model_count(model, STATE_BLOCKED), model_count(model, STATE_PAUSED),
		model_count(model, STATE_CRASHED), model_count(model, STATE_DYING),
		model_count(model, STATE_SHUTDOWN));
	fprintf(out, "Mem: %" PRIu64 "k total, %" PRIu64 "k used, %" PRIu64 "k free    ",
		now->total_kb, now->total_kb - now->free_kb, now->free_kb);
	fprintf(out, "CPUs: %u @ %" PRIu64 "MHz\n", now->nr_cpus, now->cpu_khz / 1000);
}
