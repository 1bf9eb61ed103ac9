// SPDX-License-Identifier: GPL-2.0-only
/*
 * fork_syscall.c - which system call of the fork family the running task is in
 */
#include <linux/audit.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>

#include "../../uapi/forkfail.h"
#include "compat/compat.h"
#include "evidence/clone3.h"
#include "evidence/fork_syscall.h"

/**
 * ff_fork_syscall - what a system call's number means to the running task
 * @nr: the number, as syscall_get_nr() gives it
 *
 * 32-bit numbers are the same on x86 and arm.
 *
 * Return: FORKFAIL_SYSCALL_*; NONE if it is none of the fork family.
 */
u8 ff_fork_syscall(int nr)
{
	if (unlikely(!(syscall_get_arch(current) & __AUDIT_ARCH_64BIT))) {
		switch (nr) {
		case 2:
			return FORKFAIL_SYSCALL_FORK;
		case 120:
			return FORKFAIL_SYSCALL_CLONE;
		case 190:
			return FORKFAIL_SYSCALL_VFORK;
		case __NR_clone3:
			return FORKFAIL_SYSCALL_CLONE3;
		}
		return FORKFAIL_SYSCALL_NONE;
	}
	switch (ff_common_nr(nr)) {
#ifdef __NR_fork
	case __NR_fork:
		return FORKFAIL_SYSCALL_FORK;
	case __NR_vfork:
		return FORKFAIL_SYSCALL_VFORK;
#endif
	case __NR_clone:
		return FORKFAIL_SYSCALL_CLONE;
	case __NR_clone3:
		return FORKFAIL_SYSCALL_CLONE3;
	}
	return FORKFAIL_SYSCALL_NONE;
}

/**
 * ff_running_fork_syscall - the fork call that the running task is inside of
 *
 * Any context in which current is the task that calls.  On its way back, when the
 * answer stands in its registers, a task is not inside any more.
 *
 * Return: FORKFAIL_SYSCALL_*; NONE if it is in none.
 */
u8 ff_running_fork_syscall(void)
{
	struct pt_regs *regs;

	if (current->flags & (PF_KTHREAD | PF_IO_WORKER))
		return FORKFAIL_SYSCALL_NONE;
	regs = current_pt_regs();
	return ff_answer_is_there(regs) ? FORKFAIL_SYSCALL_NONE :
	       ff_fork_syscall(syscall_get_nr(current, regs));
}

/**
 * ff_fork_kind - what a call with these flags creates
 * @flags: clone flags
 *
 * Return: FORKFAIL_KIND_*.
 */
u8 ff_fork_kind(u64 flags)
{
	return flags & CLONE_THREAD ? FORKFAIL_KIND_THREAD :
	       flags & CLONE_VFORK ? FORKFAIL_KIND_VFORK : FORKFAIL_KIND_PROCESS;
}

/**
 * ff_fork_syscall_flags - the flags that the running task gave
 * @syscall: the call that it is in, FORKFAIL_SYSCALL_*
 * @flags: receives them
 *
 * In the task itself.  clone3()'s are looked up in the caller's memory, which may
 * have changed since the kernel read it.
 *
 * Return: false if they cannot be known.
 */
bool ff_fork_syscall_flags(u8 syscall, u64 *flags)
{
	struct ff_clone3_look l;
	unsigned long arg[6];

	*flags = 0;
	switch (syscall) {
	case FORKFAIL_SYSCALL_FORK:
		return true;
	case FORKFAIL_SYSCALL_VFORK:
		*flags = CLONE_VFORK | CLONE_VM;
		return true;
	case FORKFAIL_SYSCALL_CLONE:
		syscall_get_arguments(current, current_pt_regs(), arg);
		*flags = lower_32_bits(arg[0]) & ~CSIGNAL;
		return true;
	case FORKFAIL_SYSCALL_CLONE3:
		ff_clone3_look_at(&l);
		*flags = l.a.flags;
		return l.readable && l.size >= FF_CLONE3_SIZE_0;
	}
	return false;
}
