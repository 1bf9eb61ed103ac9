// SPDX-License-Identifier: GPL-2.0-only
/*
 * thread_stack.c - thread stacks that the kernel refuses to map
 *
 * pthread_create() maps a stack before it calls clone().  If that fails, there is no clone
 * and copy_process() is never entered.  So there are two entry hooks, both under the mmap
 * lock that the kernel holds while it decides:
 *
 *   do_mmap		a mapping with MAP_STACK; one with PROT_NONE is noted, because it
 *			may be made accessible later
 *   mprotect_fixup	the mapping that this task last noted is made accessible, except
 *			for a guard at its low end
 *
 * Every mapping passes them: one that is no thread's stack costs a check of its flags.  If
 * a limit is near, the kernel's own conditions are computed.  If one of them is true, the
 * call gets a place in the table of calls (failing_call.c), so that it becomes a failure
 * only if the system call returns an error.
 */
#include <linux/cred.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <asm/syscall.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/failing_call.h"
#include "evidence/failure.h"
#include "evidence/memory.h"
#include "evidence/thread_stack.h"
#include "journal/record.h"
#include "rules/thread_stack_rules.h"

/* ---- the last PROT_NONE mapping of a task ---------------------------------- */

/*
 * About as many notes as tasks that are creating a thread right now: a note is removed
 * when its mapping is made accessible.  The task's hash selects a set.  If the set is
 * full, the oldest note is overwritten: most likely its mapping will never be made
 * accessible, or its task is gone.
 */
#define NOTE_SETS	64
#define NOTE_WAYS	8

static struct note {
	const struct task_struct *task;
	unsigned long len;	/* whole pages; bit 0: it had MAP_STACK */
	unsigned long when;	/* jiffies */
} notes[NOTE_SETS][NOTE_WAYS];

/* Notes that were overwritten while they were young: they may have been thread stacks. */
static atomic_long_t forgotten = ATOMIC_LONG_INIT(0);

static struct note *note_set(void)
{
	return notes[hash_ptr(current, ilog2(NOTE_SETS))];
}

static struct note *find_note(void)
{
	struct note *n = note_set(), *end = n + NOTE_WAYS;

	for (; n < end; n++)
		if (READ_ONCE(n->task) == current)
			return n;
	return NULL;
}

static void leave_note(unsigned long len)
{
	struct note *n = find_note(), *set = note_set(), *oldest = set;
	const struct task_struct *whose;

	for (; !n && set < oldest + NOTE_WAYS; set++)
		if (!READ_ONCE(set->task) && !cmpxchg(&set->task, NULL, current))
			n = set;
	if (!n) {
		for (n = oldest, set = n + NOTE_WAYS; n < set; n++)
			if (time_before(n->when, oldest->when))
				oldest = n;
		n = oldest;
		whose = READ_ONCE(n->task);
		if (time_before(jiffies, n->when + HZ))
			atomic_long_inc(&forgotten);
		if (cmpxchg(&n->task, whose, current) != whose)
			return;
	}
	n->len = len;
	n->when = jiffies;
}

/* ---- what the kernel is about to check -------------------------------------- */

/* Here the kernel checks for the capability in the initial user namespace. */
static bool has_ipc_lock(void)
{
	return cap_raised(current_cred()->cap_effective, CAP_IPC_LOCK) &&
	       current_user_ns() == &init_user_ns;
}

/* A cheap check that errs on the safe side: can any limit refuse so many more pages? */
static bool stack_may_be_refused(const struct mm_struct *mm, unsigned long pages)
{
	int mode = ff_data.overcommit_memory ? READ_ONCE(*ff_data.overcommit_memory) : 1;

	return (ff_data.max_map_count && mm->map_count + 2 > READ_ONCE(*ff_data.max_map_count)) ||
	       mm->total_vm + pages > rlimit(RLIMIT_AS) >> PAGE_SHIFT ||
	       mm->data_vm + pages > rlimit(RLIMIT_DATA) >> PAGE_SHIFT ||
	       (mm->def_flags & VM_LOCKED) ||
	       mode == 2 || (mode == 0 && pages > totalram_pages());
}

static bool data_excused(s64 data_pages)
{
	bool ignored = false;

	if (ff_data.ignore_rlimit_data)
		copy_from_kernel_nofault(&ignored, ff_data.ignore_rlimit_data, sizeof(ignored));
	return ignored || (!rlimit(RLIMIT_DATA) &&
			   data_pages <= (s64)(rlimit_max(RLIMIT_DATA) >> PAGE_SHIFT));
}

static void read_commit(struct ff_stack *s)
{
	s64 mode;

	s->commit_known = ff_read_int(ff_data.overcommit_memory, &mode) && mode != 1 &&
			  ff_data.committed && ff_observe_commit_limit((u8)mode, &s->commit_max);
	s->strict = s->commit_known && mode == 2;
	s->committed = s->strict ? ff_committed_pages() : s->pages;
}

static s64 rlimit_pages(unsigned int which)
{
	return (s64)(rlimit(which) >> PAGE_SHIFT);
}

static void read_mm(struct ff_stack *s, const struct mm_struct *mm, unsigned long pages)
{
	s->pages = (s64)pages;
	s->maps = mm->map_count;
	s->maps_known = ff_read_int(ff_data.max_map_count, &s->maps_max);
	s->total = (s64)mm->total_vm;
	s->total_max = rlimit_pages(RLIMIT_AS);
	s->data_pages = (s64)mm->data_vm;
	s->data_max = rlimit_pages(RLIMIT_DATA);
	s->data_excused = data_excused(s->data_pages + s->pages);
	s->locked = (mm->def_flags & VM_LOCKED) && !has_ipc_lock();
	s->locked_pages = (s64)mm->locked_vm;
	s->locked_max = rlimit_pages(RLIMIT_MEMLOCK);
	read_commit(s);
}

/* ---- from an expected refusal to a failure ---------------------------------- */

/**
 * ff_stack_returned - if a call that was expected to fail has failed, record why
 * @c: the running task's call
 * @err: its return value: a negative errno, or 0 for no error
 *
 * In the task, when it returns to user space.
 */
void ff_stack_returned(struct ff_call *c, long err)
{
	struct ff_verdict *v = &c->verdict;

	if (err != c->failure.err)
		return;
	if (c->stack.strict)
		c->stack.committed = ff_committed_pages();
	ff_stack_confirm(&c->stack, v);
	if (v->unit == FORKFAIL_UNIT_BYTES) {
		v->limit = ff_pages_to_bytes(v->limit);
		v->in_use = ff_pages_to_bytes(v->in_use);
		v->asked = ff_pages_to_bytes(v->asked);
	}
	rcu_read_lock();
	ff_record(&c->failure, v);
	rcu_read_unlock();
}

/* Give the call a place.  If the table is full, it is lost, and may have failed. */
static void expect(const struct ff_stack *s, const struct ff_failure *f,
		   const struct ff_verdict *v)
{
	struct ff_call *c;

	if (current->flags & (PF_KTHREAD | PF_IO_WORKER))
		return;
	c = ff_call_claim(FF_CALL_STACK);
	/* the system call may do this twice; it returns the first refusal */
	if (!c || c->state != FF_CALL_IDLE)
		return;
	c->failure = *f;
	c->verdict = *v;
	c->stack = *s;
	ff_call_watch_return(c);
}

static noinline void classify_stack(struct ff_stack *s, unsigned long pages, bool flag)
{
	struct ff_failure f = {
		.kind = FORKFAIL_KIND_THREAD,
		.step = s->opens ? FF_STEP_MPROTECT : FF_STEP_MMAP,
		.stack = flag ? FORKFAIL_STACK_FLAG : FORKFAIL_STACK_PATTERN,
	};
	struct ff_verdict v;

	read_mm(s, current->mm, pages);
	if (!ff_stack_classify(s, &v))
		return;
	f.err = v.cause == FORKFAIL_LIBC_STACK_MEMLOCK ? -EAGAIN : -ENOMEM;
	expect(s, &f, &v);
}

/* ---- the hooks -------------------------------------------------------------- */

/* No C library maps a thread's stack with these; the kernel's checks for them differ. */
#define ODD_FLAGS	(MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_LOCKED | MAP_HUGETLB | MAP_GROWSDOWN)

static noinline void observe_mapping(unsigned long len, unsigned long prot, unsigned long flags)
{
	unsigned long pages = PAGE_ALIGN(len) >> PAGE_SHIFT;
	bool stack = flags & MAP_STACK;

	if ((flags & (MAP_TYPE | MAP_ANONYMOUS | ODD_FLAGS)) != (MAP_PRIVATE | MAP_ANONYMOUS) ||
	    !pages || !current->mm)
		return;
	if (!(prot & (PROT_READ | PROT_WRITE | PROT_EXEC)))
		leave_note(pages << PAGE_SHIFT | stack);
	if (stack && unlikely(stack_may_be_refused(current->mm, pages))) {
		struct ff_stack s = {
			.data = prot & PROT_WRITE,
			.charged = prot & PROT_WRITE,
		};

		/* the kernel ignores MAP_NORESERVE if overcommit is strict */
		if ((flags & MAP_NORESERVE) && ff_data.overcommit_memory &&
		    READ_ONCE(*ff_data.overcommit_memory) != 2)
			s.charged = false;
		classify_stack(&s, pages, true);
	}
}

/**
 * ff_stack_mmap_entered - do_mmap() is entered
 * @regs: its arguments
 *
 * Runs for every mapping, so it first rules out those that are no thread's stack.
 */
void notrace ff_stack_mmap_entered(ff_regs *regs)
{
	unsigned long prot, flags;

	prot = ff_ftrace_argument(regs, 3);
	flags = ff_ftrace_argument(regs, 4);
	/* PROT_NONE with MAP_NORESERVE is how allocators reserve memory, not how stacks are made */
	if (likely(!(flags & MAP_STACK) && (prot || (flags & MAP_NORESERVE))))
		return;
	observe_mapping(ff_ftrace_argument(regs, 2), prot, flags);
}

static noinline void observe_mprotect(const struct vm_area_struct *vma, unsigned long start,
				      unsigned long end)
{
	struct note *n = find_note();
	unsigned long len, args[6];
	bool flag;

	if (likely(!n || vma->vm_mm != current->mm))
		return;
	flag = n->len & 1;
	len = n->len & ~1UL;
	/*
	 * A stack is made accessible except for a guard at its low end.  Its address is not
	 * known, only that it is inside this vma, which other PROT_NONE mappings may have
	 * been merged into at both ends.  If the guard would be larger than the rest, it
	 * is no stack: a program makes a large mapping accessible bit by bit.
	 */
	if (end - start >= len || end < len || end - len < vma->vm_start ||
	    (!flag && len - (end - start) > end - start))
		return;
	syscall_get_arguments(current, current_pt_regs(), args);
	if (!(args[2] & PROT_WRITE))
		return;
	WRITE_ONCE(n->task, NULL);
	if (unlikely(stack_may_be_refused(current->mm, (end - start) >> PAGE_SHIFT))) {
		struct ff_stack s = {
			.opens = true,
			.data = true,
			.charged = !(vma->vm_flags & (VM_ACCOUNT | VM_NORESERVE | VM_HUGETLB)),
			.splits = (u8)((start != vma->vm_start) + (end != vma->vm_end)),
		};

		classify_stack(&s, (end - start) >> PAGE_SHIFT, flag);
	}
}

/**
 * ff_stack_mprotect_entered - mprotect_fixup() is entered
 * @regs: its arguments
 *
 * Runs for every change of protection, like the one above.
 */
void notrace ff_stack_mprotect_entered(ff_regs *regs)
{
	const struct vm_area_struct *vma;
	unsigned long start;

	vma = (const struct vm_area_struct *)ff_ftrace_argument(regs, FF_MPROTECT_VMA);
	if (likely(vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC | VM_SHARED)))
		return;
	start = ff_ftrace_argument(regs, FF_MPROTECT_VMA + 2);
	/* a stack leaves a guard; an allocator goes on from the start of the vma */
	if (likely(start == vma->vm_start))
		return;
	observe_mprotect(vma, start, ff_ftrace_argument(regs, FF_MPROTECT_VMA + 3));
}

/**
 * ff_stack_forgotten - count the mappings that were not followed, for want of room
 *
 * These are notes that were overwritten within a second: if such a mapping was then to be
 * made accessible and that was refused, the refusal was missed.
 *
 * Return: how many since load.
 */
unsigned long ff_stack_forgotten(void)
{
	return (unsigned long)atomic_long_read(&forgotten);
}

/**
 * ff_stack_bytes - how much memory the notes use
 *
 * Return: bytes.
 */
size_t ff_stack_bytes(void)
{
	return sizeof(notes);
}
