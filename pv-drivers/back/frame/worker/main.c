/* SPDX-License-Identifier: MIT */
/*
 * serai-back: serves one guest's devices. Started by serai-backd only, as
 *
 *	serai-back DOMID UID KIND	(KIND "-": all but those that want a process of their own)
 *
 * with its socket as descriptor 3 and the locked lock file as 4. It opens what only root may open,
 * then confines itself for good, and only then hears of the first device.
 */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct back_worker worker;

static int fail(const char *what, int error)
{
	error = error < 0 ? -error : error;
	fprintf(stderr, "serai-back: %s: %s\n", what, strerror(error));
	links_ready(-error, what);
	return EXIT_FAILURE;
}

/* Debian's liburing declares functions for these two and does not export them. */
static int register_ring(unsigned int what, const void *argument, unsigned int nr)
{
	return syscall(SYS_io_uring_register, worker.ring.ring_fd, what, argument, nr) < 0 ? -errno
											   : 0;
}

/*
 * The ring may do I/O on descriptors and nothing else (seccomp does not see what it does). The
 * registered lock file makes the lock last until the last I/O is done: see serai-backd.
 */
static int open_ring(void)
{
	static const uint8_t allowed[] = {
		IORING_OP_NOP,	IORING_OP_READV, IORING_OP_WRITEV,    IORING_OP_FSYNC,
		IORING_OP_READ, IORING_OP_WRITE, IORING_OP_FALLOCATE,
	};
	struct io_uring_params params = { .flags = IORING_SETUP_R_DISABLED | IORING_SETUP_CLAMP };
	struct io_uring_restriction rules[sizeof(allowed) + 1];
	const int lock = WORKER_LOCK;
	int error;

	memset(rules, 0, sizeof(rules));
	for (size_t i = 0; i < sizeof(allowed); i++) {
		rules[i].opcode = IORING_RESTRICTION_SQE_OP;
		rules[i].sqe_op = allowed[i];
	}
	rules[sizeof(allowed)].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
	rules[sizeof(allowed)].sqe_flags = IOSQE_ASYNC;
	error = io_uring_queue_init_params(RING_ENTRIES, &worker.ring, &params);
	if (!error)
		error = io_uring_register_files(&worker.ring, &lock, 1);
	if (!error)
		error = register_ring(IORING_REGISTER_RESTRICTIONS, rules, sizeof(allowed) + 1);
	return error ? error : register_ring(IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

static int open_devices(void)
{
	int fd;

	worker.evtchn = xenevtchn_open(NULL, 0);
	if (!worker.evtchn)
		return fail("event channels (is the module xen-evtchn loaded?)", errno);
	worker.gnttab = xengnttab_open(NULL, 0);
	if (!worker.gnttab)
		return fail("grants (is the module xen-gntdev loaded?)", errno);
	fd = xenevtchn_fd(worker.evtchn);
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		return fail("event channels", errno);
	/* From here on it can talk to this guest alone; kernels without that are served, too. */
	(void)xenevtchn_restrict(worker.evtchn, (domid_t)worker.domid);
	return 0;
}

int main(int argc, char **argv)
{
	int error;

	if (argc != 4) {
		fprintf(stderr, "serai-back: started by serai-backd only; see serai-backd(8)\n");
		return EXIT_FAILURE;
	}
	signal(SIGPIPE, SIG_IGN);
	worker.domid = (uint32_t)strtoul(argv[1], NULL, 10);
	worker.uid = (uint32_t)strtoul(argv[2], NULL, 10);
	if (strcmp(argv[3], "-"))
		worker.only = service_by_kind(argv[3]);
	if (open_devices())
		return EXIT_FAILURE;
	error = open_ring();
	if (error)
		return fail("io_uring (is it switched off by kernel.io_uring_disabled?)", error);
	error = loop_start();
	if (error)
		return fail("cannot start", error);
	error = confine(BACK_DIR "/empty");
	if (error)
		return fail("cannot confine itself", error);
	links_ready(0, "");
	loop_run();
}
