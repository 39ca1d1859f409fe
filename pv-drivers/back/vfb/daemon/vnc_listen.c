/* SPDX-License-Identifier: MIT */
/* A socket that listens at a display's port: see vnc_listen.h. */
#include "vnc_listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int listen_at(const struct addrinfo *info)
{
	const int on = 1;
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!bind(fd, info->ai_addr, info->ai_addrlen) && !listen(fd, 8))
		return fd;
	error = -errno;
	close(fd);
	return error;
}

static int listen_port(const char *address, uint32_t port)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
				  .ai_socktype = SOCK_STREAM };
	struct addrinfo *info;
	char service[8];
	int fd;

	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(address, service, &hints, &info))
		return -EINVAL;
	fd = listen_at(info);
	freeaddrinfo(info);
	return fd;
}

int vnc_listen(const char *address, uint32_t display, bool unused, uint32_t *port)
{
	uint32_t tries = unused ? VNC_TRY_DISPLAYS : 1;
	int fd = -EADDRINUSE;

	for (uint32_t i = 0; i < tries && display + i <= VNC_MAX_DISPLAY; i++) {
		*port = VNC_BASE_PORT + display + i;
		fd = listen_port(address, *port);
		if (fd != -EADDRINUSE)
			break;
	}
	return fd;
}
