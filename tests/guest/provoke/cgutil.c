// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgutil.c - the control groups that cases use
 *
 * They are below /forkfault in the cgroup v2 hierarchy, where each case has a directory with
 * its name.  Cases name cgroups by the path that the kernel prints, without the mount point.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forkfault.h"

#define BASE	"/forkfault"

static char v2_mount[FF_PATH];
static bool v2_ready;
static char switched_on[64];

/* Does the list of words in @path hold @word? */
static bool lists(const char *path, const char *word)
{
	char text[512], *save, *w;

	if (!read_file(path, text, sizeof(text)))
		return false;
	for (w = strtok_r(text, " \n", &save); w;
	     w = strtok_r(NULL, " \n", &save))
		if (!strcmp(w, word))
			return true;
	return false;
}

static bool find_mount(const char *type, const char *option, char *where,
		       size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct mntent *m;
	bool found = false;

	while (mounts && !found && (m = getmntent(mounts))) {
		if (strcmp(m->mnt_type, type) ||
		    (option && !hasmntopt(m, option)))
			continue;
		snprintf(where, size, "%s", m->mnt_dir);
		found = true;
	}
	if (mounts)
		endmntent(mounts);
	return found;
}

static void join_path(char *out, const char *path, const char *file)
{
	int n = snprintf(out, 2 * FF_PATH, "%s%s%s%s", v2_mount, path,
			 file ? "/" : "", file ? file : "");

	if (n >= 2 * FF_PATH)
		fail("cgroup path is too long: %s", path);
}

/**
 * cg_dir() - where a cgroup's file is
 * @path: the cgroup as the kernel prints it
 * @file: name of the file, NULL for the directory
 * @buf: where to
 * @size: its size
 */
void cg_dir(const char *path, const char *file, char *buf, size_t size)
{
	char full[2 * FF_PATH];

	join_path(full, path, file);
	snprintf(buf, size, "%s", full);
}

/**
 * cg_base_make() - make /forkfault, for the runner
 *
 * Return: true if cgroup v2 can be worked with.
 */
bool cg_base_make(void)
{
	static const char * const wanted[] = {
		"pids", "memory", "cpuset", "cpu",
	};
	char full[2 * FF_PATH], list[2 * FF_PATH], text[32];
	size_t i;

	if (!find_mount("cgroup2", NULL, v2_mount, sizeof(v2_mount)))
		return false;
	snprintf(full, sizeof(full), "%s" BASE, v2_mount);
	if (mkdir(full, 0755) && errno != EEXIST)
		return false;
	snprintf(list, sizeof(list), "%s/cgroup.subtree_control", v2_mount);
	snprintf(full, sizeof(full), "%s" BASE "/cgroup.subtree_control",
		 v2_mount);
	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		snprintf(text, sizeof(text), "+%s", wanted[i]);
		if (!lists(list, wanted[i]) && write_file(list, text)) {
			strcat(switched_on, "-");
			strcat(switched_on, wanted[i]);
			strcat(switched_on, " ");
		}
		write_file(full, text);
	}
	v2_ready = true;
	return true;
}

/**
 * cg_base_remove() - remove what cg_base_make() made
 */
void cg_base_remove(void)
{
	char full[2 * FF_PATH];

	if (!v2_ready)
		return;
	snprintf(full, sizeof(full), "%s" BASE, v2_mount);
	rmdir(full);
	snprintf(full, sizeof(full), "%s/cgroup.subtree_control", v2_mount);
	if (switched_on[0])
		write_file(full, switched_on);
}

static void make(const char *path)
{
	char full[2 * FF_PATH];

	join_path(full, path, NULL);
	undo_later(UNDO_RMDIR, full, NULL);
	if (mkdir(full, 0755) && errno != EEXIST)
		fail("%s: %s", full, strerror(errno));
}

/*
 * Enable controllers for the children of a cgroup: "pids memory".
 */
static void hand_on(const char *path, const char *controllers)
{
	char words[64], text[32], *save, *w;

	snprintf(words, sizeof(words), "%s", controllers);
	for (w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char file[2 * FF_PATH];

		join_path(file, path, "cgroup.controllers");
		if (!lists(file, w))
			skip("no %s controller in cgroup v2", w);
		snprintf(text, sizeof(text), "+%s", w);
		cg_set(path, "cgroup.subtree_control", text);
	}
}

/**
 * cg_new() - make a cgroup for the case, and those above it
 * @rel: path below the case's own directory, "" for that directory
 * @controllers: what it is to be controlled by, separated by spaces
 *
 * Return: its path as the kernel prints it, allocated.
 */
const char *cg_new(const char *rel, const char *controllers)
{
	char path[FF_PATH], *end;

	if (!v2_ready)
		skip("no cgroup v2");
	if (snprintf(path, sizeof(path), BASE "/%s%s%s", ff_name,
		     *rel ? "/" : "", rel) >= (int)sizeof(path))
		fail("cgroup path is too long: %s", rel);
	for (end = path + strlen(BASE); end; end = strchr(end + 1, '/')) {
		*end = 0;
		if (strcmp(path, BASE))
			make(path);
		hand_on(path, controllers);
		*end = '/';
	}
	make(path);
	return strdup(path);
}

/**
 * cg_set() - write to a file of a cgroup; ends the case if that fails
 * @path: the cgroup
 * @file: name of the file
 * @value: what to write
 */
void cg_set(const char *path, const char *file, const char *value)
{
	char full[2 * FF_PATH];

	join_path(full, path, file);
	if (!write_file(full, value))
		fail("%s: writing %s: %s", full, value, strerror(errno));
}

/**
 * cg_get() - a number from a file of a cgroup
 * @path: the cgroup
 * @file: name of the file
 *
 * Return: the number; ends the case on an error.
 */
uint64_t cg_get(const char *path, const char *file)
{
	char full[2 * FF_PATH];

	join_path(full, path, file);
	return read_number(full);
}

/**
 * cg_enter() - move the calling process to a cgroup
 * @path: the cgroup
 */
void cg_enter(const char *path)
{
	cg_set(path, "cgroup.procs", "0");
}

/**
 * cg_open() - descriptor of a cgroup, for CLONE_INTO_CGROUP
 * @path: the cgroup
 *
 * Return: the descriptor; ends the case on an error.
 */
int cg_open(const char *path)
{
	char full[2 * FF_PATH];
	int fd;

	join_path(full, path, NULL);
	fd = open(full, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fail("%s: %s", full, strerror(errno));
	return fd;
}

/**
 * cg_mount_options() - set the options of cgroup v2
 * @where: a directory that can be made, to mount it on for a moment
 * @options: the options; they are those of its last mount, wherever that was
 *
 * Return: false if it could not be done.
 */
bool cg_mount_options(const char *where, const char *options)
{
	bool ok;

	if (mkdir(where, 0755) && errno != EEXIST)
		return false;
	ok = !mount("none", where, "cgroup2", 0, options);
	if (ok)
		umount(where);
	rmdir(where);
	return ok;
}

/**
 * cg_nsdelegate() - make cgroup namespaces delegation boundaries until the case
 * is over
 */
void cg_nsdelegate(void)
{
	static const char * const known[] = {
		"nsdelegate", "favordynmods", "memory_localevents",
		"memory_recursiveprot", "memory_hugetlb_accounting",
		"pids_localevents",
	};
	char old[128] = "", new[160], where[FF_PATH];
	size_t i;

	if (!v2_ready)
		skip("no cgroup v2");
	if (find_mount("cgroup2", "nsdelegate", where, sizeof(where)))
		return;
	for (i = 0; i < ARRAY_SIZE(known); i++) {
		if (!find_mount("cgroup2", known[i], where, sizeof(where)))
			continue;
		if (old[0])
			strcat(old, ",");
		strcat(old, known[i]);
	}
	snprintf(where, sizeof(where), "%s/forkfault-v2.%d",
		 access("/tmp", W_OK) ? "" : "/tmp", getpid());
	snprintf(new, sizeof(new), "%s%snsdelegate", old, old[0] ? "," : "");
	undo_later(UNDO_CGROUP_OPTIONS, where, old);
	if (!cg_mount_options(where, new))
		skip("cgroup v2 with nsdelegate: %s", strerror(errno));
}

/**
 * cg_base_partition() - give CPUs to /forkfault alone until the case is over
 * @cpus: the CPUs
 */
void cg_base_partition(const char *cpus)
{
	char path[2 * FF_PATH];

	join_path(path, BASE, "cpuset.cpus");
	undo_later(UNDO_WRITE_LAST, path, "\n");
	cg_set(BASE, "cpuset.cpus", cpus);
	join_path(path, BASE, "cpuset.cpus.partition");
	undo_later(UNDO_WRITE_LAST, path, "member");
	if (!write_file(path, "root"))
		skip("no cpuset partition: %s", strerror(errno));
}

/* ---- cgroup v1: one controller in a hierarchy of its own ---------------- */

static char v1_mount[FF_PATH];

/*
 * A controller can leave cgroup v2 for a hierarchy of its own while no cgroup
 * but the root has it.
 */
static void take_from_v2(const char *controller)
{
	char plus[32], minus[32], path[2 * FF_PATH];

	snprintf(plus, sizeof(plus), "+%s", controller);
	snprintf(minus, sizeof(minus), "-%s", controller);
	join_path(path, "", "cgroup.subtree_control");
	if (lists(path, controller)) {
		char base[2 * FF_PATH];

		join_path(base, BASE, "cgroup.subtree_control");
		if (!write_file(base, minus))
			fail("%s: writing %s: %s", base, minus,
			     strerror(errno));
		undo_later(UNDO_WRITE_LAST, base, plus);
		if (!write_file(path, minus))
			skip("%s is in use in cgroup v2: %s", controller,
			     strerror(errno));
		undo_later(UNDO_WRITE_LAST, path, plus);
	}
}

static void mount_v1(const char *controller)
{
	int tries;

	if (find_mount("cgroup", controller, v1_mount, sizeof(v1_mount)))
		return;
	if (v2_ready)
		take_from_v2(controller);
	snprintf(v1_mount, sizeof(v1_mount), "%s/forkfault-v1.%d",
		 access("/tmp", W_OK) ? "" : "/tmp", getpid());
	undo_later(UNDO_RMDIR, v1_mount, NULL);
	if (mkdir(v1_mount, 0755))
		fail("%s: %s", v1_mount, strerror(errno));
	undo_later(UNDO_CGROUP_V1, v1_mount, controller);
	/* busy until the controller has left v2 */
	for (tries = 0; tries < 200; tries++) {
		if (!mount("none", v1_mount, "cgroup", 0, controller))
			return;
		if (errno != EBUSY)
			break;
		usleep(10000);
	}
	skip("no cgroup v1 for %s: %s", controller, strerror(errno));
}

/**
 * cg1_give_back() - unmount a v1 hierarchy and wait until the controller is in v2 again
 * @mount_point: where it is mounted
 * @controller: the controller
 *
 * A hierarchy outlives its last mount while removed cgroups still exist.  Then it is mounted
 * again, for the next try.
 *
 * Return: false if it has to be tried again.
 */
bool cg1_give_back(const char *mount_point, const char *controller)
{
	char path[2 * FF_PATH];
	int tries;

	usleep(50000);
	/* pages of tasks that have ended may be in the lists of another CPU */
	write_file("/proc/sys/vm/drop_caches", "1");
	umount(mount_point);
	if (!v2_ready)
		return true;
	join_path(path, "", "cgroup.controllers");
	for (tries = 0; tries < 100; tries++) {
		if (lists(path, controller))
			return true;
		usleep(10000);
	}
	mount("none", mount_point, "cgroup", 0, controller);
	return false;
}

/**
 * cg1_new() - make a cgroup in a v1 hierarchy of one controller
 * @controller: the controller; its hierarchy is mounted if need be
 * @rel: path below the case's own directory, "" for that directory
 *
 * What is above it must have been made before.
 *
 * Return: its path as the kernel prints it, allocated.
 */
const char *cg1_new(const char *controller, const char *rel)
{
	char path[FF_PATH], full[2 * FF_PATH];

	if (!v1_mount[0])
		mount_v1(controller);
	if (snprintf(path, sizeof(path), "/forkfault-%s%s%s", ff_name,
		     *rel ? "/" : "", rel) >= (int)sizeof(path))
		fail("cgroup path is too long: %s", rel);
	snprintf(full, sizeof(full), "%s%s", v1_mount, path);
	undo_later(UNDO_RMDIR, full, NULL);
	if (mkdir(full, 0755) && errno != EEXIST)
		fail("%s: %s", full, strerror(errno));
	return strdup(path);
}

/**
 * cg1_set() - write to a file of a v1 cgroup
 * @path: the cgroup, from cg1_new()
 * @file: name of the file
 * @value: what to write
 */
void cg1_set(const char *path, const char *file, const char *value)
{
	char full[3 * FF_PATH];

	snprintf(full, sizeof(full), "%s%s/%s", v1_mount, path, file);
	if (!write_file(full, value))
		fail("%s: writing %s: %s", full, value, strerror(errno));
}

/**
 * cg1_get() - a number from a file of a v1 cgroup
 * @path: the cgroup, from cg1_new()
 * @file: name of the file
 *
 * Return: the number; ends the case on an error.
 */
uint64_t cg1_get(const char *path, const char *file)
{
	char full[3 * FF_PATH];

	snprintf(full, sizeof(full), "%s%s/%s", v1_mount, path, file);
	return read_number(full);
}

/**
 * cg1_takes() - write a number to a file of a v1 cgroup, and check that it is stored
 * @path: the cgroup, from cg1_new()
 * @file: name of the file
 * @number: what to write
 *
 * Return: false if it is refused, or has no effect.
 */
bool cg1_takes(const char *path, const char *file, uint64_t number)
{
	char full[3 * FF_PATH], text[32];

	snprintf(full, sizeof(full), "%s%s/%s", v1_mount, path, file);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	return write_file(full, text) && read_number(full) == number;
}
