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
#include "config/spec.h"

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

/* Each word as every kind of device; a disk written out again is the same disk. */
static void check_specs(const char *text)
{
	static const char *const keys[] = { "disk", "vif", "vfb", "vkb", "p9", "channel" };
	struct disk_spec disk, again;
	struct spec_fault fault;
	char *written;

	for (unsigned int i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		fault.message[0] = '\0';
		if (!spec_check(keys[i], text, &fault) &&
		    (!fault.message[0] || fault.offset > strlen(text)))
			abort();
	}
	if (!disk_spec_read(text, &disk, &fault))
		return;
	written = disk_spec_text(&disk);
	if (!written || !disk_spec_read(written, &again, &fault) ||
	    strcmp(disk.target, again.target) || disk.number != again.number ||
	    disk.writable != again.writable)
		abort();
	free(written);
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
		cpuset_parse(word, NULL, &set), check_specs(word);
	free(word);
	return 0;
}
