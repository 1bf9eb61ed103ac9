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
 */
#include <linux/kernel.h>
#include <linux/stacktrace.h>

#include "compat/symbols.h"
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
	{ "memcg_charge_kernel_stack.part.0", FORKFAIL_KERNEL_STACK_MEMCG, FF_STEP_ENTRY },
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

static struct ff_symbol clone_symbol = { .name = "kernel_clone" };
static struct ff_symbol place_symbols[ARRAY_SIZE(places)];
static struct ff_symbol allocator_symbols[ARRAY_SIZE(allocators)];

/**
 * ff_alloc_site_init - find the functions of the tables
 *
 * May sleep.  A function that this kernel does not have is no error.
 *
 * Return: 0 or -ENOMEM.
 */
int ff_alloc_site_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		place_symbols[i].name = places[i].name;
	for (i = 0; i < ARRAY_SIZE(allocators); i++)
		allocator_symbols[i].name = allocators[i].name;
	return ff_symbols_find(&clone_symbol, 1) ?:
	       ff_symbols_find(place_symbols, ARRAY_SIZE(place_symbols)) ?:
	       ff_symbols_find(allocator_symbols, ARRAY_SIZE(allocator_symbols));
}

static const struct place *innermost(const unsigned long *stack, unsigned int n,
				     const struct ff_symbol *symbols,
				     const struct place *table, unsigned int rows)
{
	unsigned int i, frame;

	for (frame = 0; frame < n; frame++)
		for (i = 0; i < rows; i++)
			if (symbols[i].start && stack[frame] - symbols[i].start < symbols[i].size)
				return &table[i];
	return NULL;
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
	unsigned int n = stack_trace_save(stack, ARRAY_SIZE(stack), 0);
	const struct place *p = innermost(stack, n, place_symbols, places, ARRAY_SIZE(places)) ?:
		innermost(stack, n, allocator_symbols, allocators, ARRAY_SIZE(allocators));

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

	for (i = 0; clone_symbol.start && i < n; i++)
		if (stack[i] - clone_symbol.start < clone_symbol.size)
			return true;
	return false;
}
