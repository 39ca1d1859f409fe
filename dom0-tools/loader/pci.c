/* SPDX-License-Identifier: MIT */
/*
 * The PCI bus of the device model's board (i440FX, PIIX3, PIIX4's power management): finds the
 * functions, gives them addresses and interrupts, and lets them answer. All are on bus 0.
 *
 * Interrupts: pin p of device d goes to link (d + p) mod 4, and the board wires each link to an ISA
 * interrupt (link_irq); kernels that use the I/O APIC have another way (_PRT in dsdt.c).
 */
#include "loader.h"

#define ADDRESS_PORT  0xcf8
#define DATA_PORT     0xcfc
#define MAX_BARS      64
#define MAX_FUNCTIONS 64

#define REG_ID	       0x00
#define REG_COMMAND    0x04
#define REG_CLASS      0x0a
#define REG_HEADER     0x0e
#define REG_BAR(n)     (0x10 + 4 * (n))
#define REG_ROM	       0x30
#define REG_IRQ_LINE   0x3c
#define REG_IRQ_PIN    0x3d
#define COMMAND_IO     1
#define COMMAND_MEMORY 2
#define COMMAND_MASTER 4

#define CLASS_VGA	 0x0300
#define CLASS_ISA_BRIDGE 0x0601
#define CLASS_PCI_BRIDGE 0x0604
#define PIIX3_IDE	 0x70108086u
#define PIIX4_PM	 0x71138086u

static struct {
	struct bar bar[MAX_BARS];
	unsigned int nr_bars;
	uint8_t function[MAX_FUNCTIONS], command[MAX_FUNCTIONS];
	bool screen[MAX_FUNCTIONS];
	unsigned int nr_functions;
} bus;

static uint16_t select(uint8_t devfn, uint8_t reg)
{
	outl(ADDRESS_PORT, 0x80000000u | (uint32_t)devfn << 8 | (reg & 0xfcu));
	return (uint16_t)(DATA_PORT + (reg & 3));
}

static uint32_t read32(uint8_t devfn, uint8_t reg)
{
	return inl(select(devfn, reg));
}

static uint16_t read16(uint8_t devfn, uint8_t reg)
{
	return inw(select(devfn, reg));
}

static uint8_t read8(uint8_t devfn, uint8_t reg)
{
	return inb(select(devfn, reg));
}

static void write32(uint8_t devfn, uint8_t reg, uint32_t value)
{
	outl(select(devfn, reg), value);
}

static void write16(uint8_t devfn, uint8_t reg, uint16_t value)
{
	outw(select(devfn, reg), value);
}

static void write8(uint8_t devfn, uint8_t reg, uint8_t value)
{
	outb(select(devfn, reg), value);
}

/* ---- what a function wants ---- */

/* The bits that stay when all are set say how large it is. */
static uint32_t size_mask(uint8_t devfn, uint8_t reg, uint32_t ones)
{
	uint32_t old = read32(devfn, reg), mask;

	write32(devfn, reg, ones);
	mask = read32(devfn, reg);
	write32(devfn, reg, old);
	return mask;
}

static void add_bar(const struct bar *bar)
{
	if (!bar->bytes || bar->bytes & (bar->bytes - 1))
		return;
	if (bus.nr_bars == MAX_BARS)
		die("PCI devices want more than %u ranges of addresses: give the guest fewer "
		    "devices",
		    MAX_BARS);
	bus.bar[bus.nr_bars++] = *bar;
}

/* True if it took the next register, too. */
static bool find_bar(uint8_t devfn, uint8_t reg)
{
	uint32_t mask = size_mask(devfn, reg, ~0u);
	struct bar bar = { .devfn = devfn, .reg = reg, .io = mask & 1, .wide = (mask & 7) == 4 };
	uint64_t bits = mask & ~(bar.io ? 3u : 15u);

	if (!mask)
		return false;
	if (bar.io)
		bar.bytes = (uint16_t)(~bits + 1) ? (uint16_t)(~bits + 1) : 0x10000;
	else if (bar.wide)
		bar.bytes = ~((uint64_t)size_mask(devfn, (uint8_t)(reg + 4), ~0u) << 32 | bits) + 1;
	else
		bar.bytes = (uint32_t)(~bits + 1);
	add_bar(&bar);
	return bar.wide;
}

static void find_bars(uint8_t devfn)
{
	uint32_t rom;

	for (unsigned int i = 0; i < 6; i++)
		if (find_bar(devfn, (uint8_t)REG_BAR(i)))
			i++;
	rom = size_mask(devfn, REG_ROM, ~1u) & ~0x7ffu;
	if (rom)
		add_bar(
		    &(struct bar){ .devfn = devfn, .reg = REG_ROM, .bytes = (uint32_t)(~rom + 1) });
}

/* ---- functions with something of their own ---- */

/* Both channels answer at their old ports. */
static void setup_ide(uint8_t devfn)
{
	write16(devfn, 0x40, 0x8000);
	write16(devfn, 0x42, 0x8000);
}

/* PCI's interrupts stay up until served. */
static void setup_isa_bridge(uint8_t devfn)
{
	uint16_t level = 0;

	for (uint8_t i = 0; i < 4; i++) {
		write8(devfn, (uint8_t)(0x60 + i), link_irq[i]);
		level |= (uint16_t)(1u << link_irq[i]);
	}
	outb(0x4d0, (uint8_t)level);
	outb(0x4d1, (uint8_t)(level >> 8));
}

static void setup_power(uint8_t devfn)
{
	write8(devfn, REG_IRQ_LINE, SCI);
	write32(devfn, 0x40, PM_EVENTS | 1);
	write8(devfn, 0x80, 1);
}

static void setup_interrupt(uint8_t devfn)
{
	unsigned int pin = read8(devfn, REG_IRQ_PIN);

	if (pin >= 1 && pin <= 4)
		write8(devfn, REG_IRQ_LINE, link_irq[LINK_OF(devfn >> 3, pin - 1)]);
}

static void find_function(uint8_t devfn)
{
	uint32_t id = read32(devfn, REG_ID);
	uint16_t class = read16(devfn, REG_CLASS);

	if (bus.nr_functions == MAX_FUNCTIONS)
		die("there are more than %u PCI devices: give the guest fewer", MAX_FUNCTIONS);
	write16(devfn, REG_COMMAND,
		(uint16_t)(read16(devfn, REG_COMMAND) & ~(COMMAND_IO | COMMAND_MEMORY)));
	/* A screen also answers at VGA's own addresses. */
	bus.command[bus.nr_functions] =
	    class == CLASS_VGA ? COMMAND_MASTER | COMMAND_IO | COMMAND_MEMORY : COMMAND_MASTER;
	bus.screen[bus.nr_functions] = class == CLASS_VGA;
	bus.function[bus.nr_functions++] = devfn;
	if (class == CLASS_PCI_BRIDGE || (read8(devfn, REG_HEADER) & 0x7f)) {
		say("loader: what is behind the bridge %x on the PCI bus is left to the guest",
		    devfn);
		return;
	}
	setup_interrupt(devfn);
	if (class == CLASS_ISA_BRIDGE)
		setup_isa_bridge(devfn);
	else if (id == PIIX4_PM)
		setup_power(devfn);
	else if (id == PIIX3_IDE)
		setup_ide(devfn);
	find_bars(devfn);
}

static void find_all(void)
{
	for (unsigned int devfn = 0; devfn < 256; devfn++) {
		if ((uint16_t)read32((uint8_t)devfn, REG_ID) == 0xffff) {
			if (!(devfn & 7))
				devfn += 7; /* no function 0, no device */
			continue;
		}
		find_function((uint8_t)devfn);
		if (!(devfn & 7) && !(read8((uint8_t)devfn, REG_HEADER) & 0x80))
			devfn += 7;
	}
}

/* ---- addresses ---- */

/*
 * The usual window, the one wished for, or, if that is too small, ones twice as large each, as long
 * as RAM and what the device model keeps behind it (screen, ROMs) end before.
 */
static void place_bars(struct machine *machine, uint32_t wished)
{
	const uint64_t spare = GIB / 4, high = machine->high_end;
	uint64_t start = wished ? wished : PCI_START;
	const struct bar *left;

	machine->high = (struct window){ (high + GIB - 1) & ~(GIB - 1),
					 ((high + GIB - 1) & ~(GIB - 1)) + 64 * GIB };
	machine->io = (struct window){ IO_START, IO_END };
	if (start < machine->ram_end)
		start = machine->ram_end;
	for (;;) {
		machine->memory = (struct window){ start, PCI_END };
		left =
		    bars_place(bus.bar, bus.nr_bars, machine->memory, machine->high, machine->io);
		if (!left)
			return;
		start = PCI_END - 2 * (PCI_END - start);
		if (left->io || (int64_t)start < (int64_t)(machine->ram_end + spare))
			die("no addresses are left for %llx bytes of PCI device %u.%u: %s",
			    (unsigned long long)left->bytes, left->devfn >> 3, left->devfn & 7u,
			    left->io ? "give the guest fewer devices"
				     : "raise mmio_hole= in its configuration");
	}
}

static void write_bar(struct machine *machine, const struct bar *bar, uint64_t *high_end)
{
	write32(bar->devfn, bar->reg, (uint32_t)bar->address);
	if (bar->wide)
		write32(bar->devfn, (uint8_t)(bar->reg + 4), (uint32_t)(bar->address >> 32));
	for (unsigned int i = 0; i < bus.nr_functions; i++)
		if (bus.function[i] == bar->devfn && bar->reg != REG_ROM)
			bus.command[i] |= bar->io ? COMMAND_IO : COMMAND_MEMORY;
	if (bar->address + bar->bytes > *high_end && bar->address >= machine->high.start)
		*high_end = bar->address + bar->bytes;
}

/*
 * UEFI firmware gives all ranges addresses of its own. The device model has the frames of a screen's
 * picture moved to where it first answers, and cannot have them moved again: from then on each
 * access to the picture would be a request to it. So the firmware is the first to let it answer.
 */
static uint16_t command(const struct machine *machine, unsigned int i)
{
	return machine->uefi && bus.screen[i] ? bus.command[i] & (uint16_t)~COMMAND_MEMORY
					      : bus.command[i];
}

void pci_setup(struct machine *machine, uint32_t wished)
{
	uint64_t high_end;

	find_all();
	if (!bus.nr_functions)
		die("there are no PCI devices: the device model does not answer");
	place_bars(machine, wished);
	high_end = machine->high.start;
	for (unsigned int i = 0; i < bus.nr_bars; i++)
		write_bar(machine, &bus.bar[i], &high_end);
	machine->high.end = (high_end + GIB - 1) & ~(GIB - 1);
	for (unsigned int i = 0; i < bus.nr_functions; i++)
		write16(bus.function[i], REG_COMMAND,
			(uint16_t)(read16(bus.function[i], REG_COMMAND) | command(machine, i)));
	say("loader: %u PCI functions, %u ranges from %llx on", bus.nr_functions, bus.nr_bars,
	    (unsigned long long)machine->memory.start);
}
