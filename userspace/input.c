// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads a whole page or log, or says in plain words why it cannot.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "proc.h"
#include "text.h"

/* A log has a few hundred KiB; a larger file is something else. */
#define INPUT_MAX	(256u << 20)

/**
 * input_path() - path of the file to read
 * @opt: options; -i wins over -s
 * @proc_path: what it is on a running system
 *
 * Return: a path that the caller frees.
 */
char *input_path(const struct options *opt, const char *proc_path)
{
	if (opt->input)
		return xstrdup(opt->input);
	return xasprintf("%s%s", opt->sysroot, proc_path);
}

/**
 * input_read_fd() - read everything and parse it
 * @in: the result; release it with input_free() if INPUT_OK
 * @fd: an open file
 *
 * Return: the outcome.
 */
enum input_error input_read_fd(struct input *in, int fd)
{
	size_t size = 65536;
	ssize_t n;

	*in = (struct input){ .text = xrealloc(NULL, size, 1) };
	for (;;) {
		if (in->len == size) {
			size *= 2;
			if (size > INPUT_MAX) {
				free(in->text);
				errno = EFBIG;
				return INPUT_ERROR;
			}
			in->text = xrealloc(in->text, size, 1);
		}
		n = read(fd, in->text + in->len, size - in->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		in->len += (size_t)n;
	}
	if (n < 0) {
		int err = errno;

		free(in->text);
		errno = err;
		/* What /proc says once the module has been unloaded. */
		return err == EIO || err == ENODEV ? INPUT_GONE : INPUT_ERROR;
	}
	if (!page_parse(&in->page, in->text, in->len)) {
		page_free(&in->page);
		free(in->text);
		return INPUT_GARBAGE;
	}
	return INPUT_OK;
}

/**
 * input_no_module() - say why there is nothing to read, and exit
 * @opt: options
 * @path: what could not be opened
 * @err: errno
 */
void input_no_module(const struct options *opt, const char *path, int err)
{
	char *safe = text_escape(path);

	if (opt->input || *opt->sysroot || (err != ENOENT && err != EACCES &&
					    err != EPERM))
		dief(READER_NO_DATA, "%s: %s", safe, strerror(err));
	if (err != ENOENT)
		dief(READER_NO_DATA, "%s: %s\n"
		     "Run forkfail as root, or get read access to %s.", safe,
		     strerror(err), safe);
	if (access("/proc/self/stat", F_OK))
		dief(READER_NO_DATA, "/proc is not mounted: mount -t proc none /proc");
	dief(READER_NO_DATA, "%s does not exist: the module is not loaded.\n"
	     "Load it with 'modprobe forkfail'; if that fails, the kernel log (dmesg) says why.\n"
	     "To read a saved page or log, use -i FILE.", safe);
}

/**
 * input_open() - open, read and parse; exits if that fails
 * @in: the result; release it with input_free()
 * @opt: options
 * @proc_path: the file on a running system
 */
void input_open(struct input *in, const struct options *opt,
		const char *proc_path)
{
	char *path = input_path(opt, proc_path), *safe = text_escape(path);
	int fd = STDIN_FILENO;

	if (strcmp(path, "-"))
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		input_no_module(opt, path, errno);
	switch (input_read_fd(in, fd)) {
	case INPUT_OK:
		break;
	case INPUT_GONE:
	case INPUT_ERROR:
		dief(READER_NO_DATA, "%s: %s", safe, strerror(errno));
	case INPUT_GARBAGE:
		dief(READER_NO_DATA, "%s contains no page or log of forkfail",
		     safe);
	}
	if (fd != STDIN_FILENO)
		close(fd);
	free(safe);
	free(path);
}

/**
 * input_free() - release a text
 * @in: the text
 */
void input_free(struct input *in)
{
	page_free(&in->page);
	free(in->text);
	in->text = NULL;
}

/**
 * input_complain() - report what could not be parsed
 * @in: the text
 *
 * Return: true if something could not.
 */
bool input_complain(const struct input *in)
{
	const struct page *page = &in->page;

	if (page->format > FORKFAIL_FORMAT)
		warnf("text format %u is newer than this reader (%d): unknown parts are printed unchanged",
		      page->format, FORKFAIL_FORMAT);
	if (page->bad_lines)
		warnf("%lu line%s could not be read and %s skipped; the first is line %lu: %s",
		      page->bad_lines, page->bad_lines == 1 ? "" : "s",
		      page->bad_lines == 1 ? "was" : "were", page->first_bad,
		      page->bad_why);
	return page->bad_lines;
}

/**
 * input_is_partial() - does the module show this program only its own failures?
 * @opt: options
 *
 * Return: true if so; false for a saved text, where this is not known.
 */
bool input_is_partial(const struct options *opt)
{
	return !opt->input && !*opt->sysroot && !proc_may_see_all();
}

/**
 * input_partial() - what this program does not see, and who sees it
 * @opt: options
 * @command: receives the beginning of a command that shows it; NULL if there is none
 *
 * The root of a container has no sudo that helps: an engine takes CAP_SYSLOG away, and a user
 * namespace makes it worthless.
 *
 * Return: a sentence.
 */
const char *input_partial(const struct options *opt, const char **command)
{
	bool saved = opt->input || *opt->sysroot;
	u64 userns = ns_of(0, "user");
	bool inside = !saved && (!geteuid() || (userns && userns != NS_INIT_USER));

	*command = saved || inside ? NULL : "sudo forkfail";
	if (inside)
		return "only your own failures are shown; root of the host, with CAP_SYSLOG, sees all";
	return "only your own failures are shown; root, or a user with CAP_SYSLOG, sees all";
}

/**
 * input_warn_partial() - say on standard error that this program does not see everything
 * @opt: options
 */
void input_warn_partial(const struct options *opt)
{
	const char *command;

	warnf("%s", input_partial(opt, &command));
}

/**
 * input_no_event() - why there is no event
 * @opt: options
 * @bad: some lines could not be read
 * @filtered: the options select events
 *
 * Return: a sentence.
 */
const char *input_no_event(const struct options *opt, bool bad, bool filtered)
{
	if (bad)
		return "no event could be read";
	if (filtered)
		return "no event matches";
	return input_is_partial(opt) ? "no event: nothing failed that you are allowed to see" :
				       "there is no event";
}
