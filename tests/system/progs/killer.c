/* SPDX-License-Identifier: MIT */
/*
 * Kills processes again and again, each at a random moment of its life:
 *
 *	killer SEED ROUNDS MS NAME[%N]=PATTERN[@JOURNAL]...
 *
 * PATTERN matches files that hold a process's number. In each round (or each Nth) each NAME's
 * processes, once they all run and are none of those killed before, are killed within MS
 * milliseconds; with JOURNAL, a backend's, not before its counters have grown since the last time:
 * it serves again, and has something to do. Prints how many times each NAME was killed; fails if
 * one was not there for two minutes.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_PIDS   8
#define PATIENCE_S 120
#define COUNTERS   40 /* their place in a journal: see pv-drivers/back/back.h */

struct target {
	char name[32];
	const char *pattern, *journal;
	uint64_t count;
	int every, kills;
	int last[MAX_PIDS];
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int pid_in(const char *path)
{
	FILE *file = fopen(path, "r");
	int pid = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%d", &pid) != 1)
		pid = 0;
	fclose(file);
	return pid;
}

static int was_killed(const struct target *target, int pid)
{
	for (int i = 0; i < MAX_PIDS; i++)
		if (target->last[i] == pid)
			return 1;
	return 0;
}

/* How many run; 0: none, or one of them not yet again. */
static int find(const struct target *target, int *pids)
{
	glob_t found;
	int nr = 0;

	if (glob(target->pattern, 0, NULL, &found))
		return 0;
	for (size_t i = 0; i < found.gl_pathc && nr >= 0 && nr < MAX_PIDS; i++) {
		int pid = pid_in(found.gl_pathv[i]);

		if (pid <= 1 || kill(pid, 0) || was_killed(target, pid))
			nr = -1;
		else
			pids[nr++] = pid;
	}
	globfree(&found);
	return nr < 0 ? 0 : nr;
}

/* Operations and bytes of both directions: events alone are no progress. */
static uint64_t counted(const struct target *target)
{
	uint64_t counter[6] = { 0 }, sum = 0;
	int fd = open(target->journal, O_RDONLY);

	if (fd < 0)
		return 0;
	if (pread(fd, counter, sizeof(counter), COUNTERS) == sizeof(counter))
		sum = counter[0] + counter[1] + counter[4] + counter[5];
	close(fd);
	return sum;
}

static int has_worked(const struct target *target)
{
	return !target->journal || counted(target) > target->count;
}

static int await(const struct target *target, int *pids)
{
	double end = now() + PATIENCE_S;
	int nr;

	while (!((nr = find(target, pids)) && has_worked(target)) && now() < end)
		usleep(5000);
	return has_worked(target) ? nr : 0;
}

static int kill_one(struct target *target, int us)
{
	int pids[MAX_PIDS], nr = await(target, pids);

	usleep((useconds_t)us);
	if (nr)
		nr = await(target, pids); /* another's death may have ended it meanwhile */
	if (!nr) {
		printf("%s: no process of %s, or it does nothing\n", target->name, target->pattern);
		return -1;
	}
	if (target->journal)
		target->count = counted(target);
	memset(target->last, 0, sizeof(target->last));
	for (int i = 0; i < nr; i++)
		if (!kill(pids[i], SIGKILL))
			target->last[i] = pids[i];
	target->kills++;
	return 0;
}

static void read_target(struct target *target, char *word)
{
	char *pattern = strchr(word, '='), *every, *journal;

	*target = (struct target){ .every = 1 };
	if (!pattern)
		exit(2);
	*pattern++ = '\0';
	target->pattern = pattern;
	journal = strchr(pattern, '@');
	if (journal)
		*journal++ = '\0';
	target->journal = journal;
	every = strchr(word, '%');
	if (every) {
		*every++ = '\0';
		target->every = atoi(every) > 0 ? atoi(every) : 1;
	}
	snprintf(target->name, sizeof(target->name), "%s", word);
}

int main(int argc, char **argv)
{
	static struct target targets[16];
	int nr = argc - 4, rounds, ms, failed = 0;
	double start = now();

	if (nr < 1 || nr > 16) {
		fprintf(stderr, "usage: killer SEED ROUNDS MS NAME[%%N]=PATTERN[@JOURNAL]...\n");
		return 2;
	}
	srand((unsigned int)atoi(argv[1]));
	rounds = atoi(argv[2]);
	ms = atoi(argv[3]);
	for (int i = 0; i < nr; i++)
		read_target(&targets[i], argv[4 + i]);
	for (int round = 1; round <= rounds && !failed; round++) {
		for (int i = 0; i < nr && !failed; i++)
			if (round % targets[i].every == 0)
				failed = kill_one(&targets[i], rand() % (ms * 1000));
		if (round % 4 == 0)
			printf("round %d: %.1f s\n", round, now() - start);
		fflush(stdout);
	}
	for (int i = 0; i < nr; i++)
		printf("killed %s %d\n", targets[i].name, targets[i].kills);
	return failed != 0;
}
