// cflags: -Ibuild/tools/include
/* SPDX-License-Identifier: MIT */
/*
 * Prints the hypervisor's free pages, free and waiting to be scrubbed, and those claimed: exact, where xl rounds.
 * heap PORTS: before that, so many of Domain-0's event channels exist for a moment, and the hypervisor's table of
 * them, which only grows, is large enough for what follows.
 */
#define __XEN_TOOLS__ 1
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/sysctl.h>

struct call {
	uint64_t op, arg[5];
};
#define PRIVCMD_HYPERCALL	  _IOC(_IOC_NONE, 'P', 0, sizeof(struct call))
#define EVTCHN_BIND_UNBOUND_PORT _IOC(_IOC_NONE, 'E', 2, sizeof(unsigned int))

static int use_ports(int count)
{
	int fd = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	unsigned int remote = 0;

	while (fd >= 0 && count > 0 && ioctl(fd, EVTCHN_BIND_UNBOUND_PORT, &remote) >= 0)
		count--;
	if (count > 0)
		perror("heap: /dev/xen/evtchn");
	if (fd >= 0)
		close(fd);
	return count > 0;
}

int main(int argc, char **argv)
{
	struct xen_sysctl *op = aligned_alloc(4096, 4096);
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	struct call call = { __HYPERVISOR_sysctl, { (uintptr_t)op } };

	if (argc > 1 && use_ports(atoi(argv[1])))
		return 1;
	if (!op || fd < 0 || mlock(op, 4096)) {
		perror("heap: /dev/xen/privcmd");
		return 1;
	}
	memset(op, 0, sizeof(*op));
	op->cmd = XEN_SYSCTL_physinfo;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	if (ioctl(fd, PRIVCMD_HYPERCALL, &call)) {
		perror("heap: physinfo");
		return 1;
	}
	printf("%llu %llu\n", (unsigned long long)op->u.physinfo.free_pages,
	       (unsigned long long)op->u.physinfo.outstanding_pages);
	return 0;
}
