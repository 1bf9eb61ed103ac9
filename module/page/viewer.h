/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * viewer.h - what a reader may see
 */
#ifndef FORKFAIL_VIEWER_H
#define FORKFAIL_VIEWER_H

#include <linux/types.h>
#include <linux/uidgid.h>

#include "journal/journal.h"

struct cred;
struct user_namespace;

/**
 * struct ff_viewer - a reader; does not change after the file was opened
 * @payer: who is charged for the open file
 * @all: may see all events (CAP_SYSLOG in the initial user namespace)
 * @uid: may see events of this uid, if not @all
 * @user_ns: the user namespace that uids are mapped to; the file's credentials keep it
 * @pidns: inode number of the reader's PID namespace
 * @pidns_start: when its init started
 * @pidns_level: its depth
 * @cgroup_root: path of the root of the reader's cgroup namespace
 * @cgroup: path of the reader's own cgroup, from the root
 */
struct ff_viewer {
	struct ff_payer payer;
	bool	all;
	kuid_t	uid;
	struct user_namespace *user_ns;
	u32	pidns;
	u64	pidns_start;
	u8	pidns_level;
	char	cgroup_root[FF_PATH_LEN];
	char	cgroup[FF_PATH_LEN];
};

void ff_viewer_init(struct ff_viewer *view, const struct cred *cred);
bool ff_viewer_sees(const void *who, const struct ff_event *e);
bool ff_viewer_owns(const void *who, const struct ff_event *e);
u64 ff_viewer_seq(const struct ff_viewer *view, const struct ff_event *e);
void ff_viewer_numbers(const struct ff_viewer *view, const struct ff_who *who,
		       pid_t *pid, pid_t *tgid);
bool ff_viewer_shows_limit(const struct ff_viewer *view, const struct ff_event *e);
const char *ff_viewer_path(const struct ff_viewer *view, const char *path);

#endif /* FORKFAIL_VIEWER_H */
