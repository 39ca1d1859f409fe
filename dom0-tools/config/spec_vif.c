/* SPDX-License-Identifier: MIT */
/* Network cards: "mac=00:16:3e:00:00:01,bridge=br0,rate=10Mb/s", all of it optional. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/spec_words.h"

static const char *const types[] = { "vif", "ioemu", NULL };
static const char *const backends[] = { "", "linux", "serai", NULL };

/* Room for what has no member of its own. */
struct reading_vif {
	struct vif_spec vif; /* first: the keys' offsets are its */
	int type;
	char rate[40];
};

static const char *check_mac(void *spec, const char *value)
{
	char *mac = ((struct vif_spec *)spec)->mac;

	if (strlen(value) != 17)
		return "must look like 00:16:3e:12:34:56";
	for (unsigned int i = 0; i < 17; i++) {
		bool colon = i % 3 == 2;

		if (colon ? value[i] != ':' : !isxdigit((unsigned char)value[i]))
			return "must look like 00:16:3e:12:34:56";
		mac[i] = (char)tolower((unsigned char)value[i]);
	}
	/* The lowest bit of the first octet. */
	return strchr("13579bdf", mac[1]) ? "is a multicast address: make its second digit even"
					  : NULL;
}

/* A number, its unit as a power of 1000 and whether it counts bits: "10M" and "b". */
static const char *read_amount(const char **at, unsigned long long *bytes)
{
	static const char units[] = "KMG";
	unsigned long long number, bits;
	const char *unit;
	char *end;

	if (!isdigit((unsigned char)**at))
		return "must look like 10Mb/s, 250KB/s or 1MB/s@20ms";
	errno = 0;
	number = strtoull(*at, &end, 10);
	if (errno || number > UINT32_MAX)
		return "is too much";
	unit = *end ? strchr(units, *end) : NULL;
	if (unit)
		end++;
	for (long i = 0; unit && i <= unit - units; i++)
		number *= 1000;
	bits = *end == 'b' ? 8 : *end == 'B' ? 1 : 0;
	if (!bits || strncmp(end + 1, "/s", 2))
		return "must look like 10Mb/s, 250KB/s or 1MB/s@20ms";
	*at = end + 3;
	*bytes = number / bits;
	return number ? NULL : "must not be zero";
}

static const char *read_interval(const char *text, unsigned long long *us)
{
	char *end;
	unsigned long long number;

	if (!isdigit((unsigned char)*text))
		return "has no interval after @: write it like @20ms";
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || number > UINT32_MAX)
		return "has too long an interval";
	if (!strcmp(end, "us"))
		*us = number;
	else if (!strcmp(end, "ms"))
		*us = number * 1000;
	else if (!strcmp(end, "s") || !*end)
		*us = number * 1000000;
	else
		return "has an interval that is not in us, ms or s";
	return !*us		  ? "has an interval of zero"
	       : *us > UINT32_MAX ? "has too long an interval"
				  : NULL;
}

const char *vif_rate_read(const char *text, uint64_t *bytes, unsigned int *interval_us)
{
	unsigned long long each_second, us = 50000;
	const char *bad = read_amount(&text, &each_second);

	if (!bad && *text == '@')
		bad = read_interval(text + 1, &us);
	else if (!bad && *text)
		bad = "must look like 10Mb/s, 250KB/s or 1MB/s@20ms";
	if (bad)
		return bad;
	/* Both below 2^32 · 10^9 and 2^32: seconds and the rest apart. */
	if (each_second > UINT32_MAX * 1000ull)
		return "is too much";
	*bytes = each_second * (us / 1000000) + each_second * (us % 1000000) / 1000000;
	*interval_us = (unsigned int)us;
	return NULL;
}

static const char *check_rate(void *spec, const char *value)
{
	struct vif_spec *vif = spec;

	return vif_rate_read(value, &vif->rate_bytes, &vif->rate_interval_us);
}

static const char *check_interface(void *spec, const char *value)
{
	(void)spec;
	for (const char *at = value; *at; at++)
		if (*at == '/' || isspace((unsigned char)*at))
			return "must not hold / nor spaces: it is an interface's name";
	return NULL;
}

#define VIF_AT(member) SPEC_AT(reading_vif, vif.member)
#define NAME(key, member)                                                                          \
	{                                                                                          \
		.name = key, .kind = SPEC_TEXT, VIF_AT(member), .check = check_interface           \
	}

/* clang-format off */
static const struct spec_key keys[] = {
	{ .name = "mac", .kind = SPEC_TEXT, VIF_AT(mac), .check = check_mac },
	NAME("bridge", bridge),
	NAME("vifname", vifname),
	NAME("gatewaydev", gatewaydev),
	NAME("netdev", gatewaydev),
	{ .name = "mode", .kind = SPEC_TEXT, VIF_AT(mode) },
	{ .name = "script", .kind = SPEC_TEXT, VIF_AT(script) },
	{ .name = "ip", .kind = SPEC_TEXT, VIF_AT(ip) },
	{ .name = "backend", .kind = SPEC_TEXT, VIF_AT(backend) },
	{ .name = "backendtype", .kind = SPEC_WORD, VIF_AT(type), .words = backends },
	{ .name = "type", .kind = SPEC_WORD, SPEC_AT(reading_vif, type), .words = types },
	{ .name = "model", .kind = SPEC_TEXT, VIF_AT(model) },
	{ .name = "rate", .kind = SPEC_TEXT, SPEC_AT(reading_vif, rate), .check = check_rate },
	{ .name = "devid", .kind = SPEC_NUMBER, VIF_AT(devid), .least = 0, .most = 65535 },
	{ .name = "mtu", .kind = SPEC_NUMBER, VIF_AT(mtu), .least = 68, .most = 65535 },
	{ .name = "untrusted", .kind = SPEC_FLAG, VIF_AT(untrusted) },
	{ .name = "trusted", .kind = SPEC_UNLESS, VIF_AT(untrusted) },
	{ .name = "accel", .kind = SPEC_IGNORED },
	{ .name = NULL },
};
/* clang-format on */

static const char *const modes[] = { "bridged",	 "nat",	     "host",   "host-only",
				     "hostonly", "internal", "routed", NULL };

static bool check_mode(const struct vif_spec *vif, struct spec_fault *fault)
{
	if (!vif->mode[0])
		return true;
	for (unsigned int i = 0; modes[i]; i++)
		if (!strcmp(vif->mode, modes[i]))
			return true;
	return spec_wrong(fault, 0, "mode=%s: it must be bridged, nat, host, internal or routed",
			  vif->mode);
}

bool vif_spec_read(const char *text, struct vif_spec *vif, struct spec_fault *fault)
{
	struct reading_vif reading = { .vif.devid = -1, .type = -1 };
	bool good =
	    spec_read(text, keys, "vif", &reading, fault) && check_mode(&reading.vif, fault);

	reading.vif.emulated = reading.type == 1;
	reading.vif.pv_only = reading.type == 0;
	*vif = reading.vif;
	return good;
}
