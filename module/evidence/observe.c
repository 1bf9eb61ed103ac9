// SPDX-License-Identifier: GPL-2.0-only
/*
 * observe.c - reads kernel state when it tells something
 *
 * Three moments: when kernel_clone() is entered, when a witness runs or a child is
 * given up, and when the answer is there.  The first two are inside hooks, where
 * preemption and interrupts may be off: nothing sleeps, locks, prints or allocates
 * there.  Namespaces, credentials and cgroups are those of the running task, which
 * nobody else can free under it.
 *
 * Other CPUs change the counters meanwhile.  That is why a condition is looked
 * at twice, on both sides of the kernel's own look, and why what was seen once
 * is called inferred.  "Before" is when kernel_clone() is entered, or when a
 * witness of the refusal itself runs; "after" is when the answer is there.
 */
#include <linux/fdtable.h>
#include <linux/oom.h>
#include <linux/pid_namespace.h>
#include <linux/sched/deadline.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <linux/user_namespace.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/alloc_site.h"
#include "evidence/blind.h"
#include "evidence/clone_note.h"
#include "evidence/dead_child.h"
#include "evidence/failing_call.h"
#include "evidence/failure.h"
#include "evidence/fork_syscall.h"
#include "evidence/look.h"
#include "evidence/observe.h"
#include "evidence/pids_controller.h"
#include "evidence/restart_loop.h"
#include "evidence/syscall.h"
#include "journal/counts.h"
#include "journal/record.h"
#include "rules/classify.h"
#include "rules/match.h"

#define W(w)	BIT(FF_W_##w)

/* Witnesses that may run on the way of a call that goes well: they go into its note. */
#define ON_THE_WAY	(W(NEW_USERNS) | W(USERNS_LSM) | W(UCOUNT) | W(IO_URING_FORK) | \
			 W(KTHREAD_STRUCT) | W(MEMPOLICY) | W(CPUSET_LSM))

/* Dead children of calls that are of no kind that is known. */
static atomic64_t unasked = ATOMIC64_INIT(0);
/* Dead children of calls that got no room, by the first step that can have failed. */
static atomic64_t no_room[FF_NR_STEPS];

/**
 * ff_observe_unasked - children that were given up by nobody knows whom
 *
 * Any context.
 *
 * Return: how many since load.
 */
u64 ff_observe_unasked(void)
{
	return atomic64_read(&unasked);
}

/**
 * ff_observe_no_room - failures that are only counted, for want of room
 * @step: the first step that can have failed
 *
 * Any context.
 *
 * Return: how many since load.
 */
u64 ff_observe_no_room(enum ff_step step)
{
	return atomic64_read(&no_room[step]);
}

/* ---- before: kernel_clone() is entered -------------------------------------- */

/* The note of the call that is running; its arguments are on this task's stack. */
static struct ff_note *running_note(void)
{
	struct ff_note *n = ff_note_place();
	u64 way;

	return ff_note_read(&n->way, &way) ? n : NULL;
}

static const struct kernel_clone_args *noted_args(void)
{
	const struct kernel_clone_args *args;
	const struct ff_note *n = running_note();

	if (!n)
		return NULL;
	args = (const void *)(READ_ONCE(n->args) & ~1UL);
	/* another task may have written there meanwhile, for its own stack */
	return args && object_is_on_stack(args) ? args : NULL;
}

static void fill_args(struct ff_arguments *a, const struct kernel_clone_args *args)
{
	a->known = true;
	a->kind = ff_args_kind(args);
	a->flags = args->flags;
	a->exit_signal = args->exit_signal;
	a->pidfd_is_parent_tid = args->pidfd == args->parent_tid;
	a->tls = ff_tls(args->tls);
	a->set_tid_size = args->set_tid_size;
	a->set_tid_bad = args->set_tid_size ? ff_bad_set_tid(args) : 0;
}

/* From the call's note, or what the caller's registers tell. */
static void find_args(struct ff_call *c)
{
	const struct kernel_clone_args *args = noted_args();
	struct ff_arguments *a = &c->args;
	u8 syscall;

	if (args) {
		fill_args(a, args);
		return;
	}
	if (c->creator)
		return;
	syscall = ff_running_fork_syscall();
	a->known = syscall && syscall != FORKFAIL_SYSCALL_CLONE3 &&
		   ff_fork_syscall_flags(syscall, &a->flags);
	a->kind = ff_fork_kind(a->flags);
}

/* Flags of calls that cannot be refused for their flags alone. */
#define HARMLESS	(CSIGNAL | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID |		\
			 CLONE_CHILD_CLEARTID | CLONE_SETTLS | CLONE_SYSVSEM |		\
			 CLONE_FS | CLONE_FILES | CLONE_VFORK | CLONE_VM |		\
			 CLONE_SIGHAND | CLONE_THREAD | CLONE_UNTRACED |		\
			 CLONE_PTRACE | CLONE_IO | FF_CLONE_CLEAR_SIGHAND)

#define SHARING	(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)

/* A thread shares signal handlers, and who does that shares memory. */
static __always_inline bool flags_may_be_refused(const struct kernel_clone_args *args)
{
	u64 flags = args->flags, sharing = flags & SHARING;

	return (flags & ~HARMLESS) || !valid_signal(args->exit_signal) ||
	       (sharing && sharing != CLONE_VM && sharing != SHARING);
}

static bool may_be_refused(const struct kernel_clone_args *args, const struct nsproxy *ns)
{
	if (flags_may_be_refused(args))
		return true;
	return (args->flags & CLONE_VM) &&
	       (ns->pid_ns_for_children != task_active_pid_ns(current) ||
		ff_timens_mismatch(ns));
}

/*
 * The arguments alone decide, and nobody can change them any more: what the checks
 * ask is certain before the answer is.  Whether the kernel has the check that
 * would refuse is what the answer tells.
 */
static noinline void expect_refusal(const struct kernel_clone_args *args)
{
	struct ff_observation o = {
		.facts = FF_KERNEL_FACTS,
		.flags = args->flags,
		.have_args = true,
		.pidns_dead_level = -1,
	};
	struct ff_call *c;
	u8 cause;

	if (!ff_running_fork_syscall())
		return;
	/* kernel_clone() adds it before anybody looks */
	if (o.flags & FF_CLONE_EMPTY_MNTNS)
		o.flags |= CLONE_NEWNS;
	rcu_read_lock();
	ff_observe_arguments(&o, args);
	rcu_read_unlock();
	cause = ff_will_refuse(&o);
	/* a kernel that was read has no check that is not known */
	if (!cause && !(o.facts & FF_FACT_GUESSED))
		return;
	c = ff_call_claim(FF_CALL_REFUSED);
	if (!c)
		return;
	c->refused = cause;
	c->unusual = !cause;
	fill_args(&c->args, args);
	c->args.flags = o.flags;
	if (c->state == FF_CALL_IDLE)
		ff_call_answer_later(c);
}

/* What its note has beyond the arguments; returns whether a namespace is dead. */
static bool note_namespaces(struct ff_note *n, const struct pid_namespace *ns)
{
	if (FF_OBSERVE_MEMORY)
		ff_note_write(&n->committed, ff_committed_pages());
	/* with one level only there is no question which one is full */
	return ns->level ? ff_note_nested_namespaces(n, ns) :
		!(ff_pidns_allocated(ns) & PIDNS_ADDING);
}

/* Of a call that is watched, may be refused at once, restarts, or is in a container. */
static noinline void observe_unusual_clone(const struct kernel_clone_args *args)
{
	const struct nsproxy *ns = current->nsproxy;
	struct ff_note *n = ff_note_place();

	ff_syscall_cloned();
	/* of a task that is going nobody asks */
	if (!ns)
		return;
	ff_note_write(&n->way, 0);
	WRITE_ONCE(n->args, (unsigned long)args |
		   note_namespaces(n, ns->pid_ns_for_children));
	ff_restart_watch();
	if (!may_be_refused(args, ns))
		return;
	expect_refusal(args);
	if (!FF_EXIT_SIGNAL_KNOWN && !valid_signal(args->exit_signal))
		ff_syscall_may_refuse(FORKFAIL_EXIT_SIGNAL_INVALID);
}

/**
 * ff_observe_clone - kernel_clone() is entered
 * @args: its argument
 *
 * On the way of every fork: short, and nothing to be kept over a call.  A child that
 * is to be in the initial PID namespace is in its parent's: a task's children never
 * go up.  (That it is dead it never is: its first task never ends.)
 */
void ff_observe_clone(const struct kernel_clone_args *args)
{
	const struct nsproxy *ns = current->nsproxy;
	struct ff_note *n;

	if (unlikely(!ns || ns->pid_ns_for_children->level ||
		     test_thread_flag(TIF_NOTIFY_RESUME) || ff_restart_watched() ||
		     flags_may_be_refused(args) || ff_timens_mismatch(ns))) {
		observe_unusual_clone(args);
		return;
	}
	n = ff_note_place();
	ff_note_write(&n->way, 0);
	WRITE_ONCE(n->args, (unsigned long)args);
	if (FF_OBSERVE_MEMORY)
		ff_note_write(&n->committed, ff_committed_pages());
}

/**
 * ff_observe_step - a function is entered that only some calls come to
 * @step: the step that it is
 *
 * Not only from within kernel_clone(): in other calls the note says nothing.
 */
void ff_observe_step(u8 step)
{
	struct ff_note *n = running_note();
	u64 way;

	if (n && ff_note_read(&n->way, &way))
		ff_note_write(&n->way, (way & ~0xffULL) | step);
}

/* ---- a witness runs --------------------------------------------------------- */

/* Is the running task creating one?  *@c: its call, if it has one. */
static bool is_forking(struct ff_call **c)
{
	*c = NULL;
	if (current->flags & (PF_KTHREAD | PF_IO_WORKER)) {
		if (atomic_read(&ff_creators_running))
			*c = ff_call_find();
		return *c && (*c)->creator;
	}
	if (ff_running_fork_syscall())
		return true;
	if (unlikely(atomic_read(&ff_creators_running))) {
		*c = ff_call_find();
		return *c && (*c)->creator;
	}
	return false;
}

static void add_to_note(u32 witness)
{
	struct ff_note *n = running_note();
	u64 way;

	if (n && ff_note_read(&n->way, &way))
		ff_note_write(&n->way, way | (u64)witness << 8);
}

/*
 * Does warn_alloc() mean that somebody does without the memory?  It is entered for
 * attempts that may fail, too, and returns at once: slab asks for a larger slab first,
 * kvmalloc() for memory in one piece, idr for a node beside those it has.  vmalloc()
 * gives up for good, and where it says so of itself the flags do not tell: up to 6.1
 * they are those that it asked for pages with.  What direct reclaim cannot have to
 * write pages out is not what it was called for.
 */
static bool gave_up(gfp_t gfp, const char *fmt)
{
	static const char vmalloc[] = "vmalloc";

	if (current->flags & PF_MEMALLOC)
		return false;
	return !(gfp & __GFP_NOWARN) || (fmt && !strncmp(fmt, vmalloc, sizeof(vmalloc) - 1));
}

/* What a witness's entry means, by its arguments; FF_NR_WITNESSES: nothing. */
static enum ff_witness look_at(struct ff_call *c, u8 first, const unsigned long *arg, u8 *step)
{
	struct ff_seen *s = &c->s;
	const struct oom_control *oc;

	switch (first) {
	case FF_W_CAPABLE_RESOURCE:
		*step = FF_STEP_TASK_LIMITS;
		if (arg[0] == CAP_SYS_RESOURCE) {
			ff_observe_nproc_at_witness(s);
			return FF_W_CAPABLE_RESOURCE;
		}
		if (arg[0] == CAP_SYS_ADMIN && (c->seen & W(CAPABLE_RESOURCE)))
			return FF_W_CAPABLE_ADMIN;
		break;
	case FF_W_PIDS_EVENT:
		*step = FF_STEP_CGROUP_CAN_FORK;
		/* of the cgroups that are notified one after the other the first is meant */
		if (!(c->seen & W(PIDS_EVENT)) && ff_pids_witness(s, noted_args(), arg[0]))
			return FF_W_PIDS_EVENT;
		break;
	case FF_W_UCOUNT:
		*step = FF_NR_STEPS;
		ff_observe_ucount_at_witness(s, (struct user_namespace *)arg[0],
					  KUIDT_INIT((uid_t)arg[1]), (int)arg[2]);
		return FF_W_UCOUNT;
	case FF_W_CGROUP_FOUND:
		*step = FF_STEP_CGROUP_CAN_FORK;
		ff_cgroup_witness(s, (struct kernfs_node *)arg[1]);
		return FF_W_CGROUP_FOUND;
	case FF_W_MEMCG_RECLAIM:
		s->alloc = ff_alloc_site(step);
		s->alloc_step = *step;
		ff_observe_memcg_at_witness(s, (struct mem_cgroup *)arg[0], arg[1]);
		return FF_W_MEMCG_RECLAIM;
	case FF_W_MEMCG_OOM:
		oc = (const struct oom_control *)arg[0];
		s->alloc = ff_alloc_site(step);
		s->alloc_step = *step;
		if (!oc->memcg)
			return FF_W_SYSTEM_OOM;
		s->oom_kills = ff_oom_kills();
		ff_observe_memcg_at_witness(s, oc->memcg, 1UL << oc->order);
		return FF_W_MEMCG_OOM;
	case FF_W_KMEM_LIMIT:
		s->alloc = ff_alloc_site(step);
		s->alloc_step = *step;
		ff_observe_kmem_at_witness(s, (const struct page_counter *)arg[0], arg[1]);
		return FF_W_KMEM_LIMIT;
	case FF_W_PAGE_ALLOC_FAILED:
		if (!gave_up((__force gfp_t)arg[0], (const char *)arg[2]))
			break;
		s->alloc = ff_alloc_site(step);
		s->alloc_step = *step;
		return FF_W_PAGE_ALLOC_FAILED;
	case FF_W_OVERCOMMIT:
		*step = FF_STEP_COPY_MM;
		if (arg[1] && !strcmp((const char *)arg[1], "__vm_enough_memory"))
			return FF_W_OVERCOMMIT;
		break;
	default:
		*step = FF_NR_STEPS;
		return first;
	}
	return FF_NR_WITNESSES;
}

/**
 * ff_observe_witness - a function ran that only runs when something is wrong
 * @first: the (first) witness that its entry may be
 * @arg: its first three arguments
 *
 * In the task itself, outside of interrupts.
 */
void ff_observe_witness(u8 first, const unsigned long *arg)
{
	struct ff_call *c;
	enum ff_witness w;
	u8 step = FF_NR_STEPS;
	struct ff_seen seen;

	if (likely(!is_forking(&c)))
		return;
	if (ON_THE_WAY & BIT(first)) {
		add_to_note(BIT(first));
		if (first != FF_W_UCOUNT)
			return;
		/* only a count that is full has something to tell beyond that */
		ff_observe_ucount_at_witness(&seen, (struct user_namespace *)arg[0],
					  KUIDT_INIT((uid_t)arg[1]), (int)arg[2]);
		if (seen.ucount_full < 0)
			return;
	}
	c = c ?: ff_call_claim(FF_CALL_REFUSED);
	if (!c)
		return;
	if (!c->args.known)
		find_args(c);
	rcu_read_lock();
	w = look_at(c, first, arg, &step);
	if (w != FF_NR_WITNESSES) {
		c->seen |= BIT(w);
		c->s.at[w] = step;
		ff_rank_last(c->s.rank, w);
	}
	rcu_read_unlock();
	if (c->creator || c->state != FF_CALL_IDLE)
		return;
	if (w == FF_NR_WITNESSES && !c->seen)
		ff_call_release(c);
	else
		ff_call_answer_later(c);
}

/* ---- a child is given up ---------------------------------------------------- */

/* What stands in the note, as far as it is this call's. */
static void take_note(struct ff_call *c)
{
	struct ff_note *n = running_note();
	u64 way, value;
	u8 step;

	find_args(c);
	if (!n || !ff_note_read(&n->way, &way))
		return;
	c->noted = true;
	c->seen |= way >> 8;
	step = way & 0xff;
	/* which of several it was, where a function of its own says so */
	if (step && (c->stage & BIT(step)))
		c->stage = BIT(step);
	else if ((c->stage & BIT(FF_STEP_COPY_NAMESPACES)) &&
		 step >= FF_STEP_NEW_NAMESPACES && step <= FF_STEP_COPY_TIME_NS)
		c->stage = BIT(step);
	else if (!(READ_ONCE(ff_blind_steps) & BIT(FF_STEP_PIDFD)))
		c->stage &= ~BIT(FF_STEP_PIDFD);
	/* whoever wrote the arguments for this stack wrote it, too */
	c->pidns_dead |= noted_args() && (READ_ONCE(n->args) & 1);
	if (ff_note_read(&n->pid_full, &value))
		c->pid_full = value;
	if (ff_note_read(&n->committed, &value))
		c->committed = value;
}

/**
 * ff_observe_dead_child - copy_process() has given up a child
 * @p: the child
 *
 * At the end of copy_process()'s cleanup, no lock is held.
 */
void ff_observe_dead_child(const struct task_struct *p)
{
	struct ff_call *c = ff_call_find();
	/* io_uring's first worker is created by a task of user space, on its way back */
	bool kernel_task = (current->flags & (PF_KTHREAD | PF_IO_WORKER)) ||
			   (p->flags & PF_IO_WORKER);
	const struct kernel_clone_args *args;
	u32 stage;

	if ((!c || !c->creator) &&
	    (kernel_task || !ff_fork_syscall(syscall_get_nr(current, current_pt_regs())))) {
		atomic64_inc(&unasked);
		return;
	}
	args = noted_args();
	stage = ff_dead_child_stage(p, args ? args->flags : 0, args);
	c = c ?: ff_call_claim(FF_CALL_DEAD_CHILD);
	if (!c) {
		atomic64_inc(&no_room[__ffs(stage)]);
		return;
	}
	c->dead_child = true;
	c->stage = stage;
	c->threads_known = ff_read_int(ff_data.nr_threads, &c->threads);
	rcu_read_lock();
	take_note(c);
	rcu_read_unlock();
	if (!c->creator && c->state == FF_CALL_IDLE)
		ff_call_answer_later(c);
}

/**
 * ff_observe_unseen_child - copy_process() has given up a child that nobody saw
 * @c: the running task's call
 * @stage: the steps (bits) of which one has failed
 *
 * From a return probe.
 */
void ff_observe_unseen_child(struct ff_call *c, u32 stage)
{
	c->dead_child = true;
	c->stage = stage;
	c->threads_known = ff_read_int(ff_data.nr_threads, &c->threads);
	rcu_read_lock();
	take_note(c);
	rcu_read_unlock();
}

/* ---- the answer is there ---------------------------------------------------- */

/* The caller's descriptors, and how many it may have. */
static void observe_files(struct ff_observation *o)
{
	const struct fdtable *fdt;
	unsigned int i;

	o->nofile = rlimit(RLIMIT_NOFILE);
	o->nr_open_known = ff_read_int(ff_data.nr_open, &o->nr_open);
	if (!current->files)
		return;
	fdt = files_fdtable(current->files);
	/* another thread may open or close one meanwhile: either is right */
	i = data_race(find_last_bit(fdt->open_fds, fdt->max_fds));
	o->highest_fd = i < fdt->max_fds ? (s64)i : -1;
}

#define NAMESPACE_STEPS	GENMASK(FF_STEP_COPY_TIME_NS, FF_STEP_NEW_NAMESPACES)

/* Steps that may have failed, by all that is known. */
static u32 possible_steps(const struct ff_call *c)
{
	u32 steps = c->stage;

	if (!c->dead_child && (READ_ONCE(ff_blind_steps) & BIT(FF_STEP_ENTRY)))
		return GENMASK(FF_STEP_LAST_CHECKS, FF_STEP_ENTRY);
	if (!c->dead_child)
		return BIT(FF_STEP_ENTRY);
	if (READ_ONCE(ff_stages_doubted))
		return GENMASK(FF_STEP_LAST_CHECKS, FF_STEP_ENTRY);
	if (steps != BIT(FF_STEP_LAST_CHECKS) && (c->seen & W(CANCEL_FORK)))
		return BIT(FF_STEP_LATE);
	if (steps == (BIT(FF_STEP_CGROUP_CAN_FORK) | BIT(FF_STEP_LATE)) &&
	    !(READ_ONCE(ff_blind_witnesses) & W(CANCEL_FORK)))
		steps = BIT(FF_STEP_CGROUP_CAN_FORK);
	/* nothing said which namespace it was, or its hook is missing */
	if ((steps & BIT(FF_STEP_COPY_NAMESPACES)) && !c->noted)
		steps |= NAMESPACE_STEPS;
	if (steps & (BIT(FF_STEP_COPY_NAMESPACES) | NAMESPACE_STEPS))
		steps |= READ_ONCE(ff_blind_steps) & NAMESPACE_STEPS & ~(BIT(__ffs(steps)) - 1);
	return steps;
}

/*
 * A storm of failures pays for this each time: what no rule for this errno asks
 * about is not looked at.  Under the RCU read lock.  True if the mappings have to
 * be looked at, too.
 */
static bool observe(struct ff_observation *o, const struct ff_call *c, long err)
{
	const struct ff_arguments *a = &c->args;
	bool look_at_mappings = false;
	u32 noted;
	s64 max;

	memset(o, 0, sizeof(*o));
	o->err = err;
	o->facts = FF_KERNEL_FACTS | ff_memcg_facts();
	o->steps = possible_steps(c);
	o->step = __ffs(o->steps);
	o->blind_w = READ_ONCE(ff_blind_witnesses);
	/* without its note nobody knows what a call came past */
	if (!c->noted)
		o->blind_w |= ON_THE_WAY;
	o->seen = c->seen;
	memcpy(o->at, c->s.at, sizeof(o->at));
	memcpy(o->rank, c->s.rank, sizeof(o->rank));
	/* a note does not say where they ran */
	for (noted = c->seen & ON_THE_WAY; noted; noted &= noted - 1)
		o->at[__ffs(noted)] = FF_NR_STEPS;
	o->have_args = a->known;
	o->flags = a->flags;
	o->kind = a->kind;
	o->exit_signal = a->exit_signal;
	o->pidfd_is_parent_tid = a->pidfd_is_parent_tid;
	o->tls = a->tls;
	o->set_tid_size = a->set_tid_size;
	o->set_tid_bad = a->set_tid_bad;
	if (a->known && err != -EAGAIN && err != -ENOMEM)
		ff_observe_namespaces(o);
	if (current->flags & PF_KTHREAD)
		o->kind = FORKFAIL_KIND_KTHREAD;
	o->dying = fatal_signal_pending(current) || (current->flags & PF_EXITING);
	/* whoever changes that at this moment has the answer that was or the one that will be */
	o->deadline = data_race(dl_prio(current->normal_prio) && !current->sched_reset_on_fork);

	o->has_sys_admin = current_user_ns() == &init_user_ns &&
			   cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN);
	if (err == -EAGAIN)
		ff_observe_nproc(o, c);
	o->threads_known = c->threads_known && ff_read_int(ff_data.max_threads, &max);
	if (o->threads_known) {
		o->threads = c->threads;
		o->threads_max = max;
	}
	/* behind it only that a namespace is dead is of interest */
	if ((o->steps & BIT(FF_STEP_ALLOC_PID)) || err == -ENOMEM)
		ff_observe_pid(o, c);
	ff_pids_observe(o, c);
	if (err == -ENOMEM && !(o->flags & CLONE_VM) && (o->steps & BIT(FF_STEP_COPY_MM)))
		look_at_mappings = ff_observe_overcommit(o, c);
	if (c->s.memcg) {
		o->memcg_known = true;
		o->memcg_full = c->s.memcg_full;
		o->memcg_oom_disabled = c->s.memcg_oom_disabled;
		o->memcg_limit = c->s.memcg_limit;
		o->memcg_in_use = c->s.memcg_in_use;
	}
	if (o->seen & W(MEMCG_OOM))
		o->oom_killed = !IS_ENABLED(CONFIG_VM_EVENT_COUNTERS) ||
				ff_oom_kills() != c->s.oom_kills;
	o->ucount.named = -1;
	o->ucount.full = -1;
	if (c->s.ucount_known) {
		o->ucount.known = true;
		o->ucount.full = c->s.ucount_full;
		o->ucount.limit = c->s.ucount_limit;
		o->ucount.in_use = c->s.ucount_in_use;
	}
	o->has_io_context = current->io_context;
	o->shadow_stack = ff_shadow_stack();
	if (err == -EMFILE)
		observe_files(o);
	return look_at_mappings;
}

static bool is_memcg(u8 cause)
{
	return cause == FORKFAIL_MEMCG_LIMIT || cause == FORKFAIL_MEMCG_V1_OOM_DISABLED ||
	       cause == FORKFAIL_MEMCG_V1_KMEM_LIMIT;
}

/* What the verdict's level is, in the hierarchy of its scope. */
static void find_object(struct ff_object *obj, const struct ff_verdict *v, const struct ff_call *c)
{
	struct ff_nproc_walk w;
	struct pid_namespace *ns;
	int level = v->level;

	switch (v->scope) {
	case FORKFAIL_SCOPE_CGROUP:
		if (v->cause == FORKFAIL_PIDS_MAX || v->cause == FORKFAIL_PIDS_MAX_ANCESTOR)
			obj->cgrp = ff_pids_cgroup_at(c, level);
		else if (is_memcg(v->cause))
			obj->cgrp = ff_memcg_cgroup(&c->s);
		else
			obj->cgrp = v->cause == FORKFAIL_CGROUP_PERM ? c->s.judged : c->s.target;
		break;
	case FORKFAIL_SCOPE_USER:
	case FORKFAIL_SCOPE_USERNS:
		if (v->unit == FORKFAIL_UNIT_COUNT) {
			obj->uid = c->s.ucount_uid;
			obj->inum = c->s.ucount_inum;
			obj->id = c->s.ucount_ns;
			break;
		}
		if (v->unit == FORKFAIL_UNIT_LEVELS) {
			obj->uid = current_euid();
			obj->inum = current_user_ns()->ns.inum;
			obj->id = ff_ns_id(current_user_ns());
			break;
		}
		ff_nproc_start(&w, current_cred());
		while (ff_nproc_valid(&w) && level--)
			ff_nproc_next(&w);
		if (ff_nproc_valid(&w)) {
			obj->uid = ff_nproc_uid(&w);
			obj->inum = ff_nproc_ns(&w)->ns.inum;
			obj->id = ff_ns_id(ff_nproc_ns(&w));
		}
		break;
	case FORKFAIL_SCOPE_PIDNS:
		ns = ff_pidns_at(level);
		if (ns) {
			obj->inum = ns->ns.inum;
			obj->id = ff_pidns_id(ns);
			obj->level = ns->level;
		}
		break;
	}
}

/**
 * ff_observe_end - drop what a call holds
 * @c: the call
 *
 * Any context.
 */
void ff_observe_end(struct ff_call *c)
{
	if (c->kind == FF_CALL_STACK)
		return;
	ff_pids_forget(&c->s);
	ff_cgroup_forget(&c->s);
	ff_forget_memcg(&c->s);
}

/* Under the RCU read lock. */
static void conclude(const struct ff_observation *o, const struct ff_call *c)
{
	struct ff_failure f = {
		.err = o->err,
		.kind = o->kind,
		.has_flags = o->have_args,
		.flags = o->flags,
		.first_in = ff_left_without_first(o),
	};
	struct ff_verdict v;

	ff_classify(o, &v);
	f.step = v.step;
	if (v.unit == FORKFAIL_UNIT_BYTES) {
		v.limit = ff_pages_to_bytes(v.limit);
		v.in_use = ff_pages_to_bytes(v.in_use);
	}
	find_object(&f.object, &v, c);
	if ((is_memcg(v.cause) || v.cause == FORKFAIL_SYSTEM_MEMORY) && c->s.alloc) {
		f.alloc = c->s.alloc;
		/* the stack does not tell which namespace it was */
		if (c->s.alloc_step != FF_STEP_COPY_NAMESPACES)
			f.step = c->s.alloc_step;
	}
	if (is_memcg(v.cause))
		f.asker = ff_task_memory_cgroup();
	ff_record(&f, &v);
}

/* Sleeps only where an address space was to be copied, which has a task of user space. */
static void classify(struct ff_call *c, long err)
{
	struct ff_observation o;
	bool look_at_mappings;

	rcu_read_lock();
	look_at_mappings = observe(&o, c, err);
	if (!look_at_mappings) {
		conclude(&o, c);
		rcu_read_unlock();
		return;
	}
	rcu_read_unlock();
	ff_observe_mappings(&o, c);
	rcu_read_lock();
	conclude(&o, c);
	rcu_read_unlock();
}

/* kernel_clone() refused by itself, or copy_process() did before there was a child. */
static void classify_refusal(struct ff_call *c, long err)
{
	struct ff_observation o;

	rcu_read_lock();
	observe(&o, c, err);
	if ((c->refused == FORKFAIL_PIDFD_PARENT_SETTID ||
	     c->refused == FORKFAIL_EXIT_SIGNAL_INVALID) &&
	    err == ff_refused_errno(c->refused)) {
		o.steps = BIT(FF_STEP_KERNEL_CLONE);
		o.step = FF_STEP_KERNEL_CLONE;
	}
	conclude(&o, c);
	rcu_read_unlock();
}

/**
 * ff_observe_answer - a call that had something wrong has its answer
 * @c: the running task's call
 * @err: the answer, a negative errno, or not an error
 *
 * In the task, on its way back to user space; may sleep.
 *
 * Return: true if the call has failed in kernel_clone() or behind it.
 */
bool ff_observe_answer(struct ff_call *c, long err)
{
	bool failed = false;

	if (c->restarting && err != -FF_ERESTARTNOINTR)
		ff_restart_forget();
	if (err < 0 && err != -FF_ERESTARTNOINTR) {
		failed = true;
		if (c->dead_child)
			classify(c, err);
		else if (c->refused || c->unusual || (c->seen && err == -ENOMEM))
			classify_refusal(c, err);
		else
			failed = false;
	}
	ff_observe_end(c);
	return failed;
}

/**
 * ff_observe_signal - a task looks at its signals before it goes back
 *
 * In the task itself, on the way of every signal.  A call that is to restart was
 * refused because of one.
 */
void ff_observe_signal(void)
{
	static const struct ff_verdict v = {
		.cause = FORKFAIL_SIGNAL_RESTART,
		.proof = FORKFAIL_PROOF_PATH,
		.level = -1,
		.restart = true,
	};
	struct ff_failure f = { .err = -FF_ERESTARTNOINTR };
	struct pt_regs *regs;
	int nr;

	if (unlikely(current->flags & (PF_KTHREAD | PF_IO_WORKER)))
		return;
	regs = current_pt_regs();
	nr = ff_restarting_syscall(regs);
	if (likely(nr < 0))
		return;
	f.syscall = ff_fork_syscall(nr);
	if (!f.syscall)
		return;
	f.has_flags = ff_fork_syscall_flags(f.syscall, &f.flags);
	f.kind = ff_fork_kind(f.flags);
	f.syscall = FORKFAIL_SYSCALL_NONE;
	rcu_read_lock();
	ff_record(&f, &v);
	rcu_read_unlock();
}

/* ---- the kernel's own creators ---------------------------------------------- */

/**
 * ff_observe_creator - a function is entered that creates a task of the kernel's
 * @kind: FORKFAIL_KIND_*
 * @flags: the clone flags that it gives; 0: kernel_clone() is told
 *
 * From the entry handler of a return probe.
 *
 * Return: false if there is no room.
 */
bool ff_observe_creator(u8 kind, u64 flags)
{
	struct ff_note *n = ff_note_place();
	struct ff_call *c;

	/* on its way back from a call that is not answered yet: that one is not to be lost */
	if (ff_call_search())
		return false;
	c = ff_call_claim(FF_CALL_DEAD_CHILD);
	if (!c)
		return false;
	atomic_inc(&ff_creators_running);
	c->creator = true;
	c->args.kind = kind;
	c->args.flags = flags;
	c->args.known = flags;
	/* not every one calls kernel_clone() */
	WRITE_ONCE(n->args, 0);
	ff_note_write(&n->way, 0);
	if (current->nsproxy)
		c->pidns_dead = note_namespaces(n, current->nsproxy->pid_ns_for_children);
	return true;
}

/**
 * ff_observe_created - it returns
 * @err: a negative errno, or not an error
 *
 * From the handler of a return probe, after ff_observe_creator() in the same task.
 */
void ff_observe_created(long err)
{
	struct ff_call *c = ff_call_search();

	atomic_dec(&ff_creators_running);
	if (!c || !c->creator)
		return;
	if (err == -FF_ERESTARTNOINTR)
		ff_count(FORKFAIL_SIGNAL_RESTART, c->args.kind);
	else if (err < 0 && (c->dead_child || err == -ENOMEM))
		classify(c, err);
	ff_observe_end(c);
	ff_call_release(c);
}
