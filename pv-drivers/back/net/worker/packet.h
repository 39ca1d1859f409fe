/* SPDX-License-Identifier: MIT */
/*
 * What is in an Ethernet packet, as far as a checksum needs it. The bytes are private by now, and
 * any bytes: every length in them is checked against what is there.
 */
#ifndef NET_PACKET_H
#define NET_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#define PACKET_MAX	65535u
#define PACKET_ETHERNET 14u

/* A TCP or UDP packet, whole, of IPv4 or IPv6. */
struct packet {
	bool v6, tcp;
	uint16_t network, transport; /* where the headers are */
	uint16_t bytes;		     /* of transport's header and data, as the network's says */
	uint16_t header;	     /* bytes up to the data */
};

/*
 * -EPROTONOSUPPORT: not such a packet (other protocols, fragments). -EBADMSG: its lengths
 * contradict each other.
 */
int packet_look(const uint8_t *bytes, uint32_t length, struct packet *packet);

/* Where the checksum is, from transport on. */
static inline uint16_t packet_sum_offset(const struct packet *packet)
{
	return packet->tcp ? 16 : 6;
}

/* Sets the checksum to the pseudo header's sum: what who completes it begins with. */
void packet_begin_sum(uint8_t *bytes, const struct packet *packet);

/*
 * Completes a checksum at start + offset over all from start on, where its beginning is.
 * -EBADMSG: that is not within length.
 */
int packet_finish_sum(uint8_t *bytes, uint32_t length, uint32_t start, uint32_t offset);

#endif
