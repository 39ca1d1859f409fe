/* SPDX-License-Identifier: MIT */
/*
 * A disk that is an NBD server's, over a connected socket: an image whose format
 * qemu-storage-daemon knows. serai-backd has shaken hands; what is left are requests and simple
 * replies.
 *
 * Requests are sent one after the other and answered in any order, by a handle that must be that of
 * a request sent and not answered. When the connection ends, or the server talks nonsense, the disk
 * is lost: its requests stay in the journal and serai-backd connects it anew. write_log.c tells what
 * becomes of those that were answered.
 */
#include "disk.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define REQUEST_MAGIC 0x25609513u
#define REPLY_MAGIC   0x67446698u
#define MAX_TRIM      (1u << 30)
#define OWN_HANDLE    UINT64_MAX

enum nbd_command { NBD_READ = 0, NBD_WRITE = 1, NBD_FLUSH = 3, NBD_TRIM = 4 };

struct nbd_request {
	uint32_t magic;
	uint16_t flags, type;
	uint64_t handle, offset;
	uint32_t length;
} __attribute__((packed));

struct nbd_reply {
	uint32_t magic, error;
	uint64_t handle;
} __attribute__((packed));

struct nbd {
	struct request_list queue; /* to be sent; the first may be half sent */
	struct nbd_request head;
	uint32_t head_sent; /* of the first */
	uint64_t data_sent;
	struct nbd_reply reply;
	uint32_t reply_got;
	struct request *reading; /* a read's data follows its reply */
	uint64_t data_got;
	bool wants_out;
	struct request own; /* the log's; of no queue */
};

static uint64_t handle_of(const struct request *r)
{
	if (!r->queue)
		return OWN_HANDLE;
	return (uint64_t)(r->queue - r->queue->disk->queue) << 32 |
	       (uint32_t)(r - r->queue->requests);
}

static struct request *request_of(struct disk *disk, uint64_t handle)
{
	uint64_t queue = handle >> 32, number = handle & UINT32_MAX;
	struct request *r;

	if (handle == OWN_HANDLE)
		return disk->nbd->own.sent ? &disk->nbd->own : NULL;
	if (queue >= disk->nr_queues || number >= disk->queue[queue].ring.nr_slots)
		return NULL;
	r = &disk->queue[queue].requests[number];
	return r->sent ? r : NULL;
}

static void abandon(struct request *r)
{
	if (r->sending || r->sent)
		request_finish(r, -EIO);
	r->sending = r->sent = r->logged = false;
	if (r->queue)
		memory_release(r);
}

/* Everything under way is abandoned, to be done again by the next connection. */
static void lose(struct disk *disk)
{
	enum block_news news = BLOCK_SERVER_LOST;

	if (disk->lost)
		return;
	disk->lost = true;
	back_poll_fd(disk->link, disk->fd, 0);
	STAILQ_INIT(&disk->nbd->queue);
	for (uint32_t q = 0; q < disk->nr_queues; q++)
		for (uint32_t i = 0; i < disk->queue[q].ring.nr_slots; i++)
			abandon(&disk->queue[q].requests[i]);
	disk->nbd->own.sending = disk->nbd->own.sent = false;
	disk->replaying = false;
	disk->in_flight = 0;
	STAILQ_INIT(&disk->waiting);
	copies_drop(disk);
	back_tell(disk->link, &news, sizeof(news));
	back_again(disk->link);
}

/* --- sending --------------------------------------------------------------------------------- */

static uint32_t part_length(const struct request *r)
{
	uint64_t left = r->length - r->done;

	return (uint32_t)(left > MAX_TRIM ? MAX_TRIM : left);
}

static void fill_head(struct nbd *nbd, const struct request *r)
{
	static const uint16_t types[] = {
		[BLKIF_OP_READ] = NBD_READ,
		[BLKIF_OP_WRITE] = NBD_WRITE,
		[BLKIF_OP_FLUSH_DISKCACHE] = NBD_FLUSH,
		[BLKIF_OP_DISCARD] = NBD_TRIM,
	};

	nbd->head = (struct nbd_request){
		.magic = htobe32(REQUEST_MAGIC),
		.type = htobe16(types[r->operation]),
		.handle = htobe64(handle_of(r)),
		.offset = htobe64(r->offset + r->done),
		.length = htobe32(part_length(r)),
	};
}

/* What of the first request is still to be sent: head and, of a write, data. */
static uint32_t pieces_left(struct nbd *nbd, struct request *r, struct iovec *pieces)
{
	uint64_t skip = nbd->data_sent;
	uint32_t nr = 0;

	if (nbd->head_sent < sizeof(nbd->head)) {
		pieces[nr].iov_base = (uint8_t *)&nbd->head + nbd->head_sent;
		pieces[nr++].iov_len = sizeof(nbd->head) - nbd->head_sent;
	}
	for (uint32_t i = 0; r->operation == BLKIF_OP_WRITE && i < r->nr_vec; i++) {
		if (skip >= r->vec[i].iov_len) {
			skip -= r->vec[i].iov_len;
			continue;
		}
		pieces[nr].iov_base = (uint8_t *)r->vec[i].iov_base + skip;
		pieces[nr++].iov_len = r->vec[i].iov_len - skip;
		skip = 0;
	}
	return nr;
}

static void want_out(struct disk *disk, bool wants)
{
	if (disk->nbd->wants_out != wants)
		back_poll_fd(disk->link, disk->fd, EPOLLIN | (wants ? EPOLLOUT : 0));
	disk->nbd->wants_out = wants;
}

/* Sends some of the first request. False: no more now. */
static bool send_some(struct disk *disk, struct request *r)
{
	struct iovec pieces[MAX_SEGMENTS + 1];
	struct nbd *nbd = disk->nbd;
	struct msghdr head = { .msg_iov = pieces };
	uint32_t of_head;
	ssize_t sent;

	if (!nbd->head_sent)
		fill_head(nbd, r);
	head.msg_iovlen = pieces_left(nbd, r, pieces);
	sent = sendmsg(disk->fd, &head, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0) {
		if (errno == EAGAIN || errno == EINTR)
			want_out(disk, true);
		else
			lose(disk);
		return false;
	}
	of_head = (uint32_t)(sizeof(nbd->head) - nbd->head_sent);
	if ((size_t)sent < of_head)
		of_head = (uint32_t)sent;
	nbd->head_sent += of_head;
	nbd->data_sent += (uint64_t)sent - of_head;
	if (pieces_left(nbd, r, pieces))
		return true;
	STAILQ_REMOVE_HEAD(&nbd->queue, next);
	r->sending = false;
	r->sent = true;
	nbd->head_sent = 0;
	nbd->data_sent = 0;
	return true;
}

static void send_all(struct disk *disk)
{
	struct request *r;

	while (!disk->lost && (r = STAILQ_FIRST(&disk->nbd->queue)))
		if (!send_some(disk, r))
			return;
	if (!disk->lost)
		want_out(disk, false);
}

/* Replies are to whole requests: an NBD server does not do half of one. */
void nbd_send(struct disk *disk, struct request *r)
{
	r->sending = true;
	STAILQ_INSERT_TAIL(&disk->nbd->queue, r, next);
	if (!disk->nbd->wants_out)
		send_all(disk);
}

static int nbd_begin(struct disk *disk, struct request *r)
{
	int rc = disk->lost ? 0 : log_before(disk, r);

	if (!rc && !disk->lost)
		nbd_send(disk, r);
	return rc;
}

struct request *nbd_own_request(struct disk *disk)
{
	return &disk->nbd->own;
}

bool nbd_own_busy(struct disk *disk)
{
	return disk->nbd->own.sending || disk->nbd->own.sent;
}

const struct target nbd_target = { .begin = nbd_begin };

/* --- receiving ------------------------------------------------------------------------------- */

/* > 0: bytes. 0: none now, or the disk is lost. */
static size_t receive(struct disk *disk, void *to, size_t bytes)
{
	ssize_t got = recv(disk->fd, to, bytes, MSG_DONTWAIT);

	if (got > 0)
		return (size_t)got;
	if (!got || (errno != EAGAIN && errno != EINTR))
		lose(disk);
	return 0;
}

static void end(struct disk *disk, struct request *r, int64_t result)
{
	r->sent = false;
	if (!r->queue) {
		log_own_ended(disk, r, result);
		return;
	}
	log_after(disk, r, result);
	request_finish(r, result);
}

/* Data of a read, into the piece it is for. False: no more now. */
static bool receive_data(struct disk *disk)
{
	struct nbd *nbd = disk->nbd;
	struct request *r = nbd->reading;
	uint64_t skip = nbd->data_got;
	uint32_t i = 0;
	size_t got;

	for (; skip >= r->vec[i].iov_len; i++)
		skip -= r->vec[i].iov_len;
	got = receive(disk, (uint8_t *)r->vec[i].iov_base + skip, r->vec[i].iov_len - skip);
	if (!got)
		return false;
	nbd->data_got += got;
	if (nbd->data_got == r->length) {
		nbd->reading = NULL;
		end(disk, r, (int64_t)r->length);
	}
	return true;
}

static int error_of(uint32_t error)
{
	return error == ENOTSUP || error == EINVAL ? -EOPNOTSUPP : -EIO;
}

static void handle_reply(struct disk *disk)
{
	struct nbd *nbd = disk->nbd;
	struct request *r = request_of(disk, be64toh(nbd->reply.handle));
	uint32_t error = be32toh(nbd->reply.error);

	if (be32toh(nbd->reply.magic) != REPLY_MAGIC || !r || r == nbd->reading) {
		lose(disk);
		return;
	}
	if (error) {
		end(disk, r, error_of(error));
	} else if (r->operation == BLKIF_OP_READ) {
		nbd->reading = r;
		nbd->data_got = 0;
	} else {
		end(disk, r, r->operation == BLKIF_OP_FLUSH_DISKCACHE ? 0 : part_length(r));
	}
}

static bool receive_reply(struct disk *disk)
{
	struct nbd *nbd = disk->nbd;
	size_t got = receive(disk, (uint8_t *)&nbd->reply + nbd->reply_got,
			     sizeof(nbd->reply) - nbd->reply_got);

	if (!got)
		return false;
	nbd->reply_got += (uint32_t)got;
	if (nbd->reply_got == sizeof(nbd->reply)) {
		nbd->reply_got = 0;
		handle_reply(disk);
	}
	return true;
}

void nbd_ready(struct disk *disk, uint32_t events)
{
	bool more = true;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		for (int i = 0; i < 4096 && more && !disk->lost; i++)
			more = disk->nbd->reading ? receive_data(disk) : receive_reply(disk);
	if (!disk->lost && events & EPOLLOUT)
		send_all(disk);
}

/* --- making and unmaking --------------------------------------------------------------------- */

int nbd_connect(struct disk *disk)
{
	disk->nbd = calloc(1, sizeof(*disk->nbd));
	if (!disk->nbd)
		return -ENOMEM;
	STAILQ_INIT(&disk->nbd->queue);
	return back_poll_fd(disk->link, disk->fd, EPOLLIN);
}

void nbd_disconnect(struct disk *disk)
{
	if (!disk->nbd)
		return;
	back_poll_fd(disk->link, disk->fd, 0);
	free(disk->nbd);
	disk->nbd = NULL;
}
