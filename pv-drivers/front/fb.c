/* SPDX-License-Identifier: MIT */
/* The framebuffer frontend. */
#include "fb.h"

#include <string.h>

#define FRAMES_PER_PAGE (PV_PAGE_SIZE / sizeof(uint64_t))

static struct fb_front *fb_of(struct front_device *device)
{
	return (struct fb_front *)device;
}

/* Tells what has changed, as one rectangle around all of it, if there is room. */
static void tell(struct fb_front *fb)
{
	struct xenfb_update update = { .type = XENFB_TYPE_UPDATE,
				       .x = (int32_t)fb->changed.x1,
				       .y = (int32_t)fb->changed.y1,
				       .width = (int32_t)(fb->changed.x2 - fb->changed.x1),
				       .height = (int32_t)(fb->changed.y2 - fb->changed.y1) };
	int rc;

	if (!fb->running || fb->changed.x1 == fb->changed.x2)
		return;
	rc = fb->wants_updates ? event_ring_put(&fb->out, &update, sizeof(update)) : 0;
	if (rc == -XEN_EIO) {
		fb->running = false;
		front_device_fault(&fb->device);
	}
	if (rc)
		return;
	fb->changed.x1 = fb->changed.x2 = 0;
	if (fb->wants_updates)
		event_send(fb->port);
}

static uint32_t cut(int64_t at, uint32_t most)
{
	return at < 0 ? 0 : at > most ? most : (uint32_t)at;
}

void fb_update(struct fb_front *fb, int32_t x, int32_t y, uint32_t width, uint32_t height)
{
	uint32_t x1 = cut(x, fb->width), x2 = cut((int64_t)x + width, fb->width);
	uint32_t y1 = cut(y, fb->height), y2 = cut((int64_t)y + height, fb->height);

	if (x1 == x2 || y1 == y2)
		return;
	if (fb->changed.x1 == fb->changed.x2) {
		fb->changed.x1 = x1;
		fb->changed.x2 = x2;
		fb->changed.y1 = y1;
		fb->changed.y2 = y2;
	} else {
		fb->changed.x1 = x1 < fb->changed.x1 ? x1 : fb->changed.x1;
		fb->changed.x2 = x2 > fb->changed.x2 ? x2 : fb->changed.x2;
		fb->changed.y1 = y1 < fb->changed.y1 ? y1 : fb->changed.y1;
		fb->changed.y2 = y2 > fb->changed.y2 ? y2 : fb->changed.y2;
	}
	tell(fb);
}

/* The backend has room again, or says how often it looks, which nobody here needs to know. */
static void fb_event(void *context)
{
	struct fb_front *fb = context;
	uint8_t event[EVENT_SIZE];
	int rc = 0;

	for (unsigned int i = 0; fb->running && i < XENFB_IN_RING_LEN; i++) {
		rc = event_ring_take(&fb->in, event);
		if (rc != 1)
			break;
	}
	if (rc < 0) {
		fb->running = false;
		front_device_fault(&fb->device);
	}
	tell(fb);
}

/* The same pages each time; only the rings start anew. */
static int offer(struct front_device *device)
{
	struct fb_front *fb = fb_of(device);
	struct xenfb_page *page = fb->page;

	memset(page, 0, PV_PAGE_SIZE);
	page->width = (int32_t)fb->width;
	page->height = (int32_t)fb->height;
	page->line_length = fb->width * 4;
	page->mem_length = fb->nr_pages * PV_PAGE_SIZE;
	page->depth = 32;
	for (uint32_t i = 0; i < fb->nr_directories; i++)
		page->pd[i] = page_frame(fb->directory + i * FRAMES_PER_PAGE);
	fb->out = (struct event_ring){ .events = (uint8_t *)page + XENFB_OUT_RING_OFFS,
				       .nr = XENFB_OUT_RING_LEN,
				       .our_index = &page->out_prod,
				       .peer_index = &page->out_cons };
	fb->in = (struct event_ring){ .events = (uint8_t *)page + XENFB_IN_RING_OFFS,
				      .nr = XENFB_IN_RING_LEN,
				      .our_index = &page->in_cons,
				      .peer_index = &page->in_prod };
	return event_open(device->peer, fb_event, fb, &fb->port);
}

static int publish(struct front_device *device, uint32_t tx)
{
	struct fb_front *fb = fb_of(device);
	char path[XS_PATH_MAX], text[24];
	int rc = xs_join(path, device->node, "page-ref");

	snprintf(text, sizeof(text), "%lu", page_frame(fb->page));
	if (!rc)
		rc = xs_write(tx, path, text);
	if (!rc)
		rc = front_write_number(device, tx, "event-channel", fb->port);
	if (!rc)
		rc = front_write_number(device, tx, "feature-update", 1);
	if (!rc)
		rc = xs_join(path, device->node, "protocol");
	return rc ? rc : xs_write(tx, path, "x86_64-abi");
}

static int connect_device(struct front_device *device)
{
	uint64_t wants;
	int rc = front_read_number(device->backend, "request-update", 1, 0, &wants);

	if (!rc)
		fb_of(device)->wants_updates = wants;
	return rc;
}

static void connected(struct front_device *device)
{
	struct fb_front *fb = fb_of(device);

	fb->running = true;
	fb_update(fb, 0, 0, fb->width, fb->height);
}

static void quiesce(struct front_device *device)
{
	fb_of(device)->running = false;
}

static void release(struct front_device *device)
{
	struct fb_front *fb = fb_of(device);

	fb->running = false;
	if (fb->port)
		event_close(fb->port);
	fb->port = 0;
}

static void dead(struct front_device *device, int error)
{
	(void)device;
	(void)error;
}

static const struct front_class fb_class = {
	.kind = "vfb",
	.half = PV_FRONT,
	.offer = offer,
	.publish = publish,
	.connect = connect_device,
	.connected = connected,
	.quiesce = quiesce,
	.release = release,
	.dead = dead,
};

static void give_back(struct fb_front *fb)
{
	if (fb->pixels)
		pages_free(fb->pixels, fb->nr_pages);
	if (fb->directory)
		pages_free(fb->directory, fb->nr_directories);
	if (fb->page)
		pages_free(fb->page, 1);
}

int fb_init(struct fb_front *fb, uint32_t id, uint32_t width, uint32_t height)
{
	int rc;

	memset(fb, 0, sizeof(*fb));
	if (!width || !height || width > 8192 || height > 8192 || width * height > FB_MOST_PIXELS)
		return -XEN_EINVAL;
	fb->width = width;
	fb->height = height;
	fb->nr_pages = (width * height * 4 + PV_PAGE_SIZE - 1) / PV_PAGE_SIZE;
	fb->nr_directories = (uint32_t)((fb->nr_pages + FRAMES_PER_PAGE - 1) / FRAMES_PER_PAGE);
	fb->page = pages_alloc(1);
	fb->directory = pages_alloc(fb->nr_directories);
	fb->pixels = pages_alloc(fb->nr_pages);
	rc = fb->page && fb->directory && fb->pixels ? front_device_init(&fb->device, &fb_class, id)
						     : -XEN_ENOMEM;
	if (rc) { /* nobody has been told of these pages */
		give_back(fb);
		return rc;
	}
	for (uint32_t i = 0; i < fb->nr_pages; i++)
		fb->directory[i] = page_frame((uint8_t *)fb->pixels + i * PV_PAGE_SIZE);
	return 0;
}
