// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c - words, numbers and quoting
 *
 * All text that comes from user space goes through ff_add_quoted() or ff_add_plain(), so
 * that no byte of a command name or path can end a line or a string.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/signal.h>
#include <linux/string.h>
#include <linux/time.h>

#include "../../uapi/answer.h"
#include "page/text.h"

static const struct {
	const char *id, *meaning, *not, *todo;
	u8 class;
} causes[] = {
#define FORKFAIL_CAUSE(number, symbol, id, errnos, class, meaning, not, todo, ...) \
	[number] = { id, meaning, not, todo, FORKFAIL_CLASS_##class },
#include "../../uapi/causes.def"
#undef FORKFAIL_CAUSE
};

static const char * const proofs[] = {
#define X(symbol, name, meaning) [FORKFAIL_PROOF_##symbol] = name,
	FORKFAIL_PROOFS(X)
#undef X
};

static const char * const kinds[] = {
#define X(symbol, name, meaning) [FORKFAIL_KIND_##symbol] = name,
	FORKFAIL_KINDS(X)
#undef X
};

static const char * const scopes[] = {
#define X(symbol, name, meaning) [FORKFAIL_SCOPE_##symbol] = name,
	FORKFAIL_SCOPES(X)
#undef X
};

static const char * const units[] = {
#define X(symbol, name, meaning) [FORKFAIL_UNIT_##symbol] = name,
	FORKFAIL_UNITS(X)
#undef X
};

static const char * const stacks[] = {
#define X(symbol, name, meaning) [FORKFAIL_STACK_##symbol] = name,
	FORKFAIL_STACKS(X)
#undef X
};

static const char * const syscalls[] = {
#define X(symbol, name, meaning) [FORKFAIL_SYSCALL_##symbol] = name,
	FORKFAIL_SYSCALLS(X)
#undef X
};

static const char * const takens[] = {
#define X(symbol, name, meaning) [FORKFAIL_TAKEN_##symbol] = name,
	FORKFAIL_TAKENS(X)
#undef X
};

static const char * const classes[] = {
#define X(symbol, name, meaning) [FORKFAIL_CLASS_##symbol] = name,
	FORKFAIL_CLASSES(X)
#undef X
};

#define LOOK_UP(table, i) ((i) < ARRAY_SIZE(table) && (table)[i] ? (table)[i] : "?")

/**
 * ff_cause_id - the name of a cause
 * @cause: FORKFAIL_*
 *
 * Return: the name, never NULL.
 */
const char *ff_cause_id(u8 cause)
{
	return cause < ARRAY_SIZE(causes) && causes[cause].id ? causes[cause].id : "unexplained";
}

/**
 * ff_cause_meaning - what happened, in one line
 * @cause: FORKFAIL_*
 */
const char *ff_cause_meaning(u8 cause)
{
	return cause < ARRAY_SIZE(causes) && causes[cause].id ? causes[cause].meaning : "";
}

/**
 * ff_cause_not - suspects that are not the cause, or ""
 * @cause: FORKFAIL_*
 */
const char *ff_cause_not(u8 cause)
{
	return cause < ARRAY_SIZE(causes) && causes[cause].id ? causes[cause].not : "";
}

/**
 * ff_cause_do - what to do about it
 * @cause: FORKFAIL_*
 */
const char *ff_cause_do(u8 cause)
{
	return cause < ARRAY_SIZE(causes) && causes[cause].id ? causes[cause].todo : "";
}

/**
 * ff_cause_class - what kind of problem it is, FORKFAIL_CLASS_*
 * @cause: FORKFAIL_*
 */
u8 ff_cause_class(u8 cause)
{
	return cause < ARRAY_SIZE(causes) && causes[cause].id ? causes[cause].class :
							       FORKFAIL_CLASS_KERNEL;
}

/**
 * ff_class_name - word for a class
 * @class: FORKFAIL_CLASS_*
 */
const char *ff_class_name(u8 class)
{
	return LOOK_UP(classes, class);
}

/**
 * ff_proof_name - word for proof=
 * @proof: FORKFAIL_PROOF_*
 */
const char *ff_proof_name(u8 proof)
{
	return LOOK_UP(proofs, proof);
}

/**
 * ff_kind_name - word for kind=
 * @kind: FORKFAIL_KIND_*
 */
const char *ff_kind_name(u8 kind)
{
	return LOOK_UP(kinds, kind);
}

/**
 * ff_scope_name - word for scope=
 * @scope: FORKFAIL_SCOPE_*
 */
const char *ff_scope_name(u8 scope)
{
	return LOOK_UP(scopes, scope);
}

/**
 * ff_unit_name - word for unit=
 * @unit: FORKFAIL_UNIT_*
 */
const char *ff_unit_name(u8 unit)
{
	return LOOK_UP(units, unit);
}

/**
 * ff_stack_name - word for stack=
 * @stack: FORKFAIL_STACK_*
 */
const char *ff_stack_name(u8 stack)
{
	return LOOK_UP(stacks, stack);
}

/**
 * ff_syscall_name - word for syscall=
 * @syscall: FORKFAIL_SYSCALL_*
 */
const char *ff_syscall_name(u8 syscall)
{
	return LOOK_UP(syscalls, syscall);
}

/**
 * ff_taken_name - word for taken=
 * @taken: FORKFAIL_TAKEN_*
 */
const char *ff_taken_name(u8 taken)
{
	return LOOK_UP(takens, taken);
}

/**
 * ff_signal_name - the symbol of a signal
 * @signal: its number
 *
 * Return: NULL if it has none (the caller prints the number then).
 */
const char *ff_signal_name(u8 signal)
{
	static const char * const names[] = {
#define S(s) [s] = #s
		S(SIGHUP), S(SIGINT), S(SIGQUIT), S(SIGILL), S(SIGTRAP), S(SIGABRT), S(SIGBUS),
		S(SIGFPE), S(SIGKILL), S(SIGUSR1), S(SIGSEGV), S(SIGUSR2), S(SIGPIPE),
		S(SIGALRM), S(SIGTERM), S(SIGCHLD), S(SIGCONT), S(SIGSTOP), S(SIGTSTP),
		S(SIGTTIN), S(SIGTTOU), S(SIGURG), S(SIGXCPU), S(SIGXFSZ), S(SIGVTALRM),
		S(SIGPROF), S(SIGWINCH), S(SIGIO), S(SIGPWR), S(SIGSYS),
#undef S
	};

	return signal < ARRAY_SIZE(names) ? names[signal] : NULL;
}

/**
 * ff_errno_name - the symbol of an errno
 * @err: negative or positive
 *
 * Return: its symbol; NULL if no fork is known to return it (then the caller prints the
 * number).
 */
const char *ff_errno_name(int err)
{
	static const struct {
		int err;
		const char *name;
	} names[] = {
#define FORKFAIL_ERRNO(e) { e, #e },
#include "../../uapi/errnos.def"
#undef FORKFAIL_ERRNO
		{ 513, "ERESTARTNOINTR" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].err == abs(err))
			return names[i].name;
	return NULL;
}

/**
 * ff_add - add formatted text
 * @t: the text
 * @fmt: as for printf
 *
 * If it does not fit, nothing is added, and nothing later either: a part of a number would
 * be a wrong number.
 */
void ff_add(struct ff_text *t, const char *fmt, ...)
{
	va_list args;
	int n;

	if (t->full)
		return;
	va_start(args, fmt);
	n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, args);
	va_end(args);
	if ((size_t)n >= t->size - t->len) {
		t->buf[t->len] = '\0';
		t->full = true;
		return;
	}
	t->len += n;
}

/**
 * ff_text_whole - if something did not fit, remove everything that was added since
 * @t: the text
 * @before: a copy of @t from before
 */
void ff_text_whole(struct ff_text *t, const struct ff_text *before)
{
	if (!t->full)
		return;
	t->len = before->len;
	t->buf[t->len] = '\0';
}

/**
 * ff_add_quoted - add a string in double quotes, with \xHH for bytes that need it
 * @t: the text
 * @s: the string
 */
void ff_add_quoted(struct ff_text *t, const char *s)
{
	struct ff_text before = *t;

	ff_add(t, "\"");
	for (; *s; s++)
		if (*s == '"' || *s == '\\' || !isascii(*s) || !isprint(*s))
			ff_add(t, "\\x%02x", (unsigned char)*s);
		else
			ff_add(t, "%c", *s);
	ff_add(t, "\"");
	ff_text_whole(t, &before);
}

/**
 * ff_add_plain - like ff_add_quoted(), but without quotes, for a sentence or a column
 * @t: the text
 * @s: the string
 */
void ff_add_plain(struct ff_text *t, const char *s)
{
	struct ff_text before = *t;

	for (; *s; s++)
		if (*s == '\\' || !isascii(*s) || !isprint(*s))
			ff_add(t, "\\x%02x", (unsigned char)*s);
		else
			ff_add(t, "%c", *s);
	ff_text_whole(t, &before);
}

/**
 * ff_add_time - add a time in UTC, as in RFC 3339, with microseconds
 * @t: the text
 * @ns: real time, nanoseconds
 */
void ff_add_time(struct ff_text *t, u64 ns)
{
	u32 rest;
	u64 sec = div_u64_rem(ns, NSEC_PER_SEC, &rest);
	struct tm tm;

	time64_to_tm(sec, 0, &tm);
	ff_add(t, "%04ld-%02d-%02dT%02d:%02d:%02d.%06uZ", tm.tm_year + 1900, tm.tm_mon + 1,
	       tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, rest / 1000);
}

/**
 * ff_add_age - add how long ago something was: 3s, 5m, 2h, 3d
 * @t: the text
 * @ns: when, boot time
 * @now: boot time now
 */
void ff_add_age(struct ff_text *t, u64 ns, u64 now)
{
	u64 s = now > ns ? div_u64(now - ns, NSEC_PER_SEC) : 0;

	if (s < 60)
		ff_add(t, "%llus", s);
	else if (s < 3600)
		ff_add(t, "%llum", div_u64(s, 60));
	else if (s < 86400)
		ff_add(t, "%lluh", div_u64(s, 3600));
	else
		ff_add(t, "%llud", div_u64(s, 86400));
}

/**
 * ff_add_number - add a limit or a usage; no limit is "max"
 * @t: the text
 * @n: the number
 */
void ff_add_number(struct ff_text *t, s64 n)
{
	if (n >= S64_MAX >> 12)
		ff_add(t, "max");
	else
		ff_add(t, "%lld", n);
}

/**
 * ff_add_size - add a size for people, rounded: 15.2 GiB
 * @t: the text
 * @bytes: the size
 */
void ff_add_size(struct ff_text *t, u64 bytes)
{
	struct forkfail_size size = forkfail_size(bytes);

	if (bytes < 1024)
		ff_add(t, "%u %s", size.whole, size.unit);
	else
		ff_add(t, "%u.%u %s", size.whole, size.tenths, size.unit);
}

/**
 * ff_add_errno - add an errno: its symbol, or its number if it has none, or "none"
 * @t: the text
 * @err: negative; 0 if the call never returned
 */
void ff_add_errno(struct ff_text *t, int err)
{
	const char *name = ff_errno_name(err);

	if (!err)
		ff_add(t, "none");
	else if (name)
		ff_add(t, "%s", name);
	else
		ff_add(t, "%d", abs(err));
}

/**
 * ff_add_signal - add a signal: its name, or its number
 * @t: the text
 * @signal: the signal
 */
void ff_add_signal(struct ff_text *t, u8 signal)
{
	const char *name = ff_signal_name(signal);

	if (name)
		ff_add(t, "%s", name);
	else
		ff_add(t, "%u", signal);
}
