/* SPDX-License-Identifier: MIT */
/*
 * Console input. Bytes go to Dom0 (a small ring it empties by CONSOLEIO_read when VIRQ_CONSOLE
 * says so) or to the debug keys; the switch key (CTRL-a) three times in a row changes sides.
 */
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/event.h>
#include <hv/keyhandler.h>
#include "internal.h"
#include <hv/console_options.h>

#define INPUT_SIZE 128u

static char input[INPUT_SIZE];
static uint32_t input_prod, input_cons; /* guarded by: input_lock */
static spinlock_t input_lock = SPIN_LOCK_UNLOCKED;

static char switch_key = 'a' & 0x1f;
static bool keys_stay;		   /* conswitch=..x: do not hand over to Dom0 at its start */
static bool to_hypervisor = true;  /* until Dom0 runs; guarded by: input_lock (writers) */
static unsigned int switch_count;  /* guarded by: input_lock */

void console_set_switch_key(const char *value)
{
	switch_key = value[0] >= 'a' && value[0] <= 'z' ? value[0] & 0x1f : 0;
	keys_stay = value[0] && value[1] == 'x';
}

static void announce_side(void)
{
	printk("*** Console input to %s", to_hypervisor ? "the hypervisor" : "Dom0");
	if (switch_key)
		printk(" (CTRL-%c three times to switch)", switch_key + 'a' - 1);
	printk("\n");
}

void console_end_boot(void)
{
	WRITE_ONCE(to_hypervisor, keys_stay);
	announce_side();
}

/* A full ring drops: Dom0 is not reading. */
static void give_to_dom0(char c)
{
	unsigned long flags;

	spin_lock_irqsave(&input_lock, flags);
	if (input_prod - input_cons < INPUT_SIZE)
		input[input_prod++ % INPUT_SIZE] = c;
	spin_unlock_irqrestore(&input_lock, flags);
	send_guest_global_virq(hardware_domain, VIRQ_CONSOLE);
}

static void deliver(char c)
{
	if (READ_ONCE(to_hypervisor) || !hardware_domain)
		handle_keypress((unsigned char)c);
	else
		give_to_dom0(c);
}

/* Returns true when c completed the switch sequence. *replay: switch keys held back until now. */
static bool note_switch_key(char c, unsigned int *replay)
{
	bool switched = false;
	unsigned long flags;

	*replay = 0;
	spin_lock_irqsave(&input_lock, flags);
	if (c != switch_key) {
		*replay = switch_count;
		switch_count = 0;
	} else if (++switch_count == 3) {
		switch_count = 0;
		to_hypervisor = !to_hypervisor;
		switched = true;
	}
	spin_unlock_irqrestore(&input_lock, flags);
	return switched;
}

void console_receive(char c)
{
	unsigned int replay;

	if (!switch_key) {
		deliver(c);
		return;
	}
	if (note_switch_key(c, &replay)) {
		announce_side();
		return;
	}
	if (c == switch_key)
		return;
	while (replay--)
		deliver(switch_key);
	deliver(c);
}

size_t console_input_take(char *to, size_t len)
{
	unsigned long flags;
	size_t n = 0;

	spin_lock_irqsave(&input_lock, flags);
	while (n < len && input_cons != input_prod)
		to[n++] = input[input_cons++ % INPUT_SIZE];
	spin_unlock_irqrestore(&input_lock, flags);
	return n;
}
