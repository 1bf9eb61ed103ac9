// SPDX-License-Identifier: GPL-2.0-only
/*
 * events.c - forkfail's log, as far as it is compared
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "injectfail.h"

#define LOG_SIZE	(8 << 20)

/**
 * read_log() - a whole log
 * @path: file
 *
 * Return: its text, to be freed; NULL if it cannot be read.
 */
char *read_log(const char *path)
{
	char *text = malloc(LOG_SIZE);
	size_t len = 0;
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	while (text && fd >= 0 && len < LOG_SIZE - 1) {
		n = read(fd, text + len, LOG_SIZE - 1 - len);
		if (n <= 0)
			break;
		len += n;
	}
	if (!text || fd < 0 || n < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		free(text);
		text = NULL;
	} else {
		text[len] = 0;
	}
	if (fd >= 0)
		close(fd);
	return text;
}

static void set(struct event *e, const char *key, const char *value)
{
	struct {
		const char *key;
		char *to;
		size_t size;
	} const texts[] = {
		{ "cause", e->cause, sizeof(e->cause) },
		{ "errno", e->errno_word, sizeof(e->errno_word) },
		{ "proof", e->proof, sizeof(e->proof) },
		{ "step", e->step, sizeof(e->step) },
		{ "kind", e->kind, sizeof(e->kind) },
		{ "comm", e->comm, sizeof(e->comm) },
		{ "candidates", e->candidates, sizeof(e->candidates) },
	};
	size_t i;

	if (!strcmp(key, "seq"))
		e->seq = strtoull(value, NULL, 10);
	else if (!strcmp(key, "pid"))
		e->pid = strtol(value, NULL, 10);
	else if (!strcmp(key, "repeat"))
		e->repeat = strtoull(value, NULL, 10);
	else if (!strcmp(key, "flags"))
		e->flags = strtoull(value, NULL, 0);
	for (i = 0; i < ARRAY_SIZE(texts); i++)
		if (!strcmp(key, texts[i].key))
			snprintf(texts[i].to, texts[i].size, "%s", value);
}

/**
 * next_event() - the next event line
 * @text: where to go on; moved behind the line
 * @e: receives what it says
 *
 * Return: false if there is none.
 */
bool next_event(const char **text, struct event *e)
{
	char word[1200], *value;
	const char *p = *text;
	bool quoted;
	size_t n;

	while (*p && (*p < '0' || *p > '9')) {
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	if (!*p)
		return false;
	memset(e, 0, sizeof(*e));
	while (*p && *p != '\n') {
		for (n = 0, quoted = false; *p && *p != '\n' && (quoted || *p != ' '); p++) {
			if (*p == '"')
				quoted = !quoted;
			else if (n < sizeof(word) - 1)
				word[n++] = *p;
		}
		word[n] = 0;
		while (*p == ' ')
			p++;
		value = strchr(word, '=');
		if (!value)
			continue;
		*value++ = 0;
		set(e, word, value);
	}
	*text = *p ? p + 1 : p;
	return true;
}

/**
 * errno_word() - an errno's name
 * @err: positive errno
 */
const char *errno_word(int err)
{
	static char number[16];
	static const struct {
		int err;
		const char *word;
	} words[] = {
#define E(e) { e, #e }
		E(EPERM), E(ENOENT), E(EINTR), E(EIO), E(EBADF), E(EAGAIN), E(ENOMEM), E(EACCES),
		E(EFAULT), E(EBUSY), E(EEXIST), E(ENODEV), E(EINVAL), E(ENFILE), E(EMFILE),
		E(ENOSPC), E(ENOSYS), E(E2BIG), E(EPROTO), E(EOPNOTSUPP), E(EUSERS),
		{ 0, "none" },
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
#include "../../../uapi/causes.def"
#undef FORKFAIL_CAUSE
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(causes); i++)
		if (!strcmp(causes[i].id, cause))
			return has_word(causes[i].errnos, "any") ||
			       has_word(causes[i].errnos, word);
	return -1;
}
