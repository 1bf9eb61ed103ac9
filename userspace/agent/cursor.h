/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A place in the history of failures.
 */
#ifndef AGENT_CURSOR_H
#define AGENT_CURSOR_H

#include "reader.h"

#define CURSOR_LEN	96

/**
 * struct cursor - which event was the last one
 * @boot: the machine's boot id, "" for none
 * @load: which load of the module in that boot
 * @seq: its number in that load, 0 for none yet
 */
struct cursor {
	char boot[40];
	char load[24];
	u64 seq;
};

bool cursor_is_id(const char *s, size_t size);
bool cursor_parse(struct cursor *c, const char *s);
const char *cursor_text(char buf[CURSOR_LEN], const struct cursor *c);
bool cursor_same_load(const struct cursor *a, const struct cursor *b);
bool cursor_read(struct cursor *c, const char *path);
bool cursor_write(const struct cursor *c, const char *path);

#endif /* AGENT_CURSOR_H */
