/* SPDX-License-Identifier: MIT */
/* vkb-attach, vkb-list, vkb-detach, channel-list: keyboards, and streams beside the console. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xl/device.h"

int cmd_vkb_attach(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 1);

	return attach_command(xl, DEVICE_VKB, argv[at], argv + at + 1);
}

static void vkb_row(struct output *out, const struct device_info *info, uint32_t domid)
{
	const char *kind = info->backend && strstr(info->backend, "/vinput/") ? "linux" : "qemu";

	cell_number(out, "number", "", -3, info->number);
	cell_number(out, "backend_domid", " ", -2, info->backend_domid);
	cell_number(out, "handle", " ", 6, info->number);
	cell_number(out, "state", " ", 5, info->state);
	cell_number(out, "event_channel", " ", 6,
		    out->json ? info->first_channel : info->event_channel);
	cell_number(out, "ring_ref", " ", 6, out->json ? info->first_ring : info->ring);
	cell_text(out, "unique_id", " ", -10, info->id || out->json ? info->id : "");
	cell_text(out, "backend_type", " ", -10, kind);
	cell_text(out, "backend", " ", -30, info->backend);
	if (out->json)
		cell_number(out, "backend_state", "", 0, info->backend_state);
}

int cmd_vkb_list(struct xl *xl, int argc, char **argv)
{
	return list_command(xl, DEVICE_VKB, argc, argv,
			    "Idx BE handle state evt-ch    ref ID         BE-type    BE-path       "
			    "                ",
			    vkb_row);
}

int cmd_vkb_detach(struct xl *xl, int argc, char **argv)
{
	enum detach_force force = detach_options(xl, argc, argv, DETACH_INSIST);
	int at = arguments_from(xl, argc, argv, 2);
	uint32_t domid;
	long long number;

	if (!device_domain(xl, argv[at], &domid) ||
	    !number_read(xl, "keyboard's number", argv[at + 1], 0, 65535, &number))
		return EXIT_FAILED;
	return domain_detach(&xl->session, domid, DEVICE_VKB, (uint32_t)number, force) ? EXIT_FAILED
										       : EXIT_DONE;
}

static void channel_row(struct output *out, const struct device_info *info, uint32_t domid)
{
	cell_number(out, "number", "", -3, info->number);
	cell_number(out, "backend_domid", " ", -2, info->backend_domid);
	cell_number(out, "state", " ", -5, info->state);
	cell_number(out, "event_channel", " ", -6,
		    out->json ? info->first_channel : info->event_channel);
	cell_number(out, "ring_ref", " ", -8, out->json ? info->first_ring : info->ring);
	cell_text(out, "connection", " ", -10, info->connection);
	cell_text(out, "path", " ", -30, info->path);
	if (out->json)
		cell_text(out, "backend", "", 0, info->backend);
}

int cmd_channel_list(struct xl *xl, int argc, char **argv)
{
	return list_command(
	    xl, DEVICE_CHANNEL, argc, argv,
	    "Idx BE state evt-ch ring-ref connection                               ", channel_row);
}
