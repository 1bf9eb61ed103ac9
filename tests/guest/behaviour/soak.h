/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * soak.h - sorts the events of a soak into kinds, for somebody to check
 */
#ifndef SOAK_H
#define SOAK_H

struct text;

void soak_follow(const struct text *log);
void soak_report(void);

#endif /* SOAK_H */
