// SPDX-License-Identifier: GPL-2.0-only
/*
 * syscall.c - system calls that never reach copy_process()
 *
 * If a seccomp filter answers fork() itself, or clone3() refuses its arguments, nothing
 * that copy_process() calls is entered.  These functions are, and are hooked:
 *
 *   __seccomp_filter			a filter is about to be asked
 *   seccomp_do_user_notification	the filter passes the call to a supervisor
 *   ptrace_notify			a tracer is told, and stops the task
 *   ptrace_do_notify			the same, after pending task_works were run
 *   copy_clone_args_from_user		clone3() checks its arguments
 *   do_execveat_common			execve() checks RLIMIT_NPROC
 *
 * None of them knows the call's return value.  So a call that may be refused gets a place
 * in the table of calls (failing_call.c).  When the task returns to user space, the return
 * value is known, and so is what else was entered.  execve() gets a place only
 * if the condition under which the kernel refuses it holds when it is entered; clone3()
 * also if it asks for something rare, which a check that is not known may refuse.
 *
 * Accepted: if another thread changes clone3()'s arguments while the kernel reads them, a
 * refusal can be missed.
 */
#include <linux/ftrace.h>
#include <linux/percpu.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/seccomp.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/failing_call.h"
#include "evidence/failure.h"
#include "evidence/fork_syscall.h"
#include "evidence/namespaces.h"
#include "evidence/syscall.h"
#include "journal/record.h"

/* Per CPU, because a sandboxed program may do this for every thread. */
static DEFINE_PER_CPU(unsigned long, fallbacks);

/* All hooks are installed: calls that begin now are seen from their beginning. */
static bool watching;
static bool sees_supervisors, sees_tracers;
static unsigned int epoch;

static struct ff_symbol own[] = { FF_FORK_FUNCTIONS };

/* Return: NULL if there is no room. */
static struct ff_call *claim_asked(u8 syscall, int nr)
{
	struct ff_call *c = ff_call_claim(FF_CALL_WATCHED);

	if (c && !c->r.syscall) {
		c->epoch = READ_ONCE(epoch);
		c->nr = nr;
		c->r.syscall = syscall;
	}
	return c;
}

/* ---- what a call is ------------------------------------------------------ */

/* Runs for every system call under a filter, and must rule out nearly all of them. */
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

/* @usual: nothing is asked for that is rare */
static noinline u8 clone3_refuses(u8 *elsewhere, bool *usual)
{
	struct ff_clone3_args l;
	u8 bad;

	ff_clone3_read(&l);
	bad = ff_clone3_refuses(&l, FF_KERNEL_FACTS, PAGE_SIZE);
	*elsewhere = bad ? 0 : ff_clone3_refuses_elsewhere(&l);
	*usual = !bad && !*elsewhere && !(l.a.flags & ~FF_CLONE_USUAL) && !l.a.set_tid_size;
	return bad;
}

/* ---- execve() and RLIMIT_NPROC ------------------------------------------- */

static bool nproc_over(struct ff_nproc *n)
{
	ff_read_nproc(n, 0);
	return n->full >= 0;
}

static void name_nproc(struct ff_verdict *v, struct ff_object *obj, const struct ff_nproc *n)
{
	v->level = n->full;
	v->has_limit = true;
	v->limit = n->limit;
	v->in_use = n->in_use;
	v->unit = FORKFAIL_UNIT_TASKS;
	v->scope = n->full ? FORKFAIL_SCOPE_USERNS : FORKFAIL_SCOPE_USER;
	ff_find_nproc(obj, n->full);
}

/* ---- when the return value is known --------------------------------------- */

/* Seccomp restores the registers to what they were before the call when it sends SIGSYS. */
static bool is_rolled_back(struct pt_regs *regs)
{
	struct pt_regs before = *regs;

	syscall_rollback(current, &before);
	return syscall_get_return_value(current, regs) ==
	       syscall_get_return_value(current, &before);
}

/*
 * Will a filter's SIGSYS kill the task?  If SIGSYS was blocked or ignored, the kernel has
 * reset that.  So if it is still blocked, somebody else sent it before the call.
 */
static bool is_to_die(const struct ff_call *c, struct pt_regs *regs)
{
	const struct sighand_struct *sighand = rcu_dereference_raw(current->sighand);

	if (current->seccomp.mode > SECCOMP_MODE_FILTER)
		return true;	/* SECCOMP_MODE_DEAD */
	if (!c->r.asked || c->r.cloned)
		return false;
	/*
	 * Kernels without that mode (5.11 to 5.16 as released, RHEL 9) let one of several
	 * threads exit inside the filter.  A task that is killed by a signal gets here
	 * before it begins to exit.
	 */
	if (current->flags & PF_EXITING)
		return (current->exit_code & 0x7f) == SIGSYS;
	return is_rolled_back(regs) && !sigismember(&current->blocked, SIGSYS) &&
	       /* accepted: others may send signals at this moment */
	       data_race(sigismember(&current->pending.signal, SIGSYS)) &&
	       READ_ONCE(sighand->action[SIGSYS - 1].sa.sa_handler) == SIG_DFL;
}

/*
 * Has anybody hooked the function of one of these system calls?  Such a hook can answer in
 * the function's place, as bpf_override_return() and error injection do, though most only
 * observe.  A hook of our own would show whether the function was entered, but every fork
 * would pay for it.  Accepted: a hook that was removed since, or that is deeper in the
 * function, is missed.
 */
static bool args_are_hooked(void)
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

/**
 * ff_syscall_returned - if a system call was refused, record why
 * @c: the running task's call
 * @err: its return value: a negative errno, or 0 for no error
 *
 * In the task, when it returns to user space or exits.
 */
void ff_syscall_returned(struct ff_call *c, long err)
{
	struct pt_regs *regs = current_pt_regs();
	struct ff_refusal *r = &c->r;
	struct ff_failure f = { .syscall = r->syscall };
	struct ff_nproc nproc;
	struct ff_verdict v;
	u8 elsewhere;
	bool usual;

	if (!r->syscall || !READ_ONCE(watching) || c->epoch != READ_ONCE(epoch))
		return;
	r->killed = is_to_die(c, regs);
	/* a task that exits for another reason sees no return value */
	if (!r->killed && (current->flags & PF_EXITING))
		return;
	r->may_live = r->killed && current->ptrace && !(current->flags & PF_EXITING) &&
		      current->seccomp.mode == SECCOMP_MODE_FILTER;
	r->err = r->killed ? 0 : (s32)err;
	if (!r->killed && !r->err)
		return;
	r->renumbered = ff_returned_syscall(regs) != c->nr;
	r->blind = !READ_ONCE(sees_supervisors) || (current->ptrace && !READ_ONCE(sees_tracers));
	r->hooked = args_are_hooked();
	r->guessed = FF_KERNEL_FACTS & FF_FACT_GUESSED;
	if (r->clone3)
		r->bad_after = clone3_refuses(&elsewhere, &usual);

	rcu_read_lock();
	if (r->syscall == FORKFAIL_SYSCALL_EXECVE)
		r->nproc_after = nproc_over(&nproc);
	if (ff_refusal_is_fallback(r))
		this_cpu_inc(fallbacks);
	if (ff_match_refusal(r, &v)) {
		f.has_flags = ff_fork_syscall_flags(r->syscall, &f.flags);
		f.kind = ff_fork_kind(f.flags);
		f.err = r->err;
		f.step = ff_refusal_step(r);
		if (r->killed)
			f.signal = SIGSYS;
		if (r->nproc_after)
			name_nproc(&v, &f.object, &nproc);
		ff_record(&f, &v);
	}
	rcu_read_unlock();
}

/**
 * ff_syscall_rewritten - a tracer has changed the return value of a call
 * @c: the running task's call
 * @err: the new value: a negative errno, or 0 for no error
 *
 * Like ff_syscall_returned().
 */
void ff_syscall_rewritten(struct ff_call *c, long err)
{
	if (!c->r.syscall)
		c->r.syscall = ff_fork_syscall(ff_returned_syscall(current_pt_regs()));
	c->nr = ff_returned_syscall(current_pt_regs());
	c->epoch = READ_ONCE(epoch);
	c->r.rewritten = true;
	ff_syscall_returned(c, err);
}

/* ---- the hooks ----------------------------------------------------------- */

static noinline void seccomp_asked(int nr)
{
	u8 syscall = ff_fork_syscall(nr);
	struct ff_call *c;

	if (!syscall || !READ_ONCE(watching))
		return;
	/* it has one if a tracer stopped it first, or if the filter is asked again after that */
	c = claim_asked(syscall, nr);
	if (!c)
		return;
	c->r.asked = true;
	ff_call_queue(c);
}

void notrace ff_seccomp_entered(ff_regs *regs)
{
	int nr = syscall_get_nr(current, current_pt_regs());

	if (unlikely(may_be_fork(nr)))
		seccomp_asked(nr);
}

/* clone3()'s arguments may be refused, or they ask for something rare. */
static noinline void clone3_asks_for_more(void)
{
	struct ff_call *c;
	u8 bad, elsewhere;
	bool usual;

	bad = clone3_refuses(&elsewhere, &usual);
	if (usual || !READ_ONCE(watching))
		return;
	c = claim_asked(FORKFAIL_SYSCALL_CLONE3, syscall_get_nr(current, current_pt_regs()));
	if (!c)
		return;
	c->r.clone3 = true;
	c->r.bad_before = bad;
	c->r.elsewhere = elsewhere;
	ff_call_watch_return(c);
}

void notrace ff_clone3_entered(ff_regs *regs)
{
	struct ff_call *c = ff_call_find();

	if (unlikely(c))
		c->r.clone3 = true;
	if (unlikely(!ff_clone3_is_fine()))
		clone3_asks_for_more();
	else if (unlikely(c))
		/* what is not refused here is seen from kernel_clone() on */
		ff_call_let_through(c);
}

void notrace ff_notify_entered(ff_regs *regs)
{
	struct ff_call *c = ff_call_search();

	if (c)
		c->r.notified = true;
}

/*
 * A tracer is about to be told.  At the entry of a system call this comes before any
 * filter, and a tracer can answer the call without one.
 */
void notrace ff_stop_entered(ff_regs *regs)
{
	int nr = syscall_get_nr(current, current_pt_regs());
	struct ff_call *c = ff_call_search();
	u8 syscall;

	if (!c || c->state != FF_CALL_PENDING) {
		syscall = ff_fork_syscall(nr);
		/* with PTRACE_SYSEMU the tracer takes the kernel's place: not a failure */
		if (!syscall || ff_stop_message(regs) != PTRACE_EVENTMSG_SYSCALL_ENTRY ||
		    ff_syscall_emulated() || !READ_ONCE(watching))
			return;
		c = c ?: claim_asked(syscall, nr);
		if (!c)
			return;
		c->state = FF_CALL_PARKED;
	}
	c->in_stop = true;
	c->at_exit = ff_stop_message(regs) == PTRACE_EVENTMSG_SYSCALL_EXIT;
	/* mmap or mprotect refused a thread's stack: the tracer did not answer that */
	if (c->kind == FF_CALL_STACK)
		return;
	if (c->r.cloned)
		c->r.stopped_late = true;
	else
		c->r.stopped = true;
}

/* The pending task_works have run: queue the parked call again. */
void notrace ff_stopping(ff_regs *regs)
{
	struct ff_call *c = ff_call_parked();

	if (!c)
		return;
	c->in_stop = false;
	ff_call_watch_return(c);
}

void notrace ff_exec_entered(ff_regs *regs)
{
	struct ff_nproc nproc;
	struct ff_call *c;
	bool over;

	if (likely(!(current->flags & PF_NPROC_EXCEEDED)) || !READ_ONCE(watching))
		return;
	rcu_read_lock();
	over = nproc_over(&nproc);
	rcu_read_unlock();
	if (!over)
		return;
	c = claim_asked(FORKFAIL_SYSCALL_EXECVE, syscall_get_nr(current, current_pt_regs()));
	if (!c)
		return;
	/* a tracer can have made an execve() of a fork() that was watched */
	c->r.syscall = FORKFAIL_SYSCALL_EXECVE;
	c->nr = syscall_get_nr(current, current_pt_regs());
	c->r.nproc_before = true;
	ff_call_watch_return(c);
}

/**
 * ff_syscall_may_refuse - kernel_clone() is entered with an argument that some kernels refuse
 * @cause: why they refuse it
 *
 * From its entry hook.  It is not known whether this kernel refuses it; the return value
 * will tell.
 */
void ff_syscall_may_refuse(u8 cause)
{
	int nr = syscall_get_nr(current, current_pt_regs());
	u8 syscall = ff_fork_syscall(nr);
	struct ff_call *c;

	if (!syscall || !READ_ONCE(watching))
		return;
	c = claim_asked(syscall, nr);
	if (!c)
		return;
	c->r.cloned = true;
	c->r.elsewhere = cause;
	ff_call_watch_return(c);
}

/* ---- beginning and end ---------------------------------------------------- */

/**
 * ff_syscall_watch - all hooks are installed: watch calls that begin from now on
 * @supervisors: the hook on seccomp's supervisors is installed
 * @tracers: the hooks on tracers are installed
 *
 * May sleep.
 */
void ff_syscall_watch(bool supervisors, bool tracers)
{
	ff_call_may_park(tracers);
	WRITE_ONCE(sees_supervisors, supervisors);
	WRITE_ONCE(sees_tracers, tracers);
	/* here, and not before: a handler that saw @watching set may still have claimed a place */
	WRITE_ONCE(epoch, epoch + 1);
	WRITE_ONCE(watching, true);
}

/**
 * ff_syscall_unwatch - the hooks are about to be removed
 *
 * Calls that are pending now will not be recorded, whenever they return.
 */
void ff_syscall_unwatch(void)
{
	WRITE_ONCE(watching, false);
}

/**
 * ff_syscall_unwatched - all hooks are removed, and none of their handlers is running
 *
 * May sleep.
 */
void ff_syscall_unwatched(void)
{
	ff_call_may_park(false);
}

/**
 * ff_syscall_init - find the functions of the fork family's system calls
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int ff_syscall_init(void)
{
	return ff_symbols_find(own, ARRAY_SIZE(own));
}

/**
 * ff_syscall_fallbacks - count how often a filter answered clone3() with ENOSYS
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
