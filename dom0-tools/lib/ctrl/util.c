/* SPDX-License-Identifier: MIT */
/*
 * Small things libxenguest expects to find here: exact reads and writes, bit maps.
 */
#include <fcntl.h>
#include <limits.h>
#include <sys/uio.h>

#include "private.h"

int read_exact(int fd, void *data, size_t size);
int write_exact(int fd, const void *data, size_t size);
int writev_exact(int fd, const struct iovec *iov, int iovcnt);
void discard_file_cache(xc_interface *xch, int fd, int flush);

/* 0, or -1: errno 0 if the file ended first. */
int read_exact(int fd, void *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t rc = read(fd, (char *)data + done, size - done);

		if (rc < 0 && errno == EINTR)
			continue;
		if (rc == 0)
			errno = 0;
		if (rc <= 0)
			return -1;
		done += (size_t)rc;
	}
	return 0;
}

int write_exact(int fd, const void *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t rc = write(fd, (const char *)data + done, size - done);

		if (rc < 0 && errno == EINTR)
			continue;
		if (rc <= 0)
			return -1;
		done += (size_t)rc;
	}
	return 0;
}

int writev_exact(int fd, const struct iovec *iov, int iovcnt)
{
	int i;

	/* One system call if it takes everything; what is left goes piece by piece. */
	if (iovcnt > 0 && iovcnt <= IOV_MAX) {
		ssize_t rc = writev(fd, iov, iovcnt);

		if (rc < 0 && errno != EINTR)
			return -1;
		for (i = 0; rc > 0 && i < iovcnt && (size_t)rc >= iov[i].iov_len; i++)
			rc -= (ssize_t)iov[i].iov_len;
		if (rc > 0) {
			if (write_exact(fd, (char *)iov[i].iov_base + rc,
					iov[i].iov_len - (size_t)rc))
				return -1;
			i++;
		} else if (rc < 0) {
			i = 0;
		}
	} else {
		i = 0;
	}
	for (; i < iovcnt; i++)
		if (write_exact(fd, iov[i].iov_base, iov[i].iov_len))
			return -1;
	return 0;
}

/* The file will not be read again soon: keep it from pushing other things out of the page cache. */
void discard_file_cache(xc_interface *xch, int fd, int flush)
{
	int saved = errno;
	off_t here = lseek(fd, 0, SEEK_CUR);

	if (here >= 0 && (!flush || !fsync(fd)))
		posix_fadvise(fd, 0, here & ~(off_t)(XC_PAGE_SIZE - 1), POSIX_FADV_DONTNEED);
	errno = saved;
}

void bitmap_64_to_byte(uint8_t *bp, const uint64_t *lp, int nbits)
{
	int bytes = (nbits + 7) / 8;

	if (bytes <= 0)
		return;
	memcpy(bp, lp, (size_t)bytes);
	if (nbits % 8)
		bp[bytes - 1] &= (uint8_t)((1u << nbits % 8) - 1);
}

void bitmap_byte_to_64(uint64_t *lp, const uint8_t *bp, int nbits)
{
	int bytes = (nbits + 7) / 8;

	if (bytes <= 0)
		return;
	memset(lp, 0, (size_t)(nbits + 63) / 64 * 8);
	memcpy(lp, bp, (size_t)bytes);
	if (nbits % 8)
		((uint8_t *)lp)[bytes - 1] &= (uint8_t)((1u << nbits % 8) - 1);
}
