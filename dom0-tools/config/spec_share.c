/* SPDX-License-Identifier: MIT */
/* Shared folders and byte streams between a guest and programs outside: p9= and channel=. */
#include <string.h>

#include "config/spec_words.h"

static const char *const connections[] = { "pty", "socket", NULL };

/* clang-format off */
static const struct spec_key p9_keys[] = {
	{ .name = "tag", .kind = SPEC_TEXT, SPEC_AT(p9_spec, tag) },
	{ .name = "security_model", .kind = SPEC_TEXT, SPEC_AT(p9_spec, security_model) },
	{ .name = "path", .kind = SPEC_TEXT, SPEC_AT(p9_spec, path) },
	{ .name = "readonly", .kind = SPEC_BOOL, SPEC_AT(p9_spec, readonly) },
	{ .name = "backend", .kind = SPEC_TEXT, SPEC_AT(p9_spec, backend) },
	{ .name = NULL },
};

static const struct spec_key channel_keys[] = {
	{ .name = "name", .kind = SPEC_TEXT, SPEC_AT(channel_spec, name) },
	{ .name = "connection", .kind = SPEC_WORD, SPEC_AT(channel_spec, connection), .words = connections },
	{ .name = "path", .kind = SPEC_TEXT, SPEC_AT(channel_spec, path) },
	{ .name = "backend", .kind = SPEC_TEXT, SPEC_AT(channel_spec, backend) },
	{ .name = NULL },
};
/* clang-format on */

bool p9_spec_read(const char *text, struct p9_spec *p9, struct spec_fault *fault)
{
	*p9 = (struct p9_spec){ 0 };
	if (!spec_read(text, p9_keys, "p9", p9, fault))
		return false;
	if (!p9->tag[0] || !p9->path[0])
		return spec_wrong(fault, 0, "the share has no %s: write tag=NAME,path=/folder",
				  p9->tag[0] ? "path" : "tag");
	if (p9->path[0] != '/')
		return spec_wrong(fault, 0, "path=%.100s: it must begin with /", p9->path);
	if (!p9->security_model[0])
		strcpy(p9->security_model, "none");
	if (strcmp(p9->security_model, "none") && strcmp(p9->security_model, "mapped"))
		return spec_wrong(fault, 0, "security_model=%s: there are none and mapped",
				  p9->security_model);
	return true;
}

bool channel_spec_read(const char *text, struct channel_spec *channel, struct spec_fault *fault)
{
	*channel = (struct channel_spec){ 0 };
	channel->connection = (enum channel_connection) - 1;
	if (!spec_read(text, channel_keys, "channel", channel, fault))
		return false;
	if (!channel->name[0])
		return spec_wrong(fault, 0, "the channel has no name: write name=…");
	if ((int)channel->connection < 0)
		return spec_wrong(fault, 0,
				  "the channel has no connection: write connection=pty, or "
				  "connection=socket,path=/…");
	if (channel->connection == CHANNEL_SOCKET && channel->path[0] != '/')
		return spec_wrong(fault, 0,
				  "connection=socket needs path=/…, where the socket is to be");
	return true;
}
