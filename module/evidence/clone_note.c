// SPDX-License-Identifier: GPL-2.0-only
/*
 * clone_note.c - the table of notes: see clone_note.h
 */
#include <linux/sched/task_stack.h>

#include "evidence/clone_note.h"

/* A variable, not an allocation: every hook finds its address in its own code. */
struct ff_note ff_notes[BIT(FF_NOTE_BITS)];

/**
 * ff_note_bytes - memory that the notes take
 *
 * Return: bytes.
 */
size_t ff_note_bytes(void)
{
	return sizeof(ff_notes);
}

/**
 * ff_note_running - the note of the call that is running
 *
 * In the task that forks.
 *
 * Return: NULL if another task has written over it.
 */
struct ff_note *ff_note_running(void)
{
	struct ff_note *n = ff_note_place();
	u64 way;

	return ff_note_read(&n->way, &way) ? n : NULL;
}

/**
 * ff_noted_arguments - what the running call has given to kernel_clone()
 *
 * In the task that forks, from within kernel_clone(): they are on that task's stack,
 * where something else is before and behind it.
 *
 * Return: NULL if nobody knows any more.
 */
const struct kernel_clone_args *ff_noted_arguments(void)
{
	const struct kernel_clone_args *args;
	const struct ff_note *n = ff_note_running();

	if (!n)
		return NULL;
	args = (const void *)(READ_ONCE(n->args) & ~1UL);
	/* another task may have written there meanwhile, for its own stack */
	return args && object_is_on_stack(args) ? args : NULL;
}
