/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * holder_words.h - who holds a limit, as keys and in words
 */
#ifndef FORKFAIL_HOLDER_WORDS_H
#define FORKFAIL_HOLDER_WORDS_H

#include <linux/types.h>

struct ff_event;
struct ff_text;
struct user_namespace;

void ff_add_holder_words(struct ff_text *t, const struct ff_event *e,
			 struct user_namespace *user_ns);
void ff_add_holder_keys(struct ff_text *t, const struct ff_event *e,
			struct user_namespace *user_ns);

#endif /* FORKFAIL_HOLDER_WORDS_H */
