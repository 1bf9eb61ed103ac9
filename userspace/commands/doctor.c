// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail doctor: why the module is not loaded, or does not see everything.
 *
 * Each check looks at one thing and adds findings, one line each with what to do.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/doctor.h"
#include "input.h"
#include "kmsg.h"
#include "proc.h"
#include "show.h"
#include "text.h"
#include "../uapi/tested.h"

enum doctor_column { COL_CHECK, COL_STATE, COL_FOUND, COL_DO };

static const struct column doctor_columns[] = {
	[COL_CHECK] = { "CHECK", 0, COLUMN_DEFAULT, "what was checked" },
	[COL_STATE] = { "STATE", 0, COLUMN_DEFAULT, "ok, notice or BROKEN" },
	[COL_FOUND] = { "FOUND", 0, COLUMN_DEFAULT | COLUMN_WRAP, "what was found" },
	[COL_DO] = { "DO", 0, COLUMN_DEFAULT | COLUMN_WRAP, "what to do" },
};

static const char *doctor_cell(const void *object, size_t column,
			       const struct table_format *format __unused,
			       char *buf __unused, size_t size __unused)
{
	static const char * const states[] = { "ok", "notice", "BROKEN" };
	const struct finding *finding = object;

	switch ((enum doctor_column)column) {
	case COL_CHECK:
		return finding->check;
	case COL_STATE:
		return states[finding->state];
	case COL_FOUND:
		return finding->found;
	case COL_DO:
		return finding->todo;
	}
	return NULL;
}

static const char *doctor_color(const void *object, size_t column)
{
	const struct finding *finding = object;

	if (column != COL_STATE)
		return NULL;
	return finding->state == FINE ? "green" :
	       finding->state == NOTICE ? "yellow" : "red";
}

const struct table_def doctor_table = {
	.array = "findings",
	.columns = doctor_columns,
	.nr = ARRAY_SIZE(doctor_columns),
	.cell = doctor_cell,
	.color = doctor_color,
};

/**
 * doctor_find() - add a finding
 * @doctor: the doctor
 * @check: what was checked
 * @state: how it is
 * @found: what was found, allocated; the doctor frees it
 * @todo: what to do, NULL if nothing
 */
void doctor_find(struct doctor *doctor, const char *check, enum finding_state state,
		 char *found, const char *todo)
{
	doctor->list = xrealloc(doctor->list, doctor->nr + 1, sizeof(*doctor->list));
	doctor->list[doctor->nr++] = (struct finding){ check, state, found, todo };
}

/**
 * doctor_line() - the first line of a file
 * @path: the file, below the sysroot
 *
 * Return: the line, escaped, which the caller frees; NULL if it cannot be read.
 */
char *doctor_line(const char *path)
{
	char *text = proc_read("%s", path), *line;

	if (!text)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	line = text_escape(text);
	free(text);
	return line;
}

/**
 * doctor_line_begins() - does the first line of a file begin with this?
 * @path: the file, below the sysroot
 * @what: the beginning
 *
 * Return: true if so.
 */
bool doctor_line_begins(const char *path, const char *what)
{
	char *line = doctor_line(path);
	bool yes = line && !strncmp(line, what, strlen(what));

	free(line);
	return yes;
}

/**
 * doctor_exists() - is there such a file?
 * @path: the file, below the sysroot
 *
 * Return: true if so.
 */
bool doctor_exists(const char *path)
{
	char *real = proc_path("%s", path);
	bool there = !access(real, F_OK);

	free(real);
	return there;
}

/* ---- is it loaded? ---------------------------------------------------------- */

static void check_loaded(struct doctor *doctor)
{
	char *version = doctor_line("/sys/module/forkfail/version");

	doctor->loaded = doctor_exists(FORKFAIL_PAGE) || version;
	if (!doctor_exists("/proc/self/stat"))
		doctor_find(doctor, "proc", BROKEN, xstrdup("/proc is not mounted"),
			    "mount -t proc none /proc");
	else if (doctor->loaded)
		doctor_find(doctor, "module", FINE,
			    xasprintf("loaded, version %s; this reader is %s",
				      version ? version : "?", FORKFAIL_VERSION), NULL);
	else
		doctor_find(doctor, "module", BROKEN, xstrdup("not loaded"),
			    doctor->built ? "modprobe forkfail; if that fails, see below" : NULL);
	if (version && strcmp(version, FORKFAIL_VERSION))
		doctor_find(doctor, "version", NOTICE,
			    xstrdup("the module and the reader have different versions"),
			    "reload the module after an upgrade: modprobe -r forkfail; modprobe forkfail");
	free(version);
}

/* ---- may it see? ---------------------------------------------------------------- */

static void check_options(struct doctor *doctor)
{
	static const char * const needed[] = {
		"MODULES", "PROC_FS", "KALLSYMS", "KPROBES", "KRETPROBES",
		"FUNCTION_TRACER", "DYNAMIC_FTRACE", "CGROUPS", "SECCOMP",
	};
	char *text = proc_read("/boot/config-%s", doctor->release), *missing = NULL;
	size_t i;

	if (!text)
		text = proc_read("/lib/modules/%s/config", doctor->release);
	for (i = 0; text && i < ARRAY_SIZE(needed); i++) {
		char *set = xasprintf("\nCONFIG_%s=y\n", needed[i]), *more;

		if (!strstr(text, set)) {
			more = xasprintf("%s%sCONFIG_%s", missing ? missing : "",
					 missing ? ", " : "", needed[i]);
			free(missing);
			missing = more;
		}
		free(set);
	}
	if (missing)
		doctor_find(doctor, "options", BROKEN,
			    xasprintf("the kernel was built without %s", missing),
			    "run a kernel that has them");
	else if (text)
		doctor_find(doctor, "options", FINE,
			    xstrdup("the kernel has all that forkfail needs"), NULL);
	free(missing);
	free(text);
}

static void check_hooks(struct doctor *doctor)
{
	if (doctor_line_begins("/proc/sys/kernel/ftrace_enabled", "0"))
		doctor_find(doctor, "ftrace", BROKEN, xstrdup("ftrace is switched off"),
			    "echo 1 >/proc/sys/kernel/ftrace_enabled; modprobe forkfail");
	if (doctor_line_begins("/sys/kernel/debug/kprobes/enabled", "0"))
		doctor_find(doctor, "kprobes", BROKEN, xstrdup("kprobes are switched off"),
			    "echo 1 >/sys/kernel/debug/kprobes/enabled");
}

/* The kernel log has the reason. */
static void check_kernel_log(struct doctor *doctor)
{
	char *line;

	if (doctor->loaded || *doctor->opt->sysroot)
		return;
	line = kmsg_last_about_loading();
	if (line)
		doctor_find(doctor, "kernel log", BROKEN, line,
			    "see KERNEL LOG in forkfail(4)");
}

#define DO_SELFTEST	"run forkfail selftest: it checks that causes are right on this kernel"

static void check_series(struct doctor *doctor)
{
	const char *release = doctor->release;
	size_t len = strcspn(release, ".");

	if (!release[len] || forkfail_is_tested(release))
		return;
	len += 1 + strspn(release + len + 1, "0123456789");
	if (len < 16)
		doctor_find(doctor, "kernel", NOTICE,
			    xasprintf("forkfail is tested on " FORKFAIL_TESTED_SERIES
				      ", but not on %.*s", (int)len, release),
			    doctor->loaded ? DO_SELFTEST : NULL);
}

/* ---- does it see everything? ------------------------------------------------------ */

/* A kernel whose source has not been read. */
static void check_facts(struct doctor *doctor, const struct page *page)
{
	const char *guessed = page_note(page, "guessed");

	if (!page_pair(page, "facts"))
		return;
	doctor_find(doctor, "facts", NOTICE,
		    xstrdup("the module was built for a kernel whose source has not been read"),
		    page_pair(page, "selftest") ?
		    "for an unmodified kernel.org kernel: make FORKFAIL_FACTS=read" :
		    "run forkfail selftest as root: it checks causes and confirms some of them");
	if (guessed)
		doctor_find(doctor, "guessed", NOTICE, xstrdup(guessed), NULL);
}

#define SWITCH_ON(parameter)	"echo Y >/sys/module/forkfail/parameters/" parameter

static void check_page(struct doctor *doctor, const struct page *page)
{
	static const struct {
		const char *key;
		const char *one, *more, *what;
		const char *todo;
	} counts[] = {
		{ "missed", "call was", "calls were",
		  "not watched: too many at once, or made in a way that forkfail does not know",
		  NULL },
		{ "noroom", "failure was", "failures were",
		  "counted but not classified: too many at once", NULL },
		{ "lost", "failure was", "failures were", "counted but kept in no event", NULL },
		{ "unexplained", "failure has", "failures have", "no known cause",
		  "report their lines: forkfail log --cause unexplained" },
		{ "internal", "thread or worker", "threads or workers",
		  "for the kernel's own use could not be created",
		  "report it, with the kernel's version and forkfail log" },
	};
	static const struct {
		const char *off, *todo;
	} parameters[] = {
		{ "stacks", SWITCH_ON("stacks") },
		{ "syscalls", SWITCH_ON("syscalls") },
		{ "stacks,syscalls", SWITCH_ON("stacks") "; " SWITCH_ON("syscalls") },
	};
	const char *off = page_pair(page, "notwatched"), *todo = NULL;
	u64 armed, wanted, v;
	size_t i;

	if (page_points(page, &armed, &wanted))
		doctor_find(doctor, "points", armed < wanted ? BROKEN : FINE,
			    xasprintf("%llu of %llu watch points %s armed", armed, wanted,
				      armed == 1 ? "is" : "are"), NULL);
	for (i = 0; i < page->nr_notes; i++)
		if (!strcmp(page->notes[i].key, "blind"))
			doctor_find(doctor, "blind", BROKEN, xstrdup(page->notes[i].value), NULL);
	for (i = 0; off && i < ARRAY_SIZE(parameters); i++)
		if (!strcmp(off, parameters[i].off))
			todo = parameters[i].todo;
	if (off)
		doctor_find(doctor, "watched", NOTICE, xasprintf("switched off: %s", off), todo);
	check_facts(doctor, page);
	for (i = 0; i < ARRAY_SIZE(counts); i++)
		if (page_number(page, counts[i].key, &v) && v)
			doctor_find(doctor, counts[i].key, NOTICE,
				    xasprintf("%llu %s %s", v,
					      v == 1 ? counts[i].one : counts[i].more,
					      counts[i].what), counts[i].todo);
}

static void check_sight(struct doctor *doctor)
{
	const char *partial, *sudo;
	struct input in;
	int fd;
	char *path;

	if (!doctor->loaded)
		return;
	path = proc_path("%s", FORKFAIL_PAGE);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		doctor_find(doctor, "page", BROKEN,
			    xasprintf("%s: %s", FORKFAIL_PAGE, strerror(errno)),
			    "run forkfail doctor as root");
	} else if (input_read_fd(&in, fd) != INPUT_OK) {
		doctor_find(doctor, "page", BROKEN, xasprintf("%s cannot be read", FORKFAIL_PAGE),
			    "reload the module, and report this");
	} else {
		check_page(doctor, &in.page);
		input_free(&in);
	}
	if (fd >= 0)
		close(fd);
	free(path);
	if (input_is_partial(doctor->opt)) {
		partial = input_partial(doctor->opt, &sudo);
		doctor_find(doctor, "reader", NOTICE, xstrdup(partial),
			    sudo ? "sudo forkfail doctor" : NULL);
	}
}

/* A saved page, perhaps from another machine: only what it says. */
static bool check_saved(struct doctor *doctor)
{
	const char *release;
	struct input in;
	bool bad;

	input_open(&in, doctor->opt, FORKFAIL_PAGE);
	bad = input_complain(&in);
	release = page_pair(&in.page, "kernel");
	doctor->release = xstrdup(release ? release : "?");
	/* the advice is for the machine that the page comes from */
	doctor->loaded = true;
	check_series(doctor);
	check_page(doctor, &in.page);
	input_free(&in);
	return bad;
}

static void check_system(struct doctor *doctor)
{
	proc_set_root(doctor->opt->sysroot);
	doctor->release = doctor_line("/proc/sys/kernel/osrelease");
	if (!doctor->release)
		doctor->release = xstrdup("?");
	doctor_find_built(doctor);
	check_loaded(doctor);
	doctor_check_built(doctor);
	doctor_check_signature(doctor);
	check_options(doctor);
	check_hooks(doctor);
	check_kernel_log(doctor);
	check_series(doctor);
	check_sight(doctor);
}

/* "BROKEN  built       there is no module ...: install ..." */
static void print_finding(const struct table_format *format, const struct finding *finding)
{
	const char *state = doctor_cell(finding, COL_STATE, format, NULL, 0);
	const char *color = finding->state == BROKEN ? SHOW_RED :
			    finding->state == FINE ? SHOW_GREEN : SHOW_BOLD;
	char *text = xasprintf("%s%s%s", finding->found, finding->todo ? ": " : "",
			       finding->todo ? finding->todo : "");

	printf("%s%-7s%s %-11s ", format->color ? color : "", state,
	       format->color ? SHOW_END : "", finding->check);
	text_wrap(stdout, 20, text, format->width);
	free(text);
}

static bool print(const struct doctor *doctor)
{
	const struct table_format *format = &doctor->opt->format;
	struct table *table;
	size_t i;
	bool ok;

	if (format->mode == TABLE_HUMAN && !format->columns) {
		for (i = 0; i < doctor->nr; i++)
			print_finding(format, &doctor->list[i]);
		return !ferror(stdout);
	}
	table = table_new(&doctor_table, format);
	for (i = 0; i < doctor->nr; i++)
		table_add(table, &doctor->list[i]);
	ok = table_print(table);
	table_free(table);
	return ok;
}

/**
 * cmd_doctor() - forkfail doctor
 * @opt: options
 * @argc: unused
 * @argv: unused
 *
 * Return: exit status: whether something is broken.
 */
int cmd_doctor(const struct options *opt, int argc __unused, char **argv __unused)
{
	struct doctor doctor = { .opt = opt };
	int status = READER_OK;
	size_t i;

	if (!opt->input)
		check_system(&doctor);
	else if (check_saved(&doctor))
		status = READER_PARTIAL;
	for (i = 0; i < doctor.nr; i++)
		if (status == READER_OK && doctor.list[i].state == BROKEN)
			status = READER_FOUND;
	if (!print(&doctor))
		status = READER_OUTPUT;
	for (i = 0; i < doctor.nr; i++)
		free(doctor.list[i].found);
	free(doctor.list);
	free(doctor.built);
	free(doctor.release);
	return status;
}
