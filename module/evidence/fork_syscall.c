// SPDX-License-Identifier: GPL-2.0-only
/*
 * fork_syscall.c - which system call of the fork family the running task is making
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
 * ff_fork_syscall - is this system call number one of the fork family?
 * @nr: the running task's number, as syscall_get_nr() returns it
 *
 * The 32-bit numbers are the same on x86 and arm.
 *
 * Return: FORKFAIL_SYSCALL_*; NONE if it is not.
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
 * ff_running_fork_syscall - which call of the fork family is the running task inside?
 *
 * Not from an interrupt.  Once the return value is in its registers, a task is no
 * longer inside the call.
 *
 * Return: FORKFAIL_SYSCALL_*; NONE if it is inside none.
 */
u8 ff_running_fork_syscall(void)
{
	struct pt_regs *regs;

	if (current->flags & (PF_KTHREAD | PF_IO_WORKER))
		return FORKFAIL_SYSCALL_NONE;
	regs = current_pt_regs();
	return ff_return_value_is_set(regs) ? FORKFAIL_SYSCALL_NONE :
	       ff_fork_syscall(syscall_get_nr(current, regs));
}

/**
 * ff_fork_kind - what does a call with these flags create?
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
 * ff_fork_syscall_flags - get the clone flags of the running task's call
 * @syscall: which call it is, FORKFAIL_SYSCALL_*
 * @flags: receives them
 *
 * In the task itself.  clone3()'s flags are read from the caller's memory, which may have
 * changed since the kernel read it.
 *
 * Return: false if they cannot be read.
 */
bool ff_fork_syscall_flags(u8 syscall, u64 *flags)
{
	struct ff_clone3_args l;
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
		ff_clone3_read(&l);
		*flags = l.a.flags;
		return l.readable && l.size >= FF_CLONE3_SIZE_0;
	}
	return false;
}
