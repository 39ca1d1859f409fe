/* SPDX-License-Identifier: MIT */
/*
 * Files of a shared folder. A file's fid is its place in files, plus 1; fid 0 is the root. Each
 * connection knows no fids at first: whoever uses one makes it known.
 */
#include "p9.h"

#include <string.h>

#define TLOPEN	 12
#define TLCREATE 14
#define TVERSION 100
#define TATTACH	 104
#define TWALK	 110
#define TREAD	 116
#define TWRITE	 118
#define TCLUNK	 120

#define NO_FID	 0xffffffffu
#define NO_TAG	 0xffffu
#define O_TRUNC	 01000u
#define MAX_WALK 16  /* names, by the protocol */
#define IO_HEAD	 32u /* what a read or write message needs beside the data */

static uint32_t fid_of(const struct p9_front *p9, const struct p9_file *file)
{
	return (uint32_t)(file - p9->files) + 1;
}

static void put_name(struct p9_front *p9, const char *name, size_t len)
{
	p9_put(p9, len, 2);
	p9_put_bytes(p9, name, (uint32_t)len);
}

static int attach(struct p9_front *p9, uint64_t deadline)
{
	int rc;

	p9_begin(p9, TVERSION);
	p9->tag = NO_TAG;
	memcpy(p9->request + 5, &p9->tag, 2);
	p9_put(p9, p9->message_max, 4);
	put_name(p9, "9P2000.L", 8);
	rc = p9_exchange(p9, deadline);
	if (rc)
		return rc;
	/* Less is its right, as long as something fits; another version is not for us. */
	if (p9_get(p9, 0, 4) < 512 || p9_get(p9, 4, 2) != 8 || p9->reply_len < 7 + 6 + 8 ||
	    memcmp(p9->reply + 7 + 6, "9P2000.L", 8))
		return -XEN_EOPNOTSUPP;
	if (p9_get(p9, 0, 4) < p9->message_max)
		p9->message_max = (uint32_t)p9_get(p9, 0, 4);
	p9_begin(p9, TATTACH);
	p9_put(p9, 0, 4);
	p9_put(p9, NO_FID, 4);
	put_name(p9, "", 0);
	put_name(p9, "", 0);
	p9_put(p9, 0, 4);
	rc = p9_exchange(p9, deadline);
	if (!rc)
		p9->attached = p9->session;
	return rc;
}

/* Gives fid the file at path, or at path without its last name, which is then *rest. */
static int walk(struct p9_front *p9, uint32_t fid, const char *path, bool all, const char **rest,
		uint64_t deadline)
{
	uint32_t nr = 0, at;

	p9_begin(p9, TWALK);
	p9_put(p9, 0, 4);
	p9_put(p9, fid, 4);
	at = p9->request_len;
	p9_put(p9, 0, 2);
	for (;;) {
		size_t len = 0;

		while (path[len] && path[len] != '/')
			len++;
		*rest = path;
		if (!path[len] && !all)
			break;
		if (nr++ == MAX_WALK)
			return -XEN_E2BIG;
		put_name(p9, path, len);
		path += len;
		if (!*path++)
			break;
	}
	p9->request[at] = (uint8_t)nr;
	at = (uint32_t)p9_exchange(p9, deadline);
	/* Fewer than asked: one of the names is not there. */
	return at ? (int)at : p9_get(p9, 0, 2) == nr ? 0 : -XEN_ENOENT;
}

static int forget(struct p9_front *p9, uint32_t fid, uint64_t deadline)
{
	p9_begin(p9, TCLUNK);
	p9_put(p9, fid, 4);
	return p9_exchange(p9, deadline);
}

/* P9_CREATE opens what is there and empties it; else it is made. */
static int open_fid(struct p9_front *p9, struct p9_file *file, bool fresh, uint64_t deadline)
{
	uint32_t fid = fid_of(p9, file);
	bool create = fresh && file->mode == P9_CREATE;
	const char *name;
	int rc = walk(p9, fid, file->path, true, &name, deadline);

	if (rc == -XEN_ENOENT && create) {
		rc = walk(p9, fid, file->path, false, &name, deadline);
		if (rc)
			return rc;
		p9_begin(p9, TLCREATE);
		p9_put(p9, fid, 4);
		put_name(p9, name, strlen(name));
		p9_put(p9, 1, 4);    /* for writing */
		p9_put(p9, 0644, 4); /* permissions */
		p9_put(p9, 0, 4);    /* group */
	} else {
		if (rc)
			return rc;
		p9_begin(p9, TLOPEN);
		p9_put(p9, fid, 4);
		p9_put(p9, (file->mode != P9_READ) | (create ? O_TRUNC : 0), 4);
	}
	rc = p9_exchange(p9, deadline);
	if (!rc)
		file->session = p9->session;
	else if (rc != -XEN_EAGAIN && rc != -XEN_ETIMEDOUT)
		(void)forget(p9, fid, deadline);
	return rc;
}

/* The turn to call; then a connection with the root attached, and the file open in it. */
static int ready(struct p9_front *p9, struct p9_file *file, bool fresh, uint64_t deadline)
{
	int rc = front_device_wait_connected(&p9->device, deadline);

	if (!rc && !p9->running)
		return -XEN_EAGAIN;
	if (!rc && p9->attached != p9->session)
		rc = attach(p9, deadline);
	if (!rc && file->session != p9->session)
		rc = open_fid(p9, file, fresh, deadline);
	return rc;
}

static int take_turn(struct p9_front *p9, uint64_t deadline)
{
	while (p9->busy)
		if (wait_on(&p9->turn, deadline))
			return -XEN_ETIMEDOUT;
	p9->busy = true;
	return 0;
}

static void end_turn(struct p9_front *p9)
{
	p9->busy = false;
	wake_all(&p9->turn);
}

/*
 * While backends go: each is a new try. The wait keeps us from spinning until xenbus has noticed.
 */
static bool again(struct p9_front *p9, int rc, uint64_t deadline)
{
	if (rc != -XEN_EAGAIN || time_now() >= deadline)
		return false;
	(void)wait_on(&p9->device.settled, time_now() + 10 * TIME_MS);
	return true;
}

int p9_open(struct p9_front *p9, const char *path, enum p9_mode mode, struct p9_file **file,
	    uint64_t deadline)
{
	struct p9_file *found = NULL;
	int rc;

	if (!*path || strlen(path) >= P9_PATH_MAX)
		return -XEN_E2BIG;
	rc = take_turn(p9, deadline);
	if (rc)
		return rc;
	for (unsigned int i = 0; i < P9_FILES && !found; i++)
		if (!p9->files[i].open)
			found = &p9->files[i];
	if (found) {
		*found = (struct p9_file){ .open = true, .mode = mode };
		memcpy(found->path, path, strlen(path) + 1);
		do
			rc = ready(p9, found, true, deadline);
		while (again(p9, rc, deadline));
		found->open = !rc;
		*file = found;
	} else {
		rc = -XEN_EMFILE;
	}
	end_turn(p9);
	return rc == -XEN_EAGAIN ? -XEN_ETIMEDOUT : rc;
}

static int read_once(struct p9_front *p9, const struct p9_file *file, uint64_t offset, void *bytes,
		     uint32_t len, uint64_t deadline)
{
	uint32_t got;
	int rc;

	p9_begin(p9, TREAD);
	p9_put(p9, fid_of(p9, file), 4);
	p9_put(p9, offset, 8);
	p9_put(p9, len, 4);
	rc = p9_exchange(p9, deadline);
	if (rc)
		return rc;
	got = (uint32_t)p9_get(p9, 0, 4);
	if (got > len || got > p9->reply_len - 7 - 4) /* more than asked, or than is there */
		return -XEN_EIO;
	memcpy(bytes, p9->reply + 7 + 4, got);
	return (int)got;
}

static int write_once(struct p9_front *p9, const struct p9_file *file, uint64_t offset,
		      const void *bytes, uint32_t len, uint64_t deadline)
{
	uint64_t done;
	int rc;

	p9_begin(p9, TWRITE);
	p9_put(p9, fid_of(p9, file), 4);
	p9_put(p9, offset, 8);
	p9_put(p9, len, 4);
	p9_put_bytes(p9, bytes, len);
	rc = p9_exchange(p9, deadline);
	if (rc)
		return rc;
	done = p9_get(p9, 0, 4);
	return done > len ? -XEN_EIO : (int)done;
}

/* Either of to and from is NULL. */
static int transfer(struct p9_front *p9, struct p9_file *file, uint64_t offset, void *to,
		    const void *from, uint32_t len, uint64_t deadline)
{
	int rc = take_turn(p9, deadline);

	if (rc)
		return rc;
	PV_ASSERT(file->open);
	do {
		uint32_t most;

		rc = ready(p9, file, false, deadline);
		most = p9->message_max - IO_HEAD < len ? p9->message_max - IO_HEAD : len;
		if (!rc)
			rc = to ? read_once(p9, file, offset, to, most, deadline)
				: write_once(p9, file, offset, from, most, deadline);
	} while (again(p9, rc, deadline));
	end_turn(p9);
	return rc == -XEN_EAGAIN ? -XEN_ETIMEDOUT : rc;
}

int p9_read(struct p9_front *p9, struct p9_file *file, uint64_t offset, void *bytes, uint32_t len,
	    uint64_t deadline)
{
	return transfer(p9, file, offset, bytes, NULL, len, deadline);
}

int p9_write(struct p9_front *p9, struct p9_file *file, uint64_t offset, const void *bytes,
	     uint32_t len, uint64_t deadline)
{
	return transfer(p9, file, offset, NULL, bytes, len, deadline);
}

/*
 * A backend that is gone, or will not hear of it, has forgotten the file, or will with the session.
 */
void p9_close(struct p9_front *p9, struct p9_file *file, uint64_t deadline)
{
	if (take_turn(p9, deadline))
		return;
	if (p9->running && file->session == p9->session)
		(void)forget(p9, fid_of(p9, file), deadline);
	file->open = false;
	end_turn(p9);
}
