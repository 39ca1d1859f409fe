/* SPDX-License-Identifier: MIT */
/* Grant tables' settings from the command line; for domains created afterwards. */
#ifndef GRANT_OPTIONS_H
#define GRANT_OPTIONS_H

#include <hv/types.h>

void grant_set_default_frames(uint64_t nr);   /* gnttab_max_frames= */
void grant_set_default_maptrack(uint64_t nr); /* gnttab_max_maptrack_frames= */

#endif
