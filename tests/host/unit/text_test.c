// SPDX-License-Identifier: GPL-2.0-only
/*
 * text_test.c - words, numbers and quoting
 *
 * text.c itself, compiled for the host with the few kernel headers of shim/.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../../../module/page/text.c"

/* Days and months by counting, independent of any library. */
void time64_to_tm(s64 seconds, int offset, struct tm *result)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	s64 days = (seconds + offset) / 86400, rest = (seconds + offset) % 86400;
	int year = 1970, month = 0;

	for (;; year++) {
		int leap = (year % 4 == 0 && year % 100) || year % 400 == 0;
		int length;

		for (month = 0; month < 12; month++) {
			length = lengths[month] + (month == 1 && leap);
			if (days < length)
				goto found;
			days -= length;
		}
	}
found:
	result->tm_year = year - 1900;
	result->tm_mon = month;
	result->tm_mday = days + 1;
	result->tm_hour = rest / 3600;
	result->tm_min = rest / 60 % 60;
	result->tm_sec = rest % 60;
}

#define ROOM	4096

/* A buffer that ends where its memory ends, so that an overflow is detected. */
static void start(struct ff_text *t, size_t size)
{
	t->buf = malloc(size);
	assert_non_null(t->buf);
	memset(t->buf, 0x7e, size);
	t->buf[0] = '\0';
	t->size = size;
	t->len = 0;
	t->full = false;
}

static void check_sane(const struct ff_text *t)
{
	assert_true(t->len < t->size);
	assert_int_equal(t->buf[t->len], '\0');
	assert_int_equal(strlen(t->buf), t->len);
}

#define EXPECT(text, call) do {						\
	struct ff_text t_, *t = &t_;					\
	start(t, ROOM);							\
	call;								\
	check_sane(t);							\
	assert_false(t->full);						\
	assert_string_equal(t->buf, text);				\
	free(t->buf);							\
} while (0)

/* ---- quoting ------------------------------------------------------------- */

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode a quoted string, as a reader does. Return: length, -1 if it is not one. */
static int unquote(const char *s, char *out)
{
	int n = 0;

	if (*s++ != '"')
		return -1;
	for (; *s && *s != '"'; s++) {
		if (*s < 0x20 || *s > 0x7e)
			return -1;
		if (*s != '\\') {
			out[n++] = *s;
			continue;
		}
		if (s[1] != 'x' || hex(s[2]) < 0 || hex(s[3]) < 0)
			return -1;
		out[n++] = hex(s[2]) << 4 | hex(s[3]);
		s += 3;
	}
	return s[0] == '"' && !s[1] ? n : -1;
}

static void test_every_byte_is_quoted(void **unused)
{
	char in[4] = "a?b", out[ROOM], want[16];
	int c;

	for (c = 1; c < 256; c++) {
		struct ff_text t;
		bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';

		in[1] = c;
		if (plain)
			snprintf(want, sizeof(want), "\"a%cb\"", c);
		else
			snprintf(want, sizeof(want), "\"a\\x%02xb\"", c);
		start(&t, ROOM);
		ff_add_quoted(&t, in);
		check_sane(&t);
		assert_string_equal(t.buf, want);
		assert_int_equal(unquote(t.buf, out), 3);
		assert_memory_equal(out, in, 3);
		free(t.buf);
	}
}

static void test_every_pair_of_bytes_comes_back(void **unused)
{
	char in[3] = "", out[ROOM];
	struct ff_text t;
	int a, b;

	start(&t, ROOM);
	for (a = 1; a < 256; a++)
		for (b = 1; b < 256; b++) {
			in[0] = a;
			in[1] = b;
			t.len = 0;
			ff_add_quoted(&t, in);
			assert_int_equal(unquote(t.buf, out), 2);
			assert_memory_equal(out, in, 2);
		}
	free(t.buf);
}

static void test_every_byte_is_plain(void **unused)
{
	char in[2] = "", want[16];
	int c;

	for (c = 1; c < 256; c++) {
		in[0] = c;
		snprintf(want, sizeof(want), c >= 0x20 && c < 0x7f && c != '\\' ? "%c" : "\\x%02x",
			 c);
		EXPECT(want, ff_add_plain(t, in));
	}
}

static void test_hostile_names(void **unused)
{
	EXPECT("\"\"", ff_add_quoted(t, ""));
	EXPECT("\"x\\x22 cause=\\x22y\"", ff_add_quoted(t, "x\" cause=\"y"));
	EXPECT("\"a\\x0aforkfail 1\"", ff_add_quoted(t, "a\nforkfail 1"));
	EXPECT("\"\\x1b[2J\"", ff_add_quoted(t, "\033[2J"));
	EXPECT("\"\\x5cx41\"", ff_add_quoted(t, "\\x41"));
	EXPECT("\"\\xc3\\xa4\"", ff_add_quoted(t, "\xc3\xa4"));
	EXPECT("\"%s%n\"", ff_add_quoted(t, "%s%n"));
	EXPECT("%d\\x0d\"", ff_add_plain(t, "%d\r\""));
}

/* ---- a buffer that is too small ------------------------------------------ */

/* Text that does not fit is left out as a whole. */
#define EVERY_SIZE(text, call) do {					\
	size_t need_ = strlen(text), size_;				\
	for (size_ = 1; size_ < need_ + 4; size_++) {			\
		struct ff_text t_, *t = &t_;				\
		start(t, size_);					\
		call;							\
		check_sane(t);						\
		assert_int_equal(t->full, size_ <= need_);		\
		assert_string_equal(t->buf, size_ <= need_ ? "" : text); \
		free(t->buf);						\
	}								\
} while (0)

static void test_nothing_is_cut(void **unused)
{
	EVERY_SIZE("abc", ff_add(t, "abc"));
	EVERY_SIZE("limit=4915 of max", ff_add(t, "limit=%d of %s", 4915, "max"));
	EVERY_SIZE("\"varnishd\"", ff_add_quoted(t, "varnishd"));
	EVERY_SIZE("\"a\\x0ab\\x22c\"", ff_add_quoted(t, "a\nb\"c"));
	EVERY_SIZE("\"\"", ff_add_quoted(t, ""));
	EVERY_SIZE("a\\x0ab\\xffz", ff_add_plain(t, "a\nb\xffz"));
	EVERY_SIZE("2026-11-21T08:27:02.123456Z", ff_add_time(t, 1795249622123456789ULL));
	EVERY_SIZE("213503d", ff_add_age(t, 0, ~0ULL));
	EVERY_SIZE("-9223372036854775808", ff_add_number(t, -S64_MAX - 1));
	EVERY_SIZE("max", ff_add_number(t, S64_MAX));
	EVERY_SIZE("15.2 GiB", ff_add_size(t, 16330000000ULL));
}

/* After text that was left out, more would be misread: nothing is added. */
static void test_nothing_follows_a_gap(void **unused)
{
	struct ff_text t;

	start(&t, 8);
	ff_add(&t, "abc");
	ff_add(&t, "longer than the rest");
	assert_true(t.full);
	ff_add(&t, "d");
	ff_add_number(&t, 1);
	ff_add_quoted(&t, "e");
	ff_add_plain(&t, "f");
	check_sane(&t);
	assert_string_equal(t.buf, "abc");
	assert_true(t.full);
	free(t.buf);
}

static void test_exact_fit(void **unused)
{
	struct ff_text t;

	start(&t, 7);
	ff_add(&t, "abc");
	ff_add(&t, "def");
	assert_false(t.full);
	assert_string_equal(t.buf, "abcdef");
	ff_add(&t, "%s", "");
	assert_false(t.full);
	check_sane(&t);
	free(t.buf);
}

/* ---- times, ages, numbers ------------------------------------------------ */

#define SEC 1000000000ULL

static void test_times(void **unused)
{
	EXPECT("1970-01-01T00:00:00.000000Z", ff_add_time(t, 0));
	EXPECT("1970-01-01T00:00:00.000000Z", ff_add_time(t, 999));
	EXPECT("1970-01-01T00:00:00.000001Z", ff_add_time(t, 1000));
	EXPECT("1970-01-01T00:00:00.999999Z", ff_add_time(t, SEC - 1));
	EXPECT("1970-01-01T00:00:01.000000Z", ff_add_time(t, SEC));
	EXPECT("2000-02-29T23:59:59.000000Z", ff_add_time(t, 951868799 * SEC));
	EXPECT("2026-11-21T08:27:02.123456Z", ff_add_time(t, 1795249622123456789ULL));
	EXPECT("2038-01-19T03:14:08.000000Z", ff_add_time(t, 2147483648ULL * SEC));
	EXPECT("2554-07-21T23:34:33.709551Z", ff_add_time(t, ~0ULL));
}

static void test_ages(void **unused)
{
	EXPECT("0s", ff_add_age(t, 5 * SEC, 5 * SEC));
	EXPECT("0s", ff_add_age(t, 0, SEC - 1));
	EXPECT("1s", ff_add_age(t, 0, SEC));
	EXPECT("59s", ff_add_age(t, 0, 60 * SEC - 1));
	EXPECT("1m", ff_add_age(t, 0, 60 * SEC));
	EXPECT("59m", ff_add_age(t, 0, 3600 * SEC - 1));
	EXPECT("1h", ff_add_age(t, 0, 3600 * SEC));
	EXPECT("23h", ff_add_age(t, 0, 86400 * SEC - 1));
	EXPECT("1d", ff_add_age(t, 0, 86400 * SEC));
	/* the clock was set back */
	EXPECT("0s", ff_add_age(t, 100 * SEC, 5 * SEC));
}

static void test_numbers(void **unused)
{
	EXPECT("0", ff_add_number(t, 0));
	EXPECT("-1", ff_add_number(t, -1));
	EXPECT("4915", ff_add_number(t, 4915));
	EXPECT("4611686018427", ff_add_number(t, 4611686018427LL));
	EXPECT("2251799813685246", ff_add_number(t, (S64_MAX >> 12) - 1));
	/* a page counter without a limit, in pages, and RLIM_INFINITY */
	EXPECT("max", ff_add_number(t, S64_MAX >> 12));
	EXPECT("max", ff_add_number(t, S64_MAX));
}

static void test_sizes(void **unused)
{
	EXPECT("0 B", ff_add_size(t, 0));
	EXPECT("512 B", ff_add_size(t, 512));
	EXPECT("1023 B", ff_add_size(t, 1023));
	EXPECT("1.0 KiB", ff_add_size(t, 1024));
	EXPECT("1023.9 KiB", ff_add_size(t, (1 << 20) - 103));
	EXPECT("1.0 MiB", ff_add_size(t, (1 << 20) - 1));
	EXPECT("1.0 MiB", ff_add_size(t, 1 << 20));
	EXPECT("1.5 MiB", ff_add_size(t, 3 << 19));
	EXPECT("1.0 GiB", ff_add_size(t, (1 << 30) - 1));
	EXPECT("1.9 GiB", ff_add_size(t, 2031300608));
	EXPECT("1.0 GiB", ff_add_size(t, 1 << 30));
	EXPECT("15.2 GiB", ff_add_size(t, 16330000000ULL));
	EXPECT("1.0 TiB", ff_add_size(t, 1ULL << 40));
	EXPECT("1023.9 TiB", ff_add_size(t, (1ULL << 50) - (1ULL << 37)));
	EXPECT("1.0 PiB", ff_add_size(t, (1ULL << 50) - 1));
	EXPECT("16384.0 PiB", ff_add_size(t, ~0ULL));
}

/* ---- words --------------------------------------------------------------- */

static void test_words(void **unused)
{
	unsigned int i;

	for (i = 0; i < 256; i++) {
		assert_non_null(ff_cause_id(i));
		assert_non_null(ff_cause_meaning(i));
		assert_non_null(ff_cause_not(i));
		assert_non_null(ff_cause_do(i));
		assert_true(*ff_cause_id(i));
		assert_string_not_equal(ff_proof_name(i), "");
		assert_int_equal(!strcmp(ff_proof_name(i), "?"), i >= FORKFAIL_NR_PROOFS);
		assert_int_equal(!strcmp(ff_kind_name(i), "?"), i >= FORKFAIL_NR_KINDS);
		assert_int_equal(!strcmp(ff_scope_name(i), "?"), i >= FORKFAIL_NR_SCOPES);
		assert_int_equal(!strcmp(ff_unit_name(i), "?"), i >= FORKFAIL_NR_UNITS);
	}
	assert_string_equal(ff_cause_id(FORKFAIL_PIDS_MAX), "pids-max");
	assert_string_equal(ff_cause_id(255), "unexplained");
	assert_string_equal(ff_proof_name(FORKFAIL_PROOF_INFERRED), "inferred");
	assert_string_equal(ff_kind_name(FORKFAIL_KIND_IO_WORKER), "io-worker");
	assert_string_equal(ff_scope_name(FORKFAIL_SCOPE_PIDNS), "pidns");
	assert_string_equal(ff_unit_name(FORKFAIL_UNIT_BYTES), "bytes");
}

/* Every errno that causes.def names has its symbol, with either sign. */
static void test_errnos(void **unused)
{
	static const char * const columns[] = {
#define FORKFAIL_CAUSE(number, symbol, id, errnos, ...) errnos,
#include "../../../uapi/causes.def"
#undef FORKFAIL_CAUSE
	};
	unsigned int i;
	int err;

	for (err = 1; err < 600; err++) {
		const char *name = ff_errno_name(-err);

		assert_true(name == ff_errno_name(err));
		if (!name)
			continue;
		assert_int_equal(name[0], 'E');
		for (i = err + 1; i < 600; i++)
			assert_true(!ff_errno_name(i) || strcmp(ff_errno_name(i), name));
	}
	for (i = 0; i < ARRAY_SIZE(columns); i++) {
		const char *s = columns[i];

		while (*s && strcmp(s, "any") && strcmp(s, "none")) {
			size_t len = strcspn(s, " ");
			int found = 0;

			for (err = 1; err < 600; err++) {
				const char *name = ff_errno_name(err);

				found += name && strlen(name) == len && !memcmp(name, s, len);
			}
			if (found != 1)
				fail_msg("no name for the errno in \"%s\"", columns[i]);
			s += len;
			s += strspn(s, " ");
		}
	}
	assert_string_equal(ff_errno_name(-EAGAIN), "EAGAIN");
	assert_string_equal(ff_errno_name(-513), "ERESTARTNOINTR");
	assert_null(ff_errno_name(-599));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_byte_is_quoted),
		cmocka_unit_test(test_every_pair_of_bytes_comes_back),
		cmocka_unit_test(test_every_byte_is_plain),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_nothing_is_cut),
		cmocka_unit_test(test_nothing_follows_a_gap),
		cmocka_unit_test(test_exact_fit),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_ages),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_errnos),
	};

	return cmocka_run_group_tests_name("text.c", tests, NULL, NULL);
}
