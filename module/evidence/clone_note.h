/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clone_note.h - what a call that may still go well leaves on its way
 *
 * A small table without claims: each call of kernel_clone() writes over what its
 * place held, and never gives it back.  So nothing is held up, and whoever comes
 * to find his note gone knows that.  What is in it makes a verdict more certain;
 * no failure depends on it.
 *
 * Two tasks may write to one place at once.  So each word says whose it is: what
 * is read was written by the task that reads it, in this call.
 */
#ifndef FORKFAIL_CLONE_NOTE_H
#define FORKFAIL_CLONE_NOTE_H

#include <linux/cache.h>
#include <linux/hash.h>
#include <linux/sched.h>
#include <linux/types.h>

struct kernel_clone_args;

/* Below this bit a word has its value, above it whose it is. */
#define FF_NOTE_VALUE_BITS	40
#define FF_NOTE_VALUE		(BIT_ULL(FF_NOTE_VALUE_BITS) - 1)

/**
 * struct ff_note - one call of kernel_clone()
 * @args: its argument, on the stack of the task that wrote it; bit 0: the PID
 *	namespace that the child is to be in was dead
 * @way: the last step of the way that is watched (8 bits), the witnesses that tell how
 *	far it got (the 31 bits above them), and whether there was no room for one
 * @pid_full: levels (bits) of PID namespaces without a free number
 * @committed: pages that were promised
 */
struct ff_note {
	unsigned long args;
	u64	way;
	u64	pid_full;
	u64	committed;
} ____cacheline_aligned;

/* In @way: a witness ran, and there was no room for what it saw. */
#define FF_NOTE_UNHEARD		BIT_ULL(FF_NOTE_VALUE_BITS - 1)

#define FF_NOTE_BITS	10

extern struct ff_note ff_notes[BIT(FF_NOTE_BITS)];

size_t ff_note_bytes(void);
struct ff_note *ff_note_running(void);
const struct kernel_clone_args *ff_noted_arguments(void);

/* The place of the running task's note. */
static __always_inline struct ff_note *ff_note_place(void)
{
	return &ff_notes[hash_ptr(current, FF_NOTE_BITS)];
}

/*
 * The part of a word that says that it is the running task's: two tasks of one
 * place share it only if their addresses, whose lowest 6 bits are 0, are a multiple of
 * 1 GiB apart.
 */
static __always_inline u64 ff_note_tag(void)
{
	return (u64)(unsigned long)current << (FF_NOTE_VALUE_BITS - 6);
}

static __always_inline void ff_note_write(u64 *word, u64 value)
{
	WRITE_ONCE(*word, ff_note_tag() | (value & FF_NOTE_VALUE));
}

/* Return: false if it is not there. */
static __always_inline bool ff_note_read(const u64 *word, u64 *value)
{
	u64 w = READ_ONCE(*word);

	*value = w & FF_NOTE_VALUE;
	return (w & ~FF_NOTE_VALUE) == ff_note_tag();
}

#endif /* FORKFAIL_CLONE_NOTE_H */
