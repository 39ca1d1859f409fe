/* SPDX-License-Identifier: MIT */
/*
 * An interface's nodes: what the toolstack wants, what the backend offers, what the frontend
 * chose. All of the frontend's is a stranger's text and refused unless it is what the protocol
 * says.
 *
 * The toolstack's, below the backend: mac, bridge, mode (a network mode; without it a script is
 * run), script, ip, gatewaydev, vifname, mtu, rate ("BYTES,MICROSECONDS").
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net_daemon.h"
#include "pv_negotiate.h"

#define USUAL_SCRIPT "/etc/xen/scripts/vif-bridge"

static void read_text(struct back_device *device, const char *key, char *to, size_t room)
{
	char *text = back_read(device, key);

	snprintf(to, room, "%s", text ? text : "");
	free(text);
}

static int read_mode(struct back_device *device, struct net_device *net)
{
	char word[32];

	read_text(device, "mode", word, sizeof(word));
	if (word[0]) {
		if (net_mode_parse(word, &net->vif.mode))
			return back_error(device, -EINVAL, "mode \"%s\" is none of %s", word,
					  net_mode_words);
		return 0;
	}
	read_text(device, "script", net->script, sizeof(net->script));
	if (!strcmp(net->script, USUAL_SCRIPT)) /* joins a bridge, as net_join() does */
		net->script[0] = '\0';
	if (net->script[0] && (net->script[0] != '/' || access(net->script, X_OK)))
		return back_error(device, -ENOENT, "script %s is no program", net->script);
	return 0;
}

/* The toolstack's nodes. */
static int read_vif(struct back_device *device)
{
	struct net_device *net = device->state;
	struct net_vif *vif = &net->vif;
	int rc;

	*vif = (struct net_vif){ .mode = NET_DEFAULT };
	read_text(device, "vifname", vif->name, sizeof(vif->name));
	if (!vif->name[0] && snprintf(vif->name, sizeof(vif->name), "vif%u.%u", device->domid,
				      device->devid) >= (int)sizeof(vif->name))
		return back_error(device, -EINVAL, "device number %u is too large for a name",
				  device->devid);
	read_text(device, "bridge", vif->bridge, sizeof(vif->bridge));
	read_text(device, "gatewaydev", vif->gatewaydev, sizeof(vif->gatewaydev));
	read_text(device, "ip", vif->ip, sizeof(vif->ip));
	read_text(device, "mac", vif->mac, sizeof(vif->mac));
	rc = back_read_number(device, "mtu", NET_MTU_MAX, &vif->mtu);
	if (rc && rc != -ENOENT)
		return back_error(device, rc, "mtu is not a number up to %u", NET_MTU_MAX);
	return read_mode(device, net);
}

static uint32_t most_queues(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus < 1 ? 1 : cpus > NET_MAX_QUEUES ? NET_MAX_QUEUES : (uint32_t)cpus;
}

static int write_features(struct back_device *device)
{
	static const char *const features[] = {
		"feature-sg",	     "feature-gso-tcpv4",
		"feature-gso-tcpv6", "feature-ipv6-csum-offload",
		"feature-rx-copy",   "feature-split-event-channels",
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]) && !rc; i++)
		rc = back_write(device, features[i], "1");
	if (!rc)
		rc = back_write(device, "feature-rx-flip", "0");
	return rc ? rc : back_write(device, "multi-queue-max-queues", "%u", most_queues());
}

/* Whether the interface, made before, is where net_join() puts it. */
static bool stands(const struct net_vif *vif)
{
	char bridge[IFNAMSIZ], why[NET_WHY], path[2 * IFNAMSIZ + 32];
	enum net_mode mode;

	if (net_plan(vif, &mode, bridge, why))
		return false;
	snprintf(path, sizeof(path), "/sys/class/net/%s/brif/%s", bridge, vif->name);
	return !bridge[0] || !access(path, F_OK);
}

/*
 * Whether an earlier serai-backd has placed the interface, itself or by the script. To join the
 * network once more would do nothing but take time, and might fail.
 */
static bool is_placed(struct back_device *device, bool there)
{
	const struct net_device *net = device->state;
	char *status = back_read(device, "hotplug-status");
	bool done = status && !strcmp(status, "connected");

	free(status);
	return done && (net->script[0] || (there && stands(&net->vif)));
}

static char class_path[BACK_PATH_MAX]; /* .../backend/qnic */

static bool in_use(unsigned int domid, unsigned int devid)
{
	char path[BACK_PATH_MAX + 24];
	unsigned int length;
	void *node;

	snprintf(path, sizeof(path), "%s/%u/%u", class_path, domid, devid);
	node = xs_read(back_store(), XBT_NULL, path, &length);
	free(node);
	return node || errno != ENOENT;
}

static int appeared(struct back_device *device)
{
	char *end;

	if (class_path[0])
		return 0;
	snprintf(class_path, sizeof(class_path), "%s", device->path);
	end = strstr(class_path, "/" NET_KIND "/");
	if (end) {
		end[sizeof(NET_KIND)] = '\0';
		tap_remove_stale(in_use);
	}
	return 0;
}

static int advertise(struct back_device *device)
{
	struct net_device *net = device->state;
	bool there;
	int rc;

	if (net->placed) /* just now, or for an earlier connection */
		return write_features(device);
	rc = read_vif(device);
	if (!rc)
		rc = write_features(device);
	if (rc)
		return rc;
	there = if_nametoindex(net->vif.name);
	rc = tap_make(net->vif.name);
	if (rc)
		return back_error(device, rc, "tap %s cannot be made%s: %s", net->vif.name,
				  rc == -ENOENT ? " (modprobe tun)" : "", strerror(-rc));
	net->made = true;
	net->placed = is_placed(device, there);
	return net->placed ? 0 : net_place(device);
}

static bool front_flag(struct back_device *device, const char *key)
{
	uint32_t value = 0;

	return !back_read_front_number(device, key, UINT32_MAX, &value) && value;
}

static uint32_t read_offloads(struct back_device *device)
{
	uint32_t offloads = front_flag(device, "feature-sg") ? NET_SG : 0;

	if (!front_flag(device, "feature-no-csum-offload"))
		offloads |= NET_CSUM_V4;
	if (front_flag(device, "feature-ipv6-csum-offload"))
		offloads |= NET_CSUM_V6;
	if (offloads & NET_SG && offloads & NET_CSUM_V4 && front_flag(device, "feature-gso-tcpv4"))
		offloads |= NET_GSO_V4;
	if (offloads & NET_SG && offloads & NET_CSUM_V6 && front_flag(device, "feature-gso-tcpv6"))
		offloads |= NET_GSO_V6;
	return offloads;
}

static int read_rate(struct back_device *device, struct net_connect *body)
{
	char *text = back_read(device, "rate"), more;
	unsigned long long bytes, us;
	int fields = text ? sscanf(text, "%20llu,%20llu%c", &bytes, &us, &more) : 0;

	free(text);
	if (!text)
		return 0;
	if (fields != 2 || bytes > NET_RATE_BYTES_MAX || !us || us > NET_RATE_US_MAX)
		return back_error(device, -EINVAL,
				  "rate is not \"BYTES,MICROSECONDS\" with at most %llu and %u",
				  NET_RATE_BYTES_MAX, NET_RATE_US_MAX);
	body->rate_bytes = bytes;
	body->rate_us = (uint32_t)us;
	return 0;
}

static int read_key(struct back_device *device, uint32_t queue, uint32_t nr, const char *name,
		    uint32_t *value)
{
	char key[PV_KEY_MAX];
	int rc = pv_queue_key(key, queue, nr, name);

	return rc ? -EINVAL : back_read_front_number(device, key, UINT32_MAX, value);
}

static int read_queue(struct back_device *device, struct net_connect *body, uint32_t i)
{
	uint32_t nr = body->nr_queues, port = 0;
	int rc;

	if (read_key(device, i, nr, "tx-ring-ref", &body->queue[i].tx_ref) ||
	    read_key(device, i, nr, "rx-ring-ref", &body->queue[i].rx_ref))
		return back_error(device, -EINVAL, "queue %u: no tx-ring-ref or rx-ring-ref", i);
	rc = read_key(device, i, nr, "event-channel-tx", &body->queue[i].tx_port);
	if (!rc)
		rc = read_key(device, i, nr, "event-channel-rx", &body->queue[i].rx_port);
	else if (rc == -ENOENT) {
		rc = read_key(device, i, nr, "event-channel", &port);
		body->queue[i].tx_port = body->queue[i].rx_port = port;
	}
	return rc ? back_error(device, -EINVAL, "queue %u: no event channel", i) : 0;
}

static int read_frontend(struct back_device *device, struct net_connect *body)
{
	int rc;

	if (!front_flag(device, "request-rx-copy"))
		return back_error(device, -EOPNOTSUPP,
				  "the frontend does not ask for packets to be copied "
				  "(request-rx-copy)");
	body->nr_queues = 1;
	rc = back_read_front_number(device, "multi-queue-num-queues", most_queues(),
				    &body->nr_queues);
	if ((rc && rc != -ENOENT) || !body->nr_queues)
		return back_error(device, -EINVAL, "multi-queue-num-queues is not 1 to %u",
				  most_queues());
	body->offloads = read_offloads(device);
	rc = read_rate(device, body);
	for (uint32_t i = 0; i < body->nr_queues && !rc; i++)
		rc = read_queue(device, body, i);
	return rc;
}

static int open_taps(struct back_device *device, struct back_connect *connect,
		     const struct net_connect *body)
{
	const struct net_device *net = device->state;
	int rc = 0;

	for (uint32_t i = 0; i < body->nr_queues && rc >= 0; i++) {
		rc = tap_open(net->vif.name);
		if (rc >= 0)
			connect->fds[connect->nr_fds++] = rc;
	}
	if (rc >= 0)
		rc = tap_set_offloads(connect->fds[0], body->offloads);
	if (rc >= 0)
		return 0;
	while (connect->nr_fds)
		close(connect->fds[--connect->nr_fds]);
	return back_error(device, rc, "tap %s cannot be opened: %s", net->vif.name, strerror(-rc));
}

static int prepare(struct back_device *device, struct back_connect *connect, bool resume)
{
	struct net_connect *body = (void *)connect->body;
	int rc = read_frontend(device, body);

	connect->bytes = sizeof(*body);
	connect->journal_bytes = body->nr_queues * (uint32_t)sizeof(struct net_journal);
	return rc ? rc : open_taps(device, connect, body);
}

static void gone(struct back_device *device)
{
	struct net_device *net = device->state;

	net_unplace(device);
	if (net->made)
		tap_remove(net->vif.name);
}

static const struct back_class net = {
	.kind = NET_KIND,
	.state_bytes = sizeof(struct net_device),
	.front = PV_FRONT_FIRST,
	.appeared = appeared,
	.advertise = advertise,
	.prepare = prepare,
	.gone = gone,
};
BACK_CLASS(net);
