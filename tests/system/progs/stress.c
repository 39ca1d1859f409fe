/* SPDX-License-Identifier: MIT */
/*
 * Stress Dom0's use of the hypervisor: process creation, threads, signals, address-space changes and
 * the FPU state. Every worker checks what it wrote; a wrong byte, a lost signal or a wrong
 * register ends the program with a line that says which.
 *
 * Usage: stress forkexec WORKERS COUNT | {threads|signals|maps|float} WORKERS SECONDS
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL
#define MAP_PAGES 256UL

static const char *self = "/proc/self/exe";
static atomic_bool stop;

static void die(const char *what)
{
	printf("stress: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

static void wrong(const char *what, unsigned long wanted, unsigned long got)
{
	printf("stress: %s: wanted %#lx, got %#lx\n", what, wanted, got);
	fflush(stdout);
	_exit(1);
}

/* A cheap generator, so that each worker's sequence can be replayed for checking. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* fork, exec ourselves, and see that argument, environment and exit code survive. */
static void fork_exec_once(unsigned long number)
{
	char argument[32];
	int status;
	pid_t child;

	snprintf(argument, sizeof(argument), "%lu", number);
	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		execl(self, "stress", "child", argument, NULL);
		_exit(127);
	}
	if (waitpid(child, &status, 0) != child)
		die("waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != (int)(number % 100))
		wrong("exit status", number % 100, (unsigned long)status);
}

static int wait_all(unsigned long workers)
{
	int status, failed = 0;

	while (workers--) {
		if (wait(&status) < 0)
			die("wait");
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			failed = 1;
	}
	return failed;
}

static int fork_exec(unsigned long workers, unsigned long count)
{
	for (unsigned long worker = 0; worker < workers; worker++) {
		pid_t child = fork();

		if (child < 0)
			die("fork");
		if (child)
			continue;
		for (unsigned long i = worker; i < count; i += workers)
			fork_exec_once(i);
		_exit(0);
	}
	return wait_all(workers);
}

/* Fill a private region and check it while the other threads do the same. */
static void *memory_worker(void *arg)
{
	unsigned long id = (unsigned long)arg, size = 2UL << 20;
	uint64_t state;

	while (!stop) {
		uint64_t seed = 0x9e3779b97f4a7c15UL * (id + 1);
		uint64_t *words = mmap(NULL, size, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (words == MAP_FAILED)
			die("mmap");
		state = seed;
		for (unsigned long i = 0; i < size / 8; i += 8)
			words[i] = next_random(&state);
		state = seed;
		for (unsigned long i = 0; i < size / 8; i += 8) {
			uint64_t wanted = next_random(&state);

			if (words[i] != wanted)
				wrong("memory word", wanted, words[i]);
		}
		if (munmap(words, size))
			die("munmap");
	}
	return NULL;
}

/* Nested counter updates under a lock: futexes and wake-ups across processors. */
static pthread_mutex_t counter_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long counter_a, counter_b;

static void *lock_worker(void *arg)
{
	(void)arg;
	while (!stop) {
		pthread_mutex_lock(&counter_lock);
		if (counter_a != counter_b)
			wrong("locked counters", counter_a, counter_b);
		counter_a++;
		if (!(counter_a & 63))
			sched_yield();
		counter_b++;
		pthread_mutex_unlock(&counter_lock);
	}
	return NULL;
}

static int threads(unsigned long workers, unsigned long seconds)
{
	pthread_t ids[64];

	if (workers > 64)
		workers = 64;
	for (unsigned long i = 0; i < workers; i++)
		if (pthread_create(&ids[i], NULL, i & 1 ? lock_worker : memory_worker, (void *)i))
			die("pthread_create");
	sleep((unsigned int)seconds);
	stop = true;
	for (unsigned long i = 0; i < workers; i++)
		pthread_join(ids[i], NULL);
	printf("stress: %lu locked updates\n", counter_a);
	return 0;
}

static volatile sig_atomic_t alarms, faults;
static char *fault_page;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
}

/* A write to the protected page lands here; opening the page lets the write finish. */
static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	if (info->si_addr != fault_page)
		wrong("fault address", (unsigned long)fault_page, (unsigned long)info->si_addr);
	faults++;
	if (mprotect(fault_page, PAGE, PROT_READ | PROT_WRITE))
		die("mprotect in handler");
}

static void signal_worker(unsigned long seconds)
{
	struct sigaction alarm_action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct sigaction fault_action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	struct itimerval every = { { 0, 2000 }, { 0, 2000 } };
	time_t end = time(NULL) + (time_t)seconds;
	int rounds = 0;

	fault_page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fault_page == MAP_FAILED || sigaction(SIGALRM, &alarm_action, NULL) ||
	    sigaction(SIGSEGV, &fault_action, NULL) || setitimer(ITIMER_REAL, &every, NULL))
		die("signal setup");
	while (time(NULL) < end) {
		*(volatile char *)fault_page = (char)rounds;
		if (++rounds != faults)
			wrong("fault count", (unsigned long)rounds, (unsigned long)faults);
		if (mprotect(fault_page, PAGE, PROT_READ))
			die("mprotect");
		if (kill(getpid(), SIGALRM))
			die("kill");
	}
	if (alarms < rounds)
		wrong("alarm count", (unsigned long)rounds, (unsigned long)alarms);
	_exit(0);
}

/* Move, split, protect and drop mappings at random, checking each surviving page's mark. */
static void map_round(uint64_t *state)
{
	char *area = mmap(NULL, MAP_PAGES * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		die("mmap");
	for (unsigned long i = 0; i < MAP_PAGES; i++)
		*(unsigned long *)(area + i * PAGE) = i;
	for (int step = 0; step < 16; step++) {
		unsigned long first = next_random(state) % MAP_PAGES;
		unsigned long pages = next_random(state) % (MAP_PAGES - first) / 4 + 1;

		/* Without any right pages are not present, but keep their address. */
		if (mprotect(area + first * PAGE, pages * PAGE, step & 1 ? PROT_READ : PROT_NONE) ||
		    mprotect(area + first * PAGE, pages * PAGE, PROT_READ | PROT_WRITE))
			die("mprotect");
	}
	area = mremap(area, MAP_PAGES * PAGE, 2 * MAP_PAGES * PAGE, MREMAP_MAYMOVE);
	if (area == MAP_FAILED)
		die("mremap");
	for (unsigned long i = 0; i < MAP_PAGES; i++)
		if (*(unsigned long *)(area + i * PAGE) != i)
			wrong("page mark", i, *(unsigned long *)(area + i * PAGE));
	for (unsigned long i = 0; i < MAP_PAGES; i += 2)
		if (munmap(area + i * PAGE, PAGE))
			die("munmap hole");
	if (munmap(area, 2 * MAP_PAGES * PAGE))
		die("munmap");
}

static void map_worker(unsigned long seconds)
{
	uint64_t state = 0x2545f4914f6cdd1dUL ^ (uint64_t)getpid();
	time_t end = time(NULL) + (time_t)seconds;

	while (time(NULL) < end)
		map_round(&state);
	_exit(0);
}

/* Vector and x87 state must survive preemption by others doing the same with other values. */
static void float_worker(unsigned long seconds)
{
	double mine = (double)getpid(), got;
	time_t end = time(NULL) + (time_t)seconds;
	unsigned long rounds = 0;

	do {
		/* Enough turns in registers for a timer tick to fall among them. */
		unsigned long turns = 20000;

		__asm__ volatile("fldl %2\n"
				 "1:\tpause\n\tdec %1\n\tjnz 1b\n\t"
				 "fstpl %0\n\t"
				 : "=m"(got), "+r"(turns)
				 : "m"(mine)
				 : "st", "cc");
		if (got != mine)
			wrong("x87 register", (unsigned long)mine, (unsigned long)got);
		__asm__ volatile("movsd %1, %%xmm7\n\tmov $20000, %%ecx\n"
				 "1:\tdec %%ecx\n\tjnz 1b\n\tmovsd %%xmm7, %0"
				 : "=m"(got)
				 : "m"(mine)
				 : "xmm7", "rcx", "cc");
		if (got != mine)
			wrong("vector register", (unsigned long)mine, (unsigned long)got);
		if (!(++rounds & 15))
			sched_yield();
	} while (time(NULL) < end);
	_exit(0);
}

static int processes(unsigned long workers, unsigned long seconds, void (*work)(unsigned long))
{
	for (unsigned long i = 0; i < workers; i++) {
		pid_t child = fork();

		if (child < 0)
			die("fork");
		if (!child)
			work(seconds);
	}
	return wait_all(workers);
}

int main(int argc, char **argv)
{
	unsigned long workers, amount;

	if (argc == 3 && !strcmp(argv[1], "child"))
		return (int)(strtoul(argv[2], NULL, 10) % 100);
	if (argc != 4)
		return 2;
	workers = strtoul(argv[2], NULL, 10);
	amount = strtoul(argv[3], NULL, 10);
	if (!strcmp(argv[1], "forkexec"))
		return fork_exec(workers, amount);
	if (!strcmp(argv[1], "threads"))
		return threads(workers, amount);
	if (!strcmp(argv[1], "signals"))
		return processes(workers, amount, signal_worker);
	if (!strcmp(argv[1], "maps"))
		return processes(workers, amount, map_worker);
	if (!strcmp(argv[1], "float"))
		return processes(workers, amount, float_worker);
	return 2;
}
