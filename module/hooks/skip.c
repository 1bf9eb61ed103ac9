// SPDX-License-Identifier: GPL-2.0-only
/*
 * skip.c - the watch points that are not to be armed
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "hooks/points.h"
#include "hooks/skip.h"
#include "hooks/syswatch.h"

#define SEPARATORS	" ,\n"

/* The next word of @list and its length, 0 if there is none. */
static size_t next_word(const char **list)
{
	*list += strspn(*list, SEPARATORS);
	return strcspn(*list, SEPARATORS);
}

static bool is_word(const char *word, size_t len, const char *name)
{
	return len == strlen(name) && !strncmp(word, name, len);
}

/* Of every point that can be left out; NULL behind the last. */
static const char *point_name(unsigned int i)
{
	return i < ff_nr_points ? ff_points[i].name : ff_syswatch_name(i - ff_nr_points);
}

#define LIST_BYTES	900	/* a line of the kernel log has room for that */

static void say_unknown(const char *word, size_t len)
{
	char *list = kzalloc(LIST_BYTES, GFP_KERNEL);
	const char *name;
	unsigned int i;
	size_t n = 0;

	for (i = 0; list && (name = point_name(i)); i++)
		n += scnprintf(list + n, LIST_BYTES - n, i ? ",%s" : "%s", name);
	pr_err("not loaded: skip= has a name that is no watch point: %.*s; there are %s\n",
	       (int)min_t(size_t, len, 32), word, list ?: "others");
	kfree(list);
}

/**
 * ff_skip_check - are all of them watch points?
 * @skip: names, separated by commas; NULL for none
 *
 * May sleep.  Says in the kernel log what there is if not.  A point that this
 * kernel does not have is one nevertheless.
 *
 * Return: 0, or -EINVAL.
 */
int ff_skip_check(const char *skip)
{
	const char *name = NULL;
	unsigned int i;
	size_t len;

	for (; skip && (len = next_word(&skip)); skip += len) {
		for (i = 0; (name = point_name(i)); i++)
			if (is_word(skip, len, name))
				break;
		if (!name) {
			say_unknown(skip, len);
			return -EINVAL;
		}
	}
	return 0;
}

/**
 * ff_is_skipped - is a point among them?
 * @skip: names, separated by commas; NULL for none
 * @name: the point's
 *
 * Return: true if it is.
 */
bool ff_is_skipped(const char *skip, const char *name)
{
	size_t len;

	for (; skip && (len = next_word(&skip)); skip += len)
		if (is_word(skip, len, name))
			return true;
	return false;
}
