/* SPDX-License-Identifier: MIT */
/*
 * Measure what common operations cost inside a domain, in instructions.
 *
 * Under QEMU's -icount shift=0 one tick of the time-stamp counter is one executed instruction, so a
 * mean over some rounds is exact up to the timer ticks that fell in. Each operation runs once
 * unmeasured, to have its pages and code in place. Results are lines "BENCH name value".
 *
 * The hypercalls go through privcmd, and their figure is less one getppid: what remains is the
 * ioctl's own way and the hypervisor's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL
#define PAGES 256UL

/* The interfaces of Linux's Xen devices used here. */
struct privcmd_call {
	uint64_t op;
	uint64_t arg[5];
};
struct evtchn_interdomain {
	uint32_t remote_domain, remote_port;
};
struct evtchn_unbound {
	uint32_t remote_domain;
};
struct evtchn_notify {
	uint32_t port;
};
#define PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_call))
#define EVTCHN_BIND_INTERDOMAIN _IOC(_IOC_NONE, 'E', 1, sizeof(struct evtchn_interdomain))
#define EVTCHN_BIND_UNBOUND _IOC(_IOC_NONE, 'E', 2, sizeof(struct evtchn_unbound))
#define EVTCHN_NOTIFY _IOC(_IOC_NONE, 'E', 4, sizeof(struct evtchn_notify))
#define HYPERCALL_XEN_VERSION 17
#define HYPERCALL_SCHED_OP 29
#define DOMID_SELF 0x7ff0u

static char *area;
static double loop_cost;
static int to_child[2], from_child[2];
static int privcmd, evtchn;
static uint32_t near_port, far_port;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high)::"memory");
	return ((uint64_t)high << 32) | low;
}

static void op_nothing(void)
{
	__asm__ volatile("");
}

static void op_getppid(void)
{
	syscall(SYS_getppid);
}

static void op_clock_vdso(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
}

static void op_clock_syscall(void)
{
	struct timespec now;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
}

static void op_map(void)
{
	char *pages = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		die("mmap");
	for (unsigned long i = 0; i < PAGES; i++)
		*(volatile char *)(pages + i * PAGE) = 1;
	if (munmap(pages, PAGES * PAGE))
		die("munmap");
}

static void op_mprotect(void)
{
	if (mprotect(area, PAGES * PAGE, PROT_READ) ||
	    mprotect(area, PAGES * PAGE, PROT_READ | PROT_WRITE))
		die("mprotect");
}

static void reap(pid_t child)
{
	int status;

	if (child < 0 || waitpid(child, &status, 0) != child || status)
		die("child");
}

static void op_fork(void)
{
	pid_t child = fork();

	if (!child)
		_exit(0);
	reap(child);
}

static void op_exec(void)
{
	pid_t child = vfork();

	if (!child) {
		execl("/bin/busybox", "true", NULL);
		_exit(127);
	}
	reap(child);
}

static void op_pipe(void)
{
	char byte = 0;

	if (write(to_child[1], &byte, 1) != 1 || read(from_child[0], &byte, 1) != 1)
		die("pipe");
}

static void hypercall(uint64_t op, uint64_t arg0)
{
	struct privcmd_call call = { .op = op, .arg = { arg0 } };

	if (ioctl(privcmd, PRIVCMD_HYPERCALL, &call) < 0)
		die("hypercall");
}

static void op_version(void)
{
	hypercall(HYPERCALL_XEN_VERSION, 0);
}

static void op_yield(void)
{
	hypercall(HYPERCALL_SCHED_OP, 0);
}

static void op_cpuid(void)
{
	uint32_t a = 1, c = 0;

	__asm__ volatile("cpuid" : "+a"(a), "+c"(c)::"rbx", "rdx");
}

static void op_evtchn(void)
{
	struct evtchn_notify notify = { far_port };
	uint32_t port = 0;

	if (ioctl(evtchn, EVTCHN_NOTIFY, &notify) < 0 || read(evtchn, &port, 4) != 4)
		die("event channel");
	if (port != near_port || write(evtchn, &port, 4) != 4)
		die("event channel port");
}

/* Mean ticks of one operation, less what the loop and the call take. */
static double measure(void (*op)(void), unsigned int rounds)
{
	uint64_t start;

	op();
	op();
	start = ticks();
	for (unsigned int i = 0; i < rounds; i++)
		op();
	return (double)(ticks() - start) / rounds - loop_cost;
}

static void report(const char *name, double value)
{
	printf("BENCH %s %.0f\n", name, value);
	fflush(stdout);
}

static pid_t open_pipe(void)
{
	pid_t child;
	char byte;

	if (pipe(to_child) || pipe(from_child))
		die("pipe");
	child = fork();
	if (!child) {
		close(to_child[1]);
		while (read(to_child[0], &byte, 1) == 1)
			if (write(from_child[1], &byte, 1) != 1)
				_exit(1);
		_exit(0);
	}
	return child;
}

static void bench_pipe(void)
{
	pid_t child = open_pipe();

	report("pipe", measure(op_pipe, 2000));
	close(to_child[1]);
	reap(child);
}

/* A channel from this domain to itself: what is sent on one port arrives on the other. */
static void open_loopback(void)
{
	struct evtchn_unbound unbound = { DOMID_SELF };
	struct evtchn_interdomain both = { DOMID_SELF, 0 };
	int port;

	evtchn = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	if (evtchn < 0)
		die("/dev/xen/evtchn");
	port = ioctl(evtchn, EVTCHN_BIND_UNBOUND, &unbound);
	if (port < 0)
		die("bind unbound");
	near_port = both.remote_port = (uint32_t)port;
	port = ioctl(evtchn, EVTCHN_BIND_INTERDOMAIN, &both);
	if (port < 0)
		die("bind interdomain");
	far_port = (uint32_t)port;
}

/* Binding may leave an event pending on either end; take them all before measuring. */
static void drain_loopback(void)
{
	uint32_t ports[16];
	ssize_t got;

	fcntl(evtchn, F_SETFL, O_NONBLOCK);
	while ((got = read(evtchn, ports, sizeof(ports))) > 0)
		if (write(evtchn, ports, (size_t)got) != got)
			die("unmask");
	fcntl(evtchn, F_SETFL, 0);
}

/* Whether hypercalls may be made from here: Linux refuses privcmd to an ordinary guest's programs. */
static int open_privcmd(void)
{
	struct privcmd_call call = { .op = HYPERCALL_XEN_VERSION };

	privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (privcmd < 0)
		privcmd = open("/proc/xen/privcmd", O_RDWR | O_CLOEXEC);
	return privcmd >= 0 && ioctl(privcmd, PRIVCMD_HYPERCALL, &call) >= 0;
}

static void bench_xen(double getppid_cost)
{
	if (open_privcmd()) {
		report("xen-version", measure(op_version, 10000) - getppid_cost);
		report("yield", measure(op_yield, 10000) - getppid_cost);
	} else if (errno == EPERM) {
		printf("ops: no hypercalls from programs here\n");
	} else {
		die("privcmd");
	}
	open_loopback();
	drain_loopback();
	report("evtchn", measure(op_evtchn, 2000));
}

/* One operation between the marks of profile_plugin.c. */
static int profile(const char *name, unsigned int rounds)
{
	static const struct {
		const char *name;
		void (*op)(void);
	} known[] = { { "getppid", op_getppid }, { "map", op_map },	{ "mprotect", op_mprotect },
		      { "fork", op_fork },	 { "exec", op_exec },	{ "pipe", op_pipe },
		      { "xen-version", op_version }, { "yield", op_yield }, { "evtchn", op_evtchn } };
	void (*op)(void) = NULL;

	for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i].name, name))
			op = known[i].op;
	if (!op) {
		fprintf(stderr, "ops: %s is no operation\n", name);
		return 1;
	}
	if (op == op_pipe)
		open_pipe();
	if ((op == op_version || op == op_yield) && !open_privcmd())
		die("privcmd");
	if (op == op_evtchn) {
		open_loopback();
		drain_loopback();
	}
	op();
	op();
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80; .ascii \"PROB\"" ::: "memory");
	for (unsigned int i = 0; i < rounds; i++)
		op();
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80; .ascii \"PROE\"" ::: "memory");
	return 0;
}

int main(int argc, char **argv)
{
	double boot = (double)ticks() / 1e6, getppid_cost;

	area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (area == MAP_FAILED)
		die("mmap");
	madvise(area, PAGES * PAGE, MADV_NOHUGEPAGE);
	memset(area, 1, PAGES * PAGE);
	if (argc == 4 && !strcmp(argv[1], "profile"))
		return profile(argv[2], (unsigned int)strtoul(argv[3], NULL, 0));

	report("boot", boot);
	loop_cost = measure(op_nothing, 10000);
	getppid_cost = measure(op_getppid, 20000);
	report("getppid", getppid_cost);
	if (argc == 2 && !strcmp(argv[1], "cpuid")) {
		report("cpuid", measure(op_cpuid, 10000));
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "calls")) {
		bench_xen(getppid_cost);
		return 0;
	}
	report("clock-vdso", measure(op_clock_vdso, 50000));
	report("clock-syscall", measure(op_clock_syscall, 20000));
	report("map", measure(op_map, 40));
	report("mprotect", measure(op_mprotect, 100));
	/* The populated area stays: a process has some memory to copy the page tables of. */
	report("fork", measure(op_fork, 100));
	report("exec", measure(op_exec, 60));
	bench_pipe();
	if (argc == 2 && !strcmp(argv[1], "xen"))
		bench_xen(getppid_cost);
	return 0;
}
