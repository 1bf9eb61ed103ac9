// SPDX-License-Identifier: GPL-2.0-only
/*
 * run.c - runs one case in a worker, restores everything, and checks the result
 *
 * Nothing here creates a process while a case's limits are in force, so the runner works
 * whatever a case has done to the machine.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forkfault.h"
#include "internal.h"

#define USUAL_SECONDS	20

struct ff_shared *ff_shared;
const char *ff_name;
unsigned int slowness = 1;

static char diagnostics[65536];
static size_t diag_len;
static uint64_t started;

/**
 * diag() - print a remark about the case whose result is being checked
 * @fmt: one line, without its newline
 */
void diag(const char *fmt, ...)
{
	size_t room = sizeof(diagnostics) - diag_len;
	va_list ap;
	int n;

	if (room < 8)
		return;
	n = snprintf(diagnostics + diag_len, room, "# ");
	va_start(ap, fmt);
	n += vsnprintf(diagnostics + diag_len + n, room - n, fmt, ap);
	va_end(ap);
	if ((size_t)n > room - 2)
		n = room - 2;
	diag_len += n;
	diagnostics[diag_len++] = '\n';
	diagnostics[diag_len] = 0;
}

static void end_case(enum ff_verdict verdict, const char *fmt, va_list ap)
{
	int none = FF_NONE;

	if (__atomic_compare_exchange_n(&ff_shared->verdict, &none, verdict,
					false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		vsnprintf(ff_shared->reason, sizeof(ff_shared->reason), fmt,
			  ap);
	_exit(3);
}

/**
 * fail() - the case found something wrong; ends the calling process
 * @fmt: what
 */
void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	end_case(FF_FAIL, fmt, ap);
	__builtin_unreachable();
}

/**
 * skip() - the case cannot run here; ends the calling process
 * @fmt: why
 */
void skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	end_case(FF_SKIP, fmt, ap);
	__builtin_unreachable();
}

/**
 * absent() - the running kernel refuses no such call; ends the calling process
 * @fmt: how it was found out
 *
 * A special kind of skip, which tests/guest/inject/table recognizes by its text.
 */
void absent(const char *fmt, ...)
{
	char why[FF_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	skip("does not exist here: %s", why);
}

/**
 * note() - print what a task saw, for the person who runs the case
 * @fmt: one line, without its newline
 */
void note(const char *fmt, ...)
{
	int n = __atomic_fetch_add(&ff_shared->nnotes, 1, __ATOMIC_SEQ_CST);
	va_list ap;

	if (n >= (int)ARRAY_SIZE(ff_shared->notes))
		return;
	va_start(ap, fmt);
	vsnprintf(ff_shared->notes[n], sizeof(ff_shared->notes[n]), fmt, ap);
	va_end(ap);
}

/**
 * rename_case() - give the case another name
 * @comm: the calling process's new name; only its events under this name are
 *	checked
 */
void rename_case(const char *comm)
{
	snprintf(ff_shared->comm, sizeof(ff_shared->comm), "%s", comm);
	prctl(PR_SET_NAME, ff_shared->comm);
}

/**
 * undo_later() - what the runner has to restore when the case is over
 * @kind: what to do
 * @path: to which file
 * @value: what to write into it, for UNDO_WRITE
 *
 * To be called before the change, so that it is undone even if the case dies
 * right after it.
 */
void undo_later(enum ff_undo_kind kind, const char *path, const char *value)
{
	struct ff_undo *u;
	int i, n = ff_shared->nundos;

	/* the oldest entry counts: it has the value from before the case */
	for (i = 0; i < n && i < FF_UNDOS; i++)
		if (ff_shared->undo[i].kind == kind &&
		    !strcmp(ff_shared->undo[i].path, path))
			return;
	n = __atomic_fetch_add(&ff_shared->nundos, 1, __ATOMIC_SEQ_CST);
	if (n >= FF_UNDOS)
		fail("forkfault: FF_UNDOS is too small");
	u = &ff_shared->undo[n];
	u->kind = kind;
	snprintf(u->value, sizeof(u->value), "%s", value ? value : "");
	snprintf(u->path, sizeof(u->path), "%s", path);
}

static bool undo_one(const struct ff_undo *u)
{
	if (!u->path[0])
		return true;
	switch (u->kind) {
	case UNDO_WRITE:
	case UNDO_WRITE_LAST:
		return write_file(u->path, u->value);
	case UNDO_CGROUP_OPTIONS:
		return cg_mount_options(u->path, u->value);
	case UNDO_CGROUP_V1:
		return cg1_give_back(u->path, u->value);
	case UNDO_UNLINK:
		return !unlink(u->path) || errno == ENOENT;
	case UNDO_RMDIR:
		return !rmdir(u->path) || errno == ENOENT;
	}
	return false;
}

static bool undo(bool writes)
{
	int i, n = ff_shared->nundos, tries;
	bool ok = true, done;

	if (n > FF_UNDOS)
		n = FF_UNDOS;
	for (i = n - 1; i >= 0; i--) {
		if (writes ? ff_shared->undo[i].kind != UNDO_WRITE :
			     ff_shared->undo[i].kind == UNDO_WRITE)
			continue;
		/*
		 * A cgroup and a mount stay busy until the last task is gone, and a controller
		 * returns to v2 some time after that.
		 */
		for (tries = 0; tries < 300; tries++) {
			done = undo_one(&ff_shared->undo[i]);
			if (done || writes)
				break;
			nap(10);
		}
		if (!done)
			diag("not put back: %s: %s", ff_shared->undo[i].path,
			     strerror(errno));
		ok &= done;
	}
	return ok;
}

static pid_t parent_of(const char *pid)
{
	char path[64], text[512], *p;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	if (!read_file(path, text, sizeof(text)))
		return 0;
	p = strrchr(text, ')');
	return p && strlen(p) > 4 ? atoi(p + 4) : 0;
}

/*
 * kill_rest - kill and reap all descendants of the runner
 *
 * Orphans come to the runner as their subreaper, so this takes as many rounds
 * as the tree is deep.
 */
static bool kill_rest(void)
{
	struct dirent *d;
	int round;
	pid_t pid;
	DIR *proc;

	for (round = 0; round < 200; round++) {
		proc = opendir("/proc");
		if (!proc)
			break;
		while ((d = readdir(proc)))
			if (d->d_name[0] >= '1' && d->d_name[0] <= '9' &&
			    parent_of(d->d_name) == getpid())
				kill(atoi(d->d_name), SIGKILL);
		closedir(proc);
		do {
			pid = waitpid(-1, NULL, __WALL | WNOHANG);
		} while (pid > 0);
		if (pid < 0 && errno == ECHILD)
			return true;
		nap(5);
	}
	diag("tasks of the case could not be killed");
	return false;
}

static void __attribute__((noreturn)) work(const struct ff_case *c, int number)
{
	char comm[FF_COMM_LEN];

	snprintf(comm, sizeof(comm), "ff%d-%s", number, c->name);
	rename_case(comm);
	setpgid(0, 0);
	signal(SIGPIPE, SIG_IGN);
	c->run();
	_exit(0);
}

static bool wait_for_worker(pid_t worker, unsigned int seconds)
{
	int status;

	for (;;) {
		if (waitpid(worker, &status, WNOHANG) == worker)
			break;
		if (now_ms() - started > seconds * 1000ULL) {
			diag("did not end within %u s", seconds);
			return false;
		}
		nap(3);
	}
	if (WIFSIGNALED(status)) {
		diag("killed by signal %d", WTERMSIG(status));
		return false;
	}
	if (WEXITSTATUS(status) && ff_shared->verdict == FF_NONE) {
		diag("ended with status %d", WEXITSTATUS(status));
		return false;
	}
	return true;
}

static void say_case(int number, const struct ff_case *c, enum ff_verdict v,
		     const char *reason)
{
	int i;

	printf("%s %d - %s", v == FF_FAIL ? "not ok" : "ok", number, c->name);
	if (v == FF_SKIP)
		printf(" # SKIP %s", reason);
	printf("\n");
	if (v == FF_FAIL && reason[0])
		printf("# %s\n", reason);
	if (show_events)
		printf("# took %llu ms\n", (unsigned long long)
		       (now_ms() - started));
	for (i = 0; i < ff_shared->nnotes &&
	     i < (int)ARRAY_SIZE(ff_shared->notes); i++)
		printf("# %s\n", ff_shared->notes[i]);
	fputs(diagnostics, stdout);
	fflush(stdout);
}

/**
 * run_case() - run a case, restore everything, check the result and print it
 * @c: the case
 * @number: its number in this run
 * @check: compare forkfail's log with its expectations
 *
 * Return: FF_PASS, FF_FAIL or FF_SKIP.
 */
enum ff_verdict run_case(const struct ff_case *c, int number, bool check)
{
	enum ff_verdict v;
	bool ok;
	pid_t worker;

	memset(ff_shared, 0, sizeof(*ff_shared));
	diag_len = 0;
	diagnostics[0] = 0;
	ff_name = c->name;
	started = now_ms();

	ff_shared->checked = check;
	ok = !check || check_before();
	fflush(NULL);
	worker = fork();
	if (!worker)
		work(c, number);
	if (worker < 0) {
		diag("fork of the worker: %s", strerror(errno));
		ok = false;
	} else {
		ok &= wait_for_worker(worker, slowness * (c->seconds ? c->seconds :
							  USUAL_SECONDS));
	}
	v = ff_shared->verdict == FF_NONE ? FF_PASS : ff_shared->verdict;
	if (check && ok && v == FF_PASS)
		ok &= check_after();
	ok &= undo(true);
	ok &= kill_rest();
	ok &= undo(false);
	if (check && ok && v == FF_PASS)
		ok &= check_verdict(ff_shared->comm);
	if (!ok)
		v = FF_FAIL;
	say_case(number, c, v, ff_shared->reason);
	return v;
}

/**
 * run_init() - set up what all cases need
 */
void run_init(void)
{
	ff_shared = shared(sizeof(*ff_shared));
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}
