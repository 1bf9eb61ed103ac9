// SPDX-License-Identifier: GPL-2.0-only
/*
 * witness.c - what is done when a witness runs
 *
 * A witness is a function that runs only if something has gone wrong.  What its arguments
 * tell is kept in the call's place in the table of failing calls.  Some witnesses also run
 * for calls that then succeed; those only leave a note (clone_note.h).
 *
 * All of this runs inside a hook: it does not sleep, lock, print or allocate.
 */
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/oom.h>
#include <linux/sched.h>

#include "compat/compat.h"
#include "evidence/alloc_site.h"
#include "evidence/blind.h"
#include "evidence/clone_entry.h"
#include "evidence/clone_note.h"
#include "evidence/failing_call.h"
#include "evidence/fork_syscall.h"
#include "evidence/memory.h"
#include "evidence/namespaces.h"
#include "evidence/pids_controller.h"
#include "evidence/witness.h"
#include "rules/match.h"

#define W(w)	BIT(FF_W_##w)

/* Witnesses of a memory shortage: the call may fail before there is a child. */
#define MEMORY		(W(MEMCG_RECLAIM) | W(MEMCG_OOM) | W(SYSTEM_OOM) | \
			 W(PAGE_ALLOC_FAILED) | W(KMEM_LIMIT))
#define IN_MEMCG	(W(MEMCG_RECLAIM) | W(MEMCG_OOM) | W(KMEM_LIMIT))
/* Of these it matters which ran last. */
#define SHORTAGES	(MEMORY | W(OVERCOMMIT))

/* Is the running task creating a task?  *@c receives its call, if that was looked up. */
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

static_assert(8 + FF_NR_WITNESSES < FF_NOTE_VALUE_BITS);

static void add_to_note(u64 way)
{
	struct ff_note *n = ff_note_place();
	u64 before;

	if (ff_note_read(&n->way, &before))
		ff_note_write(&n->way, before | way);
}

static bool is_in_note(enum ff_witness w)
{
	u64 way;

	return ff_note_read(&ff_note_place()->way, &way) && ((way >> 8) & BIT(w));
}

/**
 * ff_may_have_missed_witness - can a witness have run that was not recorded?
 *
 * The table of failing calls may have been full, or the call may have begun before all hooks
 * were installed.  In the task that forks.
 *
 * Return: true if the call's note says so, or if it has none, and no other call has
 * overwritten it; if one has, true if the table was full for any call.
 */
bool ff_may_have_missed_witness(void)
{
	const struct ff_note *n = ff_note_place();
	u64 way;

	if (ff_note_read(&n->way, &way))
		return way & FF_NOTE_MISSED_WITNESS;
	/* without the hook on kernel_clone() no call has a note, and this cannot be told */
	if (!READ_ONCE(n->way) && !(READ_ONCE(ff_blind_steps) & BIT(FF_STEP_KERNEL_CLONE)))
		return true;
	return ff_call_no_room(FF_CALL_WITNESS) || ff_call_no_room(FF_CALL_SHORT);
}

/*
 * Does this warn_alloc() mean that the machine had no memory for an allocation?  It is also
 * entered for attempts that may fail (slab tries a larger slab first, kvmalloc() contiguous
 * memory, idr a spare node); those have __GFP_NOWARN.  An allocation inside direct reclaim
 * (PF_MEMALLOC) is not the one that the call needs.
 *
 * vmalloc() fails for good, and is recognized by its message, because up to 6.1 the flags are
 * those of its single pages.  Each of these is charged, and warn_alloc() is entered for one
 * that could not be allocated, but not for one that could not be charged.  So if a memory
 * cgroup was short and no page was refused since, it was the charge.
 */
static bool gave_up(struct ff_seen *s, gfp_t gfp, const char *fmt)
{
	static const char vmalloc[] = "vmalloc";

	if (current->flags & PF_MEMALLOC)
		return false;
	if (fmt && !strncmp(fmt, vmalloc, sizeof(vmalloc) - 1))
		return !s->memcg_last;
	s->memcg_last = false;
	return !(gfp & __GFP_NOWARN);
}

/*
 * Memory may run out, or a cgroup be notified, before kernel_clone() is entered or after it
 * has returned: while clone3()'s arguments are read, or while memory.high is enforced.
 * Then the note is about an earlier call, and its arguments are no longer valid.
 */
static const struct kernel_clone_args *living_arguments(void)
{
	const struct kernel_clone_args *args = ff_noted_arguments();

	return args && ff_is_inside_clone() ? args : NULL;
}

/* The cgroups that the new task is to be in; cgroup_can_fork() has a reference to them. */
static const struct css_set *charged_cset(void)
{
	const struct kernel_clone_args *args = ff_noted_arguments();

	/* if even outdated arguments do not have the flag, the stack need not be searched */
	if (args && (args->flags & FF_CLONE_INTO_CGROUP))
		args = living_arguments();
	return args && (args->flags & FF_CLONE_INTO_CGROUP) && args->cset ?
		args->cset : task_css_set(current);
}

static bool is_cgroup_fs(const struct super_block *sb)
{
	return sb->s_magic == CGROUP2_SUPER_MAGIC || sb->s_magic == CGROUP_SUPER_MAGIC;
}

/* Return: which witness it is, by its arguments; FF_NR_WITNESSES if it is none. */
static enum ff_witness look_at(struct ff_call *c, u8 first, const unsigned long *arg, u8 *step)
{
	struct ff_seen *s = ff_call_seen(c);
	const struct oom_control *oc;

	switch (first) {
	case FF_W_CAPABLE_RESOURCE:
		*step = FF_STEP_TASK_LIMITS;
		if (arg[0] == CAP_SYS_RESOURCE) {
			ff_read_nproc(&s->nproc, 0);
			return FF_W_CAPABLE_RESOURCE;
		}
		if (arg[0] == CAP_SYS_ADMIN && (c->seen & W(CAPABLE_RESOURCE)))
			return FF_W_CAPABLE_ADMIN;
		break;
	case FF_W_PIDS_EVENT:
		*step = FF_STEP_CGROUP_CAN_FORK;
		if ((c->seen & W(PIDS_EVENT)) || !ff_pids_witness(s, charged_cset(), arg[0]))
			break;
		add_to_note((u64)BIT(FF_W_PIDS_EVENT) << 8);
		return FF_W_PIDS_EVENT;
	case FF_W_UCOUNT:
		*step = FF_NR_STEPS;
		ff_observe_ucount_at_witness(s, (struct user_namespace *)arg[0],
					     KUIDT_INIT((uid_t)arg[1]), (int)arg[2]);
		return FF_W_UCOUNT;
	case FF_W_CGROUP_FOUND:
		*step = FF_STEP_CGROUP_CAN_FORK;
		/* other filesystems use kernfs, too */
		if (!is_cgroup_fs((const struct super_block *)arg[0]))
			break;
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
		if (!gave_up(s, (__force gfp_t)arg[0], (const char *)arg[2]))
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

static noinline bool ucount_is_full(const unsigned long *arg)
{
	struct ff_seen seen;

	ff_observe_ucount_at_witness(&seen, (struct user_namespace *)arg[0],
				     KUIDT_INIT((uid_t)arg[1]), (int)arg[2]);
	return seen.ucount_full >= 0;
}

/*
 * Have perf and audit succeeded for this child, which is being given up?  Of copy_process()'s
 * cleanup nothing changes what tells that.  On a kernel that nobody has read it is a guess,
 * and the witness may contradict it.
 */
static bool is_past_audit(const struct task_struct *p)
{
	return FF_READ && IS_ENABLED(CONFIG_SYSVIPC) && !ff_before_security(p) &&
	       !READ_ONCE(ff_stages_doubted);
}

/**
 * ff_observe_witness - a function is entered that may be a witness
 * @first: the (first) witness that it may be
 * @arg: its first three arguments
 *
 * In the task itself, not from an interrupt.
 */
void ff_observe_witness(u8 first, const unsigned long *arg)
{
	struct ff_call *c;
	enum ff_witness w;
	u8 step = FF_NR_STEPS;

	/* several cgroups are notified one after the other: the first counts */
	if (first == FF_W_PIDS_EVENT && is_in_note(FF_W_PIDS_EVENT))
		return;
	/* it tells perf's failures from audit's, and runs for all later ones, too */
	if (first == FF_W_PERF_DONE && is_past_audit((const struct task_struct *)arg[0]))
		return;
	/* of other calls, too; nobody reads their note */
	if (FF_NOTED_WITNESSES & BIT(first)) {
		add_to_note((u64)BIT(first) << 8);
		/* that is all that the others tell; a full count also has a limit to read */
		if (first != FF_W_UCOUNT)
			return;
	}
	if (likely(!is_forking(&c)))
		return;
	/* memory.high is enforced after a call has returned: that is not part of it */
	if (!FF_TELLS_IF_RETURNED && (MEMORY & BIT(first)) && !c && !ff_is_inside_clone())
		return;
	if (first == FF_W_UCOUNT && !ucount_is_full(arg))
		return;
	c = c ?: ff_call_claim(MEMORY & BIT(first) ? FF_CALL_SHORT : FF_CALL_WITNESS);
	if (!c) {
		/* note it, because there may be a free place when the call fails */
		add_to_note(FF_NOTE_MISSED_WITNESS);
		return;
	}
	rcu_read_lock();
	/* read the arguments now: there may be no dead child to read them for later */
	if (!c->args.known && (MEMORY & BIT(first)))
		ff_find_arguments(c, living_arguments());
	w = look_at(c, first, arg, &step);
	if (w != FF_NR_WITNESSES) {
		c->seen |= BIT(w);
		c->s.at[w] = step;
		if (MEMORY & BIT(w))
			c->s.memcg_last = IN_MEMCG & BIT(w);
		if (SHORTAGES & BIT(w))
			ff_rank_last(c->s.rank, w);
	}
	rcu_read_unlock();
	if (w == FF_NR_WITNESSES && !c->seen && c->state == FF_CALL_IDLE && !c->creator)
		ff_call_release(c);
	else
		ff_call_watch_return(c);
}
