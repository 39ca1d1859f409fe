/* SPDX-License-Identifier: MIT */
/* A reading as JSON. */
#include <errno.h>
#include <stdlib.h>

#include "config/json.h"
#include "xentop/report.h"

static void fraction(struct json *json, const char *key, double value, bool known)
{
	char digits[40];

	snprintf(digits, sizeof(digits), "%.1f", value);
	if (known)
		json_number_text(json, key, digits);
	else
		json_text(json, key, NULL);
}

static void seconds(struct json *json, const char *key, uint64_t ns)
{
	char digits[40];

	snprintf(digits, sizeof(digits), "%.6f", (double)ns / 1e9);
	json_number_text(json, key, digits);
}

static void count(struct json *json, const char *key, uint64_t value)
{
	json_number(json, key, (long long)value);
}

static void vcpus(struct json *json, const struct view *view)
{
	json_list(json, "vcpus");
	for (size_t i = 0; i < view->now->nr_vcpu_counters; i++) {
		const struct vcpu_counters *vcpu = &view->now->vcpus[i];

		json_map(json, NULL);
		count(json, "vcpu", vcpu->id);
		json_bool(json, "online", vcpu->online);
		json_bool(json, "blocked", vcpu->blocked);
		json_bool(json, "running", vcpu->running);
		count(json, "cpu", vcpu->cpu);
		seconds(json, "cpu_seconds", vcpu->time_ns);
		fraction(json, "cpu_percent", view->vcpu_percent[i], view->known);
		if (vcpu->waits_known)
			seconds(json, "waited_seconds", vcpu->waited_ns);
		else
			json_text(json, "waited_seconds", NULL);
		fraction(json, "waited_percent", view->vcpu_waited[i],
			 view->known && vcpu->waits_known);
		json_end_map(json);
	}
	json_end_list(json);
}

static void nets(struct json *json, const struct domain_counters *domain)
{
	json_list(json, "networks");
	for (size_t i = 0; i < domain->nr_nets; i++) {
		const struct net_counters *net = &domain->nets[i];

		json_map(json, NULL);
		count(json, "network", net->id);
		count(json, "sent_bytes", net->tx_bytes);
		count(json, "sent_packets", net->tx_packets);
		count(json, "sent_errors", net->tx_errors);
		count(json, "sent_drops", net->tx_drops);
		count(json, "received_bytes", net->rx_bytes);
		count(json, "received_packets", net->rx_packets);
		count(json, "received_errors", net->rx_errors);
		count(json, "received_drops", net->rx_drops);
		json_end_map(json);
	}
	json_end_list(json);
}

static void disks(struct json *json, const struct domain_counters *domain)
{
	json_list(json, "vbds");
	for (size_t i = 0; i < domain->nr_disks; i++) {
		const struct disk_counters *disk = &domain->disks[i];

		json_map(json, NULL);
		count(json, "vbd", disk->dev);
		json_bool(json, "counted", disk->counted);
		count(json, "out_of_requests", disk->out_of_requests);
		count(json, "reads", disk->reads);
		count(json, "writes", disk->writes);
		count(json, "read_sectors", disk->read_sectors);
		count(json, "written_sectors", disk->written_sectors);
		json_end_map(json);
	}
	json_end_list(json);
}

/* By name, those that were made; null where nobody counts. */
static void calls(struct json *json, const struct domain_counters *domain)
{
	if (!domain->nr_calls) {
		json_text(json, "hypercalls", NULL);
		return;
	}
	json_map(json, "hypercalls");
	for (unsigned int i = 0; i < domain->nr_calls; i++)
		if (domain->calls[i])
			count(json, call_name(i), domain->calls[i]);
	json_end_map(json);
}

static void states(struct json *json, unsigned int state)
{
	static const char *const names[] = { "dying",	"shutdown", "blocked",
					     "crashed", "paused",   "running" };

	json_list(json, "state");
	for (int i = 0; i < 6; i++)
		if (state & (1U << i))
			json_text(json, NULL, names[i]);
	json_end_list(json);
}

static void domain_map(struct json *json, const struct view *view)
{
	static const char *const kinds[] = { "pv", "pvh", "hvm" };
	const struct domain_counters *domain = view->now;

	json_map(json, NULL);
	count(json, "domid", domain->domid);
	json_text(json, "name", domain->name);
	json_text(json, "type", kinds[domain->kind]);
	states(json, domain->state);
	seconds(json, "cpu_seconds", domain->cpu_ns);
	fraction(json, "cpu_percent", view->speed[SERIES_CPU], view->known);
	count(json, "mem_kb", domain->mem_kb);
	if (domain->max_kb == NO_LIMIT)
		json_text(json, "maxmem_kb", NULL);
	else
		count(json, "maxmem_kb", domain->max_kb);
	fraction(json, "net_sent_bytes_per_second", view->speed[SERIES_NET_TX], view->known);
	fraction(json, "net_received_bytes_per_second", view->speed[SERIES_NET_RX], view->known);
	fraction(json, "vbd_read_bytes_per_second", view->speed[SERIES_DISK_READ], view->known);
	fraction(json, "vbd_write_bytes_per_second", view->speed[SERIES_DISK_WRITE], view->known);
	count(json, "ssid", domain->ssid);
	vcpus(json, view);
	nets(json, domain);
	disks(json, domain);
	calls(json, domain);
	json_end_map(json);
}

int report_json(FILE *out, const struct model *model, const struct show *show)
{
	const struct reading *now = &model->reading;
	struct json *json = json_start();
	char *text;

	if (!json)
		return -ENOMEM;
	json_map(json, NULL);
	json_number(json, "time", now->clock);
	json_text(json, "version", now->version);
	count(json, "total_kb", now->total_kb);
	count(json, "free_kb", now->free_kb);
	count(json, "cpus", now->nr_cpus);
	count(json, "cpu_khz", now->cpu_khz);
	json_list(json, "domains");
	for (size_t i = 0; i < model->nr_views; i++)
		domain_map(json, model->views[i]);
	json_end_list(json);
	json_end_map(json);
	text = json_finish(json);
	if (!text)
		return -ENOMEM;
	fputs(text, out);
	free(text);
	return 0;
}
