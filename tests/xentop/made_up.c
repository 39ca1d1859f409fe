// SPDX-License-Identifier: MIT
// sources: dom0-tools/xentop/[!c]*.c dom0-tools/xentop/columns.c dom0-tools/config/json.c
// cflags: -U__XEN__ -D_GNU_SOURCE -Idom0-tools
// libs: -lncursesw -lyajl
/*
 * xentop as it is, but for where its readings come from: a machine made up here, with Dom0 and
 * three guests, or more (MADE_UP_DOMAINS). Each reading is a second after the one before, however
 * soon it is taken, and its counters are multiples of its number, which the clock on the screen
 * tells. So what stands on the screen follows from how often it has read.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "xentop/collect.h"
#include "xentop_fixture.h"

#define SECOND	   1000000000ULL
#define FIRST_DISK 51712

struct collector {
	unsigned int readings, nr_domains;
};

/* Each column of the table brings them into another order, if it can. */
static const struct plan {
	const char *name;
	unsigned int state;
	unsigned int nr_vcpus;
	unsigned int percent; /* of vCPU 0; the second uses twice as much, and so on */
	uint64_t mem_kb, max_kb;
	unsigned int nr_nets, nr_disks, ssid;
} plans[] = {
	{ "Domain-0", STATE_RUNNING, 2, 10, 1000000, NO_LIMIT, 0, 0, 0 },
	{ "web", STATE_BLOCKED, 2, 50, 500000, 600000, 2, 1, 3 },
	{ "mail", STATE_CRASHED, 1, 0, 700000, 700000, 1, 2, 2 },
	{ "weblog-archive", STATE_PAUSED, 4, 5, 250000, 2000000, 0, 3, 1 },
};

#define NR_PLANS (sizeof(plans) / sizeof(plans[0]))

struct collector *collector_open(void)
{
	struct collector *collector = calloc(1, sizeof(*collector));
	const char *wanted = getenv("MADE_UP_DOMAINS");

	assert(collector);
	collector->nr_domains = wanted ? (unsigned int)atoi(wanted) : NR_PLANS;
	return collector;
}

void collector_close(struct collector *collector)
{
	free(collector);
}

static void make_up_vcpus(struct domain_counters *domain, const struct plan *plan, uint64_t nr)
{
	for (unsigned int id = 0; id < plan->nr_vcpus; id++) {
		uint64_t time_ns = nr * plan->percent * (id + 1) * SECOND / 100;
		struct vcpu_counters *vcpu = add_vcpu(domain, id, time_ns);

		vcpu->cpu = id;
		vcpu->online = id < 3;
		vcpu->running = plan->state == STATE_RUNNING && !id;
		vcpu->blocked = plan->state == STATE_BLOCKED;
		domain->cpu_ns += time_ns;
	}
}

static void make_up_devices(struct domain_counters *domain, const struct plan *plan, uint64_t nr)
{
	unsigned int domid = domain->domid;

	for (unsigned int id = 0; id < plan->nr_nets; id++) {
		struct net_counters *net = add_net(domain, id);

		net->tx_bytes = nr * 1024 * domid * (id + 1);
		net->rx_bytes = nr * 4096 * domid * domid * (id + 1);
		net->tx_packets = nr * 2;
		net->rx_packets = nr * 5;
	}
	for (unsigned int i = 0; i < plan->nr_disks; i++) {
		struct disk_counters *disk = add_disk(domain, FIRST_DISK + 16 * i);

		disk->counted = domid != 2 || !i;
		if (!disk->counted)
			continue;
		disk->out_of_requests = nr * domid;
		disk->reads = nr * 7 * (i + 1);
		disk->writes = nr * 3 * (5 - domid);
		disk->read_sectors = disk->reads * 8;
		disk->written_sectors = disk->writes * 16 * domid;
	}
}

static void make_up(struct reading *reading, unsigned int domid, uint64_t nr)
{
	char name[NAME_SIZE];
	struct plan more = {
		.name = name, .state = STATE_BLOCKED, .nr_vcpus = 1, .mem_kb = 100, .max_kb = 100
	};
	const struct plan *plan = domid < NR_PLANS ? &plans[domid] : &more;
	struct domain_counters *domain;

	snprintf(name, sizeof(name), "guest-%02u", domid);
	domain = add_domain(reading, domid, plan->name);
	domain->state = plan->state;
	domain->mem_kb = plan->mem_kb;
	domain->max_kb = plan->max_kb;
	domain->ssid = plan->ssid;
	make_up_vcpus(domain, plan, nr);
	make_up_devices(domain, plan, nr);
}

int collect(struct collector *collector, struct reading *reading)
{
	unsigned int nr = ++collector->readings;

	*reading = (struct reading){ .when_ns = nr * SECOND,
				     .clock = (time_t)nr,
				     .version = "made-up",
				     .total_kb = 8000000,
				     .free_kb = 5000000,
				     .cpu_khz = 2000000,
				     .nr_cpus = 4 };
	for (unsigned int domid = 0; domid < collector->nr_domains; domid++)
		make_up(reading, domid, nr);
	return 0;
}
