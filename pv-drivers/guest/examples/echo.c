/* SPDX-License-Identifier: MIT */
/*
 * Echo on port 7: every UDP datagram goes back, and every byte of a TCP connection, as fast as the
 * other side takes them. Options: ip=, gw= (see stack.h). Stays until it is shut down.
 */
#include "kit.h"
#include "lwip/tcp.h"
#include "lwip/udp.h"
#include "stack.h"

#define ECHO_PORT 7

static void udp_echo(void *context, struct udp_pcb *socket, struct pbuf *packet,
		     const ip_addr_t *address, u16_t port)
{
	(void)context;
	udp_sendto(socket, packet, address, port);
	pbuf_free(packet);
}

/*
 * What has come and is not yet handed back. It is acknowledged only then, so a peer that does not
 * read its echo is stopped by TCP's own window.
 */
static void send_back(struct tcp_pcb *connection)
{
	struct pbuf *waiting = connection->callback_arg;

	while (waiting && tcp_sndbuf(connection)) {
		struct pbuf *first = waiting;
		u16_t len =
		    first->len < tcp_sndbuf(connection) ? first->len : tcp_sndbuf(connection);

		if (tcp_write(connection, first->payload, len, TCP_WRITE_FLAG_COPY) != ERR_OK)
			break;
		waiting = pbuf_free_header(first, len);
		tcp_recved(connection, len);
	}
	tcp_arg(connection, waiting);
	tcp_output(connection);
}

static err_t tcp_space(void *context, struct tcp_pcb *connection, u16_t len)
{
	(void)context;
	(void)len;
	send_back(connection);
	return ERR_OK;
}

/* The peer has closed: so do we, once it has everything. */
static err_t tcp_poll_close(void *context, struct tcp_pcb *connection)
{
	send_back(connection);
	if (context)
		return ERR_OK;
	tcp_sent(connection, NULL);
	tcp_poll(connection, NULL, 0);
	return tcp_close(connection);
}

static err_t tcp_data(void *context, struct tcp_pcb *connection, struct pbuf *data, err_t error)
{
	struct pbuf *waiting = context;

	(void)error;
	if (!data) {
		tcp_poll(connection, tcp_poll_close, 1);
		return waiting ? ERR_OK : tcp_poll_close(NULL, connection);
	}
	if (waiting)
		pbuf_cat(waiting, data);
	else
		tcp_arg(connection, data);
	send_back(connection);
	return ERR_OK;
}

/* The connection is gone; what it owed goes with it. */
static void tcp_gone(void *context, err_t error)
{
	(void)error;
	if (context)
		pbuf_free(context);
}

static err_t tcp_new_connection(void *context, struct tcp_pcb *connection, err_t error)
{
	(void)context;
	if (error != ERR_OK)
		return error;
	tcp_arg(connection, NULL);
	tcp_recv(connection, tcp_data);
	tcp_sent(connection, tcp_space);
	tcp_err(connection, tcp_gone);
	return ERR_OK;
}

void guest_main(void)
{
	int rc = stack_start(time_now() + 30 * TIME_S);
	struct udp_pcb *udp;
	struct tcp_pcb *tcp;

	if (rc)
		panic("no network: error %d", -rc);
	udp = udp_new();
	tcp = tcp_new();
	if (!udp || !tcp || udp_bind(udp, IP_ANY_TYPE, ECHO_PORT) ||
	    tcp_bind(tcp, IP_ANY_TYPE, ECHO_PORT))
		panic("no socket");
	tcp = tcp_listen(tcp);
	if (!tcp)
		panic("no memory to listen");
	udp_recv(udp, udp_echo, NULL);
	tcp_accept(tcp, tcp_new_connection);
	printf("echo: ready on port %d after %lu us\n", ECHO_PORT, time_since_start() / 1000);
	for (;;)
		thread_sleep(3600 * TIME_S);
}
