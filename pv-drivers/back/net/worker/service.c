/* SPDX-License-Identifier: MIT */
/*
 * An interface in the worker: rings mapped, ports bound, taps polled; and whose turn it is. One
 * batch of one queue at a time, so that no guest's queue and no direction starves the others.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "queue.h"

struct net_state {
	uint32_t nr_queues;
	bool failed;
	struct bucket bucket;
	struct net_queue queue[NET_MAX_QUEUES];
	bool tx_more[NET_MAX_QUEUES], rx_more[NET_MAX_QUEUES], tx_closed[NET_MAX_QUEUES];
};

static uint8_t arena[NET_ARENA_BYTES] __attribute__((aligned(4096)));
static struct net_batch batch = { .arena = arena };

static uint64_t now_us(void)
{
	return back_now_ms() * 1000;
}

static void fail_link(struct back_link *link, const char *fault)
{
	struct net_state *state = link->state;

	state->failed = true;
	back_fail(link, "the frontend broke the protocol: %s", fault);
}

static void turn_tx(struct back_link *link, uint32_t index)
{
	struct net_state *state = link->state;
	const char *fault = "";
	int turn;

	if (state->failed)
		return;
	turn = net_tx(&state->queue[index], &batch, now_us(), &fault);
	state->tx_more[index] = turn == NET_MORE;
	state->tx_closed[index] = turn == NET_CLOSED;
	if (turn == NET_MORE)
		back_again(link);
	else if (turn == NET_CLOSED)
		back_tick(link, (int)bucket_wait_ms(&state->bucket));
	else if (turn < 0)
		fail_link(link, fault);
}

static void turn_rx(struct back_link *link, uint32_t index)
{
	struct net_state *state = link->state;
	const char *fault = "";
	int turn;

	if (state->failed)
		return;
	turn = net_rx(&state->queue[index], &batch, &fault);
	state->rx_more[index] = turn == NET_MORE;
	if (turn == NET_MORE)
		back_again(link);
	else if (turn < 0)
		fail_link(link, fault);
}

static void event(struct back_link *link, int port)
{
	struct net_state *state = link->state;

	for (uint32_t i = 0; i < state->nr_queues; i++) {
		const struct net_queue *queue = &state->queue[i];

		if (port < 0 ? state->tx_more[i] : port == queue->tx_port && !state->tx_closed[i])
			turn_tx(link, i);
		if (port < 0 ? state->rx_more[i] : port == queue->rx_port && queue->waiting_bytes)
			turn_rx(link, i);
	}
}

static void ready(struct back_link *link, int fd, uint32_t events)
{
	struct net_state *state = link->state;

	for (uint32_t i = 0; i < state->nr_queues; i++) {
		struct net_queue *queue = &state->queue[i];

		if (queue->tap != fd)
			continue;
		if (events & ~(uint32_t)EPOLLIN && queue->tap_polled) {
			/* The tap was removed under us: nothing will come, and polling it would
			 * spin. */
			back_poll_fd(link, fd, 0);
			queue->tap_polled = false;
		} else {
			turn_rx(link, i);
		}
	}
}

static void tick(struct back_link *link)
{
	struct net_state *state = link->state;

	for (uint32_t i = 0; i < state->nr_queues; i++)
		if (state->tx_closed[i])
			turn_tx(link, i);
}

static void drop_queue(struct back_link *link, struct net_queue *queue)
{
	if (queue->tap_polled)
		back_poll_fd(link, queue->tap, 0);
	if (queue->rx_port > 0 && queue->rx_port != queue->tx_port)
		back_unbind(link, queue->rx_port);
	if (queue->tx_port > 0)
		back_unbind(link, queue->tx_port);
	if (queue->rx_page)
		back_unmap(link, queue->rx_page, 1);
	if (queue->tx_page)
		back_unmap(link, queue->tx_page, 1);
	if (queue->tap >= 0)
		close(queue->tap);
	free(queue->waiting);
	*queue = (struct net_queue){ .tap = -1 };
}

static bool disconnect(struct back_link *link)
{
	struct net_state *state = link->state;

	for (uint32_t i = 0; i < state->nr_queues; i++)
		drop_queue(link, &state->queue[i]);
	state->nr_queues = 0;
	back_tick(link, -1);
	return true;
}

static int map_ring(struct back_link *link, uint32_t ref, size_t entry, void **page,
		    struct pv_ring *ring)
{
	*page = back_map(link, &ref, 1, PROT_READ | PROT_WRITE);
	if (!*page) {
		back_why(link, "ring page %u cannot be mapped: %s", ref, strerror(errno));
		return -errno;
	}
	/* A new ring's responses begin at 0; one that a worker before us left goes on there. */
	return pv_back_init(ring, *page, PV_PAGE_SIZE, entry, pv_back_resume_index(*page)) ? -EINVAL
											   : 0;
}

static int bind_port(struct back_link *link, uint32_t remote, int *port)
{
	*port = back_bind(link, remote);
	if (*port < 0)
		back_why(link, "event channel %u cannot be bound: %s", remote, strerror(-*port));
	return *port < 0 ? *port : 0;
}

/* Rings go on behind what is answered, or was about to be. */
static int resume_answers(struct back_link *link, struct net_queue *queue, uint32_t index)
{
	struct net_journal *journal = (struct net_journal *)link->journal + index;

	queue->tx_answers = (struct answers){ .ring = &queue->tx, .kept = &journal->tx };
	queue->rx_answers = (struct answers){ .ring = &queue->rx, .kept = &journal->rx };
	if (answers_resume(&queue->tx_answers) >= 0 && answers_resume(&queue->rx_answers) >= 0)
		return 0;
	back_why(link, "the ring of queue %u is not as the worker before left it", index);
	return -EIO;
}

static int start_queue(struct back_link *link, struct net_queue *queue,
		       const struct net_connect *connect, uint32_t index)
{
	const uint32_t tx_port = connect->queue[index].tx_port;
	const uint32_t rx_port = connect->queue[index].rx_port;
	int error;

	queue->waiting = malloc(NET_PACKET_BYTES);
	if (!queue->waiting)
		return -ENOMEM;
	error = map_ring(link, connect->queue[index].tx_ref, sizeof(struct netif_tx_request),
			 &queue->tx_page, &queue->tx);
	if (!error)
		error = map_ring(link, connect->queue[index].rx_ref,
				 sizeof(struct netif_rx_request), &queue->rx_page, &queue->rx);
	if (!error)
		error = resume_answers(link, queue, index);
	if (!error)
		error = bind_port(link, tx_port, &queue->tx_port);
	if (!error && rx_port != tx_port)
		error = bind_port(link, rx_port, &queue->rx_port);
	else
		queue->rx_port = queue->tx_port;
	if (!error)
		error = back_poll_fd(link, queue->tap, EPOLLIN);
	queue->tap_polled = !error;
	return error;
}

/* Whoever served the ring before may have died between its answer and the event about it. */
static void begin(struct back_link *link)
{
	struct net_state *state = link->state;

	for (uint32_t i = 0; i < state->nr_queues; i++) {
		struct net_queue *queue = &state->queue[i];

		back_notify(link, queue->tx_port);
		if (queue->rx_port != queue->tx_port)
			back_notify(link, queue->rx_port);
		state->tx_more[i] = true;
	}
	back_again(link);
}

static int connect_body(struct back_link *link, const struct net_connect *connect, const int *fds)
{
	struct net_state *state = link->state;
	int error = 0;

	bucket_init(&state->bucket, connect->rate_bytes, connect->rate_us, now_us());
	for (uint32_t i = 0; i < connect->nr_queues; i++)
		state->queue[i] = (struct net_queue){ .link = link,
						      .tap = fds[i],
						      .bucket = &state->bucket,
						      .offloads = connect->offloads };
	state->nr_queues = connect->nr_queues;
	for (uint32_t i = 0; i < state->nr_queues && !error; i++)
		error = start_queue(link, &state->queue[i], connect, i);
	if (error)
		disconnect(link);
	else
		begin(link);
	return error;
}

static int connect_link(struct back_link *link, const struct back_message *message, const int *fds)
{
	const struct net_connect *body = (const void *)message->body;

	if (message->bytes == sizeof(*body) && body->nr_queues &&
	    body->nr_queues <= NET_MAX_QUEUES && message->nr_fds == body->nr_queues &&
	    link->journal_bytes == body->nr_queues * sizeof(struct net_journal) &&
	    body->rate_bytes <= NET_RATE_BYTES_MAX && body->rate_us <= NET_RATE_US_MAX)
		return connect_body(link, body, fds);
	back_why(link, "serai-backd and this worker are of different versions");
	for (uint32_t i = 0; i < message->nr_fds; i++)
		close(fds[i]);
	return -EINVAL;
}

static const struct back_service net = {
	.kind = NET_KIND,
	.state_bytes = sizeof(struct net_state),
	.connect = connect_link,
	.event = event,
	.ready = ready,
	.tick = tick,
	.disconnect = disconnect,
};
BACK_SERVICE(net);
