// sources: pv-drivers/back/9pfs/worker/p9_server.c pv-drivers/back/9pfs/worker/p9_[adfinopw]*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ipv-drivers/ring -Ipv-drivers/back/9pfs/worker
/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: a share's server. The input is requests, each begun by a byte with its size; all go to
 * one server over an empty folder. Each gets one response that fits and says its own size, and
 * nothing appears beside the folder.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "p9_server.h"

static char top[64], folder[80];
static struct p9_server server;
static uint8_t response[P9_MSIZE_MIN];

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return strcmp(path, top) ? remove(path) : 0;
}

static void clean_up(void)
{
	rmdir(top);
}

static void begin(uint8_t dialect)
{
	static const char *const names[] = { "9P2000.L", "9P2000.u" };
	uint8_t hello[] = { 21, 0, 0, 0, P9_TVERSION, 0xff, 0xff, 0, 16, 0, 0, 8, 0,
			    0,	0, 0, 0, 0,	       0,    0,	   0 };
	uint8_t attach[] = { 23, 0, 0, 0, P9_TATTACH, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0 };
	struct stat st;

	if (!*top) {
		strcpy(top, "/tmp/serai-fuzz-9p-XXXXXX");
		if (!mkdtemp(top))
			abort();
		atexit(clean_up);
		snprintf(folder, sizeof(folder), "%s/folder", top);
	}
	if (mkdir(folder, 0700) || stat(folder, &st))
		abort();
	memcpy(hello + 13, names[dialect & 1], 8);
	if (p9_server_init(&server, open(folder, O_RDONLY | O_DIRECTORY), P9_SECURITY_NONE, false, P9_MSIZE_MIN, NULL))
		abort();
	p9_serve(&server, hello, sizeof(hello), response, sizeof(response));
	p9_serve(&server, attach, sizeof(attach), response, sizeof(response));
}

static void end(void)
{
	struct stat st;

	p9_server_free(&server);
	/* The folder is all there is. */
	if (stat(top, &st) || st.st_nlink != 3)
		abort();
	nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t request[P9_HEADER + 256] = { 0 };

	if (!size)
		return 0;
	begin(*data++);
	for (size--; size > 1;) {
		uint32_t len = *data < size - 1 ? *data : (uint32_t)size - 1, answer;
		uint32_t bytes = 4 + len < P9_HEADER ? P9_HEADER : 4 + len;

		memcpy(request, &bytes, 4);
		memcpy(request + 4, data + 1, len);
		answer = p9_serve(&server, request, bytes, response, sizeof(response));
		if (answer < P9_HEADER || answer > sizeof(response) || memcmp(response, &answer, 4))
			abort();
		data += 1 + len;
		size -= 1 + len;
	}
	end();
	return 0;
}
