// SPDX-License-Identifier: GPL-2.0-only
/*
 * causes_test.c - the table of causes and the words of the text format
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "invariants.h"

/* Report a bad row and continue; the test fails at the end. */
static unsigned int complaints;

#define ROW_MUST(condition, row, what) do {				\
	if (!(condition)) {						\
		fprintf(stderr, "causes.def: %s: %s\n", (row)->id, what); \
		complaints++;						\
	}								\
} while (0)

static int no_complaints(void **unused)
{
	complaints = 0;
	return 0;
}

static void test_numbers_are_dense_and_unique(void **unused)
{
	unsigned int i;

	for (i = 0; i < nr_causes; i++)
		ROW_MUST(cause_table[i].number == (int)i, &cause_table[i],
			 "numbers go up by one: new causes go to the end");
	assert_true(nr_causes < 256);
	assert_int_equal(FORKFAIL_UNEXPLAINED, 0);
	assert_int_equal(complaints, 0);
}

static void test_ids_are_unique_and_match_their_symbols(void **unused)
{
	unsigned int i, j;

	for (i = 0; i < nr_causes; i++) {
		const struct cause_row *r = &cause_table[i];
		char symbol[64];

		for (j = 0; r->id[j] && j < sizeof(symbol) - 1; j++) {
			char c = r->id[j];

			ROW_MUST((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-', r,
				 "an id is made of lower case letters, digits and -");
			symbol[j] = c == '-' ? '_' : c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
		}
		symbol[j] = '\0';
		ROW_MUST(!strcmp(symbol, r->symbol), r, "the symbol is not the id in upper case");
		ROW_MUST(j > 2 && j <= 32, r, "an id has 3 to 32 letters");
		for (j = 0; j < i; j++) {
			ROW_MUST(strcmp(cause_table[j].id, r->id), r, "the id is not unique");
			ROW_MUST(strcmp(cause_table[j].meaning, r->meaning), r,
				 "two causes mean the same");
		}
	}
	assert_int_equal(complaints, 0);
}

static void test_errnos_are_symbols(void **unused)
{
	unsigned int i;

	for (i = 0; i < nr_causes; i++) {
		const struct cause_row *r = &cause_table[i];
		const char *s = r->errnos;

		ROW_MUST(*s, r, "no errno");
		if (!strcmp(s, "any") || !strcmp(s, "none"))
			continue;
		while (*s) {
			size_t len = strcspn(s, " ");

			ROW_MUST(len && errno_number(s, len), r, "not the symbol of an errno");
			s += len;
			if (*s == ' ')
				ROW_MUST(*++s, r, "a blank at the end of the errnos");
		}
	}
	assert_int_equal(complaints, 0);
}

static bool is_any_of(const char *symbol, const char * const *end, unsigned int n)
{
	size_t len = strlen(symbol), l;

	while (n--) {
		l = strlen(end[n]);
		if (len >= l && !strcmp(symbol + len - l, end[n]))
			return true;
	}
	return false;
}

/* The class must agree with the name of a cause, and the errno with a limit. */
static void test_classes(void **unused)
{
	static const char * const memory[] = { "_NOMEM", "_MEMCG" };
	static const char * const policy[] = { "_LSM", "_CAP", "_PERM" };
	unsigned int seen[FORKFAIL_NR_CLASSES] = { 0 }, i;

	for (i = 0; i < nr_causes; i++) {
		const struct cause_row *r = &cause_table[i];

		if (is_any_of(r->symbol, memory, 2))
			ROW_MUST(r->class == FORKFAIL_CLASS_MEMORY, r, "not of class memory");
		if (is_any_of(r->symbol, policy, 3))
			ROW_MUST(r->class == FORKFAIL_CLASS_POLICY, r, "not of class policy");
		if (r->class == FORKFAIL_CLASS_REQUEST)
			ROW_MUST(!strstr(r->errnos, "EAGAIN") || i == FORKFAIL_SCHED_DEADLINE, r,
				 "a request that can never work, and \"try again\"");
		seen[r->class]++;
	}
	for (i = 0; i < FORKFAIL_NR_CLASSES; i++)
		assert_true(seen[i]);
	assert_int_equal(cause_table[FORKFAIL_PIDS_MAX].class, FORKFAIL_CLASS_LIMIT);
	assert_int_equal(cause_table[FORKFAIL_SECCOMP_ERRNO].class, FORKFAIL_CLASS_POLICY);
	assert_int_equal(complaints, 0);
}

/* Sentences are printed in lines of a page: short, one line, plain ASCII. */
static void check_sentence(const struct cause_row *r, const char *s, size_t max,
			   const char *too_long)
{
	size_t len = strlen(s), i;

	for (i = 0; i < len; i++)
		ROW_MUST(s[i] >= 0x20 && s[i] < 0x7f, r, "a byte that is not printable ASCII");
	ROW_MUST(!strchr(s, '"'), r, "a double quote, which ends a string of the log");
	ROW_MUST(!strchr(s, '\\'), r, "a backslash, which is escaped in the page");
	ROW_MUST(len <= max, r, too_long);
	if (!len)
		return;
	ROW_MUST(s[0] != ' ' && s[len - 1] != ' ', r, "a blank at an end");
	ROW_MUST(!strstr(s, "  "), r, "two blanks");
	ROW_MUST(s[len - 1] != '.' || (len > 2 && s[len - 3] == '.'), r, "a full stop at the end");
	ROW_MUST(s[len - 1] != ',' && s[len - 1] != ';', r, "an open end");
}

static void test_sentences(void **unused)
{
	unsigned int i;

	for (i = 0; i < nr_causes; i++) {
		const struct cause_row *r = &cause_table[i];

		check_sentence(r, r->meaning, 100, "the meaning is longer than 100 bytes");
		check_sentence(r, r->not, 100, "the not is longer than 100 bytes");
		check_sentence(r, r->todo, 160, "the do is longer than 160 bytes");
		check_sentence(r, r->where, 100, "the where is longer than 100 bytes");
		check_sentence(r, r->kernels, 40, "the kernels are longer than 40 bytes");
		ROW_MUST(strlen(r->meaning) > 10, r, "no meaning");
		ROW_MUST(*r->todo, r, "nothing to do");
		ROW_MUST(*r->kernels, r, "no kernels");
		ROW_MUST(r->meaning[0] < 'A' || r->meaning[0] > 'Z' ||
			 !strncmp(r->meaning, "CLONE_", 6) || !strncmp(r->meaning, "PID ", 4) ||
			 !strncmp(r->meaning, "RLIMIT_", 7), r,
			 "the meaning follows a colon: no capital");
	}
	assert_int_equal(complaints, 0);
}

static const char * const proofs[] = {
#define X(symbol, name, meaning) name,
	FORKFAIL_PROOFS(X)
#undef X
};

static const char * const kinds[] = {
#define X(symbol, name, meaning) name,
	FORKFAIL_KINDS(X)
#undef X
};

static const char * const scopes[] = {
#define X(symbol, name, meaning) name,
	FORKFAIL_SCOPES(X)
#undef X
};

static const char * const units[] = {
#define X(symbol, name, meaning) name,
	FORKFAIL_UNITS(X)
#undef X
};

static const char * const stacks[] = {
#define X(symbol, name, meaning) name,
	FORKFAIL_STACKS(X)
#undef X
};

static const char * const classes[] = {
#define X(symbol, name, meaning) name,
	FORKFAIL_CLASSES(X)
#undef X
};

static const char * const keys[] = {
#define X(symbol, name, meaning) name,
	FORKFAIL_KEYS(X)
#undef X
};

/* Words are printed without quotes after key=, and keys before the =. */
static void check_words(const char * const *words, unsigned int n)
{
	unsigned int i, j;

	for (i = 0; i < n; i++) {
		assert_int_equal(strspn(words[i], "abcdefghijklmnopqrstuvwxyz0123456789-_"),
				 strlen(words[i]));
		assert_true(*words[i]);
		for (j = 0; j < i; j++)
			assert_string_not_equal(words[i], words[j]);
	}
}

static void test_words_of_the_contract(void **unused)
{
	check_words(proofs, FORKFAIL_NR_PROOFS);
	check_words(kinds, FORKFAIL_NR_KINDS);
	check_words(scopes, FORKFAIL_NR_SCOPES);
	check_words(units, FORKFAIL_NR_UNITS);
	check_words(stacks, FORKFAIL_NR_STACKS);
	check_words(classes, FORKFAIL_NR_CLASSES);
	check_words(keys, FORKFAIL_NR_KEYS);
	/* released: these never change */
	assert_int_equal(FORKFAIL_FORMAT, 1);
	assert_string_equal(keys[FORKFAIL_KEY_SEQ], "seq");
	assert_int_equal(FORKFAIL_KEY_SEQ, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_numbers_are_dense_and_unique, no_complaints),
		cmocka_unit_test_setup(test_ids_are_unique_and_match_their_symbols, no_complaints),
		cmocka_unit_test_setup(test_errnos_are_symbols, no_complaints),
		cmocka_unit_test_setup(test_classes, no_complaints),
		cmocka_unit_test_setup(test_sentences, no_complaints),
		cmocka_unit_test(test_words_of_the_contract),
	};

	return cmocka_run_group_tests_name("causes.def", tests, NULL, NULL);
}
