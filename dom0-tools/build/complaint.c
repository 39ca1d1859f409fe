/* SPDX-License-Identifier: MIT */
/* Keeps the first complaint: the cause, not its consequences. */
#include "build/build.h"

#include <stdarg.h>
#include <stdio.h>

void complain(struct complaint *complaint, const char *format, ...)
{
	va_list arguments;

	if (!complaint || complaint->text[0])
		return;
	va_start(arguments, format);
	vsnprintf(complaint->text, sizeof(complaint->text), format, arguments);
	va_end(arguments);
}
