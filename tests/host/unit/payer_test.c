// SPDX-License-Identifier: GPL-2.0-only
/*
 * payer_test.c - who is charged, and who gets a place when few are left
 *
 * payer.c, place_share.c and restart_loop.c themselves, compiled for the host with the few kernel
 * headers of shim/, and with this file in place of the headers that need more of the kernel.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/time.h>
#include <linux/types.h>
#include <linux/uidgid.h>

/* no other thread runs here */
#define data_race(x)		(x)
#define noinline		__attribute__((noinline))
#undef __always_inline
#define __always_inline		inline __attribute__((always_inline))
#define unlikely(x)		(x)
#define __read_mostly
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile typeof(x) *)&(x) = (v))
#define __ffs(x)		((unsigned int)__builtin_ctzl(x))
#define ATOMIC_INIT(n)		{ n }
#define atomic_read(v)		((v)->counter)
#define atomic_set(v, n)	((v)->counter = (n))
#define atomic_set_release(v, n) atomic_set(v, n)
#define atomic_inc(v)		((void)(v)->counter++)
#define atomic_dec(v)		((void)(v)->counter--)
#define atomic_inc_return(v)	((unsigned int)((v)->counter += 1))
#define cmpxchg(p, old, new)	__sync_val_compare_and_swap(p, old, new)
#define atomic_cmpxchg(v, old, new) cmpxchg(&(v)->counter, old, new)
#define rcu_read_lock()		do { } while (0)
#define rcu_read_unlock()	do { } while (0)

#define INVALID_UID		((kuid_t){ ~0U })
#define GLOBAL_ROOT_UID		((kuid_t){ 0 })
#define uid_valid(uid)		(!uid_eq(uid, INVALID_UID))
#define make_kuid(ns, uid)	((ns)->root)
#define PF_KTHREAD		0x00200000
#define PF_IO_WORKER		0x00000010
#define _NSIG_WORDS		1
#define BITS_PER_LONG		64

struct user_namespace {
	struct user_namespace *parent;
	kuid_t owner, root;
};

struct cred {
	kuid_t uid;
	struct user_namespace *user_ns;
};

struct cgroup {
	struct cgroup *parent;
	int level;
	u64 id;
};

struct signals {
	struct {
		unsigned long sig[_NSIG_WORDS];
	} signal;
};

struct task_struct {
	struct cred cred;
	struct cgroup *cgrp;
	u64 start_boottime;
	unsigned int flags;
	struct signals pending;
	struct {
		struct signals shared_pending;
	} *signal;
	struct {
		unsigned long sig[_NSIG_WORDS];
	} blocked;
};

static struct task_struct *current;
static u64 clock_ns;

#define current_real_cred()		(&current->cred)
#define cgroup_id(c)			((c)->id)
#define cgroup_parent(c)		((c)->parent)
#define ktime_get_boottime_ns()		clock_ns

static struct cgroup *cgroup_ancestor(struct cgroup *c, int level)
{
	while (c->level > level)
		c = c->parent;
	return c;
}

static void get_random_bytes(void *to, size_t n)
{
	memset(to, 0x5a, n);
}

#define FORKFAIL_FAILURE_H
#define FORKFAIL_FAILING_CALL_H
struct ff_failure {
	u32 restarts;
	u64 since;
	u8 signal;
};

enum ff_call_kind { FF_CALL_WATCHED };

struct ff_call {
	bool restarting;
};

static struct ff_call *ff_call_claim(enum ff_call_kind kind)
{
	return NULL;
}

static void ff_call_watch_return(struct ff_call *c) {}

#include "../../../module/evidence/payer.c"
#include "../../../module/evidence/place_share.c"
#include "../../../module/evidence/restart_loop.c"

/* ---- a machine ------------------------------------------------------------- */

static struct user_namespace init_ns;
static struct cgroup tree[64];
static unsigned int nr_cgroups;

struct cgroup *ff_task_cgroup(struct task_struct *task)
{
	return task->cgrp;
}

static struct cgroup *make(struct cgroup *parent)
{
	struct cgroup *c = &tree[nr_cgroups++];

	*c = (struct cgroup){ parent, parent ? parent->level + 1 : 0, nr_cgroups };
	return c;
}

static struct ff_payer payer_of(unsigned int uid, struct cgroup *cgrp)
{
	struct task_struct task = { .cred = { { uid }, &init_ns }, .cgrp = cgrp };
	struct ff_payer p;

	current = &task;
	p = ff_payer_current();
	current = NULL;
	return p;
}

static int boot(void **unused)
{
	nr_cgroups = 0;
	make(NULL);
	memset(loops, 0, sizeof(loops));
	atomic_set(&ff_restarting, 0);
	return ff_payer_init();
}

/* ---- who is charged --------------------------------------------------------- */

static int told_apart(int level)
{
	return level < FF_PAYER_LEVELS ? level : FF_PAYER_LEVELS;
}

/* In how many of the levels are they alike, from the top? */
static unsigned int alike(struct cgroup *a, struct cgroup *b)
{
	struct ff_payer p = payer_of(0, a), q = payer_of(0, b);
	unsigned int i;

	for (i = 0; i < FF_PAYER_LEVELS && p.cgroup[i] == q.cgroup[i]; i++)
		;
	return i;
}

static void test_levels(void **unused)
{
	struct cgroup *at[10], *beside[10];
	int i, j;

	at[0] = tree;
	for (i = 1; i < 10; i++) {
		at[i] = make(at[i - 1]);
		beside[i] = make(at[i - 1]);
	}
	for (i = 1; i < 10; i++) {
		assert_int_equal(alike(at[i], at[i]), FF_PAYER_LEVELS);
		/* two cgroups with the same parent differ from level i on */
		assert_int_equal(alike(at[i], beside[i]), told_apart(i - 1));
		for (j = 0; j < i; j++)
			assert_int_equal(alike(at[j], at[i]), told_apart(j));
	}
}

static void test_namespaces(void **unused)
{
	struct user_namespace users = { &init_ns, { 1000 }, { 100000 } };
	struct user_namespace roots = { &init_ns, { 0 }, { 200000 } };
	struct user_namespace unmapped = { &init_ns, { 0 }, INVALID_UID };
	struct user_namespace inner = { &users, { 0 }, { 0 } };
	const struct {
		struct user_namespace *ns;
		unsigned int uid, charged;
	} tasks[] = {
		{ &init_ns, 33, 33 }, { &users, 100033, 1000 }, { &inner, 100033, 1000 },
		{ &roots, 200033, 200000 }, { &unmapped, 33, 33 },
	};
	struct task_struct task = { .cgrp = tree };
	unsigned int i;

	current = &task;
	for (i = 0; i < ARRAY_SIZE(tasks); i++) {
		task.cred = (struct cred){ { tasks[i].uid }, tasks[i].ns };
		assert_int_equal(ff_payer_current().uid.val, tasks[i].charged);
	}
}

/* ---- shares of places -------------------------------------------------------- */

#define PLACES	96
DEFINE_FF_SHARE(share, PLACES);

/* Take places until there is none left for this payer; return how many it got. */
static unsigned int take(unsigned int uid, struct cgroup *cgrp)
{
	struct ff_payer p = payer_of(uid, cgrp);
	unsigned int n = 0;

	while (ff_share_take(&share, &p) >= 0)
		n++;
	return n;
}

static void test_share(void **unused)
{
	struct cgroup *slice = make(tree), *loud = make(slice), *quiet = make(slice);
	struct cgroup *other = make(tree);
	unsigned int i, n = 0;

	ff_share_clear(&share);
	/* one cgroup: three quarters */
	assert_int_equal(take(0, loud), PLACES * 3 / 4);
	assert_int_equal(take(0, loud), 0);
	/* by cgroups below its own it gets more, but leaves some for those beside it */
	for (i = 0; i < 20; i++)
		n += take(0, make(loud));
	assert_in_range(n, 1, PLACES / 8 - 2);
	assert_in_range(take(0, quiet), 1, PLACES / 32);
	assert_in_range(take(0, other), 1, PLACES / 32);
	/* all of a user's: seven eighths; the rest is for others, a sixteenth for each */
	assert_int_equal(atomic_read(&share.taken), PLACES * 7 / 8);
	for (i = 0; i < 2; i++)
		assert_int_equal(take(1000 + i, other), PLACES / 16);
	assert_int_equal(atomic_read(&share.taken), PLACES);
	/* a place that is returned goes to a user who has few, not to one who has many */
	ff_share_give(&share, 0);
	assert_int_equal(take(0, loud), 0);
	assert_int_equal(take(1000, other), 0);
	assert_int_equal(take(2000, other), 1);
	ff_share_clear(&share);
	assert_int_equal(atomic_read(&share.taken), 0);
}

/* ---- entries for calls that restart ------------------------------------------- */

static struct task_struct tasks[4096];
static unsigned int nr_tasks;

/* Another task whose entry is in the same row. */
static struct task_struct *another(unsigned int uid)
{
	static typeof(*((struct task_struct *)0)->signal) signals;
	struct task_struct *t;

	do {
		t = &tasks[nr_tasks++];
	} while (nr_tasks < ARRAY_SIZE(tasks) &&
		 hash_ptr(t, ROW_BITS) != hash_ptr(&tasks[0], ROW_BITS));
	assert_true(nr_tasks < ARRAY_SIZE(tasks));
	*t = (struct task_struct){ .cred = { { uid }, &init_ns }, .cgrp = tree, .signal = &signals,
				   .start_boottime = nr_tasks };
	return t;
}

static bool restart(struct task_struct *t, u64 now)
{
	struct ff_failure f;

	current = t;
	clock_ns = now;
	return ff_restart_is_often(&f);
}

static bool has_entry(struct task_struct *t)
{
	current = t;
	return find_loop();
}

#define NOW	(1000 * NSEC_PER_SEC)

static void test_restarts(void **unused)
{
	struct task_struct *own[WAYS], *victim, *late;
	unsigned int i;

	nr_tasks = 0;
	for (i = 0; i < WAYS; i++) {
		own[i] = another(1000);
		restart(own[i], NOW);
	}
	/* all are one user's: another one gets an entry, and keeps it */
	victim = another(1001);
	for (i = 1; i < OFTEN; i++)
		assert_false(restart(victim, NOW + i));
	for (i = 0; i < WAYS; i++)
		restart(own[i], NOW + OFTEN);
	assert_true(has_entry(victim));
	assert_true(restart(victim, NOW + OFTEN + 1));
	/* a newcomer gets no entry: nobody has more entries than it would have then */
	restart(another(1002), NOW + OFTEN + 1);
	restart(another(1003), NOW + OFTEN + 1);
	late = another(1004);
	restart(late, NOW + OFTEN + 2);
	assert_false(has_entry(late));
	/* nor does it get one if the others have restarted since it looked at the clock */
	restart(late, NOW);
	assert_false(has_entry(late));
	assert_int_equal(atomic_read(&ff_restarting), WAYS);
	/* a task that has been quiet for a while may be gone */
	restart(victim, NOW + QUIET_NS);
	restart(late, NOW + QUIET_NS + OFTEN + 1);
	assert_true(has_entry(late));
	assert_true(has_entry(victim));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_levels, boot),
		cmocka_unit_test_setup(test_namespaces, boot),
		cmocka_unit_test_setup(test_share, boot),
		cmocka_unit_test_setup(test_restarts, boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
