/* SPDX-License-Identifier: MIT */
/*
 * What the worker gives up before it hears of the first device: other files (an empty root), other
 * users' rights (a uid of its own, no capabilities), new programs and all system calls but those
 * that rings and I/O on given descriptors need. A call that is not allowed fails with EPERM.
 */
#include "worker.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int common_calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	SCMP_SYS(pread64),
	SCMP_SYS(pwrite64),
	SCMP_SYS(preadv),
	SCMP_SYS(pwritev),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(select),
	SCMP_SYS(pselect6),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(io_uring_enter),
	SCMP_SYS(close),
	SCMP_SYS(fcntl),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(lseek),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(fallocate),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(brk),
	SCMP_SYS(futex),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(tgkill),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(getrandom),
	SCMP_SYS(sched_yield),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(ioctl),
};

static int allow(scmp_filter_ctx filter, const int *calls, size_t nr)
{
	int error = 0;

	for (size_t i = 0; i < nr && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	return error;
}

/* Memory may be mapped, never to be executed. */
static int allow_memory(scmp_filter_ctx filter)
{
	int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0));

	return error ? error
		     : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
					SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0));
}

static int filter_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	const int *own = worker.only ? worker.only->syscalls : NULL;
	size_t nr = 0;
	int error;

	if (!filter)
		return -ENOMEM;
	error = allow(filter, common_calls, sizeof(common_calls) / sizeof(common_calls[0]));
	if (!error)
		error = allow_memory(filter);
	while (own && own[nr] != -1)
		nr++;
	if (!error && nr)
		error = allow(filter, own, nr);
	if (!error)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return error;
}

static int keep_capabilities(uint64_t kept)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2] = {
		{ .effective = (uint32_t)kept, .permitted = (uint32_t)kept },
		{ .effective = (uint32_t)(kept >> 32), .permitted = (uint32_t)(kept >> 32) },
	};

	return syscall(SYS_capset, &head, sets) < 0 ? -errno : 0;
}

int confine(const char *empty_dir)
{
	uint64_t kept = worker.only ? worker.only->capabilities : 0;
	int error;

	if (!worker.uid)
		return -EINVAL;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		return -errno;
	if (chroot(empty_dir) || chdir("/"))
		return -errno;
	/* Before the uid changes: dropping from the bounding set needs a capability. */
	for (int cap = 0; cap <= 63; cap++) /* those the kernel does not know fail */
		if (!(kept & 1ull << cap))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (setgroups(0, NULL) || setresgid(worker.uid, worker.uid, worker.uid) ||
	    setresuid(worker.uid, worker.uid, worker.uid))
		return -errno;
	error = keep_capabilities(kept);
	if (error)
		return error;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return filter_calls();
}
