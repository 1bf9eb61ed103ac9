// SPDX-License-Identifier: GPL-2.0-only
/*
 * clone_note.c - the table of notes: see clone_note.h
 */
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
