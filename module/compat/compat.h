/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - every difference between kernel versions
 *
 * Only this file and the two that it includes test a version: compat-facts.h (what the
 * kernel does) and compat-limits.h (where it counts and limits).  Kbuild's ff-has looks
 * in the kernel's headers where they show a difference; a version number is compared
 * only where they do not.  All facts in the three files were read in the sources of
 * 5.10.223, 6.1.192, 6.12.95 and 7.2.12, and those that depend on the version also in
 * the sources listed in tests/facts/table.
 */
#ifndef FORKFAIL_COMPAT_H
#define FORKFAIL_COMPAT_H

#include <linux/atomic.h>
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/nsproxy.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/shm.h>
#include <linux/thread_info.h>
#include <linux/version.h>
#include <asm/syscall.h>
#include <asm/unistd.h>
#ifdef CONFIG_X86_USER_SHADOW_STACK
#include <asm/prctl.h>
#endif
#ifdef CONFIG_ARM64_GCS
#include <uapi/linux/prctl.h>
#endif

#include "compat/compat-facts.h"
#include "compat/compat-limits.h"

/* ---- ftrace entry handlers ---------------------------------------------- */

/*
 * 5.11 replaced pt_regs by ftrace_regs.  5.10 passes registers only to an ops that
 * asks for them (32 to 35 instructions per hit), so there only handlers that need
 * arguments ask.  From 6.1 on every ftrace_regs has the arguments.
 */
#ifdef FF_HAS_FTRACE_REGS
typedef struct ftrace_regs ff_regs;
#define FF_FTRACE_ARGS_FLAGS	0
#else
typedef struct pt_regs ff_regs;
#define FF_FTRACE_ARGS_FLAGS	FTRACE_OPS_FL_SAVE_REGS
#endif

#if defined(FF_HAS_FTRACE_REGS_ARGUMENT) || \
	(defined(FF_HAS_FTRACE_REGS) && defined(ftrace_regs_get_argument))
#define ff_ftrace_argument(regs, n)	ftrace_regs_get_argument(regs, n)
#elif defined(FF_HAS_FTRACE_REGS)
static __always_inline unsigned long ff_ftrace_argument(ff_regs *fregs, unsigned int n)
{
	return regs_get_kernel_argument(&fregs->regs, n);
}
#else
#define ff_ftrace_argument(regs, n)	regs_get_kernel_argument(regs, n)
#endif

/* The return address, for a kprobe on a function's first instruction. */
static inline unsigned long ff_return_address(struct pt_regs *regs)
{
#ifdef CONFIG_X86
	return *(unsigned long *)kernel_stack_pointer(regs);
#else
	return procedure_link_pointer(regs);
#endif
}

/*
 * 5.10 protects a handler against recursion unless a flag says that the handler is safe
 * (86 instructions instead of 38).  From 5.11 on a handler has to ask for protection.
 */
#ifdef FF_HAS_FTRACE_RECURSION_SAFE
#define FF_FTRACE_FLAGS	(FTRACE_OPS_FL_PERMANENT | FTRACE_OPS_FL_RECURSION_SAFE)
#else
#define FF_FTRACE_FLAGS	FTRACE_OPS_FL_PERMANENT
#endif

/*
 * Does a hit call only the ftrace_ops that hooks this function?  On arm64 it does in
 * 6.12.  In 6.1 it walks the list of all ftrace_ops, which costs 700 instructions for
 * every mmap, and for every system call under a seccomp filter.
 */
#define FF_FTRACE_DIRECT \
	(IS_ENABLED(CONFIG_X86) || IS_ENABLED(CONFIG_DYNAMIC_FTRACE_WITH_CALL_OPS))

/*
 * Ftrace's address of a function lies less than that behind its first byte: ENDBR on x86
 * with IBT (4 bytes), BTI and patched NOPs on arm64 (4 or 8 bytes).
 */
#if defined(CONFIG_X86) && !defined(CONFIG_X86_KERNEL_IBT)
#define FF_FTRACE_IP_SLACK	1
#else
#define FF_FTRACE_IP_SLACK	16
#endif

/*
 * Can a handler that needs arguments be called without?  5.10 does not call it in the
 * moment in which its function is not yet patched to save registers (ftrace_ops_test()).
 */
#define FF_FTRACE_ARGS_MISSING(regs)	(!IS_ENABLED(CONFIG_X86) && unlikely(!(regs)))

/* The kretprobe that an instance belongs to; 5.10 keeps a pointer in the instance. */
static inline struct kretprobe *ff_kretprobe_of(struct kretprobe_instance *ri)
{
#ifdef FF_HAS_GET_KRETPROBE
	return get_kretprobe(ri);
#else
	return ri->rp;
#endif
}

/*
 * The flags that create_io_thread() and vhost_task_create() pass to copy_process();
 * read in 5.15, 6.1, 6.12 and 7.2, and in 6.12 and 7.2.
 */
#define FF_IO_THREAD_FLAGS	(CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | \
				 CLONE_IO | CLONE_VM | CLONE_UNTRACED)
#define FF_VHOST_TASK_FLAGS	(CLONE_FS | CLONE_UNTRACED | CLONE_VM | CLONE_THREAD | \
				 CLONE_SIGHAND)

/* ---- the running task ---------------------------------------------------- */

/*
 * task_work_add() for the running task, with TWA_RESUME.  Debian and Ubuntu export
 * that function; mainline and RHEL do not.
 *
 * The list is current->task_works, a stack.  Other tasks, and an interrupt on this CPU,
 * may push to it (task_work_add()); task_work_cancel() removes single entries, under
 * pi_lock.  They all use cmpxchg(), as this does.  Only the task itself takes the whole
 * list (task_work_run()) and leaves NULL.  It leaves work_exited, which no module can
 * compare with, only if the list is empty and PF_EXITING is set, and the task itself
 * sets PF_EXITING on its way into exit_task_work().  So while PF_EXITING is not set, the
 * list will still be run: when the task returns to user space, or in exit_task_work().
 *
 * set_notify_resume() sets the flag and kicks the CPU that the task runs on, which is
 * this one.  KASAN's record of the caller is left out.  This takes no lock and does not
 * sleep, on PREEMPT_RT either.
 *
 * Read in 5.10.262, 6.1.192, 6.12.118, 6.18.35, 7.2.12 and RHEL 8.10, 9.0 to 9.6 and
 * 10.0; they differ only in how task_work_run() takes pi_lock.
 */
static inline int ff_task_work_add(struct callback_head *work)
{
	struct callback_head *head;

	if (current->flags & PF_EXITING)
		return -ESRCH;
	do {
		head = READ_ONCE(current->task_works);
		work->next = head;
	} while (cmpxchg(&current->task_works, head, work) != head);
	set_thread_flag(TIF_NOTIFY_RESUME);
	return 0;
}

/*
 * Take back the running task's task_work, if it is the only one.  Whoever cancels a work of
 * their own walks this list under pi_lock, and may have found @work there just before.  If
 * that is possible, *@walked is set: @work->next must then stay as it is until a grace period
 * has passed, and none passes while the lock is held, with interrupts disabled.
 *
 * pi_lock is only looked at.  That is enough where cmpxchg() and taking a lock are full
 * barriers: either they have found the list empty, or their lock is seen here.  On
 * arm64 taking a lock is not one.
 */
static inline bool ff_task_work_take_back(struct callback_head *work, bool *walked)
{
	if (!IS_ENABLED(CONFIG_X86) || READ_ONCE(work->next) ||
	    cmpxchg(&current->task_works, work, NULL) != work)
		return false;
	*walked = raw_spin_is_locked(&current->pi_lock);
	return true;
}

/* How often another task has had the running task's CPU. */
static inline unsigned long ff_switches(void)
{
	return current->nvcsw + current->nivcsw;
}

/*
 * Clear TIF_NOTIFY_RESUME, which was set for @work alone when ff_switches() was @switches,
 * unless anything else has to be done on the way back to user space since then.
 *
 * All who set the flag during a system call leave first what resume_user_mode_work()
 * (tracehook_notify_resume() before 5.18) looks for, but for restartable sequences
 * before 6.19: rseq_event_mask is set and often stays so.  They want the flag if the
 * task was switched out, as only then its CPU can change; and for membarrier(), which is
 * about what runs in user space at that moment.  From 6.19 on they have their own flag.
 *
 * Read in 5.10.262, 6.1.192, 6.6.87, 6.12.118, 6.18.15, 6.19.10, 7.1.5, 7.2.12, 7.3.4 and
 * RHEL 9.6 and 10.0.
 */
static inline void ff_resume_forget(unsigned long switches)
{
	bool wanted;

	clear_thread_flag(TIF_NOTIFY_RESUME);
	/* before looking: who leaves something after this sets the flag again */
	smp_mb__after_atomic();
	wanted = READ_ONCE(current->task_works) || switches != ff_switches();
#ifdef CONFIG_KEYS
	wanted |= !!current->cached_requested_key;
#endif
#ifdef CONFIG_MEMCG
	wanted |= !!current->memcg_nr_pages_over_high;
#endif
#if defined(CONFIG_BLK_CGROUP) && defined(FF_HAS_THROTTLE_DISK)
	wanted |= !!current->throttle_disk;
#elif defined(CONFIG_BLK_CGROUP)
	wanted |= !!current->throttle_queue;
#endif
	if (wanted)
		set_thread_flag(TIF_NOTIFY_RESUME);
}

/* The running task is reaped automatically (CLONE_AUTOREAP): 7.1 and later. */
static inline bool ff_autoreap(void)
{
#ifdef CLONE_AUTOREAP
	return current->signal->autoreap;
#else
	return false;
#endif
}

/* Does the running task use a shadow stack (x86) or a guarded control stack (arm64)? */
static inline bool ff_shadow_stack(void)
{
#if defined(CONFIG_X86_USER_SHADOW_STACK)
	return current->thread.features & ARCH_SHSTK_SHSTK;
#elif defined(CONFIG_ARM64_GCS)
	return current->thread.gcs_el0_mode & PR_SHADOW_STACK_ENABLE;
#else
	return false;
#endif
}

/* Does copy_thread() on x86 accept this TLS?  set_new_tls() is the same in 5.10 to 7.2. */
static inline enum ff_tls ff_tls(unsigned long tls)
{
#ifdef CONFIG_X86_64
	if (in_ia32_syscall())
		return FF_TLS_IA32;
	return tls >= TASK_SIZE_MAX ? FF_TLS_REFUSED : FF_TLS_TAKEN;
#else
	return FF_TLS_UNKNOWN;
#endif
}

static inline bool ff_timens_mismatch(const struct nsproxy *ns)
{
#ifdef CONFIG_TIME_NS
	return ns->time_ns != ns->time_ns_for_children;
#else
	return false;
#endif
}

/* ---- system calls -------------------------------------------------------- */

/* An x32 call has its own number only if it differs from the 64-bit call. */
static __always_inline int ff_common_nr(int nr)
{
#ifdef CONFIG_X86_X32_ABI
	return nr & ~__X32_SYSCALL_BIT;
#else
	return nr;
#endif
}

/* The first two arguments of its system call: an array of all would have to be zeroed. */
static __always_inline void ff_syscall_arguments(unsigned long *first, unsigned long *second)
{
	const struct pt_regs *regs = current_pt_regs();

#ifdef CONFIG_X86
	*first = in_ia32_syscall() ? regs->bx : regs->di;
	*second = in_ia32_syscall() ? regs->cx : regs->si;
#else
	*first = regs->orig_x0;
	*second = regs->regs[1];
#endif
}

/*
 * Do the running task's registers hold the return value of its system call?  On x86
 * they hold -ENOSYS until then.  On arm64 the register holds the first argument until
 * then, so this cannot be told.
 */
#define FF_TELLS_IF_RETURNED	IS_ENABLED(CONFIG_X86)

static inline bool ff_return_value_is_set(struct pt_regs *regs)
{
	return FF_TELLS_IF_RETURNED && syscall_get_error(current, regs) != -ENOSYS;
}

/*
 * The number of the system call whose return value is known.  On arm64 do_signal() clears
 * it before pending task_works run (read in 6.1, 6.12, 7.2); x8 still has it.
 */
static inline int ff_returned_syscall(struct pt_regs *regs)
{
#ifdef CONFIG_ARM64
	if (regs->syscallno == NO_SYSCALL)
		return (int)regs->regs[8];
#endif
	return syscall_get_nr(current, regs);
}

/*
 * The number of the system call that the running task is about to restart because of a
 * signal, or -1.  For the hook on get_signal(): x86 keeps the return value in place
 * until that function returns; arm64 has already restored the registers and cleared the
 * number (read in 6.1, 6.12, 7.2).
 */
static inline int ff_restarting_syscall(struct pt_regs *regs)
{
#ifdef CONFIG_X86
	return syscall_get_error(current, regs) == -513 ? syscall_get_nr(current, regs) : -1;
#else
	return regs->syscallno == NO_SYSCALL && regs->regs[0] == regs->orig_x0 ?
		(int)regs->regs[8] : -1;
#endif
}

/* Workers of vhost: 6.4 and later. */
#ifdef PF_USER_WORKER
#define FF_PF_USER_WORKER	PF_USER_WORKER
#else
#define FF_PF_USER_WORKER	0
#endif

/* Did a child need its own exec state, and did not get one?  7.2 and later. */
static inline bool ff_has_no_exec_state(const struct task_struct *p, u64 flags)
{
#ifdef FF_HAS_EXEC_STATE
	return !(flags & CLONE_VM) && !rcu_access_pointer(p->exec_state);
#else
	return false;
#endif
}

/*
 * Is a child's list of shared memory still its parent's?  It gets its own after perf and
 * audit.  Without SYSVIPC this cannot be told.
 */
static inline bool ff_before_security(const struct task_struct *p)
{
#ifdef CONFIG_SYSVIPC
	return p->sysvshm.shm_clist.next != &p->sysvshm.shm_clist;
#else
	return false;
#endif
}

/* A task's state; 5.14 renamed the field. */
static __always_inline unsigned int ff_task_state(const struct task_struct *p)
{
#ifdef FF_HAS_TASK_STATE_UNDERSCORE
	return READ_ONCE(p->__state);
#else
	return READ_ONCE(p->state);
#endif
}

/* The entry functions of the fork family's system calls, 64-bit and 32-bit. */
#ifdef CONFIG_X86
#define FF_FORK_FUNCTIONS						\
	{ .name = "__x64_sys_clone" }, { .name = "__x64_sys_clone3" },	\
	{ .name = "__x64_sys_fork" }, { .name = "__x64_sys_vfork" },	\
	{ .name = "__ia32_compat_sys_ia32_clone" }, { .name = "__ia32_sys_clone3" }
#else
#define FF_FORK_FUNCTIONS						\
	{ .name = "__arm64_sys_clone" }, { .name = "__arm64_sys_clone3" }, \
	{ .name = "__arm64_sys_fork" }, { .name = "__arm64_sys_vfork" }
#endif

/*
 * Has anybody hooked this function?  Then the no-op at its entry is replaced by ftrace's
 * call, or by a kprobe's breakpoint or jump.
 */
static inline bool ff_function_hooked(unsigned long start)
{
#ifdef CONFIG_X86
	const u8 *p = (const u8 *)start;
	unsigned int i;

	/* also behind ENDBR, or the no-op that a kernel without IBT replaces it by */
	for (i = 0; i <= 4; i += 4) {
		u8 first = READ_ONCE(p[i]);

		if (first == 0xe8 || first == 0xe9 || first == 0xcc)	/* CALL, JMP, INT3 */
			return true;
	}
#else
	const u32 *p = (const u32 *)start;
	unsigned int i;

	/* ftrace patches its second instruction, which may follow a BTI */
	for (i = 0; i <= 2; i++) {
		u32 insn = READ_ONCE(p[i]);

		if ((insn & 0xfc000000) == 0x94000000 ||	/* BL */
		    (insn & 0xffe0001f) == 0xd4200000)		/* BRK */
			return true;
	}
#endif
	return false;
}

/* The message of ptrace_notify(): an argument, except in 5.10, which has only the field. */
static inline unsigned long ff_stop_message(ff_regs *regs)
{
#ifdef FF_HAS_PTRACE_NOTIFY_MESSAGE
	return regs ? ff_ftrace_argument(regs, 1) : 0;
#else
	return current->ptrace_message;
#endif
}

/* PTRACE_SYSEMU: a tracer emulates all system calls of this task. */
static inline bool ff_syscall_emulated(void)
{
#ifdef SYSCALL_WORK_SYSCALL_EMU
	return test_syscall_work(SYSCALL_EMU);
#elif defined(TIF_SYSCALL_EMU)
	return test_thread_flag(TIF_SYSCALL_EMU);
#else
	return false;
#endif
}

/* ---- kernel_clone_args: who calls ---------------------------------------- */

static inline u8 ff_args_kind(const struct kernel_clone_args *args)
{
#ifdef FF_HAS_ARGS_IO_THREAD
	if (args->io_thread)
		return FORKFAIL_KIND_IO_WORKER;
#endif
#ifdef FF_HAS_ARGS_USER_WORKER
	if (args->user_worker)
		return FORKFAIL_KIND_USER_WORKER;
#endif
#ifdef FF_HAS_ARGS_KTHREAD
	if (args->kthread)
		return FORKFAIL_KIND_KTHREAD;
#endif
#ifdef FF_HAS_ARGS_FN	/* not in RHEL 9.2 to 9.4, which have kthread */
	if (args->fn)
		return FORKFAIL_KIND_KTHREAD;
#endif
	if (args->flags & CLONE_THREAD)
		return FORKFAIL_KIND_THREAD;
	if (args->flags & CLONE_VFORK)
		return FORKFAIL_KIND_VFORK;
	return FORKFAIL_KIND_PROCESS;
}

/* ---- mappings ------------------------------------------------------------ */

/*
 * The index of mprotect_fixup()'s vma argument; start and end are the second and the
 * third argument after it.  6.1 added an mmu_gather before it, and 6.12 (not 6.1) an
 * iterator as well.
 */
#if defined(FF_HAS_MPROTECT_ITERATOR)
#define FF_MPROTECT_VMA	2
#elif defined(FF_HAS_MPROTECT_GATHER)
#define FF_MPROTECT_VMA	1
#else
#define FF_MPROTECT_VMA	0
#endif

#endif /* FORKFAIL_COMPAT_H */
