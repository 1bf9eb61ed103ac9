// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Turns an event into commands: fills the templates of advice.def, which the module uses,
 * too, with the words of the event.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "../uapi/advice.h"

#include "advice.h"
#include "proc.h"
#include "raised_limit.h"
#include "text.h"

#define INITIAL_USERNS	"4026531837"	/* PROC_USER_INIT_INO */
#define INITIAL_PIDNS	"4026531836"	/* PROC_PID_INIT_INO */

static void append(void *to, const char *s, size_t len)
{
	char **line = to;
	size_t old = strlen(*line);

	*line = xrealloc(*line, old + len + 1, 1);
	memcpy(*line + old, s, len);
	(*line)[old + len] = '\0';
}

/* NULL if there is no advice, or a word is not known. */
static char *expand(const char *template, const struct forkfail_words *words)
{
	char *line;

	if (!template || !*template)
		return NULL;
	if (words && !forkfail_can_expand(template, words))
		return NULL;
	line = xstrdup("");
	if (words)
		forkfail_expand(template, words, append, &line);
	else
		forkfail_expand_general(template, append, &line);
	return line;
}

static void set(struct forkfail_words *words, enum forkfail_word word, const char *s)
{
	words->word[word].s = s && *s ? s : NULL;
	words->word[word].len = s ? strlen(s) : 0;
}

/* The text that forkfail_words point into. */
struct source {
	char object[4096];
	char n[24], soft[24], limits[48], kib[24], pid_max[24];
	struct cgroup_tree pids, memory;
};

/* @least: no number for the limit is lower */
static void set_numbers(struct forkfail_words *words, struct source *src,
			const struct event *ev, u64 least)
{
	bool bytes = !strcmp(event_get(ev, FORKFAIL_KEY_UNIT), "bytes");
	u64 limit, in_use = 0, asked = 0, hard = 0, n, soft, pid_max;

	if (!text_to_u64(event_get(ev, FORKFAIL_KEY_LIMIT), &limit))
		return;
	if (event_in_use(ev))
		text_to_u64(event_in_use(ev), &in_use);
	text_to_u64(event_get(ev, FORKFAIL_KEY_ASKED), &asked);
	if (!strcmp(event_get(ev, FORKFAIL_KEY_HARD), "max"))
		hard = ~0ull;
	else
		text_to_u64(event_get(ev, FORKFAIL_KEY_HARD), &hard);
	n = forkfail_raised(bytes, limit, in_use, asked);
	n = n > least ? n : least;
	pid_max = forkfail_raised_pid_max(limit);
	pid_max = pid_max > least ? pid_max : least;
	soft = forkfail_raised_soft(n, hard, in_use, asked);
	snprintf(src->n, sizeof(src->n), "%llu", n);
	snprintf(src->soft, sizeof(src->soft), "%llu", soft);
	snprintf(src->limits, sizeof(src->limits), hard < n ? "%llu:%llu" : "%llu:", n, n);
	snprintf(src->kib, sizeof(src->kib), "%llu", soft / 1024);
	snprintf(src->pid_max, sizeof(src->pid_max), "%llu", pid_max);
	set(words, FORKFAIL_WORD_N, src->n);
	set(words, FORKFAIL_WORD_SOFT, soft ? src->soft : NULL);
	set(words, FORKFAIL_WORD_LIMITS, src->limits);
	set(words, FORKFAIL_WORD_KIB, soft ? src->kib : NULL);
	set(words, FORKFAIL_WORD_PID_MAX, src->pid_max);
}

/* Where the controllers are: on this machine, or as systemd mounts version 2. */
static void set_mounts(struct forkfail_words *words, struct source *src, bool live)
{
	set(words, FORKFAIL_WORD_PIDS, "/sys/fs/cgroup");
	set(words, FORKFAIL_WORD_MEMORY, "/sys/fs/cgroup");
	set(words, FORKFAIL_WORD_MEMORY_MAX, "memory.max");
	if (!live)
		return;
	if (cgroup_find(&src->pids, "pids"))
		set(words, FORKFAIL_WORD_PIDS, src->pids.dir);
	if (cgroup_find(&src->memory, "memory")) {
		set(words, FORKFAIL_WORD_MEMORY, src->memory.dir);
		if (src->memory.v1) {
			set(words, FORKFAIL_WORD_MEMORY_MAX, "memory.limit_in_bytes");
			set(words, FORKFAIL_WORD_MEMSW, "memory.memsw.limit_in_bytes");
		}
	}
}

/* "uid 4280 of userns 4026531837", "pidns 4026531836 level 0" */
static bool is_of(const char *object, const char *inum)
{
	const char *p = strstr(object, inum);
	size_t len = strlen(inum);

	return p && p > object && p[-1] == ' ' && (!p[len] || p[len] == ' ');
}

static enum forkfail_manager manager_of(struct forkfail_words *words, struct source *src,
					const struct cause *cause, const struct event *ev)
{
	const char *scope = event_get(ev, FORKFAIL_KEY_SCOPE);
	const char *object = event_get(ev, FORKFAIL_KEY_OBJECT);
	bool cgroup = !strcmp(scope, "cgroup");
	enum forkfail_manager manager;

	text_decode(src->object, sizeof(src->object),
		    cgroup ? object : event_get(ev, FORKFAIL_KEY_CGROUP));
	manager = forkfail_place_cgroup(src->object, words);
	if (!strcmp(event_get(ev, FORKFAIL_KEY_LIMIT), "0") && cause->number >= 0 &&
	    forkfail_is_forbidden((unsigned int)cause->number))
		return FORKFAIL_BY_ZERO;
	if (cgroup)
		return manager;
	if (!strcmp(scope, "userns"))
		return forkfail_place_ns(FORKFAIL_SCOPE_USERNS,
					 is_of(object, INITIAL_USERNS));
	if (!strcmp(scope, "pidns"))
		return forkfail_place_ns(FORKFAIL_SCOPE_PIDNS,
					 is_of(object, INITIAL_PIDNS));
	return FORKFAIL_BY_ANY;
}

/* The PIDs of a namespace that was full can be seen only from inside. */
static bool can_look(const struct event *ev, enum forkfail_manager manager, bool live)
{
	char *own;
	bool inside;

	if (manager != FORKFAIL_BY_INNER_PIDNS || strcmp(event_get(ev, FORKFAIL_KEY_UNIT), "pids"))
		return true;
	own = xasprintf("%llu", ns_of(0, "pid"));
	inside = live && is_of(event_get(ev, FORKFAIL_KEY_OBJECT), own);
	free(own);
	return inside;
}

/* Once a process has ended, a command with its PID does nothing, or affects another process. */
static const char *pid_of(const struct event *ev, bool live)
{
	const char *number = event_get(ev, FORKFAIL_KEY_PID);
	u64 pid;

	if (live && text_to_u64(number, &pid) && !proc_was_there((pid_t)pid, &ev->when))
		return NULL;
	return number;
}

/* The limit was raised for now: leave only the advice that is still useful. */
static void leave_out_done(struct advice *advice, const struct event *ev, u64 limit)
{
	bool was_zero = !strcmp(event_get(ev, FORKFAIL_KEY_LIMIT), "0");
	/* the check would show the new limit, and no limit of 0 forbids anything any more */
	char **done[] = { &advice->now, &advice->run, &advice->shows,
			  limit ? NULL : &advice->keep, was_zero ? &advice->note : NULL };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(done); i++) {
		if (!done[i])
			continue;
		free(*done[i]);
		*done[i] = NULL;
	}
}

/* "or stop the leak": without a command before it, the "or" is dropped. */
static void finish_note(struct advice *advice, bool gone)
{
	bool alone = !advice->now && !advice->run && !advice->keep;
	const char *note = advice->note;
	char *whole;

	if (!note || (!alone && !gone))
		return;
	if (alone)
		note = forkfail_note_alone(note);
	whole = xasprintf("%s%s", gone ? "the cgroup is gone; " : "", note);
	free(advice->note);
	advice->note = whole;
}

/*
 * Was the cgroup removed?  Then its container or service has ended, and nothing can be written
 * there.  Not known unless paths are shown from the root of the machine's hierarchy.
 */
static bool is_gone(const struct forkfail_words *words, const struct source *src,
		    const struct event *ev)
{
	const struct forkfail_piece *path = &words->word[FORKFAIL_WORD_CGROUP];
	bool bytes = !strcmp(event_get(ev, FORKFAIL_KEY_UNIT), "bytes");
	const struct cgroup_tree *tree = bytes ? &src->memory : &src->pids;
	char *typed, *dir;
	struct stat st;
	bool gone;

	if (!path->s || !tree->dir || ns_of(0, "cgroup") != NS_INIT_CGROUP ||
	    stat(tree->dir, &st))
		return false;
	typed = xasprintf("%.*s", (int)path->len, path->s);
	dir = cgroup_dir(tree, typed);
	gone = dir && stat(dir, &st) && errno == ENOENT;
	free(typed);
	free(dir);
	return gone;
}

/**
 * advice_get() - what to do about an event
 * @advice: the result; release it with advice_free()
 * @cause: its cause
 * @ev: the event; NULL for advice about the cause in general
 * @live: the event happened on this machine
 */
void advice_get(struct advice *advice, const struct cause *cause,
		const struct event *ev, bool live)
{
	enum forkfail_manager manager = FORKFAIL_BY_ANY;
	struct forkfail_words words = { 0 }, *known = NULL;
	const struct forkfail_advice *row = NULL;
	struct source src = { 0 };
	bool gone = false;
	char *raised = NULL;
	u64 limit = 0;

	if (ev) {
		if (live)
			raised = raised_since(ev, cause, &limit);
		known = &words;
		set(known, FORKFAIL_WORD_PID, pid_of(ev, live));
		set(known, FORKFAIL_WORD_UID, event_get(ev, FORKFAIL_KEY_UID));
		set(known, FORKFAIL_WORD_TYPE, event_get(ev, FORKFAIL_KEY_ALLOC));
		set_numbers(known, &src, ev, raised ? limit : 0);
		set_mounts(known, &src, live);
		manager = manager_of(known, &src, cause, ev);
		gone = live && !strcmp(event_get(ev, FORKFAIL_KEY_SCOPE), "cgroup") &&
		       is_gone(known, &src, ev);
		if (gone)
			forkfail_forget_cgroup(known);
	}
	if (cause->number >= 0)
		row = forkfail_advice((unsigned int)cause->number, manager);
	*advice = (struct advice){
		.raised = raised,
		.now = expand(row ? row->now : NULL, known),
		.run = expand(row ? row->run : NULL, known),
		.keep = expand(row ? row->keep : NULL, known),
		.note = expand(row ? row->note : NULL, known),
		.check = can_look(ev, manager, live) ? expand(cause_check(cause), known) : NULL,
	};
	if (advice->check)
		advice->shows = expand(cause_shows(cause), known);
	/* which is to raise the limit */
	if (!advice->note && !raised)
		advice->note = xstrdup(cause->action);
	if (raised)
		leave_out_done(advice, ev, limit);
	if (advice->now)
		advice->where = forkfail_where(row->now, manager);
	if (ev)
		finish_note(advice, gone);
	cgroup_free(&src.pids);
	cgroup_free(&src.memory);
}

/**
 * advice_free() - release what advice_get() allocated
 * @advice: the advice
 */
void advice_free(struct advice *advice)
{
	free(advice->raised);
	free(advice->now);
	free(advice->run);
	free(advice->keep);
	free(advice->note);
	free(advice->check);
	free(advice->shows);
	*advice = (struct advice){ .now = NULL };
}

/**
 * advice_unit() - the systemd unit that a cgroup belongs to
 * @cgroup: its path, as in the log
 *
 * Return: its name, with the user whose manager has it, that the caller frees;
 * NULL if no part of the path is a unit, or it is one around a container.
 */
char *advice_unit(const char *cgroup)
{
	struct forkfail_words words = { 0 };
	struct forkfail_piece *unit = &words.word[FORKFAIL_WORD_UNIT];
	struct forkfail_piece *user = &words.word[FORKFAIL_WORD_USER];
	enum forkfail_manager manager;
	char path[4096];

	text_decode(path, sizeof(path), cgroup);
	manager = forkfail_place_cgroup(path, &words);
	if (!unit->s || !text_is_clean(unit->s, unit->len))
		return NULL;
	/* The slice that a container is in says nothing about it; a unit inside it does. */
	if (manager != FORKFAIL_BY_INNER_UNIT &&
	    (words.word[FORKFAIL_WORD_CONTAINER].s || words.word[FORKFAIL_WORD_POD].s))
		return NULL;
	if (manager == FORKFAIL_BY_USER_UNIT)
		return xasprintf("%.*s, of the systemd of uid %.*s", (int)unit->len,
				 unit->s, (int)user->len, user->s);
	return xasprintf("%.*s", (int)unit->len, unit->s);
}

/**
 * advice_name() - the pod, container or job that a cgroup belongs to
 * @cgroup: its path, as in the log
 * @word: FORKFAIL_WORD_POD, FORKFAIL_WORD_CONTAINER or FORKFAIL_WORD_JOB
 *
 * Return: its id or name, which the caller frees; NULL if the path has none.
 */
char *advice_name(const char *cgroup, enum forkfail_word word)
{
	struct forkfail_words words = { 0 };
	struct forkfail_piece *name;
	char path[4096];

	text_decode(path, sizeof(path), cgroup);
	forkfail_place_cgroup(path, &words);
	name = &words.word[word];
	if (!name->s || !text_is_clean(name->s, name->len))
		return NULL;
	return xasprintf("%.*s", (int)name->len, name->s);
}
