/* SPDX-License-Identifier: MIT */
/* Headers and checksums: see packet.h. */
#include "packet.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>

#define TYPE_IPV4     0x0800
#define TYPE_IPV6     0x86dd
#define TYPE_VLAN     0x8100
#define TYPE_PROVIDER 0x88a8
#define MOST_TAGS     2
#define MOST_HEADERS  8 /* of IPv6, before TCP or UDP */

static uint16_t word(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put_word(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t sum(const uint8_t *at, uint32_t length, uint32_t from)
{
	uint64_t total = from;

	for (; length > 1; at += 2, length -= 2)
		total += word(at);
	if (length)
		total += (uint32_t)at[0] << 8;
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint32_t)total;
}

static int look_transport(const uint8_t *bytes, struct packet *packet, uint8_t protocol)
{
	const uint8_t *at = bytes + packet->transport;
	uint32_t header = 8;

	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		return -EPROTONOSUPPORT;
	packet->tcp = protocol == IPPROTO_TCP;
	if (packet->tcp) {
		if (packet->bytes < 20)
			return -EBADMSG;
		header = (uint32_t)(at[12] >> 4) * 4;
	}
	if (packet->bytes < header || (packet->tcp && header < 20))
		return -EBADMSG;
	packet->header = (uint16_t)(packet->transport + header);
	return 0;
}

static int look_v4(const uint8_t *bytes, uint32_t length, struct packet *packet)
{
	const uint8_t *at = bytes + packet->network;
	uint32_t left = length - packet->network, header, total;

	if (left < 20 || at[0] >> 4 != 4)
		return -EBADMSG;
	header = (at[0] & 15u) * 4;
	total = word(at + 2);
	if (header < 20 || total < header || total > left)
		return -EBADMSG;
	if (word(at + 6) & 0x3fff) /* more fragments, or not the first */
		return -EPROTONOSUPPORT;
	packet->transport = (uint16_t)(packet->network + header);
	packet->bytes = (uint16_t)(total - header);
	return look_transport(bytes, packet, at[9]);
}

static int look_v6(const uint8_t *bytes, uint32_t length, struct packet *packet)
{
	const uint8_t *at = bytes + packet->network;
	uint32_t left = length - packet->network, passed = 0, payload;
	uint8_t next;

	if (left < 40 || at[0] >> 4 != 6)
		return -EBADMSG;
	payload = word(at + 4);
	next = at[6];
	at += 40;
	if (payload > left - 40)
		return -EBADMSG;
	for (unsigned int i = 0; i < MOST_HEADERS; i++) {
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS)
			break;
		if (payload - passed < 8)
			return -EBADMSG;
		next = at[passed];
		passed += (at[passed + 1] + 1u) * 8;
		if (passed > payload)
			return -EBADMSG;
	}
	packet->v6 = true;
	packet->transport = (uint16_t)(packet->network + 40 + passed);
	packet->bytes = (uint16_t)(payload - passed);
	return look_transport(bytes, packet, next);
}

int packet_look(const uint8_t *bytes, uint32_t length, struct packet *packet)
{
	uint32_t at = PACKET_ETHERNET;
	uint16_t type;

	*packet = (struct packet){ 0 };
	if (length < at || length > PACKET_MAX)
		return -EBADMSG;
	type = word(bytes + 12);
	for (int i = 0; i < MOST_TAGS && (type == TYPE_VLAN || type == TYPE_PROVIDER); i++) {
		if (length < at + 4)
			return -EBADMSG;
		type = word(bytes + at + 2);
		at += 4;
	}
	packet->network = (uint16_t)at;
	if (type == TYPE_IPV4)
		return look_v4(bytes, length, packet);
	return type == TYPE_IPV6 ? look_v6(bytes, length, packet) : -EPROTONOSUPPORT;
}

void packet_begin_sum(uint8_t *bytes, const struct packet *packet)
{
	const uint8_t *addresses = bytes + packet->network + (packet->v6 ? 8 : 12);
	uint32_t from = packet->bytes + (packet->tcp ? IPPROTO_TCP : IPPROTO_UDP);

	put_word(bytes + packet->transport + packet_sum_offset(packet),
		 (uint16_t)sum(addresses, packet->v6 ? 32 : 8, from));
}

int packet_finish_sum(uint8_t *bytes, uint32_t length, uint32_t start, uint32_t offset)
{
	uint16_t value;

	if (start > length || offset > length - start || length - start - offset < 2)
		return -EBADMSG;
	value = (uint16_t)~sum(bytes + start, length - start, 0);
	/* 0 would say "no checksum" in UDP, and is the same number in all others. */
	put_word(bytes + start + offset, value ? value : 0xffff);
	return 0;
}
