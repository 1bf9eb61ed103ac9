/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fair.h - users who attack each other, for fair.c, fair_poll.c, first_screen.c and
 * subgroups.c
 */
#ifndef FAIR_H
#define FAIR_H

#include <stdbool.h>
#include <sys/types.h>

#define MALLORY		6001
#define ALICE		6002	/* and those who follow */
#define MANY		400	/* other users: one who shares something by a hash is found */

struct event;
struct text;

void become_user(uid_t uid);
unsigned int each_user(bool (*does)(void));
pid_t run_mallory(void (*what)(void));
void stop_child(pid_t pid);
void fail_in_cgroup(const char *cgroup, const char *comm, uid_t uid, unsigned int times);
const struct event *event_of(const struct text *t, const char *comm);

void fair_news(void);
void fair_waiting(void);

#endif /* FAIR_H */
