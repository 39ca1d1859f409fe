/* SPDX-License-Identifier: MIT */
/* A viewer for a domain's screen. */
#ifndef SERAI_XL_VIEWER_H
#define SERAI_XL_VIEWER_H

#include "xl/xl.h"

/* Becomes vncviewer; returns an exit code only if that cannot be. */
int viewer_exec(struct xl *xl, uint32_t domid, bool password);

#endif
