// SPDX-License-Identifier: GPL-2.0-only
/*
 * clone_note_test.c - a task never takes another task's note for its own
 *
 * clone_note.h itself, compiled for the host with the few kernel headers of shim/.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile typeof(x) *)&(x) = (v))
#undef __always_inline
#define __always_inline		inline __attribute__((always_inline))

/* The address of the running task. */
static void *current;

#include "../../../module/evidence/clone_note.h"

struct ff_note ff_notes[BIT(FF_NOTE_BITS)];

#define GIB	(1UL << 30)

/* Where a machine's memory is mapped: x86 and arm64 with 48 bits, and where KASLR may move it. */
static const unsigned long bases[] = {
	0xffff888000000000, 0xffff8e5d80000000, 0xffff000000000000, 0xffff0000c0000000,
};

static bool is_own(unsigned long task)
{
	u64 value;

	current = (void *)task;
	return ff_note_read(&ff_note_place()->way, &value);
}

static void leave_note(unsigned long task)
{
	current = (void *)task;
	ff_note_write(&ff_note_place()->way, 7);
}

/* The lower halves of addresses are alike, and so are the tags. */
static void test_far_apart(void **unused)
{
	unsigned long i, far, task;

	for (i = 0; i < sizeof(bases) / sizeof(*bases); i++)
		for (far = GIB; far < 256 * GIB; far += GIB) {
			task = bases[i] + 0x3a4f2580 + i * 0x2640;
			leave_note(task);
			assert_true(is_own(task));
			if (is_own(task + far))
				printf("%lu GiB apart\n", far / GIB);
			assert_false(is_own(task + far));
		}
}

/* One slab has several tasks, and the next may follow at once. */
static void test_neighbours(void **unused)
{
	unsigned long far, task = bases[1] + 0x1a4f0000;

	memset(ff_notes, 0, sizeof(ff_notes));
	for (far = 64; far < GIB / 2; far += far < 1 << 20 ? 64 : 32768) {
		leave_note(task);
		assert_false(is_own(task + far));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_far_apart),
		cmocka_unit_test(test_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
