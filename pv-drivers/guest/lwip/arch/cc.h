/* SPDX-License-Identifier: MIT */
/* What lwIP wants to know of the compiler and the system. */
#ifndef KIT_LWIP_CC_H
#define KIT_LWIP_CC_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));
uint32_t stack_random(void);
int stack_number(const char *text);

#define LWIP_NO_UNISTD_H   1
#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_CTYPE_H	   1
#define LWIP_NO_LIMITS_H   1
#define INT_MAX		   0x7fffffff
#define X8_F		   "02x"
#define U16_F		   "u"
#define S16_F		   "d"
#define X16_F		   "x"
#define U32_F		   "u"
#define S32_F		   "d"
#define X32_F		   "x"
#define SZT_F		   "lu"
#define LWIP_RAND()	   stack_random()
#define atoi		   stack_number
#define LWIP_PLATFORM_DIAG(x)                                                                      \
	do {                                                                                       \
		printf x;                                                                          \
	} while (0)
#define LWIP_PLATFORM_ASSERT(x) panic("lwIP: %s", x)

#endif
