// SPDX-License-Identifier: GPL-2.0-only
/*
 * where.c - what was being allocated, from the stack of the allocation
 *
 * A shortage of memory has witnesses (reclaim in a memory cgroup, the OOM
 * killer, a warning of the page allocator), and all of them run below the
 * allocation that cannot be satisfied.  Which one that is stands on the stack:
 * the innermost function there that this table knows.  No hook on the way of
 * a fork is needed for it, and only an allocation that is in trouble pays.
 */
#include <linux/kernel.h>
#include <linux/stacktrace.h>

#include "../../uapi/forkfail.h"
#include "compat/symbols.h"
#include "evidence/where.h"

struct place {
	const char *name;
	u8 cause;
};

/*
 * In the order of copy_process().  6.10 added _noprof to allocators.
 */
static const struct place places[] = {
	{ "memcg_charge_kernel_stack", FORKFAIL_KERNEL_STACK_MEMCG },
	{ "memcg_charge_kernel_stack.part.0", FORKFAIL_KERNEL_STACK_MEMCG },
	{ "task_exec_state_copy", FORKFAIL_EXEC_STATE_NOMEM },
	{ "create_user_ns", FORKFAIL_USERNS_NOMEM },
	{ "alloc_ucounts", FORKFAIL_UCOUNTS_ALLOC_NOMEM },
	{ "prepare_creds", FORKFAIL_CREDS_NOMEM },
	{ "__io_uring_fork", FORKFAIL_IO_URING_RESTRICTION_NOMEM },
	{ "set_kthread_struct", FORKFAIL_KTHREAD_STRUCT_NOMEM },
	{ "perf_event_init_task", FORKFAIL_PERF_INHERIT },
	{ "audit_alloc", FORKFAIL_AUDIT_NOMEM },
	{ "security_task_alloc", FORKFAIL_LSM_TASK_ALLOC },
	{ "copy_semundo", FORKFAIL_SEMUNDO_NOMEM },
	{ "dup_fd", FORKFAIL_FILES_NOMEM },
	{ "copy_fs_struct", FORKFAIL_FS_NOMEM },
	{ "copy_page_range", FORKFAIL_PAGETABLE_NOMEM },
	{ "copy_hugetlb_page_range", FORKFAIL_PAGETABLE_NOMEM },
	{ "vm_area_dup", FORKFAIL_VMA_NOMEM },
	{ "anon_vma_fork", FORKFAIL_VMA_NOMEM },
	{ "anon_vma_clone", FORKFAIL_VMA_NOMEM },
	{ "dup_userfaultfd", FORKFAIL_VMA_NOMEM },
	{ "__mt_dup", FORKFAIL_VMA_NOMEM },
	{ "mas_expected_entries", FORKFAIL_VMA_NOMEM },
	{ "ldt_dup_context", FORKFAIL_LDT_NOMEM },
	{ "mm_init", FORKFAIL_MM_STRUCT_NOMEM },
	{ "dup_mmap", FORKFAIL_VMA_NOMEM },
	{ "create_new_namespaces", FORKFAIL_NS_NOMEM },
	{ "__copy_io", FORKFAIL_IOCTX_NOMEM },
	{ "alloc_pid", FORKFAIL_PID_NOMEM },
	{ "pidfs_add_pid", FORKFAIL_PID_NOMEM },
	{ "pidfd_prepare", FORKFAIL_PIDFD_NOMEM },
	{ "__pidfd_prepare", FORKFAIL_PIDFD_NOMEM },
	{ "pidfs_alloc_file", FORKFAIL_PIDFD_NOMEM },
	{ "find_css_set", FORKFAIL_CGROUP_CSS_NOMEM },
	{ "cgroup_can_fork", FORKFAIL_CGROUP_CSS_NOMEM },
	{ "futex_hash_allocate_default", FORKFAIL_FUTEX_HASH_NOMEM },
};

/*
 * dup_task_struct() is inlined everywhere.  Before copy_creds() only the task
 * structure and its stack are allocated, and the allocator tells which.
 */
static const struct place allocators[] = {
	{ "__vmalloc_node_range", FORKFAIL_KERNEL_STACK_NOMEM },
	{ "__vmalloc_node_range_noprof", FORKFAIL_KERNEL_STACK_NOMEM },
	{ "__vmalloc_node_noprof", FORKFAIL_KERNEL_STACK_NOMEM },
	{ "__memcg_kmem_charge_page", FORKFAIL_KERNEL_STACK_MEMCG },
	{ "kmem_cache_alloc_node", FORKFAIL_TASK_STRUCT_NOMEM },
	{ "kmem_cache_alloc_node_noprof", FORKFAIL_TASK_STRUCT_NOMEM },
};

static struct ff_symbol place_symbols[ARRAY_SIZE(places)];
static struct ff_symbol allocator_symbols[ARRAY_SIZE(allocators)];

/**
 * ff_where_init - find the functions of the tables
 *
 * May sleep.  Those that this kernel lacks are simply not found on a stack.
 *
 * Return: 0 or -ENOMEM.
 */
int ff_where_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		place_symbols[i].name = places[i].name;
	for (i = 0; i < ARRAY_SIZE(allocators); i++)
		allocator_symbols[i].name = allocators[i].name;
	return ff_symbols_find(place_symbols, ARRAY_SIZE(place_symbols)) ?:
	       ff_symbols_find(allocator_symbols, ARRAY_SIZE(allocator_symbols));
}

static u8 innermost(const unsigned long *stack, unsigned int n, const struct ff_symbol *symbols,
		    const struct place *table, unsigned int rows)
{
	unsigned int i, frame;

	for (frame = 0; frame < n; frame++)
		for (i = 0; i < rows; i++)
			if (symbols[i].start && stack[frame] - symbols[i].start < symbols[i].size)
				return table[i].cause;
	return 0;
}

/**
 * ff_where - what the running task is allocating inside copy_process()
 * @at_entry: it has not reached copy_creds() yet
 *
 * From the entry hook of a witness.
 *
 * Return: the cause that names the object, 0 if the stack does not tell.
 */
u8 ff_where(bool at_entry)
{
	unsigned long stack[32];
	unsigned int n = stack_trace_save(stack, ARRAY_SIZE(stack), 0);
	u8 cause = innermost(stack, n, place_symbols, places, ARRAY_SIZE(places));

	if (!cause && at_entry)
		cause = innermost(stack, n, allocator_symbols, allocators, ARRAY_SIZE(allocators));
	return cause;
}
