/* SPDX-License-Identifier: MIT */
/* Debug key 'q': domains and their vCPUs. */
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/keyhandler.h>
#include "dump.h"

static const char *state_name(const struct domain *d)
{
	static const char *const names[] = { "", " shutting down", " shut down", " dying", " dead" };

	return names[d->state];
}

static void dump_vcpu(const struct vcpu *v)
{
	const struct vcpu_info *vi = v->vcpu_info;

	printk("  vcpu %u: CPU%u%s pause_flags %lx pause_count %d poll %d", v->vcpu_id, v->processor,
	       v->is_running ? " running" : "", v->pause_flags, v->pause_count, v->poll_evtchn);
	if (vi)
		printk(" upcall pending %u mask %u sel %lx", vi->evtchn_upcall_pending,
		       vi->evtchn_upcall_mask, (unsigned long)vi->evtchn_pending_sel);
	printk("\n");
}

static void dump_domain(const struct domain *d)
{
	struct vcpu *v;

	printk("Domain %u:%s%s refs %u pause %d/%d shutdown code %d\n", d->domain_id,
	       d->is_privileged ? " privileged" : "", state_name(d), d->refcnt, d->pause_count,
	       d->controller_pause_count, d->shutdown_code);
	printk("  pages %u of %u, xenheap %u, claimed %u; vcpus %u; assists %lx\n", d->tot_pages,
	       d->max_pages, d->xenheap_pages, d->outstanding_pages, d->max_vcpus, d->vm_assist);
	for_each_vcpu(d, v)
		dump_vcpu(v);
}

void dump_domains(unsigned char key)
{
	struct domain *d;
	domid_t from = 0;

	while ((d = domain_get_next(from)) != NULL) {
		dump_domain(d);
		from = d->domain_id + 1;
		domain_put(d);
		keyhandler_breathe();
	}
}
