/* SPDX-License-Identifier: MIT */
/*
 * Writes what the store should say of Domain-0: its name and number, the name of the CPU pools, and the
 * folder other tools expect. Run at boot after xenstored; doing it again changes nothing.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "domain/internal.h"

static void write_nodes(struct store_batch *batch, void *data)
{
	store_write(batch, "0", "/local/domain/0/domid");
	store_write(batch, "Domain-0", "/local/domain/0/name");
	store_write(batch, "", "/libxl/0");
}

/* Pool 0 is born with the hypervisor; who made another has named it. */
static void write_pool_name(struct store_batch *batch, void *data)
{
	store_write(batch, "Pool-0", "/local/pool/0/name");
}

/*
 * The first mapping of a grant makes Linux set up page structures for a whole memory section, a
 * third of a second's work. Asking gntdev for room for one, without ever mapping it, has that done
 * now rather than in the first creation of a guest. Its failure costs nothing but that time.
 */
static void make_room_for_grants(void)
{
	struct {
		uint32_t count, pad;
		uint64_t index;
		uint32_t domid, ref;
	} room = { .count = 1 };
	int fd;

	if (fork())
		return;
	fd = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		(void)!ioctl(fd, _IOC(_IOC_NONE, 'G', 0, sizeof(room)), &room);
	_exit(0);
}

int main(int argc, char **argv)
{
	struct session session;
	xentoollog_logger *log;
	char *name;
	int rc;

	if (argc > 1) {
		fprintf(stderr, "usage: init-dom0\nWrites Domain-0's nodes into the store.\n");
		return 2;
	}
	make_room_for_grants();
	log = (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, XTL_WARN, 0);
	if (!log || session_open(&session, log))
		return 1;
	rc = store_transact(&session, write_nodes, NULL);
	name = store_read(&session, "/local/pool/0/name");
	if (!rc && !name)
		rc = store_transact(&session, write_pool_name, NULL);
	free(name);
	session_close(&session);
	xtl_logger_destroy(log);
	return rc ? 1 : 0;
}
