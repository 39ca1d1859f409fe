/* SPDX-License-Identifier: MIT */
/*
 * Whether a guest's grants are to stay mapped: what xl.conf of this domain says, what the frontend
 * answers.
 *
 * Both halves must mean the same for as long as a connection lasts: a frontend that was not offered
 * it ends its grants with each request, and gives its disk up if one is still mapped then. So what
 * was offered is in our node, and stays there while the connection does, whatever becomes of
 * serai-backd or of xl.conf meanwhile.
 */
#include "disk.h"

#include <stdio.h>
#include <string.h>

#include "config/syntax.h"

#ifndef CONF_FILE /* tests have theirs */
#define CONF_FILE "/etc/xen/xl.conf"
#endif
#define CONF_MOST 65536
#define CONF_KEY  "disk.persistent_grants"
#define NODE	  "feature-persistent"

static void report(void *data, const char *source, const struct config_fault *fault)
{
	back_log(LOG_WARNING, "%s:%u: %s", source, fault->line, fault->message);
}

/* Unless somebody wants it: copying is faster, docs/performance.md. */
static bool read_word(struct syntax *syntax)
{
	const struct setting *setting = syntax_find(syntax, CONF_KEY);
	const char *text = !setting ? "off" : setting->value->text ? setting->value->text : "";

	if (!strcmp(text, "on") || !strcmp(text, "1"))
		return true;
	if (strcmp(text, "off") && strcmp(text, "0"))
		syntax_fault(syntax, CONF_FILE, setting->place, false,
			     CONF_KEY " must be \"on\" or \"off\"; it is ignored");
	return false;
}

/* Read anew each time: it holds from a disk's next connection on. */
static bool is_wanted(void)
{
	static char text[CONF_MOST];
	FILE *file = fopen(CONF_FILE, "re");
	struct syntax syntax;
	size_t length = file ? fread(text, 1, sizeof(text), file) : 0;
	bool wanted;

	if (file)
		fclose(file);
	syntax_init(&syntax, report, NULL);
	syntax_add(&syntax, CONF_FILE, text, length);
	syntax_fold(&syntax);
	wanted = read_word(&syntax);
	syntax_free(&syntax);
	return wanted;
}

/* Another process than this had the connection, and it goes on. */
static bool is_connected(struct back_device *device)
{
	uint32_t state = XenbusStateUnknown;

	return !back_read_number(device, "state", XenbusStateReconfigured, &state) &&
	       state > XenbusStateInitWait && state != XenbusStateClosed;
}

int persistent_offer(struct back_device *device)
{
	return is_connected(device) ? 0 : back_write(device, NODE, "%u", is_wanted());
}

bool persistent_agreed(struct back_device *device)
{
	uint32_t ours = 0, theirs = 0;

	/* What is no number, or another one, leaves 0. */
	(void)back_read_number(device, NODE, 1, &ours);
	(void)back_read_front_number(device, NODE, 1, &theirs);
	return ours && theirs;
}
