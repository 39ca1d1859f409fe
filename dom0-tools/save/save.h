/* SPDX-License-Identifier: MIT */
/*
 * A suspended domain's memory and processors as a stream, and a domain from such a stream.
 *
 * The stream is the one libxenguest of 4.17 writes and reads (an image header, a domain header, then records
 * of a type and a length, see format.h), so either toolstack restores what the other has saved. What belongs to
 * a toolstack (the configuration, the device model's state) is around it and not known here.
 *
 * Frames in page tables and registers are the guest's own numbers (PFNs) in a stream; saving turns the machine's
 * (MFNs) into them, restoring turns them back. Neither believes the guest or the stream: a number that names nothing
 * of the guest's ends the work with a complaint.
 */
#ifndef SERAI_SAVE_H
#define SERAI_SAVE_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>
#include <xenforeignmemory.h>

#include "build/build.h"

#define NO_MFN UINT64_MAX

/* ---- the list of a PV guest's frames, which the guest itself publishes ---- */

struct guest_p2m {
	uint64_t nr_pfns;
	xen_pfn_t *mfn; /* of each PFN; NO_MFN: none of its own */
	uint64_t nr_pages;
	xen_pfn_t *page_mfn; /* where the list itself lies; NO_MFN: a hole */
};

/*
 * Reads it; shared_info is the guest's page, as mapped. The guest may lie: the number is bounded by `most`, and frames
 * that are not its own fail to map later. 0, or -errno with a complaint; then nothing is to be freed.
 */
int guest_p2m_read(struct guest_p2m *p2m, xenforeignmemory_handle *foreign, uint32_t domid,
		   const shared_info_t *shared_info, uint64_t most, struct complaint *complaint);
void guest_p2m_free(struct guest_p2m *p2m);

/* ---- both ways ---- */

/* Called between batches of pages. False ends the work. */
struct save_progress {
	bool (*tell)(void *data, uint64_t pages_done, uint64_t pages_all);
	void *data;
};

struct save {
	xc_interface *xc;
	uint32_t domid; /* suspended: SHUTDOWN_suspend */
	int fd;
	bool apart; /* by a process whose end unmaps the guest's memory at once: page by page it takes as long as writing it */
	struct save_progress progress; /* tell NULL: none. Told by that process, if there is one */
};

/*
 * Writes the stream from the file's position on. Pages of zeros are left out as holes where the file can have some.
 * The domain is not changed. 0, or -errno with a complaint.
 */
int save_domain(const struct save *save, struct complaint *complaint);

struct restore {
	xc_interface *xc;
	uint32_t domid; /* with vCPUs and limits, without memory */
	bool is_pv;
	int fd;
	bool apart; /* as above */
	uint64_t map_bytes;  /* PV: size of the memory map the guest sees */
	uint64_t most_pages; /* the domain may have; for the progress */
	uint16_t store_domid, console_domid;
	uint32_t store_port, console_port; /* event channels, made before */
	struct save_progress progress;

	xen_pfn_t store_mfn, console_mfn; /* out; of PVH the guest's frame numbers */
};

/*
 * Reads the stream up to and with its end record. On failure destroy the domain. 0, or -errno with a complaint:
 * -EINVAL also for a stream that is damaged, cut off or of a kind not known.
 */
int restore_domain(struct restore *restore, struct complaint *complaint);

#endif
