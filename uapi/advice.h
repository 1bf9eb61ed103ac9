/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The code that turns a cause and its object into commands, with the table in
 * advice.def.
 *
 * The module and the reader both include this, so that both give the same advice.  Plain
 * C without state: it does not allocate, does not sleep and uses no floating point.
 *
 *	who manages the object	forkfail_place_cgroup(), forkfail_place_ns()
 *	what to advise		forkfail_advice(), forkfail_check()
 *	with the event's words	forkfail_expand() in template.h
 */
#ifndef _UAPI_FORKFAIL_ADVICE_H
#define _UAPI_FORKFAIL_ADVICE_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <string.h>
#endif

#include "forkfail.h"
#include "template.h"

/* Who can raise a limit: the program that manages the object of an event. */
#define FORKFAIL_MANAGERS(X)						\
	X(ANY,		"any",		"whoever manages it")		\
	X(ZERO,		"zero",		"whoever has forbidden it, with a limit of 0") \
	X(NOBODY,	"nobody",	"a cgroup that no manager known to forkfail has created") \
	X(OWN,		"own",		"a cgroup that a unit or container created below its own") \
	X(SYSTEM_UNIT,	"system-unit",	"a unit of systemd")		\
	X(USER_SLICE,	"user-slice",	"everything that a user runs: user-UID.slice") \
	X(SESSION,	"session",	"a login session")		\
	X(USER_MANAGER,	"user-manager",	"a user's own systemd")		\
	X(USER_UNIT,	"user-unit",	"a unit of a user's own systemd") \
	X(INNER_UNIT,	"inner-unit",	"a unit of a systemd inside a container") \
	X(KUBE_NODE,	"kube-node",	"all pods of a node, or of a class of service: the kubelet") \
	X(KUBE_POD,	"kube-pod",	"a pod: the kubelet")		\
	X(KUBE_CONTAINER, "kube-container", "a container of a pod: the kubelet and its runtime") \
	X(KUBE_CRIO,	"kube-cri-o",	"a container of a pod, by CRI-O") \
	X(DOCKER,	"docker",	"a container of Docker")	\
	X(PODMAN,	"podman",	"a container of Podman")	\
	X(CONTAINERD,	"containerd",	"a container of containerd (nerdctl, ctr)") \
	X(CRIO,		"cri-o",	"a container of CRI-O")		\
	X(LXC,		"lxc",		"a container of LXC, LXD or Incus") \
	X(SLURM,	"slurm",	"a job of Slurm")		\
	X(INNER_USERNS,	"inner-userns",	"a user namespace that is not the initial one") \
	X(INNER_PIDNS,	"inner-pidns",	"a PID namespace that is not the initial one")

enum forkfail_manager {
#define X(symbol, name, meaning) FORKFAIL_BY_##symbol,
	FORKFAIL_MANAGERS(X)
#undef X
	FORKFAIL_NR_MANAGERS
};

/**
 * struct forkfail_advice - what to do about a cause, depending on who manages its object
 * @cause: enum forkfail_cause
 * @manager: enum forkfail_manager
 * @now: for now, with builtins of a shell only; "" if there is none
 * @run: for now, with a program, as root; "" if there is none
 * @keep: what lasts, a command; "" if there is none
 * @note: prose; "" means: see "do" of the cause in causes.def
 */
struct forkfail_advice {
	unsigned char cause, manager;
	const char *now, *run, *keep, *note;
};

/**
 * struct forkfail_check - how to see a cause by hand
 * @cause: enum forkfail_cause
 * @command: commands
 * @shows: what to look for in their output, prose
 */
struct forkfail_check {
	unsigned char cause;
	const char *command, *shows;
};

/* ---- who manages a cgroup ------------------------------------------------------ */

/* What is between the prefix and the suffix of a rule. */
enum forkfail_id {
	FORKFAIL_ID_NONE,	/* nothing */
	FORKFAIL_ID_HEX,	/* 12 hexadecimal digits and more: {container} */
	FORKFAIL_ID_NAME,	/* any name: {container} */
	FORKFAIL_ID_POD,	/* any name: {pod} */
	FORKFAIL_ID_JOB,	/* any name: {job} */
	FORKFAIL_ID_UID,	/* digits: {user}, and the whole is {unit} */
	FORKFAIL_ID_UNIT,	/* any name: the whole is {unit} */
	FORKFAIL_ID_ANY,	/* any name, which is not used */
};

struct forkfail_place_rule {
	unsigned char manager, after, id;
	const char *prefix, *suffix;
};

static const struct forkfail_place_rule forkfail_place_rules[] = {
#define FORKFAIL_PLACE(manager, after, prefix, id, suffix)		\
	{ FORKFAIL_BY_##manager, FORKFAIL_BY_##after, FORKFAIL_ID_##id, prefix, suffix },
#define FORKFAIL_ADVICE(...)
#define FORKFAIL_CHECK(...)
#include "advice.def"
#undef FORKFAIL_PLACE
#undef FORKFAIL_ADVICE
#undef FORKFAIL_CHECK
};

/* Are the @len bytes at @s an id of this kind? */
static inline bool forkfail_id_fits(enum forkfail_id id, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		bool digit = s[i] >= '0' && s[i] <= '9';

		if (id == FORKFAIL_ID_HEX && !digit && (s[i] < 'a' || s[i] > 'f'))
			return false;
		if (id == FORKFAIL_ID_UID && !digit)
			return false;
	}
	if (id == FORKFAIL_ID_NONE)
		return !len;
	return id == FORKFAIL_ID_HEX ? len >= 12 : len;
}

/*
 * Does the rule match at @path, the beginning of a component?  Its prefix may span
 * several components.  Return: how many bytes matched, up to the end of a component;
 * 0 if it does not match.
 */
static inline size_t forkfail_rule_fits(const struct forkfail_place_rule *rule,
					const char *path, struct forkfail_piece *id)
{
	size_t prefix = strlen(rule->prefix), suffix = strlen(rule->suffix), len;

	if (strncmp(path, rule->prefix, prefix))
		return 0;
	id->s = path + prefix;
	len = strcspn(id->s, "/");
	if (len < suffix || strncmp(id->s + len - suffix, rule->suffix, suffix))
		return 0;
	id->len = len - suffix;
	return forkfail_id_fits(rule->id, id->s, id->len) ? prefix + len : 0;
}

static inline bool forkfail_ends_with(const struct forkfail_piece *s, const char *suffix)
{
	size_t len = strlen(suffix);

	return s->len >= len && !strncmp(s->s + s->len - len, suffix, len);
}

/* systemd sets limits for what it starts; the processes of a scope were started by others. */
static inline void forkfail_take_unit(struct forkfail_words *words,
				      const struct forkfail_piece *unit)
{
	bool scope = forkfail_ends_with(unit, ".scope");
	bool starts = !scope && !forkfail_ends_with(unit, ".slice");

	words->word[FORKFAIL_WORD_UNIT] = *unit;
	words->word[FORKFAIL_WORD_SERVICE].s = starts ? unit->s : NULL;
	words->word[FORKFAIL_WORD_SERVICE].len = unit->len;
	/* that of PID 1 always exists */
	words->word[FORKFAIL_WORD_SCOPE].s =
		scope && strncmp(unit->s, "init.scope", unit->len) ? unit->s : NULL;
	words->word[FORKFAIL_WORD_SCOPE].len = unit->len;
}

static inline void forkfail_take_id(struct forkfail_words *words, enum forkfail_id kind,
				    const struct forkfail_piece *id,
				    const struct forkfail_piece *whole)
{
	switch (kind) {
	case FORKFAIL_ID_HEX:
		words->word[FORKFAIL_WORD_CONTAINER] = *id;
		/* Container engines print 12 digits. */
		words->word[FORKFAIL_WORD_CONTAINER].len = 12;
		break;
	case FORKFAIL_ID_NAME:
		words->word[FORKFAIL_WORD_CONTAINER] = *id;
		break;
	case FORKFAIL_ID_POD:
		words->word[FORKFAIL_WORD_POD] = *id;
		break;
	case FORKFAIL_ID_JOB:
		words->word[FORKFAIL_WORD_JOB] = *id;
		break;
	case FORKFAIL_ID_UID:
		words->word[FORKFAIL_WORD_USER] = *id;
		forkfail_take_unit(words, whole);
		break;
	case FORKFAIL_ID_UNIT:
		forkfail_take_unit(words, whole);
		break;
	default:
		break;
	}
}

/* The module ends a path that is too long with these: where it leads is not known. */
static inline bool forkfail_is_cut(const char *path)
{
	size_t len = strlen(path);

	return len >= 3 && !strncmp(path + len - 3, "...", 3);
}

/**
 * forkfail_place_cgroup() - who manages a cgroup
 * @path: its path from the root of the hierarchy, as the kernel has it
 * @words: the result: {cgroup}, {top}, {unit}, {container}, {pod}, {job} and {user},
 *	which point into @path
 *
 * From left to right: the last manager that is found manages the rest of the path.  If the
 * path was cut, there is no {cgroup}, and nobody is known to manage it.
 *
 * Return: enum forkfail_manager.
 */
static inline enum forkfail_manager
forkfail_place_cgroup(const char *path, struct forkfail_words *words)
{
	enum forkfail_manager manager = FORKFAIL_BY_NOBODY;
	const char *p = path, *top = NULL;
	bool cut = forkfail_is_cut(path);
	unsigned int i;
	size_t took;

	if (*path != '/')
		return FORKFAIL_BY_NOBODY;
	words->word[FORKFAIL_WORD_CGROUP].s = cut ? NULL : path;
	words->word[FORKFAIL_WORD_CGROUP].len = path[1] ? strlen(path) : 0;
	while (*p == '/' && *++p) {
		const struct forkfail_place_rule *rule = NULL;
		struct forkfail_piece id, whole;

		for (i = 0, took = 0; !took &&
		     i < sizeof(forkfail_place_rules) / sizeof(*rule); i++) {
			rule = &forkfail_place_rules[i];
			if (rule->after == FORKFAIL_BY_ANY || rule->after == manager)
				took = forkfail_rule_fits(rule, p, &id);
		}
		/* its last component is not whole */
		if (!took || (cut && !p[took])) {
			/* Created by a known manager's own processes, below its cgroup. */
			if (manager != FORKFAIL_BY_NOBODY)
				manager = FORKFAIL_BY_OWN;
			p += strcspn(p, "/");
			continue;
		}
		whole.s = p;
		whole.len = took;
		forkfail_take_id(words, rule->id, &id, &whole);
		p += took;
		if (!top || rule->manager != manager)
			top = p;
		manager = rule->manager;
	}
	if (cut)
		return FORKFAIL_BY_NOBODY;
	if (top && *top && manager != FORKFAIL_BY_OWN) {
		words->word[FORKFAIL_WORD_TOP].s = path;
		words->word[FORKFAIL_WORD_TOP].len = (size_t)(top - path);
	}
	return manager;
}

/**
 * forkfail_forget_cgroup() - what is left to say of a cgroup that was removed
 * @words: the words; nothing can be written to its files any more, and a scope, which ends
 *	with it, cannot be set any more
 */
static inline void forkfail_forget_cgroup(struct forkfail_words *words)
{
	words->word[FORKFAIL_WORD_CGROUP].s = NULL;
	if (words->word[FORKFAIL_WORD_SCOPE].s)
		words->word[FORKFAIL_WORD_UNIT].s = NULL;
	words->word[FORKFAIL_WORD_SCOPE].s = NULL;
}

/**
 * forkfail_place_ns() - who manages the limit of a namespace
 * @scope: FORKFAIL_SCOPE_USERNS or FORKFAIL_SCOPE_PIDNS
 * @initial: it is the initial one
 *
 * Return: enum forkfail_manager.
 */
static inline enum forkfail_manager
forkfail_place_ns(enum forkfail_scope scope, bool initial)
{
	if (initial)
		return FORKFAIL_BY_ANY;
	return scope == FORKFAIL_SCOPE_USERNS ? FORKFAIL_BY_INNER_USERNS :
						FORKFAIL_BY_INNER_PIDNS;
}

/* ---- what to say --------------------------------------------------------------- */

static const struct forkfail_advice forkfail_advices[] = {
#define FORKFAIL_ADVICE(cause, manager, now, run, keep, note)		\
	{ FORKFAIL_##cause, FORKFAIL_BY_##manager, now, run, keep, note },
#define FORKFAIL_PLACE(...)
#define FORKFAIL_CHECK(...)
#include "advice.def"
#undef FORKFAIL_PLACE
#undef FORKFAIL_ADVICE
#undef FORKFAIL_CHECK
};

static const struct forkfail_check forkfail_checks[] = {
#define FORKFAIL_CHECK(cause, command, shows) { FORKFAIL_##cause, command, shows },
#define FORKFAIL_PLACE(...)
#define FORKFAIL_ADVICE(...)
#include "advice.def"
#undef FORKFAIL_PLACE
#undef FORKFAIL_ADVICE
#undef FORKFAIL_CHECK
};

/**
 * forkfail_advice() - what to do about a cause
 * @cause: the cause
 * @manager: who manages its object
 *
 * Return: the advice for that manager, or else the one for any manager; NULL if the cause
 * has none, then use "do" of causes.def.
 */
static inline const struct forkfail_advice *
forkfail_advice(unsigned int cause, enum forkfail_manager manager)
{
	const struct forkfail_advice *any = NULL, *a;
	unsigned int i;

	for (i = 0; i < sizeof(forkfail_advices) / sizeof(*a); i++) {
		a = &forkfail_advices[i];
		if (a->cause != cause)
			continue;
		if (a->manager == manager)
			return a;
		if (a->manager == FORKFAIL_BY_ANY)
			any = a;
	}
	return any;
}

/**
 * forkfail_is_forbidden() - does a limit of 0 mean that an administrator forbids this?
 * @cause: the cause
 *
 * Return: true if so: then FORKFAIL_BY_ZERO has the advice, whoever manages the object.
 */
static inline bool forkfail_is_forbidden(unsigned int cause)
{
	const struct forkfail_advice *a = forkfail_advice(cause, FORKFAIL_BY_ZERO);

	return a && a->manager == FORKFAIL_BY_ZERO;
}

/**
 * forkfail_check() - how to see a cause by hand
 * @cause: the cause
 *
 * Return: the commands, NULL if this cause has none of its own.
 */
static inline const struct forkfail_check *forkfail_check(unsigned int cause)
{
	const struct forkfail_check *c = forkfail_checks;
	unsigned int i;

	for (i = 0; i < sizeof(forkfail_checks) / sizeof(*c); i++, c++)
		if (c->cause == cause)
			return c;
	return NULL;
}

/**
 * forkfail_raised() - the number for {n}: enough, but still a limit
 * @bytes: the limit is in bytes
 * @limit: the limit
 * @in_use: the usage
 * @asked: how much more was requested, 0 if that is not known
 *
 * Return: twice what is needed; for memory a quarter or 64 MiB more than that, in whole MiB.
 */
static inline unsigned long long forkfail_raised(bool bytes, unsigned long long limit,
						 unsigned long long in_use,
						 unsigned long long asked)
{
	const unsigned long long mib = 1ull << 20, max = 1ull << 62;
	unsigned long long n = limit > in_use ? limit : in_use;

	if (n > max || asked > max)
		return max;
	n += asked;
	if (!bytes)
		return n < 8 ? 16 : n * 2;
	n += n / 4 > 64 * mib ? n / 4 : 64 * mib;
	return (n + mib - 1) / mib * mib;
}

/**
 * forkfail_raised_soft() - the number for {soft}: what the process can set itself
 * @n: forkfail_raised()
 * @hard: its hard limit, ~0ull if it is unlimited; 0 if it is not known
 * @in_use: the usage
 * @asked: how much more was requested, 0 if that is not known
 *
 * Only a privileged process can raise its limit above the hard one.
 *
 * Return: the number, 0 if the call would be refused again.
 */
static inline unsigned long long forkfail_raised_soft(unsigned long long n,
						      unsigned long long hard,
						      unsigned long long in_use,
						      unsigned long long asked)
{
	if (!hard || hard >= n)
		return n;
	return hard > in_use && hard - in_use >= asked ? hard : 0;
}

/**
 * forkfail_raised_pid_max() - the number for {pid_max}
 * @limit: how many PIDs there were, with or without the reserved ones
 *
 * Return: room for twice as many, at least for 16; at most PID_MAX_LIMIT of 64 bits, 4194304.
 */
static inline unsigned long long forkfail_raised_pid_max(unsigned long long limit)
{
	/* The first 300 PIDs are not reused (RESERVED_PIDS), nor is 0. */
	return limit > 4194304 / 2 - 301 ? 4194304 : forkfail_raised(false, limit, 0, 0) + 301;
}

/**
 * forkfail_where() - the comment after the command that helps for now
 * @now: its template
 * @manager: who can raise the limit
 *
 * Typed anywhere else, the command would change another shell's or namespace's limit.
 *
 * Return: words for a comment.
 */
static inline const char *forkfail_where(const char *now, enum forkfail_manager manager)
{
	if (!strncmp(now, "ulimit ", 7))
		return "for now, in the shell that was refused or starts the program";
	return manager == FORKFAIL_BY_INNER_PIDNS ? "for now, inside that PID namespace" :
						    "for now";
}

/**
 * forkfail_note_alone() - a note that has no command above it
 * @note: the note
 *
 * Return: the note without an "or" at its beginning.
 */
static inline const char *forkfail_note_alone(const char *note)
{
	return strncmp(note, "or ", 3) ? note : note + 3;
}

#endif /* _UAPI_FORKFAIL_ADVICE_H */
