/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The templates of advice.def: words in braces, replaced with those of an event.
 *
 * Plain C without state: it does not allocate, does not sleep and uses no floating point.
 */
#ifndef _UAPI_FORKFAIL_TEMPLATE_H
#define _UAPI_FORKFAIL_TEMPLATE_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <string.h>
#endif

/* The words in braces in advice.def: {pid} becomes 1442, or PID in general. */
#define FORKFAIL_WORDS(X)						\
	X(N,		"n",		"the number to write, forkfail_raised()") \
	X(SOFT,		"soft",		"the same, or the hard limit if that is less; not known if it does not help") \
	X(LIMITS,	"limits",	"the same for prlimit: soft limit, colon, and the hard limit if that is too low") \
	X(KIB,		"kib",		"the same in KiB, which is what ulimit takes") \
	X(PID_MAX,	"pid_max",	"the same for pid_max")		\
	X(PID,		"pid",		"the task whose call failed; not known once it has ended") \
	X(UID,		"uid",		"its real uid")			\
	X(PIDS,		"pids",		"directory of the pids controller") \
	X(MEMORY,	"memory",	"directory of the memory controller") \
	X(MEMORY_MAX,	"memory_max",	"memory.max, or its name in version 1") \
	X(MEMSW,	"memsw",	"in version 1, the limit of memory and swap") \
	X(CGROUP,	"cgroup",	"path of the limiting cgroup; that of the caller if no cgroup has the limit") \
	X(TOP,		"top",		"path of the cgroup above it that carries the same limit") \
	X(UNIT,		"unit",		"unit of systemd")		\
	X(SERVICE,	"service",	"the same if it can have Limit...= settings: no scope, no slice") \
	X(SCOPE,	"scope",	"the same if it is a scope, which ends with its processes") \
	X(CONTAINER,	"container",	"id or name of the container")	\
	X(POD,		"pod",		"uid of the pod")		\
	X(JOB,		"job",		"number of the job of a batch system") \
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

/*
 * How a value is written into a command: bare, in quotes, or not at all, because a name with
 * a control character, or with bytes that are not ASCII, is not safe to paste.
 */
enum forkfail_quote { FORKFAIL_BARE, FORKFAIL_QUOTED, FORKFAIL_UNFIT };

static inline enum forkfail_quote forkfail_quote(const struct forkfail_piece *value)
{
	enum forkfail_quote quote = FORKFAIL_BARE;
	size_t i;

	for (i = 0; i < value->len; i++) {
		char c = value->s[i];

		if (c < 0x20 || c >= 0x7f)
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

/* A value of an event, for a shell.  A single quote is put into double ones: 'it'"'"'s' */
static inline void forkfail_emit_value(const struct forkfail_piece *value,
				       void (*emit)(void *to, const char *s, size_t len),
				       void *to)
{
	bool quoted = forkfail_quote(value) == FORKFAIL_QUOTED;
	size_t from, i;

	if (quoted)
		emit(to, "'", 1);
	for (from = i = 0; i < value->len; i++) {
		if (value->s[i] != '\'')
			continue;
		emit(to, value->s + from, i - from);
		emit(to, "'\"'\"'", 5);
		from = i + 1;
	}
	emit(to, value->s + from, value->len - from);
	if (quoted)
		emit(to, "'", 1);
}

/**
 * forkfail_expand() - write a template with the words of an event
 * @template: of advice.def, for which forkfail_can_expand() was true
 * @words: the words
 * @emit: called for each piece, in order
 * @to: passed to @emit
 *
 * A value that a shell would split is put into quotes.
 */
static inline void forkfail_expand(const char *template, const struct forkfail_words *words,
				   void (*emit)(void *to, const char *s, size_t len),
				   void *to)
{
	struct forkfail_piece piece;
	const char *end;
	unsigned int word;

	while (*template) {
		piece = forkfail_next_piece(&template, &word);
		if (word < FORKFAIL_NR_WORDS) {
			forkfail_emit_value(&words->word[word], emit, to);
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
 * What is in brackets is always written, except for what is only in version 1 of cgroups.
 */
static inline void forkfail_expand_general(const char *template,
					   void (*emit)(void *to, const char *s,
							size_t len),
					   void *to)
{
	struct forkfail_piece piece;
	unsigned int word;
	const char *v1;
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
		if (word == FORKFAIL_WORD_SOFT) {
			emit(to, "N", 1);
			continue;
		}
		if (word == FORKFAIL_WORD_LIMITS) {
			emit(to, "N:N", 3);
			continue;
		}
		if (word == FORKFAIL_WORD_CGROUP || word == FORKFAIL_WORD_TOP)
			emit(to, "/", 1);
		for (i = 0; word < FORKFAIL_NR_WORDS && i < piece.len; i++) {
			c = piece.s[i];
			c = c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
			emit(to, &c, 1);
		}
		if (word < FORKFAIL_NR_WORDS)
			continue;
		if (piece.len != 1 || (*piece.s != '[' && *piece.s != ']')) {
			emit(to, piece.s, piece.len);
			continue;
		}
		v1 = *piece.s == '[' ? strstr(template, "{memsw}") : NULL;
		if (v1 && v1 < template + strcspn(template, "]"))
			template += strcspn(template, "]");
	}
}

#endif /* _UAPI_FORKFAIL_TEMPLATE_H */
