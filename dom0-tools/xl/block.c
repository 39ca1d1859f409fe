/* SPDX-License-Identifier: MIT */
/* block-attach, block-list, block-detach, cd-insert, cd-eject: a domain's disks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/spec.h"
#include "xl/device.h"

int cmd_block_attach(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 2);

	return attach_command(xl, DEVICE_DISK, argv[at], argv + at + 1);
}

static void block_row(struct output *out, const struct device_info *info, uint32_t domid)
{
	cell_number(out, "number", "", -5, info->number);
	cell_number(out, "backend_domid", " ", -3, info->backend_domid);
	cell_number(out, "domid", " ", -6, domid);
	cell_number(out, "state", " ", -5, info->state);
	cell_number(out, "event_channel", " ", -6,
		    out->json ? info->first_channel : info->event_channel);
	cell_number(out, "ring_ref", " ", -8, out->json ? info->first_ring : info->ring);
	cell_text(out, "backend", " ", -30, info->backend);
	if (!out->json)
		return;
	cell_text(out, "vdev", "", 0, info->vdev);
	cell_text(out, "target", "", 0, info->target);
	cell_text(out, "mode", "", 0, info->mode);
	cell_text(out, "type", "", 0, info->type);
	cell_number(out, "backend_state", "", 0, info->backend_state);
}

int cmd_block_list(struct xl *xl, int argc, char **argv)
{
	return list_command(xl, DEVICE_DISK, argc, argv,
			    "Vdev  BE  handle state evt-ch ring-ref BE-path                       ",
			    block_row);
}

int cmd_block_detach(struct xl *xl, int argc, char **argv)
{
	enum detach_force force = detach_options(xl, argc, argv, DETACH_ASK);
	int at = arguments_from(xl, argc, argv, 2);
	uint32_t domid, number;

	if (!device_domain(xl, argv[at], &domid))
		return EXIT_FAILED;
	if (!vdev_number(argv[at + 1], &number))
		return fail(xl,
			    "%s is no virtual disk: give a name as xvda, or a number as "
			    "xl block-list shows",
			    argv[at + 1]);
	return domain_detach(&xl->session, domid, DEVICE_DISK, number, force) ? EXIT_FAILED
									      : EXIT_DONE;
}

/* A target may still be written as a whole disk is: "phy:/dev/sr0", "/x.iso,raw". */
static int change(struct xl *xl, const char *domain, const char *vdev, const char *target)
{
	uint32_t domid;

	if (!device_domain(xl, domain, &domid))
		return EXIT_FAILED;
	for (const char *const *prefix = (const char *const[]){ "phy:", "file:", "raw:", NULL };
	     target && *prefix; prefix++)
		if (!strncmp(target, *prefix, strlen(*prefix)))
			target += strlen(*prefix);
	return domain_change_medium(&xl->session, domid, vdev, target) ? EXIT_FAILED : EXIT_DONE;
}

int cmd_cd_insert(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 3);

	return change(xl, argv[at], argv[at + 1], argv[at + 2]);
}

int cmd_cd_eject(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 2);

	return change(xl, argv[at], argv[at + 1], NULL);
}
