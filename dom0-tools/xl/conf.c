/* SPDX-License-Identifier: MIT */
/* Reading xl.conf, by the grammar of xl.cfg; the lock it names; the masks it gives. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xl/conf.h"

#define CONF_FILE "/etc/xen/xl.conf"
#define CONF_MOST 65536

static const char *const known[] = {
	"autoballoon",
	"run_hotplug_scripts",
	"lockfile",
	"vif.default.script",
	"vif.default.bridge",
	"vif.default.gatewaydev",
	"vif.default.backend",
	"disk.persistent_grants", /* serai-backd reads it */
	"vifscript",
	"defaultbridge",
	"output_format",
	"blkdev_start",
	"claim_mode",
	"max_grant_frames",
	"max_maptrack_frames",
	"max_grant_version",
	"vm.cpumask",
	"vm.hvm.cpumask",
	"vm.pv.cpumask",
	"domid_policy",
	"colo.default.proxyscript",
	"remus.default.netbufscript",
	"bootloader_restrict",
	"suspend_evtchn_compat",
};

void print_fault(void *data, const char *source, const struct config_fault *fault)
{
	const char *kind = fault->fatal ? "" : "warning: ";

	(void)data;
	if (fault->line)
		fprintf(stderr, "%s:%u:%u: %s%s\n", source, fault->line, fault->column, kind,
			fault->message);
	else
		fprintf(stderr, "%s: %s%s\n", source, kind, fault->message);
}

static void misfit(struct syntax *syntax, const struct setting *setting, const char *wanted)
{
	syntax_fault(syntax, setting->source, setting->value->place, false,
		     "%s must be %s; it is ignored", setting->key, wanted);
}

static void read_text(struct syntax *syntax, const char *key, char **to)
{
	const struct setting *setting = syntax_find(syntax, key);

	if (setting && setting->value->kind == NODE_LIST)
		misfit(syntax, setting, "one string");
	else if (setting && *setting->value->text)
		*to = strdup(setting->value->text);
}

static void read_number(struct syntax *syntax, const char *key, unsigned int *to)
{
	const struct setting *setting = syntax_find(syntax, key);
	long long number;

	if (!setting)
		return;
	if (node_to_number(setting->value, &number) && number >= 0 && number < UINT_MAX)
		*to = (unsigned int)number;
	else
		misfit(syntax, setting, "a number");
}

static void read_autoballoon(struct syntax *syntax, enum autoballoon *to)
{
	static const struct {
		const char *word;
		enum autoballoon is;
	} words[] = { { "on", AUTOBALLOON_ON },
		      { "1", AUTOBALLOON_ON },
		      { "off", AUTOBALLOON_OFF },
		      { "0", AUTOBALLOON_OFF },
		      { "auto", AUTOBALLOON_AUTO } };
	const struct setting *setting = syntax_find(syntax, "autoballoon");

	for (size_t i = 0; setting && setting->value->text && i < sizeof(words) / sizeof(words[0]);
	     i++)
		if (!strcmp(setting->value->text, words[i].word)) {
			*to = words[i].is;
			return;
		}
	if (setting)
		misfit(syntax, setting, "\"auto\", \"on\" or \"off\"");
}

static void check_keys(struct syntax *syntax)
{
	size_t nr = sizeof(known) / sizeof(known[0]);

	for (const struct setting *s = syntax->first; s; s = s->next) {
		const char *nearest = NULL;
		unsigned int best = (unsigned int)strlen(s->key) / 3 + 2;
		size_t i = 0;

		while (i < nr && strcmp(known[i], s->key))
			i++;
		if (i < nr)
			continue;
		for (i = 0; i < nr; i++)
			if (edit_distance(known[i], s->key) < best) {
				best = edit_distance(known[i], s->key);
				nearest = known[i];
			}
		syntax_fault(syntax, s->source, s->place, false,
			     "unknown key %.60s is ignored%s%s%s", s->key,
			     nearest ? "; did you mean " : "", nearest ? nearest : "",
			     nearest ? "?" : "");
	}
}

static void read_conf(struct xl *xl, struct xl_conf *conf)
{
	static char text[CONF_MOST];
	FILE *file = fopen(CONF_FILE, "re");
	struct syntax syntax;
	size_t length;

	if (!file)
		return; /* having none is usual */
	length = fread(text, 1, sizeof(text), file);
	fclose(file);
	syntax_init(&syntax, print_fault, xl);
	syntax_add(&syntax, CONF_FILE, text, length);
	syntax_fold(&syntax);
	check_keys(&syntax);
	read_autoballoon(&syntax, &conf->autoballoon);
	read_text(&syntax, "lockfile", &conf->lockfile);
	read_text(&syntax, "vm.cpumask", &conf->cpumask);
	read_text(&syntax, "vm.pv.cpumask", &conf->pv_cpumask);
	read_text(&syntax, "vm.hvm.cpumask", &conf->hvm_cpumask);
	read_text(&syntax, "vifscript", &conf->vif_script);
	read_text(&syntax, "vif.default.script", &conf->vif_script);
	read_text(&syntax, "defaultbridge", &conf->vif_bridge);
	read_text(&syntax, "vif.default.bridge", &conf->vif_bridge);
	read_text(&syntax, "vif.default.gatewaydev", &conf->vif_gatewaydev);
	read_text(&syntax, "vif.default.backend", &conf->vif_backend);
	read_number(&syntax, "max_grant_frames", &conf->max_grant_frames);
	read_number(&syntax, "max_maptrack_frames", &conf->max_maptrack_frames);
	syntax_free(&syntax);
}

const struct xl_conf *xl_conf(struct xl *xl)
{
	static struct xl_conf conf = { .autoballoon = AUTOBALLOON_AUTO,
				       .max_grant_frames = UINT_MAX,
				       .max_maptrack_frames = UINT_MAX };
	static bool have;

	if (!have)
		read_conf(xl, &conf);
	have = true;
	return &conf;
}

int lock_toolstack(struct xl *xl)
{
	const char *path = xl_conf(xl)->lockfile ? xl_conf(xl)->lockfile : "/var/lock/xl";
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET }, holder = lock;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		fail(xl, "the lock %s cannot be made: %s", path, strerror(errno));
		return -1;
	}
	if (!fcntl(fd, F_SETLK, &lock))
		return fd;
	if (!fcntl(fd, F_GETLK, &holder) && holder.l_type != F_UNLCK && !xl->carriage)
		fprintf(stderr, "xl: waiting for process %d, which is creating a domain\n",
			holder.l_pid);
	if (!fcntl(fd, F_SETLKW, &lock))
		return fd;
	fail(xl, "the lock %s cannot be had: %s", path, strerror(errno));
	close(fd);
	return -1;
}

bool apply_mask(struct xl *xl, const char *mask, struct cpu_map *map)
{
	struct cpu_map allowed;
	bool some = false;

	if (!mask)
		return true;
	if (!cpus_read(xl, mask, &allowed))
		return false;
	for (unsigned int i = 0; i < (map->nr + 7) / 8; i++) {
		map->bits[i] &= allowed.bits[i];
		some |= map->bits[i];
	}
	free(allowed.bits);
	if (!some)
		fail(xl,
		     "vm.cpumask=%s of " CONF_FILE " leaves no CPU to run on; change it or give "
		     "--ignore-global-affinity-masks",
		     mask);
	return some;
}

/* The affinity of one vCPU, narrowed, as text again. */
static char *masked_text(struct xl *xl, const char *text, const char *const *masks)
{
	struct cpu_map map;
	char buffer[2048];
	bool good = cpus_read(xl, text ? text : "all", &map);

	for (int i = 0; good && i < 2; i++)
		good = apply_mask(xl, masks[i], &map);
	if (good)
		print_map(buffer, sizeof(buffer), map.bits, map.nr, 0);
	free(map.bits);
	return good ? strdup(buffer) : NULL;
}

bool apply_masks(struct xl *xl, struct domain_config *config)
{
	const struct xl_conf *conf = xl_conf(xl);
	const char *masks[] = { conf->cpumask,
				config->type == DOMAIN_PV ? conf->pv_cpumask : conf->hvm_cpumask };
	struct vcpu_affinity *affinity = &config->affinity;
	unsigned int nr = affinity->nr_hard == 1 ? 1 : config->max_vcpus;
	char **hard;

	if (!masks[0] && !masks[1])
		return true;
	hard = calloc(nr, sizeof(*hard));
	if (!hard)
		return false;
	for (unsigned int i = 0; i < nr; i++) {
		hard[i] = masked_text(xl, i < affinity->nr_hard ? affinity->hard[i] : NULL, masks);
		if (!hard[i])
			return false; /* the program ends */
	}
	affinity->hard = hard;
	affinity->nr_hard = nr;
	return true;
}
