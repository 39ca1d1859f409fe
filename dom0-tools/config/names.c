/* SPDX-License-Identifier: MIT */
/* Words for enumerations; see names.h. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "config/names.h"

const char *const domain_type_names[] = {
	[DOMAIN_PV] = "pv", [DOMAIN_PVH] = "pvh", [DOMAIN_HVM] = "hvm", NULL
};
const char *const end_action_names[] = {
	[END_DESTROY] = "destroy",
	[END_RESTART] = "restart",
	[END_RENAME_RESTART] = "rename-restart",
	[END_PRESERVE] = "preserve",
	[END_COREDUMP_DESTROY] = "coredump-destroy",
	[END_COREDUMP_RESTART] = "coredump-restart",
	[END_SOFT_RESET] = "soft-reset",
	NULL,
};
const char *const end_action_json[] = {
	[END_DESTROY] = "destroy",
	[END_RESTART] = "restart",
	[END_RENAME_RESTART] = "restart_rename",
	[END_PRESERVE] = "preserve",
	[END_COREDUMP_DESTROY] = "coredump_destroy",
	[END_COREDUMP_RESTART] = "coredump_restart",
	[END_SOFT_RESET] = "soft_reset",
	NULL,
};
const char *const tsc_mode_names[] = { "default", "always_emulate", "native", "native_paravirt",
				       NULL };

static bool same_word(const char *a, const char *b)
{
	while (*a && (*a == '-' ? '_' : *a) == (*b == '-' ? '_' : *b))
		a++, b++;
	return *a == *b;
}

int name_index(const char *const *names, const char *word)
{
	for (int i = 0; names[i]; i++)
		if (same_word(names[i], word))
			return i;
	return -1;
}

const char *names_listed(const char *const *names, char *buffer, unsigned int size)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (int i = 0; names[i] && used < size; i++) {
		int n = snprintf(buffer + used, size - used, "%s%s",
				 i ? names[i + 1] ? ", " : " or " : "", names[i]);

		used += n > 0 ? (size_t)n : 0;
	}
	return buffer;
}
