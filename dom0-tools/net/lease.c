/* SPDX-License-Identifier: MIT */
/*
 * A DHCP server for the bridges of nat, host and routed: dnsmasq (with names, and IPv6's prefix
 * where there is one), else busybox's udhcpd. Started once a bridge; it daemonizes, and its pid
 * file tells that it is there.
 *
 * Guests whose interface has ip= get just that (dnsmasq only): a file each in <bridge>.hosts, read
 * by dnsmasq as it appears.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/helpers.h"

#define FIRST_LEASE 20 /* below: for addresses given by hand */
#define LEASES	    220
#define ASK_MS	    "300" /* udhcpd asks so long who has an address, deaf to all else */

static void address_text(char text[INET_ADDRSTRLEN], const struct link_address *address,
			 uint32_t add)
{
	uint32_t bits;

	memcpy(&bits, address->address, sizeof(bits));
	if (add)
		bits = htonl((ntohl(bits) & ~0xffu) + add);
	inet_ntop(AF_INET, &bits, text, INET_ADDRSTRLEN);
}

static bool read_line(char *line, size_t room, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, line, room - 1) : -1;

	if (fd >= 0)
		close(fd);
	line[got > 0 ? got : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return got > 0;
}

/* The server of a bridge, 0 if it does not run. A pid that is somebody else's by now is not it. */
static pid_t server(const char *bridge)
{
	char path[96], line[32];
	long pid;

	snprintf(path, sizeof(path), NET_RUN_DIR "/%s.pid", bridge);
	if (!read_line(line, sizeof(line), path))
		return 0;
	pid = strtol(line, NULL, 10);
	snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	if (pid <= 1 || !read_line(line, sizeof(line), path))
		return 0;
	return strcmp(line, "dnsmasq") && strcmp(line, "udhcpd") && strcmp(line, "busybox")
		   ? 0
		   : (pid_t)pid;
}

/* Guests make their own addresses of the prefix they are told. */
static void range_six(char *text, size_t room, const struct link_address *six)
{
	char network[INET6_ADDRSTRLEN];
	uint8_t bits[16] = { 0 };

	memcpy(bits, six->address, 8);
	inet_ntop(AF_INET6, bits, network, sizeof(network));
	snprintf(text, room, "--dhcp-range=%s,ra-stateless,64", network);
}

static int run_dnsmasq(const struct net_kind *kind, const char *bridge, const char *first,
		       const char *last, const struct link_address *six, char said[NET_WHY])
{
	char interface[40], range[64], pid[64], leases[72], hosts[72], prefix[80];
	const char *argv[18] = { "dnsmasq",
				 "--conf-file=/dev/null",
				 "--bind-dynamic",
				 "--except-interface=lo",
				 "--dhcp-authoritative",
				 "--dhcp-no-override",
				 interface,
				 range,
				 pid,
				 leases,
				 hosts };
	int n = 11;

	snprintf(interface, sizeof(interface), "--interface=%s", bridge);
	snprintf(range, sizeof(range), "--dhcp-range=%s,%s,12h", first, last);
	snprintf(pid, sizeof(pid), "--pid-file=" NET_RUN_DIR "/%s.pid", bridge);
	snprintf(leases, sizeof(leases), "--dhcp-leasefile=" NET_RUN_DIR "/%s.leases", bridge);
	snprintf(hosts, sizeof(hosts), "--dhcp-hostsdir=" NET_RUN_DIR "/%s.hosts", bridge);
	if (kind->isolate) { /* no way out, so no router and no names */
		argv[n++] = "--port=0";
		argv[n++] = "--dhcp-option=3";
		argv[n++] = "--dhcp-option=6";
	}
	if (six->family && six->prefix == 64) {
		range_six(prefix, sizeof(prefix), six);
		argv[n++] = "--enable-ra";
		argv[n++] = prefix;
	}
	return net_run(argv, "", said);
}

/* udhcpd has no names to offer: guests get Dom0's own name servers. */
static void copy_name_servers(FILE *to)
{
	FILE *from = fopen("/etc/resolv.conf", "re");
	char line[256], server_text[64];

	while (from && fgets(line, sizeof(line), from))
		if (sscanf(line, "nameserver %63[0-9.]", server_text) == 1 &&
		    strncmp(server_text, "127.", 4))
			fprintf(to, "opt dns %s\n", server_text);
	if (from)
		fclose(from);
}

static int run_udhcpd(const struct net_kind *kind, const char *bridge, const char *first,
		      const char *last, const char *own, char said[NET_WHY])
{
	char path[64];
	const char *direct[] = { "udhcpd", "-a", ASK_MS, path, NULL };
	const char *busybox[] = { "busybox", "udhcpd", "-a", ASK_MS, path, NULL };
	FILE *file;

	snprintf(path, sizeof(path), NET_RUN_DIR "/%s.udhcpd", bridge);
	file = fopen(path, "we");
	if (!file)
		return -errno;
	fprintf(file, "interface %s\nstart %s\nend %s\nopt subnet 255.255.255.0\nopt lease 43200\n",
		bridge, first, last);
	fprintf(file, "pidfile " NET_RUN_DIR "/%s.pid\nlease_file " NET_RUN_DIR "/%s.leases\n",
		bridge, bridge);
	if (!kind->isolate) {
		fprintf(file, "opt router %s\n", own);
		copy_name_servers(file);
	}
	if (fclose(file))
		return -EIO;
	snprintf(said, NET_WHY, NET_RUN_DIR "/%s.leases", bridge);
	file = fopen(said, "ae"); /* it wants to find one */
	if (file)
		fclose(file);
	return net_run(net_have("udhcpd") ? direct : busybox, "", said);
}

int net_serve_leases(const struct net_kind *kind, const char *bridge,
		     const struct net_addresses *addresses, char why[NET_WHY])
{
	const struct link_address *address = &addresses->four;
	char first[INET_ADDRSTRLEN], last[INET_ADDRSTRLEN], own[INET_ADDRSTRLEN];
	char path[64], said[NET_WHY];
	int error;

	snprintf(path, sizeof(path), NET_RUN_DIR "/%s.hosts", bridge);
	mkdir(path, 0755);
	/* Another width than ours: somebody's own network, and his affair. */
	if (!kind->dhcp || address->prefix != 24 || server(bridge))
		return 0;
	address_text(first, address, FIRST_LEASE);
	address_text(last, address, FIRST_LEASE + LEASES - 1);
	address_text(own, address, 0);
	error = run_dnsmasq(kind, bridge, first, last, &addresses->six, said);
	if (error == -ENOENT)
		error = run_udhcpd(kind, bridge, first, last, own, said);
	if (error == -ENOENT || (error && !said[0]))
		net_why(why, 0,
			"no DHCP server for %s (apt-get install dnsmasq-base): give guests "
			"addresses of %s/24 by hand, gateway %s",
			bridge, own, own);
	else if (error)
		net_why(why, 0, "the DHCP server of %s did not start: %.150s", bridge, said);
	return 0;
}

void net_reserve_lease(const struct net_vif *vif, const char *bridge)
{
	char path[96], text[INET_ADDRSTRLEN];
	const char *list = vif->ip;
	uint8_t address[16];
	int family = 0;
	FILE *file;

	while (net_address_next(&list, &family, address) > 0)
		if (family == AF_INET)
			break;
	if (!vif->mac[0] || !vif->ip[0] || family != AF_INET)
		return;
	snprintf(path, sizeof(path), NET_RUN_DIR "/%s.hosts/%s", bridge, vif->name);
	file = fopen(path, "we");
	if (!file)
		return;
	fprintf(file, "%s,%s\n", vif->mac, inet_ntop(AF_INET, address, text, sizeof(text)));
	fclose(file);
}

void net_forget_lease(const struct net_vif *vif, const char *bridge)
{
	char path[96];

	snprintf(path, sizeof(path), NET_RUN_DIR "/%s.hosts/%s", bridge, vif->name);
	if (!unlink(path) && server(bridge))
		kill(server(bridge), SIGHUP);
}
