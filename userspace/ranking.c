// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which failure hurts most, and which others are named, by the rules of uapi/ranking.h.
 */
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "text.h"

/* How many groups of one cause and object are distinguished: the module has fewer events. */
#define MOST_GROUPS	1024

#define USEC_PER_SEC	1000000

/* Failures by cause and object; @newest of each is an index into @events. */
struct groups {
	const struct event **events;
	struct forkfail_group *of;
	unsigned int nr;
};

static unsigned int rank_of(const struct event *ev)
{
	const struct cause *cause = cause_find(event_get(ev, FORKFAIL_KEY_CAUSE));
	bool worker = !strcmp(event_get(ev, FORKFAIL_KEY_KIND), "io-worker");

	return forkfail_rank(cause ? cause->class : FORKFAIL_CLASS_KERNEL,
			     worker ? FORKFAIL_KIND_IO_WORKER : FORKFAIL_KIND_PROCESS);
}

static long long last_of(const struct event *ev)
{
	return (long long)ev->last.tv_sec * USEC_PER_SEC + ev->last.tv_nsec / 1000;
}

static unsigned int uid_of(const struct event *ev)
{
	u64 uid = 0;

	text_to_u64(event_get(ev, FORKFAIL_KEY_UID), &uid);
	return (unsigned int)uid;
}

static bool has_same(const struct groups *g, unsigned int i, const struct event *ev,
		     enum forkfail_key key)
{
	return !strcmp(event_get(g->events[g->of[i].newest], key), event_get(ev, key));
}

/* A number for the cause, which need not be known: the first group that has it. */
static unsigned int cause_of(const struct groups *g, const struct event *ev)
{
	unsigned int i;

	for (i = 0; i < g->nr && !has_same(g, i, ev, FORKFAIL_KEY_CAUSE); i++)
		;
	return i;
}

static void set_newest(struct forkfail_group *of, const struct event *ev, size_t index)
{
	of->newest = index;
	of->last = last_of(ev);
	of->uid = uid_of(ev);
}

static void add_to_groups(struct groups *g, size_t index)
{
	const struct event *ev = g->events[index];
	unsigned int i, rank = rank_of(ev);
	struct forkfail_group *of;

	for (i = 0; i < g->nr; i++)
		if (g->of[i].rank == rank && has_same(g, i, ev, FORKFAIL_KEY_CAUSE) &&
		    has_same(g, i, ev, FORKFAIL_KEY_OBJECT))
			break;
	if (i == MOST_GROUPS)
		return;
	of = &g->of[i];
	if (i == g->nr) {
		*of = (struct forkfail_group){
			.rank = rank,
			.cause = cause_of(g, ev),
			.objects = 1,
		};
		set_newest(of, ev, index);
		g->nr++;
	} else if (event_order(ev, g->events[of->newest]) > 0) {
		set_newest(of, ev, index);
	}
	of->count = page_add(of->count, page_add(1, ev->repeat));
}

/* The object of an event; "" if there is none, or this reader may not see it. */
static const char *object_of(const struct event *ev)
{
	const char *scope = event_get(ev, FORKFAIL_KEY_SCOPE);
	const char *object = event_get(ev, FORKFAIL_KEY_OBJECT);

	if (!strcmp(scope, "none") || !strcmp(scope, "host") || !strcmp(scope, "process"))
		return "";
	/* (outside), (gone) */
	return *object == '(' ? "" : object;
}

static void say_other(struct answer *answer, const struct forkfail_group *of,
		      const struct event *ev)
{
	const struct cause *cause = cause_find(event_get(ev, FORKFAIL_KEY_CAUSE));
	const char *class = cause ? class_name(cause->class) : NULL;
	char *who = answer_who(ev);
	struct forkfail_other other = {
		.count = of->count,
		.cause = event_get(ev, FORKFAIL_KEY_CAUSE),
		.class = class ? class : "?",
		.object = object_of(ev),
		.who = who,
		.objects = of->objects,
	};
	struct forkfail_pen pen = answer_pen(&answer->also[answer->nr_also++]);

	forkfail_say_other(&other, &pen);
	free(who);
}

static void say_others(struct answer *answer, const struct groups *g)
{
	unsigned long long rest = forkfail_rest(g->of, g->nr);
	struct forkfail_pen pen;
	unsigned int i;

	for (i = 1; i < g->nr && i <= FORKFAIL_MOST_ALSO; i++)
		say_other(answer, &g->of[i], g->events[g->of[i].newest]);
	if (!rest)
		return;
	pen = answer_pen(&answer->also[answer->nr_also++]);
	forkfail_say_rest(rest, &pen);
}

/* Who holds the limit of the first group: from its newest event, or else from another one. */
static char *holders_of(const struct groups *g, size_t nr, time_t since)
{
	const struct event *ev = g->events[g->of[0].newest], *held = NULL;
	struct forkfail_counted best = { 0 }, c;
	u64 counted, in_use;
	size_t i;

	for (i = 0; i < nr && !*event_get(ev, FORKFAIL_KEY_HOLDERS); i++) {
		const struct event *e = g->events[i];

		if (e->last.tv_sec < since || rank_of(e) != g->of[0].rank ||
		    !has_same(g, 0, e, FORKFAIL_KEY_CAUSE) ||
		    !has_same(g, 0, e, FORKFAIL_KEY_OBJECT) ||
		    !has_same(g, 0, e, FORKFAIL_KEY_LIMIT) ||
		    !text_to_u64(event_get(e, FORKFAIL_KEY_COUNTED), &counted) ||
		    !event_in_use(e) || !text_to_u64(event_in_use(e), &in_use))
			continue;
		c = (struct forkfail_counted){
			.off = in_use > counted ? in_use - counted : counted - in_use,
			.last = last_of(e),
		};
		if (held && !forkfail_counts_better(&c, &best))
			continue;
		best = c;
		held = e;
	}
	return answer_holders(held ? held : ev);
}

/**
 * answer_choose() - choose the failure to report
 * @answer: the result; release it with answer_free()
 * @events: the selected ones, in any order
 * @nr: how many
 *
 * From the ten minutes before the newest failure.
 */
void answer_choose(struct answer *answer, const struct event **events, size_t nr)
{
	const struct event *newest = NULL;
	struct groups g = { .events = events };
	size_t i;

	*answer = (struct answer){ .ev = NULL };
	for (i = 0; i < nr; i++)
		if (!newest || event_order(events[i], newest) > 0)
			newest = events[i];
	if (!newest)
		return;
	g.of = xrealloc(NULL, nr < MOST_GROUPS ? nr : MOST_GROUPS, sizeof(*g.of));
	/* the newest are last in a log; if there are too many groups, the oldest are left out */
	for (i = nr; i--;)
		if (events[i]->last.tv_sec >= newest->last.tv_sec - FORKFAIL_RECENT)
			add_to_groups(&g, i);
	for (i = 0; i < g.nr; i++)
		g.of[i].goes_on = g.of[i].last >=
				  last_of(newest) - (long long)FORKFAIL_GOES_ON * USEC_PER_SEC;
	g.nr = forkfail_order(g.of, g.nr);
	if (g.nr) {
		answer->ev = events[g.of[0].newest];
		answer->cause = cause_find(event_get(answer->ev, FORKFAIL_KEY_CAUSE));
		answer->holders = holders_of(&g, nr, newest->last.tv_sec - FORKFAIL_RECENT);
		say_others(answer, &g);
	}
	free(g.of);
}

/**
 * answer_follow() - report the failure that the page reports
 * @answer: where it goes, as for answer_choose()
 * @page: the page
 *
 * The module chose it from more events than are on its page.
 *
 * Return: false if the page does not say which event it is about.
 */
bool answer_follow(struct answer *answer, const struct page *page)
{
	const char *holders = page_note(page, "holders");
	u64 seq;
	size_t i;

	if (!page_note(page, "event") || !text_to_u64(page_note(page, "event"), &seq))
		return false;
	for (i = 0; i < page->nr_events; i++)
		if (page->events[i].seq == seq)
			break;
	if (i == page->nr_events)
		return false;
	*answer = (struct answer){ .ev = &page->events[i] };
	answer->cause = cause_find(event_get(answer->ev, FORKFAIL_KEY_CAUSE));
	answer->holders = holders ? xstrdup(holders) : answer_holders(answer->ev);
	for (i = 0; i < page->nr_notes && answer->nr_also < ARRAY_SIZE(answer->also); i++)
		if (!strcmp(page->notes[i].key, "also"))
			answer->also[answer->nr_also++] = xstrdup(page->notes[i].value);
	return true;
}

/**
 * answer_free() - release what answer_choose() allocated
 * @answer: the answer
 */
void answer_free(struct answer *answer)
{
	free(answer->holders);
	while (answer->nr_also)
		free(answer->also[--answer->nr_also]);
}
