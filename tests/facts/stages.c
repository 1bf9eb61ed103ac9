// SPDX-License-Identifier: GPL-2.0-only
/*
 * stages.c - does module/evidence/dead_child.c name the stage at which a kernel's
 * copy_process() has failed, for each of its failures?
 *
 *	stages < tests/facts/stages
 *
 * stage_of() is taken out of dead_child.c by tests/facts/run, and runs on children whose
 * fields are what the source of a kernel makes of them.  Ends with "N passed, N failed".
 */
#include <linux/sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/observation.h"

#define CONFIG_SYSVIPC
#define BIT(n)			(1U << (n))
#define AT(step)		BIT(FF_STEP_##step)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define READ_ONCE(x)		(x)
#define WRITE_ONCE(x, to)	((x) = (to))
#define rcu_access_pointer(p)	(p)
#define dl_prio(prio)		((prio) < 0)
#define PF_IO_WORKER		0x10
#define FF_PF_USER_WORKER	0x4000

struct list_head {
	struct list_head *next;
};

struct task_struct {
	const char *cred, *nsproxy, *fs, *files, *sighand, *signal, *mm, *exec_state;
	struct list_head children;
	struct { struct list_head group_node; } se;
	struct { struct list_head shm_clist; } sysvshm;
	struct { const char *undo_list; } sysvsem;
	long start_time;
	int pid, prio;
	unsigned int flags;
};

static const char theirs[] = "the parent's", own[] = "the child's";
static struct list_head others;		/* the parent's lists */
static struct task_struct *current;
static bool has_exec_state;

static bool ff_has_no_exec_state(const struct task_struct *p, u64 flags)
{
	return has_exec_state && !(flags & CLONE_VM) && !p->exec_state;
}

#include "stage_of.h"

/* What fails, as stages-of names it, and the step that it belongs to. */
static const struct failure {
	const char *what;
	u8 step;
	u64 never_with;		/* flags with which there is nothing that could fail */
	u64 only_with;
} failures[] = {
	{ "copy_exec_state", FF_STEP_EXEC_STATE, CLONE_VM, 0 },
	{ "copy_creds", FF_STEP_COPY_CREDS, 0, 0 },
	{ "nproc", FF_STEP_TASK_LIMITS, 0, 0 },
	{ "threads", FF_STEP_TASK_LIMITS, 0, 0 },
	{ "io_uring_fork", FF_STEP_TASK_SETUP, 0, 0 },
	{ "set_kthread_struct", FF_STEP_TASK_SETUP, 0, 0 },
	{ "mpol_dup", FF_STEP_TASK_SETUP, 0, 0 },
	{ "sched_fork", FF_STEP_SCHED_FORK, 0, 0 },
	{ "perf_event_init_task", FF_STEP_PERF_AUDIT, 0, 0 },
	{ "audit_alloc", FF_STEP_PERF_AUDIT, 0, 0 },
	{ "security_task_alloc", FF_STEP_SECURITY, 0, 0 },
	{ "copy_semundo", FF_STEP_COPY_FILES, 0, CLONE_SYSVSEM },
	{ "copy_files", FF_STEP_COPY_FILES, CLONE_FILES, 0 },
	{ "copy_fs", FF_STEP_COPY_FS, 0, 0 },
	{ "copy_sighand", FF_STEP_COPY_SIGHAND, CLONE_SIGHAND, 0 },
	{ "copy_signal", FF_STEP_COPY_SIGNAL, CLONE_THREAD, 0 },
	{ "copy_mm", FF_STEP_COPY_MM, CLONE_VM, 0 },
	{ "copy_namespaces", FF_STEP_COPY_NAMESPACES, 0, 0 },
	{ "copy_io", FF_STEP_ALLOC_PID, 0, 0 },
	{ "copy_thread", FF_STEP_ALLOC_PID, 0, 0 },
	{ "copy_thread_tls", FF_STEP_ALLOC_PID, 0, 0 },
	{ "alloc_pid", FF_STEP_ALLOC_PID, 0, 0 },
	{ "pidfd_create", FF_STEP_PIDFD, 0, 0 },
	{ "get_unused_fd_flags", FF_STEP_PIDFD, 0, 0 },
	{ "anon_inode_getfile", FF_STEP_PIDFD, 0, 0 },
	{ "pidfd_prepare", FF_STEP_PIDFD, 0, 0 },
	{ "__pidfd_prepare", FF_STEP_PIDFD, 0, 0 },
	{ "put_user", FF_STEP_PIDFD, 0, 0 },
	{ "cgroup_can_fork", FF_STEP_CGROUP_CAN_FORK, 0, 0 },
	{ "sched_cgroup_fork", FF_STEP_LATE, 0, 0 },
	{ "futex_hash_allocate_default", FF_STEP_LATE, 0, 0 },
	{ "last", FF_STEP_LAST_CHECKS, 0, 0 },
};

static const struct field {
	const char *name;
	size_t offset;
	u64 shared_with;
} fields[] = {
#define FIELD(name, member, flag)	{ name, offsetof(struct task_struct, member), flag }
	FIELD("cred", cred, 0),
	FIELD("exec_state", exec_state, CLONE_VM),
	FIELD("nsproxy", nsproxy, 0),
	FIELD("fs", fs, CLONE_FS),
	FIELD("files", files, CLONE_FILES),
	FIELD("sighand", sighand, CLONE_SIGHAND),
	FIELD("signal", signal, CLONE_THREAD),
	FIELD("mm", mm, CLONE_VM),
	FIELD("undo", sysvsem.undo_list, CLONE_SYSVSEM),
#undef FIELD
};

static const char *kernel;
static bool right;

static void wrong(const char *fmt, const char *what)
{
	right = false;
	printf("FAILED: %s: ", kernel);
	printf(fmt, what);
	printf("\n");
}

static const struct field *field_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (!strcmp(fields[i].name, name))
			return &fields[i];
	return NULL;
}

static void set(struct task_struct *p, const char *name, const char *to)
{
	const struct field *f = field_of(name);

	if (f)
		*(const char **)((char *)p + f->offset) = to;
	else
		wrong("the row has an unknown field, %s", name);
}

static const struct failure *failure_of(const char *what)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(failures); i++)
		if (!strcmp(failures[i].what, what))
			return &failures[i];
	return NULL;
}

static void begins(struct task_struct *p, const char *name)
{
	if (!strcmp(name, "children"))
		p->children.next = &p->children;
	else if (!strcmp(name, "group_node"))
		p->se.group_node.next = &p->se.group_node;
	else if (!strcmp(name, "shm"))
		p->sysvshm.shm_clist.next = &p->sysvshm.shm_clist;
	else if (!strcmp(name, "pid"))
		p->pid = current->pid + 1;
	else if (!strcmp(name, "start_time"))
		p->start_time = current->start_time + 1;
	else if (!strcmp(name, "exec_state") || !strcmp(name, "files"))
		set(p, name, NULL);
	else
		wrong("the row has an unknown field, %s", name);
}

/* The cleanup from a label on.  Return: false if it does not end as dead_child.c needs it. */
static bool undo(struct task_struct *p, char **word, const char *label)
{
	bool on = false, dead = false;

	for (; *word; word++) {
		size_t len = strlen(*word);

		on |= (*word)[len - 1] == ':' && len - 1 == strlen(label) &&
		      !strncmp(*word, label, len - 1);
		if (!on)
			continue;
		if ((*word)[0] == '-')
			set(p, *word + 1, NULL);
		dead |= !strcmp(*word, "dead");
		if (!strcmp(*word, "put"))
			return dead;
	}
	return false;
}

/* The call fails where the child is as @p, and what fails has set one of its fields to NULL. */
static void fail(struct task_struct p, char **word, const struct failure *f, u8 step,
		 const char *nulled, const char *label, u64 flags)
{
	u32 stage, unknown;

	if (nulled)
		set(&p, nulled, NULL);
	if (step == FF_STEP_SCHED_FORK)
		p.prio = -1;
	if (!undo(&p, word, label)) {
		wrong("the way from %s does not end in put_task_stack() of a dead child", label);
		return;
	}
	/* lists of its own: the copy's */
	if (p.children.next != &others)
		p.children.next = &p.children;
	if (p.se.group_node.next != &others)
		p.se.group_node.next = &p.se.group_node;
	if (p.sysvshm.shm_clist.next != &others)
		p.sysvshm.shm_clist.next = &p.sysvshm.shm_clist;
	stage = stage_of(&p, flags, true);
	unknown = stage_of(&p, 0, false);
	if ((stage & BIT(step)) && (unknown & BIT(step)))
		return;
	right = false;
	printf("FAILED: %s: %s (flags %llx): dead_child.c says %x, %x without flags, not %x\n",
	       kernel, f->what, (unsigned long long)flags, stage, unknown, BIT(step));
}

/* One row, for a child with these flags, and a parent with or without a list of semaphores. */
static void walk(char **words, u64 flags, const char *parents_undo)
{
	struct task_struct parent = {
		.cred = theirs, .exec_state = theirs, .nsproxy = theirs, .fs = theirs,
		.files = theirs, .sighand = theirs, .signal = theirs, .mm = theirs,
		.sysvsem.undo_list = parents_undo,
		.children.next = &others, .se.group_node.next = &others,
		.sysvshm.shm_clist.next = &others, .pid = 1, .start_time = 1, .prio = 120,
	};
	struct task_struct p = parent;
	bool creds = false;
	char **word;

	current = &parent;
	for (word = words; *word; word++) {
		char what[64], nulled[32] = "", label[64];
		const struct failure *f;
		const struct field *of;
		bool may_fail;
		u8 step;

		if ((*word)[0] == '+') {
			begins(&p, *word + 1);
			continue;
		}
		if (sscanf(*word, "%63[^(>](%31[^)])>%63s", what, nulled, label) != 3) {
			nulled[0] = '\0';
			if (sscanf(*word, "%63[^(>]>%63s", what, label) != 2)
				continue;
		}
		f = failure_of(what);
		if (!f) {
			wrong("%s may fail, and dead_child.c does not know it", what);
			continue;
		}
		/* RLIMIT_NPROC may be checked before copy_creds(), and the rules know that */
		creds |= f->step == FF_STEP_COPY_CREDS;
		step = f->step == FF_STEP_TASK_LIMITS && !creds ? FF_STEP_COPY_CREDS : f->step;
		may_fail = !(flags & f->never_with) && (flags & f->only_with) == f->only_with;
		/* it allocates semaphores only if the parent has none yet */
		if (!strcmp(what, "copy_semundo") && parents_undo)
			may_fail = false;
		/* with CLONE_FS, copy_fs() fails although it allocates nothing */
		of = nulled[0] ? field_of(nulled) : NULL;
		if (may_fail)
			fail(p, word, f, step, of && !(flags & of->shared_with) ? nulled : NULL,
			     label, flags);
		/* it succeeds */
		if (!strncmp(what, "copy_", 5) && field_of(what + 5) &&
		    !(flags & field_of(what + 5)->shared_with))
			set(&p, what + 5, own);
		if (f->step == FF_STEP_EXEC_STATE)
			p.exec_state = flags & CLONE_VM ? theirs : own;
		if (!strcmp(what, "copy_semundo"))
			p.sysvsem.undo_list = flags & CLONE_SYSVSEM ? theirs : NULL;
	}
}

#define THREAD	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

int main(void)
{
	static const u64 flags[] = { 0, CLONE_VM | CLONE_VFORK, THREAD };
	unsigned int passed = 0, failed = 0;
	static char line[8192];

	while (fgets(line, sizeof(line), stdin)) {
		char *words[256], *w;
		unsigned int n = 0, i;

		for (w = strtok(line, " \t:\n"); w && n < ARRAY_SIZE(words) - 1; w = strtok(NULL, " \t\n"))
			words[n++] = w;
		words[n] = NULL;
		if (!n || words[0][0] == '#')
			continue;
		kernel = words[0];
		right = n > 1;
		files_are_kept = false;
		has_exec_state = false;
		for (i = 1; i < n; i++)
			has_exec_state |= !strncmp(words[i], "copy_exec_state", 15);
		/* in the second turn dead_child.c has learnt about this kernel */
		for (i = 0; i < 2 * ARRAY_SIZE(flags); i++) {
			walk(words + 1, flags[i % ARRAY_SIZE(flags)], NULL);
			walk(words + 1, flags[i % ARRAY_SIZE(flags)], theirs);
		}
		passed += right;
		failed += !right;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
