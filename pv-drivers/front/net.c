/* SPDX-License-Identifier: MIT */
/* The network frontend. */
#include "net.h"

#include <string.h>

static struct net_front *net_of(struct front_device *device)
{
	return (struct net_front *)device;
}

static void net_event(void *context)
{
	struct net_front *net = context;

	wake_all(&net->events);
}

static void fault(struct net_front *net)
{
	net->running = false;
	front_device_fault(&net->device);
}

/* The callers looked that there is room. */
static void put(struct net_ring *ring, const void *message, size_t size)
{
	int rc = pv_ring_put(&ring->ring, message, size);

	PV_ASSERT(!rc);
}

/* Sending. */

/* Frees the slots of what was sent. 0 or -XEN_EIO. */
static int reap_tx(struct net_front *net)
{
	struct netif_tx_response response;
	int rc;

	while ((rc = pv_ring_take(&net->tx.ring, &response, sizeof(response))) == 1) {
		rc = pv_ids_put(&net->tx.ids, response.id);
		if (rc)
			break;
		net->counters.tx_errors += response.status != NETIF_RSP_OKAY;
	}
	return rc;
}

int net_send(struct net_front *net, const void *frame, size_t len)
{
	struct netif_tx_request request = { .size = (uint16_t)len };
	uint32_t id;

	if (!net->running)
		return -XEN_ENODEV;
	if (len > NET_FRAME_MAX || len < NET_FRAME_MIN)
		return -XEN_EMSGSIZE;
	if (reap_tx(net)) {
		fault(net);
		return -XEN_ENODEV;
	}
	if (!pv_ring_room(&net->tx.ring) || pv_ids_get(&net->tx.ids, &id)) {
		net->counters.tx_dropped++;
		return -XEN_ENOSPC;
	}
	memcpy(net->tx_buffers[id].page, frame, len);
	request.id = (uint16_t)id;
	request.gref = net->tx_buffers[id].ref;
	put(&net->tx, &request, sizeof(request));
	if (pv_ring_push(&net->tx.ring))
		event_send(net->tx.port);
	net->counters.tx_packets++;
	net->counters.tx_bytes += len;
	return 0;
}

/* Receiving. */

static void post(struct net_front *net)
{
	uint32_t id;

	while (pv_ring_room(&net->rx.ring) && !pv_ids_get(&net->rx.ids, &id)) {
		struct netif_rx_request request = { .id = (uint16_t)id,
						    .gref = net->rx_buffers[id].ref };

		put(&net->rx, &request, sizeof(request));
	}
	if (pv_ring_push(&net->rx.ring))
		event_send(net->rx.port);
}

/* Length of the frame now in net->frame; 0: an error the backend owns up to; -XEN_EIO: a lie. */
static int take_frame(struct net_front *net, const struct netif_rx_response *response)
{
	if (pv_ids_put(&net->rx.ids, response->id) ||
	    response->flags & (NETRXF_more_data | NETRXF_extra_info | NETRXF_gso_prefix))
		return -XEN_EIO;
	if (response->status < (int)NET_FRAME_MIN) {
		net->counters.rx_errors++;
		return 0;
	}
	if (response->offset > PV_PAGE_SIZE ||
	    (uint32_t)response->status > PV_PAGE_SIZE - response->offset)
		return -XEN_EIO;
	pv_copy(net->frame, (uint8_t *)net->rx_buffers[response->id].page + response->offset,
		(size_t)response->status);
	net->counters.rx_packets++;
	net->counters.rx_bytes += (uint64_t)response->status;
	return response->status;
}

/*
 * One turn: no more than the ring holds, so that a flood leaves other threads their share. 1: there
 * is more. Slots are posted again as they are freed.
 */
static int receive_some(struct net_front *net, void (*receive)(void *, const void *, size_t),
			void *context)
{
	struct netif_rx_response response;

	for (unsigned int i = 0; i < NET_RX; i++) {
		int rc = pv_ring_take(&net->rx.ring, &response, sizeof(response));

		if (rc == 1) {
			rc = take_frame(net, &response);
			if (rc > 0)
				receive(context, net->frame, (size_t)rc);
			if (rc < 0)
				return rc;
			if (!net->running) /* receive() sent, and found the backend at fault */
				return 0;
			continue;
		}
		return rc;
	}
	return 1;
}

/* Before a sleep: both rings shall wake us. 1: no sleep, there is more. */
static int arm(struct net_front *net)
{
	int rc = pv_ring_sleep(&net->rx.ring, 1);

	if (!rc && pv_ring_in_flight(&net->tx.ring))
		rc = pv_ring_sleep(&net->tx.ring, 1);
	return rc;
}

bool net_poll(struct net_front *net, void (*receive)(void *context, const void *frame, size_t len),
	      void *context)
{
	int rc;

	if (!net->running)
		return false;
	rc = reap_tx(net);
	if (!rc)
		rc = receive_some(net, receive, context);
	if (!net->running)
		return false;
	if (rc >= 0)
		post(net);
	if (!rc)
		rc = arm(net);
	if (rc < 0)
		fault(net);
	return rc > 0;
}

/* What xenbus asks for. */

static int offer_ring(struct net_front *net, struct net_ring *ring, size_t entry)
{
	int rc;

	ring->page = pages_alloc(1);
	if (!ring->page)
		return -XEN_ENOMEM;
	rc = pv_front_init(&ring->ring, ring->page, PV_PAGE_SIZE, entry, 0);
	PV_ASSERT(!rc);
	rc = front_grant(&net->device, ring->page, false, &ring->ref);
	if (rc) {
		pages_free(ring->page, 1);
		ring->page = NULL;
	}
	return rc;
}

static int offer_buffers(struct net_front *net, struct net_buffer *buffers, uint32_t nr,
			 bool readonly)
{
	for (uint32_t i = 0; i < nr; i++) {
		void *page = pages_alloc(1);
		int rc =
		    page ? front_grant(&net->device, page, readonly, &buffers[i].ref) : -XEN_ENOMEM;

		if (rc) {
			if (page)
				pages_free(page, 1);
			return rc;
		}
		buffers[i].page = page;
	}
	return 0;
}

/* A channel for each ring, if the backend knows such: README.md says why. */
static int offer_ports(struct net_front *net)
{
	const struct front_device *device = &net->device;
	uint64_t split;
	int rc = front_read_number(device->backend, "feature-split-event-channels", 1, 0, &split);

	if (!rc)
		rc = event_open(device->peer, net_event, net, &net->tx.port);
	if (!rc && split)
		return event_open(device->peer, net_event, net, &net->rx.port);
	net->rx.port = net->tx.port;
	return rc;
}

static int offer(struct front_device *device)
{
	struct net_front *net = net_of(device);
	int rc = offer_ring(net, &net->rx, sizeof(union netif_rx_sring_entry));

	if (!rc)
		rc = offer_ring(net, &net->tx, sizeof(union netif_tx_sring_entry));
	if (!rc)
		rc = offer_buffers(net, net->rx_buffers, NET_RX, false);
	if (!rc)
		rc = offer_buffers(net, net->tx_buffers, NET_TX, true);
	if (rc)
		return rc;
	pv_ids_init(&net->rx.ids, net->rx_id_memory, NET_RX);
	pv_ids_init(&net->tx.ids, net->tx_id_memory, NET_TX);
	return offer_ports(net);
}

/* An earlier backend's may be there, and would be taken for what we offer. */
static int withdraw(struct front_device *device, uint32_t tx, const char *name)
{
	char path[XS_PATH_MAX];
	int rc = xs_join(path, device->node, name);

	if (!rc)
		rc = xs_remove(tx, path);
	return rc == -XEN_ENOENT ? 0 : rc;
}

static int publish_ports(struct front_device *device, uint32_t tx)
{
	static const char *const names[] = { "event-channel", "event-channel-tx",
					     "event-channel-rx" };
	const struct net_front *net = net_of(device);
	bool split = net->tx.port != net->rx.port;
	const evtchn_port_t ports[] = { split ? 0 : net->tx.port, split ? net->tx.port : 0,
					split ? net->rx.port : 0 };
	int rc = 0;

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]) && !rc; i++)
		rc = ports[i] ? front_write_number(device, tx, names[i], ports[i])
			      : withdraw(device, tx, names[i]);
	return rc;
}

static int publish(struct front_device *device, uint32_t tx)
{
	const struct net_front *net = net_of(device);
	const struct {
		const char *name;
		uint32_t value;
	} keys[] = {
		{ "tx-ring-ref", net->tx.ref },	    { "rx-ring-ref", net->rx.ref },
		{ "request-rx-copy", 1 },	    { "feature-rx-notify", 1 },
		{ "feature-no-csum-offload", 1 },   { "feature-ipv6-csum-offload", 0 },
		{ "feature-sg", 0 },		    { "feature-gso-tcpv4", 0 },
		{ "feature-gso-tcpv6", 0 },
	};
	int rc = publish_ports(device, tx);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !rc; i++)
		rc = front_write_number(device, tx, keys[i].name, keys[i].value);
	return rc;
}

/* The state is told before: some backends map the rings only then, and look at what is posted. */
static void connected(struct front_device *device)
{
	struct net_front *net = net_of(device);

	net->running = true;
	post(net);
	wake_all(&net->events);
}

static void quiesce(struct front_device *device)
{
	net_of(device)->running = false;
}

static void drop_buffers(struct net_buffer *buffers, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++) {
		if (buffers[i].page)
			front_ungrant(buffers[i].page, buffers[i].ref);
		buffers[i].page = NULL;
	}
}

static void drop_ring(struct net_ring *ring)
{
	if (ring->page)
		front_ungrant(ring->page, ring->ref);
	ring->page = NULL;
}

static void release(struct front_device *device)
{
	struct net_front *net = net_of(device);

	net->running = false;
	if (net->rx.port && net->rx.port != net->tx.port)
		event_close(net->rx.port);
	if (net->tx.port)
		event_close(net->tx.port);
	net->rx.port = net->tx.port = 0;
	drop_ring(&net->rx);
	drop_ring(&net->tx);
	drop_buffers(net->rx_buffers, NET_RX);
	drop_buffers(net->tx_buffers, NET_TX);
}

static void dead(struct front_device *device, int error)
{
	(void)error;
	wake_all(&net_of(device)->events);
}

static const struct front_class net_class = {
	.kind = "vif",
	.half = PV_FRONT_FIRST,
	.nr_grants = 2 * (NET_RX + NET_TX + 2),
	.offer = offer,
	.publish = publish,
	.connected = connected,
	.quiesce = quiesce,
	.release = release,
	.dead = dead,
};

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_mac(const char *text, uint8_t mac[6])
{
	for (unsigned int i = 0; i < 6; i++, text += 3) {
		int high = hex(text[0]), low = high < 0 ? -1 : hex(text[1]);

		if (low < 0 || text[2] != (i < 5 ? ':' : 0))
			return -XEN_EINVAL;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	return mac[0] & 1 ? -XEN_EINVAL : 0;
}

int net_init(struct net_front *net, uint32_t id)
{
	char path[XS_PATH_MAX], text[20];
	int rc;

	memset(net, 0, sizeof(*net));
	rc = front_device_init(&net->device, &net_class, id);
	if (!rc)
		rc = xs_join(path, net->device.node, "mac");
	if (!rc)
		rc = xs_read(XS_NO_TX, path, text, sizeof(text));
	return rc < 0 ? rc : parse_mac(text, net->mac);
}
