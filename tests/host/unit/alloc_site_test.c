// SPDX-License-Identifier: GPL-2.0-only
/*
 * alloc_site_test.c - what a stack says, and how many names are looked up for that
 *
 * alloc_site.c itself, compiled for the host with the few kernel headers of shim/.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define noinline		__attribute__((noinline))
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile typeof(x) *)&(x) = (v))
#define BUILD_BUG_ON(x)		_Static_assert(!(x), #x)
#define U8_MAX			255
#define ilog2(n)		__builtin_ctzl(n)

#include "../../../module/evidence/alloc_site.c"

unsigned long jiffies;

/* ---- a kernel: a function has 4 KiB, from an address that differs between boots -------- */

#define FRAMES	24

static unsigned long text;
static const char *names[FRAMES];	/* NULL: a function that is in no table */
static unsigned long offsets[FRAMES];
static unsigned int look_ups;

int sprint_symbol_no_offset(char *buffer, unsigned long address)
{
	unsigned int i = (address - text) / 4096;

	look_ups++;
	return sprintf(buffer, "%s", names[i] ?: "some_function");
}

unsigned int stack_trace_save(unsigned long *store, unsigned int size, unsigned int skip)
{
	unsigned int i;

	assert_in_range(size, FRAMES, 64);
	for (i = 0; i < FRAMES; i++)
		store[i] = text + i * 4096UL + offsets[i];
	return FRAMES;
}

static void boot(unsigned int n)
{
	unsigned int i;

	text = 0xffffffff80000000 + n * 0x200000UL;
	for (i = 0; i < FRAMES; i++)
		offsets[i] = (n * 31 + i * 977) % 4096;
	memset(names, 0, sizeof(names));
	memset(known_rows, 0, sizeof(known_rows));
	look_ups = 0;
}

static u8 found(u8 *step)
{
	u8 cause = ff_alloc_site(step);

	/* what is known now says the same */
	assert_int_equal(ff_alloc_site(step), cause);
	return cause;
}

/* ---- the tests ----------------------------------------------------------------------- */

static void test_names(void **unused)
{
	u8 step;

	boot(1);
	assert_int_equal(found(&step), 0);
	assert_int_equal(step, FF_NR_STEPS);
	assert_false(ff_is_inside_clone());

	boot(2);
	names[20] = "kernel_clone";
	names[4] = "kmem_cache_alloc_node";
	assert_int_equal(found(&step), FORKFAIL_TASK_STRUCT_NOMEM);
	assert_true(ff_is_inside_clone());

	/* who called the allocator; without what the compiler has added */
	boot(3);
	names[4] = "kmem_cache_alloc_node";
	names[9] = "dup_fd.part.0";
	names[10] = "copy_fs_struct";
	assert_int_equal(found(&step), FORKFAIL_FILES_NOMEM);
	assert_int_equal(step, FF_STEP_COPY_FILES);

	/* a module may use any name */
	boot(4);
	names[8] = "dup_fd [evil]";
	names[9] = "kernel_clone [evil]";
	assert_int_equal(found(&step), 0);
	assert_false(ff_is_inside_clone());
}

/* Each of 16 shortages of one call looks up 24 frames: only the first may be dear. */
static void test_looked_up_once(void **unused)
{
	unsigned int n;
	u8 step;

	for (n = 0; n < 512; n++) {
		boot(n);
		found(&step);
		assert_int_equal(look_ups, FRAMES);
	}
}

/* When more addresses are known than there is room for, it still works. */
static void test_full(void **unused)
{
	unsigned int n, i;
	u8 step;

	boot(0);
	for (n = 0; n < 100; n++, jiffies++) {
		for (i = 0; i < FRAMES; i++)
			offsets[i] = (n * 37 + i * 977) % 4096;
		names[12] = "copy_semundo";
		assert_int_equal(found(&step), FORKFAIL_SEMUNDO_NOMEM);
	}
	look_ups = 0;
	for (i = 0; i < 16; i++, jiffies++)
		ff_alloc_site(&step);
	assert_in_range(look_ups, 0, 2 * FRAMES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_looked_up_once),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
