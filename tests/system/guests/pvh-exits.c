/* SPDX-License-Identifier: MIT */
/*
 * A tiny PVH guest that leaves guest mode for every reason it can think of, the wrong way where there is one, and says
 * on the debug port what came back; then it powers off. Or, by its command line, it only dies: by a "triple" fault, in a
 * "hole" (runs code where there is no memory), giving back its own "page" table, or starting a second vCPU in a "state" that
 * no CPU can be in.
 */
#define __XEN_TOOLS__ 1
#include <stdbool.h>
#include <stdint.h>
#include <public/xen.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/arch-x86/hvm/start_info.h>
#include <public/hvm/hvm_op.h>
#include <public/hvm/hvm_vcpu.h>
#include <public/hvm/params.h>
#include <public/vcpu.h>

#define UD 6
#define GP 13
#define PF 14

volatile int trap_vector;
volatile uint64_t trap_error, trap_resume;
void kit_main(const struct hvm_start_info *si);
void kit_unexpected_trap(int vector, uint64_t rip);

/* ---- console ---- */

static void put(const char *s)
{
	for (; *s; s++)
		__asm__ volatile("outb %0, %1" ::"a"(*s), "d"((uint16_t)0xe9));
}

static void put_hex(uint64_t v)
{
	for (int shift = 60; shift >= 0; shift -= 4)
		if (v >> shift || !shift)
			put((char[]){ "0123456789abcdef"[v >> shift & 15], 0 });
}

static void expect(const char *name, uint64_t got, uint64_t want)
{
	put(got == want ? "RIGHT " : "WRONG ");
	put(name);
	if (got != want) {
		put(": got ");
		put_hex(got);
		put(", wanted ");
		put_hex(want);
	}
	put("\n");
}

static bool is_intel(void)
{
	uint32_t b;

	__asm__ volatile("cpuid" : "=b"(b) : "a"(0) : "ecx", "edx");
	return b == 0x756e6547;
}

static long call3(unsigned long nr, unsigned long a, unsigned long b, const void *c)
{
	static int intel = -1;
	long ret;

	if (intel < 0)
		intel = is_intel();
	if (intel)
		__asm__ volatile("vmcall" : "=a"(ret), "+D"(a), "+S"(b), "+d"(c) : "0"(nr) : "memory");
	else
		__asm__ volatile("vmmcall" : "=a"(ret), "+D"(a), "+S"(b), "+d"(c) : "0"(nr) : "memory");
	return ret;
}

static long call(unsigned long nr, unsigned long a, const void *b)
{
	return call3(nr, a, (unsigned long)b, 0);
}

/* A guest is nobody's device model: not its own, not Dom0's. */
static void test_device_models(void)
{
	static const domid_t whose[] = { DOMID_SELF, 0, 999 };
	uint32_t op[16] = { 20 }; /* how many vCPUs has it? */
	struct {
		const void *at;
		uint64_t size;
	} buffer = { op, sizeof(op) };
	uint64_t allowed = 0;

	for (unsigned int i = 0; i < sizeof(whose) / sizeof(whose[0]); i++)
		for (op[0] = 0; op[0] < 24; op[0]++)
			allowed += call3(41, whose[i], 1, &buffer) >= 0;
	expect("dm-op", allowed, 0);
}

static void shut_down(unsigned int reason)
{
	struct sched_shutdown s = { .reason = reason };

	for (;;)
		call(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &s);
}

void kit_unexpected_trap(int vector, uint64_t rip)
{
	put("WRONG unexpected-trap: vector ");
	put_hex((uint64_t)vector);
	put(" at ");
	put_hex(rip);
	put("\n");
	shut_down(SHUTDOWN_poweroff);
}

/* The vector of the trap that an instruction took, or -1; .a = … and so on: the registers it starts with. */
struct start {
	uint64_t a, c, d, di, si;
};
#define TRAP_OF(insn, ...)                                                                              \
	({                                                                                              \
		struct start r = { __VA_ARGS__ };                                                       \
		trap_vector = -1;                                                                       \
		__asm__ volatile("lea 991f(%%rip), %%rbx; mov %%rbx, trap_resume(%%rip)\n" insn         \
				 "\n991: movq $0, trap_resume(%%rip)"                                   \
				 : "+a"(r.a), "+c"(r.c), "+d"(r.d), "+D"(r.di), "+S"(r.si)::"rbx", "memory"); \
		(uint64_t)trap_vector;                                                                  \
	})
#define NONE ((uint64_t)-1)

/* ---- instructions ---- */

static void test_cpuid(void)
{
	static uint8_t code[8192] __attribute__((aligned(4096)));
	uint32_t b;

	__asm__ volatile("cpuid" : "=b"(b) : "a"(0x40000000) : "ecx", "edx");
	expect("cpuid-signature", b, 0x566e6558);
	__asm__ volatile(".byte 0xf3, 0x66; cpuid" : "=b"(b) : "a"(0x40000000) : "ecx", "edx");
	expect("cpuid-with-prefixes", b, 0x566e6558);
	/* Half of it on each of two pages. */
	code[4095] = 0x0f;
	code[4096] = 0xa2;
	code[4097] = 0xc3;
	__asm__ volatile("call *%%rdi" : "=b"(b) : "D"(&code[4095]), "a"(0x40000000) : "ecx", "edx", "memory");
	expect("cpuid-across-pages", b, 0x566e6558);
	expect("single-step", TRAP_OF("pushfq; orl $0x100, (%%rsp); popfq; cpuid; nop; nop", .a = 0), 1);
}

static void test_refused(void)
{
	expect("vmrun", TRAP_OF("vmrun %%rax", .a = 0), UD);
	expect("vmload", TRAP_OF("vmload %%rax", .a = 0), UD);
	expect("vmsave", TRAP_OF("vmsave %%rax", .a = 0), UD);
	expect("stgi", TRAP_OF("stgi", .a = 0), UD);
	expect("clgi", TRAP_OF("clgi", .a = 0), UD);
	expect("skinit", TRAP_OF("skinit", .a = 0), UD);
	expect("invlpga", TRAP_OF("invlpga %%rax, %%ecx", .a = 0, .c = 0), UD);
	expect("vmxoff", TRAP_OF("vmxoff", .a = 0), UD);
	expect("vmlaunch", TRAP_OF("vmlaunch", .a = 0), UD);
	expect("vmread", TRAP_OF("vmread %%rax, %%rcx", .a = 0, .c = 0), UD);
	expect("rsm", TRAP_OF("rsm", .a = 0), UD);
	expect("monitor", TRAP_OF("monitor", .a = 0, .c = 0, .d = 0), UD);
	expect("mwait", TRAP_OF("mwait", .a = 0, .c = 0), UD);
	expect("rdpmc", TRAP_OF("rdpmc", .c = 0), GP);
	expect("xsetbv-off", TRAP_OF("xsetbv", .a = 1, .c = 0, .d = 0), UD);
	expect("wbinvd", TRAP_OF("wbinvd", .a = 0), NONE);
	expect("invd", TRAP_OF("invd", .a = 0), NONE);
}

static void test_control(void)
{
	uint64_t cr0, cr4;

	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	expect("cr4-shown", cr4 & ~0x40ul, 0x620); /* QEMU shows CR4.MCE as it is */
	expect("cr0-nw-without-cd", TRAP_OF("mov %%rax, %%cr0", .a = cr0 | 1ul << 29), GP);
	expect("cr0-no-protection", TRAP_OF("mov %%rax, %%cr0", .a = cr0 & ~1ul), GP);
	expect("cr0-paging-off", TRAP_OF("mov %%rax, %%cr0", .a = cr0 & ~(1ul << 31)), GP);
	expect("cr0-high", TRAP_OF("mov %%rax, %%cr0", .a = cr0 | 1ul << 40), GP);
	expect("cr0-cache-off", TRAP_OF("mov %%rax, %%cr0", .a = cr0 | 1ul << 30), NONE);
	expect("cr0-again", TRAP_OF("mov %%rax, %%cr0", .a = cr0), NONE);
	expect("clts", TRAP_OF("clts", .a = 0), NONE);
	expect("lmsw", TRAP_OF("smsw %%ax; lmsw %%ax", .a = 0), NONE);
	expect("cr4-no-pae", TRAP_OF("mov %%rax, %%cr4", .a = cr4 & ~0x20ul), GP);
	expect("cr4-la57", TRAP_OF("mov %%rax, %%cr4", .a = cr4 | 1ul << 12), GP);
	expect("cr4-vmxe", TRAP_OF("mov %%rax, %%cr4", .a = cr4 | 1ul << 13), GP);
	expect("cr4-pge", TRAP_OF("mov %%rax, %%cr4", .a = cr4 | 0x80), NONE);
	expect("cr8", TRAP_OF("mov %%rax, %%cr8", .a = 5ul), NONE);
	__asm__ volatile("mov %%cr8, %0" : "=r"(cr4));
	expect("cr8-back", cr4, 5);
	expect("cr8-high", TRAP_OF("mov %%rax, %%cr8", .a = 16), GP);
	expect("cr8-low", TRAP_OF("mov %%rax, %%cr8", .a = 0ul), NONE);
	expect("debug-register", TRAP_OF("mov %%rax, %%db0; mov %%db0, %%rax", .a = 0x1234), NONE);
}

static uint64_t wrmsr(uint32_t msr, uint64_t v)
{
	return TRAP_OF("wrmsr", .c = msr, .a = (uint32_t)v, .d = (uint32_t)(v >> 32));
}

static void test_msrs(void)
{
	uint64_t bad = 0;

	expect("efer-svme", wrmsr(0xc0000080, 0x1d00), GP);
	expect("efer-no-lme", wrmsr(0xc0000080, 0x800), GP);
	expect("efer-same", wrmsr(0xc0000080, 0xd00), NONE);
	expect("pat-bad", wrmsr(0x277, 2), GP);
	expect("vm-hsave", wrmsr(0xc0010117, 0x1000), GP);
	expect("vm-cr", wrmsr(0xc0010114, 0), GP);
	expect("hypercall-page-nowhere", wrmsr(0x40000000, 0xfd000000), GP);
	expect("apic-base-reserved", wrmsr(0x1b, ~0ul), GP);
	for (uint64_t base = 0; base <= 0xc0000000; base += 0xc0000000)
		for (uint32_t i = 0; i < 0x2000; i += 61) {
			uint64_t t = TRAP_OF("rdmsr", .c = base + i);

			bad += t != NONE && t != GP;
		}
	expect("msr-sweep", bad, 0);
}

/* ---- devices and memory ---- */

#define HOLE ((volatile uint32_t *)0xfd000000ul)

static void test_ports(void)
{
	static uint32_t buf[4];
	uint64_t bad = 0;
	uint32_t v;

	for (unsigned int port = 0; port < 0x10000; port += 251) {
		__asm__ volatile("inl %1, %0" : "=a"(v) : "d"((uint16_t)port));
		bad += v != ~0u;
		if (port != 0xe9)
			__asm__ volatile("outb %b0, %1" ::"a"(0), "d"((uint16_t)port));
	}
	expect("port-sweep", bad, 0);
	__asm__ volatile("mov $0x12345678, %%eax; inb %w1, %%al" : "=&a"(v) : "d"((uint16_t)0x80));
	expect("port-byte-keeps-rest", v, 0x123456ff);
	expect("ins", TRAP_OF("rep insl", .di = (uint64_t)buf, .c = 4, .d = (uint16_t)0x80), NONE);
	expect("ins-value", buf[3], ~0u);
	expect("outs-unmapped", TRAP_OF("outsb", .si = 0xffff900000000000ul, .d = (uint16_t)0x80), PF);
}

static void test_mmio(void)
{
	uint64_t v;

	expect("hole-reads-ones", HOLE[0], ~0u);
	HOLE[1] = 5;
	expect("hole-keeps-nothing", HOLE[1], ~0u);
	__asm__ volatile("movzbl (%1), %k0" : "=r"(v) : "r"(HOLE));
	expect("hole-byte", v, 0xff);
	expect("hole-xchg", TRAP_OF("xchg %%eax, (%%rdi)", .di = (uint64_t)HOLE, .a = 1), NONE);
	expect("hole-stos", TRAP_OF("rep stosl", .di = (uint64_t)HOLE, .a = 0, .c = 8), NONE);
	expect("hole-across-pages", TRAP_OF("mov %%rax, 0xffc(%%rdi)", .di = (uint64_t)HOLE, .a = 0), NONE);
	expect("hole-sse", TRAP_OF("movups (%%rdi), %%xmm0", .di = (uint64_t)HOLE), UD);
	expect("hole-cmpxchg16b", TRAP_OF("lock cmpxchg16b (%%rdi)", .di = (uint64_t)HOLE), UD);
	__asm__ volatile("mov (%1), %k0" : "=r"(v) : "r"(0xfee00030ul));
	expect("apic-version", v & 0xff, 0x14);
}

static long memory_op(unsigned int op, uint64_t gfn, unsigned int order)
{
	xen_pfn_t list[] = { gfn };
	struct xen_memory_reservation r = { .nr_extents = 1, .extent_order = order, .domid = DOMID_SELF };

	r.extent_start.p = list;
	return call(__HYPERVISOR_memory_op, op, &r);
}

static long add(unsigned int space, uint64_t idx, uint64_t gfn)
{
	struct xen_add_to_physmap a = { .domid = DOMID_SELF, .space = space, .idx = idx, .gpfn = gfn };

	return call(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &a);
}

static void test_physmap(void)
{
	volatile uint32_t *p = (uint32_t *)0x800000;

	*p = 42;
	expect("give-back", (uint64_t)memory_op(XENMEM_decrease_reservation, 0x800, 0), 1);
	expect("given-back", *p, ~0u);
	expect("give-back-twice", (uint64_t)memory_op(XENMEM_decrease_reservation, 0x800, 0), 0);
	expect("take", (uint64_t)memory_op(XENMEM_populate_physmap, 0x800, 0), 1);
	expect("taken-is-clean", *p, 0);
	expect("take-too-high", (uint64_t)memory_op(XENMEM_populate_physmap, 1ul << 40, 0), 0);
	expect("take-unaligned", (uint64_t)memory_op(XENMEM_populate_physmap, 0x801, 9), 0);
	expect("shared-info", (uint64_t)add(XENMAPSPACE_shared_info, 0, 0x900), 0);
	expect("shared-info-index", (uint64_t)add(XENMAPSPACE_shared_info, 1, 0x900), (uint64_t)-22);
	expect("shared-info-moves", (uint64_t)add(XENMAPSPACE_shared_info, 0, 0x901), 0);
	expect("shared-info-left", *(volatile uint32_t *)0x900000, ~0u);
	expect("shared-info-not-given", (uint64_t)memory_op(XENMEM_decrease_reservation, 0x901, 0), 0);
	expect("grant-frame", (uint64_t)add(XENMAPSPACE_grant_table, 0, 0x902), 0);
	expect("grant-frame-wild", (uint64_t)add(XENMAPSPACE_grant_table, 1ul << 40, 0x902), (uint64_t)-22);
	expect("foreign", (uint64_t)add(XENMAPSPACE_gmfn_foreign, 0, 0x903), (uint64_t)-22);
	expect("add-too-high", (uint64_t)add(XENMAPSPACE_gmfn, 0x800, 1ul << 40), (uint64_t)-22);
	expect("move-hole", (uint64_t)add(XENMAPSPACE_gmfn, 0xfd000, 0x904), (uint64_t)-22);
	expect("move", (uint64_t)add(XENMAPSPACE_gmfn, 0x800, 0x905), 0);
}

static void test_calls(void)
{
	struct xen_hvm_param param = { .domid = DOMID_SELF, .index = HVM_NR_PARAMS };

	for (unsigned long nr = 0; nr < 80; nr++)
		if (nr != __HYPERVISOR_sched_op && nr != __HYPERVISOR_vcpu_op && nr != 6 /* old sched_op */)
			(void)call(nr, ~0ul, (void *)~0ul);
	put("RIGHT wild-calls\n");
	expect("no-such-call", (uint64_t)call(63, 0, 0), (uint64_t)-38);
	expect("pv-call", (uint64_t)call(__HYPERVISOR_mmu_update, 0, 0), (uint64_t)-38);
	expect("domctl", (uint64_t)call(__HYPERVISOR_domctl, 0, 0), (uint64_t)-1);
	expect("bad-pointer", (uint64_t)call(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, (void *)0xffff900000000000ul),
	       (uint64_t)-14);
	expect("pointer-into-hole", (uint64_t)call(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, (void *)0xfd000000ul),
	       (uint64_t)-14);
	expect("param-index", (uint64_t)call(__HYPERVISOR_hvm_op, HVMOP_get_param, &param), (uint64_t)-22);
	/* A line for events, where there are none: Linux names one and goes by its being taken. */
	param.index = HVM_PARAM_CALLBACK_IRQ;
	param.value = 1;
	expect("callback-line", (uint64_t)call(__HYPERVISOR_hvm_op, HVMOP_set_param, &param), 0);
	param.value = 2ul << 56 | 7;
	expect("callback-vector", (uint64_t)call(__HYPERVISOR_hvm_op, HVMOP_set_param, &param), (uint64_t)-22);
	param.value = 0;
	expect("callback-none", (uint64_t)call(__HYPERVISOR_hvm_op, HVMOP_set_param, &param), 0);
}

/* ---- a second vCPU, in modes that no 64-bit kernel stays in ---- */

#define MARK	  ((volatile uint32_t *)0x7000ul) /* what it writes */
#define REAL_CODE 0x8000ul
#define APIC_ICR  ((volatile uint32_t *)0xfee00300ul)

/* 32-bit code with PAE paging; then, where it starts after SIPI, 16-bit code that takes an interrupt by its table. */
__asm__(".pushsection .text\n"
	".code32\n"
	"pae_code:	movl $1, 0x7000\n"
	"	mov %cr3, %eax; mov %eax, %cr3\n"
	"	mov %cr0, %eax; or $8, %eax; mov %eax, %cr0; clts\n"
	"	smsw %ax; lmsw %ax\n"
	"	mov $0x40000000, %eax; cpuid\n"
	"	mov %ebx, 0x7004\n"
	"	lock incl 0x7000\n"
	"	lgdt task_gdt_pointer; ljmp $8, $2f\n"
	"2:	mov $0x18, %ax; ltr %ax\n"
	"	mov $16, %ax; mov %ax, %ss; mov %ax, %ds; mov %ax, %es\n"
	"	mov $0x90000, %esp; mov $0x600d, %esi\n"
	"	lcall $0x20, $0\n" /* another task, and back by IRET */
	"	mov %esi, 0x700c\n"
	"	lock incl 0x7000\n"
	"1:	cli; hlt; jmp 1b\n"
	"other_task:	mov %esi, 0x7008; mov $0xbad, %esi\n"
	"	iret\n"
	".code16\n"
	"real_code:	mov $0x7000, %bx\n"
	"	mov $0x7000, %sp\n"
	"	movl $3, (%bx)\n"
	"	int $0x20\n"
	"	mov %cs, 8(%bx)\n"
	"	mov $0x40000000, %eax; cpuid; mov $0x7000, %bx\n"
	"	incl (%bx)\n"
	"2:	cli; hlt; jmp 2b\n"
	"real_interrupt:	movl $0x55, 4(%bx); iret\n"
	"real_end:\n"
	".code64; .popsection");
extern const char pae_code[], real_code[], real_interrupt[], real_end[], other_task[];
uint64_t task_gdt[5] = { 0, 0x00cf9b000000ffff, 0x00cf93000000ffff };
struct __attribute__((packed)) {
	uint16_t limit;
	uint64_t base;
} task_gdt_pointer = { sizeof(task_gdt) - 1, (uint64_t)task_gdt };


static bool marked(uint32_t value)
{
	for (unsigned int i = 0; i < 10000000 && MARK[0] != value; i++)
		call(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	return MARK[0] == value;
}

static void test_pae(void)
{
	static uint64_t pdpt[4] __attribute__((aligned(32)));
	static uint32_t tasks[2][26];
	static struct vcpu_hvm_context c = {
		.mode = VCPU_HVM_MODE_32B,
		.cpu_regs.x86_32 = { .cr0 = 0x80000011, .cr4 = 0x20, .cs_limit = ~0u, .ds_limit = ~0u, .ss_limit = ~0u,
				     .es_limit = ~0u, .cs_ar = 0xc9b, .ds_ar = 0xc93, .ss_ar = 0xc93, .es_ar = 0xc93,
				     .tr_ar = 0x8b, .tr_limit = 0x67 },
	};

	uint64_t cr3, *own;

	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	own = (uint64_t *)(*(uint64_t *)cr3 & ~0xffful);
	for (unsigned int i = 0; i < 4; i++)
		pdpt[i] = (own[i] & ~0xffful) | 1;
	c.cpu_regs.x86_32.cr3 = (uint32_t)(uint64_t)pdpt;
	c.cpu_regs.x86_32.eip = (uint32_t)(uint64_t)pae_code;
	for (unsigned int i = 0; i < 2; i++)
		task_gdt[3 + i] = 0x0000890000000067 | ((uint64_t)tasks[i] & 0xffffff) << 16;
	tasks[0][7] = tasks[1][7] = c.cpu_regs.x86_32.cr3;
	tasks[1][8] = (uint32_t)(uint64_t)other_task;
	tasks[1][9] = 2;
	tasks[1][14] = 0x91000; /* ESP */
	tasks[1][16] = 0x7a5c;	/* ESI */
	tasks[1][18] = tasks[1][20] = tasks[1][21] = 16;
	tasks[1][19] = 8;
	MARK[0] = MARK[1] = 0;
	expect("pae-describe", (uint64_t)call3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, 1, &c), 0);
	expect("pae-start", (uint64_t)call3(__HYPERVISOR_vcpu_op, VCPUOP_up, 1, 0), 0);
	expect("pae-ran", marked(3), 1);
	expect("pae-cpuid", MARK[1], 0x566e6558);
	expect("task-switch", MARK[2], 0x7a5c);
	expect("task-back", MARK[3], 0x600d);
	expect("task-link", tasks[1][0] & 0xffff, 0x18);
	expect("task-busy", task_gdt[3] >> 40 & 0xff, 0x8b);
	expect("task-free", task_gdt[4] >> 40 & 0xff, 0x89);
}

static void copy_low(uint64_t to, const char *from, const char *end)
{
	for (; from < end; from++, to++)
		*(volatile char *)to = *from;
}

static void send(uint32_t apic_id, uint32_t command)
{
	APIC_ICR[4] = apic_id << 24;
	APIC_ICR[0] = command;
}

static void test_real_mode(void)
{
	unsigned int tries = 10000000;

	copy_low(REAL_CODE, real_code, real_end);
	__asm__ volatile("mov %k0, 0x80" ::"r"((REAL_CODE << 12) + (uint64_t)(real_interrupt - real_code)) : "memory");
	MARK[0] = MARK[1] = MARK[2] = 0;
	while (call3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 1, 0) == 1 && tries--)
		call(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	send(2, 0x4500);	       /* INIT */
	send(2, 0x4600 | REAL_CODE >> 12); /* SIPI */
	expect("real-mode-ran", marked(4), 1);
	expect("real-mode-interrupt", MARK[1], 0x55);
	expect("real-mode-segment", MARK[2] & 0xffff, REAL_CODE >> 4);
}

/* Twice: the second only comes if the first was left. */
static void test_nmi(void)
{
	APIC_ICR[4] = 0; /* itself */
	for (unsigned int i = 0; i < 2; i++)
		expect("nmi", TRAP_OF("mov %%eax, (%%rdi); pause; nop; nop", .di = (uint64_t)APIC_ICR, .a = 0x4400), 2);
}

/* Its stack segment is one of code, which VT-x refuses; where there is no such check it finds no instruction to run. */
static void start_impossible(void)
{
	static struct vcpu_hvm_context c = {
		.mode = VCPU_HVM_MODE_32B,
		.cpu_regs.x86_32 = { .eip = 0xfd000000, .cr0 = 1, .cs_limit = ~0u, .ss_limit = ~0u, .cs_ar = 0xc9b,
				     .ss_ar = 0xc9f, .ds_ar = 0xc93, .es_ar = 0xc93, .tr_ar = 0x8b, .tr_limit = 0x67 },
	};

	expect("describe", (uint64_t)call3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, 1, &c), 0);
	expect("start", (uint64_t)call3(__HYPERVISOR_vcpu_op, VCPUOP_up, 1, 0), 0);
	for (;;)
		call(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
}

static void die(const char *how)
{
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} none = { 0, 0 };
	uint64_t cr3;

	if (*how == 's')
		start_impossible();
	if (*how == 't')
		__asm__ volatile("lidt %0; int3" ::"m"(none));
	if (*how == 'h')
		__asm__ volatile("jmp *%0" ::"r"(0xfd000000ul));
	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	if (*how == 'p' && how[1] == 'a')
		memory_op(XENMEM_decrease_reservation, cr3 >> 12, 0);
	shut_down(SHUTDOWN_poweroff);
}

void kit_main(const struct hvm_start_info *si)
{
	const char *how = (const char *)si->cmdline_paddr;

	put("RIGHT started\n");
	if (*how == 'p' && how[1] == 'o') {
		test_cpuid();
		test_refused();
		test_control();
		test_msrs();
		test_device_models();
		test_ports();
		test_mmio();
		test_physmap();
		test_calls();
		test_pae();
		test_real_mode();
		test_nmi();
		put("RIGHT ended\n");
	}
	die(how);
}
