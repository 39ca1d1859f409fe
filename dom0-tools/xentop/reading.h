/* SPDX-License-Identifier: MIT */
/*
 * One reading of the machine: what the hypervisor and the kernel's counters said at one moment.
 * Plain data between the collector, which fills it, and the model, which compares it with the one
 * before. Counters are as the guest sees its devices: what it sent is tx.
 */
#ifndef SERAI_XENTOP_READING_H
#define SERAI_XENTOP_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define NO_LIMIT     UINT64_MAX /* of max_kb */
#define NAME_SIZE    256
#define VERSION_SIZE 32

struct vcpu_counters {
	unsigned int id;
	bool online, blocked, running;
	unsigned int cpu; /* where it runs, or ran last */
	uint64_t time_ns;
	bool waits_known;  /* only Serai tells */
	uint64_t waited_ns; /* ready to run, without a processor */
};

struct net_counters {
	unsigned int id;
	uint64_t tx_bytes, tx_packets, tx_errors, tx_drops;
	uint64_t rx_bytes, rx_packets, rx_errors, rx_drops;
};

struct disk_counters {
	unsigned int dev; /* the number in its name; below 2^28 major * 256 + minor */
	bool counted;	  /* false: the backend tells nothing, the rest is 0 */
	uint64_t out_of_requests, reads, writes, read_sectors, written_sectors;
};

enum domain_state {
	STATE_DYING = 1,
	STATE_SHUTDOWN = 2,
	STATE_BLOCKED = 4,
	STATE_CRASHED = 8,
	STATE_PAUSED = 16,
	STATE_RUNNING = 32,
};

enum domain_kind { KIND_PV, KIND_PVH, KIND_HVM };

struct domain_counters {
	unsigned int domid;
	uint8_t handle[16]; /* with domid, tells it from an earlier domain */
	char name[NAME_SIZE];
	enum domain_kind kind;
	unsigned int state; /* STATE_* */
	uint64_t cpu_ns, mem_kb, max_kb;
	unsigned int nr_vcpus; /* it may have; vcpus may be fewer or not collected */
	unsigned int ssid;
	struct vcpu_counters *vcpus;
	size_t nr_vcpu_counters;
	struct net_counters *nets;
	size_t nr_nets;
	struct disk_counters *disks;
	size_t nr_disks;
	uint64_t *calls; /* hypercalls, by number; only Serai tells */
	size_t nr_calls;
};

struct reading {
	uint64_t when_ns; /* monotonic */
	time_t clock;
	char version[VERSION_SIZE];
	uint64_t total_kb, free_kb, cpu_khz;
	unsigned int nr_cpus;
	struct domain_counters *domains; /* by rising domid */
	size_t nr_domains;
};

void reading_free(struct reading *reading); /* what it points to */
/* hypercalls.c: of a hypercall; of an unknown number a text that holds until the next. */
const char *call_name(unsigned int number);
struct domain_counters *reading_find(const struct reading *reading, unsigned int domid);

/*
 * Append an element of zeroes to *array of *nr; NULL when out of memory. The array must have grown
 * by this alone.
 */
void *array_grow(void **array, size_t *nr, size_t size);

#endif
