/* SPDX-License-Identifier: MIT */
/*
 * The state of a guest's device model, beside which its memory is saved. QEMU writes it into a file that was handed
 * to it, as a restricted one opens none. It wants to empty that file first, so the size cannot be fixed before: it is
 * looked at while QEMU writes, and sealed.
 */
#include "domain/model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/memfd.h>

void model_state_close(struct model_state *state)
{
	if (state->fd >= 0)
		close(state->fd);
	state->fd = -1;
}

int model_state_new(struct session *session, struct model_state *state)
{
	*state = (struct model_state){ .fd = memfd_create("device model", MFD_CLOEXEC | MFD_ALLOW_SEALING) };
	return state->fd >= 0 ? 0 : tell(session, -errno, "there is no room for the device model's state: %s", strerror(errno));
}

static off_t size_of(const struct model_state *state)
{
	struct stat stat;

	return fstat(state->fd, &stat) ? -1 : stat.st_size;
}

/* While it writes. It then fails, and says so. */
static void bound(void *data)
{
	const struct model_state *state = data;

	if (size_of(state) > (off_t)MODEL_STATE_MOST)
		fcntl(state->fd, F_ADD_SEALS, F_SEAL_GROW);
}

/* Of the file for writing only: QEMU compares how it wants to open it. */
static int give(struct session *session, struct qmp *qmp, const struct model_state *state, long long *number)
{
	char path[40];
	int fd, error;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", state->fd);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return tell(session, -errno, "there is no room for the device model's state: %s", strerror(errno));
	error = model_give(session, qmp, fd, number);
	close(fd);
	return error;
}

/* From now on nobody changes it. */
static int seal(struct session *session, struct model_state *state)
{
	off_t size;

	if (fcntl(state->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))
		return tell(session, -errno, "the device model goes on writing its state");
	size = size_of(state);
	if (size <= 0 || size > (off_t)MODEL_STATE_MOST)
		return tell(session, -EIO, "the device model's state has %lld bytes; up to %u can be saved", (long long)size,
			    MODEL_STATE_MOST);
	state->bytes = (uint32_t)size;
	return 0;
}

int model_state_take(struct session *session, struct qmp *qmp, struct model_state *state)
{
	char arguments[80];
	long long number = 0;
	int error = give(session, qmp, state, &number);

	if (error)
		return error;
	snprintf(arguments, sizeof(arguments), "{\"filename\":\"/dev/fdset/%lld\",\"live\":false}", number);
	qmp->meanwhile = bound;
	qmp->data = state;
	error = model_command(session, qmp, "xen-save-devices-state", arguments);
	if (!error) {
		snprintf(arguments, sizeof(arguments), "{\"fdset-id\":%lld}", number);
		error = model_command(session, qmp, "remove-fd", arguments);
	}
	return error ? error : seal(session, state);
}

int model_freeze(struct session *session, uint32_t domid, struct model_state *state)
{
	struct qmp qmp = { .fd = -1 };
	int error = model_state_new(session, state);

	if (error)
		return error;
	error = model_open(session, domid, &qmp);
	if (!error)
		error = model_command(session, &qmp, "stop", "");
	if (!error)
		error = model_state_take(session, &qmp, state);
	qmp_close(&qmp);
	if (error)
		fcntl(state->fd, F_ADD_SEALS, F_SEAL_GROW); /* which it may hold on to */
	return error;
}

int model_thaw(struct session *session, uint32_t domid)
{
	struct qmp qmp = { .fd = -1 };
	int error = model_open(session, domid, &qmp);

	if (!error)
		error = model_command(session, &qmp, "cont", "");
	qmp_close(&qmp);
	return error;
}
