// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_task_creators_test.c - what a creator of tasks has returned
 *
 * kernel_task_creators.c itself, compiled for the host with the few kernel headers of shim/, and
 * with this file in place of the headers that need more of the kernel.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>

#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/types.h>

struct pt_regs {
	unsigned long ret;
};

struct kretprobe_instance {
	struct kretprobe *rp;
	char data[sizeof(void *)];
};

struct kretprobe {
	struct kprobe kp;
	int (*entry_handler)(struct kretprobe_instance *ri, struct pt_regs *regs);
	int (*handler)(struct kretprobe_instance *ri, struct pt_regs *regs);
	size_t data_size;
	int maxactive, nmissed;
};

struct ff_symbol {
	const char *name;
	unsigned long start, size;
};

struct seq_file;
static struct {
	unsigned int flags;
} *current;

/* no other thread runs here */
#define data_race(x)			(x)
#define kprobe_opcode_t			unsigned char
#define FORKFAIL_COMPAT_H
#define FORKFAIL_SYMBOLS_H
#define FORKFAIL_POINTS_H
#define PF_KTHREAD			0x00200000
#define PF_IO_WORKER			0x00000010
#define __NR_io_uring_setup		425
#define FF_IO_THREAD_FLAGS		1
#define FF_VHOST_TASK_FLAGS		2
#define FF_USER_MODE_THREAD		true
#define FF_VHOST_TASK			true
#define container_of(p, type, member)	((type *)((char *)(p) - offsetof(type, member)))
#define min_t(type, a, b)		((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define regs_return_value(regs)		((regs)->ret)
#define ff_kretprobe_of(ri)		((ri)->rp)
#define ff_common_nr(nr)		(nr)
#define syscall_get_nr(task, regs)	0
#define current_pt_regs()		NULL
#define seq_printf(m, ...)		((void)(m))
#define register_kretprobe(rp)		((void)(rp), 0)
#define unregister_kretprobes(on, n)	((void)(on), (void)(n))
#define ff_symbols_find(symbols, n)	((void)(symbols), 0)
#define ff_point_is_skipped(skip, name)	((void)(skip), false)

#include "../../../module/hooks/kernel_task_creators.c"

static long err;
static bool failed;
static unsigned int calls;

bool ff_observe_creator(u8 kind, u64 flags)
{
	return true;
}

void ff_observe_created(long with, bool has_failed)
{
	err = with;
	failed = has_failed;
	calls++;
}

static void returns(const char *name, unsigned long ret)
{
	struct kretprobe_instance ri = {};
	struct pt_regs regs = { .ret = ret };
	const struct creator *c = creators;

	while (strcmp(c->name, name))
		c++;
	memcpy(ri.data, &c, sizeof(c));
	calls = 0;
	assert_int_equal(c->probe.handler(&ri, &regs), 0);
	assert_int_equal(calls, 1);
}

static void test_pid(void **unused)
{
	static const char * const names[] = { "kernel_thread", "user_mode_thread" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		returns(names[i], 4711);
		assert_true(!failed && !err);
		/* an int in a register whose upper half is left over from something else */
		returns(names[i], 0xffff888100000000UL | 4711);
		assert_true(!failed && !err);
		returns(names[i], 0xffffffffUL & -EAGAIN);
		assert_true(failed);
		assert_int_equal(err, -EAGAIN);
	}
}

static void test_pointer(void **unused)
{
	static const char * const names[] = { "create_io_thread", "vhost_task_create" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		returns(names[i], 0xffff888100001000UL);
		assert_true(!failed && !err);
		returns(names[i], (unsigned long)-ENOMEM);
		assert_true(failed);
		assert_int_equal(err, -ENOMEM);
	}
}

/* 6.4 to 6.13, before the change that stable releases took later: why is lost. */
static void test_null(void **unused)
{
	returns("vhost_task_create", 0);
	assert_true(failed);
	assert_int_equal(err, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pid),
		cmocka_unit_test(test_pointer),
		cmocka_unit_test(test_null),
	};

	return cmocka_run_group_tests_name("kernel_task_creators.c", tests, NULL, NULL);
}
