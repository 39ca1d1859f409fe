/* SPDX-License-Identifier: MIT */
/* The journal's format: see journal.h. */
#include <errno.h>
#include <string.h>

#include "journal.h"

void journal_start(struct journal *journal)
{
	const struct journal_head head = { JOURNAL_MAGIC, JOURNAL_VERSION, journal->boot };

	memcpy(journal->map, &head, sizeof(head));
	journal->used = sizeof(head);
	journal->sequence = 0;
	journal->depth = 0;
}

static uint64_t mix(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * 0x9fb21c651e98df25u;
	return sum ^ sum >> 32;
}

static uint64_t checksum(const char *bytes, size_t len, uint32_t sequence)
{
	uint64_t sum = mix(len, sequence), word = 0;

	for (; len >= sizeof(word); bytes += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		sum = mix(sum, word);
	}
	word = 0;
	memcpy(&word, bytes, len);
	return mix(sum, word);
}

void journal_begin(struct journal *journal)
{
	if (journal && !journal->depth++)
		journal->at = journal->used + sizeof(struct journal_frame);
}

void journal_commit(struct journal *journal)
{
	struct journal_frame frame;
	size_t start;

	if (!journal || --journal->depth || journal->broken)
		return;
	start = journal->used + sizeof(frame);
	if (journal->at == start)
		return;
	frame.len = (uint32_t)(journal->at - start);
	frame.sequence = journal->sequence;
	frame.sum = checksum(journal->map + start, frame.len, frame.sequence);
	/* The length makes the frame count, so it is stored last; only a kill can come between, and
	 * that sees stores in program order, which the fences keep. */
	memcpy(journal->map + journal->used, &frame, offsetof(struct journal_frame, len));
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	memcpy(journal->map + journal->used + offsetof(struct journal_frame, len), &frame.len,
	       sizeof(frame.len));
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	journal->sequence++;
	journal->used = journal->at;
}

void journal_put(struct journal *journal, const void *bytes, size_t len)
{
	/* The place of the next frame's header stays zero, so that the end is found. */
	size_t needed = journal->at + len + sizeof(struct journal_frame);

	if (journal->broken || !len)
		return;
	if (needed > journal->size && !journal->grow(journal, needed)) {
		journal->broken = true;
		return;
	}
	memcpy(journal->map + journal->at, bytes, len);
	journal->at += len;
}

void journal_u8(struct journal *journal, uint8_t value)
{
	journal_put(journal, &value, sizeof(value));
}

void journal_u32(struct journal *journal, uint32_t value)
{
	journal_put(journal, &value, sizeof(value));
}

void journal_u64(struct journal *journal, uint64_t value)
{
	journal_put(journal, &value, sizeof(value));
}

void journal_blob(struct journal *journal, const void *bytes, size_t len)
{
	journal_u32(journal, (uint32_t)len);
	if (len)
		journal_put(journal, bytes, len);
}

void journal_text(struct journal *journal, const char *text)
{
	journal_blob(journal, text, strlen(text) + 1);
}

static void get(struct journal_reader *reader, void *bytes, size_t len)
{
	memset(bytes, 0, len);
	if (reader->bad || (size_t)(reader->end - reader->at) < len) {
		reader->bad = true;
		return;
	}
	memcpy(bytes, reader->at, len);
	reader->at += len;
}

uint8_t journal_get_u8(struct journal_reader *reader)
{
	uint8_t value;

	get(reader, &value, sizeof(value));
	return value;
}

uint32_t journal_get_u32(struct journal_reader *reader)
{
	uint32_t value;

	get(reader, &value, sizeof(value));
	return value;
}

uint64_t journal_get_u64(struct journal_reader *reader)
{
	uint64_t value;

	get(reader, &value, sizeof(value));
	return value;
}

const void *journal_get_blob(struct journal_reader *reader, size_t *len)
{
	const char *bytes;

	*len = journal_get_u32(reader);
	if (reader->bad || (size_t)(reader->end - reader->at) < *len) {
		reader->bad = true;
		*len = 0;
		return "";
	}
	bytes = reader->at;
	reader->at += *len;
	return bytes;
}

const char *journal_get_text(struct journal_reader *reader)
{
	size_t len;
	const char *text = journal_get_blob(reader, &len);

	if (!len || text[len - 1]) {
		reader->bad = true;
		return "";
	}
	return text;
}

long journal_replay(const char *map, size_t size, journal_apply *apply, void *data)
{
	struct journal_head head;
	struct journal_frame frame;
	uint32_t sequence = 0;
	size_t at = sizeof(head);

	if (size < sizeof(head))
		return 0;
	memcpy(&head, map, sizeof(head));
	if (head.magic != JOURNAL_MAGIC)
		return 0;
	if (head.version != JOURNAL_VERSION)
		return -EPROTO;
	for (; size - at >= sizeof(frame); at += frame.len, sequence++) {
		struct journal_reader reader;

		memcpy(&frame, map + at, sizeof(frame));
		if (!frame.len || frame.sequence != sequence ||
		    frame.len > size - at - sizeof(frame) ||
		    frame.sum != checksum(map + at + sizeof(frame), frame.len, sequence))
			break;
		at += sizeof(frame);
		reader = (struct journal_reader){ map + at, map + at + frame.len, false };
		if (!apply(data, &reader) || reader.bad)
			return -EPROTO;
	}
	return (long)at;
}
