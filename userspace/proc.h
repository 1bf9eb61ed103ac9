/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the running kernel exposes in /proc, without the module.
 */
#ifndef PROC_H
#define PROC_H

#include <sys/types.h>
#include <time.h>

#include "reader.h"

#define PROC_MAX_LEVELS	33

/* Of task.cap_eff. */
#define CAP_SYS_ADMIN_BIT	(1ull << 21)
#define CAP_SYSLOG_BIT		(1ull << 34)
#define CAP_SYS_RESOURCE_BIT	(1ull << 24)

/**
 * struct task - a process, from /proc/PID/status and stat
 * @pid: its number in the PID namespace of /proc
 * @name: its name, escaped
 * @state: R, S, D, Z ...
 * @uid: real uid
 * @parent: number of its parent, 0 if there is none
 * @kernel: a kernel thread
 * @threads: number of threads
 * @pgrp: process group, 0 if outside
 * @session: session, 0 if outside
 * @cap_eff: effective capabilities
 * @nspid: its number at every level from /proc's namespace down
 * @levels: how many of them
 * @vm_size: kB
 * @vm_data: kB
 * @vm_pte: kB
 */
struct task {
	pid_t pid;
	char name[80];
	char state;
	uid_t uid;
	pid_t parent;
	bool kernel;
	u64 threads;
	u64 pgrp;
	u64 session;
	u64 cap_eff;
	u64 nspid[PROC_MAX_LEVELS];
	size_t levels;
	u64 vm_size;
	u64 vm_data;
	u64 vm_pte;
};

void proc_set_root(const char *root);
char *proc_path(const char *fmt, ...) __printf(1, 2);
char *proc_read(const char *fmt, ...) __printf(1, 2);
bool proc_number(u64 *value, const char *fmt, ...)
	__printf(2, 3);
bool proc_limit(u64 *value, bool *unlimited, const char *fmt, ...)
	__printf(3, 4);
bool proc_field(const char *text, const char *name, u64 *value);
bool proc_task(struct task *task, pid_t pid);
bool proc_is_own(void);
bool proc_was_there(pid_t pid, const struct timespec *when);
bool proc_rlimit(pid_t pid, const char *name, u64 *soft, bool *unlimited);
bool proc_kernel_at_least(unsigned int major, unsigned int minor);
bool proc_is_hidden(void);
bool proc_may_see_all(void);
void proc_each(bool (*fn)(const struct task *task, void *data), void *data);
void proc_each_thread(pid_t pid, void (*fn)(u64 tid, void *data), void *data);

/* namespaces.c */
#define NS_INIT_USER	0xEFFFFFFDu
#define NS_INIT_PID	0xEFFFFFFCu
#define NS_INIT_CGROUP	0xEFFFFFFBu

/**
 * struct ns - a user or PID namespace
 * @ino: its number
 * @parent: that of its parent, 0 if not visible
 * @owner: uid that created it (user namespaces), -1 if not visible
 */
struct ns {
	u64 ino;
	u64 parent;
	uid_t owner;
};

struct ns_cache {
	struct ns *ns;
	size_t nr;
};

u64 ns_of(pid_t pid, const char *type);
const struct ns *ns_find(struct ns_cache *cache, pid_t pid, const char *type);
const struct ns *ns_known(const struct ns_cache *cache, u64 ino);
void ns_free(struct ns_cache *cache);

/* cgroup.c */

/**
 * struct cgroup_tree - where a controller is mounted
 * @dir: mount point
 * @root: which part of the hierarchy is mounted there
 * @v1: it is a version 1 hierarchy
 */
struct cgroup_tree {
	char *dir;
	char *root;
	bool v1;
};

bool cgroup_find(struct cgroup_tree *tree, const char *controller);
void cgroup_free(struct cgroup_tree *tree);
char *cgroup_of(pid_t pid, const char *controller, bool v1);
char *cgroup_dir(const struct cgroup_tree *tree, const char *path);
char *cgroup_typed(const char *typed);
char *cgroup_any(pid_t pid);

#endif /* PROC_H */
