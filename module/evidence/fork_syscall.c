// SPDX-License-Identifier: GPL-2.0-only
/*
 * fork_syscall.c - which system call of the fork family the running task makes, and its arguments
 *
 * The task itself reads clone3()'s arguments from its memory, without faulting pages in.
 */
#include <linux/audit.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../../uapi/forkfail.h"
#include "compat/compat.h"
#include "evidence/fork_syscall.h"
#include "rules/syscall_rules.h"

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

/* Like the kernel, stop at the first byte that is not zero or cannot be read. */
static void read_tail(struct ff_clone3_args *l, const char __user *p, size_t n)
{
	u8 buf[64];
	size_t now;

	l->tail_zero = true;
	for (; n; n -= now, p += now) {
		/* page by page: the next one may not be mapped */
		now = min3(n, sizeof(buf), (size_t)(PAGE_SIZE - offset_in_page(p)));
		if (copy_from_user_nofault(buf, p, now))
			return;
		if (memchr_inv(buf, 0, now)) {
			l->tail_zero = false;
			break;
		}
	}
	l->tail_readable = true;
}

/**
 * ff_clone3_read - read the arguments of the running task's clone3()
 * @l: receives them
 *
 * Only in the task itself; also from a hook.  Memory that cannot be read here may be
 * readable for the kernel, which can fault it in.
 */
void ff_clone3_read(struct ff_clone3_args *l)
{
	unsigned long where, size, known;
	const void __user *args;
	struct ff_clone3 *a = &l->a;
	pid_t set_tid[FF_MAX_LEVELS];

	ff_syscall_arguments(&where, &size);
	args = (const void __user *)where;
	known = min_t(unsigned long, size, sizeof(*a));
	memset(l, 0, sizeof(*l));
	l->size = size;
	/* a task that is exiting may have no memory any more */
	if (!current->mm || size > PAGE_SIZE)
		return;
	read_tail(l, args + known, size - known);
	if (copy_from_user_nofault(a, args, known)) {
		memset(a, 0, sizeof(*a));	/* a part may have been copied */
		return;
	}
	l->readable = true;
	l->stack_ok = access_ok((void __user *)a->stack, a->stack_size);
	l->set_tid_readable = a->set_tid_size < ARRAY_SIZE(set_tid) &&
		!copy_from_user_nofault(set_tid, (void __user *)a->set_tid,
					a->set_tid_size * sizeof(*set_tid));
}

/**
 * ff_clone3_is_fine - can clone3()'s arguments not be refused?
 *
 * In the task itself, on every clone3().  Arguments that pass this check also pass
 * ff_clone3_refuses().
 *
 * Return: false if ff_clone3_read() is needed to know.
 */
bool ff_clone3_is_fine(void)
{
	unsigned long where, size;
	const struct ff_clone3 __user *u;
	u64 flags, exit_signal, stack, stack_size, set_tid, set_tid_size;
	u64 __maybe_unused last;
	const u64 sighand = CLONE_SIGHAND | FF_CLONE_CLEAR_SIGHAND;

	ff_syscall_arguments(&where, &size);
	u = (const struct ff_clone3 __user *)where;
	if (size != sizeof(*u))
		return false;
	pagefault_disable();
	if (!user_access_begin(u, sizeof(*u))) {
		pagefault_enable();
		return false;
	}
	unsafe_get_user(flags, &u->flags, fault);
	unsafe_get_user(exit_signal, &u->exit_signal, fault);
	unsafe_get_user(stack, &u->stack, fault);
	unsafe_get_user(stack_size, &u->stack_size, fault);
	unsafe_get_user(set_tid, &u->set_tid, fault);
	unsafe_get_user(set_tid_size, &u->set_tid_size, fault);
	/* it spans two pages at the most: the first and last fields touch both */
	unsafe_get_user(last, &u->cgroup, fault);
	user_access_end();
	pagefault_enable();
	/* only flags that every clone3() knows, and that are never refused */
	return !(flags & ~(FF_CLONE_USUAL & ~FF_CLONE_INTO_CGROUP)) &&
	       (flags & sighand) != sighand && !set_tid && !set_tid_size &&
	       exit_signal <= SIGRTMAX &&
	       (!exit_signal || !(flags & (CLONE_THREAD | CLONE_PARENT))) &&
	       !stack == !stack_size && access_ok((void __user *)stack, stack_size);
fault:
	user_access_end();
	pagefault_enable();
	return false;
}
