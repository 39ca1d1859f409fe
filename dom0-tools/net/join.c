/* SPDX-License-Identifier: MIT */
/* An interface into its network: see net.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "net/helpers.h"

#define LOCK_TRIES 9000 /* of 10 ms */

int net_why(char why[NET_WHY], int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, NET_WHY, format, args);
	va_end(args);
	return error;
}

/* One at a time; a holder that hangs is not waited for longer than its helpers may take. */
static int lock(char why[NET_WHY])
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	int fd;

	mkdir("/run/serai", 0755);
	mkdir(NET_RUN_DIR, 0755);
	fd = open(NET_RUN_DIR "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return net_why(why, -errno, NET_RUN_DIR "/lock: %s", strerror(errno));
	for (unsigned int tries = 0; flock(fd, LOCK_EX | LOCK_NB); tries++) {
		if (tries == LOCK_TRIES) {
			close(fd);
			return net_why(why, -ETIMEDOUT,
				       NET_RUN_DIR "/lock is held for too long by another program");
		}
		nanosleep(&pause, NULL);
	}
	return fd;
}

static int place(struct links *links, const struct net_vif *vif, enum net_mode mode,
		 const char *bridge, unsigned int link, char why[NET_WHY])
{
	unsigned int master;
	int error = 0;

	/* Before the bridge has it: a bridge's MTU follows its ports'. */
	if (vif->mtu)
		error = link_set_mtu(links, link, vif->mtu);
	if (error)
		return net_why(why, error, "mtu=%u is not for %s: %s", vif->mtu, vif->name,
			       strerror(-error));
	if (!bridge[0]) {
		error = link_up(links, link);
		return error ? error : net_make_routes(links, vif, link, why);
	}
	error = net_make_network(links, mode, bridge, &master, why);
	if (error)
		return error;
	net_reserve_lease(vif, bridge);
	/* A port needs no address of its own, and guests no neighbour there. */
	link_setting("1", "/proc/sys/net/ipv6/conf/%s/disable_ipv6", vif->name);
	error = link_set_master(links, link, master);
	return error ? error : link_up(links, link);
}

int net_join(const struct net_vif *vif, char why[NET_WHY])
{
	char bridge[IFNAMSIZ];
	struct links links;
	unsigned int link;
	enum net_mode mode;
	int held, error = net_plan(vif, &mode, bridge, why);

	if (error)
		return error;
	link = if_nametoindex(vif->name);
	if (!link)
		return net_why(why, -ENODEV, "there is no interface %s", vif->name);
	held = lock(why);
	if (held < 0)
		return held;
	error = links_open(&links);
	if (!error)
		error = place(&links, vif, mode, bridge, link, why);
	if (error && !why[0])
		net_why(why, error, "%s cannot join %s: %s", vif->name,
			bridge[0] ? bridge : "its network", strerror(-error));
	links_close(&links);
	close(held);
	return error;
}

void net_leave(const struct net_vif *vif)
{
	char bridge[IFNAMSIZ], why[NET_WHY];
	enum net_mode mode;

	/* Routes go with the interface. */
	if (!net_plan(vif, &mode, bridge, why) && bridge[0])
		net_forget_lease(vif, bridge);
}
