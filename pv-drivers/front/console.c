/* SPDX-License-Identifier: MIT */
/* The console's frontend: two byte streams in a page. */
#include "console.h"

#include <string.h>

#include "pv_stream.h"

static struct {
	bool up;
	bool deaf; /* nobody read for CONSOLE_PATIENCE: do not wait again before someone does */
	evtchn_port_t port;
	struct pv_stream out, in;
	uint32_t lost;
	struct wait_queue moved;
} console;

int console_init(struct xencons_interface *page, evtchn_port_t port)
{
	int rc;

	memset(&console, 0, sizeof(console));
	console.port = port;
	rc = pv_stream_init_writer(&console.out, page->out, sizeof(page->out), &page->out_prod,
				   &page->out_cons);
	if (!rc)
		rc = pv_stream_init_reader(&console.in, page->in, sizeof(page->in), &page->in_prod,
					   &page->in_cons);
	console.up = !rc;
	return rc;
}

void console_event(void *unused)
{
	(void)unused;
	wake_all(&console.moved);
}

/* Bytes taken by the ring now. A ring with impossible indexes is no console any more. */
static size_t put(const char *text, size_t len)
{
	int64_t done = pv_stream_write(&console.out, text, (uint32_t)len);

	if (done < 0) {
		console.up = false;
		return 0;
	}
	if (done)
		event_send(console.port);
	return (size_t)done;
}

static void write_all(const char *text, size_t len)
{
	uint64_t deadline = time_now() + CONSOLE_PATIENCE;

	while (len && console.up) {
		size_t done = put(text, len);

		text += done;
		len -= done;
		if (done || !console.up)
			continue;
		if (console.deaf || wait_on(&console.moved, deadline)) {
			console.deaf = true;
			break;
		}
	}
	console.lost += (uint32_t)len;
}

static void tell_lost(void)
{
	char text[40];
	int len = snprintf(text, sizeof(text), "[%u bytes lost]\r\n", console.lost);

	if (pv_stream_write_all(&console.out, text, (uint32_t)len))
		return;
	console.deaf = false;
	console.lost = 0;
	event_send(console.port);
}

void console_write(const char *text, size_t len)
{
	if (console.up && console.lost)
		tell_lost();
	while (len && console.up) {
		const char *end = memchr(text, '\n', len);
		size_t part = end ? (size_t)(end - text) : len;

		write_all(text, part);
		if (end) {
			write_all("\r\n", 2);
			part++;
		}
		text += part;
		len -= part;
	}
}

int console_read_line(char *line, size_t size, uint64_t deadline)
{
	size_t len = 0;

	for (;;) {
		char byte;
		int64_t got = console.up ? pv_stream_read(&console.in, &byte, 1) : -XEN_EIO;

		if (got < 0)
			return (int)got;
		if (!got) {
			if (wait_on(&console.moved, deadline))
				return -XEN_ETIMEDOUT;
			continue;
		}
		event_send(console.port);
		if (byte == '\n' || byte == '\r')
			break;
		if (len < size - 1)
			line[len++] = byte;
	}
	line[len] = 0;
	return (int)len;
}

void console_drain(void)
{
	uint64_t deadline = time_now() + CONSOLE_PATIENCE;

	while (console.up && !console.deaf &&
	       pv_stream_ready(&console.out) < (int64_t)console.out.size)
		if (wait_on(&console.moved, deadline))
			break;
}
