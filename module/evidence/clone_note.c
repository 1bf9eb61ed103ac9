// SPDX-License-Identifier: GPL-2.0-only
/*
 * clone_note.c - the table of notes: see clone_note.h
 */
#include <linux/kernel.h>
#include <linux/sched/task_stack.h>

#include "evidence/clone_note.h"

/* A static array: the hooks have its address in their code, and need not load it. */
struct ff_note ff_notes[BIT(FF_NOTE_BITS)];

/**
 * ff_note_bytes - how much memory the notes use
 *
 * Return: bytes.
 */
size_t ff_note_bytes(void)
{
	return sizeof(ff_notes);
}

/**
 * ff_notes_forget - forget the calls that began before all hooks were installed
 *
 * Call it when they are, before anything counts as seen.  Accepted: a handler that is adding
 * to its note at this moment may bring it back.
 */
void ff_notes_forget(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ff_notes); i++)
		WRITE_ONCE(ff_notes[i].way, 0);
}

/**
 * ff_noted_arguments - get the arguments of the running kernel_clone()
 *
 * In the task that forks, and only inside kernel_clone(): they are on that task's stack
 * and valid only until it returns.
 *
 * Return: the arguments, NULL if the note was overwritten.
 */
const struct kernel_clone_args *ff_noted_arguments(void)
{
	const struct ff_note *n = ff_note_place();
	const struct kernel_clone_args *args;
	u64 way;

	/* not if another task has overwritten the note */
	if (!ff_note_read(&n->way, &way))
		return NULL;
	args = (const void *)(READ_ONCE(n->args) & ~1UL);
	/* another task may have overwritten it: then it points to another stack */
	return args && object_is_on_stack(args) ? args : NULL;
}
