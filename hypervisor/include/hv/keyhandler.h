/* SPDX-License-Identifier: MIT */
/* Debug keys: one table of {key, what it prints}; 'h' lists it. Handlers run in softirq context. */
#ifndef HV_KEYHANDLER_H
#define HV_KEYHANDLER_H

void keyhandler_register(char key, void (*fn)(unsigned char key), const char *desc);
void handle_keypress(unsigned char key); /* any context that may printk */
void keyhandlers_init(void);
/* By a handler between two parts of its answer, no lock held: timers and the like get their turn. */
void keyhandler_breathe(void);

#endif
