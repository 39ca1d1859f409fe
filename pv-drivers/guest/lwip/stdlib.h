/* SPDX-License-Identifier: MIT */
/* lwIP includes it for atoi() alone, which arch/cc.h gives. */
#include <stddef.h>
