// SPDX-License-Identifier: GPL-2.0-only
/*
 * clone3.c - reads clone3()'s arguments from the caller's memory
 *
 * The task itself reads them, without faulting pages in.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "compat/compat.h"
#include "evidence/clone3.h"

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
