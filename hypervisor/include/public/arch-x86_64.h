/* SPDX-License-Identifier: MIT */
/*
 * The 64-bit x86 ABI by its historical file name.
 *
 * set_callbacks(unsigned long event, unsigned long failsafe, unsigned long syscall) is the old way
 * to register the entry points that callback.h now covers.
 */
#include "arch-x86/xen.h"
