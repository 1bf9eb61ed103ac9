/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The code that turns a cause and its object into commands, with the table in
 * advice.def.
 *
 * The module and the reader both include this, so that both give the same advice.  Plain
 * C without state: it does not allocate, does not sleep and uses no floating point.
 *
 *	who manages the object	forkfail_place_cgroup(), forkfail_place_userns()
 *	what there is to say	forkfail_advice(), forkfail_check()
 *	with the event's words	forkfail_expand()
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

/* Who can raise a limit: the program that manages the object of an event. */
#define FORKFAIL_MANAGERS(X)						\
	X(ANY,		"any",		"whoever it is")		\
	X(NOBODY,	"nobody",	"a cgroup that nobody whom forkfail knows has made") \
	X(OWN,		"own",		"a cgroup that a unit or container has made below its own") \
	X(SYSTEM_UNIT,	"system-unit",	"a unit of systemd")		\
	X(USER_SLICE,	"user-slice",	"all that a user runs: user-UID.slice") \
	X(SESSION,	"session",	"a login session")		\
	X(USER_MANAGER,	"user-manager",	"a user's own systemd")		\
	X(USER_UNIT,	"user-unit",	"a unit of a user's own systemd") \
	X(INNER_UNIT,	"inner-unit",	"a unit of a systemd inside a container") \
	X(KUBE_NODE,	"kube-node",	"all pods of a node, or of a class of service: the kubelet") \
	X(KUBE_POD,	"kube-pod",	"a pod: the kubelet")		\
	X(KUBE_CONTAINER, "kube-container", "a container of a pod: the kubelet and its runtime") \
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

/* The words in braces in advice.def: {pid} becomes 1442, or PID if it is not known. */
#define FORKFAIL_WORDS(X)						\
	X(N,		"n",		"the number to write, forkfail_raised()") \
	X(KIB,		"kib",		"the same in KiB, which is what ulimit takes") \
	X(PID_MAX,	"pid_max",	"the same for pid_max")		\
	X(PID,		"pid",		"the task that asked")		\
	X(UID,		"uid",		"its real uid")			\
	X(PIDS,		"pids",		"directory of the pids controller") \
	X(MEMORY,	"memory",	"directory of the memory controller") \
	X(MEMORY_MAX,	"memory_max",	"memory.max, or what version 1 calls it") \
	X(CGROUP,	"cgroup",	"path of the limiting cgroup; of the asking one if the limit is no cgroup's") \
	X(TOP,		"top",		"path of the cgroup above it that carries the same limit") \
	X(UNIT,		"unit",		"unit of systemd")		\
	X(CONTAINER,	"container",	"id or name of the container or job") \
	X(POD,		"pod",		"uid of the pod")		\
	X(USER,		"user",		"uid of the user whose systemd or engine it is") \
	X(TYPE,		"type",		"type of the namespace, as in max_TYPE_namespaces")

enum forkfail_word {
#define X(symbol, name, meaning) FORKFAIL_WORD_##symbol,
	FORKFAIL_WORDS(X)
#undef X
	FORKFAIL_NR_WORDS
};

/**
 * struct forkfail_piece - a string that is not terminated
 * @s: its first byte, NULL if it is not known
 * @len: its bytes
 */
struct forkfail_piece {
	const char *s;
	size_t len;
};

/**
 * struct forkfail_words - what is known of an event
 * @word: by enum forkfail_word
 */
struct forkfail_words {
	struct forkfail_piece word[FORKFAIL_NR_WORDS];
};

/**
 * struct forkfail_advice - what to do about a cause, depending on who manages its object
 * @cause: enum forkfail_cause
 * @manager: enum forkfail_manager
 * @now: for now, with builtins of a shell only; "" if there is none
 * @run: for now, with a program; "" if there is none
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
	case FORKFAIL_ID_UID:
		words->word[FORKFAIL_WORD_USER] = *id;
		words->word[FORKFAIL_WORD_UNIT] = *whole;
		break;
	case FORKFAIL_ID_UNIT:
		words->word[FORKFAIL_WORD_UNIT] = *whole;
		break;
	default:
		break;
	}
}

/**
 * forkfail_place_cgroup() - who manages a cgroup
 * @path: its path from the root of the hierarchy, as the kernel has it
 * @words: the result: {cgroup}, {top}, {unit}, {container}, {pod} and {user}, which
 *	point into @path
 *
 * From left to right: the last manager that is found manages the rest of the path.
 *
 * Return: enum forkfail_manager.
 */
static inline enum forkfail_manager
forkfail_place_cgroup(const char *path, struct forkfail_words *words)
{
	enum forkfail_manager manager = FORKFAIL_BY_NOBODY;
	const char *p = path, *top = NULL;
	unsigned int i;
	size_t took;

	if (*path != '/')
		return FORKFAIL_BY_NOBODY;
	words->word[FORKFAIL_WORD_CGROUP].s = path;
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
		if (!took) {
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
	if (top && *top && manager != FORKFAIL_BY_OWN) {
		words->word[FORKFAIL_WORD_TOP].s = path;
		words->word[FORKFAIL_WORD_TOP].len = (size_t)(top - path);
	}
	return manager;
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
 * Return: twice as much; for memory a quarter or 64 MiB more, in whole MiB.
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
 * forkfail_raised_pid_max() - the number for {pid_max}
 * @limit: how many process numbers there were, with or without the reserved ones
 *
 * Return: at most PID_MAX_LIMIT of 64 bits, 4194304.
 */
static inline unsigned long long forkfail_raised_pid_max(unsigned long long limit)
{
	/* The first 300 numbers are not reused (RESERVED_PIDS), nor is 0. */
	return limit > 4194304 / 2 - 301 ? 4194304 : 2 * limit + 301;
}

/* ---- from a template to a line --------------------------------------------------- */

/*
 * How a value is written into a command: bare, in single quotes, or not at all, because
 * a name with a quote or a control character is not safe to paste.
 */
enum forkfail_quote { FORKFAIL_BARE, FORKFAIL_QUOTED, FORKFAIL_UNFIT };

static inline enum forkfail_quote forkfail_quote(const struct forkfail_piece *value)
{
	enum forkfail_quote quote = FORKFAIL_BARE;
	size_t i;

	for (i = 0; i < value->len; i++) {
		char c = value->s[i];

		if (c < 0x20 || c >= 0x7f || c == '\'')
			return FORKFAIL_UNFIT;
		if ((c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') &&
		    !strchr("@%+=:,./_-", c))
			quote = FORKFAIL_QUOTED;
	}
	return quote;
}

/*
 * The next piece of a template: text up to a brace or bracket, a bracket, or a word
 * in braces.  @word is FORKFAIL_NR_WORDS if it is not a word.
 */
static inline struct forkfail_piece forkfail_next_piece(const char **p, unsigned int *word)
{
	static const char * const names[] = {
#define X(symbol, name, meaning) name,
		FORKFAIL_WORDS(X)
#undef X
	};
	struct forkfail_piece piece = { *p, strcspn(*p, "{[]") };
	unsigned int i;
	size_t len;

	*word = FORKFAIL_NR_WORDS;
	if (!piece.len && **p == '{') {
		len = strcspn(*p + 1, "}");
		for (i = 0; i < FORKFAIL_NR_WORDS; i++)
			if (strlen(names[i]) == len && !strncmp(*p + 1, names[i], len))
				*word = i;
		piece.s = *p + 1;
		piece.len = len;
		*p += len + 1;
		*p += **p == '}';
		return piece;
	}
	if (!piece.len)
		piece.len = 1;
	*p += piece.len;
	return piece;
}

/* The end of the brackets that were opened before @p; NULL if all words in them are known. */
static inline const char *forkfail_skip_optional(const char *p,
						 const struct forkfail_words *words)
{
	struct forkfail_piece piece;
	bool known = true;
	unsigned int word;

	while (*p) {
		piece = forkfail_next_piece(&p, &word);
		if (word < FORKFAIL_NR_WORDS) {
			if (!words->word[word].s ||
			    forkfail_quote(&words->word[word]) == FORKFAIL_UNFIT)
				known = false;
		} else if (piece.len == 1 && *piece.s == ']') {
			break;
		}
	}
	return known ? NULL : p;
}

/**
 * forkfail_can_expand() - is every word known that a template needs?
 * @template: of advice.def
 * @words: the words
 *
 * Words in brackets may be unknown: then the whole bracket is left out.
 *
 * Return: false if not, or if a value cannot be put into a command.
 */
static inline bool forkfail_can_expand(const char *template, const struct forkfail_words *words)
{
	struct forkfail_piece piece;
	unsigned int word;
	bool optional = false;

	while (*template) {
		piece = forkfail_next_piece(&template, &word);
		if (word == FORKFAIL_NR_WORDS) {
			if (piece.len == 1 && *piece.s == '[')
				optional = true;
			if (piece.len == 1 && *piece.s == ']')
				optional = false;
		} else if (!optional && (!words->word[word].s ||
			   forkfail_quote(&words->word[word]) == FORKFAIL_UNFIT)) {
			return false;
		}
	}
	return true;
}

/**
 * forkfail_expand() - write a template with the words of an event
 * @template: of advice.def, for which forkfail_can_expand() was true
 * @words: the words
 * @emit: called for each piece, in order
 * @to: passed to @emit
 *
 * A value that a shell would split is put into single quotes.
 */
static inline void forkfail_expand(const char *template, const struct forkfail_words *words,
				   void (*emit)(void *to, const char *s, size_t len),
				   void *to)
{
	const struct forkfail_piece *value;
	struct forkfail_piece piece;
	const char *end;
	unsigned int word;
	bool quoted;

	while (*template) {
		piece = forkfail_next_piece(&template, &word);
		if (word < FORKFAIL_NR_WORDS) {
			value = &words->word[word];
			quoted = forkfail_quote(value) == FORKFAIL_QUOTED;
			if (quoted)
				emit(to, "'", 1);
			emit(to, value->s, value->len);
			if (quoted)
				emit(to, "'", 1);
		} else if (piece.len == 1 && *piece.s == '[') {
			end = forkfail_skip_optional(template, words);
			template = end ? end : template;
		} else if (piece.len != 1 || *piece.s != ']') {
			emit(to, piece.s, piece.len);
		}
	}
}

/**
 * forkfail_expand_general() - write a template without an event: {pid} is PID
 * @template: of advice.def
 * @emit: called for each piece, in order
 * @to: passed to @emit
 *
 * Brackets are left out.
 */
static inline void forkfail_expand_general(const char *template,
					   void (*emit)(void *to, const char *s,
							size_t len),
					   void *to)
{
	struct forkfail_piece piece;
	unsigned int word;
	size_t i;
	char c;

	while (*template) {
		piece = forkfail_next_piece(&template, &word);
		if (word == FORKFAIL_WORD_PIDS || word == FORKFAIL_WORD_MEMORY) {
			emit(to, "/sys/fs/cgroup", 14);
			continue;
		}
		if (word == FORKFAIL_WORD_MEMORY_MAX) {
			emit(to, "memory.max", 10);
			continue;
		}
		if (word == FORKFAIL_WORD_CGROUP)
			emit(to, "/", 1);
		for (i = 0; word < FORKFAIL_NR_WORDS && i < piece.len; i++) {
			c = piece.s[i];
			c = c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
			emit(to, &c, 1);
		}
		if (word < FORKFAIL_NR_WORDS)
			continue;
		if (piece.len == 1 && *piece.s == '[') {
			template += strcspn(template, "]");
			template += *template == ']';
		} else {
			emit(to, piece.s, piece.len);
		}
	}
}

#endif /* _UAPI_FORKFAIL_ADVICE_H */
