/* SPDX-License-Identifier: MIT */
// sources: pv-drivers/back/9pfs/worker/p9_server.c pv-drivers/back/9pfs/worker/p9_[adfinopw]*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -D__XEN_TOOLS__ -Ibuild/tools/include -Ipv-drivers/ring -Ipv-drivers/back/9pfs/worker
/*
 * The 9P server over a real folder: what Linux's client does in both dialects, every way out of the
 * folder, limits, a server that takes over, and a million random requests.
 */
#include "p9_fixture.h"

#include <sys/xattr.h>

static struct p9_server_journal journal;

static int setup(void **state)
{
	p9_make_dir();
	memset(&journal, 0, sizeof(journal));
	return 0;
}

static int teardown(void **state)
{
	p9_server_free(&p9);
	p9_remove_dir();
	return 0;
}

static void clunk(uint32_t fid)
{
	assert_int_equal(p9_call(P9_TCLUNK, "w", fid), 0);
}

/* A new fid for one name below another fid. */
static int walk1(uint32_t from, uint32_t to, const char *name)
{
	return p9_call(P9_TWALK, "wwhs", from, to, 1, name);
}

static int walk0(uint32_t from, uint32_t to)
{
	return p9_call(P9_TWALK, "wwh", from, to, 0);
}

static void write_at(uint32_t fid, uint64_t offset, const char *text)
{
	assert_int_equal(p9_call(P9_TWRITE, "wdwp", fid, offset, (uint32_t)strlen(text), text,
				 (uint32_t)strlen(text)),
			 0);
	assert_int_equal(p9_get32(&p9_reply), strlen(text));
}

static void expect_read(uint32_t fid, uint64_t offset, const char *text)
{
	uint32_t n;

	assert_int_equal(p9_call(P9_TREAD, "wdw", fid, offset, 4096), 0);
	n = p9_get32(&p9_reply);
	assert_int_equal(n, strlen(text));
	assert_memory_equal(p9_get_bytes(&p9_reply, n), text, n);
}

static uint32_t mode_of(uint32_t fid)
{
	assert_int_equal(p9_call(P9_TGETATTR, "wd", fid, (uint64_t)0x7ff), 0);
	(void)p9_get64(&p9_reply);
	(void)p9_get_bytes(&p9_reply, P9_QID_BYTES);
	return p9_get32(&p9_reply);
}

static void files_written_and_read_back(void **state)
{
	struct stat st;

	p9_begin(P9_SECURITY_NONE, false, "9P2000.L", NULL);
	assert_int_equal(walk0(1, 2), 0);
	assert_int_equal(p9_call(P9_TLCREATE, "wswww", 2, "file", O_RDWR, 0640, getgid()), 0);
	write_at(2, 0, "caravan");
	write_at(2, 7, "serai");
	expect_read(2, 0, "caravanserai");
	expect_read(2, 100, "");
	assert_int_equal(p9_call(P9_TFSYNC, "ww", 2, 0), 0);
	assert_int_equal(stat(p9_outside("file"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(st.st_size, 12);
	clunk(2);
	assert_int_equal(p9_call(P9_TREAD, "wdw", 2, (uint64_t)0, 10), -EBADF);

	assert_int_equal(walk1(1, 2, "file"), 0);
	assert_int_equal(p9_call(P9_TSETATTR, "wwwwwddddd", 2, 1 | 8, 0600, 0, 0, (uint64_t)5,
				 (uint64_t)0, (uint64_t)0, (uint64_t)0, (uint64_t)0),
			 0);
	assert_int_equal(mode_of(2), S_IFREG | 0600);
	assert_int_equal(p9_call(P9_TLOPEN, "ww", 2, O_RDONLY), 0);
	expect_read(2, 0, "carav");
	assert_int_equal(p9_call(P9_TWRITE, "wdwp", 2, (uint64_t)0, 1, "x", 1), -EBADF);
	assert_int_equal(p9_call(P9_TREMOVE, "w", 2), 0);
	assert_int_equal(stat(p9_outside("file"), &st), -1);
}

static void folders_listed_and_renamed(void **state)
{
	unsigned int entries = 0;
	uint64_t cookie = 0;
	uint32_t bytes;
	char name[64];

	p9_begin(P9_SECURITY_NONE, false, "9P2000.L", NULL);
	assert_int_equal(p9_call(P9_TMKDIR, "wsww", 1, "a", 0755, getgid()), 0);
	assert_int_equal(p9_call(P9_TMKDIR, "wsww", 1, "a", 0755, getgid()), -EEXIST);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "a/file-%d", i);
		close(open(p9_outside(name), O_CREAT | O_WRONLY, 0600));
	}
	assert_int_equal(walk1(1, 2, "a"), 0);
	assert_int_equal(walk1(2, 3, "file-7"), 0);
	assert_int_equal(walk0(2, 4), 0);
	assert_int_equal(p9_call(P9_TLOPEN, "ww", 4, O_RDONLY | O_DIRECTORY), 0);
	do { /* in small pieces */
		assert_int_equal(p9_call(P9_TREADDIR, "wdw", 4, cookie, 300), 0);
		bytes = p9_get32(&p9_reply);
		while (p9_reply.at < p9_reply.end) {
			(void)p9_get_bytes(&p9_reply, P9_QID_BYTES);
			cookie = p9_get64(&p9_reply);
			(void)p9_get8(&p9_reply);
			(void)p9_get_str(&p9_reply);
			entries++;
		}
		assert_false(p9_reply.bad);
	} while (bytes);
	assert_int_equal(entries, 102);
	assert_int_equal(p9_call(P9_TREADDIR, "wdw", 4, (uint64_t)0, 5), -EINVAL);

	/* Fids below a renamed folder go with it. */
	assert_int_equal(p9_call(P9_TRENAMEAT, "wsws", 1, "a", 1, "b"), 0);
	assert_int_equal(mode_of(3), S_IFREG | 0600);
	assert_int_equal(p9_call(P9_TRENAME, "wws", 3, 1, "moved"), 0);
	assert_int_equal(access(p9_outside("moved"), F_OK), 0);
	assert_int_equal(p9_call(P9_TUNLINKAT, "wsw", 1, "moved", 0), 0);
	assert_int_equal(p9_call(P9_TUNLINKAT, "wsw", 1, "b", 0x200), -ENOTEMPTY);
	assert_int_equal(p9_call(P9_TRENAMEAT, "wsws", 1, "b", 2, "inside"), -EINVAL);
}

static void links_and_pipes(void **state)
{
	struct stat st;
	char text[64];

	p9_begin(P9_SECURITY_NONE, false, "9P2000.L", NULL);
	assert_int_equal(p9_call(P9_TSYMLINK, "wssw", 1, "link", "/etc/passwd", getgid()), 0);
	assert_int_equal(walk1(1, 2, "link"), 0);
	assert_int_equal(p9_call(P9_TREADLINK, "w", 2), 0);
	p9_get_text(&p9_reply, text, sizeof(text));
	assert_string_equal(text, "/etc/passwd");
	assert_int_equal(mode_of(2) & S_IFMT, S_IFLNK);
	assert_int_equal(p9_call(P9_TMKNOD, "wswwww", 1, "pipe", S_IFIFO | 0600, 0, 0, getgid()),
			 0);
	assert_int_equal(walk1(1, 3, "pipe"), 0);
	assert_int_equal(p9_call(P9_TREADLINK, "w", 3), -EINVAL);
	assert_int_equal(p9_call(P9_TLOPEN, "ww", 3, O_RDONLY), -EINVAL); /* and does not wait */
	close(open(p9_outside("file"), O_CREAT | O_WRONLY, 0600));
	assert_int_equal(walk1(1, 4, "file"), 0);
	assert_int_equal(p9_call(P9_TLINK, "wws", 1, 4, "second"), 0);
	assert_int_equal(stat(p9_outside("second"), &st), 0);
	assert_int_equal(st.st_nlink, 2);
}

/* Each of these is a way a client may try to reach what is not in the folder. */
static void no_way_out(void **state)
{
	static const char *const names[] = {
		"..", ".", "", "/etc", "a/b", "../etc", "up", "up/etc"
	};
	char secret[128];
	struct stat root, seen;

	snprintf(secret, sizeof(secret), "%s-secret", p9_dir);
	close(open(secret, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(symlink("..", p9_outside("up")), 0);
	assert_int_equal(symlink(secret, p9_outside("out")), 0);
	p9_begin(P9_SECURITY_NONE, false, "9P2000.L", NULL);
	stat(p9_dir, &root);

	/* ".." at the root stays there. */
	assert_int_equal(p9_call(P9_TWALK, "wwhsss", 1, 2, 3, "..", "..", ".."), 0);
	assert_int_equal(p9_call(P9_TGETATTR, "wd", 2, (uint64_t)0x7ff), 0);
	(void)p9_get64(&p9_reply);
	(void)p9_get8(&p9_reply);
	(void)p9_get32(&p9_reply);
	assert_int_equal(p9_get64(&p9_reply), root.st_ino);
	clunk(2);

	/* Links are objects, never followed. */
	assert_int_equal(p9_call(P9_TWALK, "wwhss", 1, 2, 2, "up", "etc"), 0);
	assert_int_equal(p9_get16(&p9_reply), 1);
	assert_int_equal(p9_call(P9_TGETATTR, "wd", 2, (uint64_t)0x7ff), -EBADF);
	assert_int_equal(walk1(1, 2, "out"), 0);
	assert_int_equal(p9_call(P9_TLOPEN, "ww", 2, O_RDONLY), -ELOOP);
	assert_int_equal(p9_call(P9_TLOPEN, "ww", 2, O_WRONLY | O_TRUNC), -ELOOP);
	assert_int_equal(walk0(1, 3), 0);
	assert_int_equal(p9_call(P9_TLCREATE, "wswww", 3, "out", O_RDWR, 0600, 0), -ELOOP);
	assert_true(p9_call(P9_TSETATTR, "wwwwwddddd", 2, 1, 0777, 0, 0, (uint64_t)0, (uint64_t)0,
			    (uint64_t)0, (uint64_t)0, (uint64_t)0) < 0);
	assert_true(p9_call(P9_TSETATTR, "wwwwwddddd", 2, 8, 0, 0, 0, (uint64_t)9, (uint64_t)0,
			    (uint64_t)0, (uint64_t)0, (uint64_t)0) < 0);

	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_true(p9_call(P9_TMKDIR, "wsww", 1, names[i], 0755, 0) < 0);
		assert_true(p9_call(P9_TSYMLINK, "wssw", 1, names[i], "x", 0) < 0);
		assert_true(p9_call(P9_TMKNOD, "wswwww", 1, names[i], S_IFREG, 0, 0, 0) < 0);
		assert_true(p9_call(P9_TLINK, "wws", 1, 2, names[i]) < 0);
		if (strcmp(names[i], "up")) {
			assert_true(p9_call(P9_TLCREATE, "wswww", 3, names[i], O_RDWR, 0600, 0) <
				    0);
			assert_true(p9_call(P9_TRENAMEAT, "wsws", 1, "out", 1, names[i]) < 0);
			assert_true(p9_call(P9_TUNLINKAT, "wsw", 1, names[i], 0) < 0);
		}
	}
	/* A folder swapped for a link after the fid was made. */
	assert_int_equal(p9_call(P9_TMKDIR, "wsww", 1, "swap", 0755, getgid()), 0);
	assert_int_equal(walk1(1, 5, "swap"), 0);
	rmdir(p9_outside("swap"));
	assert_int_equal(symlink("..", p9_outside("swap")), 0);
	assert_true(p9_call(P9_TMKDIR, "wsww", 5, "evil", 0755, 0) < 0);
	assert_true(walk1(5, 6, "etc") < 0);
	assert_int_equal(stat(secret, &seen), 0);
	assert_int_equal(seen.st_size, 0);
	assert_int_equal(seen.st_mode & 0777, 0600);
	unlink(secret);
}

static void readonly_changes_nothing(void **state)
{
	int fd = open(p9_outside("file"), O_CREAT | O_WRONLY, 0600);

	assert_int_equal(write(fd, "kept", 4), 4);
	close(fd);
	p9_begin(P9_SECURITY_NONE, true, "9P2000.L", NULL);
	assert_int_equal(walk1(1, 2, "file"), 0);
	assert_int_equal(p9_call(P9_TLOPEN, "ww", 2, O_RDWR), -EROFS);
	assert_int_equal(p9_call(P9_TLOPEN, "ww", 2, O_RDONLY | O_TRUNC), -EROFS);
	assert_int_equal(p9_call(P9_TLOPEN, "ww", 2, O_RDONLY), 0);
	expect_read(2, 0, "kept");
	assert_int_equal(p9_call(P9_TMKDIR, "wsww", 1, "d", 0755, 0), -EROFS);
	assert_int_equal(p9_call(P9_TUNLINKAT, "wsw", 1, "file", 0), -EROFS);
	assert_int_equal(p9_call(P9_TREMOVE, "w", 2), -EROFS);
	assert_int_equal(access(p9_outside("file"), F_OK), 0);
}

static void mapped_attributes(void **state)
{
	struct stat st;
	uint8_t uid[4];

	if (setxattr(p9_dir, "user.test", "1", 1, 0)) {
		int root = open(p9_dir, O_RDONLY | O_DIRECTORY);

		assert_int_equal(p9_server_init(&p9, root, P9_SECURITY_MAPPED, false, 65536, NULL),
				 -EOPNOTSUPP);
		skip(); /* this file system has no user attributes */
	}
	p9_begin(P9_SECURITY_MAPPED, false, "9P2000.L", NULL);
	assert_int_equal(walk0(1, 2), 0);
	assert_int_equal(p9_call(P9_TLCREATE, "wswww", 2, "file", O_RDWR, 04755, 77), 0);
	assert_int_equal(mode_of(2), S_IFREG | 04755);
	assert_int_equal(p9_call(P9_TSETATTR, "wwwwwddddd", 2, 1 | 2, 0444, 1234, 0, (uint64_t)0,
				 (uint64_t)0, (uint64_t)0, (uint64_t)0, (uint64_t)0),
			 0);
	assert_int_equal(mode_of(2), S_IFREG | 0444);
	assert_int_equal(p9_get32(&p9_reply), 1234);
	assert_int_equal(p9_get32(&p9_reply), 77);
	stat(p9_outside("file"), &st);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(getxattr(p9_outside("file"), "user.virtfs.uid", uid, 4), 4);
	assert_int_equal(uid[0] | uid[1] << 8, 1234);

	assert_int_equal(p9_call(P9_TMKNOD, "wswwww", 1, "disk", S_IFBLK | 0660, 8, 1, 6), 0);
	assert_int_equal(p9_call(P9_TSYMLINK, "wssw", 1, "link", "file", 0), 0);
	lstat(p9_outside("disk"), &st);
	assert_true(S_ISREG(st.st_mode));
	lstat(p9_outside("link"), &st);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(walk1(1, 3, "disk"), 0);
	assert_int_equal(mode_of(3), S_IFBLK | 0660);
	assert_int_equal(walk1(1, 4, "link"), 0);
	assert_int_equal(mode_of(4) & S_IFMT, S_IFLNK);
	assert_int_equal(p9_call(P9_TREADLINK, "w", 4), 0);
	assert_int_equal(p9_get_str(&p9_reply).len, 4);
}

static void dialect_u(void **state)
{
	uint32_t bytes, records = 0;

	p9_begin(P9_SECURITY_NONE, false, "9P2000.u", NULL);
	assert_int_equal(p9_call(P9_TGETATTR, "wd", 1, (uint64_t)0), -EOPNOTSUPP);
	assert_int_equal(p9_reply_type, P9_RERROR);
	assert_int_equal(walk0(1, 2), 0);
	assert_int_equal(p9_call(P9_TCREATE, "wswbs", 2, "file", 0644, 2, ""), 0);
	write_at(2, 0, "hello");
	expect_read(2, 1, "ello");
	assert_int_equal(p9_call(P9_TSTAT, "w", 2), 0);
	bytes = p9_get16(&p9_reply);
	assert_int_equal(p9_get16(&p9_reply), bytes - 2);
	(void)p9_get_bytes(&p9_reply, 2 + 4 + P9_QID_BYTES);
	assert_int_equal(p9_get32(&p9_reply), 0644);
	(void)p9_get64(&p9_reply);
	assert_int_equal(p9_get64(&p9_reply), 5);
	assert_int_equal(p9_get_str(&p9_reply).len, 4);

	assert_int_equal(walk0(1, 3), 0);
	assert_int_equal(p9_call(P9_TCREATE, "wswbs", 3, "dir", 0x80000000u | 0755, 0, ""), 0);
	assert_int_equal(walk0(1, 4), 0);
	assert_int_equal(p9_call(P9_TCREATE, "wswbs", 4, "link", 0x02000000u, 0, "file"), 0);
	assert_int_equal(walk0(1, 5), 0);
	assert_int_equal(p9_call(P9_TOPEN, "wb", 5, 0), 0);
	assert_int_equal(p9_call(P9_TREAD, "wdw", 5, (uint64_t)0, 8000), 0);
	bytes = p9_get32(&p9_reply);
	while (p9_reply.at < p9_reply.end) {
		assert_non_null(p9_get_bytes(&p9_reply, p9_get16(&p9_reply)));
		records++;
	}
	assert_int_equal(records, 3);
	assert_int_equal(p9_call(P9_TREAD, "wdw", 5, (uint64_t)bytes, 8000), 0);
	assert_int_equal(p9_get32(&p9_reply), 0);
	assert_int_equal(p9_call(P9_TREAD, "wdw", 5, (uint64_t)bytes + 1, 8000), -EINVAL);

	/* Rename by wstat: all else untouched. */
	assert_int_equal(p9_call(P9_TWSTAT, "whhhwpwwwdssssswww", 2, 0, 0, 0, ~0u,
				 "\0\0\0\0\0\0\0\0\0\0\0\0\0", 13, ~0u, ~0u, ~0u, ~(uint64_t)0,
				 "renamed", "", "", "", "", ~0u, ~0u, ~0u),
			 0);
	assert_int_equal(access(p9_outside("renamed"), F_OK), 0);
	expect_read(2, 0, "hello");
}

static void limits(void **state)
{
	uint32_t n;

	p9_begin(P9_SECURITY_NONE, false, "9P2000.L", NULL);
	for (n = 2; walk0(1, n) == 0; n++)
		;
	assert_int_equal(n, P9_MAX_FIDS + 1);
	assert_int_equal(walk0(1, n), -EMFILE);
	clunk(5);
	assert_int_equal(walk0(1, n), 0);
	assert_int_equal(walk0(1, n), -EINVAL);
	for (n = 6; p9_call(P9_TLOPEN, "ww", n, O_RDONLY | O_DIRECTORY) == 0; n++)
		;
	assert_int_equal(n - 6, P9_MAX_OPEN);
	/* A new version begins anew. */
	assert_int_equal(p9_call(P9_TVERSION, "ws", 8192, "9P2000.L"), 0);
	assert_int_equal(p9_get32(&p9_reply), 8192);
	assert_int_equal(p9.nr_fids + p9.nr_open + p9.path_bytes, 0);
	assert_int_equal(p9_call(P9_TVERSION, "ws", 100, "9P2000.L"), -EINVAL);
	assert_int_equal(p9_call(P9_TVERSION, "ws", 8192, "9P2001"), 0);
	assert_int_equal(p9_call(P9_TATTACH, "wwssw", 1, P9_NOFID, "", "", 0), -EPROTO);
}

static uint32_t again(uint8_t type, const char *format, ...)
{
	va_list args;
	uint32_t size;

	va_start(args, format);
	size = p9_vbuild(p9_request, sizeof(p9_request), type, 9, format, args);
	va_end(args);
	size = p9_serve_again(&p9, p9_request, size, p9_response, sizeof(p9_response));
	return (uint32_t)p9_open_reply(p9_response, size, type, 9);
}

/* A server dies; the next one has its fids, open files too. */
static void fids_survive(void **state)
{
	int root;

	p9_begin(P9_SECURITY_NONE, false, "9P2000.L", &journal);
	assert_int_equal(walk0(1, 2), 0);
	assert_int_equal(p9_call(P9_TLCREATE, "wswww", 2, "file", O_RDWR | O_TRUNC, 0644, getgid()),
			 0);
	write_at(2, 0, "before");
	assert_int_equal(walk1(1, 3, "file"), 0);
	assert_int_equal(walk0(1, 4), 0);
	clunk(4);
	p9_server_free(&p9);

	root = open(p9_dir, O_RDONLY | O_DIRECTORY);
	assert_int_equal(p9_server_init(&p9, root, P9_SECURITY_NONE, false, P9_MSIZE_MAX, &journal),
			 0);
	p9_server_resume(&p9);
	assert_int_equal(p9.nr_fids, 3);
	assert_int_equal(p9.msize, 65536);
	expect_read(2, 0, "before");
	write_at(2, 6, "after");
	/* What may have been done once: */
	assert_int_equal(again(P9_TLOPEN, "ww", 2, O_RDWR), 0);
	assert_int_equal(again(P9_TWALK, "wwhs", 1, 3, 1, "file"), 0);
	assert_int_equal(again(P9_TCLUNK, "w", 4), 0);
	assert_int_equal(again(P9_TUNLINKAT, "wsw", 1, "file", 0), (uint32_t)-EIO);
	assert_int_equal(again(P9_TMKDIR, "wsww", 1, "d", 0755, 0), (uint32_t)-EIO);
	assert_int_equal(mode_of(3), S_IFREG | 0644);
	/* A journal of nonsense costs the fids, nothing else. */
	p9_server_free(&p9);
	memset(&journal, 0xff, sizeof(journal));
	root = open(p9_dir, O_RDONLY | O_DIRECTORY);
	assert_int_equal(p9_server_init(&p9, root, P9_SECURITY_NONE, false, P9_MSIZE_MAX, &journal),
			 0);
	p9_server_resume(&p9);
	assert_true(p9.nr_fids <= 1);
}

/* Types that exist, few fids, names that make trouble, sizes of all kinds. */
static void random_requests(void **state)
{
	static const uint8_t types[] = { P9_TSTATFS,
					 P9_TLOPEN,
					 P9_TLCREATE,
					 P9_TSYMLINK,
					 P9_TMKNOD,
					 P9_TRENAME,
					 P9_TREADLINK,
					 P9_TGETATTR,
					 P9_TSETATTR,
					 P9_TXATTRWALK,
					 P9_TREADDIR,
					 P9_TFSYNC,
					 P9_TLOCK,
					 P9_TGETLOCK,
					 P9_TLINK,
					 P9_TMKDIR,
					 P9_TRENAMEAT,
					 P9_TUNLINKAT,
					 P9_TAUTH,
					 P9_TATTACH,
					 P9_TFLUSH,
					 P9_TWALK,
					 P9_TWALK,
					 P9_TWALK,
					 P9_TREAD,
					 P9_TWRITE,
					 P9_TCLUNK,
					 P9_TREMOVE,
					 P9_TOPEN,
					 P9_TCREATE,
					 P9_TSTAT,
					 P9_TWSTAT,
					 0,
					 6,
					 127,
					 255 };
	static const char *const names[] = { "a", "b", "c", "..", ".", "", "a/b", "/", "../x" };
	uint64_t seed = 0x9f15;

	for (int dialect = 0; dialect < 2; dialect++) {
		p9_begin(P9_SECURITY_NONE, false, dialect ? "9P2000.u" : "9P2000.L", &journal);
		for (int i = 0; i < 500000; i++) {
			uint32_t r = pv_random(&seed), size;
			struct p9_out out = { p9_request, p9_request, p9_request + 200, false };
			struct p9_out head;

			p9_put32(&out, 0);
			p9_put8(&out, types[r % sizeof(types)]);
			p9_put16(&out, 7);
			while (out.at < out.start + 20 + r % 60) {
				uint32_t kind = pv_random(&seed);

				if (kind % 3 == 0)
					p9_put32(&out, (kind >> 8) % 12);
				else if (kind % 3 == 1)
					p9_put_text(&out, names[(kind >> 8) % 9]);
				else
					p9_put32(&out, pv_random(&seed));
			}
			size = (uint32_t)(out.at - out.start);
			head = (struct p9_out){ p9_request, p9_request, p9_request + 4, false };
			p9_put32(&head, r % 97 ? size : r);
			size = p9_serve(&p9, p9_request, size, p9_response, P9_MSIZE_MIN);
			assert_in_range(size, P9_HEADER, P9_MSIZE_MIN);
		}
		assert_in_range(p9.nr_errors, 1, p9.nr_requests * 49 / 50); /* some must work */
		p9_server_free(&p9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_written_and_read_back, setup, teardown),
		cmocka_unit_test_setup_teardown(folders_listed_and_renamed, setup, teardown),
		cmocka_unit_test_setup_teardown(links_and_pipes, setup, teardown),
		cmocka_unit_test_setup_teardown(no_way_out, setup, teardown),
		cmocka_unit_test_setup_teardown(readonly_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(mapped_attributes, setup, teardown),
		cmocka_unit_test_setup_teardown(dialect_u, setup, teardown),
		cmocka_unit_test_setup_teardown(limits, setup, teardown),
		cmocka_unit_test_setup_teardown(fids_survive, setup, teardown),
		cmocka_unit_test_setup_teardown(random_requests, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
