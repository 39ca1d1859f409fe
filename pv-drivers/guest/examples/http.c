/* SPDX-License-Identifier: MIT */
/*
 * A web server: GET / tells how the guest is. Options: ip=, gw= (see stack.h). Stays until it is
 * shut down. A connection is one request; one that says nothing for ten seconds is closed.
 */
#include "kit.h"
#include "lwip/tcp.h"
#include "stack.h"

#define PATIENCE 20 /* half seconds */

static unsigned int nr_served;

static int write_page(char *page, size_t size)
{
	struct memory_counters memory = memory_counters();
	const struct net_counters *net = &stack_card()->counters;

	return snprintf(page, size,
			"<!doctype html>\n<title>Serai</title>\n"
			"<h1>A guest of Serai's kit</h1>\n<pre>\n"
			"up          %lu s\ntime        %lu s since 1970\n"
			"memory      %lu KiB, %lu KiB free\n"
			"received    %lu packets, %lu bytes\nsent        %lu packets, %lu bytes\n"
			"pages asked %u\n</pre>\n",
			time_since_start() / TIME_S, time_of_day(), memory.total * 4,
			(memory.free + memory.total - memory.mapped) * 4, net->rx_packets,
			net->rx_bytes, net->tx_packets, net->tx_bytes, ++nr_served);
}

static void respond(struct tcp_pcb *connection, const char *status, const char *body, int len)
{
	char head[160];
	int head_len = snprintf(head, sizeof(head),
				"HTTP/1.0 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n"
				"Connection: close\r\n\r\n",
				status, len);

	/*
	 * Both fit into the empty send buffer; if there is no memory for them the peer sees an end.
	 */
	if (tcp_write(connection, head, (u16_t)head_len,
		      TCP_WRITE_FLAG_COPY | TCP_WRITE_FLAG_MORE) == ERR_OK)
		(void)tcp_write(connection, body, (u16_t)len, TCP_WRITE_FLAG_COPY);
	tcp_output(connection);
}

static err_t end(struct tcp_pcb *connection)
{
	tcp_recv(connection, NULL);
	tcp_poll(connection, NULL, 0);
	if (tcp_close(connection) == ERR_OK)
		return ERR_OK;
	tcp_abort(connection);
	return ERR_ABRT;
}

/* The request line is in the first segment, or it is none we answer. */
static err_t request(void *context, struct tcp_pcb *connection, struct pbuf *data, err_t error)
{
	char line[64], page[1024];
	u16_t len;

	(void)context;
	(void)error;
	if (!data)
		return end(connection);
	len = pbuf_copy_partial(data, line, sizeof(line) - 1, 0);
	line[len] = 0;
	tcp_recved(connection, data->tot_len);
	pbuf_free(data);
	if (strncmp(line, "GET ", 4))
		respond(connection, "501 Not Implemented", "Only GET.\n", 10);
	else if (strncmp(line + 4, "/ ", 2))
		respond(connection, "404 Not Found", "There is only /.\n", 17);
	else
		respond(connection, "200 OK", page, write_page(page, sizeof(page)));
	return end(connection);
}

static err_t too_slow(void *context, struct tcp_pcb *connection)
{
	(void)context;
	tcp_abort(connection);
	return ERR_ABRT;
}

static err_t new_connection(void *context, struct tcp_pcb *connection, err_t error)
{
	(void)context;
	if (error != ERR_OK)
		return error;
	tcp_recv(connection, request);
	tcp_poll(connection, too_slow, PATIENCE);
	return ERR_OK;
}

void guest_main(void)
{
	int rc = stack_start(time_now() + 30 * TIME_S);
	struct tcp_pcb *tcp;

	if (rc)
		panic("no network: error %d", -rc);
	tcp = tcp_new();
	if (!tcp || tcp_bind(tcp, IP_ANY_TYPE, 80))
		panic("no socket");
	tcp = tcp_listen(tcp);
	if (!tcp)
		panic("no memory to listen");
	tcp_accept(tcp, new_connection);
	printf("http: ready on port 80 after %lu us\n", time_since_start() / 1000);
	for (;;)
		thread_sleep(3600 * TIME_S);
}
