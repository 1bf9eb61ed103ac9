// SPDX-License-Identifier: GPL-2.0-only
/*
 * lsm.c - refusals by a security module: a BPF program on one of its hooks
 *
 * The program is six instructions: it refuses what the case's own process does
 * and lets everybody else pass.  It needs the BPF LSM to be active, which is a
 * matter of the kernel's command line on old kernels.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "forkfault.h"

#define BTF_PATH	"/sys/kernel/btf/vmlinux"
#define BTF_SIZE	(16U << 20)
#define BTF_MAGIC	0xeb9f
#define BTF_FUNC	12

/* The kernel's BTF format, see its Documentation/bpf/btf.rst. */
struct btf_header {
	uint16_t magic;
	uint8_t version;
	uint8_t flags;
	uint32_t hdr_len;
	uint32_t type_off;
	uint32_t type_len;
	uint32_t str_off;
	uint32_t str_len;
};

struct btf_type {
	uint32_t name_off;
	uint32_t info;
	uint32_t size_or_type;
};

/* How many bytes follow a type of this kind with that many members. */
static size_t btf_more(unsigned int kind, size_t vlen)
{
	switch (kind) {
	case 1:		/* INT */
	case 14:	/* VAR */
	case 17:	/* DECL_TAG */
		return 4;
	case 3:		/* ARRAY */
		return 12;
	case 4:		/* STRUCT */
	case 5:		/* UNION */
	case 15:	/* DATASEC */
	case 19:	/* ENUM64 */
		return vlen * 12;
	case 6:		/* ENUM */
	case 13:	/* FUNC_PROTO */
		return vlen * 8;
	}
	return 0;
}

/* Number of a function in the kernel's BTF, 0 if it is not there. */
static uint32_t btf_id(const char *name)
{
	int fd = open(BTF_PATH, O_RDONLY | O_CLOEXEC);
	const struct btf_header *h;
	const char *p, *end, *strings;
	char *btf = malloc(BTF_SIZE);
	size_t len = 0;
	uint32_t id;
	ssize_t n;

	if (fd < 0)
		skip(BTF_PATH ": %s", strerror(errno));
	while (btf && (n = read(fd, btf + len, BTF_SIZE - len)) > 0)
		len += n;
	close(fd);
	h = (const struct btf_header *)btf;
	if (len < sizeof(*h) || h->magic != BTF_MAGIC)
		fail(BTF_PATH " is not what it should be");
	p = btf + h->hdr_len + h->type_off;
	end = p + h->type_len;
	strings = btf + h->hdr_len + h->str_off;
	for (id = 1; p < end; id++) {
		const struct btf_type *t = (const struct btf_type *)p;
		unsigned int kind = t->info >> 24 & 0x1f;

		if (kind == BTF_FUNC && !strcmp(strings + t->name_off, name))
			break;
		p += sizeof(*t) + btf_more(kind, t->info & 0xffff);
	}
	if (p >= end)
		id = 0;
	free(btf);
	return id;
}

/*
 * refuse_hook - let a hook of the LSM refuse what this process does
 */
static void refuse_hook(const char *hook, int err)
{
	struct bpf_insn program[] = {
		{ .code = BPF_JMP | BPF_CALL,
		  .imm = BPF_FUNC_get_current_pid_tgid },
		{ .code = BPF_ALU64 | BPF_RSH | BPF_K, .imm = 32 },
		{ .code = BPF_JMP | BPF_JNE | BPF_K, .imm = getpid(), .off = 2 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -err },
		{ .code = BPF_JMP | BPF_EXIT },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	static char log[4096];
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_LSM;
	attr.expected_attach_type = BPF_LSM_MAC;
	attr.attach_btf_id = btf_id(hook);
	attr.insns = (uint64_t)(uintptr_t)program;
	attr.insn_cnt = ARRAY_SIZE(program);
	attr.license = (uint64_t)(uintptr_t)"GPL";
	attr.log_buf = (uint64_t)(uintptr_t)log;
	attr.log_size = sizeof(log);
	attr.log_level = 1;
	if (!attr.attach_btf_id)
		absent("this kernel has no hook %s", hook);
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		skip("BPF program for %s: %s %s", hook, strerror(errno), log);

	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.prog_fd = fd;
	if (syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr)) < 0)
		skip("attaching to %s: %s", hook, strerror(errno));
}

/* A program that is attached but never called: the BPF LSM is not active. */
static long must_be_active(long ret)
{
	if (ret >= 0)
		skip("the BPF LSM is not active (lsm= on the command line)");
	return ret;
}

static void lsm_task_alloc(void)
{
	refuse_hook("bpf_lsm_task_alloc", EACCES);
	refused(must_be_active(try_fork()), EACCES, "lsm-task-alloc", "security_task_alloc");
	refused(try_thread(), EACCES, "lsm-task-alloc", "security_task_alloc");
}

/* If a security module refuses to copy credentials, the error is always ENOMEM. */
static void lsm_creds(void)
{
	refuse_hook("bpf_lsm_cred_prepare", EPERM);
	refused(must_be_active(try_fork()), ENOMEM, "creds-nomem",
		"copy_creds");
}

static void lsm_userns(void)
{
	refuse_hook("bpf_lsm_userns_create", EPERM);
	refused(must_be_active(try_clone(CLONE_NEWUSER | SIGCHLD)), EPERM,
		"userns-lsm", "copy_creds");
}

static void lsm_cpuset(void)
{
	const char *cg = cg_new("", "cpuset");
	int fd = cg_open(cg);
	struct ff_expect *e;

	if (!kernel_has("cpuset_can_fork"))
		absent("this kernel does not ask the target's cpuset");
	refuse_hook("bpf_lsm_task_setscheduler", EACCES);
	e = refused(must_be_active(try_clone_into(fd, 0)), EACCES, "cpuset-lsm",
		    "cgroup_can_fork");
	exp_object(e, "cgroup", "%s", cg);
}

/* The file of a pidfd is asked about like any other, and the answer may be any errno. */
static void lsm_pidfd(void)
{
	int pidfd;
	struct clone3_args args = {
		.flags = CLONE_PIDFD | CLONE_NEWUTS,
		.exit_signal = SIGCHLD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
	};
	struct ff_expect *e;

	refuse_hook("bpf_lsm_file_alloc_security", EPERM);
	e = refused(must_be_active(try_clone3(&args, sizeof(args))), EPERM, "unexplained",
		    "pidfd_prepare");
	exp_text(e, "proof", "none");
}

const struct ff_case lsm_cases[] = {
	{ "lsm-task-alloc", "lsm-task-alloc",
	  .run = lsm_task_alloc,
	  .what = "a security module refuses the task, process and thread" },
	{ "lsm-creds", "creds-nomem", .run = lsm_creds,
	  .what = "a security module refuses the credentials" },
	{ "lsm-userns", "userns-lsm",
	  .run = lsm_userns,
	  .what = "a security module refuses the user namespace" },
	{ "lsm-cpuset", "cpuset-lsm",
	  .run = lsm_cpuset,
	  .what = "a security module refuses the move into another cpuset" },
	{ "lsm-pidfd", "unexplained", .run = lsm_pidfd,
	  .what = "a security module refuses the file of a pidfd" },
	{ .name = NULL },
};
