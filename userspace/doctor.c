// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail doctor: why the module is not loaded, or does not see everything.
 *
 * Each check looks at one thing and adds findings, one line each with what to do.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "kmsg.h"
#include "proc.h"
#include "show.h"
#include "text.h"
#include "../uapi/tested.h"

enum finding_state { FINE, NOTICE, BROKEN };

/**
 * struct finding - one line
 * @check: what was looked at
 * @state: how it is
 * @found: what was found, allocated
 * @todo: what to do, NULL if nothing
 */
struct finding {
	const char *check;
	enum finding_state state;
	char *found;
	const char *todo;
};

struct doctor {
	const struct options *opt;
	struct finding *list;
	size_t nr;
	bool loaded;
	char *release;		/* of the kernel, escaped */
};

enum doctor_column { COL_CHECK, COL_STATE, COL_FOUND, COL_DO };

static const struct column doctor_columns[] = {
	[COL_CHECK] = { "CHECK", 0, COLUMN_DEFAULT, "what was looked at" },
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

/* Takes ownership of @found. */
static void find(struct doctor *doctor, const char *check, enum finding_state state,
		 char *found, const char *todo)
{
	doctor->list = xrealloc(doctor->list, doctor->nr + 1, sizeof(*doctor->list));
	doctor->list[doctor->nr++] = (struct finding){ check, state, found, todo };
}

/* The first line of a file, escaped; NULL if it cannot be read. */
static char *first_line(const char *path)
{
	char *text = proc_read("%s", path), *line;

	if (!text)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	line = text_escape(text);
	free(text);
	return line;
}

static bool file_begins(const char *path, const char *what)
{
	char *line = first_line(path);
	bool yes = line && !strncmp(line, what, strlen(what));

	free(line);
	return yes;
}

static bool exists(const char *path)
{
	char *real = proc_path("%s", path);
	bool there = !access(real, F_OK);

	free(real);
	return there;
}

/* ---- is it loaded? ---------------------------------------------------------- */

static void check_loaded(struct doctor *doctor)
{
	char *version = first_line("/sys/module/forkfail/version");

	doctor->loaded = exists(FORKFAIL_PAGE) || version;
	if (!exists("/proc/self/stat"))
		find(doctor, "proc", BROKEN, xstrdup("/proc is not mounted"),
		     "mount -t proc none /proc");
	else if (doctor->loaded)
		find(doctor, "module", FINE,
		     xasprintf("loaded, version %s; this reader is %s",
			       version ? version : "?", FORKFAIL_VERSION), NULL);
	else
		find(doctor, "module", BROKEN, xstrdup("not loaded"),
		     "modprobe forkfail; if that fails, see below");
	if (version && strcmp(version, FORKFAIL_VERSION))
		find(doctor, "version", NOTICE,
		     xstrdup("the module and the reader have different versions"),
		     "reload the module after an upgrade: modprobe -r forkfail; modprobe forkfail");
	free(version);
}

/* ---- is there a module for this kernel? ------------------------------------- */

/* Not autoinstall: the Debian package keeps forkfail out of that. */
#define DKMS_INSTALL	"dkms install -m forkfail -v " FORKFAIL_VERSION

/* DKMS's log: of the last failed build, or of this kernel's. */
static char *dkms_log(const struct doctor *doctor)
{
	char *pattern[2], *found = NULL;
	glob_t matches;
	size_t i;

	pattern[0] = proc_path("/var/lib/dkms/forkfail/*/%s/*/log/make.log", doctor->release);
	pattern[1] = proc_path("/var/lib/dkms/forkfail/*/build/make.log");
	for (i = 0; i < ARRAY_SIZE(pattern); i++) {
		if (!found && !glob(pattern[i], 0, NULL, &matches)) {
			found = xstrdup(matches.gl_pathv[0]);
			globfree(&matches);
		}
		free(pattern[i]);
	}
	return found;
}

/* The first line of a log with "error" in it, escaped; NULL if there is none. */
static char *first_error(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[512], *error = NULL;

	while (f && !error && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strcasestr(line, "error"))
			error = text_escape(line);
	}
	if (f)
		fclose(f);
	return error;
}

static void check_dkms(struct doctor *doctor)
{
	char *log = dkms_log(doctor), *error = log ? first_error(log) : NULL;
	char *headers = xasprintf("/lib/modules/%s/build", doctor->release);
	bool dkms = exists("/var/lib/dkms/forkfail");

	if (error)
		find(doctor, "dkms", BROKEN, xasprintf("%s: %s", log, error),
		     "read that file, fix it, then: " DKMS_INSTALL);
	else if (log)
		find(doctor, "dkms", NOTICE, xasprintf("%s has no error", log),
		     "dkms status -m forkfail; " DKMS_INSTALL);
	else if (dkms)
		find(doctor, "dkms", NOTICE, xstrdup("DKMS has not built the module for this kernel"),
		     DKMS_INSTALL);
	if (!exists(headers))
		find(doctor, "headers", BROKEN,
		     xasprintf("there are no headers for kernel %s", doctor->release),
		     dkms ? "install them (linux-headers, kernel-devel); then: " DKMS_INSTALL :
			    "install them (linux-headers, kernel-devel), and do it again");
	free(error);
	free(log);
	free(headers);
}

static void check_built(struct doctor *doctor)
{
	char *text, *line, *found = NULL;

	if (doctor->loaded)
		return;
	text = proc_read("/lib/modules/%s/modules.dep", doctor->release);
	for (line = text; line && *line && !found; line = strchr(line, '\n')) {
		line += *line == '\n';
		/* Its own line: "updates/dkms/forkfail.ko.xz: ..." */
		if (strcspn(line, ":\n") > 11 &&
		    memmem(line, strcspn(line, ":\n"), "/forkfail.ko", 12)) {
			line[strcspn(line, ":\n")] = '\0';
			found = text_escape(line);
		}
	}
	free(text);
	if (found) {
		find(doctor, "built", FINE, xasprintf("%s for kernel %s", found,
						      doctor->release), NULL);
		free(found);
		return;
	}
	find(doctor, "built", BROKEN,
	     xasprintf("there is no module for kernel %s", doctor->release),
	     "install the package forkfail-dkms, or in the sources: make && make install");
	check_dkms(doctor);
}

/* ---- may it be loaded? ------------------------------------------------------- */

static void check_signature(struct doctor *doctor)
{
	char *lockdown = first_line("/sys/kernel/security/lockdown");
	bool locked = lockdown && !strstr(lockdown, "[none]");
	bool enforced = file_begins("/sys/module/module/parameters/sig_enforce", "Y");

	if (file_begins("/proc/sys/kernel/modules_disabled", "1"))
		find(doctor, "modules", doctor->loaded ? NOTICE : BROKEN,
		     xstrdup("kernel.modules_disabled is 1: no module can be loaded until the next boot"),
		     "reboot, and load forkfail before it is set");
	if (lockdown && strstr(lockdown, "[confidentiality]"))
		find(doctor, "lockdown", BROKEN,
		     xstrdup("confidentiality mode, which does not allow kprobes"),
		     "boot with lockdown=integrity");
	else if (!doctor->loaded && (locked || enforced))
		find(doctor, "signature", NOTICE,
		     xasprintf("%s: the kernel loads only modules with a signature that it trusts",
			       locked ? "lockdown" : "module.sig_enforce"),
		     "mokutil --import /var/lib/dkms/mok.pub, and reboot; see SIGNATURES in forkfail(4)");
	free(lockdown);
}

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
		find(doctor, "options", BROKEN,
		     xasprintf("the kernel was built without %s", missing),
		     "run a kernel that has them");
	else if (text)
		find(doctor, "options", FINE, xstrdup("the kernel has all that are needed"), NULL);
	free(missing);
	free(text);
}

static void check_hooks(struct doctor *doctor)
{
	if (file_begins("/proc/sys/kernel/ftrace_enabled", "0"))
		find(doctor, "ftrace", BROKEN, xstrdup("it is switched off"),
		     "echo 1 >/proc/sys/kernel/ftrace_enabled; modprobe forkfail");
	if (file_begins("/sys/kernel/debug/kprobes/enabled", "0"))
		find(doctor, "kprobes", BROKEN, xstrdup("they are switched off"),
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
		find(doctor, "kernel log", BROKEN, line,
		     "see KERNEL LOG in forkfail(4)");
}

static void check_series(struct doctor *doctor)
{
	const char *release = doctor->release;
	size_t len = strcspn(release, ".");

	if (!release[len] || forkfail_is_tested(release))
		return;
	len += 1 + strspn(release + len + 1, "0123456789");
	if (len < 16)
		find(doctor, "kernel", NOTICE,
		     xasprintf("the tests of forkfail run on " FORKFAIL_TESTED_SERIES
			       ", not on %.*s", (int)len, release),
		     "run forkfail selftest: it checks whether causes are right on this kernel");
}

/* ---- does it see everything? ------------------------------------------------------ */

/* A kernel whose source nobody has read. */
static void check_facts(struct doctor *doctor, const struct page *page)
{
	const char *guessed = page_note(page, "guessed");

	if (!page_pair(page, "facts"))
		return;
	find(doctor, "facts", NOTICE,
	     xstrdup("the module was built for a kernel whose source nobody has read"),
	     page_pair(page, "selftest") ?
	     "if it is one of kernel.org under another name, build with make FORKFAIL_FACTS=read" :
	     "run forkfail selftest as root, to check causes and confirm some of them");
	if (guessed)
		find(doctor, "guessed", NOTICE, xstrdup(guessed), NULL);
}

static void check_page(struct doctor *doctor, const struct page *page)
{
	static const struct {
		const char *key;
		const char *what;
		const char *todo;
	} counts[] = {
		{ "missed", "calls were not watched: too many at once", NULL },
		{ "noroom", "failures were counted but not classified: too many at once", NULL },
		{ "lost", "failures are counted but are in no event", NULL },
		{ "unexplained", "failures are not explained",
		  "report their lines: forkfail log --cause unexplained" },
		{ "internal", "threads or workers for the kernel's own use could not be created",
		  "report it, with the kernel's version and forkfail log" },
	};
	u64 armed, wanted, v;
	size_t i;

	if (page_points(page, &armed, &wanted))
		find(doctor, "points", armed < wanted ? BROKEN : FINE,
		     xasprintf("%llu of %llu watch points are armed", armed, wanted), NULL);
	for (i = 0; i < page->nr_notes; i++)
		if (!strcmp(page->notes[i].key, "blind"))
			find(doctor, "blind", BROKEN, xstrdup(page->notes[i].value), NULL);
	if (page_pair(page, "notwatched"))
		find(doctor, "watched", NOTICE,
		     xasprintf("switched off: %s", page_pair(page, "notwatched")),
		     "echo Y >/sys/module/forkfail/parameters/stacks, or syscalls");
	check_facts(doctor, page);
	for (i = 0; i < ARRAY_SIZE(counts); i++)
		if (page_number(page, counts[i].key, &v) && v)
			find(doctor, counts[i].key, NOTICE,
			     xasprintf("%llu %s", v, counts[i].what), counts[i].todo);
}

static void check_sight(struct doctor *doctor)
{
	struct input in;
	int fd;
	char *path;

	if (!doctor->loaded)
		return;
	path = proc_path("%s", FORKFAIL_PAGE);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		find(doctor, "page", BROKEN, xasprintf("%s: %s", FORKFAIL_PAGE, strerror(errno)),
		     "run it as root");
	} else if (input_read_fd(&in, fd) != INPUT_OK) {
		find(doctor, "page", BROKEN, xasprintf("%s cannot be read", FORKFAIL_PAGE),
		     "reload the module, and report it");
	} else {
		check_page(doctor, &in.page);
		input_free(&in);
	}
	if (fd >= 0)
		close(fd);
	free(path);
	if (input_is_partial(doctor->opt))
		find(doctor, "reader", NOTICE, xstrdup(INPUT_PARTIAL), "sudo forkfail doctor");
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

	proc_set_root(opt->sysroot);
	doctor.release = first_line("/proc/sys/kernel/osrelease");
	if (!doctor.release)
		doctor.release = xstrdup("?");
	check_loaded(&doctor);
	check_built(&doctor);
	check_signature(&doctor);
	check_options(&doctor);
	check_hooks(&doctor);
	check_kernel_log(&doctor);
	check_series(&doctor);
	check_sight(&doctor);

	for (i = 0; i < doctor.nr; i++)
		if (doctor.list[i].state == BROKEN)
			status = READER_FOUND;
	if (!print(&doctor))
		status = READER_OUTPUT;
	for (i = 0; i < doctor.nr; i++)
		free(doctor.list[i].found);
	free(doctor.list);
	free(doctor.release);
	return status;
}
