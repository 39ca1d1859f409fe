/* SPDX-License-Identifier: MIT */
/*
 * Creates a domain: everything that can be checked is checked first, then each step builds on the
 * last.
 *
 * A failure after the domain exists is undone by destroying it, which accepts a half-made one. The
 * guest runs only after everything is recorded, so a crash of this program leaves a paused domain
 * that can be seen and destroyed, never one without its records.
 */
#include "domain/model.h"
#include "domain/saved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * What the hypervisor needs beside the guest's own pages: its structures, tables, grant frames.
 * KiB.
 */
#define OVERHEAD_KIB(vcpus) (1024 + 128 * (uint64_t)(vcpus))

struct creation {
	struct session *session;
	const struct domain_config *config;
	struct saved_domain *saved; /* NULL: a new one is built */
	struct create_timings *timings;
	uint64_t phase_start;
	struct image image;
	struct hvm_spec hvm; /* zero for other types */
	char loader[PATH_MAX];
	struct complaint complaint;
	struct pv_domain pv;
	struct store_plan plan;
	int domid; /* -1: not made yet */
};

static void end_phase(void *data, const char *name)
{
	struct creation *creation = data;
	struct create_timings *timings = creation->timings;
	uint64_t now = now_ns();

	if (timings && timings->count < sizeof(timings->phase) / sizeof(timings->phase[0])) {
		timings->phase[timings->count].phase = name;
		timings->phase[timings->count].ns = now - creation->phase_start;
		timings->count++;
	}
	creation->phase_start = now;
}

static int check_type(struct session *session, const struct domain_config *config)
{
	xc_physinfo_t machine = { 0 };

	if (config->type == DOMAIN_PV)
		return 0;
	if (config->nested_hvm)
		return tell(session, -EOPNOTSUPP,
			    "nestedhvm=1: guests of guests are not supported; remove it");
	if (config->type == DOMAIN_PVH && config->no_acpi && config->max_vcpus > 1)
		return tell(session, -EINVAL,
			    "acpi=0 leaves a PVH guest one vCPU, since ACPI tells of the others: "
			    "remove it, or maxvcpus=%u",
			    config->max_vcpus);
	if (xc_physinfo(session->xc, &machine))
		return tell(session, -errno, "the hypervisor does not describe the machine: %s",
			    strerror(errno));
	if (machine.capabilities & XEN_SYSCTL_PHYSCAP_hvm)
		return 0;
	return tell(session, -EOPNOTSUPP,
		    "type=\"%s\" needs a CPU whose virtualization the hypervisor can use (\"xl "
		    "info\": virt_caps has no hvm): switch SVM or VT-x on in the machine's setup, "
		    "or use type=\"pv\"",
		    config->type == DOMAIN_HVM ? "hvm" : "pvh");
}

/* Takes apart the keys of an HVM guest's machine, and looks for its device model. */
static int prepare_hvm(struct creation *creation)
{
	struct session *session = creation->session;
	struct hvm_spec *hvm = &creation->hvm;
	struct hvm_fault fault = { 0 };
	int error = 0;

	if (!hvm_spec_from_config(creation->config, hvm, &fault))
		error = tell(session, -EINVAL, "%s", fault.message);
	if (!error && access(model_program(hvm), X_OK))
		error = tell(session, -errno,
			     "the device model %s: %s; install the package qemu-system-xen, or name "
			     "another by device_model_override=",
			     model_program(hvm), strerror(errno));
	if (!error && creation->config->memory_kb >> 10 <= hvm->videoram_mib)
		error = tell(session, -EINVAL, "memory=%llu is not more than the screen's %u MiB",
			     (unsigned long long)creation->config->memory_kb >> 10,
			     hvm->videoram_mib);
	return error;
}

static int check_config(struct session *session, const struct domain_config *config)
{
	unsigned int cmdline_room =
	    config->type == DOMAIN_PV ? MAX_GUEST_CMDLINE : PVH_CMDLINE_BYTES;
	int error = check_type(session, config);

	if (error)
		return error;
	if (!config->kernel && config->type != DOMAIN_HVM)
		return tell(session, -EINVAL,
			    config->bootloader
				? "bootloader= is not supported yet: name a kernel= in Domain-0"
				: "kernel= is missing: the guest needs one in Domain-0");
	if (!config->max_vcpus || config->vcpus > config->max_vcpus)
		return tell(session, -EINVAL, "vcpus=%u is not between 1 and maxvcpus=%u",
			    config->vcpus, config->max_vcpus);
	if (config->memory_kb < 1024 || config->max_memory_kb < config->memory_kb)
		return tell(session, -EINVAL, "memory=%llu MiB is not between 1 and maxmem=%llu",
			    (unsigned long long)config->memory_kb >> 10,
			    (unsigned long long)config->max_memory_kb >> 10);
	if (config->cmdline && config->type != DOMAIN_HVM &&
	    strlen(config->cmdline) >= cmdline_room)
		return tell(session, -E2BIG,
			    "the kernel's command line has %zu characters; guests of this type "
			    "take %u",
			    strlen(config->cmdline), cmdline_room - 1);
	if (config->pcis.count)
		return tell(session, -EOPNOTSUPP, "pci= is not supported yet: remove it");
	return name_check_free(session, config->name);
}

/* A file that goes into the guest's memory beside the image. */
static int map_file(struct creation *creation, const char *what, const char *path,
		    const uint8_t **data, uint64_t *bytes)
{
	struct stat stat;
	void *map;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &stat)) {
		int error = -errno;

		if (fd >= 0)
			close(fd);
		return tell(creation->session, error, "%s %s: %s", what, path, strerror(-error));
	}
	if (!S_ISREG(stat.st_mode) || !stat.st_size) {
		close(fd);
		return tell(creation->session, -EINVAL, "%s %s: %s", what, path,
			    stat.st_size ? "it is not a file" : "it is empty");
	}
	map = mmap(NULL, stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return tell(creation->session, -errno, "%s %s cannot be read: %s", what, path,
			    strerror(errno));
	*data = map;
	*bytes = stat.st_size;
	return 0;
}

static void unmap_file(const uint8_t *data, uint64_t bytes)
{
	if (data)
		munmap((void *)(uintptr_t)data, bytes);
}

static int map_tables(struct creation *creation, const char *key, const char *path,
		      struct hvm_tables *tables,
		      int (*check)(struct hvm_tables, struct complaint *))
{
	int error = *path ? map_file(creation, key, path, &tables->data, &tables->bytes) : 0;

	if (!error)
		error = check(*tables, &creation->complaint);
	else
		return error;
	return error ? tell(creation->session, error, "%s %s: %s", key, path,
			    creation->complaint.text)
		     : 0;
}

/* Firmware and further tables of an HVM guest, or a kernel's ramdisk. */
static int map_files(struct creation *creation)
{
	const struct domain_config *config = creation->config;
	const struct hvm_spec *hvm = &creation->hvm;
	struct pv_domain *pv = &creation->pv;
	int error;

	if (config->type != DOMAIN_HVM)
		return config->ramdisk ? map_file(creation, "ramdisk", config->ramdisk,
						  &pv->ramdisk, &pv->ramdisk_bytes)
				       : 0;
	error = map_file(creation, "firmware", model_firmware(hvm), &pv->ramdisk,
			 &pv->ramdisk_bytes);
	if (!error)
		error = map_tables(creation, "acpi_firmware", hvm->acpi, &pv->acpi, hvm_check_acpi);
	if (!error)
		error = map_tables(creation, "smbios_firmware", hvm->smbios, &pv->smbios,
				   hvm_check_smbios);
	return error;
}

/* Does all there is to put into it fit into the guest's memory? */
static int check_size(struct creation *creation)
{
	const struct domain_config *config = creation->config;
	uint64_t video = (uint64_t)creation->hvm.videoram_mib << 8;
	const struct hvm_wishes wishes = { .nr_pages = config->memory_kb / 4 - video,
					   .max_pages = config->max_memory_kb / 4 - video,
					   .hole_bytes = creation->hvm.hole_bytes,
					   .firmware_bytes = creation->pv.ramdisk_bytes,
					   .acpi_bytes = creation->pv.acpi.bytes,
					   .smbios_bytes = creation->pv.smbios.bytes,
					   .max_vcpus = config->max_vcpus };
	struct hvm_layout hvm;
	struct pvh_layout pvh;
	struct pv_layout pv;

	if (config->type == DOMAIN_HVM)
		return hvm_layout_compute(&hvm, &creation->image, &wishes, &creation->complaint);
	if (config->type == DOMAIN_PVH)
		return pvh_layout_compute(&pvh, &creation->image, config->memory_kb / 4,
					  config->max_memory_kb / 4, creation->pv.ramdisk_bytes,
					  config->cmdline, config->max_vcpus,
					  &creation->complaint);
	return pv_layout_compute(&pv, &creation->image, config->memory_kb / 4,
				 creation->pv.ramdisk_bytes, &creation->complaint);
}

static int open_kernel(struct creation *creation)
{
	const struct domain_config *config = creation->config;

	if (config->type == DOMAIN_HVM)
		return image_open_loader(&creation->image, creation->loader, &creation->complaint);
	return config->type == DOMAIN_PVH
		   ? image_open_pvh(&creation->image, config->kernel, &creation->complaint)
		   : image_open(&creation->image, config->kernel, &creation->complaint);
}

/* What a new domain is built of, and whether it fits. */
static int prepare_image(struct creation *creation)
{
	int error = 0;

	if (creation->config->type == DOMAIN_HVM)
		error = model_loader(creation->session, &creation->hvm, creation->loader, sizeof(creation->loader));
	if (error)
		return error;
	error = open_kernel(creation);
	if (error)
		return tell(creation->session, error, "%s", creation->complaint.text);
	error = map_files(creation);
	if (error)
		return error;
	error = check_size(creation);
	if (error)
		return tell(creation->session, error, "%s", creation->complaint.text);
	end_phase(creation, "image");
	return 0;
}

/* Files, sizes and free memory: all that can go wrong before there is a domain. */
static int prepare(struct creation *creation)
{
	const struct domain_config *config = creation->config;
	int error = config->type == DOMAIN_HVM ? prepare_hvm(creation) : 0;

	if (!error && !creation->saved)
		error = prepare_image(creation);
	if (error)
		return error;
	error = memory_ensure_free(creation->session,
				   config->memory_kb + OVERHEAD_KIB(config->max_vcpus) +
				       paging_kib(config));
	end_phase(creation, "free memory");
	return error;
}

static int make_channels(struct creation *creation)
{
	struct session *session = creation->session;
	int store = xc_evtchn_alloc_unbound(session->xc, creation->domid, 0);
	int console = store < 0 ? -1 : xc_evtchn_alloc_unbound(session->xc, creation->domid, 0);

	if (console < 0)
		return tell(session, -errno,
			    "the hypervisor refused the domain's event channels: %s",
			    strerror(errno));
	creation->pv.store_port = creation->plan.store_port = store;
	creation->pv.console_port = creation->plan.console_port = console;
	return 0;
}

static int claim(struct creation *creation, unsigned long pages)
{
	if (!xc_domain_claim_pages(creation->session->xc, creation->domid, pages) ||
	    errno == ENOSYS || errno == EOPNOTSUPP)
		return 0;
	return tell(creation->session, -errno,
		    "not enough memory: %llu MiB are needed, other guests being created take "
		    "what is free; try again, or stop a guest",
		    (unsigned long long)pages >> 8);
}

/* What only an HVM guest's build asks; the screen's memory is the device model's to populate, unless it was saved. */
static void describe_hvm(struct creation *creation)
{
	const struct hvm_spec *hvm = &creation->hvm;
	struct pv_domain *pv = &creation->pv;
	uint64_t video = creation->saved ? 0 : (uint64_t)hvm->videoram_mib << 8;

	pv->nr_pages -= video;
	pv->max_pages -= video;
	pv->hole_bytes = hvm->hole_bytes;
	pv->vcpus = creation->config->vcpus;
	pv->apic = hvm->apic;
	pv->hpet = hvm->hpet;
	pv->vpt_align = hvm->vpt_align;
	pv->timer_mode = (uint64_t)hvm->timer_mode;
	pv->viridian = hvm->viridian;
}

static int build(struct creation *creation)
{
	struct pv_domain *pv = &creation->pv;
	const struct domain_config *config = creation->config;
	int error;

	pv->xc = creation->session->xc;
	pv->domid = creation->domid;
	pv->image = &creation->image;
	pv->nr_pages = config->memory_kb / 4;
	pv->map_bytes = config->max_memory_kb << 10;
	pv->max_pages = config->max_memory_kb / 4;
	pv->no_acpi = config->no_acpi;
	pv->max_vcpus = config->max_vcpus;
	pv->cmdline = config->cmdline;
	pv->phase = end_phase;
	pv->phase_data = creation;
	if (config->type == DOMAIN_HVM)
		describe_hvm(creation);
	error = claim(creation, pv->nr_pages);
	if (error)
		return error;
	if (creation->saved) {
		error = saved_build(creation->session, creation->saved, pv);
		end_phase(creation, "memory");
	} else {
		error = config->type == DOMAIN_HVM   ? hvm_build(pv, &creation->complaint)
			: config->type == DOMAIN_PVH ? pvh_build(pv, &creation->complaint)
						     : pv_build(pv, &creation->complaint);
	}
	if (error && creation->saved)
		return error; /* told */
	if (error)
		return tell(creation->session, error, "%s",
			    creation->complaint.text[0] ? creation->complaint.text
							: strerror(-error));
	creation->plan.store_mfn = pv->store_mfn;
	creation->plan.console_mfn = pv->console_mfn;
	creation->plan.acpi = (struct loader_file){ pv->acpi_at, pv->acpi.bytes };
	creation->plan.smbios = (struct loader_file){ pv->smbios_at, pv->smbios.bytes };
	return claim(creation, 0);
}

/* From the empty domain to one that can run. */
static int make(struct creation *creation)
{
	struct session *session = creation->session;
	uint32_t domid;
	int error = create_in_hypervisor(session, creation->config, &domid);

	if (error)
		return error;
	creation->domid = domid;
	creation->plan.domid = domid;
	creation->plan.config = creation->config;
	creation->plan.hvm = creation->config->type == DOMAIN_HVM ? &creation->hvm : NULL;
	uuid_text(creation->plan.uuid, creation->config->uuid);
	end_phase(creation, "domain");
	error = create_in_store(session, &creation->plan);
	end_phase(creation, "store");
	if (!error)
		error = make_channels(creation);
	if (!error)
		error = build(creation);
	if (!error)
		error = domain_store_config(session, domid, creation->config);
	end_phase(creation, "records");
	if (!error)
		error = publish_rings(session, &creation->plan);
	end_phase(creation, "introduction");
	if (!error) {
		error = devices_add(session, creation->config, domid);
		end_phase(creation, "devices");
	}
	if (!error && creation->config->type == DOMAIN_HVM) {
		error = model_start(session, creation->config, &creation->hvm, domid,
				    creation->saved ? creation->saved->model.fd : -1);
		end_phase(creation, "device model");
	}
	return error;
}

int domain_create(struct session *session, const struct domain_config *config,
		  const struct create_options *options, uint32_t *domid)
{
	struct domain_config *own = config_copy(config);
	struct creation creation = { .session = session,
				     .config = own,
				     .image.fd = -1,
				     .domid = -1,
				     .phase_start = now_ns() };
	int error = own ? check_config(session, own)
			: tell(session, -EINVAL, "the configuration holds text that is no UTF-8");

	if (!error)
		error = devices_settle(session, own);
	creation.timings = options ? options->timings : NULL;
	creation.saved = options ? options->saved : NULL;
	creation.plan.unwatched = options && options->unwatched;
	if (!error)
		error = prepare(&creation);
	if (!error)
		error = make(&creation);
	if (!error && !creation.plan.unwatched)
		domd_start(session);
	if (!error && !(options && options->paused) &&
	    xc_domain_unpause(session->xc, creation.domid))
		error = tell(session, -errno, "the hypervisor did not start the domain: %s",
			     strerror(errno));
	if (error && creation.domid >= 0)
		destroy_all(session, creation.domid, config->uuid);
	image_close(&creation.image);
	unmap_file(creation.pv.ramdisk, creation.pv.ramdisk_bytes);
	unmap_file(creation.pv.acpi.data, creation.pv.acpi.bytes);
	unmap_file(creation.pv.smbios.data, creation.pv.smbios.bytes);
	hvm_spec_free(&creation.hvm);
	if (!error)
		*domid = creation.domid;
	config_free(own);
	return error;
}
