// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A limit and how much room it has; a list of limits.
 */
#include <stdlib.h>

#include "limit_list.h"

/**
 * limit_add() - one more row
 * @list: the list
 * @name: what the kernel calls it
 * @cause: cause of a failure at this limit
 * @operation: what it limits
 *
 * Return: the row, to be filled in; valid until the next call.
 */
struct limit *limit_add(struct limit_list *list, const char *name,
			const char *cause, unsigned int operation)
{
	struct limit *limit;

	list->limits = xrealloc(list->limits, list->nr + 1,
				sizeof(*list->limits));
	limit = &list->limits[list->nr++];
	*limit = (struct limit){
		.name = name, .cause = cause, .operation = operation,
		.unit = "tasks", .each = 1,
	};
	return limit;
}

/**
 * limit_room() - room for how many more
 * @limit: a row
 *
 * Return: the number; ROOM_UNKNOWN if that is not known, ROOM_ENDLESS if the limit
 * cannot fill up.
 */
u64 limit_room(const struct limit *limit)
{
	if (limit->state != LIMIT_NORMAL || !limit->has_used)
		return ROOM_UNKNOWN;
	if (limit->used >= limit->max)
		return 0;
	/* All or nothing: it cannot fill up. */
	if (!limit->each)
		return ROOM_ENDLESS;
	return (limit->max - limit->used) / limit->each;
}

/**
 * limit_percent() - how much of a limit is used
 * @limit: a row in LIMIT_NORMAL with a usage
 *
 * Return: percent, rounded down.
 */
u64 limit_percent(const struct limit *limit)
{
	if (!limit->max)
		return limit->used ? 999 : 100;
	if (limit->used > ~0ull / 100)
		return limit->used / (limit->max / 100 ? limit->max / 100 : 1);
	return limit->used * 100 / limit->max;
}

/**
 * limit_list_free() - free the content of a list
 * @list: the list
 */
void limit_list_free(struct limit_list *list)
{
	size_t i;

	for (i = 0; i < list->nr; i++) {
		free(list->limits[i].whose);
		free(list->limits[i].note);
	}
	free(list->limits);
	free(list->cgroup);
	ns_free(&list->userns);
	ns_free(&list->pidns);
}
