/* SPDX-License-Identifier: MIT */
/*
 * A new domain's nodes in the store, laid out as 4.17's libxl does, so that its tools, the guest's
 * kernel and other backends find what they look for. First the tree, in one transaction, before the
 * domain is built; then what the build has made known, the rings, and the introduction to the
 * daemon.
 */
#include "config/hvm_spec.h"
#include "domain/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <uuid/uuid.h>

#include "config/names.h"

static void vm_nodes(struct store_batch *batch, const struct store_plan *plan)
{
	const struct domain_config *config = plan->config;
	char path[PATH_BYTES], started[40];

	snprintf(path, sizeof(path), "/vm/%s", plan->uuid);
	store_write(batch, config->name, "%s/name", path);
	store_permit(batch, 0, plan->domid, "%s", path);
	store_permit(batch, 0, plan->domid, "%s/name", path);
	store_write(batch, plan->uuid, "%s/uuid", path);
	store_write(batch, plan->hvm ? "hvm" : "linux", "%s/image/ostype", path);
	if (config->kernel)
		store_write(batch, config->kernel, "%s/image/kernel", path);
	if (config->ramdisk)
		store_write(batch, config->ramdisk, "%s/image/ramdisk", path);
	if (config->cmdline)
		store_write(batch, config->cmdline, "%s/image/cmdline", path);
	snprintf(started, sizeof(started), "%lld.%02d", (long long)plan->started.tv_sec,
		 (int)plan->started.tv_usec / 10000);
	store_write(batch, started, "%s/start_time", path);
	if (config->rtc_timeoffset)
		store_write_number(batch, config->rtc_timeoffset, "%s/rtc/timeoffset", path);
}

/* Nodes the guest itself writes. */
static void guests_own_nodes(struct store_batch *batch, uint32_t domid)
{
	static const char *const own[] = {
		"device/suspend/event-channel",
		"control/shutdown",
		"control/feature-poweroff",
		"control/feature-reboot",
		"control/feature-suspend",
		"control/sysrq",
		"data",
		"drivers",
		"feature",
		"attr",
		"error",
	};

	for (unsigned int i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		store_write(batch, "", "/local/domain/%u/%s", domid, own[i]);
		store_permit(batch, domid, NO_READER, "/local/domain/%u/%s", domid, own[i]);
	}
}

static void console_nodes(struct store_batch *batch, uint32_t domid)
{
	static const char *const roots[] = { "/local/domain/0/backend", "/libxl" };
	char path[PATH_BYTES], backend[PATH_BYTES];

	snprintf(backend, sizeof(backend), "/local/domain/0/backend/console/%u/0", domid);
	for (unsigned int i = 0; i < 2; i++) {
		if (i)
			snprintf(path, sizeof(path), "%s/%u/device/console/0", roots[i], domid);
		else
			snprintf(path, sizeof(path), "%s", backend);
		store_write(batch, "", "%s", path);
		if (!i)
			store_permit(batch, 0, domid, "%s", path);
		else
			store_write(batch, backend, "%s/backend", path);
		snprintf(path + strlen(path), sizeof(path) - strlen(path), "/");
		store_write_number(batch, domid, "%sfrontend-id", path);
		store_write(batch, "1", "%sonline", path);
		store_write(batch, "1", "%sstate", path);
		store_write(batch, "vt100", "%sprotocol", path);
		snprintf(backend, sizeof(backend), "/local/domain/%u/console", domid);
		store_write(batch, backend, "%sfrontend", path);
		snprintf(backend, sizeof(backend), "/local/domain/0/backend/console/%u/0", domid);
	}
	snprintf(path, sizeof(path), "/local/domain/%u/console", domid);
	store_write(batch, backend, "%s/backend", path);
	store_write(batch, "0", "%s/backend-id", path);
	store_permit(batch, domid, 0, "%s/backend-id", path);
	store_write(batch, "1048576", "%s/limit", path);
	store_write(batch, "xenconsoled", "%s/type", path);
	store_write(batch, "pty", "%s/output", path);
	store_write(batch, "", "%s/tty", path);
}

/* Two numbers, as the loader reads them; "generate" is a random one each time. */
static void generation_node(struct store_batch *batch, const char *text, const char *path)
{
	uint64_t half[2];
	char numbers[64];
	uuid_t id;

	uuid_generate(id);
	if (strcmp(text, "generate") && uuid_parse(text, id))
		return;
	memcpy(half, id, sizeof(half));
	snprintf(numbers, sizeof(numbers), "%lld:%lld", (long long)half[0], (long long)half[1]);
	store_write(batch, numbers, "%s/platform/generation-id", path);
}

/* What hvmloader reads; and S3 and S4, which the guest says it can. */
static void firmware_nodes(struct store_batch *batch, const struct store_plan *plan,
			   const char *path)
{
	static const char *const own[] = { "control/feature-s3", "control/feature-s4" };
	const struct hvm_spec *hvm = plan->hvm;

	store_write(batch, hvm_firmware_names[hvm->firmware], "%s/hvmloader/bios", path);
	store_write(batch, "0", "%s/hvmloader/allow-memory-relocate", path);
	store_write(batch, plan->config->no_acpi ? "0" : "1", "%s/platform/acpi", path);
	store_write(batch, hvm->acpi_s3 ? "1" : "0", "%s/platform/acpi_s3", path);
	store_write(batch, hvm->acpi_s4 ? "1" : "0", "%s/platform/acpi_s4", path);
	store_write(batch, hvm->laptop_slate ? "1" : "0", "%s/platform/acpi_laptop_slate", path);
	store_write(batch, "qemu_xen", "%s/platform/device-model", path);
	if (hvm->hole_bytes)
		store_write_number(batch, hvm->hole_bytes, "%s/platform/mmio_hole_size", path);
	if (hvm->generation_id[0])
		generation_node(batch, hvm->generation_id, path);
	for (unsigned int i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		store_write(batch, "", "%s/%s", path, own[i]);
		store_permit(batch, plan->domid, NO_READER, "%s/%s", path, own[i]);
	}
}

static void domain_nodes(struct store_batch *batch, const struct store_plan *plan)
{
	const struct domain_config *config = plan->config;
	uint64_t video = plan->hvm ? (uint64_t)plan->hvm->videoram_mib << 10 : 0;
	char path[PATH_BYTES], vm[PATH_BYTES];

	snprintf(path, sizeof(path), "/local/domain/%u", plan->domid);
	snprintf(vm, sizeof(vm), "/vm/%s", plan->uuid);
	store_remove(batch, "%s", path);
	store_write(batch, "", "%s", path);
	store_permit(batch, 0, plan->domid, "%s", path);
	store_write(batch, vm, "%s/vm", path);
	store_write(batch, config->name, "%s/name", path);
	store_write_number(batch, plan->domid, "%s/domid", path);
	for (unsigned int i = 0; i < config->max_vcpus; i++)
		store_write(batch, i < config->vcpus ? "online" : "offline",
			    "%s/cpu/%u/availability", path, i);
	store_write_number(batch, config->max_memory_kb, "%s/memory/static-max", path);
	store_write_number(batch, config->memory_kb - video, "%s/memory/target", path);
	store_write_number(batch, video, "%s/memory/videoram", path);
	guests_own_nodes(batch, plan->domid);
	if (plan->hvm)
		firmware_nodes(batch, plan, path);
	store_write(batch, "1", "%s/control/platform-feature-multiprocessor-suspend", path);
	store_write(batch, "1", "%s/control/platform-feature-xs_reset_watches", path);
}

static void libxl_nodes(struct store_batch *batch, const struct store_plan *plan)
{
	store_remove(batch, "/libxl/%u", plan->domid);
	store_write(batch, domain_type_names[plan->config->type], "/libxl/%u/type", plan->domid);
	store_write(batch, "qemu_xen", "/libxl/%u/dm-version", plan->domid);
	store_write(batch, MARK_CREATING, "/libxl/%u/domd", plan->domid);
}

static void tree_steps(struct store_batch *batch, void *data)
{
	const struct store_plan *plan = data;

	vm_nodes(batch, plan);
	domain_nodes(batch, plan);
	libxl_nodes(batch, plan);
	console_nodes(batch, plan->domid);
}

int create_in_store(struct session *session, struct store_plan *plan)
{
	int error;

	gettimeofday(&plan->started, NULL);
	error = store_transact(session, tree_steps, plan);
	return error ? tell(session, error, "xenstored refused the domain's entries: %s",
			    strerror(-error))
		     : 0;
}

static void loader_file_nodes(struct store_batch *batch, const struct loader_file *file,
			      const char *kind, uint32_t domid)
{
	if (!file->bytes)
		return;
	store_write_number(batch, file->at, "/local/domain/%u/hvmloader/%s/address", domid, kind);
	store_write_number(batch, file->bytes, "/local/domain/%u/hvmloader/%s/length", domid, kind);
}

static void ring_steps(struct store_batch *batch, void *data)
{
	const struct store_plan *plan = data;
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "/local/domain/%u", plan->domid);
	store_write_number(batch, plan->store_port, "%s/store/port", path);
	store_write_number(batch, plan->store_mfn, "%s/store/ring-ref", path);
	store_write_number(batch, plan->console_port, "%s/console/port", path);
	store_write_number(batch, plan->console_mfn, "%s/console/ring-ref", path);
	loader_file_nodes(batch, &plan->acpi, "acpi", plan->domid);
	loader_file_nodes(batch, &plan->smbios, "smbios", plan->domid);
	store_write(batch, plan->unwatched ? MARK_UNWATCHED : MARK_WATCHED, "/libxl/%u/domd",
		    plan->domid);
}

int publish_rings(struct session *session, struct store_plan *plan)
{
	int error = store_transact(session, ring_steps, plan);

	if (!error &&
	    !xs_introduce_domain(session->xs, plan->domid, plan->store_mfn, plan->store_port))
		error = -errno;
	return error ? tell(session, error, "xenstored did not take in the domain: %s; see its log",
			    strerror(-error))
		     : 0;
}
