/* SPDX-License-Identifier: MIT */
/*
 * The fake devices. Descriptors from FIRST_FD up are theirs.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "fake_xen_devices.h"

#define FIRST_FD 100000
#define MAX_AREAS 256

int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
void *__real_mmap(void *addr, size_t bytes, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *addr, size_t bytes);
int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
void *__wrap_mmap(void *addr, size_t bytes, int prot, int flags, int fd, off_t offset);
int __wrap_munmap(void *addr, size_t bytes);
int __wrap_ioctl(int fd, unsigned long request, ...);
long __wrap_syscall(long number, ...);
ssize_t __real_read(int fd, void *data, size_t bytes);
ssize_t __real_write(int fd, const void *data, size_t bytes);
ssize_t __wrap_read(int fd, void *data, size_t bytes);
ssize_t __wrap_write(int fd, const void *data, size_t bytes);

struct fake_xen fake;

static struct area {
	char *start;
	size_t bytes;
	enum fake_device device;
} areas[MAX_AREAS];

void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	memset(areas, 0, sizeof(areas));
	fake.map_countdown = -1;
	fake.map_errno = ENOMEM;
}

bool fake_is_hypercall_memory(const void *p, size_t bytes)
{
	const char *at = p;

	for (int i = 0; i < MAX_AREAS; i++)
		if (areas[i].bytes && areas[i].device == FAKE_HYPERCALL && at >= areas[i].start &&
		    at + bytes <= areas[i].start + areas[i].bytes)
			return true;
	return false;
}

static long answer(long result)
{
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

int __wrap_open(const char *path, int flags, ...)
{
	static const char *const name[NR_FAKE_DEVICES] = { "privcmd", "hypercall", "evtchn", "gntdev", "gntalloc" };

	if (strncmp(path, "/dev/xen/", 9))
		return __real_open(path, flags, 0);
	for (int i = 0; i < NR_FAKE_DEVICES; i++) {
		if (strcmp(path + 9, name[i]))
			continue;
		if (fake.open_errno[i])
			return (int)answer(-fake.open_errno[i]);
		fake.nr_open[i]++;
		return FIRST_FD + i;
	}
	return (int)answer(-ENOENT);
}

int __wrap_close(int fd)
{
	if (fd < FIRST_FD)
		return __real_close(fd);
	fake.nr_open[fd - FIRST_FD]--;
	return 0;
}

void *__wrap_mmap(void *addr, size_t bytes, int prot, int flags, int fd, off_t offset)
{
	bool ours = fd >= FIRST_FD;
	void *p;

	if (ours && fake.map_countdown >= 0 && fake.map_countdown-- == 0) {
		errno = fake.map_errno;
		return MAP_FAILED;
	}
	if (ours)
		p = __real_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	else
		p = __real_mmap(addr, bytes, prot, flags, fd, offset);
	for (int i = 0; ours && p != MAP_FAILED && i < MAX_AREAS; i++) {
		if (areas[i].bytes)
			continue;
		areas[i] = (struct area){ p, bytes, (enum fake_device)(fd - FIRST_FD) };
		fake.nr_mapped++;
		break;
	}
	return p;
}

int __wrap_munmap(void *addr, size_t bytes)
{
	for (int i = 0; i < MAX_AREAS; i++) {
		if (!areas[i].bytes || areas[i].start != addr)
			continue;
		if (areas[i].bytes != bytes)
			return (int)answer(-EINVAL);
		areas[i].bytes = 0;
		fake.nr_mapped--;
	}
	return __real_munmap(addr, bytes);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	fake.nr_ioctls++;
	if (fd < FIRST_FD || !fake.ioctl)
		return (int)answer(-ENOTTY);
	return (int)answer(fake.ioctl((enum fake_device)(fd - FIRST_FD), request, arg));
}

/* Only the hypercall ioctl is made this way; its argument starts with number and five arguments. */
long __wrap_syscall(long number, ...)
{
	const uint64_t *call;
	va_list args;
	int fd;

	va_start(args, number);
	fd = va_arg(args, int);
	(void)va_arg(args, unsigned long);
	call = va_arg(args, void *);
	va_end(args);
	if (number != SYS_ioctl || fd != FIRST_FD + FAKE_PRIVCMD || !fake.hypercall)
		return answer(-ENOSYS);
	return answer(fake.hypercall(call[0], call + 1));
}

ssize_t __wrap_read(int fd, void *data, size_t bytes)
{
	if (fd < FIRST_FD)
		return __real_read(fd, data, bytes);
	if (!fake.pending)
		return answer(-EAGAIN);
	memcpy(data, &fake.pending, sizeof(fake.pending));
	fake.pending = 0;
	return sizeof(fake.pending);
}

ssize_t __wrap_write(int fd, const void *data, size_t bytes)
{
	if (fd < FIRST_FD)
		return __real_write(fd, data, bytes);
	memcpy(&fake.unmasked, data, sizeof(fake.unmasked));
	return sizeof(fake.unmasked);
}
