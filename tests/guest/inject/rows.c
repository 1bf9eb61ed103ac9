// SPDX-License-Identifier: GPL-2.0-only
/*
 * rows.c - the table of failures that are injected, in the kernel's order
 *
 * The function that fails is the one that the cause is about.  It fails at its entry, so only
 * functions can be used that leave nothing behind when they fail and take over nothing from
 * copy_process().  If a function was inlined, an allocation in it fails instead, which is
 * recognized by its slab cache or by the caller's address.
 *
 * No row depends on a kernel version.  Where kernels differ, there is a row for each way; if
 * a kernel does not have the function, or does not call it, the row is skipped, which
 * tests/guest/skips must allow.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>

#include "injectfail.h"

/* Allocators were renamed in 6.10; kzalloc() of a constant size in 6.0 too. */
#define ALLOC		"kmem_cache_alloc|kmem_cache_alloc_noprof"
#define ALLOC_NODE	"kmem_cache_alloc_node|kmem_cache_alloc_node_noprof"
#define KZALLOC		"kmem_cache_alloc_trace|kmalloc_trace|__kmalloc_cache_noprof"

/* in 6.10 as well, and again in 6.14 */
#define BULK_ARRAY	"alloc_pages_bulk_array_mempolicy|alloc_pages_bulk_array_mempolicy_noprof"
#define ALLOC_BULK	BULK_ARRAY "|alloc_pages_bulk_mempolicy_noprof"

/* Like on a machine whose memory is fragmented. */
#define IN_PIECES	"get_page_from_freelist ret=0 silent always"

const struct row rows[] = {
	/* before kernel_clone(): another result of the call, and a kill inside it */
	{ "unexplained", "__x64_sys_clone3|__arm64_sys_clone3 ret=-1 outside", 0, EPERM,
	  AMBIGUOUS | BEFORE_CLONE, filter_nothing },
	{ "unexplained", "copy_clone_args_from_user ret=-1 outside", 0, EPERM,
	  BEFORE_CLONE | ORDINARY, filter_nothing },
	{ "unexplained", "copy_clone_args_from_user ret=-1 outside", CLONE_NEWUTS, EPERM,
	  BEFORE_CLONE, filter_nothing },
	/* unknown checks of calls that ask for something rare */
	{ "unexplained", "copy_clone_args_from_user ret=-1 outside", CLONE_NEWUTS, EPERM,
	  BEFORE_CLONE },
	{ "unexplained", "copy_clone_args_from_user ret=-22 outside", CLONE_NEWNET, EINVAL,
	  BEFORE_CLONE },
	{ "unexplained", "copy_process ret=-1", CLONE_NEWPID | CLONE_NEWUTS, EPERM,
	  BEFORE_CLONE },
	{ "unexplained", "copy_process ret=-22", CLONE_NEWUSER, EINVAL, BEFORE_CLONE },
	{ "seccomp-kill", "do_exit undead outside", 0, 0, BEFORE_CLONE, kill_this_thread },

	/* the task itself */
	{ "task-struct-nomem", ALLOC_NODE " ret=0 arg0=*@task_struct_cachep",
	  0, ENOMEM, UNSEEN },
	{ "task-struct-nomem", ALLOC_NODE " ret=0 arg0=*@task_struct_cachep",
	  THREAD_FLAGS, ENOMEM, UNSEEN },
	{ "kernel-stack-nomem",
	  "__vmalloc_node_range|__vmalloc_node_range_noprof ret=0 from=@copy_process",
	  0, ENOMEM, UNSEEN | RETRY },
	{ "kernel-stack-nomem", "__vmalloc_node_noprof ret=0 from=@copy_process",
	  0, ENOMEM, UNSEEN | RETRY },
	{ "kernel-stack-memcg",
	  "__memcg_kmem_charge_page ret=-12 from=@copy_process",
	  0, ENOMEM, UNSEEN, count_kernel_memory },
	{ "kernel-stack-memcg", "memcg_charge_kernel_stack.part.0 ret=-12",
	  0, ENOMEM, UNSEEN, count_kernel_memory },
	/* killed before its pages are allocated one by one; 7.x tries larger ones first */
	{ "killed-in-vmalloc",
	  ALLOC_BULK " ret=0 kill",
	  0, ENOMEM, UNSEEN | KILLED | RETRY },
	{ "exec-state-nomem", "task_exec_state_copy ret=-12", 0, ENOMEM, 0 },

	/* credentials */
	{ "creds-nomem", "prepare_creds ret=0", 0, ENOMEM, 0 },
	{ "creds-nomem", "security_prepare_creds ret=-1", 0, ENOMEM, 0 },
	{ "creds-nomem", "prepare_creds ret=0", CLONE_NEWUSER, ENOMEM, 0 },
	{ "userns-nomem", ALLOC " ret=0 arg0=*@user_ns_cachep", CLONE_NEWUSER, ENOMEM,
	  OR_USERNS_LSM },
	{ "userns-nomem", "proc_alloc_inum ret=-12", CLONE_NEWUSER,
	  ENOMEM, OR_USERNS_LSM },
	{ "userns-lsm", "security_create_user_ns ret=-1", CLONE_NEWUSER, EPERM, 0 },
	{ "userns-lsm", "security_create_user_ns ret=-13", CLONE_NEWUSER, EACCES, 0 },
	/* as a BPF program may refuse, with an errno of the kernel's own */
	{ "userns-lsm", "security_create_user_ns ret=-11", CLONE_NEWUSER, EAGAIN, AMBIGUOUS },
	{ "userns-lsm", "security_create_user_ns ret=-12", CLONE_NEWUSER, ENOMEM, AMBIGUOUS },
	{ "userns-lsm", "security_create_user_ns ret=-28", CLONE_NEWUSER, ENOSPC, AMBIGUOUS },
	{ "ucounts-alloc-nomem", KZALLOC " ret=0 from=@inc_ucount", CLONE_NEWUSER,
	  ENOSPC, AMBIGUOUS, become_new_user },
	{ "ucounts-alloc-nomem", "alloc_ucounts ret=0 from=@inc_ucount",
	  CLONE_NEWUSER, ENOSPC, AMBIGUOUS },
	{ "ucounts-alloc-nomem", "alloc_ucounts ret=0 from=@copy_creds",
	  CLONE_NEWUSER, EAGAIN, OR_USERNS_LSM },

	/* between the limits and the files */
	{ "io-uring-restriction-nomem", KZALLOC " ret=0 from=@__io_uring_fork",
	  0, ENOMEM, 0, restrict_io_uring },
	{ "kthread-struct-nomem", "set_kthread_struct ret=0 pid=2", 0, EAGAIN,
	  KTHREAD },
	{ "mempolicy-nomem", "__mpol_dup ret=-12", 0, ENOMEM, 0, set_mempolicy_first },
	{ "perf-inherit", "perf_event_alloc ret=-12", 0, ENOMEM, 0, inherit_perf_event },
	{ "perf-inherit", "perf_event_alloc ret=-22", 0, EINVAL, 0, inherit_perf_event },
	{ "perf-inherit", "perf_event_alloc ret=-19", 0, ENODEV, 0, inherit_perf_event },
	{ "audit-nomem", "audit_alloc ret=-12", 0, ENOMEM, 0 },
	{ "lsm-task-alloc", "security_task_alloc ret=-12", 0, ENOMEM, AMBIGUOUS },
	{ "lsm-task-alloc", "security_task_alloc ret=-1", 0, EPERM, 0 },
	{ "lsm-task-alloc", "security_task_alloc ret=-13", THREAD_FLAGS, EACCES, 0 },
	{ "lsm-task-alloc", "security_task_alloc ret=-11", 0, EAGAIN, 0 },
	{ "semundo-nomem", "copy_semundo ret=-12", CLONE_SYSVSEM, ENOMEM, AMBIGUOUS },
	{ "semundo-nomem", "copy_semundo ret=-12", THREAD_FLAGS, ENOMEM, AMBIGUOUS },

	/* files, root and working directory, signals */
	{ "files-nomem", ALLOC " ret=0 arg0=*@files_cachep", 0, ENOMEM, AMBIGUOUS },
	{ "files-nomem", ALLOC " ret=0 arg0=*@files_cachep",
	  CLONE_VM | CLONE_SIGHAND | CLONE_FS | CLONE_THREAD, ENOMEM, AMBIGUOUS },
	/* a list of semaphores to undo, and whether it is shared, tells how far the call got */
	{ "files-nomem", ALLOC " ret=0 arg0=*@files_cachep", THREAD_FLAGS & ~CLONE_FILES,
	  ENOMEM, 0 },
	{ "lsm-task-alloc", "security_task_alloc ret=-12", 0, ENOMEM, 0, undo_semaphores },
	{ "files-nomem", ALLOC " ret=0 arg0=*@files_cachep", CLONE_FS, ENOMEM, 0,
	  undo_semaphores },
	/* on failure it returns NULL, or from 2025 on an error: not forced here */
	{ "files-nomem", KZALLOC " ret=0 from=@alloc_fdtable", 0, ENOMEM, AMBIGUOUS,
	  many_descriptors },
	{ "fs-nomem", "copy_fs_struct ret=0", 0, ENOMEM, 0 },
	{ "sighand-nomem", ALLOC " ret=0 arg0=*@sighand_cachep", 0, ENOMEM, 0 },
	{ "signal-nomem", ALLOC " ret=0 arg0=*@signal_cachep", 0, ENOMEM, 0 },
	{ "signal-nomem", ALLOC " ret=0 arg0=*@signal_cachep",
	  CLONE_VM | CLONE_SIGHAND | CLONE_FS | CLONE_FILES, ENOMEM, 0 },

	/* memory */
	{ "mm-struct-nomem", ALLOC " ret=0 arg0=*@mm_cachep", 0, ENOMEM, AMBIGUOUS },
	{ "mm-struct-nomem", "pgd_alloc ret=0", 0, ENOMEM, AMBIGUOUS },
	{ "vma-nomem", "vm_area_dup ret=0", 0, ENOMEM, AMBIGUOUS },
	{ "vma-nomem", "anon_vma_fork ret=-12", 0, ENOMEM, AMBIGUOUS },
	{ "vma-nomem", "mas_expected_entries ret=-12", 0, ENOMEM, AMBIGUOUS },
	{ "vma-nomem", "__mt_dup ret=-12", 0, ENOMEM, AMBIGUOUS },
	{ "pagetable-nomem", "copy_page_range ret=-12", 0, ENOMEM, AMBIGUOUS },
	{ "ldt-nomem", "ldt_dup_context ret=-12", 0, ENOMEM, AMBIGUOUS, use_ldt },
	{ "binfmt-module-gone", "try_module_get ret=0", 0, ENOMEM, AMBIGUOUS },

	/* memory is fragmented: allocations that may fail do, and smaller ones succeed */
	{ "overcommit-heuristic", IN_PIECES, 0, ENOMEM, 0, map_too_much },

	/* namespaces */
	{ "ns-nomem", "copy_mnt_ns ret=-12", CLONE_NEWNS, ENOMEM, 0 },
	{ "ns-nomem", "copy_utsname ret=-12", CLONE_NEWUTS, ENOMEM, 0 },
	{ "ns-nomem", "copy_ipcs ret=-12", CLONE_NEWIPC, ENOMEM, 0 },
	{ "ns-nomem", "copy_pid_ns ret=-12", CLONE_NEWPID, ENOMEM, 0 },
	{ "ns-nomem", "copy_cgroup_ns ret=-12", CLONE_NEWCGROUP, ENOMEM, 0 },
	{ "ns-nomem", "copy_net_ns ret=-12", CLONE_NEWNET, ENOMEM, AMBIGUOUS },
	{ "ns-nomem", "copy_time_ns ret=-12", CLONE_NEWTIME, ENOMEM, 0 },
	{ "ns-nomem", ALLOC " ret=0 arg0=*@nsproxy_cachep", CLONE_NEWUTS, ENOMEM, 0 },
	{ "ns-nomem", "copy_ipcs ret=-12",
	  CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET, ENOMEM, 0 },
	/* the inode number of a namespace: no count is full */
	{ "ns-nomem", "proc_alloc_inum ret=-28", CLONE_NEWUTS, ENOSPC, AMBIGUOUS },
	{ "netns-killed", "down_read_killable ret=-4 arg0=@pernet_ops_rwsem kill",
	  CLONE_NEWNET, EINTR, KILLED },
	{ "netns-init", "loopback_net_init ret=-17", CLONE_NEWNET, EEXIST, 0 },
	{ "netns-init", "loopback_net_init ret=-11", CLONE_NEWNET, EAGAIN, 0 },
	{ "netns-init", "loopback_net_init ret=-12", CLONE_NEWNET, ENOMEM, AMBIGUOUS },
	{ "netns-init", "loopback_net_init ret=-22", CLONE_NEWNET, EINVAL, 0 },

	/* block I/O context */
	{ "ioctx-nomem", "get_task_io_context ret=0", 0, ENOMEM, AMBIGUOUS,
	  use_io_context },
	{ "ioctx-nomem", "__copy_io ret=-12", 0, ENOMEM, AMBIGUOUS, use_io_context },

	/* PIDs, pidfds */
	{ "pid-nomem", "alloc_pid ret=-12", 0, ENOMEM, 0 },
	{ "pid-nomem", "idr_alloc_cyclic ret=-12 from=@alloc_pid", 0, ENOMEM, 0 },
	/* its predecessor returned void, and must not be skipped */
	{ "pid-nomem", "pidfs_add_pid ret=-12 with=@pidfs_prepare_pid", 0, ENOMEM, 0 },
	{ "pidns-init-not-attached", "cgroup_can_fork hold", 0, EINVAL, SECOND_IN_PIDNS, NULL,
	  first_may_be_held },
	{ "pidfd-nomem", "anon_inode_getfile ret=-12", CLONE_PIDFD, ENOMEM, 0 },
	{ "pidfd-nomem", "pidfs_alloc_file ret=-12", CLONE_PIDFD, ENOMEM, 0 },
	{ "pidfd-file-max", "alloc_empty_file ret=-23", CLONE_PIDFD, ENFILE, 0 },

	/* cgroups */
	{ "cgroup-css-nomem", "find_css_set ret=0", 0, ENOMEM, INTO_CGROUP },
	{ "cgroup-css-nomem", "kernfs_get_inode ret=0", 0, ENOMEM, INTO_CGROUP },
	{ "cpuset-empty", "cpuset_can_attach_check|cpuset_can_fork ret=-28", 0, ENOSPC,
	  INTO_CGROUP },
	{ "cpuset-lsm", "security_task_setscheduler ret=-1", 0, EPERM, INTO_CGROUP },
	{ "cpuset-lsm", "security_task_setscheduler ret=-13", 0, EACCES, INTO_CGROUP },
	{ "cpuset-lsm", "security_task_setscheduler ret=-11", 0, EAGAIN, INTO_CGROUP },

	/* after the cgroups */
	{ "scx-init-task", "scx_fork ret=-12", 0, ENOMEM, 0 },
	{ "scx-init-task", "scx_fork ret=-71", 0, EPROTO, 0 },
	{ "scx-init-task", "scx_fork ret=-11", THREAD_FLAGS, EAGAIN, 0 },
	{ "futex-hash-nomem", "futex_hash_allocate_default ret=-12", THREAD_FLAGS,
	  ENOMEM, AMBIGUOUS },
	{ "killed-late", "cgroup_can_fork kill", 0, EINTR, KILLED },

	/*
	 * An errno that belongs to another stage.  Last: where the stages are only guessed, no
	 * cause is certain after it.
	 */
	{ "unexplained", "copy_creds ret=-22", CLONE_NEWIPC | CLONE_SYSVSEM, EINVAL, 0 },
};

const size_t nr_rows = ARRAY_SIZE(rows);
