/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clone_note.h - notes about calls that may still succeed
 *
 * A small table whose entries belong to nobody: each call of kernel_clone() overwrites
 * the entry that its task's hash selects, and never frees it.  So nothing can leak, and
 * nobody waits.  A task can tell whether its note was overwritten.  The note makes a
 * verdict more certain; no failure is missed for want of one.
 *
 * Two tasks may write to the same entry at the same time.  So each word carries a tag of
 * the task that wrote it, and a task reads only words that it wrote itself, in this call.
 */
#ifndef FORKFAIL_CLONE_NOTE_H
#define FORKFAIL_CLONE_NOTE_H

#include <linux/cache.h>
#include <linux/hash.h>
#include <linux/sched.h>
#include <linux/types.h>

struct kernel_clone_args;

/* A word has its value in the bits below, and the tag of its task in those above. */
#define FF_NOTE_VALUE_BITS	40
#define FF_NOTE_VALUE		(BIT_ULL(FF_NOTE_VALUE_BITS) - 1)

/**
 * struct ff_note - one call of kernel_clone()
 * @args: its argument, on the stack of the task that wrote it; bit 0: a PID namespace
 *	that the child is to be in was dead
 * @way: the last step that was noted (8 bits), the witnesses that ran (the 31 bits above),
 *	and FF_NOTE_MISSED_WITNESS
 * @pid_full: levels (bits) of PID namespaces that had no free number
 * @committed: pages that were committed on the whole machine
 */
struct ff_note {
	unsigned long args;
	u64	way;
	u64	pid_full;
	u64	committed;
} ____cacheline_aligned;

/* In @way: a witness ran, and the table of failing calls had no room for the call. */
#define FF_NOTE_MISSED_WITNESS	BIT_ULL(FF_NOTE_VALUE_BITS - 1)

#define FF_NOTE_BITS	10

extern struct ff_note ff_notes[BIT(FF_NOTE_BITS)];

size_t ff_note_bytes(void);
void ff_notes_forget(void);
const struct kernel_clone_args *ff_noted_arguments(void);

/*
 * The entry for the running task.  All bits of the address are hashed: with the lowest 32 only,
 * tasks that are 4 GiB apart, which have the same tag, would always share one.
 */
static __always_inline struct ff_note *ff_note_place(void)
{
	return &ff_notes[hash_ptr(current, FF_NOTE_BITS)];
}

/*
 * The tag of the running task.  The lowest 6 bits of a task's address are 0, so two tasks
 * have the same tag only if their addresses differ by a multiple of 1 GiB.
 */
static __always_inline u64 ff_note_tag(void)
{
	return (u64)(unsigned long)current << (FF_NOTE_VALUE_BITS - 6);
}

static __always_inline void ff_note_write(u64 *word, u64 value)
{
	WRITE_ONCE(*word, ff_note_tag() | (value & FF_NOTE_VALUE));
}

/* Return: false if another task has overwritten the word. */
static __always_inline bool ff_note_read(const u64 *word, u64 *value)
{
	u64 w = READ_ONCE(*word);

	*value = w & FF_NOTE_VALUE;
	return (w & ~FF_NOTE_VALUE) == ff_note_tag();
}

#endif /* FORKFAIL_CLONE_NOTE_H */
