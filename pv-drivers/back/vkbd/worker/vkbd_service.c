/* SPDX-License-Identifier: MIT */
/*
 * The keyboard and pointer as a device of the worker: what the screen's viewers do comes by a
 * socket, and goes into the guest's page.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "back_worker.h"
#include "kbd_page.h"

#define TURN 64 /* events before others have theirs */

struct keyboard {
	struct kbd kbd;
	int port, input;
};

static void release(struct back_link *link)
{
	struct keyboard *k = link->state;

	back_poll_fd(link, k->input, 0);
	close(k->input);
	if (k->port >= 0)
		back_unbind(link, k->port);
	if (k->kbd.page)
		back_unmap(link, k->kbd.page, 1);
}

static int serve(struct back_link *link, const struct vkbd_connect *c)
{
	struct keyboard *k = link->state;
	struct xenkbd_page *page = back_map_page(link, c->ref);
	int rc;

	if (!page)
		return -EFAULT;
	kbd_init(&k->kbd, page, c);
	k->port = back_join(link, c->port);
	if (k->port < 0)
		return k->port;
	rc = back_poll_fd(link, k->input, EPOLLIN);
	if (rc)
		back_why(link, "cannot wait for the screen's viewers");
	return rc;
}

static int connect_keyboard(struct back_link *link, const struct back_message *message,
			    const int *fds)
{
	const struct vkbd_connect *c = (const struct vkbd_connect *)message->body;
	struct keyboard *k = link->state;
	int rc;

	if (message->bytes != sizeof(*c) || message->nr_fds != 1)
		return back_refuse(link, message, fds);
	k->port = -1;
	k->input = fds[0];
	rc = serve(link, c);
	if (rc)
		release(link);
	return rc;
}

static void handle_ready(struct back_link *link, int fd, uint32_t events)
{
	struct keyboard *k = link->state;
	struct vfb_input input;
	int rc = 0, any = 0;

	for (int i = 0; i < TURN && rc >= 0; i++) {
		if (recv(fd, &input, sizeof(input), MSG_DONTWAIT) != sizeof(input))
			break;
		rc = kbd_input(&k->kbd, &input);
		any |= rc > 0;
	}
	if (any)
		back_notify(link, k->port);
	if (rc < 0)
		back_fail(link, "the guest wrote an impossible index");
	link->counters->to_guest.operations = k->kbd.sent;
	link->counters->to_guest.drops = k->kbd.dropped;
}

/* The guest tells that it took something: nothing waits for that. */
static void handle_event(struct back_link *link, int port)
{
}

static bool disconnect(struct back_link *link)
{
	release(link);
	return true;
}

static const struct back_service keyboard_service = {
	.kind = "vkbd",
	.state_bytes = sizeof(struct keyboard),
	.connect = connect_keyboard,
	.event = handle_event,
	.ready = handle_ready,
	.disconnect = disconnect,
};
BACK_SERVICE(keyboard_service);
