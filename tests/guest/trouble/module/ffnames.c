// SPDX-License-Identifier: GPL-2.0-only
/*
 * ffnames - has functions and variables of names that forkfail looks for
 *
 * For tests of forkfail on machines that nobody needs; no part of it.  The
 * functions are those that the kernels of the tests have under another name (a
 * compiler has added to it) or not at all.
 */
#include <linux/kernel.h>
#include <linux/module.h>

/* Some have a declaration in a header: the names are the linker's only. */
#define OTHER(name, value)						\
static noinline long other_##name(void) __asm__(#name);			\
static noinline long other_##name(void)					\
{									\
	barrier();							\
	return value;							\
}

OTHER(seccomp_do_user_notification, 1)
OTHER(do_execveat_common, 2)
OTHER(copy_semundo, 3)

static int other_pid_max __asm__("pid_max") = 7;

static int __init names_init(void)
{
	return other_seccomp_do_user_notification() + other_do_execveat_common() +
	       other_copy_semundo() + READ_ONCE(other_pid_max) == 13 ? 0 : -EINVAL;
}

static void __exit names_exit(void)
{
	WRITE_ONCE(other_pid_max, 0);
}

module_init(names_init);
module_exit(names_exit);

MODULE_DESCRIPTION("Names that forkfail looks for, for its tests");
MODULE_LICENSE("GPL");
