// SPDX-License-Identifier: GPL-2.0-only
/*
 * syscall.c - system calls that never reach copy_process()
 *
 * A seccomp filter that answers fork() itself, clone3() that does not like its
 * arguments: nothing that copy_process() calls is entered.  What is entered is
 * hooked here:
 *
 *   __seccomp_filter		a filter is about to be asked
 *   seccomp_do_user_notification	it has handed the call to a supervisor
 *   ptrace_notify		a tracer has it stopped
 *   copy_clone_args_from_user	clone3() looks at its arguments
 *   do_execveat_common		execve() looks at RLIMIT_NPROC
 *
 * None of them knows the answer.  So a call that may be refused is given a slot
 * and a task_work: that runs when the task is on its way back to user space,
 * where the answer stands in its registers, and knows by then what else was
 * entered.  clone3() and execve() are given one only if the kernel's own
 * condition for a refusal holds as they enter.
 *
 * A task_work can be pending for as long as a supervisor thinks, a tracer has
 * the task stopped, or a vfork()'s child runs; it cannot be taken back by a
 * module, and unloading does not wait for it.  So a slot that is pending then
 * is left behind: it is made to call wakeme_after_rcu() instead of us, a
 * function of the kernel of that very type, on a completion that nobody waits
 * for.  That is why each slot is an allocation of its own and begins with a
 * struct rcu_synchronize.
 *
 * Accepted: a program whose other thread writes to clone3()'s arguments while
 * the kernel reads them can be refused unseen.
 */
#include <linux/err.h>
#include <linux/ftrace.h>
#include <linux/kmemleak.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/rcupdate_wait.h>
#include <linux/sched/task_stack.h>
#include <linux/seccomp.h>
#include <linux/slab.h>
#include <linux/task_work.h>

#include "evidence/clone3.h"
#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/failure.h"
#include "journal/record.h"
#include "evidence/syscall.h"

/* ---- slots --------------------------------------------------------------- */

#define CALL_BITS	9
#define CALLS		BIT(CALL_BITS)
#define CALL_PROBES	8

enum {
	IDLE,		/* its task_work is not on any list */
	PENDING,	/* it is */
	PARKED,		/* it ran while a tracer was told, and has to come again */
};

/**
 * struct call - a system call that may be refused
 * @rs: its task_work, and what is left of it when the module goes
 * @state: of that; only its task changes it
 * @epoch: when it was claimed, in changes of the switch
 * @nr: the system call's number
 * @in_stop: a tracer is being told
 * @r: what is known of it
 */
struct call {
	struct rcu_synchronize rs;
	int		state;
	unsigned int	epoch;
	int		nr;
	bool		in_stop;
	struct ff_refusal r;
};

/* Found by the task, as trails are: see trail.h. */
static struct {
	struct task_struct *owner;
	struct call *call;
} calls[CALLS];

static atomic64_t no_room = ATOMIC64_INIT(0);
/* What a sandboxed program does for each thread: nothing that CPUs share. */
static DEFINE_PER_CPU(unsigned long, fallbacks);

/* Every hook is there: what is entered from now on is seen from its beginning. */
static bool watching;
static bool sees_supervisors, sees_tracers;
static unsigned int epoch;

static struct ff_symbol own[] = { FF_FORK_FUNCTIONS };

static struct call *find(void)
{
	u32 i = hash_ptr(current, CALL_BITS), end;

	for (end = i + CALL_PROBES; i < end; i++)
		if (READ_ONCE(calls[i % CALLS].owner) == current)
			return calls[i % CALLS].call;
	return NULL;
}

static struct call *claim(u8 syscall, int nr)
{
	u32 i = hash_ptr(current, CALL_BITS), end;
	struct call *c = find();

	/* parked for good, when the hook that brings it back was missing */
	for (end = i + CALL_PROBES; !c && i < end; i++)
		if (!READ_ONCE(calls[i % CALLS].owner) &&
		    !cmpxchg(&calls[i % CALLS].owner, NULL, current))
			c = calls[i % CALLS].call;
	if (unlikely(!c)) {
		atomic64_inc(&no_room);
		return NULL;
	}
	c->epoch = READ_ONCE(epoch);
	c->nr = nr;
	c->in_stop = false;
	memset(&c->r, 0, sizeof(c->r));
	c->r.syscall = syscall;
	return c;
}

static void release(struct call *c)
{
	u32 i = hash_ptr(current, CALL_BITS);

	c->state = IDLE;
	while (calls[i % CALLS].call != c)
		i++;
	/* who takes it next finds it idle */
	smp_store_release(&calls[i % CALLS].owner, NULL);
}

static void come_back(struct call *c)
{
	c->state = PENDING;
	if (ff_task_work_add(&c->rs.head))
		release(c);	/* the task is past its last one */
}

/* ---- what a call is ------------------------------------------------------ */

/* Only those of the fork family; 32-bit numbers are the same on x86 and arm. */
static u8 syscall_of(int nr)
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

/* On the way of every call under a filter: sorts nearly all of them out. */
static __always_inline bool may_be_fork(int nr)
{
	switch (ff_common_nr(nr)) {
	case 2:
	case 120:
	case 190:
#ifdef __NR_fork
	case __NR_fork:
	case __NR_vfork:
#endif
	case __NR_clone:
	case __NR_clone3:
		return true;
	}
	return false;
}

static u8 kind_of(u64 flags)
{
	return flags & CLONE_THREAD ? FORKFAIL_KIND_THREAD :
	       flags & CLONE_VFORK ? FORKFAIL_KIND_VFORK : FORKFAIL_KIND_PROCESS;
}

static noinline u8 clone3_refuses(u8 *elsewhere)
{
	struct ff_clone3_look l;
	u8 bad;

	ff_clone3_look_at(&l);
	bad = ff_clone3_refuses(&l, FF_KERNEL_FACTS, PAGE_SIZE);
	*elsewhere = bad ? 0 : ff_clone3_refuses_elsewhere(&l);
	return bad;
}

/* ---- execve() and RLIMIT_NPROC ------------------------------------------- */

/* The first level over its limit, as the kernel looks for it; false if none. */
static bool nproc_over(struct ff_verdict *v, struct ff_object *obj)
{
	struct ff_nproc_walk w;
	int level = 0;

	for (ff_nproc_start(&w, current_cred()); ff_nproc_valid(&w); ff_nproc_next(&w), level++) {
		s64 in_use = ff_nproc_value(&w);

		if (in_use <= w.max)
			continue;
		v->level = level;
		v->has_limit = true;
		v->limit = w.max;
		v->in_use = in_use;
		v->unit = FORKFAIL_UNIT_TASKS;
		v->scope = level ? FORKFAIL_SCOPE_USERNS : FORKFAIL_SCOPE_USER;
		obj->uid = ff_nproc_uid(&w);
		obj->inum = ff_nproc_ns(&w)->ns.inum;
		obj->id = ff_ns_id(ff_nproc_ns(&w));
		return true;
	}
	return false;
}

/* ---- the answer ---------------------------------------------------------- */

/* The registers are what they were before the call: seccomp does that for a SIGSYS. */
static bool is_rolled_back(struct pt_regs *regs)
{
	struct pt_regs before = *regs;

	syscall_rollback(current, &before);
	return syscall_get_return_value(current, regs) ==
	       syscall_get_return_value(current, &before);
}

/*
 * A filter's SIGSYS that nothing will handle.  Where it was blocked or ignored the
 * kernel has put an end to that, so that one which still is blocked is somebody
 * else's, pending since before the call.
 */
static bool is_to_die(const struct call *c, struct pt_regs *regs)
{
	const struct sighand_struct *sighand = rcu_dereference_raw(current->sighand);

	if (current->seccomp.mode > SECCOMP_MODE_FILTER)
		return true;	/* that mode is for the dead only */
	if (!c->r.asked || c->r.cloned)
		return false;
	/*
	 * A kernel that has no such mode (5.11 to 5.16 as released, RHEL 9) lets one
	 * thread of several exit right where the filter was asked.  Whatever dies of
	 * a signal that was sent to it comes by here before it begins to exit.
	 */
	if (current->flags & PF_EXITING)
		return (current->exit_code & 0x7f) == SIGSYS;
	return is_rolled_back(regs) && !sigismember(&current->blocked, SIGSYS) &&
	       /* others may send it other signals meanwhile */
	       data_race(sigismember(&current->pending.signal, SIGSYS)) &&
	       READ_ONCE(sighand->action[SIGSYS - 1].sa.sa_handler) == SIG_DFL;
}

/*
 * Whoever has a hook on the call's own function can answer in its place, as
 * bpf_override_return() and error injection do; most only look.  A hook of our own
 * there would say whether it was entered, but each fork would pay for it.
 * Accepted: a hook that is gone since, or that is deeper in the function.
 */
static bool is_hooked(void)
{
	bool known = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(own); i++) {
		known |= !!own[i].start;
		if (own[i].start && ff_function_hooked(own[i].start))
			return true;
	}
	return !known;
}

static void fill_flags(struct ff_failure *f, const struct call *c, struct pt_regs *regs)
{
	struct ff_clone3_look l;
	unsigned long arg[6];

	f->has_flags = true;
	switch (c->r.syscall) {
	case FORKFAIL_SYSCALL_VFORK:
		f->flags = CLONE_VFORK | CLONE_VM;
		break;
	case FORKFAIL_SYSCALL_CLONE:
		syscall_get_arguments(current, regs, arg);
		f->flags = lower_32_bits(arg[0]) & ~CSIGNAL;
		break;
	case FORKFAIL_SYSCALL_CLONE3:
		ff_clone3_look_at(&l);
		f->flags = l.a.flags;
		f->has_flags = l.readable && l.size >= FF_CLONE3_SIZE_0;
		break;
	case FORKFAIL_SYSCALL_EXECVE:
		f->has_flags = false;
		break;
	}
	f->kind = kind_of(f->flags);
}

static noinline void answered(struct call *c)
{
	struct pt_regs *regs = current_pt_regs();
	struct ff_refusal *r = &c->r;
	struct ff_failure f = { .syscall = r->syscall };
	struct ff_object object = {};
	struct ff_verdict v, nproc = {};
	u8 elsewhere;

	r->killed = is_to_die(c, regs);
	/* what dies of something else has got no answer */
	if (!r->killed && (current->flags & PF_EXITING))
		return;
	r->may_live = r->killed && current->ptrace && !(current->flags & PF_EXITING) &&
		      current->seccomp.mode == SECCOMP_MODE_FILTER;
	r->err = r->killed ? 0 : syscall_get_error(current, regs);
	if (!r->killed && !r->err)
		return;
	r->renumbered = syscall_get_nr(current, regs) != c->nr;
	r->blind = !READ_ONCE(sees_supervisors) || (current->ptrace && !READ_ONCE(sees_tracers));
	r->hooked = is_hooked();
	if (r->clone3)
		r->bad_after = clone3_refuses(&elsewhere);

	rcu_read_lock();
	if (r->syscall == FORKFAIL_SYSCALL_EXECVE)
		r->nproc_after = nproc_over(&nproc, &object);
	if (ff_refusal_is_fallback(r))
		this_cpu_inc(fallbacks);
	if (ff_refusal_judge(r, &v)) {
		fill_flags(&f, c, regs);
		f.err = r->err;
		f.step = ff_refusal_step(r);
		if (r->killed)
			f.signal = SIGSYS;
		if (nproc.has_limit) {
			nproc.cause = v.cause;
			nproc.proof = v.proof;
			v = nproc;
			f.object = object;
		}
		ff_record(&f, &v);
	}
	rcu_read_unlock();
}

/*
 * In the task, on its way back to user space or out of the world.  Never
 * sleeps: unloading takes a grace period for its end.
 */
static void on_the_way_back(struct callback_head *work)
{
	struct call *c = container_of(work, struct call, rs.head);

	/* telling a tracer runs what is pending, in the middle of the call */
	if (c->in_stop) {
		c->state = PARKED;
		return;
	}
	if (READ_ONCE(watching) && c->epoch == READ_ONCE(epoch))
		answered(c);
	release(c);
}

/* ---- the hooks ----------------------------------------------------------- */

static noinline void seccomp_asked(int nr)
{
	u8 syscall = syscall_of(nr);
	struct call *c;

	if (!syscall || !READ_ONCE(watching))
		return;
	c = test_thread_flag(TIF_NOTIFY_RESUME) ? find() : NULL;
	if (c && c->state == PENDING) {
		/* stopped by a tracer before; or asked again after it was */
		c->r.asked = true;
		return;
	}
	c = claim(syscall, nr);
	if (!c)
		return;
	c->r.asked = true;
	come_back(c);
}

void notrace ff_seccomp_entered(unsigned long ip, unsigned long parent_ip,
				struct ftrace_ops *op, ff_regs *regs)
{
	int nr = syscall_get_nr(current, current_pt_regs());

	if (unlikely(may_be_fork(nr)))
		seccomp_asked(nr);
}

void notrace ff_clone3_entered(unsigned long ip, unsigned long parent_ip,
			       struct ftrace_ops *op, ff_regs *regs)
{
	struct call *c = test_thread_flag(TIF_NOTIFY_RESUME) ? find() : NULL;
	u8 bad, elsewhere;

	if (unlikely(c))
		c->r.clone3 = true;
	if (likely(ff_clone3_looks_fine()))
		return;
	bad = clone3_refuses(&elsewhere);
	if ((!bad && !elsewhere) || !READ_ONCE(watching))
		return;
	if (!c || c->state != PENDING) {
		c = claim(FORKFAIL_SYSCALL_CLONE3, syscall_get_nr(current, current_pt_regs()));
		if (!c)
			return;
		c->r.clone3 = true;
		come_back(c);
	}
	c->r.bad_before = bad;
	c->r.elsewhere = elsewhere;
}

void notrace ff_notify_entered(unsigned long ip, unsigned long parent_ip,
			       struct ftrace_ops *op, ff_regs *regs)
{
	struct call *c = find();

	if (c)
		c->r.notified = true;
}

/*
 * A tracer is about to be told.  When a system call is entered that comes
 * before any filter is asked, and a tracer needs none to answer it.
 */
void notrace ff_stop_entered(unsigned long ip, unsigned long parent_ip,
			     struct ftrace_ops *op, ff_regs *regs)
{
	int nr = syscall_get_nr(current, current_pt_regs());
	struct call *c = find();
	u8 syscall;

	if (!c || (c->state != PENDING && !c->in_stop)) {
		syscall = syscall_of(nr);
		/* a tracer that emulates all calls is the kernel for this task */
		if (!syscall || ff_stop_message(regs) != PTRACE_EVENTMSG_SYSCALL_ENTRY ||
		    ff_syscall_emulated() || !READ_ONCE(watching))
			return;
		c = claim(syscall, nr);
		if (!c)
			return;
		c->state = PARKED;
	}
	c->in_stop = true;
	if (c->r.cloned)
		c->r.stopped_late = true;
	else
		c->r.stopped = true;
}

/* What was pending has been run by now. */
void notrace ff_stopping(unsigned long ip, unsigned long parent_ip,
			 struct ftrace_ops *op, ff_regs *regs)
{
	struct call *c = find();

	if (!c || !c->in_stop)
		return;
	c->in_stop = false;
	if (c->state == PARKED)
		come_back(c);
}

void notrace ff_exec_entered(unsigned long ip, unsigned long parent_ip,
			     struct ftrace_ops *op, ff_regs *regs)
{
	struct ff_object object;
	struct ff_verdict v;
	struct call *c;
	bool over;

	if (likely(!(current->flags & PF_NPROC_EXCEEDED)) || !READ_ONCE(watching))
		return;
	rcu_read_lock();
	over = nproc_over(&v, &object);
	rcu_read_unlock();
	if (!over)
		return;
	c = claim(FORKFAIL_SYSCALL_EXECVE, syscall_get_nr(current, current_pt_regs()));
	if (!c)
		return;
	c->r.nproc_before = true;
	come_back(c);
}

/**
 * ff_syscall_in_clone - kernel_clone() is entered by a task with task_work
 *
 * Use ff_syscall_cloned().
 */
void ff_syscall_in_clone(void)
{
	struct call *c = find();

	if (c)
		c->r.cloned = true;
}

/**
 * ff_syscall_may_refuse - kernel_clone() is entered with what some kernels refuse there
 * @cause: why they do
 *
 * From its entry hook.  This kernel is not known to be one of them: its answer tells.
 */
void ff_syscall_may_refuse(u8 cause)
{
	struct call *c = test_thread_flag(TIF_NOTIFY_RESUME) ? find() : NULL;
	int nr = syscall_get_nr(current, current_pt_regs());
	u8 syscall = syscall_of(nr);

	if (!READ_ONCE(watching) || (current->flags & (PF_KTHREAD | PF_IO_WORKER)))
		return;
	if (!c || c->state != PENDING) {
		c = syscall ? claim(syscall, nr) : NULL;
		if (!c)
			return;
		c->r.cloned = true;
		come_back(c);
	}
	c->r.elsewhere = cause;
}

/**
 * ff_syscall_has_failed - the failure of the running call has been told
 *
 * From the hooks of kernel_clone() and copy_process(), in the task itself.
 */
void ff_syscall_has_failed(void)
{
	struct call *c = test_thread_flag(TIF_NOTIFY_RESUME) ? find() : NULL;

	if (c)
		c->r.failed = true;
}

/* ---- beginning and end ---------------------------------------------------- */

/**
 * ff_syscall_watch - every hook is there
 * @supervisors: those on supervisors are
 * @tracers: those on tracers are
 *
 * Calls that begin from now on are judged.
 */
void ff_syscall_watch(bool supervisors, bool tracers)
{
	WRITE_ONCE(sees_supervisors, supervisors);
	WRITE_ONCE(sees_tracers, tracers);
	WRITE_ONCE(watching, true);
}

/**
 * ff_syscall_unwatch - some hook may be gone
 *
 * What is pending now is not judged any more, whenever it comes back.
 */
void ff_syscall_unwatch(void)
{
	WRITE_ONCE(watching, false);
	WRITE_ONCE(epoch, epoch + 1);
}

/**
 * ff_syscall_init - allocate the slots, find the calls' functions
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int ff_syscall_init(void)
{
	unsigned int i;

	for (i = 0; i < CALLS; i++) {
		calls[i].call = kzalloc(sizeof(*calls[i].call), GFP_KERNEL);
		if (!calls[i].call)
			return -ENOMEM;
		init_completion(&calls[i].call->rs.completion);
		/* lockdep's key for it would be in the module, which is gone when this is taken */
		lockdep_set_novalidate_class(&calls[i].call->rs.completion.wait.lock);
		init_task_work(&calls[i].call->rs.head, on_the_way_back);
	}
	return ff_symbols_find(own, ARRAY_SIZE(own));
}

/**
 * ff_syscall_exit - let go of the calls that are pending, free the others
 *
 * May sleep, but not for as long as a call takes.  No hook is armed.  When it
 * returns nothing of ours is called any more.
 */
void ff_syscall_exit(void)
{
	unsigned int i;

	if (!calls[0].call)
		return;
	for (i = 0; i < CALLS; i++)
		if (calls[i].call)
			WRITE_ONCE(calls[i].call->rs.head.func, wakeme_after_rcu);
	/* whoever still found ours there has come back from it, for it never sleeps */
	synchronize_rcu_tasks();
	synchronize_rcu();
	for (i = 0; i < CALLS; i++) {
		if (calls[i].call && READ_ONCE(calls[i].call->state) == PENDING)
			kmemleak_not_leak(calls[i].call);
		else
			kfree(calls[i].call);
		calls[i].call = NULL;
		calls[i].owner = NULL;
	}
}

/**
 * ff_syscall_bytes - memory that the slots take
 *
 * Return: bytes.
 */
size_t ff_syscall_bytes(void)
{
	return sizeof(calls) + CALLS * sizeof(struct call);
}

/**
 * ff_syscall_missed - calls that there was no room to watch
 *
 * Any context.
 *
 * Return: how many since load.
 */
u64 ff_syscall_missed(void)
{
	return atomic64_read(&no_room);
}

/**
 * ff_syscall_fallbacks - times that clone3() was said not to exist
 *
 * Any context.
 *
 * Return: how many since load.
 */
u64 ff_syscall_fallbacks(void)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(fallbacks, cpu));
	return sum;
}
