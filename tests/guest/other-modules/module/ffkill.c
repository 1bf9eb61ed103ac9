// SPDX-License-Identifier: GPL-2.0-only
/*
 * ffkill - makes ftrace shut itself down, as it does when it finds a bug in itself
 *
 * For tests of forkfail in virtual machines; not a part of it.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

static int __init kill_init(void)
{
	struct kprobe kp = { .symbol_name = "ftrace_kill", .flags = KPROBE_FLAG_DISABLED };

	/* whether or not the probe is accepted, the symbol has been looked up */
	if (!register_kprobe(&kp))
		unregister_kprobe(&kp);
	if (!kp.addr)
		return -ENOENT;
	((void (*)(void))kp.addr)();
	return 0;
}

static void __exit kill_exit(void)
{
}

module_init(kill_init);
module_exit(kill_exit);

MODULE_DESCRIPTION("Shuts ftrace down, for tests of forkfail");
MODULE_LICENSE("GPL");
