/* SPDX-License-Identifier: MIT */
/*
 * Event channels through /dev/xen/evtchn: ioctls bind and notify; reading gives ports with events
 * (and masks them), writing unmasks. Both carry whole 32-bit ports.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/sys/evtchn.h>

#include <xenevtchn.h>
#include <xentoolcore_internal.h>
#include <xentoollog.h>

struct xenevtchn_handle {
	Xentoolcore__Active_Handle tc;
	int fd;
};

static int restrict_handle(Xentoolcore__Active_Handle *tc, domid_t domid)
{
	xenevtchn_handle *xce = CONTAINER_OF(tc, xenevtchn_handle, tc);

	return xce->fd < 0 ? 0 : xenevtchn_restrict(xce, domid);
}

static xenevtchn_handle *new_handle(void)
{
	xenevtchn_handle *xce = calloc(1, sizeof(*xce));

	if (!xce)
		return NULL;
	xce->fd = -1;
	xce->tc.restrict_callback = restrict_handle;
	xentoolcore__register_active_handle(&xce->tc);
	return xce;
}

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger, unsigned int flags)
{
	int cloexec = flags & XENEVTCHN_NO_CLOEXEC ? 0 : O_CLOEXEC, saved;
	xenevtchn_handle *xce;

	if (flags & ~XENEVTCHN_NO_CLOEXEC) {
		errno = EINVAL;
		return NULL;
	}
	xce = new_handle();
	if (!xce)
		return NULL;
	xce->fd = open("/dev/xen/evtchn", O_RDWR | cloexec);
	if (xce->fd >= 0)
		return xce;
	saved = errno;
	xenevtchn_close(xce);
	errno = saved;
	return NULL;
}

xenevtchn_handle *xenevtchn_fdopen(struct xentoollog_logger *logger, int fd, unsigned open_flags)
{
	xenevtchn_handle *xce;

	if (open_flags || fd < 0) {
		errno = EINVAL;
		return NULL;
	}
	xce = new_handle();
	if (xce)
		xce->fd = fd;
	return xce;
}

int xenevtchn_close(xenevtchn_handle *xce)
{
	int rc;

	if (!xce)
		return 0;
	xentoolcore__deregister_active_handle(&xce->tc);
	rc = xce->fd < 0 ? 0 : close(xce->fd);
	free(xce);
	return rc;
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
	return xce->fd;
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	struct ioctl_evtchn_notify notify = { .port = port };

	return ioctl(xce->fd, IOCTL_EVTCHN_NOTIFY, &notify);
}

xenevtchn_port_or_error_t xenevtchn_bind_unbound_port(xenevtchn_handle *xce, uint32_t domid)
{
	struct ioctl_evtchn_bind_unbound_port bind = { .remote_domain = domid };

	return ioctl(xce->fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &bind);
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
						     evtchn_port_t remote_port)
{
	struct ioctl_evtchn_bind_interdomain bind = {
		.remote_domain = domid,
		.remote_port = remote_port,
	};

	return ioctl(xce->fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce, unsigned int virq)
{
	struct ioctl_evtchn_bind_virq bind = { .virq = virq };

	return ioctl(xce->fd, IOCTL_EVTCHN_BIND_VIRQ, &bind);
}

int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
	struct ioctl_evtchn_unbind unbind = { .port = port };

	return ioctl(xce->fd, IOCTL_EVTCHN_UNBIND, &unbind);
}

/* The driver moves whole ports: anything else but an error is a broken driver. */
static int whole_port(ssize_t done)
{
	if (done == sizeof(evtchn_port_t))
		return 0;
	if (done >= 0)
		errno = EIO;
	return -1;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
	evtchn_port_t port;
	ssize_t done;

	do {
		done = read(xce->fd, &port, sizeof(port));
	} while (done < 0 && errno == EINTR);
	return whole_port(done) ? -1 : (int)port;
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	ssize_t done;

	do {
		done = write(xce->fd, &port, sizeof(port));
	} while (done < 0 && errno == EINTR);
	return whole_port(done);
}

int xenevtchn_restrict(xenevtchn_handle *xce, domid_t domid)
{
	struct ioctl_evtchn_restrict_domid only = { .domid = domid };

	return ioctl(xce->fd, IOCTL_EVTCHN_RESTRICT_DOMID, &only);
}
