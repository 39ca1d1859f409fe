/* SPDX-License-Identifier: MIT */
/* Readings for xentop's tests, built as its collector builds them: all memory is freed by
 * reading_free(). */
#ifndef XENTOP_FIXTURE_H
#define XENTOP_FIXTURE_H

#include <assert.h>
#include <string.h>

#include "xentop/reading.h"

static inline struct domain_counters *add_domain(struct reading *reading, unsigned int domid,
						 const char *name)
{
	struct domain_counters *domain =
	    array_grow((void **)&reading->domains, &reading->nr_domains, sizeof(*domain));

	assert(domain);
	domain->domid = domid;
	domain->handle[0] = (uint8_t)domid;
	strcpy(domain->name, name);
	return domain;
}

static inline struct vcpu_counters *add_vcpu(struct domain_counters *domain, unsigned int id,
					     uint64_t time_ns)
{
	struct vcpu_counters *vcpu =
	    array_grow((void **)&domain->vcpus, &domain->nr_vcpu_counters, sizeof(*vcpu));

	assert(vcpu);
	*vcpu = (struct vcpu_counters){ .id = id, .online = true, .time_ns = time_ns };
	domain->nr_vcpus = id + 1;
	return vcpu;
}

/* How often a hypercall was made. */
static inline void add_calls_made(struct domain_counters *domain, unsigned int number, uint64_t times)
{
	while (domain->nr_calls <= number) {
		void *grown = array_grow((void **)&domain->calls, &domain->nr_calls, sizeof(*domain->calls));

		assert(grown);
	}
	domain->calls[number] = times;
}

static inline struct net_counters *add_net(struct domain_counters *domain, unsigned int id)
{
	struct net_counters *net =
	    array_grow((void **)&domain->nets, &domain->nr_nets, sizeof(*net));

	assert(net);
	net->id = id;
	return net;
}

static inline struct disk_counters *add_disk(struct domain_counters *domain, unsigned int dev)
{
	struct disk_counters *disk =
	    array_grow((void **)&domain->disks, &domain->nr_disks, sizeof(*disk));

	assert(disk);
	disk->dev = dev;
	disk->counted = true;
	return disk;
}

#endif
