// sources: hypervisor/arch/x86/emul/*.c
/* SPDX-License-Identifier: MIT */
/*
 * Instruction lengths against objdump.
 *
 * Each line of a disassembly is a question of its own: given exactly the bytes objdump took for
 * one instruction, does the decoder take the same?  Fewer is a wrong length, wanting more is
 * X86_DECODE_TRUNCATED.  The corpora are programs of the machine the test runs on, and random
 * bytes in all three modes.  Lines where objdump shows no whole instruction are left out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <asm/emul.h>

#define MAX_REPORTED 40

struct tally {
	unsigned long checked;
	unsigned long wrong;
};

/* Does the text name only prefixes, or no valid instruction? */
static bool is_junk(const char *text)
{
	static const char *const bare[] = { "addr32",	"addr16",  "data16", "data32", "lock",
					    "repz",	"repnz",   "rep",    "cs",     "ds",
					    "es",	"fs",	   "gs",     "ss",     "fwait",
					    "xacquire", "xrelease" };
	char word[32];

	if (strstr(text, "(bad)") || strstr(text, ".byte"))
		return true;
	while (sscanf(text, "%31s", word) == 1) {
		bool prefix = strncmp(word, "rex", 3) == 0;

		for (size_t i = 0; i < sizeof(bare) / sizeof(bare[0]); i++)
			prefix |= strcmp(word, bare[i]) == 0;
		if (!prefix)
			return false;
		text = strstr(text, word) + strlen(word);
	}
	return true;
}

static unsigned int parse_bytes(const char *hex, uint8_t *bytes)
{
	unsigned int len = 0, val;
	int used;

	while (len < 16 && sscanf(hex, " %2x%n", &val, &used) == 1) {
		bytes[len++] = (uint8_t)val;
		hex += used;
	}
	return len;
}

/*
 * objdump shows VEX behind prefixes that make it undefined, joins wait with the x87 instruction
 * after it, and knows the test registers of the 486.
 */
static bool is_known_difference(const struct emul_insn *insn, int rc, const char *text)
{
	if (rc == X86_DECODE_INVALID)
		return insn->encoding != EMUL_ENC_LEGACY || strstr(text, "%tr");
	return insn->map == EMUL_MAP_ONE && insn->opcode == 0x9b;
}

static void check_line(unsigned int mode, char *line, struct tally *tally)
{
	uint8_t bytes[16];
	struct emul_insn insn;
	char *hex = strchr(line, '\t'), *text;
	unsigned int len;
	int rc;

	if (!hex)
		return;
	text = strchr(++hex, '\t');
	if (!text)
		return;
	*text++ = '\0';
	len = parse_bytes(hex, bytes);
	if (is_junk(text) || len > X86_INSN_MAX)
		return;
	tally->checked++;
	rc = x86_decode(&insn, mode, bytes, len);
	if ((rc == X86_DECODE_OK && insn.length == len) || is_known_difference(&insn, rc, text))
		return;
	if (tally->wrong++ < MAX_REPORTED)
		print_message("mode %u: %s: rc %d length %u: %s", mode, hex, rc, insn.length, text);
}

static struct tally check_disassembly(unsigned int mode, const char *command)
{
	struct tally tally = { 0, 0 };
	char line[512];
	FILE *out = popen(command, "r");

	assert_non_null(out);
	while (fgets(line, sizeof(line), out))
		check_line(mode, line, &tally);
	pclose(out);
	print_message("%lu instructions, %lu wrong: %s\n", tally.checked, tally.wrong, command);
	return tally;
}

static void need_objdump(void)
{
	if (system("objdump --version >/dev/null 2>&1") != 0)
		skip();
}

static void check_program(const char *path)
{
	char command[512];
	struct tally tally;

	if (access(path, R_OK) != 0)
		return;
	snprintf(command, sizeof(command), "objdump -d -w --insn-width=16 %s 2>/dev/null", path);
	tally = check_disassembly(64, command);
	assert_int_equal(tally.wrong, 0);
}

static void test_programs(void **state)
{
	(void)state;
	need_objdump();
	check_program("/bin/bash");
	check_program("/lib/x86_64-linux-gnu/libm.so.6");
	check_program("/lib/x86_64-linux-gnu/libc.so.6");
}

/* Opcode bytes with escapes more frequent than chance would have them. */
static void write_random(int fd, unsigned int seed, size_t size)
{
	static const uint8_t likely[] = { 0x0f, 0x0f, 0x66, 0x48, 0xc4, 0xc5, 0x62, 0xf3 };
	uint8_t *bytes = malloc(size);

	assert_non_null(bytes);
	srand(seed);
	for (size_t i = 0; i < size; i++) {
		int r = rand() >> 4;

		bytes[i] = r % 8 ? (uint8_t)(r >> 8) : likely[(r >> 8) % sizeof(likely)];
	}
	assert_int_equal(write(fd, bytes, size), size);
	free(bytes);
}

static void check_random(unsigned int mode, const char *machine, unsigned int seed)
{
	char path[] = "/tmp/emul-XXXXXX", command[512];
	int fd = mkstemp(path);
	struct tally tally;

	assert_true(fd >= 0);
	write_random(fd, seed, 400000);
	snprintf(command, sizeof(command), "objdump -D -w --insn-width=16 -b binary -m %s %s",
		 machine, path);
	tally = check_disassembly(mode, command);
	close(fd);
	unlink(path);
	assert_int_equal(tally.wrong, 0);
}

static void test_random_64(void **state)
{
	(void)state;
	need_objdump();
	check_random(64, "i386:x86-64", 1);
}

static void test_random_32(void **state)
{
	(void)state;
	need_objdump();
	check_random(32, "i386", 2);
}

static void test_random_16(void **state)
{
	(void)state;
	need_objdump();
	check_random(16, "i8086", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_random_64),
		cmocka_unit_test(test_random_32),
		cmocka_unit_test(test_random_16),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
