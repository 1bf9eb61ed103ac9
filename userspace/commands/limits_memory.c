// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Limits on memory and address space: overcommit for a fork, address space and
 * the number of mappings for the stack of a thread.
 */
#include <stdlib.h>
#include <string.h>

#include "commands/limits.h"
#include "text.h"

/* glibc's size of a thread's stack if RLIMIT_STACK is unlimited. */
#define DEFAULT_STACK		(2ull << 20)

struct mappings {
	u64 count;
	u64 accounted;		/* what a fork requests from overcommit, in bytes */
	u64 largest;		/* the largest mapping of those */
	bool has_flags;		/* smaps could be read */
};

static u64 mapping_size(const char *line)
{
	char *end;
	u64 from = strtoull(line, &end, 16), to;

	if (*end != '-')
		return 0;
	to = strtoull(end + 1, NULL, 16);
	return to > from ? to - from : 0;
}

/* Flag @name, two letters, on a line "VmFlags: rd wr ac". */
static bool has_flag(const char *line, const char *name)
{
	size_t len = strcspn(line, "\n"), i;

	for (i = 8; i + 2 <= len; i++)
		if (line[i - 1] == ' ' && !strncmp(line + i, name, 2))
			return true;
	return false;
}

static bool is_mapping(const char *line)
{
	size_t len = strspn(line, "0123456789abcdef");

	return len && line[len] == '-';
}

static const char *next_line(const char *line)
{
	line = strchr(line, '\n');
	return line ? line + 1 : NULL;
}

static bool is_vsyscall(const char *line)
{
	const char *name = strstr(line, "[vsyscall]"), *end = strchr(line, '\n');

	return name && (!end || name < end);
}

static void read_mappings(pid_t pid, struct mappings *maps)
{
	char *text = proc_read("/proc/%d/smaps", (int)pid);
	const char *line;
	u64 size = 0;

	memset(maps, 0, sizeof(*maps));
	maps->has_flags = text && *text;
	if (!maps->has_flags) {
		free(text);
		text = proc_read("/proc/%d/maps", (int)pid);
	}
	for (line = text; line && *line; line = next_line(line)) {
		if (is_mapping(line)) {
			size = mapping_size(line);
			/* The vsyscall page is listed, but it is not a mapping. */
			maps->count += !is_vsyscall(line);
		} else if (!strncmp(line, "VmFlags:", 8) &&
			   has_flag(line, "ac") && !has_flag(line, "dc")) {
			maps->accounted += size;
			if (size > maps->largest)
				maps->largest = size;
		}
	}
	free(text);
}

static u64 meminfo(const char *name)
{
	char *text = proc_read("/proc/meminfo");
	u64 kb = 0;

	if (text)
		proc_field(text, name, &kb);
	free(text);
	return kb << 10;
}

/* Strict: what is committed plus a copy of this process. */
static void add_strict(struct limit_list *list, const struct mappings *maps)
{
	struct limit *limit = limit_add(list, "overcommit (strict)",
					"overcommit-strict", LIMIT_FOR_PROCESS);
	u64 kb, reserve, copy = maps->accounted;
	char buf[32];

	limit->unit = "bytes";
	limit->whose = xstrdup("the whole machine");
	limit->max = meminfo("CommitLimit");
	limit->used = meminfo("Committed_AS");
	limit->has_used = limit->max != 0;
	if (!list->task.pid)
		return;
	if (!maps->has_flags)
		copy = list->task.vm_data << 10;
	if (!(list->task.cap_eff & CAP_SYS_ADMIN_BIT) &&
	    proc_number(&kb, "/proc/sys/vm/admin_reserve_kbytes"))
		limit->max -= (kb << 10) < limit->max ? kb << 10 : limit->max;
	reserve = (list->task.vm_size << 10) / 32;
	if (proc_number(&kb, "/proc/sys/vm/user_reserve_kbytes") &&
	    (kb << 10) < reserve)
		reserve = kb << 10;
	limit->max -= reserve < limit->max ? reserve : limit->max;
	limit->each = copy ? copy : 1;
	limit->note = xasprintf("each fork needs %s more; free memory does not matter",
				text_bytes(buf, sizeof(buf), copy));
}

/* Heuristic: the largest mapping compared with RAM and swap. */
static void add_heuristic(struct limit_list *list, const struct mappings *maps)
{
	struct limit *limit;

	if (!list->task.pid)
		return;
	limit = limit_add(list, "overcommit (heuristic)",
			  "overcommit-heuristic", LIMIT_FOR_PROCESS);
	limit->unit = "bytes";
	limit->whose = xasprintf("process %d", (int)list->task.pid);
	limit->max = meminfo("MemTotal") + meminfo("SwapTotal") + 1;
	limit->used = maps->largest;
	limit->has_used = maps->has_flags && limit->max > 1;
	/* A fork does not make the mapping larger: all or nothing. */
	limit->each = 0;
	limit->note = xstrdup(maps->has_flags ?
			      "the largest mapping, compared with RAM and swap" :
			      "the mappings cannot be read");
}

static void add_overcommit(struct limit_list *list, const struct mappings *maps)
{
	struct limit *limit;
	u64 mode;

	if (!proc_number(&mode, "/proc/sys/vm/overcommit_memory"))
		return;
	if (mode == 2) {
		add_strict(list, maps);
	} else if (mode == 0) {
		add_heuristic(list, maps);
	} else {
		limit = limit_add(list, "overcommit", "overcommit-strict",
				  LIMIT_FOR_PROCESS);
		limit->state = LIMIT_UNLIMITED;
		limit->unit = "bytes";
		limit->whose = xstrdup("the whole machine");
		limit->note = xstrdup("vm.overcommit_memory is 1: nothing is refused");
	}
}

static void add_map_count(struct limit_list *list, const struct mappings *maps)
{
	struct limit *limit = limit_add(list, "max_map_count",
					"libc-stack-map-count",
					LIMIT_FOR_THREAD);

	limit->unit = "count";
	limit->whose = xasprintf("process %d", (int)list->task.pid);
	limit->used = maps->count;
	limit->has_used = maps->count != 0;
	limit->each = 2;
	limit->note = xstrdup("the stack of a thread takes two");
	/*
	 * mmap() is refused above the limit, but a stack is split for its guard page, which
	 * is refused at the limit (5.10 to 7.3).
	 */
	if (!proc_number(&limit->max, "/proc/sys/vm/max_map_count"))
		limit->state = LIMIT_HIDDEN;
}

static u64 stack_size(pid_t pid)
{
	bool unlimited;
	u64 soft;

	if (!proc_rlimit(pid, "Max stack size", &soft, &unlimited) || unlimited)
		return DEFAULT_STACK;
	return soft;
}

static void add_rlimit(struct limit_list *list, const char *name,
		       const char *cause, const char *file_name, u64 used)
{
	struct limit *limit;
	bool unlimited;
	char buf[32];
	u64 soft, stack = stack_size(list->task.pid);

	if (!proc_rlimit(list->task.pid, file_name, &soft, &unlimited))
		return;
	limit = limit_add(list, name, cause, LIMIT_FOR_THREAD);
	limit->unit = "bytes";
	limit->whose = xasprintf("process %d", (int)list->task.pid);
	limit->max = soft;
	limit->state = unlimited ? LIMIT_UNLIMITED : LIMIT_NORMAL;
	limit->used = used;
	limit->has_used = true;
	limit->each = stack;
	if (!unlimited)
		limit->note = xasprintf("the stack of a thread takes %s",
					text_bytes(buf, sizeof(buf), stack));
}

/**
 * limits_memory() - overcommit, address space, mappings
 * @list: the list to add to
 */
void limits_memory(struct limit_list *list)
{
	struct mappings maps = { .count = 0 };

	if (list->task.pid)
		read_mappings(list->task.pid, &maps);
	add_overcommit(list, &maps);
	if (!list->task.pid)
		return;
	add_map_count(list, &maps);
	add_rlimit(list, "RLIMIT_AS", "libc-stack-address-space",
		   "Max address space", list->task.vm_size << 10);
	add_rlimit(list, "RLIMIT_DATA", "libc-stack-data-limit",
		   "Max data size", list->task.vm_data << 10);
}
