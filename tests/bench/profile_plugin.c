/* SPDX-License-Identifier: MIT */
/*
 * A plugin of QEMU's emulator (10, plugin interface 4) that counts how often each translated block runs
 * between two marks the guest executes, and writes "address instructions place" of each to the file it is
 * given. The place is QEMU's own address of the code: it tells the kernels of several domains apart, which
 * lie at the same addresses of theirs.
 *
 * A mark is a NOP with an operand nobody would write: nopl MARK(%rax). A block left early, by a fault in
 * its middle, counts whole.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))

/* ---- the interface: Debian has no header of it ---- */

typedef uint64_t plugin_id;
struct plugin_block;
struct plugin_insn;
struct plugin_board;
/* A counter: this far into each processor's element of the board. */
struct plugin_u64 {
	struct plugin_board *board;
	size_t offset;
};
enum { INLINE_ADD_U64 };
enum { CB_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*translated)(plugin_id, struct plugin_block *));
void qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(struct plugin_block *block, int op, struct plugin_u64 counter,
						       uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_cb(struct plugin_insn *insn, void (*run)(unsigned int, void *), int flags,
					    void *data);
size_t qemu_plugin_tb_n_insns(const struct plugin_block *block);
uint64_t qemu_plugin_tb_vaddr(const struct plugin_block *block);
struct plugin_insn *qemu_plugin_tb_get_insn(const struct plugin_block *block, size_t number);
void *qemu_plugin_insn_haddr(const struct plugin_insn *insn);
size_t qemu_plugin_insn_data(const struct plugin_insn *insn, void *to, size_t room);
struct plugin_board *qemu_plugin_scoreboard_new(size_t bytes);
uint64_t qemu_plugin_u64_sum(struct plugin_u64 counter);

EXPORTED int qemu_plugin_version = 4;

/* ---- counting ---- */

#define MOST_BLOCKS (1u << 21) /* a block is translated anew when caches are flushed */

static struct {
	uint64_t address, before;
	void *place;
	uint32_t instructions;
} blocks[MOST_BLOCKS];
static unsigned int nr_blocks;
static struct plugin_board *board;
static const char *path;

static uint64_t times(unsigned int block)
{
	return qemu_plugin_u64_sum((struct plugin_u64){ board, block * sizeof(uint64_t) });
}

static void begin(unsigned int vcpu, void *data)
{
	for (unsigned int i = 0; i < nr_blocks; i++)
		blocks[i].before = times(i);
}

static void end(unsigned int vcpu, void *data)
{
	FILE *file = fopen(path, "w");

	if (!file) {
		perror(path);
		exit(1);
	}
	for (unsigned int i = 0; i < nr_blocks; i++) {
		uint64_t count = (times(i) - blocks[i].before) * blocks[i].instructions;

		if (count)
			fprintf(file, "%llx %llu %llx\n", (unsigned long long)blocks[i].address, (unsigned long long)count,
				(unsigned long long)(uintptr_t)blocks[i].place);
	}
	fclose(file);
}

static void look_for_marks(struct plugin_insn *insn)
{
	static const uint8_t first[] = { 0x0f, 0x1f, 0x80, 'P', 'R', 'O', 'B' }, last[] = { 0x0f, 0x1f, 0x80, 'P', 'R', 'O', 'E' };
	uint8_t bytes[sizeof(first)];

	if (qemu_plugin_insn_data(insn, bytes, sizeof(bytes)) != sizeof(bytes))
		return;
	if (!memcmp(bytes, first, sizeof(bytes)))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, begin, CB_NO_REGS, NULL);
	else if (!memcmp(bytes, last, sizeof(bytes)))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, end, CB_NO_REGS, NULL);
}

static void translated(plugin_id id, struct plugin_block *block)
{
	size_t count = qemu_plugin_tb_n_insns(block);

	if (nr_blocks == MOST_BLOCKS) {
		fprintf(stderr, "profile: more blocks than there is room for\n");
		exit(1);
	}
	blocks[nr_blocks].address = qemu_plugin_tb_vaddr(block);
	blocks[nr_blocks].instructions = (uint32_t)count;
	blocks[nr_blocks].place = qemu_plugin_insn_haddr(qemu_plugin_tb_get_insn(block, 0));
	qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(
	    block, INLINE_ADD_U64, (struct plugin_u64){ board, nr_blocks * sizeof(uint64_t) }, 1);
	nr_blocks++;
	for (size_t i = 0; i < count; i++)
		look_for_marks(qemu_plugin_tb_get_insn(block, i));
}

EXPORTED int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	path = strdup(argv[0] + 4);
	board = qemu_plugin_scoreboard_new(MOST_BLOCKS * sizeof(uint64_t));
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
