/* SPDX-License-Identifier: MIT */
/*
 * The hypercall page: 32 bytes of code per call, for kernels that call into it instead of using SYSCALL
 * themselves. The instruction overwrites RCX and R11, which the callers expect to keep.
 */
#include <hv/string.h>
#include <asm/page.h>
#include <asm/pv.h>

#define SLOT 32

static uint8_t *put_call(uint8_t *p, uint32_t nr)
{
	*p++ = 0xb8; /* mov $nr, %eax */
	memcpy(p, &nr, sizeof(nr));
	p += sizeof(nr);
	*p++ = 0x0f; /* syscall */
	*p++ = 0x05;
	return p;
}

/* iret never returns: its frame includes RAX, RCX and R11. */
static void put_iret(uint8_t *p)
{
	*p++ = 0x51; /* push %rcx */
	*p++ = 0x41; /* push %r11 */
	*p++ = 0x53;
	*p++ = 0x50; /* push %rax */
	put_call(p, __HYPERVISOR_iret);
}

void pv_write_hypercall_page(void *page)
{
	memset(page, 0xcc, PAGE_SIZE);
	for (uint32_t nr = 0; nr < PAGE_SIZE / SLOT; nr++) {
		uint8_t *p = (uint8_t *)page + nr * SLOT;

		if (nr == __HYPERVISOR_iret) {
			put_iret(p);
			continue;
		}
		*p++ = 0x51; /* push %rcx */
		*p++ = 0x41; /* push %r11 */
		*p++ = 0x53;
		p = put_call(p, nr);
		*p++ = 0x41; /* pop %r11 */
		*p++ = 0x5b;
		*p++ = 0x59; /* pop %rcx */
		*p++ = 0xc3; /* ret */
	}
}
