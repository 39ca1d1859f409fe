/* SPDX-License-Identifier: MIT */
/*
 * Network cards: Linux's xen-netback ("vif"), or Serai's own backend ("qnic") where
 * backendtype=serai says so.
 *
 * What 4.17's script vif-bridge does is done by ../net, which knows more networks than bridges: the
 * interface gets its name and MTU, joins and goes up. A script the user names is run instead.
 */
#include "domain/device.h"
#include "net/net.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define USUAL_BRIDGE "xenbr0"
#define USUAL_MTU    1500

static bool vif_read(const char *text, struct device *device, struct spec_fault *fault)
{
	if (!vif_spec_read(text, &device->vif, fault))
		return false;
	device->numbered = device->vif.devid >= 0;
	device->number = device->numbered ? (uint32_t)device->vif.devid : 0;
	return true;
}

static const char *vif_backend(const struct device *device)
{
	return device->vif.backend;
}

/* Where the interface belongs: of a planned device, or again of one that goes. */
static void describe(const struct device *device, struct net_vif *net)
{
	const struct vif_spec *vif = &device->vif;

	*net = (struct net_vif){ .mtu = vif->mtu };
	net_mode_parse(vif->mode, &net->mode);
	snprintf(net->name, sizeof(net->name), "vif%u.%u", device->domid, device->number);
	snprintf(net->bridge, sizeof(net->bridge), "%s", vif->bridge);
	snprintf(net->gatewaydev, sizeof(net->gatewaydev), "%s", vif->gatewaydev);
	snprintf(net->ip, sizeof(net->ip), "%.*s", (int)sizeof(net->ip) - 1, vif->ip);
	snprintf(net->mac, sizeof(net->mac), "%s", vif->mac);
}

/*
 * Which network, said in full; with a script or in a driver domain it is not this domain that
 * knows.
 */
static int plan_network(struct session *session, struct device *device)
{
	struct vif_spec *vif = &device->vif;
	char why[NET_WHY], bridge[IFNAMSIZ];
	struct net_vif net;
	enum net_mode mode;
	int error;

	if (strlen(vif->ip) >= sizeof(net.ip))
		return tell(session, -EINVAL, "vif: ip= is longer than %zu characters",
			    sizeof(net.ip) - 1);
	if (vif->script[0] || device->backend_domid) {
		if (!vif->bridge[0])
			snprintf(vif->bridge, sizeof(vif->bridge), USUAL_BRIDGE);
		return 0;
	}
	describe(device, &net);
	error = net_plan(&net, &mode, bridge, why);
	if (error)
		return tell(session, error, "vif: %s", why);
	snprintf(vif->mode, sizeof(vif->mode), "%s", net_mode_word(mode));
	snprintf(vif->bridge, sizeof(vif->bridge), "%s", bridge);
	return 0;
}

static int vif_choose(struct session *session, struct device *device)
{
	struct vif_spec *vif = &device->vif;
	bool own = vif->type == VIF_SERAI;
	int error;

	if (vif->emulated && !domain_is_hvm(session, device->domid))
		return tell(
		    session, -EINVAL,
		    "vif: type=ioemu is not for PV and PVH guests: leave it out, and model= with it");
	snprintf(device->back_type, sizeof(device->back_type), "%s", own ? "qnic" : "vif");
	device->scripted = vif->script[0];
	error = plan_network(session, device);
	return !error && own ? backd_needed(session, device) : error;
}

static void vif_front(struct store_batch *batch, const struct device *device)
{
	const struct vif_spec *vif = &device->vif;
	const char *at = device->frontend;
	char mtu[16];

	store_write_number(batch, device->number, "%s/handle", at);
	store_write(batch, vif->mac, "%s/mac", at);
	store_write(batch, vif->untrusted ? "0" : "1", "%s/trusted", at);
	snprintf(mtu, sizeof(mtu), "%u", vif->mtu ? vif->mtu : USUAL_MTU);
	front_read_only(batch, device, mtu, "mtu");
}

static void write_script(struct store_batch *batch, const struct vif_spec *vif, const char *at)
{
	char script[SPEC_PATH + 24];

	snprintf(script, sizeof(script), "%s%s",
		 strchr(vif->script, '/') ? "" : "/etc/xen/scripts/",
		 vif->script[0] ? vif->script : "vif-bridge");
	store_write(batch, script, "%s/script", at);
}

static void vif_back(struct store_batch *batch, const struct device *device, const char *at)
{
	const struct vif_spec *vif = &device->vif;
	char rate[48];

	if (vif->vifname[0])
		store_write(batch, vif->vifname, "%s/vifname", at);
	write_script(batch, vif, at);
	if (vif->mode[0] && !vif->script[0])
		store_write(batch, vif->mode, "%s/mode", at);
	store_write(batch, vif->mac, "%s/mac", at);
	if (vif->ip[0])
		store_write(batch, vif->ip, "%s/ip", at);
	if (vif->gatewaydev[0])
		store_write(batch, vif->gatewaydev, "%s/gatewaydev", at);
	if (vif->rate_interval_us) {
		snprintf(rate, sizeof(rate), "%llu,%u", (unsigned long long)vif->rate_bytes,
			 vif->rate_interval_us);
		store_write(batch, rate, "%s/rate", at);
	}
	if (vif->mtu)
		store_write_number(batch, vif->mtu, "%s/mtu", at);
	if (vif->bridge[0])
		store_write(batch, vif->bridge, "%s/bridge", at);
	store_write_number(batch, device->number, "%s/handle", at);
	store_write(batch, "vif", "%s/type", at);
	store_write(batch, "", "%s/hotplug-status", at);
}

/* --- the interface in Domain-0 --- */

static int rename_interface(struct session *session, const char *from, const char *to)
{
	struct ifreq request = { .ifr_flags = 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = fd < 0 ? -errno : 0;

	snprintf(request.ifr_name, IFNAMSIZ, "%s", from);
	snprintf(request.ifr_newname, IFNAMSIZ, "%s", to);
	if (!error && ioctl(fd, SIOCSIFNAME, &request))
		error = -errno;
	if (fd >= 0)
		close(fd);
	return error ? tell(session, error, "vif %s cannot be named %s: %s", from, to,
			    strerror(-error))
		     : 0;
}

static unsigned int mtu_of(const char *interface)
{
	struct ifreq request = { .ifr_flags = 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, IFNAMSIZ, "%s", interface);
	if (fd < 0 || ioctl(fd, SIOCGIFMTU, &request))
		request.ifr_mtu = 0;
	if (fd >= 0)
		close(fd);
	return (unsigned int)request.ifr_mtu;
}

/* What the interface has, the guest is told in its own half. */
static int tell_mtu(struct session *session, const struct device *device, const char *name)
{
	struct store_batch batch = { .xs = session->xs };
	unsigned int mtu = mtu_of(name);
	char text[16];

	if (!mtu || mtu == USUAL_MTU)
		return 0;
	snprintf(text, sizeof(text), "%u", mtu);
	front_read_only(&batch, device, text, "mtu");
	return batch.error == -EACCES ? 0 : batch.error; /* a driver domain may not */
}

static void connect_steps(struct store_batch *batch, void *data)
{
	const struct device *device = data;

	store_write(batch, "connected", "%s/hotplug-status", device->backend);
}

static int vif_connect(struct session *session, struct device *device)
{
	struct net_vif net;
	char why[NET_WHY] = "";
	int error;

	if (strcmp(device->back_type, "vif"))
		return 0; /* serai-backd makes and joins its tap */
	describe(device, &net);
	error = device_await_interface(session, device, net.name);
	if (error)
		return error;
	if (device->vif.script[0])
		return device_script(session, device->backend, "vif", "online");
	if (device->vif.vifname[0]) {
		error = rename_interface(session, net.name, device->vif.vifname);
		snprintf(net.name, sizeof(net.name), "%s", device->vif.vifname);
	}
	if (error)
		return error;
	if (!net.mtu && net.bridge[0])
		net.mtu = mtu_of(net.bridge);
	error = net_join(&net, why);
	if (error)
		return tell(session, error, "vif %s: %s", net.name, why);
	if (why[0])
		warn(session, "vif %s: %s", net.name, why);
	error = tell_mtu(session, device, net.name);
	return error ? error : store_transact(session, connect_steps, device);
}

static void read_into(struct session *session, char *to, size_t room, const struct device *device,
		      const char *node)
{
	char *value = store_read(session, "%s/%s", device->record, node);

	snprintf(to, room, "%s", value ? value : "");
	free(value);
}

static void vif_left(struct session *session, const struct device *device)
{
	struct device known = *device;
	struct net_vif net;

	if (strcmp(device->back_type, "vif"))
		return;
	read_into(session, known.vif.mode, sizeof(known.vif.mode), device, "mode");
	read_into(session, known.vif.bridge, sizeof(known.vif.bridge), device, "bridge");
	read_into(session, known.vif.ip, sizeof(known.vif.ip), device, "ip");
	read_into(session, known.vif.mac, sizeof(known.vif.mac), device, "mac");
	describe(&known, &net);
	net_leave(&net);
}

const struct device_kind vif_kind = {
	.key = "vif",
	.noun = "network card",
	.front_type = "vif",
	.list = offsetof(struct domain_config, vifs),
	.read = vif_read,
	.backend = vif_backend,
	.choose = vif_choose,
	.front_nodes = vif_front,
	.back_nodes = vif_back,
	.connect = vif_connect,
	.left = vif_left,
	.script_off = "offline",
};
