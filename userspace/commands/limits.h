/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits that apply to a fork.
 */
#ifndef LIMITS_H
#define LIMITS_H

#include "limit_list.h"

void limits_tasks(struct limit_list *list);
void limits_cgroups(struct limit_list *list);
void limits_memory(struct limit_list *list);
void limits_namespaces(struct limit_list *list);

#endif /* LIMITS_H */
