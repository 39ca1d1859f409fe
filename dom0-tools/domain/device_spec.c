/* SPDX-License-Identifier: MIT */
/*
 * Takes apart "phy:/dev/vg/disk,xvda,w", "/disk.img,raw,xvda,rw" and "format=raw, vdev=xvda,
 * access=rw, target=/disk.img" (xl-disk-configuration(5)), and "mac=…, bridge=…"
 * (xl-network-configuration(5)).
 *
 * Of disks: what the kernel's own backend serves, block devices and raw files.
 */
#include "domain/device_spec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

static void set(char *to, size_t room, const char *value)
{
	snprintf(to, room, "%s", value);
}

static bool one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (!strcasecmp(word, *words))
			return true;
	return false;
}

/* xvdc1, sdb, hda2: device letters (at most two) and a partition. */
static int parse_vdev(const char *vdev, uint32_t *number)
{
	static const struct {
		const char *prefix;
		unsigned int major, per_disk, disks;
	} kinds[] = { { "xvd", 202, 16, 16 }, { "sd", 8, 16, 16 }, { "hd", 3, 64, 2 } };

	for (unsigned int i = 0; i < 3; i++) {
		size_t length = strlen(kinds[i].prefix);
		unsigned int disk = 0, part = 0;
		const char *at = vdev + length;

		if (strncmp(vdev, kinds[i].prefix, length) || *at < 'a' || *at > 'z')
			continue;
		for (; *at >= 'a' && *at <= 'z' && disk < 26; at++)
			disk = disk * 26 + (*at - 'a') + 1;
		disk--;
		if (*at)
			part = strtoul(at, (char **)(uintptr_t)&at, 10);
		if (*at || part >= 256)
			return -EINVAL;
		if (disk < kinds[i].disks && part < kinds[i].per_disk)
			*number = kinds[i].major << 8 | (disk * kinds[i].per_disk + part);
		else if (!i)
			*number = 1u << 28 | disk << 8 | part;
		else
			return -EINVAL;
		return 0;
	}
	return -EINVAL;
}

static int disk_key(struct session *session, struct disk_spec *disk, const char *key,
		    const char *value)
{
	if (!strcmp(key, "target"))
		set(disk->target, sizeof(disk->target), value);
	else if (!strcmp(key, "vdev"))
		set(disk->vdev, sizeof(disk->vdev), value);
	else if (!strcmp(key, "script"))
		snprintf(disk->script, sizeof(disk->script), "%s%s",
			 *value == '/' ? "" : "/etc/xen/scripts/", value);
	else if (!strcmp(key, "access"))
		disk->writable = *value == 'w' || !strcmp(value, "rw");
	else if (!strcmp(key, "devtype"))
		disk->cdrom = !strcmp(value, "cdrom");
	else if (!strcmp(key, "format") && strcmp(value, "raw"))
		return tell(session, -EOPNOTSUPP,
			    "disk format \"%s\" is not supported yet: convert it with \"qemu-img "
			    "convert -O raw\"",
			    value);
	else if (!strcmp(key, "backendtype") && strcmp(value, "phy"))
		return tell(session, -EOPNOTSUPP,
			    "disk backendtype=\"%s\" is not supported yet: leave it out", value);
	return 0;
}

/* A word without "=": which it is follows from what it looks like. */
static int disk_word(struct session *session, struct disk_spec *disk, const char *word)
{
	static const char *const read_only[] = { "r", "ro", NULL }, *const writable[] = { "w", "rw",
											  NULL };
	static const char *const formats[] = { "raw", "qcow", "qcow2", "vhd", "qed", NULL };
	static const char *const prefixes[] = { "phy:", "file:", "raw:", NULL };

	if (one_of(word, read_only) || one_of(word, writable))
		disk->writable = one_of(word, writable);
	else if (!strcmp(word, "cdrom"))
		disk->cdrom = true;
	else if (!strcmp(word, "discard") || !strcmp(word, "no-discard"))
		disk->discard = *word == 'd';
	else if (one_of(word, formats))
		return disk_key(session, disk, "format", word);
	else if (!disk->target[0]) {
		for (const char *const *prefix = prefixes; *prefix; prefix++)
			if (!strncmp(word, *prefix, strlen(*prefix)))
				word += strlen(*prefix);
		set(disk->target, sizeof(disk->target), word);
	} else if (!strncmp(word, "vdev:", 5) || !disk->vdev[0]) {
		set(disk->vdev, sizeof(disk->vdev), word);
	}
	return 0;
}

static char *trim(char *word)
{
	char *end;

	word += strspn(word, " \t");
	for (end = word + strlen(word); end > word && strchr(" \t", end[-1]); end--)
		;
	*end = '\0';
	return word;
}

int disk_spec_parse(struct session *session, const char *text, struct disk_spec *disk)
{
	char *copy = strdup(text), *rest = copy, *word, *colon;
	int error = copy ? 0 : -ENOMEM;

	*disk = (struct disk_spec){ .discard = true, .writable = true };
	while (!error && (word = strsep(&rest, ",")) != NULL) {
		char *value;

		word = trim(word);
		value = strchr(word, '=');
		/* A target may hold any character: it takes all that follows. */
		if (!strncmp(word, "target=", 7) && rest)
			rest[-1] = ',', rest = NULL;
		if (value && *word != '/') {
			*value++ = '\0';
			error = disk_key(session, disk, trim(word), value);
		} else if (*word) {
			error = disk_word(session, disk, word);
		}
	}
	free(copy);
	colon = strchr(disk->vdev, ':'); /* "xvda:cdrom" */
	if (colon) {
		disk->cdrom |= !strcmp(colon + 1, "cdrom");
		*colon = '\0';
	}
	if (error)
		return error;
	if (!disk->target[0] || parse_vdev(disk->vdev, &disk->number))
		return tell(session, -EINVAL,
			    "disk \"%s\" is not like \"/dev/vg/name,raw,xvda,rw\": it needs a "
			    "target and a device name",
			    text);
	if (disk->cdrom)
		disk->writable = false;
	return 0;
}

static void make_mac(char mac[18])
{
	uint8_t random[3] = { 0 };

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		random[0] = 1;
	snprintf(mac, 18, "00:16:3e:%02x:%02x:%02x", random[0] & 0x7f, random[1], random[2]);
}

int vif_spec_parse(struct session *session, const char *text, struct vif_spec *vif)
{
	char *copy = strdup(text), *rest = copy, *word;
	unsigned int octets[6];
	char more;

	if (!copy)
		return -ENOMEM;
	memset(vif, 0, sizeof(*vif));
	set(vif->bridge, sizeof(vif->bridge), "xenbr0");
	make_mac(vif->mac);
	while ((word = strsep(&rest, ",")) != NULL) {
		char *value = strchr(word = trim(word), '=');

		if (!value)
			continue;
		*value++ = '\0';
		if (!strcmp(word, "mac"))
			set(vif->mac, sizeof(vif->mac), value);
		else if (!strcmp(word, "bridge"))
			set(vif->bridge, sizeof(vif->bridge), value);
		else if (!strcmp(word, "ip"))
			set(vif->ip, sizeof(vif->ip), value);
		else if (!strcmp(word, "vifname"))
			set(vif->vifname, sizeof(vif->vifname), value);
		else if (!strcmp(word, "script"))
			snprintf(vif->script, sizeof(vif->script), "%s%s",
				 *value == '/' ? "" : "/etc/xen/scripts/", value);
	}
	free(copy);
	if (sscanf(vif->mac, "%2x:%2x:%2x:%2x:%2x:%2x%c", &octets[0], &octets[1], &octets[2],
		   &octets[3], &octets[4], &octets[5], &more) != 6)
		return tell(session, -EINVAL,
			    "vif \"%s\": \"%s\" is no MAC address like 00:16:3e:12:34:56", text,
			    vif->mac);
	return 0;
}
