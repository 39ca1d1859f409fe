/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/net/worker/packet.c pv-drivers/back/net/worker/bucket.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ipv-drivers/back
/*
 * Headers and checksums of packets, all cuts and all single-byte changes of good ones, and the rate
 * limit.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "net/worker/bucket.h"
#include "net/worker/packet.h"

/* UDP from 10.0.0.1:1 to 10.0.0.2:2, "hello". */
static const uint8_t udp4[] = {
	1, 2, 3,  4, 5, 6, 1,  2, 3, 4, 5, 7, 8, 0, 0x45, 0,  0, 33, 0,	  0,   0,   0,	 64,  17,
	0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 1, 0, 2, 0,	  13, 0, 0,  'h', 'e', 'l', 'l', 'o',
};

/* TCP over IPv6 behind a VLAN tag and two extension headers. */
static const uint8_t tcp6[] = {
	1,
	2,
	3,
	4,
	5,
	6,
	1,
	2,
	3,
	4,
	5,
	7,
	0x81,
	0,
	0,
	9,
	0x86,
	0xdd,
	/* 18: IPv6, 40 bytes of payload */
	0x60,
	0,
	0,
	0,
	0,
	40,
	0,
	64,
	0xfe,
	0x80,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	1,
	0xfe,
	0x80,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	2,
	/* 58: hop by hop, then destination options */
	60,
	0,
	1,
	4,
	0,
	0,
	0,
	0,
	6,
	0,
	1,
	4,
	0,
	0,
	0,
	0,
	/* 74: TCP */
	0,
	1,
	0,
	2,
	0,
	0,
	0,
	1,
	0,
	0,
	0,
	2,
	0x50,
	0x10,
	1,
	0,
	0,
	0,
	0,
	0,
	'd',
	'a',
	't',
	'a',
};

static uint16_t word(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void headers(void **state)
{
	struct packet packet;

	assert_int_equal(packet_look(udp4, sizeof(udp4), &packet), 0);
	assert_false(packet.v6 || packet.tcp);
	assert_int_equal(packet.network, 14);
	assert_int_equal(packet.transport, 34);
	assert_int_equal(packet.bytes, 13);
	assert_int_equal(packet.header, 42);
	assert_int_equal(packet_look(tcp6, sizeof(tcp6), &packet), 0);
	assert_true(packet.v6 && packet.tcp);
	assert_int_equal(packet.transport, 74);
	assert_int_equal(packet.bytes, 24);
	assert_int_equal(packet.header, 94);
}

static void fragments_and_others(void **state)
{
	struct packet packet;
	uint8_t bytes[sizeof(tcp6)];

	memcpy(bytes, udp4, sizeof(udp4));
	bytes[20] = 0x20; /* more fragments */
	assert_int_equal(packet_look(bytes, sizeof(udp4), &packet), -EPROTONOSUPPORT);
	bytes[20] = 0;
	bytes[21] = 1; /* not the first */
	assert_int_equal(packet_look(bytes, sizeof(udp4), &packet), -EPROTONOSUPPORT);
	bytes[21] = 0;
	bytes[23] = 1; /* ICMP */
	assert_int_equal(packet_look(bytes, sizeof(udp4), &packet), -EPROTONOSUPPORT);
	memcpy(bytes, tcp6, sizeof(tcp6));
	bytes[24] = 44; /* a fragment's header */
	assert_int_equal(packet_look(bytes, sizeof(tcp6), &packet), -EPROTONOSUPPORT);
	bytes[24] = 60;
	bytes[59] = 200; /* longer than all there is */
	assert_int_equal(packet_look(bytes, sizeof(tcp6), &packet), -EBADMSG);
}

/* In exactly sized memory, for the sanitizer; whatever is accepted can be summed. */
static void try_bytes(const uint8_t *from, uint32_t length, uint32_t change, uint8_t value)
{
	uint8_t *bytes = malloc(length ? length : 1);
	struct packet packet;

	memcpy(bytes, from, length);
	if (change < length)
		bytes[change] = value;
	if (!packet_look(bytes, length, &packet)) {
		assert_true(packet.transport + packet.bytes <= length);
		assert_true(packet.header <= length);
		packet_begin_sum(bytes, &packet);
		assert_int_equal(
		    packet_finish_sum(bytes, length, packet.transport, packet_sum_offset(&packet)),
		    0);
	}
	free(bytes);
}

static void cut_and_changed(void **state)
{
	for (uint32_t length = 0; length <= sizeof(udp4); length++)
		try_bytes(udp4, length, UINT32_MAX, 0);
	for (uint32_t length = 0; length <= sizeof(tcp6); length++)
		try_bytes(tcp6, length, UINT32_MAX, 0);
	for (uint32_t at = 0; at < sizeof(tcp6); at++)
		for (unsigned int value = 0; value < 256; value++)
			try_bytes(tcp6, sizeof(tcp6), at, (uint8_t)value);
	for (uint32_t at = 0; at < sizeof(udp4); at++)
		for (unsigned int value = 0; value < 256; value++)
			try_bytes(udp4, sizeof(udp4), at, (uint8_t)value);
}

static void sums(void **state)
{
	uint8_t bytes[sizeof(udp4)];
	struct packet packet;
	uint32_t total;

	memcpy(bytes, udp4, sizeof(udp4));
	assert_int_equal(packet_look(bytes, sizeof(bytes), &packet), 0);
	packet_begin_sum(bytes, &packet);
	assert_int_equal(word(bytes + 40), 0x0a00 + 1 + 0x0a00 + 2 + 17 + 13);
	assert_int_equal(packet_finish_sum(bytes, sizeof(bytes), 34, 6), 0);
	total = 0x0a00 + 1 + 0x0a00 + 2 + 17 + 13;
	for (uint32_t i = 34; i < sizeof(bytes); i += 2)
		total += (uint32_t)bytes[i] << 8 | (i + 1 < sizeof(bytes) ? bytes[i + 1] : 0);
	total = (total & 0xffff) + (total >> 16);
	assert_int_equal(total, 0xffff);
	assert_int_equal(packet_finish_sum(bytes, sizeof(bytes), 46, 0), -EBADMSG);
	assert_int_equal(packet_finish_sum(bytes, sizeof(bytes), 34, 12), -EBADMSG);
	assert_int_equal(packet_finish_sum(bytes, sizeof(bytes), 60, 0), -EBADMSG);
	assert_int_equal(packet_finish_sum(bytes, sizeof(bytes), 0, UINT32_MAX), -EBADMSG);
}

/* Sends packets of a size whenever it may, for a while; how many bytes. */
static uint64_t flood(uint64_t bytes, uint32_t us, uint32_t size, uint64_t duration_us)
{
	struct bucket bucket;
	uint64_t sent = 0, now = 12345;

	bucket_init(&bucket, bytes, us, now);
	while (now < 12345 + duration_us) {
		if (bucket_open(&bucket, now)) {
			bucket_spend(&bucket, size);
			sent += size;
		} else {
			uint32_t wait = bucket_wait_ms(&bucket);

			assert_in_range(wait, 1, 60000);
			now += wait * 1000ull;
		}
	}
	return sent;
}

static void rates(void **state)
{
	static const struct {
		uint64_t bytes;
		uint32_t us, size;
	} rows[] = {
		{ 125000, 50000, 1514 },	{ 125000, 50000, 65535 }, { 1000, 1000000, 1514 },
		{ 1ull << 30, 1000000, 65535 }, { 12, 1, 9000 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t us = 100000000, burst = rows[i].bytes > 131072 ? rows[i].bytes : 131072;
		uint64_t fair = rows[i].bytes * us / rows[i].us;
		uint64_t sent = flood(rows[i].bytes, rows[i].us, rows[i].size, us);

		assert_in_range(sent, fair - fair / 50, fair + burst + rows[i].size);
	}
}

static void no_rate_and_extremes(void **state)
{
	struct bucket bucket;

	bucket_init(&bucket, 0, 0, 5);
	for (int i = 0; i < 1000; i++) {
		assert_true(bucket_open(&bucket, 5));
		bucket_spend(&bucket, 65535);
	}
	bucket_init(&bucket, 1ull << 38, 10000000, 0);
	assert_true(bucket_open(&bucket, UINT64_MAX / 2));
	bucket_spend(&bucket, 65535);
	assert_true(bucket_open(&bucket, UINT64_MAX));
	bucket_init(&bucket, 1, 10000000, 0);
	for (int i = 0; i < 10; i++)
		bucket_spend(&bucket, 65535);
	assert_false(bucket_open(&bucket, 1));
	assert_int_equal(bucket_wait_ms(&bucket), 60000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),	   cmocka_unit_test(fragments_and_others),
		cmocka_unit_test(cut_and_changed), cmocka_unit_test(sums),
		cmocka_unit_test(rates),	   cmocka_unit_test(no_rate_and_extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
