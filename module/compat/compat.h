/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - every difference between kernel versions
 *
 * Nothing but this and the two files that it includes (what the kernel does;
 * where it counts and limits) tests a version.  Where a header can be asked
 * (Kbuild's ff-has), it is; a version number stands only for what no header
 * shows.  Everything in the three was read in the sources of 5.10.223,
 * 6.1.192, 6.12.95 and 7.2.12; what goes by the version in those of
 * tests/facts/table, too.
 */
#ifndef FORKFAIL_COMPAT_H
#define FORKFAIL_COMPAT_H

#include <linux/atomic.h>
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/nsproxy.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
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
 * 5.11 replaced pt_regs by ftrace_regs.  5.10 hands registers only to an ops
 * that asks to save them (32 to 35 instructions per hit), so there only the
 * witnesses ask.  From 6.1 on the arguments come with every ftrace_regs.
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

/* The caller of a function at whose first instruction a kprobe sits. */
static inline unsigned long ff_return_address(struct pt_regs *regs)
{
#ifdef CONFIG_X86
	return *(unsigned long *)kernel_stack_pointer(regs);
#else
	return procedure_link_pointer(regs);
#endif
}

/*
 * 5.10 guards a handler against recursion unless it says that it is safe (86
 * instructions instead of 38); from 5.11 on it is the other way round.
 */
#ifdef FF_HAS_FTRACE_RECURSION_SAFE
#define FF_FTRACE_FLAGS	(FTRACE_OPS_FL_PERMANENT | FTRACE_OPS_FL_RECURSION_SAFE)
#else
#define FF_FTRACE_FLAGS	FTRACE_OPS_FL_PERMANENT
#endif

/*
 * Does a hit run only the ftrace_ops that hooks the function?  On arm64 it does in
 * 6.12; in 6.1 it goes through the list of all there are, which is 700 instructions
 * for every mmap, and for every system call under a filter.
 */
#define FF_FTRACE_DIRECT \
	(IS_ENABLED(CONFIG_X86) || IS_ENABLED(CONFIG_DYNAMIC_FTRACE_WITH_CALL_OPS))

/*
 * How far behind a function's first byte ftrace's own address of it may lie:
 * ENDBR on x86 with IBT (4), BTI and patched NOPs on arm64 (4 or 8).
 */
#define FF_FTRACE_IP_SLACK	16

/* Whose instance it is: 5.10 has it in the instance. */
static inline struct kretprobe *ff_kretprobe_of(struct kretprobe_instance *ri)
{
#ifdef FF_HAS_GET_KRETPROBE
	return get_kretprobe(ri);
#else
	return ri->rp;
#endif
}

/*
 * What create_io_thread() and vhost_task_create() give to copy_process() as flags;
 * read in 5.15, 6.1, 6.12, 7.2 and 6.12, 7.2.
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
 * The list is current->task_works, a stack.  Others push to it (task_work_add()) and
 * take single works out of its middle (task_work_cancel(), under pi_lock), and an
 * interrupt here may push: all of them by cmpxchg(), as here.  Only the task itself
 * takes the whole (task_work_run()).  It leaves NULL there; work_exited, which no
 * module can compare with, only when the list is empty behind PF_EXITING, which the
 * task sets for itself on its way into exit_task_work().  So a task that is not
 * PF_EXITING meets a list that will be run: on its way back to user space, or in
 * exit_task_work() if it dies before.
 *
 * set_notify_resume() does two things: it sets the flag, and kicks the CPU that the
 * task runs on, which is this one.  What is left out is KASAN's record of the caller.
 * No lock, nothing that sleeps: the same on PREEMPT_RT.
 *
 * Read in 5.10.262, 6.1.192, 6.12.118, 6.18.35, 7.2.12 and RHEL 8.10, 9.0 to 9.6 and
 * 10.0: the same in all but how task_work_run() takes pi_lock.
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

/* the caller asked for its children to be reaped: 7.1 */
static inline bool ff_autoreap(void)
{
#ifdef CLONE_AUTOREAP
	return current->signal->autoreap;
#else
	return false;
#endif
}

/* A shadow stack of user space's (x86), a guarded control stack (arm64). */
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

/* What copy_thread() makes of it on x86: set_new_tls(), the same in 5.10 to 7.2. */
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

/* x32 calls have numbers of their own only where they differ. */
static __always_inline int ff_common_nr(int nr)
{
#ifdef CONFIG_X86_X32_ABI
	return nr & ~__X32_SYSCALL_BIT;
#else
	return nr;
#endif
}

/*
 * Does the answer of the running task's system call stand in its registers?  x86
 * has -ENOSYS there until it does; arm64 has an argument, and nothing tells.
 */
static inline bool ff_answer_is_there(struct pt_regs *regs)
{
#ifdef CONFIG_X86
	return syscall_get_error(current, regs) != -ENOSYS;
#else
	return false;
#endif
}

/*
 * The number of the system call that the running task is about to restart because
 * of a signal, -1 if none is.  For the hook on get_signal(): x86 has the answer in
 * place until that returns; arm64 has put the registers back by then, and forgotten
 * the number (read in 6.1, 6.12, 7.2).
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

/* Was a child to have an exec state of its own, and has none?  7.2 and later. */
static inline bool ff_has_no_exec_state(const struct task_struct *p, u64 flags)
{
#ifdef FF_HAS_EXEC_STATE
	return !(flags & CLONE_VM) && !rcu_access_pointer(p->exec_state);
#else
	return false;
#endif
}

/* A task's state: its name is another one from 5.14 on. */
static __always_inline unsigned int ff_task_state(const struct task_struct *p)
{
#ifdef FF_HAS_TASK_STATE_UNDERSCORE
	return READ_ONCE(p->__state);
#else
	return READ_ONCE(p->state);
#endif
}

/* The functions that are the calls of the fork family, of either width, to be found. */
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
 * Is anybody's hook on a function?  What was a no-op at its entry is a call of
 * ftrace's then, or a kprobe's breakpoint or jump.
 */
static inline bool ff_function_hooked(unsigned long start)
{
#ifdef CONFIG_X86
	const u8 *p = (const u8 *)start;
	unsigned int i;

	/* behind ENDBR, too, or what a kernel without IBT has made of that */
	for (i = 0; i <= 4; i += 4) {
		u8 first = READ_ONCE(p[i]);

		if (first == 0xe8 || first == 0xe9 || first == 0xcc)	/* CALL, JMP, INT3 */
			return true;
	}
#else
	const u32 *p = (const u32 *)start;
	unsigned int i;

	/* in ftrace's second instruction, which comes behind BTI if there is one */
	for (i = 0; i <= 2; i++) {
		u32 insn = READ_ONCE(p[i]);

		if ((insn & 0xfc000000) == 0x94000000 ||	/* BL */
		    (insn & 0xffe0001f) == 0xd4200000)		/* BRK */
			return true;
	}
#endif
	return false;
}

/* What ptrace_notify() tells; an argument where 5.10 has only the field. */
static inline unsigned long ff_stop_message(ff_regs *regs)
{
#ifdef FF_HAS_PTRACE_NOTIFY_MESSAGE
	return regs ? ff_ftrace_argument(regs, 1) : 0;
#else
	return current->ptrace_message;
#endif
}

/* PTRACE_SYSEMU: no call of this task is meant for this kernel. */
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
#ifdef FF_HAS_ARGS_FN	/* not in RHEL 9.2 to 9.4, which have the one above */
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
 * Which argument of mprotect_fixup() is the mapping; start and end are the
 * second and the third behind it.  6.1 put the mmu_gather before it, 6.12 (not
 * 6.1) an iterator as well.
 */
#if defined(FF_HAS_MPROTECT_ITERATOR)
#define FF_MPROTECT_VMA	2
#elif defined(FF_HAS_MPROTECT_GATHER)
#define FF_MPROTECT_VMA	1
#else
#define FF_MPROTECT_VMA	0
#endif

#endif /* FORKFAIL_COMPAT_H */
