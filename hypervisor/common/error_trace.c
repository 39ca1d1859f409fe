/* SPDX-License-Identifier: MIT */
/*
 * Where errors are born: trace_err() leaves a record in a ring of its CPU, debug key 'E' prints all
 * rings in order of time. No lock: an interrupt between taking a slot and filling it, or the reader
 * beside a writer, costs a record at worst, and every field of a record is printable at any time.
 */
#include <hv/domain.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/time.h>
#include "dump.h"

#define NR_RECORDS 32u

struct error_record {
	s_time_t when;
	const struct error_site *site; /* NULL: not used yet */
	int error;
	domid_t domid;
};

struct error_ring {
	unsigned int next;
	struct error_record record[NR_RECORDS];
};
static DEFINE_PER_CPU(struct error_ring, error_ring);

int error_trace(const struct error_site *site, int error)
{
	struct error_ring *ring = &this_cpu(error_ring);
	const struct vcpu *v = current;
	struct error_record *r;

	if (error >= 0) /* passed through a place that notes failures too */
		return error;
	r = &ring->record[ring->next++ % NR_RECORDS];
	r->when = NOW();
	r->error = error;
	r->domid = v ? v->domain->domain_id : DOMID_INVALID;
	WRITE_ONCE(r->site, site);
	return error;
}

/* The oldest record later than *after on any CPU, copied; *after becomes its time. */
static bool next_record(s_time_t *after, struct error_record *found, unsigned int *on)
{
	bool any = false;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		const struct error_ring *ring = &per_cpu(error_ring, cpu);

		for (unsigned int i = 0; i < NR_RECORDS; i++) {
			struct error_record r = ring->record[i];

			if (!r.site || r.when <= *after || (any && r.when >= found->when))
				continue;
			*found = r;
			*on = cpu;
			any = true;
		}
	}
	if (any)
		*after = found->when;
	return any;
}

void dump_error_traces(unsigned char key)
{
	struct error_record r = { 0 };
	s_time_t after = -1, now = NOW();
	unsigned int cpu = 0;

	/* Errors go on while we print: only those until now. */
	while (next_record(&after, &r, &cpu) && after <= now)
		printk(" %6lld.%06lld s CPU%u d%u: %d at %s:%d\n", (long long)(r.when / SECONDS(1)),
		       (long long)(r.when / MICROSECS(1) % 1000000), cpu, r.domid, r.error, r.site->file,
		       r.site->line);
}
