/* SPDX-License-Identifier: MIT */
/*
 * Starts and stops device models. See model.h for their life.
 *
 * A started one is known to work once it answers over QMP that the machine runs. What it has opened for
 * others, serial lines and the screen, is then published where 4.17's tools look for it.
 */
#include "domain/model.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <yajl/yajl_tree.h>

#include "net/net.h"

extern char **environ;

#define START_SECONDS  120
#define ANSWER_SECONDS 30
#define STOP_SECONDS   5
#define ENDING_NAPS    100

static void nap(void)
{
	nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
}

/* The variable that names this tree's libraries, or "" if they are where the loader looks anyway. */
static void own_libraries(char *path, size_t room)
{
	static const char *const places[] = { "../x86_64-linux-gnu", "..", "../../lib" };
	char program[PATH_MAX], *slash;

	*path = '\0';
	if (program_beside(program, sizeof(program), "domd"))
		return;
	slash = strrchr(program, '/');
	*slash = '\0';
	for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char file[PATH_MAX + 64];

		snprintf(file, sizeof(file), "%s/%s/libxendevicemodel.so.1", program, places[i]);
		if (access(file, R_OK))
			continue;
		snprintf(path, room, "LD_LIBRARY_PATH=%s/%s", program, places[i]);
		return;
	}
}

static int open_log(const struct domain_config *config)
{
	char path[300], old[310];
	int fd;

	snprintf(path, sizeof(path), MODEL_LOG, config->name);
	snprintf(old, sizeof(old), "%s.1", path);
	rename(path, old);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	return fd >= 0 ? fd : open("/dev/null", O_WRONLY | O_CLOEXEC);
}

/* The environment with our libraries in front; the list alone is malloc'ed. */
static char **environment(char *libraries)
{
	size_t count = 0, to = 0;
	char **list;

	while (environ[count])
		count++;
	list = calloc(count + 2, sizeof(*list));
	if (!list)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (!*libraries || strncmp(environ[i], "LD_LIBRARY_PATH=", 16))
			list[to++] = environ[i];
	if (*libraries)
		list[to] = libraries;
	return list;
}

/* The descriptors model_arguments() tells it of. */
static void add_saved(posix_spawn_file_actions_t *files, int state, const struct string_list *disks)
{
	posix_spawn_file_actions_adddup2(files, state, MODEL_STATE_FD);
	for (unsigned int i = 0; i < disks->count; i++) {
		posix_spawn_file_actions_addopen(files, (int)MODEL_DISK_FD(i), disks->item[i], O_RDWR, 0);
		posix_spawn_file_actions_addopen(files, (int)MODEL_READ_FD(i), disks->item[i], O_RDONLY, 0);
	}
}

static void describe_child(posix_spawn_file_actions_t *files, posix_spawnattr_t *child, int log, int state,
			   const struct string_list *disks)
{
	sigset_t none, pipe;

	sigemptyset(&none);
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	posix_spawn_file_actions_init(files);
	posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(files, log, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(files, log, STDERR_FILENO);
	if (state >= 0)
		add_saved(files, state, disks);
	posix_spawn_file_actions_addclosefrom_np(files, state >= 0 ? (int)MODEL_DISK_FD(disks->count)
								   : STDERR_FILENO + 1);
	posix_spawn_file_actions_addchdir_np(files, "/");
	posix_spawnattr_init(child);
	posix_spawnattr_setflags(child, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
					    POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(child, &none);
	posix_spawnattr_setsigdefault(child, &pipe);
}

/* The process's id, or -errno. It has become the program by then. */
static pid_t spawn(const struct domain_config *config, const struct string_list *list, int state,
		   const struct string_list *disks)
{
	char **arguments = calloc(list->count + 1, sizeof(*arguments));
	char libraries[PATH_MAX + 32], **variables;
	int log = open_log(config), error = ENOMEM;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t child;
	pid_t pid = 0;

	own_libraries(libraries, sizeof(libraries));
	variables = environment(libraries);
	if (arguments && variables) {
		memcpy(arguments, list->item, list->count * sizeof(*arguments));
		describe_child(&files, &child, log, state, disks);
		error = posix_spawn(&pid, arguments[0], &files, &child, arguments, variables);
		posix_spawn_file_actions_destroy(&files);
		posix_spawnattr_destroy(&child);
	}
	close(log);
	free(variables);
	free(arguments);
	return error ? -error : pid;
}

/* The last line of its log, which tells why it ended. */
static void last_words(const struct domain_config *config, char *words, size_t room)
{
	char path[300], line[300];
	FILE *file;

	snprintf(path, sizeof(path), MODEL_LOG, config->name);
	snprintf(words, room, "it says nothing");
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (line[strcspn(line, "\n")] == '\n' && line[0] != '\n')
			snprintf(words, room, "%.*s", (int)strcspn(line, "\n"), line);
	if (file)
		fclose(file);
}

static int told_early_end(struct session *session, const struct domain_config *config)
{
	char words[200];

	last_words(config, words, sizeof(words));
	return tell(session, -EIO, "the device model ended at once: %s (" MODEL_LOG ")", words,
		    config->name);
}

/* One that has hung up is about to end, and then its log is complete. */
static bool ends(pid_t pid)
{
	for (unsigned int tries = 0; tries < ENDING_NAPS; tries++) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return true;
		nap();
	}
	return false;
}

static bool runs(const char *status)
{
	return strstr(status, "\"status\":\"running\"") || strstr(status, "\"status\":\"prelaunch\"");
}

/* Until it answers that the machine runs; then qmp is open. */
static int await_running(struct session *session, const struct domain_config *config,
			 uint32_t domid, pid_t pid, struct qmp *qmp)
{
	uint64_t deadline = now_ns() + START_SECONDS * 1000000000ULL;
	char path[64], *status = NULL;
	int error;

	snprintf(path, sizeof(path), QMP_SOCKET, domid);
	do {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return told_early_end(session, config);
		nap();
		error = qmp_open(qmp, path, ANSWER_SECONDS);
	} while ((error == -ENOENT || error == -ECONNREFUSED) && now_ns() < deadline);
	while (!error) {
		error = qmp_command(qmp, "query-status", "", -1, ANSWER_SECONDS, &status);
		if (!error && runs(status)) {
			free(status);
			return 0;
		}
		free(status);
		status = NULL;
		nap();
		if (!error && now_ns() > deadline)
			error = -ETIME;
	}
	if (ends(pid))
		return told_early_end(session, config);
	return tell(session, error, "the device model does not start: %s (" MODEL_LOG ")",
		    qmp->why[0] ? qmp->why : strerror(-error), config->name);
}

/* --- what it has opened --- */

static const char *text_at(yajl_val map, const char *key)
{
	const char *path[] = { key, NULL };

	return map ? YAJL_GET_STRING(yajl_tree_get(map, path, yajl_t_string)) : NULL;
}

static yajl_val ask(struct qmp *qmp, const char *question)
{
	char *answer = NULL;
	yajl_val value = NULL;

	if (!qmp_command(qmp, question, "", -1, ANSWER_SECONDS, &answer))
		value = yajl_tree_parse(answer, NULL, 0);
	free(answer);
	return value;
}

static void publish_serials(struct store_batch *batch, struct qmp *qmp, uint32_t domid)
{
	yajl_val list = ask(qmp, "query-chardev");

	for (size_t i = 0; YAJL_IS_ARRAY(list) && i < list->u.array.len; i++) {
		const char *label = text_at(list->u.array.values[i], "label");
		const char *file = text_at(list->u.array.values[i], "filename");

		if (label && file && !strncmp(label, "serial", 6) && !strncmp(file, "pty:", 4))
			store_write(batch, file + 4, "/local/domain/%u/serial/%d/tty", domid,
				    atoi(label + 6));
	}
	yajl_tree_free(list);
}

static void publish_screen(struct store_batch *batch, struct qmp *qmp, const struct hvm_spec *spec,
			   uint32_t domid)
{
	yajl_val screen = ask(qmp, "query-vnc");
	const char *host = text_at(screen, "host"), *service = text_at(screen, "service");

	if (host && service) {
		store_write(batch, host, "/local/domain/%u/console/vnc-listen", domid);
		store_write(batch, service, "/local/domain/%u/console/vnc-port", domid);
	}
	if (host && service && spec->vncpasswd[0]) {
		store_write(batch, spec->vncpasswd, "/local/domain/%u/console/vnc-pass", domid);
		store_permit(batch, 0, NO_READER, "/local/domain/%u/console/vnc-pass", domid);
	}
	yajl_tree_free(screen);
}

/* The password never stands on a command line. */
static int set_password(struct session *session, struct qmp *qmp, const struct hvm_spec *spec)
{
	char arguments[2 * SPEC_NAME + 64];
	int error;

	if (!spec->vnc || spec->nographic || !spec->vncpasswd[0])
		return 0;
	for (const char *c = spec->vncpasswd; *c; c++)
		if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ')
			return tell(session, -EINVAL,
				    "vncpasswd: a password cannot hold quotes and backslashes");
	snprintf(arguments, sizeof(arguments), "{\"protocol\":\"vnc\",\"password\":\"%s\"}",
		 spec->vncpasswd);
	error = qmp_command(qmp, "set_password", arguments, -1, ANSWER_SECONDS, NULL);
	return error ? tell(session, error, "the device model refused the screen's password: %s",
			    qmp->why)
		     : 0;
}

static int publish(struct session *session, struct qmp *qmp, const struct hvm_spec *spec,
		   uint32_t domid)
{
	struct store_batch batch = { .xs = session->xs };
	int error = set_password(session, qmp, spec);

	if (error)
		return error;
	publish_serials(&batch, qmp, domid);
	publish_screen(&batch, qmp, spec, domid);
	/* From now on domd watches it; until then its end is the creation's to tell. */
	store_write(&batch, "1", "/local/domain/0/device-model/%u/serai-up", domid);
	return batch.error ? tell(session, batch.error, "xenstored refused the device model's nodes")
			   : 0;
}

/* Emulated cards go where their paravirtual halves are. */
static int join_networks(struct session *session, const struct domain_config *config,
			 uint32_t domid)
{
	for (unsigned int i = 0; i < config->vifs.count; i++) {
		struct spec_fault fault;
		struct net_vif net;
		struct vif_spec vif;
		char why[NET_WHY] = "", *bridge;
		uint32_t number;

		if (!vif_spec_read(config->vifs.item[i], &vif, &fault) || vif.pv_only ||
		    vif.devid < 0)
			continue;
		number = (uint32_t)vif.devid;
		bridge = store_read(session, "/libxl/%u/device/vif/%u/bridge", domid, number);
		net = (struct net_vif){ .mtu = vif.mtu, .mode = NET_BRIDGED };
		model_interface(net.name, vif.vifname, domid, number);
		snprintf(net.bridge, sizeof(net.bridge), "%s", bridge ? bridge : vif.bridge);
		free(bridge);
		if (net.bridge[0] && net_join(&net, why))
			return tell(session, -EIO, "the emulated card %s: %s", net.name, why);
	}
	return 0;
}

static int record(struct session *session, uint32_t domid, pid_t pid)
{
	struct store_batch batch = { .xs = session->xs };

	store_write_number(&batch, (uint64_t)pid, "/local/domain/%u/image/device-model-pid", domid);
	store_write(&batch, "", "/local/domain/0/device-model/%u", domid);
	return batch.error ? tell(session, batch.error, "xenstored refused the device model's nodes")
			   : 0;
}

static void empty(struct string_list *list)
{
	while (list->count)
		string_list_remove(list, list->count - 1);
	free(list->item);
}

int model_start(struct session *session, const struct domain_config *config,
		const struct hvm_spec *spec, uint32_t domid, int state)
{
	struct string_list list = { 0 }, disks = { 0 };
	struct qmp qmp = { .fd = -1 };
	char path[64], uefi_rom[PATH_MAX];
	pid_t pid = 0;
	int error;

	if (spec->firmware == HVM_OVMF && program_beside(uefi_rom, sizeof(uefi_rom), UEFI_ROM))
		return tell(session, -ENOENT,
			    "what UEFI firmware needs, " UEFI_ROM
			    ", is not installed: install Serai's tools whole");

	mkdir("/run/xen", 0755);
	mkdir("/var/log/xen", 0755);
	snprintf(path, sizeof(path), MODEL_ROOT, domid);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), QMP_SOCKET, domid);
	unlink(path);
	error = model_arguments(session, config, spec, domid, uefi_rom, state >= 0 ? &disks : NULL, &list);
	if (!error)
		pid = spawn(config, &list, state, &disks);
	if (pid < 0)
		error = tell(session, pid, "the device model cannot be started: %s", strerror(-pid));
	if (!error)
		error = record(session, domid, pid);
	if (!error)
		error = await_running(session, config, domid, pid, &qmp);
	if (!error)
		error = join_networks(session, config, domid);
	if (!error)
		error = publish(session, &qmp, spec, domid);
	qmp_close(&qmp);
	empty(&list);
	empty(&disks);
	return error;
}

/* Is this process the domain's device model? Its number may be another's by now. */
static bool is_model(pid_t pid, uint32_t domid)
{
	char path[40], text[512], wanted[32];
	int fd, length = snprintf(wanted, sizeof(wanted), "-xen-domid%c%u", 0, domid) + 1;
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (fd >= 0)
		close(fd);
	return got > 0 && memmem(text, (size_t)got, wanted, (size_t)length);
}

int model_process(struct session *session, uint32_t domid)
{
	uint64_t pid;
	int fd;

	if (!store_read_number(session, &pid, "/local/domain/%u/image/device-model-pid", domid) ||
	    !pid || pid > INT_MAX)
		return -ENOENT;
	fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	if (fd < 0)
		return -ESRCH;
	if (is_model((pid_t)pid, domid))
		return fd;
	close(fd);
	return -ESRCH;
}

bool model_is_up(struct session *session, uint32_t domid)
{
	char *up = store_read(session, "/local/domain/0/device-model/%u/serai-up", domid);
	bool is_up = up != NULL;

	free(up);
	return is_up;
}

static void end_process(int process)
{
	struct pollfd wait = { .fd = process, .events = POLLIN };

	syscall(SYS_pidfd_send_signal, process, SIGTERM, NULL, 0);
	if (poll(&wait, 1, STOP_SECONDS * 1000) <= 0) {
		syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0);
		poll(&wait, 1, STOP_SECONDS * 1000);
	}
	waitid(P_PIDFD, (id_t)process, NULL, WEXITED | WNOHANG);
	close(process);
}

void model_stop(struct session *session, uint32_t domid)
{
	struct store_batch batch = { .xs = session->xs };
	int process = model_process(session, domid);
	char path[64];

	store_remove(&batch, "/local/domain/%u/image/device-model-pid", domid);
	if (process >= 0)
		end_process(process);
	if (process == -ENOENT)
		return;
	store_remove(&batch, "/local/domain/0/device-model/%u", domid);
	snprintf(path, sizeof(path), MODEL_ROOT, domid);
	rmdir(path);
	snprintf(path, sizeof(path), QMP_SOCKET, domid);
	unlink(path);
}
