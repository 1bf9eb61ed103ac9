// SPDX-License-Identifier: GPL-2.0-only
/*
 * events.c - reads the parts of forkfail's log that are compared
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "injectfail.h"

/**
 * read_log() - a whole log
 * @path: file
 *
 * Return: its text, to be freed; NULL if it cannot be read.
 */
char *read_log(const char *path)
{
	char *text = slurp(path, NULL);

	if (!text)
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	return text;
}

/**
 * next_event() - the next event line
 * @text: where to go on, NULL at the end; moved behind the line
 * @e: receives what it says
 *
 * Return: false if there is none.
 */
bool next_event(const char **text, struct event *e)
{
	const struct {
		const char *key;
		char *to;
		size_t size;
	} texts[] = {
		{ "cause", e->cause, sizeof(e->cause) },
		{ "errno", e->errno_word, sizeof(e->errno_word) },
		{ "proof", e->proof, sizeof(e->proof) },
		{ "step", e->step, sizeof(e->step) },
		{ "kind", e->kind, sizeof(e->kind) },
		{ "comm", e->comm, sizeof(e->comm) },
		{ "candidates", e->candidates, sizeof(e->candidates) },
	};
	const char *line = *text;
	size_t i;

	while (line && !log_is_event(line))
		line = log_next(line);
	*text = line ? log_next(line) : NULL;
	if (!line)
		return false;
	memset(e, 0, sizeof(*e));
	for (i = 0; i < ARRAY_SIZE(texts); i++)
		log_value(line, texts[i].key, texts[i].to, texts[i].size);
	e->seq = log_number(line, "seq", 0);
	e->pid = log_number(line, "pid", 0);
	e->repeat = log_number(line, "repeat", 0);
	e->flags = log_number(line, "flags", 0);
	return true;
}
