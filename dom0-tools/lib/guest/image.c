/* SPDX-License-Identifier: MIT */
/*
 * The struct xc_dom_image: its life, its limits and how failures are told.
 */
#include "private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CMDLINE_BYTES sizeof(((start_info_t *)0)->cmd_line)

static int code_of(int error)
{
	switch (-error) {
	case ENOMEM:
		return XC_OUT_OF_MEMORY;
	case ENOEXEC:
		return XC_INVALID_KERNEL;
	case EINVAL:
	case E2BIG:
	case EOPNOTSUPP:
		return XC_INVALID_PARAM;
	default:
		return XC_INTERNAL_ERROR;
	}
}

int guest_fail(xc_interface *xch, int error, const char *format, ...)
{
	char text[XC_MAX_ERROR_MSG_LEN];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	xc_report_error(xch, code_of(error), "%s", text);
	errno = -error;
	return -1;
}

int guest_result(struct builder *builder, int error, const struct complaint *why)
{
	if (!error)
		return 0;
	return guest_fail(builder->dom.xch, error, "%s",
			  why->text[0] ? why->text : strerror(-error));
}

int guest_need(struct builder *builder, enum step step, const char *now, const char *before)
{
	if (builder->done[step])
		return 0;
	return guest_fail(builder->dom.xch, -EINVAL, "%s() comes after %s()", now, before);
}

int xc_dom_loginit(xc_interface *xch)
{
	return 0;
}

static bool check_arguments(xc_interface *xch, const char *cmdline, const char *features)
{
	if (features && *features) {
		guest_fail(xch, -EOPNOTSUPP,
			   "features cannot be asked for ('%s'): the kernel's notes name them",
			   features);
		return false;
	}
	if (cmdline && strlen(cmdline) >= CMDLINE_BYTES) {
		guest_fail(xch, -EINVAL, "the command line is %zu bytes long; a kernel takes %zu",
			   strlen(cmdline), CMDLINE_BYTES - 1);
		return false;
	}
	return true;
}

struct xc_dom_image *xc_dom_allocate(xc_interface *xch, const char *cmdline, const char *features)
{
	struct builder *builder;

	if (!check_arguments(xch, cmdline, features))
		return NULL;
	builder = calloc(1, sizeof(*builder));
	if (builder && cmdline)
		builder->cmdline = strdup(cmdline);
	if (!builder || (cmdline && !builder->cmdline)) {
		free(builder);
		guest_fail(xch, -ENOMEM, "there is no memory for a domain's builder");
		return NULL;
	}
	builder->image.fd = -1;
	builder->work.domain = &builder->domain;
	builder->dom.xch = xch;
	builder->dom.cmdline = builder->cmdline;
	builder->dom.cmdline_size = cmdline ? strlen(cmdline) + 1 : 0;
	builder->dom.max_kernel_size = XC_DOM_DECOMPRESS_MAX;
	builder->dom.max_module_size = XC_DOM_DECOMPRESS_MAX;
	return &builder->dom;
}

void xc_dom_release(struct xc_dom_image *dom)
{
	struct builder *builder = builder_of(dom);

	if (!dom)
		return;
	pv_forget(&builder->work);
	image_close(&builder->image);
	if (builder->module_is_mapped)
		munmap(dom->modules[0].blob, dom->modules[0].size);
	free(builder->cmdline);
	free(builder);
}

int xc_dom_kernel_max_size(struct xc_dom_image *dom, size_t sz)
{
	dom->max_kernel_size = sz;
	return 0;
}

int xc_dom_module_max_size(struct xc_dom_image *dom, size_t sz)
{
	dom->max_module_size = sz;
	return 0;
}

int xc_dom_kernel_check_size(struct xc_dom_image *dom, size_t sz)
{
	if (!dom->max_kernel_size || sz <= dom->max_kernel_size)
		return 0;
	guest_fail(dom->xch, -E2BIG, "the kernel has %zu bytes; %zu are allowed", sz,
		   dom->max_kernel_size);
	return 1;
}

uint64_t xc_dom_virt_base(struct xc_dom_image *dom)
{
	return builder_of(dom)->image.virt_base;
}

uint64_t xc_dom_virt_entry(struct xc_dom_image *dom)
{
	return builder_of(dom)->image.entry;
}

uint64_t xc_dom_virt_hypercall(struct xc_dom_image *dom)
{
	return builder_of(dom)->image.hypercall_page;
}

bool xc_dom_translated(const struct xc_dom_image *dom)
{
	return dom->container_type != XC_DOM_PV_CONTAINER;
}
