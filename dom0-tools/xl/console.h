/* SPDX-License-Identifier: MIT */
/* Programs xl hands the terminal to. */
#ifndef SERAI_XL_CONSOLE_H
#define SERAI_XL_CONSOLE_H

#include "xl/xl.h"

struct console_choice {
	const char *type;   /* "pv", "serial"; NULL: what the guest has */
	const char *number; /* NULL: 0 */
	const char *escape; /* the key that leaves it; NULL: ] */
	const char *notify; /* file descriptor that is written to when it is attached; NULL: none */
};

/* Becomes the console's client. Returns (an exit code) only if it cannot. */
int console_exec(struct xl *xl, uint32_t domid, const struct console_choice *choice);

#endif
