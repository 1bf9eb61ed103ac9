// SPDX-License-Identifier: GPL-2.0-only
/*
 * skip_param.c - checks the names in skip=
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "hooks/kernel_task_creators.h"
#include "hooks/points.h"
#include "hooks/skip_param.h"

#define SEPARATORS	" ,\n"

/* The name of the i-th point that can be skipped; NULL after the last. */
static const char *point_name(unsigned int i)
{
	if (i < ff_nr_points)
		return ff_points[i].name;
	i -= ff_nr_points;
	return i < FF_NR_CREATORS ? ff_creators_name(i) : NULL;
}

#define LIST_BYTES	900	/* fits in a line of the kernel log */

static void log_unknown(const char *word, size_t len)
{
	char *list = kzalloc(LIST_BYTES, GFP_KERNEL);
	const char *name;
	unsigned int i;
	size_t n = 0;

	for (i = 0; list && (name = point_name(i)); i++)
		n += scnprintf(list + n, LIST_BYTES - n, i ? ",%s" : "%s", name);
	pr_err("not loaded: skip= names an unknown watch point (%.*s); known: %s\n",
	       (int)min_t(size_t, len, 32), word, list ?: "out of memory");
	kfree(list);
}

/**
 * ff_skip_check - are all names in skip= watch points?
 * @skip: names, separated by commas; NULL for none
 *
 * May sleep.  If one is not, the kernel log lists all that there are.  The name of a
 * point that this kernel does not have is accepted.
 *
 * Return: 0, or -EINVAL.
 */
int ff_skip_check(const char *skip)
{
	const char *name;
	unsigned int i;
	size_t len;

	for (; skip && *skip; skip += strspn(skip, SEPARATORS)) {
		len = strcspn(skip, SEPARATORS);
		for (i = 0; (name = point_name(i)); i++)
			if (len == strlen(name) && !strncmp(skip, name, len))
				break;
		if (len && !name) {
			log_unknown(skip, len);
			return -EINVAL;
		}
		skip += len;
	}
	return 0;
}
