/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's console ring, appended to hypervisor.log as it grows.
 *
 * How far we read is kept beside the guests' backlogs, so a restarted daemon goes on where it
 * stopped.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <xen/xen.h>

#include "daemon.h"
#include "logfile.h"

#define CHUNK 16384

static struct logfile ring_log = { .fd = -1 };
static int port = -1, state = -1;
static uint32_t position;

static void open_state(void)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/hypervisor", self.options.state_dir);
	state = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (state < 0 || pread(state, &position, sizeof(position), 0) != sizeof(position))
		position = 0;
}

static void copy_ring(void)
{
	static char buffer[CHUNK];
	unsigned int len;

	for (;;) {
		struct iovec piece = { buffer, 0 };

		len = sizeof(buffer);
		if (xc_readconsolering(self.xc, buffer, &len, 0, 1, &position) < 0) {
			say(LOG_ERR, "cannot read the hypervisor's console ring: %s",
			    strerror(errno));
			return;
		}
		if (!len)
			break;
		piece.iov_len = len;
		log_write(&ring_log, &piece, 1);
	}
	if (state >= 0)
		(void)!pwrite(state, &position, sizeof(position), 0);
}

int hvlog_start(void)
{
	port = xenevtchn_bind_virq(self.evtchn, VIRQ_CON_RING);
	if (port < 0) {
		int error = errno;

		say(LOG_ERR, "cannot be told of the hypervisor's output: %s%s", strerror(error),
		    error == EEXIST ? "; another xenconsoled logs it" : "");
		return -error;
	}
	open_state();
	log_open(&ring_log, self.options.log_dir, "hypervisor", self.options.stamp & LOG_HV,
		 self.options.dots);
	copy_ring();
	return 0;
}

bool hvlog_event(int rung)
{
	if (rung != port)
		return false;
	copy_ring();
	xenevtchn_unmask(self.evtchn, port);
	return true;
}

void hvlog_reopen(void)
{
	log_reopen(&ring_log, self.options.log_dir, "hypervisor");
}
