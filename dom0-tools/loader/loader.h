/* SPDX-License-Identifier: MIT */
/*
 * The program an HVM guest starts with: it does what a PC's board does before its BIOS runs, and
 * what the device model leaves to it: gives PCI devices addresses and interrupts, sets memory
 * types, describes the machine (memory map, ACPI, SMBIOS), puts SeaBIOS or OVMF in place and starts
 * it.
 *
 * It runs in flat 32-bit mode without paging or interrupts on vCPU 0, with nobody else about. What
 * it tells goes to the guest's line in the hypervisor's log; what it cannot do ends the guest as
 * crashed, with the cause and the remedy. bars.c, map.c, aml.c, dsdt.c, acpi.c and smbios.c only
 * compute and fill buffers: tests/unit/test_loader.c runs them.
 */
#ifndef SERAI_LOADER_H
#define SERAI_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_BYTES 0x1000u
#define GIB	   ((uint64_t)1 << 30)

/* ---- places ---- */
#define INFO_AT	     0x1000u /* what the firmware looks for */
#define REAL_MODE_AT 0x8000u /* the way into it; loader.lds and entry.S know it too */
#define VGA_AT	     0xa0000u
#define ROM_END	     0x100000u /* SeaBIOS ends here */
#define UEFI_LOW     0xf0000u  /* the end of OVMF is here as well, for its first instructions */
#define UEFI_RSDP    0xea020u  /* where OVMF looks for the tables */
#define UEFI_SMBIOS  0xeb000u
#define PCI_START    0xf0000000u
#define UEFI_PCI     0x80000000u /* from here on, or from the end of RAM on if that is higher */
#define PCI_END	     0xfc000000u /* from here on to 4 GiB: special pages, APICs, the firmware */
#define IOAPIC_AT    0xfec00000u
#define HPET_AT	     0xfed00000u
#define LAPIC_AT     0xfee00000u
#define IO_START     0xc000u
#define IO_END	     0x10000u
#define TABLES_BYTES 0x10000u /* ACPI's and SMBIOS' together, without what the toolstack gives */
#define MORE_TABLES  16	      /* of ACPI, that is; */
#define MORE_ACPI    0x100000u
#define MORE_SMBIOS  0x8000u  /* bytes, since all of SMBIOS' have 16 bits of length */

/* ACPI's ports, as hvm/ioreq.h has them. */
#define PM_EVENTS  0xb000u
#define PM_CONTROL 0xb004u
#define PM_TIMER   0xb008u
#define GPE_BLOCK  0xafe0u
#define CPU_BITMAP 0xaf00u /* the device model's: which CPUs are there */
#define SCI	   9

#define IOAPIC_ID	  1
#define LAPIC_ID(vcpu)	  ((vcpu)*2)
#define MAX_VCPUS	  128
#define GSI_OF(dev, pin)  (((dev)*4 + (pin)) % 32 + 16)
#define LINK_OF(dev, pin) (((dev) + (pin)) & 3)
/* What the four links of PCI interrupts are wired to for who has no I/O APIC. */
extern const uint8_t link_irq[4];

struct window {
	uint64_t start, end;
};

struct machine {
	unsigned int vcpus;
	uint8_t online[MAX_VCPUS / 8];
	bool apics; /* described to the guest */
	bool uefi;
	uint32_t ram_end;  /* RAM from 0 to here, but for the VGA's window */
	uint32_t low_end;  /* the guest's part of it: the rest is taken for tables and firmware */
	uint32_t reserved_bytes; /* what of the rest lies from PCI_END on */
	uint32_t used_end; /* below this lie loader and modules */
	uint64_t high_end; /* RAM from 4 GiB to here; 4 GiB: there is none */
	struct window memory, high, io; /* of PCI devices; high may be empty */
	bool acpi, s3, s4, hpet, serial, parallel;
	uint32_t generation_at; /* 16 bytes; 0: there is no such number */
	uint8_t uuid[16];
	char version[32]; /* the hypervisor's */
	const uint8_t *firmware;
	uint32_t firmware_bytes;
	/* Further tables, as the toolstack gives them (build/build.h); of 0 bytes: none. */
	const uint8_t *more_acpi, *more_smbios;
	uint32_t more_acpi_bytes, more_smbios_bytes;
};

/* ---- machine.c: ports, the hypervisor, words ---- */

static inline void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void outw(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint16_t inw(uint16_t port)
{
	uint16_t value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void outl(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint32_t inl(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "A"(value) : "memory");
}

static inline uint64_t rdmsr(uint32_t msr)
{
	uint64_t value;

	__asm__ volatile("rdmsr" : "=A"(value) : "c"(msr));
	return value;
}

static inline void cpuid(uint32_t leaf, uint32_t regs[4])
{
	__asm__ volatile("cpuid"
			 : "=a"(regs[0]), "=b"(regs[1]), "=c"(regs[2]), "=d"(regs[3])
			 : "a"(leaf), "c"(0));
}

/* A device's register, or memory at an address. */
static inline volatile uint32_t *mmio(uint32_t address)
{
	return (volatile uint32_t *)(uintptr_t)address;
}

/* %s, %u, %x and %llx only. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends the guest: it has crashed. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

void hypervisor_find(void);
long hypercall(unsigned int number, uint32_t first, uint32_t second);
uint64_t hvm_param(uint32_t number); /* 0 if it cannot be had */
bool set_hvm_param(uint32_t number, uint64_t value);
void event_send(uint32_t port);
void yield(void);
/* Memory of the guest to another place of it. */
bool move_page(uint32_t from_pfn, uint32_t to_pfn);
void describe_hypervisor(struct machine *machine);

/* Of ACPI's timer, which is there once hypervisor_find() has been called. */
uint32_t ticks_now(void);
bool seconds_passed(uint32_t since, unsigned int seconds);

/* ---- store.c: the domain's own nodes of xenstore ---- */
void store_open(void);
/* A node's text, cut to the room; false, and "", if there is none. */
bool store_read(const char *path, char *text, size_t room);

/* ---- bars.c ---- */
struct bar {
	uint8_t devfn, reg; /* which register: its offset */
	bool io, wide;	    /* wide: of 64 bits */
	uint64_t bytes;	    /* a power of two */
	uint64_t address;   /* out */
};

/*
 * Gives each an address that is a multiple of its size; wide ones go to `high` when `memory` has no
 * room. The bars are put into another order. NULL, or the first that has no place.
 */
const struct bar *bars_place(struct bar *bar, unsigned int count, struct window memory,
			     struct window high, struct window io);

/* ---- pci.c ---- */
/* wished: the start of the devices' window if the toolstack says so, or 0. Narrows m->high to what
 * is used. */
void pci_setup(struct machine *machine, uint32_t wished);

/* ---- cpus.c: memory types of all CPUs, interrupt controllers ---- */
void interrupts_setup(void);
void cpus_setup(const struct machine *machine);
/* Variable ranges that make a window uncached: their number, at most `room`. */
struct mtrr {
	uint64_t base, bytes;
};
unsigned int mtrrs_for(struct window window, struct mtrr *mtrr, unsigned int room); /* mtrr.c */

/* ---- map.c: the memory map ---- */
struct map_entry {
	uint64_t start, bytes;
	uint32_t type;
} __attribute__((packed));
#define MAP_ENTRIES 8
unsigned int map_make(struct map_entry *entry, const struct machine *machine);

/* ---- aml.c: ACPI's byte code ---- */
struct aml {
	uint8_t *to;
	size_t at, room; /* at grows beyond room, but nothing is written there */
};
void aml_bytes(struct aml *aml, const void *bytes, size_t count);
void aml_byte(struct aml *aml, uint8_t byte);
void aml_path(struct aml *aml, const char *path); /* "NAME", "\\_SB.PCI0" */
void aml_integer(struct aml *aml, uint64_t value);
void aml_string(struct aml *aml, const char *text);
void aml_eisa(struct aml *aml, const char *id);	   /* "PNP0A03" */
void aml_named(struct aml *aml, const char *name); /* Name (…, then its value */
/* Things with an inside: what begins gives the mark to end it with. */
size_t aml_begin(struct aml *aml, const char *opcode);
void aml_end(struct aml *aml, size_t mark);
size_t aml_scope(struct aml *aml, const char *path);
size_t aml_device(struct aml *aml, const char *name);
size_t aml_method(struct aml *aml, const char *name, unsigned int arguments);
size_t aml_package(struct aml *aml, unsigned int elements);
size_t aml_if(struct aml *aml); /* a condition follows */
/* Name (_CRS, ResourceTemplate) with the descriptors added until its end. */
struct aml_resources {
	size_t mark, start;
};
struct aml_resources aml_resources(struct aml *aml);
void aml_resources_end(struct aml *aml, struct aml_resources resources);
void aml_ports(struct aml *aml, uint16_t first, uint8_t count);
void aml_irq(struct aml *aml, unsigned int irq);
void aml_fixed_memory(struct aml *aml, uint32_t start, uint32_t bytes);
enum aml_space { AML_MEMORY, AML_PORTS, AML_BUSES };
void aml_window(struct aml *aml, enum aml_space space, unsigned int width, uint64_t first,
		uint64_t last);

/* ---- tables: each gives the bytes it takes, and writes no more than the room ---- */
size_t dsdt_code(uint8_t *to, size_t room, const struct machine *machine);
/* To lie at physical address `at`; the RSDP is first. Further tables come behind. */
size_t acpi_write(uint8_t *to, size_t room, uint32_t at, const struct machine *machine);
#define RSDP_BYTES 36
/* The same, the entry point first. Further structures of the types 0, 1 and 3 are there instead of the
 * loader's, those it has none of beside them; others it leaves out. */
size_t smbios_write(uint8_t *to, size_t room, uint32_t at, const struct machine *machine);
#define SMBIOS_ENTRY_BYTES 31

/* ---- firmware.c ---- */
/* Memory from the end of RAM, zeroed; for UEFI firmware moved to behind PCI_END. */
uint32_t ram_take(struct machine *machine, uint32_t bytes);
void firmware_place(struct machine *machine);
void tables_place(struct machine *machine);

/* ---- entry.S ---- */
void enter_firmware(void) __attribute__((noreturn));
extern const char real_mode_start[], real_mode_end[];
extern const char loader_end[];
void loader_main(uint32_t start_info) __attribute__((noreturn));
void ap_main(void);

#endif
