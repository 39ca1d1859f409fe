/* SPDX-License-Identifier: MIT */
/*
 * Threads that switch only where they wait. Those that can run are in a queue, the others in the
 * wait queue they wait for; all are in a list, where deadlines are looked for. There are a dozen
 * threads in a guest, not a thousand: lists will do.
 *
 * Who finds nothing to run handles events and sleeps, on whichever stack that happens.
 *
 * LIMITS: stacks have no guard page. A word at a stack's end is checked at each switch instead.
 */
#include "kernel.h"

#define CANARY 0x5e7a15e7a15e7a15ul

struct thread {
	uint64_t canary; /* the stack grows down towards it */
	void *sp;
	const char *name;
	void (*run)(void *argument);
	void *argument;
	struct thread *next;	  /* in the run queue or a wait queue */
	struct thread *all;	  /* the next of all threads */
	struct wait_queue *waits; /* NULL: it can run */
	uint64_t deadline;
	bool late; /* woken by its deadline */
};

static struct thread *threads, *current, *ended;
static struct wait_queue runnable;

static void append(struct wait_queue *queue, struct thread *thread)
{
	thread->next = NULL;
	if (!queue->first)
		queue->last = &queue->first;
	*queue->last = thread;
	queue->last = &thread->next;
}

static void remove_from(struct wait_queue *queue, struct thread *thread)
{
	struct thread **link = &queue->first;

	while (*link != thread)
		link = &(*link)->next;
	*link = thread->next;
	if (!*link)
		queue->last = link;
}

static void make_runnable(struct thread *thread)
{
	thread->waits = NULL;
	append(&runnable, thread);
}

void wake_all(struct wait_queue *queue)
{
	while (queue->first) {
		struct thread *thread = queue->first;

		remove_from(queue, thread);
		thread->late = false;
		make_runnable(thread);
	}
}

/* Wakes whose time has come; the next time somebody's comes. */
static uint64_t wake_late(void)
{
	uint64_t now = time_now(), next = TIME_NEVER;

	for (struct thread *thread = threads; thread; thread = thread->all) {
		if (!thread->waits)
			continue;
		if (thread->deadline <= now) {
			remove_from(thread->waits, thread);
			thread->late = true;
			make_runnable(thread);
		} else if (thread->deadline < next) {
			next = thread->deadline;
		}
	}
	return next;
}

static struct thread *next_runnable(void)
{
	for (;;) {
		struct thread *thread;
		uint64_t next;

		event_dispatch();
		next = wake_late();
		thread = runnable.first;
		if (thread) {
			remove_from(&runnable, thread);
			return thread;
		}
		event_wait(next);
	}
}

static void free_ended(void)
{
	struct thread **link = &threads;

	if (!ended)
		return;
	while (*link != ended)
		link = &(*link)->all;
	*link = ended->all;
	pages_free(ended, THREAD_STACK / PV_PAGE_SIZE);
	ended = NULL;
}

static void go_on(void)
{
	struct thread *from = current, *to = next_runnable();

	if (from->canary != CANARY)
		panic("thread %s: its stack was too small", from->name);
	if (to == from)
		return;
	current = to;
	thread_switch(&from->sp, to->sp);
	free_ended();
}

int wait_on(struct wait_queue *queue, uint64_t deadline)
{
	if (event_dispatching() || !current)
		return -XEN_ETIMEDOUT; /* a handler may not wait, nor may who starts the kernel */
	current->waits = queue;
	current->deadline = deadline;
	append(queue, current);
	go_on();
	return current->late ? -XEN_ETIMEDOUT : 0;
}

void thread_yield(void)
{
	append(&runnable, current);
	go_on();
}

void thread_sleep(uint64_t nanoseconds)
{
	struct wait_queue nobody = { 0 };

	(void)wait_on(&nobody, time_now() + nanoseconds);
}

const char *thread_name(void)
{
	return current ? current->name : "start";
}

struct thread *thread_start(const char *name, void (*run)(void *argument), void *argument)
{
	struct thread *thread = pages_alloc(THREAD_STACK / PV_PAGE_SIZE);
	uint64_t *top;

	if (!thread)
		return NULL;
	*thread =
	    (struct thread){ .canary = CANARY, .name = name, .run = run, .argument = argument };
	/* As thread_switch() leaves a stack: six registers, and where to return to. */
	top = (uint64_t *)((char *)thread + THREAD_STACK) - 2;
	*--top = (uint64_t)thread_entry;
	thread->sp = top - 6;
	thread->all = threads;
	threads = thread;
	make_runnable(thread);
	return thread;
}

/* A new thread's first C. It cannot free the stack it stands on: the next one does. */
void thread_begin(void)
{
	free_ended();
	current->run(current->argument);
	ended = current;
	current = next_runnable();
	thread_switch(&ended->sp, current->sp);
	panic("an ended thread ran");
}

void thread_run_all(void)
{
	void *start_sp;

	current = next_runnable();
	thread_switch(&start_sp, current->sp);
	panic("the start ran again");
}
