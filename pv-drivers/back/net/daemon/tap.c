/* SPDX-License-Identifier: MIT */
/*
 * Tap devices. Ours are persistent: they outlive workers and serai-backd, so that bridges, rules
 * and neighbours see nothing of a restart.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_daemon.h"

int tap_open(const char *name)
{
	struct ifreq request = { .ifr_flags =
				     IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), error;

	if (fd < 0)
		return -errno;
	memcpy(request.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
	if (ioctl(fd, TUNSETIFF, &request)) {
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

/* A MAC address above all others: a bridge takes its own from the least of its ports. */
static int set_mac(const char *name)
{
	struct ifreq request = { .ifr_hwaddr = { .sa_family = ARPHRD_ETHER } };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error;

	if (fd < 0)
		return -errno;
	memcpy(request.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
	memset(request.ifr_hwaddr.sa_data, 0xff, 6);
	request.ifr_hwaddr.sa_data[0] = (char)0xfe;
	error = ioctl(fd, SIOCSIFHWADDR, &request) ? -errno : 0;
	close(fd);
	return error;
}

int tap_make(const char *name)
{
	bool there = if_nametoindex(name);
	int fd = tap_open(name), error = 0;

	if (fd < 0)
		return fd;
	if (ioctl(fd, TUNSETPERSIST, 1))
		error = -errno;
	if (!error && !there)
		error = set_mac(name);
	if (error && !there)
		ioctl(fd, TUNSETPERSIST, 0);
	close(fd);
	return error;
}

int tap_set_offloads(int fd, uint32_t offloads)
{
	unsigned long flags = 0;

	/* TUN_F_CSUM is for both; what is not for the guest, the worker completes. */
	if (offloads & (NET_CSUM_V4 | NET_CSUM_V6))
		flags |= TUN_F_CSUM;
	if (offloads & NET_GSO_V4)
		flags |= TUN_F_CSUM | TUN_F_TSO4;
	if (offloads & NET_GSO_V6)
		flags |= TUN_F_CSUM | TUN_F_TSO6;
	return ioctl(fd, TUNSETOFFLOAD, flags) ? -errno : 0;
}

/* "vif7.0" is a tap, and no device 7/0 is left? */
static bool is_stale(const char *name, bool (*in_use)(unsigned int domid, unsigned int devid))
{
	unsigned int domid, devid;
	char path[64], more;

	if (sscanf(name, "vif%u.%u%c", &domid, &devid, &more) != 2)
		return false;
	snprintf(path, sizeof(path), "/sys/class/net/%.15s/tun_flags", name);
	return !access(path, F_OK) && !in_use(domid, devid);
}

void tap_remove_stale(bool (*in_use)(unsigned int domid, unsigned int devid))
{
	struct if_nameindex *all = if_nameindex();

	for (struct if_nameindex *one = all; one && one->if_index; one++)
		if (is_stale(one->if_name, in_use))
			tap_remove(one->if_name);
	if (all)
		if_freenameindex(all);
}

void tap_remove(const char *name)
{
	int fd = if_nametoindex(name) ? tap_open(name) : -1;

	if (fd < 0)
		return;
	ioctl(fd, TUNSETPERSIST, 0);
	close(fd);
}
