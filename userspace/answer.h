/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer: the failure that hurts most, in words, and what to do about it.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include "../uapi/answer.h"
#include "../uapi/ranking.h"
#include "advice.h"
#include "causes.h"
#include "command.h"
#include "page_parser.h"

/**
 * struct answer - what the answer is about
 * @ev: the event, NULL if there is none
 * @cause: its cause, NULL if this reader does not know it
 * @holders: who holds most of the limit, NULL if nobody is known; allocated
 * @also: the other failures, one line each; allocated
 * @nr_also: how many lines
 * @live: it happened on this machine, where its cgroups can be found
 */
struct answer {
	const struct event *ev;
	const struct cause *cause;
	char *holders;
	char *also[FORKFAIL_MOST_ALSO + 1];
	size_t nr_also;
	bool live;
};

void answer_choose(struct answer *answer, const struct event **events, size_t nr);
bool answer_follow(struct answer *answer, const struct page *page);
void answer_free(struct answer *answer);
struct forkfail_pen answer_pen(char **text);
char *answer_who(const struct event *ev);
char *answer_what(const struct event *ev, const struct cause *cause);
char *answer_numbers(const struct event *ev);
char *answer_holders(const struct event *ev);
char *answer_possible(const struct event *ev);
char *answer_brief(const struct answer *answer);
void answer_show_commands(const struct table_format *format, const struct advice *advice,
			  bool checks);
void answer_show_advice(const struct table_format *format, const struct answer *answer,
			bool checks);
void answer_show_also(const struct table_format *format, const struct answer *answer);
void answer_json(struct json *json, const struct answer *answer);

#endif /* ANSWER_H */
