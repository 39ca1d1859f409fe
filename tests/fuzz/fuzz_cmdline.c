// sources: hypervisor/common/cmdline/*.c hypervisor/lib/parse.c
/* SPDX-License-Identifier: MIT */
/* Fuzz target: command lines against a table with every kind of option. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <hv/cmdline.h>

static bool a_bool;
static uint8_t a_byte;
static uint64_t a_word, a_size;
static char a_string[8];

static int custom(const char *value)
{
	return strlen(value) < CMDLINE_WORD_MAX ? 0 : -1;
}

static const struct hv_option table[] = {
	{ "bool", OPTION_BOOL, &a_bool },
	{ "byte", OPTION_UINT, &a_byte, sizeof(a_byte) },
	{ "word", OPTION_UINT, &a_word, sizeof(a_word) },
	{ "size", OPTION_SIZE, &a_size },
	{ "string", OPTION_STRING, a_string, sizeof(a_string) },
	{ "custom", OPTION_CUSTOM, .set = custom },
};

static void complain(void *ctx, const char *word, int error)
{
	if (strlen(word) >= CMDLINE_WORD_MAX || error >= 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = malloc(size + 1);

	memcpy(line, data, size);
	line[size] = '\0';
	cmdline_parse(line, table, sizeof(table) / sizeof(table[0]), complain, NULL);
	if (memchr(a_string, 0, sizeof(a_string)) == NULL)
		abort();
	free(line);
	return 0;
}
