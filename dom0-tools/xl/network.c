/* SPDX-License-Identifier: MIT */
/* network-attach, network-list, network-detach: a domain's network cards. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xl/device.h"

int cmd_network_attach(struct xl *xl, int argc, char **argv)
{
	int at = plain_arguments(xl, argc, argv, 1);

	return attach_command(xl, DEVICE_VIF, argv[at], argv + at + 1);
}

static void network_row(struct output *out, const struct device_info *info, uint32_t domid)
{
	cell_number(out, "number", "", -3, info->number);
	cell_number(out, "backend_domid", " ", -2, info->backend_domid);
	cell_text(out, "mac", " ", 0, info->mac);
	cell_number(out, "handle", "", 6, info->number);
	cell_number(out, "state", " ", 5, info->state);
	cell_number(out, "event_channel", " ", 6,
		    out->json ? info->first_channel : info->event_channel);
	cell_number(out, "tx_ring_ref", " ", 5, out->json ? info->first_ring : info->ring);
	cell_number(out, "rx_ring_ref", "/", -11, out->json ? info->first_ring_rx : info->ring_rx);
	cell_text(out, "backend", " ", -30, info->backend);
	if (out->json)
		cell_number(out, "backend_state", "", 0, info->backend_state);
}

int cmd_network_list(struct xl *xl, int argc, char **argv)
{
	return list_command(xl, DEVICE_VIF, argc, argv,
			    "Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref "
			    "BE-path                       ",
			    network_row);
}

/* "3" or "00:16:3e:01:02:03". */
static bool find_card(struct xl *xl, uint32_t domid, const char *word, uint32_t *number)
{
	struct device_info *list;
	unsigned int count;
	bool found = false;
	long long value;

	if (!strchr(word, ':')) {
		found = number_read(xl, "network card's number", word, 0, 65535, &value);
		*number = (uint32_t)value;
		return found;
	}
	store_guard(true);
	list = domain_devices(&xl->session, domid, DEVICE_VIF, &count);
	store_guard(false);
	for (unsigned int i = 0; i < count && !found; i++) {
		found = list[i].mac && !strcasecmp(list[i].mac, word);
		*number = list[i].number;
	}
	device_infos_free(list, count);
	if (!found)
		fail(xl,
		     "domain %u has no network card with the address %s; xl network-list shows "
		     "those it has",
		     domid, word);
	return found;
}

int cmd_network_detach(struct xl *xl, int argc, char **argv)
{
	enum detach_force force = detach_options(xl, argc, argv, DETACH_INSIST);
	int at = arguments_from(xl, argc, argv, 2);
	uint32_t domid, number;

	if (!device_domain(xl, argv[at], &domid) || !find_card(xl, domid, argv[at + 1], &number))
		return EXIT_FAILED;
	return domain_detach(&xl->session, domid, DEVICE_VIF, number, force) ? EXIT_FAILED
									     : EXIT_DONE;
}
