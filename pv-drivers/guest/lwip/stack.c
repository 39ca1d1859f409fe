/* SPDX-License-Identifier: MIT */
/* lwIP's lower end: frames to and from the net frontend, time, and a thread that moves both. */
#include "stack.h"

#include "kit.h"
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

static struct net_front card;
static struct netif interface;
static struct wait_queue configured;

#define MAX_WAITING 12
static struct pbuf *waiting[MAX_WAITING]; /* to be sent */
static unsigned int nr_waiting;

uint32_t sys_now(void)
{
	return (uint32_t)(time_now() / TIME_MS);
}

/* For port numbers and the like; no secrets come from here. */
uint32_t stack_random(void)
{
	static uint64_t state;

	state = (state ^ time_now()) * 0x9e3779b97f4a7c15u + 1;
	return (uint32_t)(state >> 32);
}

int stack_number(const char *text)
{
	int number = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		number = number * 10 + (*text - '0');
	return number;
}

static int send_now(struct pbuf *packet)
{
	static uint8_t frame[NET_FRAME_MAX];

	pbuf_copy_partial(packet, frame, packet->tot_len, 0);
	return net_send(&card, frame, packet->tot_len);
}

/*
 * What waited for room in the ring; what cannot be sent for another reason is lost, as packets are.
 */
static void send_waiting(void)
{
	while (nr_waiting) {
		struct pbuf *packet = waiting[0];

		if (send_now(packet) == -XEN_ENOSPC)
			return;
		pbuf_free(packet);
		nr_waiting--;
		memmove(&waiting[0], &waiting[1], nr_waiting * sizeof(waiting[0]));
	}
}

/* A backend that is slow to answer fills the ring; frames then wait, so many and no more. */
static err_t send_frame(struct netif *netif, struct pbuf *packet)
{
	struct pbuf *copy;
	int rc;

	(void)netif;
	if (packet->tot_len > NET_FRAME_MAX)
		return ERR_IF;
	send_waiting();
	rc = nr_waiting ? -XEN_ENOSPC : send_now(packet);
	if (rc != -XEN_ENOSPC)
		return rc ? ERR_IF : ERR_OK;
	if (nr_waiting == MAX_WAITING)
		return ERR_MEM;
	copy = pbuf_clone(PBUF_RAW, PBUF_RAM, packet);
	if (!copy)
		return ERR_MEM;
	waiting[nr_waiting++] = copy;
	return ERR_OK;
}

/* A frame there is no memory for is a lost one. */
static void receive_frame(void *context, const void *frame, size_t len)
{
	struct pbuf *packet;

	(void)context;
	if (len > NET_FRAME_MAX + 4)
		return;
	packet = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_POOL);
	if (!packet)
		return;
	pbuf_take(packet, frame, (u16_t)len);
	if (interface.input(packet, &interface) != ERR_OK)
		pbuf_free(packet);
}

static err_t set_up(struct netif *netif)
{
	netif->name[0] = 'e';
	netif->name[1] = 'n';
	netif->mtu = 1500;
	netif->hwaddr_len = 6;
	memcpy(netif->hwaddr, card.mac, 6);
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
	netif->output = etharp_output;
	netif->linkoutput = send_frame;
	return ERR_OK;
}

/* The link is up while the frontend is connected: DHCP asks again after a backend came back. */
static void follow_link(void)
{
	bool up = front_device_is_connected(&card.device);

	if (up && !netif_is_link_up(&interface))
		netif_set_link_up(&interface);
	else if (!up && netif_is_link_up(&interface))
		netif_set_link_down(&interface);
}

static void run_stack(void *unused)
{
	(void)unused;
	for (;;) {
		uint32_t pause;
		bool more;

		follow_link();
		more = net_poll(&card, receive_frame, NULL);
		send_waiting();
		sys_check_timeouts();
		pause = sys_timeouts_sleeptime();
		if (more)
			thread_yield();
		else
			(void)wait_on(&card.events,
				      time_now() + (pause < 1000 ? pause : 1000) * TIME_MS);
	}
}

static void told(struct netif *netif)
{
	(void)netif;
	wake_all(&configured);
}

/* ip=A.B.C.D/BITS. False: no such option. */
static int fixed_address(ip4_addr_t *address, ip4_addr_t *mask, ip4_addr_t *gateway)
{
	char text[24];
	uint32_t bits = 24;

	ip4_addr_set_zero(gateway);
	if (!option("ip", text, sizeof(text)))
		return 0;
	for (char *at = text; *at; at++)
		if (*at == '/') {
			*at = 0;
			bits = (uint32_t)stack_number(at + 1);
		}
	if (!ip4addr_aton(text, address) || !bits || bits > 32)
		return -XEN_EINVAL;
	ip4_addr_set_u32(mask, lwip_htonl((uint32_t)(0xffffffff00000000u >> bits)));
	if (option("gw", text, sizeof(text)) && !ip4addr_aton(text, gateway))
		return -XEN_EINVAL;
	return 1;
}

static int add_interface(void)
{
	ip4_addr_t address, mask, gateway;
	int fixed = fixed_address(&address, &mask, &gateway);

	if (fixed < 0)
		return fixed;
	lwip_init();
	if (!netif_add(&interface, fixed ? &address : NULL, fixed ? &mask : NULL,
		       fixed ? &gateway : NULL, NULL, set_up, ethernet_input))
		return -XEN_ENOMEM;
	netif_set_default(&interface);
	netif_set_status_callback(&interface, told);
	netif_set_up(&interface);
	if (!fixed && dhcp_start(&interface) != ERR_OK)
		return -XEN_ENOMEM;
	return 0;
}

int stack_start(uint64_t deadline)
{
	uint32_t id;
	int rc = front_device_find("vif", 0, &id);

	if (!rc)
		rc = net_init(&card, id);
	if (!rc)
		rc = device_start(&card.device);
	if (!rc)
		rc = add_interface();
	if (!rc && !thread_start("network", run_stack, NULL))
		rc = -XEN_ENOMEM;
	if (!rc)
		rc = front_device_wait_connected(&card.device, deadline);
	wake_all(&card.events);
	while (!rc && ip4_addr_isany_val(*netif_ip4_addr(&interface)))
		rc = wait_on(&configured, deadline);
	if (!rc)
		printf("network: %s, %02x:%02x:%02x:%02x:%02x:%02x\n",
		       ip4addr_ntoa(netif_ip4_addr(&interface)), card.mac[0], card.mac[1],
		       card.mac[2], card.mac[3], card.mac[4], card.mac[5]);
	return rc;
}

const struct net_front *stack_card(void)
{
	return &card;
}
