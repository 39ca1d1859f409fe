/* SPDX-License-Identifier: MIT */
/* From the entry to guest_main(), what the command line says, and the end. */
#include "kernel.h"

#include <xen/sched.h>

#include "console.h"
#include "device.h"
#include "pv_shared.h"

static void run_guest(void *unused)
{
	(void)unused;
	guest_main();
	guest_end(END_POWEROFF);
}

struct machine machine;

void kernel_start(void)
{
	event_init();
	machine_catch_traps();
	if (machine.console && !console_init(machine.console, machine.console_port))
		(void)event_add(machine.console_port, console_event, NULL);
	memory_init();
	grants_init();
	if (machine.store && !xs_init(machine.store, machine.store_port))
		(void)event_add(machine.store_port, xs_event, NULL);
	if (!thread_start("main", run_guest, NULL))
		panic("too little memory to start");
	thread_run_all();
}

/* The end discards what nobody has read yet: the console's reader gets a moment. */
void guest_end(enum ending ending)
{
	struct sched_shutdown shutdown = { .reason = ending };
	static bool ends;

	if (!ends) {
		ends = true;
		if (machine.console)
			console_drain();
	}
	for (;;)
		CALL2(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &shutdown);
}

void pv_bug(const char *what, const char *file, int line)
{
	panic("%s:%d: not so: %s", file, line, what);
}

/* Options stand at the command line's start or behind a space. */
static const char *find_option(const char *name)
{
	const char *at = machine.command_line;
	size_t len = strlen(name);

	while (*at) {
		if (!strncmp(at, name, len) && at[len] == '=')
			return at + len + 1;
		while (*at && *at != ' ')
			at++;
		while (*at == ' ')
			at++;
	}
	return NULL;
}

bool option(const char *name, char *value, size_t size)
{
	const char *from = find_option(name);
	size_t len = 0;

	if (!from)
		return false;
	for (; from[len] && from[len] != ' ' && len + 1 < size; len++)
		value[len] = from[len];
	value[len] = 0;
	return true;
}

uint64_t option_number(const char *name, uint64_t otherwise)
{
	const char *from = find_option(name);
	uint64_t number = 0;

	if (!from)
		return otherwise;
	for (; *from >= '0' && *from <= '9'; from++)
		number = number * 10 + (uint64_t)(*from - '0');
	return number;
}

static void run_device(void *argument)
{
	struct front_device *device = argument;

	while (front_device_step(device)) {
		uint64_t due = front_device_due(device);

		if (due > time_now())
			(void)wait_on(&device->changed, due);
		else
			thread_yield();
	}
}

int device_start(struct front_device *device)
{
	return thread_start(device->node, run_device, device) ? 0 : -XEN_ENOMEM;
}
