/* SPDX-License-Identifier: MIT */
/* Shared folders and channels, both served by Serai's backend. */
#include "domain/device.h"

#include <stdio.h>
#include <string.h>

static bool p9_read(const char *text, struct device *device, struct spec_fault *fault)
{
	return p9_spec_read(text, &device->p9, fault);
}

static const char *p9_backend(const struct device *device)
{
	return device->p9.backend;
}

static int p9_choose(struct session *session, struct device *device)
{
	snprintf(device->back_type, sizeof(device->back_type), "9pfs");
	return backd_needed(session, device);
}

static void p9_front(struct store_batch *batch, const struct device *device)
{
	store_write(batch, device->p9.tag, "%s/tag", device->frontend);
}

static void p9_back(struct store_batch *batch, const struct device *device, const char *at)
{
	store_write(batch, device->p9.path, "%s/path", at);
	store_write(batch, device->p9.security_model, "%s/security_model", at);
	if (device->p9.readonly) /* a node of ours: others take a share as writable */
		store_write(batch, "1", "%s/readonly", at);
}

const struct device_kind p9_kind = {
	.key = "p9",
	.noun = "shared folder",
	.front_type = "9pfs",
	.list = offsetof(struct domain_config, p9s),
	.read = p9_read,
	.backend = p9_backend,
	.choose = p9_choose,
	.front_nodes = p9_front,
	.back_nodes = p9_back,
};

static bool channel_read(const char *text, struct device *device, struct spec_fault *fault)
{
	return channel_spec_read(text, &device->channel, fault);
}

static const char *channel_backend(const struct device *device)
{
	return device->channel.backend;
}

static int channel_choose(struct session *session, struct device *device)
{
	snprintf(device->back_type, sizeof(device->back_type), "console");
	return backd_needed(session, device);
}

static void channel_front(struct store_batch *batch, const struct device *device)
{
	char output[48];

	snprintf(output, sizeof(output), "chardev:libxl-channel%u", device->number - 1);
	store_write(batch, "vt100", "%s/protocol", device->frontend);
	front_read_only(batch, device, device->channel.name, "name");
	front_read_only(batch, device, "1048576", "limit");
	front_read_only(batch, device, "ioemu", "type");
	front_read_only(batch, device, output, "output");
	front_read_only(batch, device, "", "tty");
}

static void channel_back(struct store_batch *batch, const struct device *device, const char *at)
{
	const struct channel_spec *channel = &device->channel;

	store_write(batch, "vt100", "%s/protocol", at);
	store_write(batch, channel->name, "%s/name", at);
	store_write(batch, channel->connection == CHANNEL_PTY ? "pty" : "socket", "%s/connection",
		    at);
	if (channel->connection == CHANNEL_SOCKET)
		store_write(batch, channel->path, "%s/path", at);
}

const struct device_kind channel_kind = {
	.key = "channel",
	.noun = "channel",
	.front_type = "console",
	.list = offsetof(struct domain_config, channels),
	.read = channel_read,
	.backend = channel_backend,
	.choose = channel_choose,
	.front_nodes = channel_front,
	.back_nodes = channel_back,
};
