/* SPDX-License-Identifier: MIT */
/*
 * Time as guests see it: each vCPU's copy of its CPU's clock record (vcpu_time_info), a second copy
 * where the guest asked for one, and the wall clock in the shared page.
 *
 * Version protocol: odd while the record is being written. A guest may scribble on the version; only
 * its own reading suffers.
 */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <asm/acpi.h>
#include <asm/context.h>
#include <asm/hvm/hvm.h>

#include "internal.h"

static struct vcpu_time_info guest_record(const struct vcpu *v, const struct cpu_time *t)
{
	const struct arch_domain *a = &v->domain->arch;
	struct time_scale scale = a->hvm ? tsc_ratio_time_scale(a->hvm->tsc_ratio, t->scale) : t->scale;
	struct vcpu_time_info u = {
		.tsc_timestamp = guest_tsc_scaled(v->domain, t->tsc),
		.system_time = (uint64_t)t->stime,
		.tsc_to_system_mul = scale.mul,
		.tsc_shift = scale.shift,
		.flags = tsc_reliable ? XEN_PVCLOCK_TSC_STABLE_BIT : 0,
	};

	if (is_hvm_vcpu(v))
		u.tsc_timestamp += v->arch.hvm->tsc_offset;
	if (a->vtsc) {
		u.tsc_timestamp = guest_tsc_at(v->domain, t->stime);
		u.tsc_to_system_mul = a->vtsc_to_ns.mul;
		u.tsc_shift = a->vtsc_to_ns.shift;
	}
	return u;
}

static void write_primary(struct vcpu_time_info *to, const struct vcpu_time_info *u)
{
	uint32_t version = READ_ONCE(to->version) | 1;

	/* Ordering: version odd, fields, version even; pairs with the guest's reads in between. */
	__atomic_store_n(&to->version, version, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	to->tsc_timestamp = u->tsc_timestamp;
	to->system_time = u->system_time;
	to->tsc_to_system_mul = u->tsc_to_system_mul;
	to->tsc_shift = u->tsc_shift;
	to->flags = u->flags;
	__atomic_store_n(&to->version, version + 1, __ATOMIC_RELEASE);
}

/* v is current. False: the guest's page is not there now. */
static bool write_secondary(struct vcpu *v, struct vcpu_time_info u)
{
	uint64_t to = v->arch.time_area;

	u.version = v->vcpu_info->time.version | 1;
	if (arch_copy_to_kernel(v, to, &u.version, sizeof(u.version)) ||
	    arch_copy_to_kernel(v, to, &u, sizeof(u)))
		return false;
	u.version++;
	return !arch_copy_to_kernel(v, to, &u.version, sizeof(u.version));
}

void update_vcpu_system_time(struct vcpu *v)
{
	const struct cpu_time *t = &this_cpu(cpu_time);
	struct vcpu_time_info *primary = &v->vcpu_info->time;
	struct vcpu_time_info u;

	/* The second test notices a vcpu_info that was moved and starts empty. */
	if (likely(v->arch.time_version == t->version && READ_ONCE(primary->tsc_to_system_mul)))
		return;
	u = guest_record(v, t);
	write_primary(primary, &u);
	if (v->arch.time_area && (v != current || !write_secondary(v, u)))
		v->arch.time_version = 0; /* again at the next switch to it */
	else
		v->arch.time_version = t->version;
}

/* ---- wall clock: UTC of system time 0 ---- */

static struct {
	spinlock_t lock;
	uint64_t sec;
	uint32_t nsec;
} wall = { .lock = SPIN_LOCK_UNLOCKED };

#define NS_PER_SEC 1000000000ull

static void set_wall(uint64_t secs, uint64_t nsecs, uint64_t system_time)
{
	uint64_t ns = secs * NS_PER_SEC + nsecs - system_time;
	unsigned long flags;

	spin_lock_irqsave(&wall.lock, flags);
	wall.sec = ns / NS_PER_SEC;
	wall.nsec = (uint32_t)(ns % NS_PER_SEC);
	spin_unlock_irqrestore(&wall.lock, flags);
}

void wallclock_init(void)
{
	uint64_t secs = rtc_read_seconds(acpi_info.century_index);

	if (!secs)
		printk("The CMOS clock is not set: the wall clock starts at 1970\n");
	set_wall(secs, 0, secs ? (uint64_t)NOW() : 0);
}

uint64_t wallclock_now(uint32_t *nsec)
{
	unsigned long flags;
	uint64_t ns, sec;

	spin_lock_irqsave(&wall.lock, flags);
	sec = wall.sec;
	ns = wall.nsec + (uint64_t)NOW();
	spin_unlock_irqrestore(&wall.lock, flags);
	*nsec = (uint32_t)(ns % NS_PER_SEC);
	return sec + ns / NS_PER_SEC;
}

void update_domain_wallclock_time(struct domain *d)
{
	struct shared_info *s = d->shared_info;
	unsigned long flags;
	uint64_t sec;
	uint32_t version;

	spin_lock_irqsave(&wall.lock, flags);
	sec = wall.sec + (uint64_t)d->time_offset_seconds;
	version = READ_ONCE(s->wc_version) | 1;
	__atomic_store_n(&s->wc_version, version, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	s->wc_sec = (uint32_t)sec;
	s->wc_sec_hi = (uint32_t)(sec >> 32);
	s->wc_nsec = wall.nsec;
	__atomic_store_n(&s->wc_version, version + 1, __ATOMIC_RELEASE);
	spin_unlock_irqrestore(&wall.lock, flags);
}

/* Times a 64-bit count of nanoseconds can hold (until 2554), and not before boot. */
int do_settime(uint64_t secs, uint32_t nsecs, uint64_t system_time_base)
{
	struct domain *d, *next;

	if (nsecs >= NS_PER_SEC || secs >= ~0ull / NS_PER_SEC || secs * NS_PER_SEC < system_time_base)
		return trace_err(-EINVAL);
	set_wall(secs, nsecs, system_time_base);
	for (d = domain_get_next(0); d; d = next) {
		update_domain_wallclock_time(d);
		next = domain_get_next((domid_t)(d->domain_id + 1));
		domain_put(d);
	}
	return 0;
}
