// SPDX-License-Identifier: GPL-2.0-only
/*
 * plan.c - a row's plan, with the addresses of this kernel's functions
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "injectfail.h"

#define MAX_SYMBOLS	400000

static struct symbol {
	uint64_t address;
	const char *name;
} *symbols;
static size_t nr_symbols;

/**
 * find_symbols() - read the kernel's symbols
 *
 * Return: false, with a message, if that cannot be done.
 */
bool find_symbols(void)
{
	char line[600], name[520], type;
	FILE *f = fopen("/proc/kallsyms", "r");
	unsigned long long address;

	symbols = calloc(MAX_SYMBOLS, sizeof(*symbols));
	if (!f || !symbols) {
		perror("/proc/kallsyms");
		return false;
	}
	while (nr_symbols < MAX_SYMBOLS && fgets(line, sizeof(line), f)) {
		if (strchr(line, '['))
			break;	/* modules */
		if (sscanf(line, "%llx %c %519s", &address, &type, name) != 3)
			continue;
		symbols[nr_symbols].address = address;
		symbols[nr_symbols++].name = strdup(name);
	}
	fclose(f);
	if (nr_symbols && symbols[nr_symbols - 1].address)
		return true;
	fprintf(stderr, "/proc/kallsyms shows no addresses\n");
	return false;
}

static const struct symbol *lookup(const char *name)
{
	size_t i;

	for (i = 0; i < nr_symbols; i++)
		if (symbols[i].name[0] == name[0] && !strcmp(symbols[i].name, name))
			return &symbols[i];
	return NULL;
}

/**
 * has_symbol() - does this kernel have a function or variable?
 * @name: its name
 *
 * Return: true if so.
 */
bool has_symbol(const char *name)
{
	return lookup(name);
}

static uint64_t end_of(const struct symbol *s)
{
	const struct symbol *next = s + 1;

	while (next < symbols + nr_symbols && next->address <= s->address)
		next++;
	return next < symbols + nr_symbols ? next->address : s->address;
}

/**
 * expand_plan() - put this kernel's names and addresses into a row's plan
 * @plan: the plan
 * @out: receives it
 * @size: size of @out
 *
 * Return: NULL, or the name that this kernel does not have.
 */
const char *expand_plan(const char *plan, char *out, size_t size)
{
	static char missing[200];
	char copy[400], *words = copy, *word, *name, *at;
	const struct symbol *s;

	snprintf(copy, sizeof(copy), "%s", plan);
	word = strsep(&words, " ");
	snprintf(missing, sizeof(missing), "%s", word);
	out[0] = 0;
	while ((name = strsep(&word, "|")))
		if (!out[0] && lookup(name))
			snprintf(out, size, "%s", name);
	if (!out[0])
		return missing;
	while ((word = strsep(&words, " "))) {
		at = strchr(word, '@');
		if (!at) {
			snprintf(out + strlen(out), size - strlen(out), " %s", word);
			continue;
		}
		s = lookup(at + 1);
		if (!s) {
			snprintf(missing, sizeof(missing), "%s", at + 1);
			return missing;
		}
		*at = 0;
		if (!strcmp(word, "with="))
			continue;
		snprintf(out + strlen(out), size - strlen(out), " %s%#llx", word,
			 (unsigned long long)s->address);
		if (!strcmp(word, "from="))
			snprintf(out + strlen(out), size - strlen(out), "-%#llx",
				 (unsigned long long)end_of(s));
	}
	return NULL;
}
