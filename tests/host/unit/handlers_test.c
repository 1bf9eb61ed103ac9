// SPDX-License-Identifier: GPL-2.0-only
/*
 * handlers_test.c - what a hit is taken for while another CPU learns the function's address
 *
 * handlers.c itself, compiled for the host with the few kernel headers of shim/, and with
 * this file in place of the headers that need more of the kernel.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include <linux/kernel.h>
#include <linux/types.h>

/* no other thread runs here */
#define data_race(x)		(x)
#define notrace
#define noinline		__attribute__((noinline))
#undef __always_inline
#define __always_inline		inline __attribute__((always_inline))
#define likely(x)		(x)
#define unlikely(x)		(x)
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile typeof(x) *)&(x) = (v))
#define container_of(p, type, member)	((type *)((char *)(p) - offsetof(type, member)))
#define BIT(n)			(1UL << (n))

#define PF_EXITING		4
#define TASK_DEAD		0x80

struct pt_regs {
	unsigned long arg[6];
};

struct task_struct {
	unsigned int flags, state;
};

#define FORKFAIL_COMPAT_H
#define FORKFAIL_CLONE_ENTRY_H
#define FORKFAIL_WITNESS_H
#define ff_regs					struct pt_regs
#define ff_ftrace_argument(regs, n)		((regs)->arg[n])
#define regs_get_kernel_argument(regs, n)	((regs)->arg[n])
#define ff_return_address(regs)			0UL
#define ff_task_state(p)			((p)->state)
#define FF_FTRACE_ARGS_MISSING(regs)		(!(regs))
struct kernel_clone_args;
static bool ff_note_usual_clone(const struct kernel_clone_args *args);
static void ff_observe_unusual_clone(const struct kernel_clone_args *args);
static void ff_observe_step(u8 step);
static void ff_observe_witness(u8 first, const unsigned long *arg);

#include "../../../module/hooks/handlers.c"

/* ---- what the handlers call ------------------------------------------------ */

static struct {
	unsigned int dead_children, usual, unusual, mmaps, mprotects, signals, dummies;
} calls;

static bool ff_note_usual_clone(const struct kernel_clone_args *args)
{
	calls.usual++;
	return true;
}

static void ff_observe_unusual_clone(const struct kernel_clone_args *args)
{
	calls.unusual++;
}

static void ff_observe_step(u8 step) {}
static void ff_observe_witness(u8 first, const unsigned long *arg) {}

void ff_observe_dead_child(const struct task_struct *p)
{
	calls.dead_children++;
}

void ff_stack_mmap_entered(ff_regs *regs)
{
	calls.mmaps++;
}

void ff_stack_mprotect_entered(ff_regs *regs)
{
	calls.mprotects++;
}

void ff_observe_signal(void)
{
	calls.signals++;
}

void ff_seccomp_entered(ff_regs *regs) {}
void ff_clone3_entered(ff_regs *regs) {}

void ff_self_test_hit(void)
{
	calls.dummies++;
}

struct ff_point ff_points[] = {
	{ .name = "put_task_stack", .kind = FF_POINT_DEAD_CHILD, .ip = 0x1000 },
	{ .name = "kernel_clone", .kind = FF_POINT_CLONE, .ip = 0x2000 },
	{ .name = "get_signal", .kind = FF_POINT_SIGNAL, .ip = 0x3000 },
	{ .name = "do_mmap", .kind = FF_POINT_MMAP, .ip = 0x4000 },
	{ .name = "mprotect_fixup", .kind = FF_POINT_MPROTECT, .ip = 0x5000 },
};

const unsigned int ff_nr_points = ARRAY_SIZE(ff_points);

bool ff_point_caller_counts(const struct ff_point *p, unsigned long parent_ip)
{
	return true;
}

static bool learnt_elsewhere;

/* ftrace's address is 8 bytes behind: another CPU may learn it while this one looks it up. */
const struct ff_point *ff_point_at(unsigned long ip)
{
	unsigned int i;

	for (i = 0; i < ff_nr_points; i++) {
		if (ip - ff_points[i].ip >= 16)
			continue;
		if (learnt_elsewhere)
			first_ip[ff_points[i].kind] = ip;
		return &ff_points[i];
	}
	return NULL;
}

/* ---- the tests --------------------------------------------------------------- */

static void hit(enum ff_point_kind kind, const struct task_struct *task)
{
	struct pt_regs regs = { .arg = { (unsigned long)task } };

	ff_point_entered(ff_points[kind == FF_POINT_MMAP ? 3 : kind == FF_POINT_MPROTECT ? 4 :
				   kind].ip + 8, 0, NULL, &regs);
}

static const struct task_struct ended = { .flags = PF_EXITING, .state = TASK_DEAD };
static const struct task_struct living = { .flags = 0, .state = 0 };
static const struct task_struct given_up = { .flags = 0, .state = TASK_DEAD };

/* Each function is entered twice: its address is learnt, then known. */
static void enter_all(bool elsewhere)
{
	unsigned int i;

	memset(&calls, 0, sizeof(calls));
	ff_handlers_init();
	learnt_elsewhere = elsewhere;
	for (i = 0; i < 2; i++) {
		hit(FF_POINT_DEAD_CHILD, i ? &living : &ended);
		hit(FF_POINT_CLONE, NULL);
		hit(FF_POINT_SIGNAL, NULL);
		hit(FF_POINT_MMAP, NULL);
		hit(FF_POINT_MPROTECT, NULL);
	}
	assert_int_equal(calls.dead_children, 0);
	assert_int_equal(calls.usual + calls.unusual, 2);
	assert_int_equal(calls.signals, 2);
	assert_int_equal(calls.mmaps, 2);
	assert_int_equal(calls.mprotects, 2);
	assert_int_equal(calls.dummies, 0);
	hit(FF_POINT_DEAD_CHILD, &given_up);
	assert_int_equal(calls.dead_children, 1);
}

static void test_learnt_here(void **unused)
{
	enter_all(false);
}

static void test_learnt_by_another_cpu(void **unused)
{
	enter_all(true);
}

/* The very first hit may be the one that counts. */
static void test_first_hit(void **unused)
{
	unsigned int elsewhere;

	for (elsewhere = 0; elsewhere < 2; elsewhere++) {
		calls.dead_children = 0;
		ff_handlers_init();
		learnt_elsewhere = elsewhere;
		hit(FF_POINT_DEAD_CHILD, &given_up);
		assert_int_equal(calls.dead_children, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_learnt_here),
		cmocka_unit_test(test_learnt_by_another_cpu),
		cmocka_unit_test(test_first_hit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
