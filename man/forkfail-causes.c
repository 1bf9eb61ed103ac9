// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail-causes.c - prints the manual page forkfail-causes(7) from the table
 * of causes, so that page and table cannot disagree
 */
#include <stdio.h>
#include <string.h>

#include "../uapi/forkfail.h"

static const struct {
	const char *name, *meaning;
} classes[] = {
#define X(symbol, name, meaning) [FORKFAIL_CLASS_##symbol] = { name, meaning },
	FORKFAIL_CLASSES(X)
#undef X
};

static const struct {
	const char *id, *errnos;
	enum forkfail_class class;
	const char *meaning, *not, *action, *where, *kernels;
} causes[] = {
#define FORKFAIL_CAUSE(number, symbol, id, errnos, class, meaning, not, action, where, kernels) \
	{ id, errnos, FORKFAIL_CLASS_##class, meaning, not, action, where, kernels },
#include "../uapi/causes.def"
#undef FORKFAIL_CAUSE
};

/* Text that contains no troff requests. */
static void text(const char *s)
{
	if (*s == '.' || *s == '\'')
		fputs("\\&", stdout);
	for (; *s; s++) {
		if (*s == '\\')
			fputs("\\e", stdout);
		else if (*s == '-')
			fputs("\\-", stdout);
		else
			putchar(*s);
	}
}

static void sentence(const char *before, const char *s)
{
	if (!*s)
		return;
	fputs(before, stdout);
	text(s);
	puts(".\n.br");
}

static void head(void)
{
	size_t i;

	puts(".\\\" SPDX-License-Identifier: GPL-2.0-or-later\n"
	     ".\\\" Made from uapi/causes.def by man/forkfail-causes.c.\n"
	     ".TH FORKFAIL\\-CAUSES 7 \"\" \"forkfail " FORKFAIL_VERSION "\" \"Miscellaneous Information\"\n"
	     ".SH NAME\n"
	     "forkfail\\-causes \\- why a process or a thread could not be created\n"
	     ".SH DESCRIPTION\n"
	     "These are the causes that\n"
	     ".BR forkfail (4)\n"
	     "names, roughly in the order in which a call reaches them.\n"
	     "The errno that the call returns is in angle brackets;\n"
	     ".B any\n"
	     "means that a policy or a module chooses it, and\n"
	     ".B none\n"
	     "that the caller is killed before it sees one.\n"
	     "It is followed by the kernels that have the cause;\n"
	     ".B all\n"
	     "means 5.10 and later.\n"
	     ".PP\n"
	     "The command\n"
	     ".B forkfail explain\n"
	     ".I CAUSE\n"
	     "shows the same for one cause, and\n"
	     ".B forkfail explain\n"
	     "without an argument explains the failure that hurts most, with its numbers.\n"
	     ".SH CLASSES\n"
	     "Every cause belongs to one class.\n"
	     "The option\n"
	     ".B \\-\\-class\n"
	     "of\n"
	     ".BR forkfail (8)\n"
	     "selects by class.\n"
	     "The most serious class comes first.");
	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		fputs(".TP\n.B ", stdout);
		puts(classes[i].name);
		sentence("", classes[i].meaning);
	}
	puts(".SH CAUSES");
}

static void foot(void)
{
	puts(".SH OLDER KERNELS\n"
	     "Before 5.10 there is no\n"
	     ".BR forkfail (4).\n"
	     "What follows was read in the sources of 3.10.0\\-1160.59.1 (RHEL and CentOS 7),\n"
	     "4.18 of RHEL 8.10 and 5.4.286;\n"
	     "it was not tried.\n"
	     ".TP\n"
	     ".B EAGAIN\n"
	     "RLIMIT_NPROC, kernel.threads\\-max, pids.max;\n"
	     "on 4.18 and 5.4 also PIDs (kernel.pid_max, one for all PID namespaces).\n"
	     "Rarely: another thread is in execve, or the caller has SCHED_DEADLINE.\n"
	     ".TP\n"
	     ".B ENOMEM\n"
	     "On 3.10 also PIDs.\n"
	     "On all three: vm.overcommit_memory, an allocation that failed,\n"
	     "a PID namespace whose PID 1 is gone.\n"
	     ".TP\n"
	     ".B ENOSPC\n"
	     "Namespaces nested too deep, or more of them than user.max_*_namespaces;\n"
	     "on 3.10 EINVAL if user.max_user_namespaces is 0.\n"
	     ".PP\n"
	     "The pids controller of 4.18 and 5.4 writes\n"
	     ".I fork rejected by pids controller in PATH\n"
	     "to the kernel log, once for each cgroup in which a fork is refused,\n"
	     "and counts the refusal in its pids.events.\n"
	     "Nothing is logged for the other limits.\n"
	     "Where to look by hand: /proc/loadavg (its fourth field ends in the number of tasks),\n"
	     "/proc/sys/kernel/threads\\-max and pid_max, /proc/PID/limits,\n"
	     "pids.current and pids.max of the cgroup and of those above it.\n"
	     ".SH SEE ALSO\n"
	     ".BR clone (2),\n"
	     ".BR fork (2),\n"
	     ".BR forkfail (4),\n"
	     ".BR forkfail (5),\n"
	     ".BR forkfail (8)");
}

int main(void)
{
	size_t i;

	head();
	for (i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		fputs(".TP\n.BR ", stdout);
		text(causes[i].id);
		fputs(" \" <", stdout);
		text(causes[i].errnos);
		fputs(">, kernels: ", stdout);
		text(causes[i].kernels);
		puts("\"");
		printf("Class: %s.\n.br\n", classes[causes[i].class].name);
		sentence("", causes[i].meaning);
		sentence("It is not: ", causes[i].not);
		sentence("To do: ", causes[i].action);
		sentence("Where to look: ", causes[i].where);
	}
	foot();
	return fflush(stdout) || ferror(stdout);
}
