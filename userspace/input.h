/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the text comes from.
 */
#ifndef INPUT_H
#define INPUT_H

#include "command.h"
#include "page_parser.h"

/**
 * struct input - a text and what is in it
 * @text: all of it
 * @len: its length
 * @page: the parsed text
 */
struct input {
	char *text;
	size_t len;
	struct page page;
};

enum input_error {
	INPUT_OK,
	INPUT_GONE,	/* not there, or no longer */
	INPUT_ERROR,	/* anything else, in errno */
	INPUT_GARBAGE,	/* neither a page nor a log */
};

char *input_path(const struct options *opt, const char *proc_path);
enum input_error input_read_fd(struct input *in, int fd);
void input_open(struct input *in, const struct options *opt,
		const char *proc_path);
void input_free(struct input *in);
void input_no_module(const struct options *opt, const char *path, int err)
	__noreturn;
bool input_complain(const struct input *in);
const char *input_no_event(const struct options *opt, bool bad, bool filtered);
bool input_is_partial(const struct options *opt);
void input_warn_partial(const struct options *opt);
const char *input_partial(const struct options *opt, const char **command);

#endif /* INPUT_H */
