// SPDX-License-Identifier: MIT
// sources: dom0-tools/config/*.c build/tools/gen/*.c
// cflags: -U__XEN__ -D_GNU_SOURCE -Idom0-tools -Ibuild/tools/gen
// libs: -lyajl -luuid
/*
 * xl.cfg and its JSON: any text is read without a fault of memory; what is read goes through JSON
 * unchanged; a text is refused only with a reason. A text that starts with { is also read as JSON.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/cpuset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(void *data, const char *source, const struct config_fault *fault)
{
	*(unsigned int *)data += fault->fatal;
	if (!memchr(fault->message, 0, sizeof(fault->message)) || !source)
		abort();
}

static void check(struct domain_config *config)
{
	char *text = config_to_json(config), *again;
	struct domain_config *back;

	/* Text that is not UTF-8 has no JSON. */
	if (text && (back = config_from_json(text, strlen(text)))) {
		again = config_to_json(back);
		if (!again || strcmp(text, again))
			abort();
		free(again);
		config_free(back);
	}
	free(text);
	config_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	unsigned int faults = 0;
	struct domain_config *config = config_parse("input", text, size, NULL, count, &faults);
	struct cpuset set;
	char *word;

	if (!config == !faults)
		abort();
	if (config)
		check(config);
	if (size && text[0] == '{' && (config = config_from_json(text, size)))
		check(config);
	word = strndup(text, size);
	if (word)
		cpuset_parse(word, NULL, &set);
	free(word);
	return 0;
}
