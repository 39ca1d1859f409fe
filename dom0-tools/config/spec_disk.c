/* SPDX-License-Identifier: MIT */
/*
 * Disks: "/dev/vg/disk,raw,xvda,rw", "format=qcow2, vdev=xvda, target=/a,b" and what older
 * toolstacks wrote, "tap:qcow2:/disk.img,xvda,w".
 *
 * Words are read from left to right. One with an equals sign, or a flag, is what it says; target=
 * takes the rest of the text. The others go, in order, to what is still unset of target, format,
 * vdev and access; before a target prefixes are taken off, and a text with any has no positional
 * format.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/spec_words.h"

const char *const disk_format_names[] = { "raw", "qcow", "qcow2", "vhd", "vmdk", "qed", NULL };
static const char *const access_words[] = { "r", "ro", "w", "rw", NULL };
static const char *const backend_words[] = { "", "phy", "qdisk", NULL };
static const char *const specifications[] = { "xen", NULL };

enum { TARGET = 1, FORMAT = 2, VDEV = 4, ACCESS = 8 };

struct reading_disk {
	struct disk_spec disk; /* first: the keys' offsets are its */
	int access, specification;
	char devtype[8];
	unsigned int seen;
	bool prefixed; /* a deprecated prefix: no positional format */
	const char *start;
	struct spec_fault *fault;
};

#define DISK_AT(member) SPEC_AT(reading_disk, disk.member)

/* clang-format off */
static const struct spec_key keys[] = {
	{ .name = "format", .kind = SPEC_WORD, DISK_AT(format), .words = disk_format_names },
	{ .name = "vdev", .kind = SPEC_TEXT, DISK_AT(vdev) },
	{ .name = "access", .kind = SPEC_WORD, SPEC_AT(reading_disk, access), .words = access_words },
	{ .name = "target", .kind = SPEC_TEXT, DISK_AT(target) },
	{ .name = "devtype", .kind = SPEC_TEXT, SPEC_AT(reading_disk, devtype) },
	{ .name = "script", .kind = SPEC_TEXT, DISK_AT(script) },
	{ .name = "backend", .kind = SPEC_TEXT, DISK_AT(backend) },
	{ .name = "backendtype", .kind = SPEC_WORD, DISK_AT(type), .words = backend_words },
	{ .name = "specification", .kind = SPEC_WORD, SPEC_AT(reading_disk, specification),
	  .words = specifications },
	{ .name = "cdrom", .kind = SPEC_FLAG, DISK_AT(cdrom) },
	{ .name = "discard", .kind = SPEC_FLAG, DISK_AT(discard) },
	{ .name = "no-discard", .kind = SPEC_UNFLAG, DISK_AT(discard) },
	{ .name = "direct-io-safe", .kind = SPEC_FLAG, DISK_AT(direct_io_safe) },
	{ .name = "untrusted", .kind = SPEC_FLAG, DISK_AT(untrusted) },
	{ .name = "trusted", .kind = SPEC_UNFLAG, DISK_AT(untrusted) },
	{ .name = NULL },
};
/* clang-format on */

/* What a named key sets of the positions. */
static unsigned int position_of(const struct spec_key *key)
{
	static const char *const names[] = { "target", "format", "vdev", "access" };

	for (unsigned int i = 0; i < 4; i++)
		if (!strcmp(key->name, names[i]))
			return 1u << i;
	return 0;
}

static size_t offset_of(const struct reading_disk *reading, const char *at)
{
	return (size_t)(at - reading->start);
}

static bool is(struct word word, const char *text)
{
	return word.length == strlen(text) && !memcmp(word.text, text, word.length);
}

static bool set_devtype(struct reading_disk *reading, struct word value, size_t at)
{
	if (is(value, "cdrom"))
		reading->disk.cdrom = true;
	else if (!is(value, "disk"))
		return spec_wrong(reading->fault, at, "devtype=%.*s: it must be disk or cdrom",
				  (int)(value.length > 40 ? 40 : value.length), value.text);
	return true;
}

/* An empty value leaves the default; target and vdev may be said only once. */
static bool set_key(struct reading_disk *reading, const struct spec_key *key, struct word value,
		    size_t at)
{
	unsigned int position = position_of(key);

	if (position & (TARGET | VDEV) && value.length && ((char *)reading)[key->offset] != '\0')
		return spec_wrong(reading->fault, at, "%s is given twice: leave one out",
				  key->name);
	reading->seen |= position;
	if (!strcmp(key->name, "devtype") && value.text)
		return set_devtype(reading, value, at);
	if (value.text && !value.length)
		return true;
	return spec_set(key, reading, value, at, reading->fault);
}

/* A word without "=" goes to the first position that nothing has gone to. */
static bool set_position(struct reading_disk *reading, struct word word)
{
	const struct spec_key *key = NULL;
	size_t at = offset_of(reading, word.text);
	unsigned int position;

	if (reading->prefixed)
		reading->seen |= FORMAT;
	for (position = TARGET; position & reading->seen; position <<= 1)
		;
	if (position > ACCESS)
		return spec_wrong(
		    reading->fault, at,
		    "\"%.*s\" is one word too many: there are target, format, vdev and "
		    "access",
		    (int)(word.length > 60 ? 60 : word.length), word.text);
	for (key = keys; position_of(key) != position; key++)
		;
	if (position == FORMAT && word.length && !set_key(reading, key, word, at))
		return spec_wrong(reading->fault, at,
				  "\"%.*s\" is no format (raw, qcow, qcow2, vhd, vmdk, qed): write "
				  "TARGET,raw,%.*s,…",
				  (int)(word.length > 40 ? 40 : word.length), word.text,
				  (int)(word.length > 40 ? 40 : word.length), word.text);
	return set_key(reading, key, word, at);
}

/* "xvda:cdrom", as the second or third word of old texts. */
static bool old_vdev(struct reading_disk *reading, struct word *word, struct word *type)
{
	const char *colon = memchr(word->text, ':', word->length);

	if (!colon || !(reading->seen & TARGET) || reading->seen & VDEV)
		return false;
	*type = (struct word){ colon + 1, word->length - (size_t)(colon + 1 - word->text) };
	word->length = (size_t)(colon - word->text);
	return true;
}

static bool set_word(struct reading_disk *reading, struct word word)
{
	struct word type;

	if (!old_vdev(reading, &word, &type))
		return set_position(reading, word);
	/* ",hdc:cdrom,r": no format stands before it. */
	reading->seen |= FORMAT;
	return set_devtype(reading, type, offset_of(reading, type.text)) &&
	       set_position(reading, word);
}

/* Takes old prefixes off: they name a format or a script, or mean nothing any more. */
static bool take_prefixes(struct reading_disk *reading, struct word *word)
{
	static const char *const nothing[] = { "phy",	  "file", "tap",   "tap2",
					       "tapdisk", "aio",  "ioemu", NULL };
	static const char *const formats[] = { "raw", "qcow", "qcow2", "vhd", NULL };
	static const char *const scripts[] = { "iscsi", "nbd", "enbd", "drbd", NULL };
	const char *colon;

	while ((colon = memchr(word->text, ':', word->length)) && colon - word->text > 1) {
		struct word prefix = { word->text, (size_t)(colon - word->text) };
		bool known = false;

		for (size_t i = 0; i < prefix.length; i++)
			if (!islower((unsigned char)prefix.text[i]) &&
			    !isdigit((unsigned char)prefix.text[i]))
				return true; /* a path with a colon in it */
		for (unsigned int i = 0; nothing[i]; i++)
			known |= is(prefix, nothing[i]);
		for (unsigned int i = 0; formats[i]; i++) {
			if (is(prefix, formats[i])) {
				reading->disk.format = (enum disk_format)i;
				known = true;
			}
		}
		for (unsigned int i = 0; scripts[i]; i++) {
			if (is(prefix, scripts[i])) {
				snprintf(reading->disk.script, sizeof(reading->disk.script),
					 "block-%s", scripts[i]);
				known = true;
			}
		}
		if (!known)
			return spec_wrong(reading->fault, offset_of(reading, word->text),
					  "\"%.*s:\" is no prefix of a disk: write format=…, "
					  "script=… or target=%.20s…",
					  (int)(prefix.length > 20 ? 20 : prefix.length),
					  prefix.text, word->text);
		reading->prefixed = true;
		word->length -= prefix.length + 1;
		word->text = colon + 1;
	}
	return true;
}

static bool read_word(struct reading_disk *reading, struct word word, const char **rest)
{
	size_t at = offset_of(reading, word.text);
	const struct spec_key *key;
	struct word value;

	/* A target may hold any character: it takes all that follows. */
	if (word.length >= 7 && !strncmp(word.text, "target=", 7)) {
		word.length = strlen(word.text);
		*rest = NULL;
	}
	key = spec_find(keys, word, &value);
	if (key && (value.text || key->kind == SPEC_FLAG || key->kind == SPEC_UNFLAG)) {
		if (!strcmp(key->name, "target")) /* spaces at its ends are its own */
			value = (struct word){ word.text + 7, word.length - 7 };
		return set_key(reading, key, value, at);
	}
	if (memchr(word.text, '=', word.length))
		return spec_wrong(reading->fault, at,
				  "\"%.*s\" is nothing a disk has: a target with = or , in it is "
				  "written target=… at the end",
				  (int)(word.length > 60 ? 60 : word.length), word.text);
	if (!(reading->seen & TARGET) && !take_prefixes(reading, &word))
		return false;
	return set_word(reading, word);
}

static bool finish(struct reading_disk *reading)
{
	struct disk_spec *disk = &reading->disk;
	struct spec_fault *fault = reading->fault;

	if (!disk->vdev[0])
		return spec_wrong(fault, 0,
				  "the disk has no vdev: write it like /dev/vg/name,raw,xvda,rw");
	if (!vdev_number(disk->vdev, &disk->number))
		return spec_wrong(
		    fault, 0,
		    "vdev=%s is no virtual disk: there are xvda to xvdz and on, sda to "
		    "sdp, hda to hdd, and their partitions",
		    disk->vdev);
	if (!disk->target[0] && !disk->cdrom)
		return spec_wrong(fault, 0,
				  "the disk %s has no target: write target=/path, or cdrom for an "
				  "empty drive",
				  disk->vdev);
	disk->writable = reading->access >= 2 && !disk->cdrom;
	return true;
}

bool disk_spec_read(const char *text, struct disk_spec *disk, struct spec_fault *fault)
{
	struct reading_disk reading = { .disk.discard = true, .access = 3, .fault = fault };
	const char *rest = text;
	struct word word;
	bool good = true;

	reading.start = text;
	while (good && spec_next(&rest, &word)) {
		/* A comma at the end begins nothing. */
		if (!word.length && !rest && word.text > text)
			break;
		good = read_word(&reading, word, &rest);
	}
	good = good && finish(&reading);
	*disk = reading.disk;
	return good;
}

char *disk_spec_text(const struct disk_spec *disk)
{
	char *text;

	if (asprintf(&text, "format=%s,vdev=%s,access=%s%s%s%s%s%s%s%s%s%s%s,target=%s",
		     disk_format_names[disk->format], disk->vdev, disk->writable ? "rw" : "ro",
		     disk->cdrom ? ",cdrom" : "", disk->discard ? "" : ",no-discard",
		     disk->direct_io_safe ? ",direct-io-safe" : "",
		     disk->untrusted ? ",untrusted" : "", disk->type ? ",backendtype=" : "",
		     backend_words[disk->type], disk->backend[0] ? ",backend=" : "", disk->backend,
		     disk->script[0] ? ",script=" : "", disk->script, disk->target) < 0)
		return NULL;
	return text;
}
