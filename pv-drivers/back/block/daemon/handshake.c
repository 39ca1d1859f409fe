/* SPDX-License-Identifier: MIT */
/*
 * The beginning of an NBD connection (fixed newstyle): the greeting, our flags, NBD_OPT_GO, and its
 * answers, of which the one that tells the export's size and flags is kept.
 */
#include "disk.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define MAGIC_INIT    0x4e42444d41474943ull /* NBDMAGIC */
#define MAGIC_OPTION  0x49484156454f5054ull /* IHAVEOPT */
#define MAGIC_REPLY   0x0003e889045565a9ull
#define OPTION_GO     7u
#define REPLY_ACK     1u
#define REPLY_INFO    3u
#define EXPORT_NAME   "disk"
#define FLAGS_FIXED   1u
#define FLAGS_NOZEROS 2u

enum { GREETING, REPLY_HEAD, REPLY_DATA };

struct reply_head {
	uint64_t magic;
	uint32_t option, type, length;
} __attribute__((packed));

void handshake_start(struct handshake *h)
{
	memset(h, 0, sizeof(*h));
	h->stage = GREETING;
	h->want = 18;
}

static int send_option(int fd)
{
	struct {
		uint32_t flags;
		uint64_t magic;
		uint32_t option, length, name_length;
		char name[sizeof(EXPORT_NAME) - 1];
		uint16_t nr_infos;
	} __attribute__((packed)) go = {
		.flags = htobe32(FLAGS_FIXED | FLAGS_NOZEROS),
		.magic = htobe64(MAGIC_OPTION),
		.option = htobe32(OPTION_GO),
		.length = htobe32(4 + sizeof(EXPORT_NAME) - 1 + 2),
		.name_length = htobe32(sizeof(EXPORT_NAME) - 1),
	};

	memcpy(go.name, EXPORT_NAME, sizeof(go.name));
	return send(fd, &go, sizeof(go), MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(go) ? 0 : -EPIPE;
}

static int greeted(struct handshake *h, int fd)
{
	uint64_t magic[2];

	memcpy(magic, h->buffer, sizeof(magic));
	if (be64toh(magic[0]) != MAGIC_INIT || be64toh(magic[1]) != MAGIC_OPTION ||
	    !(h->buffer[17] & FLAGS_FIXED))
		return -EPROTO;
	h->stage = REPLY_HEAD;
	h->want = sizeof(struct reply_head);
	return send_option(fd);
}

static int replied(struct handshake *h)
{
	struct reply_head head;
	uint32_t length;

	memcpy(&head, h->buffer, sizeof(head));
	length = be32toh(head.length);
	h->reply_type = be32toh(head.type);
	if (be64toh(head.magic) != MAGIC_REPLY || length > sizeof(h->buffer))
		return -EPROTO;
	if (h->reply_type == REPLY_ACK)
		return h->size ? 1 : -EPROTO;
	if (h->reply_type & 1u << 31)
		return -ENOENT;
	h->stage = length ? REPLY_DATA : REPLY_HEAD;
	h->want = length ? length : (uint32_t)sizeof(head);
	return 0;
}

static int told(struct handshake *h)
{
	uint64_t size;

	/* NBD_INFO_EXPORT: type 0, size, flags. */
	if (h->reply_type == REPLY_INFO && h->want >= 12 && !h->buffer[0] && !h->buffer[1]) {
		memcpy(&size, h->buffer + 2, sizeof(size));
		h->size = be64toh(size);
		h->flags = (uint16_t)(h->buffer[10] << 8 | h->buffer[11]);
	}
	h->stage = REPLY_HEAD;
	h->want = sizeof(struct reply_head);
	return 0;
}

int handshake_go_on(struct handshake *h, int fd)
{
	int rc = 0;

	while (!rc) {
		ssize_t got = recv(fd, h->buffer + h->got, h->want - h->got, MSG_DONTWAIT);

		if (got < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		if (!got)
			return -ECONNRESET;
		h->got += (uint32_t)got;
		if (h->got < h->want)
			continue;
		h->got = 0;
		rc = h->stage == GREETING     ? greeted(h, fd)
		     : h->stage == REPLY_HEAD ? replied(h)
					      : told(h);
	}
	return rc;
}
