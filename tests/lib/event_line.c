// SPDX-License-Identifier: GPL-2.0-only
/*
 * event_line.c - the text of forkfail's log, as far as tests compare it
 *
 * uapi/forkfail.h describes it.  tests/guest/behaviour/text_event.c parses all of it, and
 * strictly.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basics.h"
#include "event_line.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/*
 * next_word - copy the word at @p, without quotes and escapes, to @out
 *
 * Returns what follows it, NULL at the end of the line.
 */
static const char *next_word(const char *p, char *out, size_t size)
{
	bool quoted = false;
	size_t len = 0;
	char c;

	while (*p == ' ')
		p++;
	if (!*p || *p == '\n')
		return NULL;
	for (; (c = *p) && c != '\n' && (quoted || c != ' '); p++) {
		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (c == '\\' && p[1] == 'x' && hex(p[2]) >= 0 &&
		    hex(p[3]) >= 0) {
			c = hex(p[2]) << 4 | hex(p[3]);
			p += 3;
		}
		if (len < size - 1)
			out[len++] = c;
	}
	out[len] = 0;
	return p;
}

/**
 * log_value() - what a key of an event line holds
 * @line: the line
 * @key: the key
 * @out: where to, without quotes and escapes
 * @size: its size
 *
 * Return: false if there is no such key.
 */
bool log_value(const char *line, const char *key, char *out, size_t size)
{
	char word[1024];
	size_t len = strlen(key);

	while ((line = next_word(line, word, sizeof(word)))) {
		if (strncmp(word, key, len) || word[len] != '=')
			continue;
		snprintf(out, size, "%s", word + len + 1);
		return true;
	}
	return false;
}

/**
 * log_number() - the number that a key of an event line holds
 * @line: the line
 * @key: the key
 * @otherwise: what to return if there is no such key
 *
 * Return: the number.
 */
uint64_t log_number(const char *line, const char *key, uint64_t otherwise)
{
	char text[64];

	if (!log_value(line, key, text, sizeof(text)))
		return otherwise;
	return strtoull(text, NULL, 0);
}

/**
 * log_is_event() - does a line of the log describe an event
 * @line: the line
 *
 * Return: false for the header.
 */
bool log_is_event(const char *line)
{
	return line[0] >= '0' && line[0] <= '9';
}

/**
 * log_next() - go to the next line
 * @line: the line before it
 *
 * Return: NULL behind the last one.
 */
const char *log_next(const char *line)
{
	line = strchr(line, '\n');
	return line && line[1] ? line + 1 : NULL;
}

/**
 * errno_word() - the name of an errno, as in the log
 * @err: positive errno, or 0
 *
 * Return: its name; its number, until the next call, if it has none here.
 */
const char *errno_word(int err)
{
	static char number[16];
	static const struct {
		int err;
		const char *word;
	} words[] = {
#define E(e) { e, #e }
		E(EPERM), E(ENOENT), E(ESRCH), E(EINTR), E(EIO), E(E2BIG), E(EBADF), E(EAGAIN),
		E(ENOMEM), E(EACCES), E(EFAULT), E(EBUSY), E(EEXIST), E(ENODEV), E(EINVAL),
		E(ENFILE), E(EMFILE), E(ENOSPC), E(ENOSYS), E(EPROTO), E(EOPNOTSUPP), E(EUSERS),
		E(ENOBUFS), E(EAFNOSUPPORT), { 0, "none" },
#undef E
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].err == err)
			return words[i].word;
	snprintf(number, sizeof(number), "%d", err);
	return number;
}

/**
 * has_word() - is a word in a list
 * @list: words with spaces or commas between
 * @word: the word
 */
bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word), n;

	for (; *list; list += n) {
		list += strspn(list, " ,");
		n = strcspn(list, " ,");
		if (n == len && !strncmp(list, word, n))
			return true;
	}
	return false;
}

/**
 * errno_allowed() - can a cause give an errno
 * @cause: its id
 * @word: the errno's name
 *
 * Return: 1 yes, 0 no, -1 there is no such cause.
 */
int errno_allowed(const char *cause, const char *word)
{
	static const struct {
		const char *id, *errnos;
	} causes[] = {
#define FORKFAIL_CAUSE(number, symbol, id, errnos, ...) { id, errnos },
#include "../../uapi/causes.def"
#undef FORKFAIL_CAUSE
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(causes); i++)
		if (!strcmp(causes[i].id, cause))
			return has_word(causes[i].errnos, "any") ||
			       has_word(causes[i].errnos, word);
	return -1;
}
