/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.h - the page and the log, as one opener may see them
 */
#ifndef FORKFAIL_REPORT_H
#define FORKFAIL_REPORT_H

#include <linux/types.h>

#include "journal.h"
#include "text.h"

struct user_namespace;

/**
 * struct ff_view - who looks; fixed when the file is opened
 * @all: may see everybody's events (CAP_SYSLOG in the initial user namespace)
 * @uid: else only those of this uid
 * @user_ns: in whose terms uids are shown; the file's credentials keep it
 * @pidns: inode number of the opener's PID namespace
 * @pidns_start: when its init started
 * @pidns_level: its depth
 * @cgroup_root: path of the root of the opener's cgroup namespace
 */
struct ff_view {
	bool	all;
	kuid_t	uid;
	struct user_namespace *user_ns;
	u32	pidns;
	u64	pidns_start;
	u8	pidns_level;
	char	cgroup_root[FF_PATH_LEN];
};

void ff_report_init(void);
size_t ff_report_page_size(void);
size_t ff_report_log_size(void);
void ff_report_page(struct ff_text *t, const struct ff_view *view);
void ff_report_log(struct ff_text *t, const struct ff_view *view);

void ff_add_errno(struct ff_text *t, int err);
void ff_add_object(struct ff_text *t, u8 scope, const struct ff_object *obj,
		   const char *path, u8 cause, struct user_namespace *user_ns);

#endif /* FORKFAIL_REPORT_H */
