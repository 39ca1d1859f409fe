/* SPDX-License-Identifier: MIT */
/* Sub-operations that take a single structure, at guest address `arg`. 0 or -errno. */
#ifndef GRANT_SETUP_H
#define GRANT_SETUP_H

#include <hv/hypercall.h>

int grant_setup_table(guest_ptr_t arg);
int grant_query_size(guest_ptr_t arg);
int grant_set_version(guest_ptr_t arg); /* -ENOSYS: version 2 */
int grant_get_version(guest_ptr_t arg); /* -ESRCH, -EPERM */
int grant_get_status_frames(guest_ptr_t arg);

#endif
