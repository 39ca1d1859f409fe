/* SPDX-License-Identifier: MIT */
/* Drives the domain operations by hand. */
#include "domain/domain.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#ifdef STUB_CONFIG
char *config_to_json(const struct domain_config *config);
struct domain_config *config_from_json(const char *json, size_t length);
void config_free(struct domain_config *config);
char *config_to_json(const struct domain_config *config) { return strdup("{}\n"); }
struct domain_config *config_from_json(const char *json, size_t length) { return NULL; }
void config_free(struct domain_config *config) { }
#endif

static int create(struct session *s, char **argv)
{
	struct domain_config c = { .type = DOMAIN_PV, .vcpus = 1, .max_vcpus = 1, .weight = -1, .cap = -1,
		.max_grant_frames = UINT_MAX, .max_maptrack_frames = UINT_MAX, .memory_kb = 128 << 10 };
	struct create_timings timings = { 0 };
	struct create_options o = { .timings = &timings };
	uint32_t domid; int r, fd = open("/dev/urandom", O_RDONLY);
	r = read(fd, c.uuid, 16); close(fd);
	for (; *argv; argv++) {
		char *v = strchr(*argv, '=');
		if (!v) { if (!strcmp(*argv, "-p")) o.paused = true; continue; }
		*v++ = 0;
		if (!strcmp(*argv, "name")) c.name = v;
		if (!strcmp(*argv, "kernel")) c.kernel = v;
		if (!strcmp(*argv, "ramdisk")) c.ramdisk = v;
		if (!strcmp(*argv, "cmdline")) c.cmdline = v;
		if (!strcmp(*argv, "memory")) c.memory_kb = strtoull(v, 0, 10) << 10;
		if (!strcmp(*argv, "maxmem")) c.max_memory_kb = strtoull(v, 0, 10) << 10;
		if (!strcmp(*argv, "vcpus")) c.vcpus = atoi(v);
		if (!strcmp(*argv, "maxvcpus")) c.max_vcpus = atoi(v);
	}
	if (c.max_memory_kb < c.memory_kb) c.max_memory_kb = c.memory_kb;
	if (c.max_vcpus < c.vcpus) c.max_vcpus = c.vcpus;
	r = domain_create(s, &c, &o, &domid);
	if (!r) printf("created %u\n", domid);
	uint64_t sum = 0;
	for (unsigned i = 0; i < timings.count; i++) { printf("  %-14s %9.3f ms\n", timings.phase[i].phase, timings.phase[i].ns / 1e6); sum += timings.phase[i].ns; }
	printf("  %-14s %9.3f ms\n", "sum", sum / 1e6);
	return r;
}

int main(int argc, char **argv)
{
	struct session s; uint32_t d = 0; int r = session_open(&s, NULL);
	if (r) return 1;
	const char *cmd = argc > 1 ? argv[1] : "";
	if (!strcmp(cmd, "create")) return -create(&s, argv + 2);
	if (argc > 2 && domain_find(&s, argv[2], &d)) return 1;
	if (!strcmp(cmd, "destroy")) r = domain_destroy(&s, d);
	else if (!strcmp(cmd, "pause")) r = domain_pause(&s, d);
	else if (!strcmp(cmd, "unpause")) r = domain_unpause(&s, d);
	else if (!strcmp(cmd, "rename")) r = domain_rename(&s, d, argv[3]);
	else if (!strcmp(cmd, "shutdown")) r = domain_ask_shutdown(&s, d, argv[3], 20);
	else if (!strcmp(cmd, "mem-set")) r = domain_set_memory_target(&s, d, atoi(argv[3]) * 1024ull);
	else if (!strcmp(cmd, "vcpu-set")) r = domain_set_vcpus(&s, d, atoi(argv[3]));
	else if (!strcmp(cmd, "dump-core")) r = domain_dump_core(&s, d, argv[3]);
	session_close(&s);
	return -r;
}
int domain_dump_core(struct session *session, uint32_t domid, const char *path) __attribute__((weak));
int domain_dump_core(struct session *session, uint32_t domid, const char *path) { return -38; }
