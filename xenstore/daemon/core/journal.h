/* SPDX-License-Identifier: MIT */
/*
 * A journal in memory that outlives the daemon: a file on tmpfs, mapped (io/journal_file.c).
 *
 * It is a sequence of frames, each with length, number and checksum. A frame is what must happen as
 * a whole: all one request did. Its records are written behind the place of its header first and
 * the header last, so a frame is either complete or not there, whenever the daemon is killed.
 * Nothing is flushed to anywhere: the pages are the kernel's, and a machine that goes down takes
 * its domains with it.
 *
 * After a restart the journal is always rewritten before it is appended to, so bytes of a torn
 * frame never come to lie where a frame may start. When it has grown to a multiple of the state it
 * describes it is rewritten too.
 */
#ifndef XSD_JOURNAL_H
#define XSD_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_MAGIC	0x3153586961726553u /* "SeraiXS1" */
#define JOURNAL_VERSION 1

struct journal_head {
	uint64_t magic;
	uint32_t version;
	uint32_t boot; /* of the machine's boot it belongs to */
};

struct journal_frame {
	uint64_t sum;
	uint32_t sequence;
	uint32_t len; /* of what follows; written last */
};

struct journal {
	char *map;
	size_t size;	    /* bytes that may be written */
	size_t used;	    /* behind the last complete frame */
	size_t at;	    /* where the open frame is written */
	size_t snapshot;    /* of `used`, the part that is a snapshot */
	unsigned int depth; /* nested begins */
	uint32_t sequence;
	uint32_t boot;
	bool broken; /* could not grow: what happened since is not in it */
	/* Makes size at least `needed`; may move map; false if it cannot. */
	bool (*grow)(struct journal *journal, size_t needed);
};

/* Writes the head of an empty journal. */
void journal_start(struct journal *journal);

/* A frame; begins may nest, the outermost commit counts. An empty frame leaves no trace. */
void journal_begin(struct journal *journal);
void journal_commit(struct journal *journal);

void journal_put(struct journal *journal, const void *bytes, size_t len);
void journal_u8(struct journal *journal, uint8_t value);
void journal_u32(struct journal *journal, uint32_t value);
void journal_u64(struct journal *journal, uint64_t value);
/* Length and bytes. */
void journal_blob(struct journal *journal, const void *bytes, size_t len);
void journal_text(struct journal *journal, const char *text);

/* Reading a frame's records; after a read beyond the end, `bad` is set and zeroes are returned. */
struct journal_reader {
	const char *at, *end;
	bool bad;
};

uint8_t journal_get_u8(struct journal_reader *reader);
uint32_t journal_get_u32(struct journal_reader *reader);
uint64_t journal_get_u64(struct journal_reader *reader);
const void *journal_get_blob(struct journal_reader *reader, size_t *len);
/* A text with its NUL, inside the journal. */
const char *journal_get_text(struct journal_reader *reader);

/*
 * Calls apply for each complete frame up to the first that is not. Returns the number of bytes that
 * are good (0: no journal), or -EPROTO if apply did not understand a complete frame.
 */
typedef bool journal_apply(void *data, struct journal_reader *frame);
long journal_replay(const char *map, size_t size, journal_apply *apply, void *data);

#endif
