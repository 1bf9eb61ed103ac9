// SPDX-License-Identifier: GPL-2.0-only
/*
 * alloc_site.c - finds out from the stack what could not be allocated
 *
 * The witnesses of a memory shortage (reclaim in a memory cgroup, the OOM killer, a
 * warning of the page allocator) are all called from the allocation that has the
 * problem.  The innermost function on the stack that these tables know tells which
 * allocation it is.  This needs no hook that ordinary forks pass; only an allocation
 * that is in trouble pays.
 *
 * The stack also shows whether the task is inside kernel_clone().
 *
 * The kernel tells the name of each return address.  To look up all names of the tables at
 * load instead took 5.10 a third of the load: it searches its symbols one by one.
 */
#include <linux/bits.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/stacktrace.h>
#include <linux/string.h>

#include "evidence/alloc_site.h"
#include "rules/observation.h"

/**
 * struct place - a function that allocates something for a new task
 * @name: its symbol
 * @cause: the cause that names what it allocates
 * @step: where copy_process() calls it
 */
struct place {
	const char *name;
	u8 cause, step;
};

/*
 * In the order of copy_process().  6.10 added _noprof to allocators.
 */
static const struct place places[] = {
	{ "memcg_charge_kernel_stack", FORKFAIL_KERNEL_STACK_MEMCG, FF_STEP_ENTRY },
	{ "task_exec_state_copy", FORKFAIL_EXEC_STATE_NOMEM, FF_STEP_EXEC_STATE },
	{ "create_user_ns", FORKFAIL_USERNS_NOMEM, FF_STEP_COPY_CREDS },
	{ "alloc_ucounts", FORKFAIL_UCOUNTS_ALLOC_NOMEM, FF_STEP_COPY_CREDS },
	{ "prepare_creds", FORKFAIL_CREDS_NOMEM, FF_STEP_COPY_CREDS },
	{ "__io_uring_fork", FORKFAIL_IO_URING_RESTRICTION_NOMEM, FF_STEP_TASK_SETUP },
	{ "set_kthread_struct", FORKFAIL_KTHREAD_STRUCT_NOMEM, FF_STEP_TASK_SETUP },
	{ "perf_event_init_task", FORKFAIL_PERF_INHERIT, FF_STEP_PERF_AUDIT },
	{ "audit_alloc", FORKFAIL_AUDIT_NOMEM, FF_STEP_PERF_AUDIT },
	{ "security_task_alloc", FORKFAIL_LSM_TASK_ALLOC, FF_STEP_SECURITY },
	{ "copy_semundo", FORKFAIL_SEMUNDO_NOMEM, FF_STEP_COPY_FILES },
	{ "dup_fd", FORKFAIL_FILES_NOMEM, FF_STEP_COPY_FILES },
	{ "copy_fs_struct", FORKFAIL_FS_NOMEM, FF_STEP_COPY_FS },
	{ "copy_page_range", FORKFAIL_PAGETABLE_NOMEM, FF_STEP_COPY_MM },
	{ "copy_hugetlb_page_range", FORKFAIL_PAGETABLE_NOMEM, FF_STEP_COPY_MM },
	{ "vm_area_dup", FORKFAIL_VMA_NOMEM, FF_STEP_COPY_MM },
	{ "anon_vma_fork", FORKFAIL_VMA_NOMEM, FF_STEP_COPY_MM },
	{ "anon_vma_clone", FORKFAIL_VMA_NOMEM, FF_STEP_COPY_MM },
	{ "dup_userfaultfd", FORKFAIL_VMA_NOMEM, FF_STEP_COPY_MM },
	{ "__mt_dup", FORKFAIL_VMA_NOMEM, FF_STEP_COPY_MM },
	{ "mas_expected_entries", FORKFAIL_VMA_NOMEM, FF_STEP_COPY_MM },
	{ "ldt_dup_context", FORKFAIL_LDT_NOMEM, FF_STEP_COPY_MM },
	{ "mm_init", FORKFAIL_MM_STRUCT_NOMEM, FF_STEP_COPY_MM },
	{ "dup_mmap", FORKFAIL_VMA_NOMEM, FF_STEP_COPY_MM },
	{ "create_new_namespaces", FORKFAIL_NS_NOMEM, FF_STEP_COPY_NAMESPACES },
	{ "__copy_io", FORKFAIL_IOCTX_NOMEM, FF_STEP_ALLOC_PID },
	{ "get_task_io_context", FORKFAIL_IOCTX_NOMEM, FF_STEP_ALLOC_PID },	/* 5.10 */
	{ "alloc_pid", FORKFAIL_PID_NOMEM, FF_STEP_ALLOC_PID },
	{ "pidfs_add_pid", FORKFAIL_PID_NOMEM, FF_STEP_ALLOC_PID },
	{ "pidfd_prepare", FORKFAIL_PIDFD_NOMEM, FF_STEP_PIDFD },
	{ "__pidfd_prepare", FORKFAIL_PIDFD_NOMEM, FF_STEP_PIDFD },
	{ "pidfs_alloc_file", FORKFAIL_PIDFD_NOMEM, FF_STEP_PIDFD },
	{ "find_css_set", FORKFAIL_CGROUP_CSS_NOMEM, FF_STEP_CGROUP_CAN_FORK },
	{ "cgroup_can_fork", FORKFAIL_CGROUP_CSS_NOMEM, FF_STEP_CGROUP_CAN_FORK },
	{ "futex_hash_allocate_default", FORKFAIL_FUTEX_HASH_NOMEM, FF_STEP_LATE },
};

/*
 * dup_task_struct() is inlined everywhere.  Before copy_creds() only the task_struct
 * and the kernel stack are allocated, and the allocator tells which of them it is.
 */
static const struct place allocators[] = {
	{ "__vmalloc_node_range", FORKFAIL_KERNEL_STACK_NOMEM, FF_STEP_ENTRY },
	{ "__vmalloc_node_range_noprof", FORKFAIL_KERNEL_STACK_NOMEM, FF_STEP_ENTRY },
	{ "__vmalloc_node_noprof", FORKFAIL_KERNEL_STACK_NOMEM, FF_STEP_ENTRY },
	{ "__memcg_kmem_charge_page", FORKFAIL_KERNEL_STACK_MEMCG, FF_STEP_ENTRY },
	{ "kmem_cache_alloc_node", FORKFAIL_TASK_STRUCT_NOMEM, FF_STEP_ENTRY },
	{ "kmem_cache_alloc_node_noprof", FORKFAIL_TASK_STRUCT_NOMEM, FF_STEP_ENTRY },
};

#define NR_PLACES	ARRAY_SIZE(places)
#define NR_ROWS		(NR_PLACES + ARRAY_SIZE(allocators))

/* What a return address belongs to: a row of the two tables, or one of these. */
enum { FF_FRAME_CLONE = NR_ROWS, FF_FRAME_OTHER };

/* Not inlined: the name takes some hundred bytes of the stack. */
static noinline unsigned int look_up_row(unsigned long address)
{
	char name[KSYM_SYMBOL_LEN], *suffix;
	unsigned int i;

	sprint_symbol_no_offset(name, address);
	if (strchr(name, '['))
		return FF_FRAME_OTHER;	/* a module's, which may use any name */
	/* without what the compiler has added: .part.0, .constprop.0, .cold */
	suffix = strchr(name, '.');
	if (suffix)
		*suffix = '\0';
	for (i = 0; i < NR_PLACES; i++)
		if (!strcmp(name, places[i].name))
			return i;
	for (i = 0; i < ARRAY_SIZE(allocators); i++)
		if (!strcmp(name, allocators[i].name))
			return NR_PLACES + i;
	return strcmp(name, "kernel_clone") ? FF_FRAME_OTHER : FF_FRAME_CLONE;
}

/*
 * Finding a name takes some thousand instructions, and few addresses ever lead to an
 * allocation, so what was found is kept: the address shifted by eight bits, and the row.
 * The bits that are cut off are set in every address of code.  An entry is read and
 * written as a whole; the last who writes it wins.  It may be in one of KNOWN_WAYS places:
 * with one, some addresses of nearly every stack would push each other out every time.
 */
#define KNOWN_BITS	8
#define KNOWN_WAYS	8

static u64 known_rows[BIT(KNOWN_BITS)];

static unsigned int row_of(unsigned long address)
{
	unsigned int first = hash_long(address, KNOWN_BITS), i, row;
	u64 entry;

	BUILD_BUG_ON(FF_FRAME_OTHER > U8_MAX);
	/* entries are never removed: behind an empty one there is none */
	for (i = 0; i < KNOWN_WAYS; i++) {
		entry = READ_ONCE(known_rows[(first + i) % ARRAY_SIZE(known_rows)]);
		if (entry >> 8 == (u64)address << 8 >> 8)
			return entry & U8_MAX;
		if (!entry)
			break;
	}
	/* not always the same one: another address may want it, too */
	if (i == KNOWN_WAYS)
		i = jiffies % KNOWN_WAYS;
	row = look_up_row(address);
	WRITE_ONCE(known_rows[(first + i) % ARRAY_SIZE(known_rows)], (u64)address << 8 | row);
	return row;
}

/**
 * ff_alloc_site - what the running task is allocating inside copy_process()
 * @step: receives the step, FF_NR_STEPS if the stack does not tell.  FF_STEP_ENTRY is
 *	right only if there is no child yet
 *
 * From the entry hook of a witness.
 *
 * Return: the cause that names the object, 0 if the stack does not tell.
 */
u8 ff_alloc_site(u8 *step)
{
	unsigned long stack[32];
	unsigned int i, row, n = stack_trace_save(stack, ARRAY_SIZE(stack), 0);
	const struct place *p = NULL;

	for (i = 0; i < n; i++) {
		row = row_of(stack[i]);
		if (row < NR_PLACES) {
			p = &places[row];
			break;
		}
		/* the innermost one, unless one of the other table called it */
		if (row < NR_ROWS && !p)
			p = &allocators[row - NR_PLACES];
	}
	*step = p ? p->step : FF_NR_STEPS;
	return p ? p->cause : 0;
}

/**
 * ff_is_inside_clone - is kernel_clone() on the running task's stack?
 *
 * From the entry hook of a witness.
 *
 * Return: true if it is, and its arguments are therefore valid.
 */
bool ff_is_inside_clone(void)
{
	unsigned long stack[64];
	unsigned int i, n = stack_trace_save(stack, ARRAY_SIZE(stack), 0);

	for (i = 0; i < n; i++)
		if (row_of(stack[i]) == FF_FRAME_CLONE)
			return true;
	return false;
}
