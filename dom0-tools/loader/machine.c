/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor, the guest's line in its log (port 0xe9), and the clock of ACPI's timer. Arguments
 * of hypercalls have the layouts of 32-bit callers: pointers and frame numbers of 4 bytes.
 */
#include "loader.h"

#include <stdarg.h>

#include <xen/event_channel.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/version.h>

#define LOG_PORT   0xe9
#define TICKS_HZ   3579545u
#define FIRST_LEAF 0x40000000u
#define LAST_LEAF  0x40010000u
#define LEAF_STEP  0x100u

static uint8_t hypercall_page[PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));

/* ---- words ---- */

static void put_text(const char *text)
{
	while (*text)
		outb(LOG_PORT, (uint8_t)*text++);
}

static void put_hex(uint64_t value)
{
	int shift = 60;

	while (shift && !(value >> shift))
		shift -= 4;
	put_text("0x");
	for (; shift >= 0; shift -= 4)
		outb(LOG_PORT, (uint8_t) "0123456789abcdef"[value >> shift & 15]);
}

static void put_decimal(unsigned int value)
{
	char digits[12], *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do {
		*--at = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	put_text(at);
}

static void put_formatted(const char *format, va_list arguments)
{
	for (; *format; format++) {
		if (*format != '%') {
			outb(LOG_PORT, (uint8_t)*format);
			continue;
		}
		switch (*++format) {
		case 's':
			put_text(va_arg(arguments, const char *));
			break;
		case 'u':
			put_decimal(va_arg(arguments, unsigned int));
			break;
		case 'x':
			put_hex(va_arg(arguments, unsigned int));
			break;
		default: /* "%llx" is all else there is */
			format += 2;
			put_hex(va_arg(arguments, unsigned long long));
		}
	}
}

void say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put_formatted(format, arguments);
	va_end(arguments);
	outb(LOG_PORT, '\n');
}

void die(const char *format, ...)
{
	struct sched_shutdown shutdown = { .reason = SHUTDOWN_crash };
	va_list arguments;

	put_text("loader: ");
	va_start(arguments, format);
	put_formatted(format, arguments);
	va_end(arguments);
	outb(LOG_PORT, '\n');
	if (hypercall_page[0])
		hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uint32_t)(uintptr_t)&shutdown);
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* ---- hypercalls ---- */

void hypervisor_find(void)
{
	for (uint32_t leaf = FIRST_LEAF; leaf < LAST_LEAF; leaf += LEAF_STEP) {
		uint32_t regs[4];

		cpuid(leaf, regs);
		/* "XenVMMXenVMM" */
		if (regs[1] != 0x566e6558 || regs[2] != 0x65584d4d || regs[3] != 0x4d4d566e)
			continue;
		cpuid(leaf + 2, regs);
		wrmsr(regs[1], (uint32_t)(uintptr_t)hypercall_page);
		/* ACPI's ports are at PM_EVENTS, not where they were long ago. */
		set_hvm_param(HVM_PARAM_ACPI_IOPORTS_LOCATION, 1);
		return;
	}
	die("no hypervisor of Xen's kind is here: this program is for its HVM guests");
}

long hypercall(unsigned int number, uint32_t first, uint32_t second)
{
	const uint8_t *entry = hypercall_page + number * 32;
	long result;

	__asm__ volatile("call *%3"
			 : "=a"(result), "+b"(first), "+c"(second)
			 : "r"(entry)
			 : "memory", "cc");
	return result;
}

static uint32_t address_of(const void *what)
{
	return (uint32_t)(uintptr_t)what;
}

uint64_t hvm_param(uint32_t number)
{
	struct xen_hvm_param param = { .domid = DOMID_SELF, .index = number };

	return hypercall(__HYPERVISOR_hvm_op, HVMOP_get_param, address_of(&param)) ? 0
										   : param.value;
}

bool set_hvm_param(uint32_t number, uint64_t value)
{
	struct xen_hvm_param param = { .domid = DOMID_SELF, .index = number, .value = value };

	return !hypercall(__HYPERVISOR_hvm_op, HVMOP_set_param, address_of(&param));
}

void event_send(uint32_t port)
{
	struct evtchn_send send = { .port = port };

	hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, address_of(&send));
}

void yield(void)
{
	hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
}

bool move_page(uint32_t from_pfn, uint32_t to_pfn)
{
	const struct {
		uint16_t domid, size;
		uint32_t space, idx, gpfn;
	} add = { DOMID_SELF, 0, XENMAPSPACE_gmfn, from_pfn, to_pfn };

	return !hypercall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, address_of(&add));
}

static char *add_decimal(char *to, uint32_t value)
{
	if (value >= 10)
		to = add_decimal(to, value / 10);
	*to = (char)('0' + value % 10);
	return to + 1;
}

void describe_hypervisor(struct machine *machine)
{
	uint32_t version = (uint32_t)hypercall(__HYPERVISOR_xen_version, XENVER_version, 0);
	char extra[16] = "", *to = machine->version;

	hypercall(__HYPERVISOR_xen_version, XENVER_extraversion, address_of(extra));
	hypercall(__HYPERVISOR_xen_version, XENVER_guest_handle, address_of(machine->uuid));
	to = add_decimal(to, version >> 16);
	*to++ = '.';
	to = add_decimal(to, version & 0xffff);
	for (unsigned int i = 0; i < sizeof(extra) - 1 && extra[i]; i++)
		*to++ = extra[i];
	*to = '\0';
}

/* ---- time ---- */

uint32_t ticks_now(void)
{
	return inl(PM_TIMER);
}

bool seconds_passed(uint32_t since, unsigned int seconds)
{
	return ticks_now() - since > seconds * TICKS_HZ;
}
