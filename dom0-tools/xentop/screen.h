/* SPDX-License-Identifier: MIT */
/*
 * The interactive screen: takes readings, and draws what page.h makes of them. The only part that
 * knows the terminal.
 */
#ifndef SERAI_XENTOP_SCREEN_H
#define SERAI_XENTOP_SCREEN_H

#include "xentop/options.h"

struct collector;

typedef int (*read_model)(struct collector *collector, struct model *model);

/*
 * Until the user quits or options->iterations readings are shown. 0, -errno of a reading,
 * or -ENOTTY: said why on stderr.
 */
int screen_run(struct collector *collector, struct options *options, read_model read_next);

#endif
