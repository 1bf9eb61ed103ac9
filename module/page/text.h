/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.h - words, numbers and quoting
 */
#ifndef FORKFAIL_TEXT_H
#define FORKFAIL_TEXT_H

#include <linux/types.h>

/**
 * struct ff_text - a buffer that text is added to
 * @buf: the buffer
 * @size: its size
 * @len: length of the text in it, which is always terminated by NUL
 * @full: something did not fit and was left out
 */
struct ff_text {
	char	*buf;
	size_t	size, len;
	bool	full;
};

__printf(2, 3) void ff_add(struct ff_text *t, const char *fmt, ...);
void ff_text_whole(struct ff_text *t, const struct ff_text *before);
void ff_add_quoted(struct ff_text *t, const char *s);
void ff_add_plain(struct ff_text *t, const char *s);
void ff_add_time(struct ff_text *t, u64 ns);
void ff_add_age(struct ff_text *t, u64 ns, u64 now);
void ff_add_number(struct ff_text *t, s64 n);
void ff_add_size(struct ff_text *t, u64 bytes);
void ff_add_errno(struct ff_text *t, int err);
void ff_add_signal(struct ff_text *t, u8 signal);

const char *ff_cause_id(u8 cause);
const char *ff_cause_meaning(u8 cause);
const char *ff_cause_not(u8 cause);
const char *ff_cause_do(u8 cause);
u8 ff_cause_class(u8 cause);
const char *ff_class_name(u8 class);
const char *ff_proof_name(u8 proof);
const char *ff_kind_name(u8 kind);
const char *ff_scope_name(u8 scope);
const char *ff_unit_name(u8 unit);
const char *ff_stack_name(u8 stack);
const char *ff_syscall_name(u8 syscall);
const char *ff_taken_name(u8 taken);
const char *ff_signal_name(u8 signal);
const char *ff_errno_name(int err);

#endif /* FORKFAIL_TEXT_H */
