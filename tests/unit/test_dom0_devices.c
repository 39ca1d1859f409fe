// SPDX-License-Identifier: MIT
// sources: tests/unit/fake_xen_devices.c dom0-tools/lib/evtchn/*.c dom0-tools/lib/gnttab/*.c dom0-tools/lib/foreignmemory/*.c dom0-tools/lib/toolcore/*.c dom0-tools/lib/toollog/*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Idom0-tools/lib/include
// libs: -Wl,--wrap=open,--wrap=close,--wrap=mmap,--wrap=munmap,--wrap=ioctl,--wrap=syscall,--wrap=read,--wrap=write
//
// libxenevtchn, libxengnttab and libxenforeignmemory over fake devices.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>
#include <xentoolcore.h>
#include <xentoollog.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/gntalloc.h>
#include <xen/sys/gntdev.h>
#include <xen/sys/privcmd.h>

#include "fake_xen_devices.h"

static char said[256];

static void keep(struct xentoollog_logger *logger, xentoollog_level level, int errnoval, const char *context,
		 const char *format, va_list al)
{
	vsnprintf(said, sizeof(said), format, al);
}

static struct xentoollog_logger quiet = { .vmessage = keep };

/* The last ioctls' arguments. */
static unsigned long asked[8];
static int nr_asked;
static union {
	struct ioctl_evtchn_bind_interdomain interdomain;
	struct ioctl_evtchn_bind_virq virq;
	struct ioctl_evtchn_bind_unbound_port unbound;
	struct ioctl_evtchn_notify notify;
	struct ioctl_evtchn_unbind unbind;
	struct ioctl_evtchn_restrict_domid only;
	struct ioctl_gntdev_unmap_notify unmap_notify;
	struct ioctl_gntalloc_unmap_notify shr_notify;
	struct ioctl_gntdev_unmap_grant_ref unmap;
	struct ioctl_gntalloc_dealloc_gref dealloc;
	struct ioctl_gntdev_set_max_grants max;
	privcmd_mmap_resource_t resource;
	privcmd_mmapbatch_v2_t batch;
	domid_t restricted;
} seen;

static int fresh(void **state)
{
	fake_reset();
	memset(&seen, 0, sizeof(seen));
	nr_asked = 0;
	said[0] = 0;
	return 0;
}

static void note(unsigned long request)
{
	if (nr_asked < 8)
		asked[nr_asked++] = request;
}

/* ---- event channels ---- */

static long evtchn_driver(enum fake_device device, unsigned long request, void *arg)
{
	assert_int_equal(device, FAKE_EVTCHN);
	note(request);
	memcpy(&seen, arg, _IOC_SIZE(request));
	return request == IOCTL_EVTCHN_NOTIFY || request == IOCTL_EVTCHN_UNBIND ||
	       request == IOCTL_EVTCHN_RESTRICT_DOMID ? 0 : 42;
}

static void events_bind_and_signal(void **state)
{
	xenevtchn_handle *xce = xenevtchn_open(&quiet, 0);

	fake.ioctl = evtchn_driver;
	assert_int_equal(xenevtchn_bind_interdomain(xce, 3, 9), 42);
	assert_int_equal(asked[0], IOCTL_EVTCHN_BIND_INTERDOMAIN);
	assert_int_equal(seen.interdomain.remote_domain, 3);
	assert_int_equal(seen.interdomain.remote_port, 9);
	assert_int_equal(xenevtchn_bind_unbound_port(xce, 6), 42);
	assert_int_equal(seen.unbound.remote_domain, 6);
	assert_int_equal(xenevtchn_bind_virq(xce, 3), 42);
	assert_int_equal(seen.virq.virq, 3);
	assert_int_equal(xenevtchn_notify(xce, 11), 0);
	assert_int_equal(seen.notify.port, 11);
	assert_int_equal(xenevtchn_unbind(xce, 12), 0);
	assert_int_equal(seen.unbind.port, 12);
	assert_int_equal(xenevtchn_pending(xce), -1);
	assert_int_equal(errno, EAGAIN);
	fake.pending = 7;
	assert_int_equal(xenevtchn_pending(xce), 7);
	assert_int_equal(xenevtchn_unmask(xce, 7), 0);
	assert_int_equal(fake.unmasked, 7);
	assert_int_equal(xentoolcore_restrict_all(5), 0);
	assert_int_equal(seen.only.domid, 5);
	assert_int_equal(xenevtchn_close(xce), 0);
	assert_int_equal(xenevtchn_close(NULL), 0);
	assert_int_equal(fake.nr_open[FAKE_EVTCHN], 0);
}

static void events_open_only_what_is_asked(void **state)
{
	xenevtchn_handle *xce;

	assert_null(xenevtchn_open(&quiet, 2));
	assert_int_equal(errno, EINVAL);
	assert_null(xenevtchn_fdopen(&quiet, 5, XENEVTCHN_NO_CLOEXEC));
	assert_null(xenevtchn_fdopen(&quiet, -1, 0));
	xce = xenevtchn_fdopen(&quiet, 100002, 0);
	assert_int_equal(xenevtchn_fd(xce), 100002);
	xenevtchn_close(xce);
	fake.open_errno[FAKE_EVTCHN] = EACCES;
	assert_null(xenevtchn_open(&quiet, 0));
	assert_int_equal(errno, EACCES);
}

/* ---- grants ---- */

#define INDEX 0x5000

static struct ioctl_gntdev_grant_ref refs_seen[4];
static long notify_result;

static long gntdev_driver(enum fake_device device, unsigned long request, void *arg)
{
	struct ioctl_gntdev_map_grant_ref *map = arg;
	struct ioctl_gntdev_get_offset_for_vaddr *where = arg;

	assert_int_equal(device, FAKE_GNTDEV);
	note(request);
	switch (request) {
	case IOCTL_GNTDEV_MAP_GRANT_REF:
		assert_in_range(map->count, 1, 4);
		memcpy(refs_seen, map->refs, map->count * sizeof(map->refs[0]));
		map->index = INDEX;
		return 0;
	case IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR:
		where->offset = INDEX;
		where->count = 3;
		return 0;
	case IOCTL_GNTDEV_SET_UNMAP_NOTIFY:
		memcpy(&seen, arg, _IOC_SIZE(request));
		return notify_result;
	case IOCTL_GNTDEV_UNMAP_GRANT_REF:
	case IOCTL_GNTDEV_GRANT_COPY:
		memcpy(&seen, arg, sizeof(seen.unmap) < _IOC_SIZE(request) ? sizeof(seen.unmap) : _IOC_SIZE(request));
		return 0;
	}
	return -ENOTTY;
}

static void grants_map_and_unmap(void **state)
{
	xengnttab_handle *xgt = xengnttab_open(&quiet, 0);
	uint32_t domids[3] = { 1, 2, 3 }, refs[3] = { 10, 20, 30 };
	void *p;

	fake.ioctl = gntdev_driver;
	p = xengnttab_map_grant_refs(xgt, 3, domids, refs, PROT_READ | PROT_WRITE);
	assert_non_null(p);
	assert_int_equal(refs_seen[2].domid, 3);
	assert_int_equal(refs_seen[2].ref, 30);
	assert_int_equal(xengnttab_unmap(xgt, p, 2), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(xengnttab_unmap(xgt, p, 3), 0);
	assert_int_equal(seen.unmap.index, INDEX);
	assert_int_equal(seen.unmap.count, 3);
	assert_int_equal(fake.nr_mapped, 0);
	p = xengnttab_map_domain_grant_refs(xgt, 2, 9, refs, PROT_READ);
	assert_int_equal(refs_seen[1].domid, 9);
	assert_int_equal(refs_seen[1].ref, 20);
	munmap(p, 2 * 4096);
	assert_null(xengnttab_map_grant_refs(xgt, 0, domids, refs, PROT_READ));
	assert_int_equal(xengnttab_unmap(xgt, NULL, 1), -1);
	/* Newer kernels do not know the ioctl and have no limit per handle. */
	assert_int_equal(xengnttab_set_max_grants(xgt, 100), 0);
	assert_int_equal(xengnttab_close(xgt), 0);
	assert_int_equal(xengnttab_close(NULL), 0);
}

static void grants_failed_to_map_are_forgotten(void **state)
{
	xengnttab_handle *xgt = xengnttab_open(&quiet, 0);

	fake.ioctl = gntdev_driver;
	fake.map_countdown = 0;
	assert_null(xengnttab_map_grant_ref(xgt, 1, 2, PROT_READ));
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(asked[1], IOCTL_GNTDEV_UNMAP_GRANT_REF);
	assert_int_equal(seen.unmap.index, INDEX);
	notify_result = -EINVAL;
	assert_null(xengnttab_map_grant_ref_notify(xgt, 1, 2, PROT_READ, 8, 5));
	assert_int_equal(errno, EINVAL);
	notify_result = 0;
	assert_int_equal(fake.nr_mapped, 0);
	xengnttab_close(xgt);
}

static void grants_paged_out_are_waited_for(void **state)
{
	xengnttab_handle *xgt = xengnttab_open(&quiet, 0);
	void *p;

	fake.ioctl = gntdev_driver;
	fake.map_countdown = 0;
	fake.map_errno = EAGAIN;
	p = xengnttab_map_grant_ref(xgt, 1, 2, PROT_READ);
	assert_non_null(p);
	munmap(p, 4096);
	xengnttab_close(xgt);
}

static void grants_tell_of_their_end(void **state)
{
	xengnttab_handle *xgt = xengnttab_open(&quiet, 0);
	void *p;

	fake.ioctl = gntdev_driver;
	p = xengnttab_map_grant_ref_notify(xgt, 1, 2, PROT_READ, 8, 5);
	assert_int_equal(seen.unmap_notify.index, INDEX + 8);
	assert_int_equal(seen.unmap_notify.action, UNMAP_NOTIFY_CLEAR_BYTE | UNMAP_NOTIFY_SEND_EVENT);
	assert_int_equal(seen.unmap_notify.event_channel_port, 5);
	munmap(p, 4096);
	p = xengnttab_map_grant_ref_notify(xgt, 1, 2, PROT_READ, (uint32_t)-1, 5);
	assert_int_equal(seen.unmap_notify.index, INDEX);
	assert_int_equal(seen.unmap_notify.action, UNMAP_NOTIFY_SEND_EVENT);
	munmap(p, 4096);
	nr_asked = 0;
	p = xengnttab_map_grant_ref_notify(xgt, 1, 2, PROT_READ, (uint32_t)-1, (uint32_t)-1);
	assert_int_equal(nr_asked, 1);
	munmap(p, 4096);
	xengnttab_close(xgt);
}

static void grant_devices_missing_are_explained(void **state)
{
	fake.open_errno[FAKE_GNTDEV] = fake.open_errno[FAKE_GNTALLOC] = ENOENT;
	assert_null(xengnttab_open(&quiet, 0));
	assert_non_null(strstr(said, "xen-gntdev"));
	assert_null(xengntshr_open(&quiet, 0));
	assert_non_null(strstr(said, "xen-gntalloc"));
	assert_int_equal(errno, ENOENT);
}

static long gntalloc_driver(enum fake_device device, unsigned long request, void *arg)
{
	struct ioctl_gntalloc_alloc_gref *alloc = arg;

	assert_int_equal(device, FAKE_GNTALLOC);
	note(request);
	switch (request) {
	case IOCTL_GNTALLOC_ALLOC_GREF:
		assert_int_equal(alloc->domid, 7);
		assert_int_equal(alloc->flags, GNTALLOC_FLAG_WRITABLE);
		alloc->index = INDEX;
		for (uint32_t i = 0; i < alloc->count; i++)
			alloc->gref_ids[i] = 100 + i;
		return 0;
	case IOCTL_GNTALLOC_SET_UNMAP_NOTIFY:
		memcpy(&seen, arg, _IOC_SIZE(request));
		return notify_result;
	case IOCTL_GNTALLOC_DEALLOC_GREF:
		memcpy(&seen, arg, _IOC_SIZE(request));
		return 0;
	}
	return -ENOTTY;
}

static long dmabuf_driver(enum fake_device device, unsigned long request, void *arg)
{
	struct ioctl_gntdev_dmabuf_exp_from_refs *from = arg;
	struct ioctl_gntdev_dmabuf_imp_to_refs *to = arg;
	struct ioctl_gntdev_dmabuf_exp_wait_released *wait = arg;
	struct ioctl_gntdev_dmabuf_imp_release *release = arg;

	switch (request) {
	case IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS:
		assert_int_equal(from->count, 3);
		assert_int_equal(from->refs[2], 30);
		assert_int_equal(from->domid, 4);
		assert_int_equal(from->flags, GNTDEV_DMA_FLAG_WC);
		from->fd = 12;
		return 0;
	case IOCTL_GNTDEV_DMABUF_IMP_TO_REFS:
		assert_int_equal(to->fd, 12);
		to->refs[2] = 33;
		return 0;
	case IOCTL_GNTDEV_DMABUF_EXP_WAIT_RELEASED:
		return wait->fd == 12 && wait->wait_to_ms == 5 ? -ETIMEDOUT : -EINVAL;
	case IOCTL_GNTDEV_DMABUF_IMP_RELEASE:
		return release->fd == 12 ? 0 : -ENOENT;
	}
	return -ENOTTY;
}

static void graphics_buffers_are_made_and_granted(void **state)
{
	xengnttab_handle *xgt = xengnttab_open(&quiet, 0);
	uint32_t refs[3] = { 10, 20, 30 }, fd = 0;

	fake.ioctl = dmabuf_driver;
	assert_int_equal(xengnttab_dmabuf_exp_from_refs(xgt, 4, GNTDEV_DMA_FLAG_WC, 3, refs, &fd), 0);
	assert_int_equal(fd, 12);
	assert_int_equal(xengnttab_dmabuf_exp_wait_released(xgt, 12, 5), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_int_equal(xengnttab_dmabuf_imp_to_refs(xgt, 4, 12, 3, refs), 0);
	assert_int_equal(refs[2], 33);
	assert_int_equal(xengnttab_dmabuf_imp_release(xgt, 12), 0);
	xengnttab_close(xgt);
}

static void own_pages_are_shared(void **state)
{
	xengntshr_handle *xgs = xengntshr_open(&quiet, 0);
	uint32_t refs[3];
	void *p;

	fake.ioctl = gntalloc_driver;
	p = xengntshr_share_pages(xgs, 7, 3, refs, 1);
	assert_non_null(p);
	assert_int_equal(refs[2], 102);
	/* The driver's own entry goes once the pages are mapped. */
	assert_int_equal(asked[1], IOCTL_GNTALLOC_DEALLOC_GREF);
	assert_int_equal(seen.dealloc.index, INDEX);
	assert_int_equal(seen.dealloc.count, 3);
	assert_int_equal(xengntshr_unshare(xgs, p, 3), 0);
	assert_int_equal(fake.nr_mapped, 0);
	assert_null(xengntshr_share_pages(xgs, 7, 0, refs, 1));
	fake.map_countdown = 0;
	nr_asked = 0;
	assert_null(xengntshr_share_pages(xgs, 7, 1, refs, 1));
	assert_int_equal(asked[1], IOCTL_GNTALLOC_DEALLOC_GREF);
	notify_result = -EINVAL;
	assert_null(xengntshr_share_page_notify(xgs, 7, refs, 1, 4, 9));
	notify_result = 0;
	assert_int_equal(fake.nr_mapped, 0);
	xengntshr_close(xgs);
}

/* ---- foreign memory ---- */

static int paged_out;		/* how often frame 5 is still out */

static long privcmd_driver(enum fake_device device, unsigned long request, void *arg)
{
	privcmd_mmapbatch_v2_t *batch = arg;
	privcmd_mmap_resource_t *resource = arg;
	long rc = 0;

	assert_int_equal(device, FAKE_PRIVCMD);
	note(request);
	switch (request) {
	case IOCTL_PRIVCMD_MMAPBATCH_V2:
		seen.batch = *batch;
		for (unsigned int i = 0; i < batch->num; i++) {
			batch->err[i] = batch->arr[i] == 4 ? -EINVAL : 0;
			if (batch->arr[i] == 5 && paged_out-- > 0)
				batch->err[i] = (int)(rc = -ENOENT);
		}
		return rc;
	case IOCTL_PRIVCMD_MMAP_RESOURCE:
		seen.resource = *resource;
		if (!resource->num)
			resource->num = 6;
		return resource->id == 99 ? -EOPNOTSUPP : 0;
	case IOCTL_PRIVCMD_RESTRICT:
		seen.restricted = *(domid_t *)arg;
		return 0;
	}
	return -ENOTTY;
}

static void frames_are_mapped(void **state)
{
	xenforeignmemory_handle *fmem = xenforeignmemory_open(&quiet, 0);
	xen_pfn_t frames[3] = { 1, 4, 3 };
	int err[3] = { 1, 1, 1 };
	void *p;

	fake.ioctl = privcmd_driver;
	assert_null(xenforeignmemory_map(fmem, 8, PROT_READ, 3, frames, NULL));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(fake.nr_mapped, 0);
	p = xenforeignmemory_map(fmem, 8, PROT_READ, 3, frames, err);
	assert_non_null(p);
	assert_int_equal(err[0], 0);
	assert_int_equal(err[1], -EINVAL);
	assert_int_equal(seen.batch.dom, 8);
	assert_int_equal(seen.batch.num, 3);
	assert_int_equal(seen.batch.addr, (uintptr_t)p);
	assert_int_equal(xenforeignmemory_unmap(fmem, p, 3), 0);
	assert_null(xenforeignmemory_map(fmem, 8, PROT_READ, 0, frames, NULL));
	fake.map_countdown = 0;
	assert_null(xenforeignmemory_map(fmem, 8, PROT_READ, 1, frames, NULL));
	assert_int_equal(fake.nr_mapped, 0);
	assert_int_equal(xenforeignmemory_close(fmem), 0);
	assert_int_equal(xenforeignmemory_close(NULL), 0);
}

static unsigned int nr_runs;	/* the driver takes so many */

static long runs_driver(enum fake_device device, unsigned long request, void *arg)
{
	const privcmd_mmap_t *mmap = arg;
	uint64_t va = mmap->entry[0].va;

	if (request != IOCTL_PRIVCMD_MMAP)
		return privcmd_driver(device, request, arg);
	note(request);
	assert_int_equal(mmap->dom, 8);
	if ((unsigned int)mmap->num != nr_runs)
		return -EINVAL;
	for (int i = 0; i < mmap->num; i++) {
		assert_int_equal(mmap->entry[i].va, va);
		assert_int_equal(mmap->entry[i].mfn, 1000 * (i + 1));
		assert_int_equal(mmap->entry[i].npages, 32);
		va += 32 * 4096;
	}
	return 0;
}

static void long_runs_are_mapped_as_such(void **state)
{
	xenforeignmemory_handle *fmem = xenforeignmemory_open(&quiet, 0);
	xen_pfn_t frames[64];
	int err[64];
	void *p;

	for (unsigned int i = 0; i < 64; i++)
		frames[i] = 1000 * (i / 32 + 1) + i % 32;
	fake.ioctl = runs_driver;
	nr_runs = 2;
	nr_asked = 0;
	p = xenforeignmemory_map(fmem, 8, PROT_READ, 64, frames, NULL);
	assert_non_null(p);
	assert_int_equal(nr_asked, 1);
	xenforeignmemory_unmap(fmem, p, 64);
	/* A driver that refuses is asked frame by frame, in a mapping of its own. */
	nr_runs = 3;
	nr_asked = 0;
	p = xenforeignmemory_map(fmem, 8, PROT_READ, 64, frames, NULL);
	assert_non_null(p);
	assert_int_equal(asked[1], IOCTL_PRIVCMD_MMAPBATCH_V2);
	assert_int_equal(seen.batch.num, 64);
	assert_int_equal(fake.nr_mapped, 1);
	xenforeignmemory_unmap(fmem, p, 64);
	/* So is whoever wants each frame's errno. */
	nr_asked = 0;
	p = xenforeignmemory_map(fmem, 8, PROT_READ, 64, frames, err);
	assert_int_equal(asked[0], IOCTL_PRIVCMD_MMAPBATCH_V2);
	xenforeignmemory_unmap(fmem, p, 64);
	assert_int_equal(fake.nr_mapped, 0);
	xenforeignmemory_close(fmem);
}

static void frames_paged_out_are_waited_for(void **state)
{
	xenforeignmemory_handle *fmem = xenforeignmemory_open(&quiet, 0);
	xen_pfn_t frames[2] = { 1, 5 };
	void *p;

	fake.ioctl = privcmd_driver;
	paged_out = 3;
	p = xenforeignmemory_map(fmem, 8, PROT_READ, 2, frames, NULL);
	assert_non_null(p);
	assert_int_equal(seen.batch.num, 1);
	assert_int_equal(seen.batch.addr, (uintptr_t)p + 4096);
	xenforeignmemory_unmap(fmem, p, 2);
	xenforeignmemory_close(fmem);
}

static void resources_are_mapped(void **state)
{
	xenforeignmemory_handle *fmem = xenforeignmemory_open(&quiet, 0);
	xenforeignmemory_resource_handle *resource;
	void *p = NULL;
	size_t size;

	fake.ioctl = privcmd_driver;
	resource = xenforeignmemory_map_resource(fmem, 4, 1, 2, 3, 5, &p, PROT_READ, 0);
	assert_non_null(resource);
	assert_non_null(p);
	assert_int_equal(seen.resource.dom, 4);
	assert_int_equal(seen.resource.type, 1);
	assert_int_equal(seen.resource.id, 2);
	assert_int_equal(seen.resource.idx, 3);
	assert_int_equal(seen.resource.num, 5);
	assert_int_equal(seen.resource.addr, (uintptr_t)p);
	assert_int_equal(xenforeignmemory_unmap_resource(fmem, resource), 0);
	assert_int_equal(xenforeignmemory_resource_size(fmem, 4, 1, 2, &size), 0);
	assert_int_equal(size, 6 * 4096);
	assert_null(xenforeignmemory_map_resource(fmem, 4, 1, 99, 0, 1, &p, PROT_READ, 0));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_null(xenforeignmemory_map_resource(fmem, 4, 1, 2, 0, 0, &p, PROT_READ, 0));
	assert_null(xenforeignmemory_map_resource(fmem, 4, 1, 2, 1ul << 33, 1, &p, PROT_READ, 0));
	fake.ioctl = NULL;
	assert_int_equal(xenforeignmemory_resource_size(fmem, 4, 1, 2, &size), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(fake.nr_mapped, 0);
	xenforeignmemory_close(fmem);
}

static void foreign_memory_is_restricted(void **state)
{
	xenforeignmemory_handle *fmem = xenforeignmemory_open(&quiet, 0);

	fake.ioctl = privcmd_driver;
	assert_int_equal(xentoolcore_restrict_all(6), 0);
	assert_int_equal(seen.restricted, 6);
	fake.ioctl = NULL;
	assert_int_equal(xenforeignmemory_restrict(fmem, 6), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	xenforeignmemory_close(fmem);
	fake.open_errno[FAKE_PRIVCMD] = EACCES;
	assert_null(xenforeignmemory_open(&quiet, 0));
	assert_int_equal(errno, EACCES);
	assert_non_null(strstr(said, "not root"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(events_bind_and_signal, fresh),
		cmocka_unit_test_setup(events_open_only_what_is_asked, fresh),
		cmocka_unit_test_setup(grants_map_and_unmap, fresh),
		cmocka_unit_test_setup(grants_failed_to_map_are_forgotten, fresh),
		cmocka_unit_test_setup(grants_paged_out_are_waited_for, fresh),
		cmocka_unit_test_setup(grants_tell_of_their_end, fresh),
		cmocka_unit_test_setup(grant_devices_missing_are_explained, fresh),
		cmocka_unit_test_setup(graphics_buffers_are_made_and_granted, fresh),
		cmocka_unit_test_setup(own_pages_are_shared, fresh),
		cmocka_unit_test_setup(frames_are_mapped, fresh),
		cmocka_unit_test_setup(long_runs_are_mapped_as_such, fresh),
		cmocka_unit_test_setup(frames_paged_out_are_waited_for, fresh),
		cmocka_unit_test_setup(resources_are_mapped, fresh),
		cmocka_unit_test_setup(foreign_memory_is_restricted, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
