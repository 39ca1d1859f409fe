/* SPDX-License-Identifier: MIT */
/* offload INTERFACE on|off: checksums, segmentation and gathering of packets done by the card, or not. */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static int set(int fd, const char *interface, unsigned int command, unsigned int value)
{
	struct ethtool_value what = { .cmd = command, .data = value };
	struct ifreq request = { .ifr_data = (char *)&what };

	strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
	return ioctl(fd, SIOCETHTOOL, &request);
}

int main(int argc, char **argv)
{
	/* Each needs those before it; off in the other order. */
	static const unsigned int commands[] = { ETHTOOL_STXCSUM, ETHTOOL_SSG, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO };
	const int count = sizeof(commands) / sizeof(commands[0]);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = argc == 3 && !strcmp(argv[2], "on"), wrong = 0;

	if (argc != 3 || fd < 0 || (!on && strcmp(argv[2], "off"))) {
		fprintf(stderr, "usage: offload INTERFACE on|off\n");
		return 2;
	}
	for (int i = 0; i < count; i++) {
		unsigned int command = commands[on ? i : count - 1 - i];

		/* Not every card has each. */
		if (set(fd, argv[1], command, on))
			wrong++;
	}
	printf("offloads of %s %s, %d not its own\n", argv[1], argv[2], wrong);
	return wrong == count;
}
