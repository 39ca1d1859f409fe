/* SPDX-License-Identifier: MIT */
/* The 32-bit x86 ABI by its historical file name. */
#include "arch-x86/xen.h"
