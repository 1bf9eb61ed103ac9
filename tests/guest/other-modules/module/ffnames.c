// SPDX-License-Identifier: GPL-2.0-only
/*
 * ffnames - has functions and variables with the names that forkfail looks for
 *
 * For tests of forkfail in virtual machines; not a part of it.  They are functions that the
 * tested kernels have under another name (with a suffix from the compiler) or not at all.
 */
#include <linux/kernel.h>
#include <linux/module.h>

/* Headers declare some of them, so these names are given to the linker only. */
#define SYMBOL(name)	__asm__(name)

static long other_notification(void)
	SYMBOL("seccomp_do_user_notification");
static long other_exec(void)
	SYMBOL("do_execveat_common");
static long other_semundo(void)
	SYMBOL("copy_semundo");
static int other_pid_max SYMBOL("pid_max") = 7;

static noinline __used long other_notification(void)
{
	barrier();
	return 1;
}

static noinline __used long other_exec(void)
{
	barrier();
	return 2;
}

static noinline __used long other_semundo(void)
{
	barrier();
	return 3;
}

static int __init names_init(void)
{
	return other_notification() + other_exec() + other_semundo() +
	       READ_ONCE(other_pid_max) == 13 ? 0 : -EINVAL;
}

static void __exit names_exit(void)
{
	WRITE_ONCE(other_pid_max, 0);
}

module_init(names_init);
module_exit(names_exit);

MODULE_DESCRIPTION("Names that forkfail looks for, for its tests");
MODULE_LICENSE("GPL");
