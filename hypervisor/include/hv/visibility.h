/* SPDX-License-Identifier: MIT */
/*
 * Included before everything, by the compiler's command line. All symbols are ours: references to
 * declarations too may be made relative to the instruction, never through an offset table.
 */
#pragma GCC visibility push(hidden)
