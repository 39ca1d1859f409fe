/* SPDX-License-Identifier: MIT */
/* Pages of what domains are made of and do: their virtual CPUs, their devices, their hypercalls. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "xentop/page.h"

#define BAR	  20
#define LINE_SIZE 400

static const char *vcpu_state(const struct vcpu_counters *vcpu)
{
	if (!vcpu->online)
		return "offline";
	if (vcpu->running)
		return "running";
	return vcpu->blocked ? "blocked" : "ready";
}

static int add_vcpu(struct page *page, const struct view *view, size_t index)
{
	const struct vcpu_counters *vcpu = &view->now->vcpus[index];
	double percent = view->vcpu_percent[index];
	char text[LINE_SIZE], bar[BAR + 1], waited[32] = "         -       -";

	for (int i = 0; i < BAR; i++)
		bar[i] = percent > i * 100.0 / BAR ? '#' : ' ';
	bar[BAR] = '\0';
	if (vcpu->waits_known)
		snprintf(waited, sizeof(waited), "%10.3f %7.1f", (double)vcpu->waited_ns / 1e9,
			 view->vcpu_waited[index]);
	snprintf(text, sizeof(text), "%10.10s %5u %-7s %4u %10" PRIu64 " %6.1f %s [%s]",
		 view->now->name, vcpu->id, vcpu_state(vcpu), vcpu->cpu, vcpu->time_ns / 1000000000,
		 percent, waited, bar);
	return page_add(page, vcpu->running ? STYLE_RUNNING : STYLE_PLAIN, text);
}

int page_vcpus(struct page *page, const struct model *model, const struct ui *ui)
{
	int rc = page_add(page, STYLE_HEADER, "      NAME  VCPU STATE    CPU   CPU(sec) CPU(%)  WAIT(sec) WAIT(%)");

	page->fixed = page->nr_lines;
	for (size_t i = 0; !rc && i < model->nr_views; i++)
		for (size_t j = 0; !rc && j < model->views[i]->now->nr_vcpu_counters; j++)
			if (ui_wants(ui, model->views[i]))
				rc = add_vcpu(page, model->views[i], j);
	return rc;
}

static int add_net(struct page *page, const struct domain_counters *domain,
		   const struct net_counters *net)
{
	char text[LINE_SIZE];

	snprintf(text, sizeof(text),
		 "%10.10s net %-8u out %9" PRIu64 "k %9" PRIu64 " packets %5" PRIu64
		 " errors %6" PRIu64 " drops   in %10" PRIu64 "k %9" PRIu64 " packets %5" PRIu64
		 " errors %6" PRIu64 " drops",
		 domain->name, net->id, net->tx_bytes / 1024, net->tx_packets, net->tx_errors,
		 net->tx_drops, net->rx_bytes / 1024, net->rx_packets, net->rx_errors,
		 net->rx_drops);
	return page_add(page, STYLE_NET, text);
}

static int add_disk(struct page *page, const struct domain_counters *domain,
		    const struct disk_counters *disk)
{
	char text[LINE_SIZE];

	if (disk->counted)
		snprintf(text, sizeof(text),
			 "%10.10s vbd %-8u rd  %9" PRIu64 "k %9" PRIu64
			 " requests                         wr %10" PRIu64 "k %9" PRIu64
			 " requests   out of requests %" PRIu64,
			 domain->name, disk->dev, disk->read_sectors / 2, disk->reads,
			 disk->written_sectors / 2, disk->writes, disk->out_of_requests);
	else
		snprintf(text, sizeof(text), "%10.10s vbd %-8u its backend does not count",
			 domain->name, disk->dev);
	return page_add(page, STYLE_DISK, text);
}

int page_devices(struct page *page, const struct model *model, const struct ui *ui)
{
	int rc = page_add(page, STYLE_HEADER, "      NAME DEVICE       out of the guest, and in");

	page->fixed = page->nr_lines;
	for (size_t i = 0; !rc && i < model->nr_views; i++) {
		const struct domain_counters *domain = model->views[i]->now;

		if (!ui_wants(ui, model->views[i]))
			continue;
		for (size_t j = 0; !rc && j < domain->nr_nets; j++)
			rc = add_net(page, domain, &domain->nets[j]);
		for (size_t j = 0; !rc && j < domain->nr_disks; j++)
			rc = add_disk(page, domain, &domain->disks[j]);
	}
	return rc;
}

/* --- hypercalls --- */

static const struct view *compared;

/* What is called most now comes first, then what was called most; numbers break ties. */
static int busier(const void *left, const void *right)
{
	unsigned int a = *(const unsigned int *)left, b = *(const unsigned int *)right;

	if (compared->call_speed[a] != compared->call_speed[b])
		return compared->call_speed[a] < compared->call_speed[b] ? 1 : -1;
	if (compared->now->calls[a] != compared->now->calls[b])
		return compared->now->calls[a] < compared->now->calls[b] ? 1 : -1;
	return a < b ? -1 : 1;
}

static int add_calls(struct page *page, const struct view *view)
{
	const struct domain_counters *domain = view->now;
	unsigned int *order = calloc(domain->nr_calls + 1, sizeof(*order));
	char text[LINE_SIZE];
	int rc = order ? 0 : -ENOMEM;

	for (unsigned int i = 0; order && i < domain->nr_calls; i++)
		order[i] = i;
	compared = view;
	if (order)
		qsort(order, domain->nr_calls, sizeof(*order), busier);
	for (size_t i = 0; !rc && i < domain->nr_calls && domain->calls[order[i]]; i++) {
		snprintf(text, sizeof(text), "%10.10s %4u %-30s %14" PRIu64 " %10.1f",
			 domain->name, order[i], call_name(order[i]), domain->calls[order[i]],
			 view->call_speed[order[i]]);
		rc = page_add(page, STYLE_PLAIN, text);
	}
	free(order);
	return rc;
}

int page_calls(struct page *page, const struct model *model, const struct ui *ui)
{
	int rc = page_add(page, STYLE_HEADER,
			  "      NAME   NR HYPERCALL                               CALLS  CALLS/sec");
	bool told = false;

	page->fixed = page->nr_lines;
	for (size_t i = 0; !rc && i < model->nr_views; i++) {
		told |= model->views[i]->now->nr_calls;
		if (ui_wants(ui, model->views[i]))
			rc = add_calls(page, model->views[i]);
	}
	if (!rc && !told)
		rc = page_add(page, STYLE_PLAIN, "This hypervisor does not tell: Serai does.");
	return rc;
}
