/* SPDX-License-Identifier: MIT */
/*
 * Speeds and history. An update first builds every new view apart from the old ones and then swaps,
 * so that running out of memory leaves the screen as it was.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xentop/model.h"

#define SECTOR_SIZE 512

uint64_t counter_delta(uint64_t before, uint64_t now)
{
	if (now >= before)
		return now - before;
	if (before <= UINT32_MAX && before - now > UINT32_MAX / 2)
		return now + ((uint64_t)1 << 32) - before;
	return now;
}

struct net_counters net_total(const struct domain_counters *domain)
{
	struct net_counters sum = { 0 };

	for (size_t i = 0; i < domain->nr_nets; i++) {
		sum.tx_bytes += domain->nets[i].tx_bytes;
		sum.rx_bytes += domain->nets[i].rx_bytes;
	}
	return sum;
}

struct disk_counters disk_total(const struct domain_counters *domain)
{
	struct disk_counters sum = { 0 };

	for (size_t i = 0; i < domain->nr_disks; i++) {
		sum.out_of_requests += domain->disks[i].out_of_requests;
		sum.reads += domain->disks[i].reads;
		sum.writes += domain->disks[i].writes;
		sum.read_sectors += domain->disks[i].read_sectors;
		sum.written_sectors += domain->disks[i].written_sectors;
	}
	return sum;
}

unsigned int model_count(const struct model *model, unsigned int state)
{
	unsigned int nr = 0;

	for (size_t i = 0; i < model->reading.nr_domains; i++)
		nr += !!(model->reading.domains[i].state & state);
	return nr;
}

/* A processor's time goes on without wrapping; backwards is a fault of the clock, not work done. */
static double percent(uint64_t before, uint64_t now, uint64_t elapsed)
{
	return elapsed && now > before ? 100.0 * (double)(now - before) / (double)elapsed : 0;
}

static double per_second(uint64_t delta, uint64_t elapsed)
{
	return elapsed ? 1e9 * (double)delta / (double)elapsed : 0;
}

static void vcpu_speeds(struct view *view, const struct domain_counters *before, uint64_t elapsed)
{
	for (size_t i = 0; i < view->now->nr_vcpu_counters; i++)
		for (size_t j = 0; j < before->nr_vcpu_counters; j++) {
			const struct vcpu_counters *old = &before->vcpus[j];
			const struct vcpu_counters *new = &view->now->vcpus[i];

			if (old->id != new->id)
				continue;
			view->vcpu_percent[i] = percent(old->time_ns, new->time_ns, elapsed);
			view->vcpu_waited[i] = percent(old->waited_ns, new->waited_ns, elapsed);
		}
}

/* A vCPU that is gone takes its calls with it. */
static void call_speeds(struct view *view, const struct domain_counters *before, uint64_t elapsed)
{
	for (size_t i = 0; i < view->now->nr_calls && i < before->nr_calls; i++)
		if (view->now->calls[i] > before->calls[i])
			view->call_speed[i] =
			    per_second(view->now->calls[i] - before->calls[i], elapsed);
}

static void net_speeds(struct view *view, const struct domain_counters *before, uint64_t elapsed)
{
	uint64_t tx = 0, rx = 0;

	for (size_t i = 0; i < view->now->nr_nets; i++)
		for (size_t j = 0; j < before->nr_nets; j++) {
			const struct net_counters *old = &before->nets[j];
			const struct net_counters *new = &view->now->nets[i];

			if (old->id != new->id)
				continue;
			tx += counter_delta(old->tx_bytes, new->tx_bytes);
			rx += counter_delta(old->rx_bytes, new->rx_bytes);
		}
	view->speed[SERIES_NET_TX] = per_second(tx, elapsed);
	view->speed[SERIES_NET_RX] = per_second(rx, elapsed);
}

static void disk_speeds(struct view *view, const struct domain_counters *before, uint64_t elapsed)
{
	uint64_t rd = 0, wr = 0;

	for (size_t i = 0; i < view->now->nr_disks; i++)
		for (size_t j = 0; j < before->nr_disks; j++) {
			const struct disk_counters *old = &before->disks[j];
			const struct disk_counters *new = &view->now->disks[i];

			if (old->dev != new->dev)
				continue;
			rd += counter_delta(old->read_sectors, new->read_sectors);
			wr += counter_delta(old->written_sectors, new->written_sectors);
		}
	view->speed[SERIES_DISK_READ] = per_second(rd * SECTOR_SIZE, elapsed);
	view->speed[SERIES_DISK_WRITE] = per_second(wr * SECTOR_SIZE, elapsed);
}

static const struct view *same_domain(const struct model *model,
				      const struct domain_counters *domain)
{
	for (size_t i = 0; i < model->nr_views; i++)
		if (model->views[i]->domid == domain->domid &&
		    !memcmp(model->views[i]->handle, domain->handle, sizeof(domain->handle)))
			return model->views[i];
	return NULL;
}

static void remember(struct view *view)
{
	view->newest = (view->newest + 1) % HISTORY;
	for (int series = 0; series < NR_SERIES; series++)
		view->history[series][view->newest] = (float)view->speed[series];
	if (view->nr_history < HISTORY)
		view->nr_history++;
}

static void view_free(struct view *view)
{
	if (view) {
		free(view->vcpu_percent);
		free(view->vcpu_waited);
		free(view->call_speed);
	}
	free(view);
}

static struct view *view_make(const struct model *model, const struct domain_counters *domain,
			      uint64_t elapsed)
{
	const struct view *old = same_domain(model, domain);
	struct view *view = calloc(1, sizeof(*view));

	if (!view)
		return NULL;
	if (old)
		*view = *old;
	view->now = domain;
	view->known = old;
	view->domid = domain->domid;
	memcpy(view->handle, domain->handle, sizeof(view->handle));
	memset(view->speed, 0, sizeof(view->speed));
	view->vcpu_percent = calloc(domain->nr_vcpu_counters + 1, sizeof(double));
	view->vcpu_waited = calloc(domain->nr_vcpu_counters + 1, sizeof(double));
	view->call_speed = calloc(domain->nr_calls + 1, sizeof(double));
	if (!view->vcpu_percent || !view->vcpu_waited || !view->call_speed) {
		view_free(view);
		return NULL;
	}
	if (!old)
		return view;
	view->speed[SERIES_CPU] = percent(old->now->cpu_ns, domain->cpu_ns, elapsed);
	vcpu_speeds(view, old->now, elapsed);
	call_speeds(view, old->now, elapsed);
	net_speeds(view, old->now, elapsed);
	disk_speeds(view, old->now, elapsed);
	remember(view);
	return view;
}

static void free_views(struct view **views, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		view_free(views[i]);
	free(views);
}

int model_update(struct model *model, struct reading *reading)
{
	uint64_t elapsed = reading->when_ns - model->reading.when_ns;
	struct view **views = calloc(reading->nr_domains + 1, sizeof(*views));

	for (size_t i = 0; i < reading->nr_domains; i++) {
		if (views)
			views[i] = view_make(model, &reading->domains[i], elapsed);
		if (!views || !views[i]) {
			free_views(views, views ? i : 0);
			return -ENOMEM;
		}
	}
	if (!views)
		return -ENOMEM;
	model_free(model);
	model->views = views;
	model->nr_views = reading->nr_domains;
	model->reading = *reading;
	memset(reading, 0, sizeof(*reading));
	return 0;
}

void model_free(struct model *model)
{
	free_views(model->views, model->nr_views);
	reading_free(&model->reading);
	memset(model, 0, sizeof(*model));
}

double view_history(const struct view *view, enum series series, unsigned int age)
{
	if (age >= view->nr_history)
		return 0;
	return (double)view->history[series][(view->newest + HISTORY - age) % HISTORY];
}
