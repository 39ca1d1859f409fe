/* SPDX-License-Identifier: MIT */
/*
 * One viewer's thread: a libvncserver with one client, over a private copy of the pixels.
 *
 * It waits for the viewer's messages and for the screen's word that something is dirty, brings its
 * copy up to date when the viewer has asked for a picture, at most once in FRAME_MS, and sends what
 * really differs. A viewer that has not proven itself in LOGIN_MS, or stalls within a message for
 * STALL_MS, is hung up on.
 */
#include <errno.h>
#include <poll.h>
#include <rfb/rfb.h>
#include <rfb/rfbregion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fb_copy.h"
#include "../keymap.h"
#include "vnc_screen.h"

#define FRAME_MS   25
#define LOOK_MS	   100 /* a guest that does not tell what changes is looked at */
#define LOGIN_MS   15000
#define STALL_MS   5000
#define REFUSED_MS 1000 /* after a wrong password, before the next can be tried here */
#define DRIP_MS	   10	/* a login message comes in pieces */
#define KEYS	   0x300
#define KEY_SHIFT_L 42
#define KEY_SHIFT_R 54
#define KEY_ALTGR  100
#define NR_BUTTONS 3
#define WHEEL_UP   8
#define WHEEL_DOWN 16

struct session {
	struct vnc_viewer *viewer;
	rfbScreenInfoPtr rfb;
	rfbClientPtr client;
	uint32_t *pixels;
	struct fb_geometry shown;
	uint32_t generation;
	uint64_t login_by, next_frame;
	int buttons; /* as last told by the viewer */
	bool refused;
	uint8_t pressed[KEYS / 8];
	char *passwords[2];
};

/*
 * libvncserver's own makes challenges from the time of day, so that they can be guessed. This one
 * takes the place of it, for the program and the library alike.
 */
void rfbRandomBytes(unsigned char *bytes)
{
	if (getrandom(bytes, CHALLENGESIZE, 0) != CHALLENGESIZE)
		abort();
}

/* Logging in changes lists that all of libvncserver's screens share. */
static pthread_mutex_t login_lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- Keys and pointer ---------------------------------------------------------------------------
 */

/* If the keyboard's side is full, or not there, it is dropped. */
static void tell(struct session *v, const struct vfb_input *input)
{
	int fd = v->viewer->screen->input;

	if (fd >= 0)
		(void)!send(fd, input, sizeof(*input), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void tell_key(struct session *v, uint32_t code, bool pressed)
{
	struct vfb_input input = { .type = VFB_INPUT_KEY, .code = code, .pressed = pressed };
	uint8_t bit = (uint8_t)(1u << code % 8), *byte = &v->pressed[code / 8];

	*byte = (uint8_t)(pressed ? *byte | bit : *byte & ~bit);
	tell(v, &input);
}

static bool is_pressed(const struct session *v, uint32_t code)
{
	return v->pressed[code / 8] & 1u << code % 8;
}

static enum keymap_level shifted(const struct session *v)
{
	if (is_pressed(v, KEY_ALTGR))
		return KEYMAP_ALTGR;
	return is_pressed(v, KEY_SHIFT_L) || is_pressed(v, KEY_SHIFT_R) ? KEYMAP_SHIFT
									 : KEYMAP_PLAIN;
}

static void handle_key(rfbBool down, rfbKeySym keysym, rfbClientPtr client)
{
	struct session *v = client->screen->screenData;
	uint32_t code = keymap_code(v->viewer->screen->keymap, keysym, shifted(v));

	if (code && code < KEYS)
		tell_key(v, code, down);
}

static void handle_wheel(struct session *v, int pressed)
{
	struct vfb_input input = { .type = VFB_INPUT_WHEEL };

	if (pressed & WHEEL_UP)
		input.wheel--;
	if (pressed & WHEEL_DOWN)
		input.wheel++;
	if (input.wheel)
		tell(v, &input);
}

static void handle_pointer(int buttons, int x, int y, rfbClientPtr client)
{
	static const uint16_t codes[NR_BUTTONS] = { 0x110, 0x112, 0x111 }; /* left, middle, right */
	struct session *v = client->screen->screenData;
	struct vfb_input input = { .type = VFB_INPUT_POINTER, .x = x, .y = y };

	input.width = (int32_t)v->shown.width;
	input.height = (int32_t)v->shown.height;
	tell(v, &input);
	for (int i = 0; i < NR_BUTTONS; i++)
		if ((buttons ^ v->buttons) & 1 << i)
			tell_key(v, codes[i], buttons & 1 << i);
	handle_wheel(v, buttons & ~v->buttons);
	v->buttons = buttons;
}

static void release_keys(struct session *v)
{
	for (uint32_t code = 0; code < KEYS; code++)
		if (is_pressed(v, code))
			tell_key(v, code, false);
}

/* --- Pictures ------------------------------------------------------------------------------------
 */

static struct fb_rect whole(const struct fb_geometry *g)
{
	return (struct fb_rect){ 0, 0, g->width, g->height };
}

/* The viewer waits for a picture. */
static bool is_asked(const struct session *v)
{
	return v->client->state == RFB_NORMAL && !sraRgnEmpty(v->client->requestedRegion);
}

static bool is_dirty(struct session *v)
{
	struct vnc_screen *s = v->viewer->screen;
	bool dirty;

	pthread_mutex_lock(&s->lock);
	dirty = v->viewer->dirty.x1 != v->viewer->dirty.x2 || v->generation != s->generation;
	pthread_mutex_unlock(&s->lock);
	return dirty || !s->updates;
}

/* What is dirty, from now on ours to do; the geometry it is meant in. */
static struct fb_rect take_dirty(struct session *v, struct fb_geometry *g, bool *resized)
{
	struct vnc_screen *s = v->viewer->screen;
	struct fb_rect rect;

	pthread_mutex_lock(&s->lock);
	*g = s->geometry;
	*resized = v->generation != s->generation;
	v->generation = s->generation;
	rect = v->viewer->dirty;
	v->viewer->dirty = (struct fb_rect){ 0 };
	pthread_mutex_unlock(&s->lock);
	return *resized || !s->updates ? whole(g) : rect;
}

static bool take_size(struct session *v, const struct fb_geometry *g)
{
	uint32_t *pixels = calloc((size_t)g->width * g->height, sizeof(*pixels));

	if (!pixels)
		return false;
	if (v->rfb)
		rfbNewFramebuffer(v->rfb, (char *)pixels, (int)g->width, (int)g->height, 8, 3, 4);
	free(v->pixels);
	v->pixels = pixels;
	v->shown = *g;
	return true;
}

/* False: no memory for the new size. */
static bool refresh(struct session *v)
{
	struct fb_rect rect, changed;
	struct fb_geometry g;
	bool resized;

	rect = take_dirty(v, &g, &resized);
	if (resized && !take_size(v, &g))
		return false;
	if (rect.x1 != rect.x2 &&
	    fb_copy(v->pixels, v->viewer->screen->memory, &v->shown, &rect, &changed))
		rfbMarkRectAsModified(v->rfb, (int)changed.x1, (int)changed.y1, (int)changed.x2,
				      (int)changed.y2);
	v->next_frame = now_ms() + FRAME_MS;
	return true;
}

/* --- The session
 * ----------------------------------------------------------------------------------- */

static rfbBool check_password(rfbClientPtr client, const char *response, int len)
{
	struct session *v = client->screen->screenData;
	rfbBool good = rfbCheckPasswordByList(client, response, len);

	v->refused = !good;
	return good;
}

static bool begin(struct session *v)
{
	struct vnc_screen *s = v->viewer->screen;
	struct fb_geometry g;
	bool resized;

	(void)take_dirty(v, &g, &resized);
	if (!take_size(v, &g))
		return false;
	v->rfb = rfbGetScreen(NULL, NULL, (int)g.width, (int)g.height, 8, 3, 4);
	if (!v->rfb)
		return false;
	(void)fb_copy(v->pixels, s->memory, &g, &(struct fb_rect){ 0, 0, g.width, g.height },
		      &(struct fb_rect){ 0 });
	v->rfb->frameBuffer = (char *)v->pixels;
	v->rfb->desktopName = s->name;
	v->rfb->alwaysShared = TRUE;
	v->rfb->cursor = NULL;
	v->rfb->deferUpdateTime = 0;
	v->rfb->maxClientWait = STALL_MS;
	v->rfb->screenData = v;
	v->rfb->kbdAddEvent = handle_key;
	v->rfb->ptrAddEvent = handle_pointer;
	if (*s->password) {
		v->passwords[0] = s->password;
		v->rfb->authPasswdData = v->passwords;
		v->rfb->passwordCheck = check_password;
	}
	v->client = rfbNewClient(v->rfb, v->viewer->fd);
	v->viewer->fd = -1; /* libvncserver's now, or closed */
	v->login_by = now_ms() + LOGIN_MS;
	return v->client != NULL;
}

/* Bytes of the next message while logging in. */
static int expected_bytes(const struct session *v)
{
	switch (v->client->state) {
	case RFB_PROTOCOL_VERSION:
		return sz_rfbProtocolVersionMsg;
	case RFB_AUTHENTICATION:
		return CHALLENGESIZE;
	default:
		return 1;
	}
}

/* Only whole messages are taken with the lock held: nobody waits for a viewer here. */
static void log_in(struct session *v)
{
	int waiting;

	if (!v->client->wsctx && !ioctl(v->client->sock, FIONREAD, &waiting) && waiting &&
	    waiting < expected_bytes(v)) {
		poll(NULL, 0, DRIP_MS);
		return;
	}
	pthread_mutex_lock(&login_lock);
	rfbProcessClientMessage(v->client);
	pthread_mutex_unlock(&login_lock);
	if (v->refused)
		poll(NULL, 0, REFUSED_MS);
}

static bool is_open(const struct session *v)
{
	return v->client->sock != RFB_INVALID_SOCKET &&
	       !__atomic_load_n(&v->viewer->stop, __ATOMIC_ACQUIRE);
}

static int patience(struct session *v, bool dirty)
{
	uint64_t now = now_ms();

	if (v->client->state != RFB_NORMAL)
		return v->login_by > now ? (int)(v->login_by - now) : 0;
	if (!is_asked(v) || !dirty)
		return -1;
	if (!v->viewer->screen->updates)
		return LOOK_MS;
	return v->next_frame > now ? (int)(v->next_frame - now) : 0;
}

static void take_messages(struct session *v)
{
	do {
		if (v->client->state == RFB_NORMAL)
			rfbProcessClientMessage(v->client);
		else
			log_in(v);
	} while (is_open(v) && v->client->wsctx && webSocketsHasDataInBuffer(v->client));
}

/* False: it is over. */
static bool turn(struct session *v)
{
	struct pollfd fds[2] = { { v->client->sock, POLLIN, 0 }, { v->viewer->wake, POLLIN, 0 } };
	eventfd_t count;

	if (poll(fds, 2, patience(v, is_dirty(v))) < 0 && errno != EINTR)
		return false;
	if (fds[1].revents)
		eventfd_read(v->viewer->wake, &count);
	if (fds[0].revents)
		take_messages(v);
	if (!is_open(v) || (v->client->state != RFB_NORMAL && now_ms() >= v->login_by))
		return false;
	if (is_asked(v) && is_dirty(v) && now_ms() >= v->next_frame && !refresh(v))
		return false;
	if (v->client->state == RFB_NORMAL)
		rfbUpdateClient(v->client);
	return is_open(v);
}

static void finish(struct session *v)
{
	release_keys(v);
	if (v->client) {
		rfbCloseClient(v->client);
		rfbClientConnectionGone(v->client);
	}
	if (v->rfb) {
		v->rfb->authPasswdData = NULL;
		rfbScreenCleanup(v->rfb);
	}
	free(v->pixels);
}

void *vnc_viewer_run(void *argument)
{
	struct vnc_viewer *viewer = argument;
	struct session v = { .viewer = viewer };

	rfbLogEnable(0);
	rfbMaxClientWait = STALL_MS;
	if (begin(&v))
		while (turn(&v))
			;
	finish(&v);
	/* Ordering: release. Who sees it finds the thread done. */
	__atomic_store_n(&viewer->ended, true, __ATOMIC_RELEASE);
	eventfd_write(viewer->screen->ended, 1);
	return NULL;
}
