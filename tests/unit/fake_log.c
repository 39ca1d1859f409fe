/* SPDX-License-Identifier: MIT */
/* Log calls that go nowhere, for tests that do not link the console. */
#include <hv/lib.h>

void printk(const char *fmt, ...)
{
}

void log_at(enum log_level lvl, const char *fmt, ...)
{
}

void gprintk(enum log_level lvl, const char *fmt, ...)
{
}
