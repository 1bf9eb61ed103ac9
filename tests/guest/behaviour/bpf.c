// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf.c - BPF programs on the functions that forkfail hooks
 *
 * They are attached as bpftrace does it: a program on a kprobe or kretprobe of perf for one
 * function, a kprobe_multi link for several (from 5.18 on, if the kernel has fprobe).
 */
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "guest.h"

#define PMU		"/sys/bus/event_source/devices/kprobe/type"
#define STATS		"/proc/sys/kernel/bpf_stats_enabled"
#define RETURN		1	/* config of a kprobe: probe the return of the function */
#define KPROBE_MULTI	42	/* BPF_TRACE_KPROBE_MULTI */

static const char * const functions[] = {
	"copy_process", "kernel_clone", "put_task_stack", "cgroup_can_fork",
};

/* For each function: entry and return. Then for all of them: entry and return. */
#define SINGLES	BPF_ALWAYS
_Static_assert(SINGLES == 2 * ARRAY_SIZE(functions), "two places for each function");
#define PLACES	(SINGLES + 2)

static int programs[PLACES], attached[PLACES];

static int sys_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* The program does nothing; the kernel counts how often it ran. */
static int load_program(bool multi)
{
	static const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_KPROBE,
		.expected_attach_type = multi ? KPROBE_MULTI : 0,
		.insns = (uintptr_t)nothing,
		.insn_cnt = ARRAY_SIZE(nothing),
		.license = (uintptr_t)"GPL",
	};

	return sys_bpf(BPF_PROG_LOAD, &attr);
}

static int attach_single(unsigned int i)
{
	struct perf_event_attr attr = {
		.type = number_in(PMU), .size = sizeof(attr),
		.config = i % 2 ? RETURN : 0, .config1 = (uintptr_t)functions[i / 2],
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0);

	if (fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_BPF, programs[i]) ||
	    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		return -1;
	return fd;
}

static int attach_multi(unsigned int i)
{
	union bpf_attr attr = {
		.link_create = {
			.prog_fd = programs[i],
			.attach_type = KPROBE_MULTI,
			.kprobe_multi = {
				.flags = i % 2 ? BPF_F_KPROBE_MULTI_RETURN : 0,
				.cnt = ARRAY_SIZE(functions),
				.syms = (uintptr_t)functions,
			},
		},
	};

	return sys_bpf(BPF_LINK_CREATE, &attr);
}

/**
 * bpf_attach - put programs on some of the functions that forkfail watches
 *
 * Return: 0, or -errno if even one function cannot have one.
 */
int bpf_attach(void)
{
	static const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	unsigned int i;

	/* programs are counted there up to 5.10 */
	setrlimit(RLIMIT_MEMLOCK, &all);
	put(STATS, "1");
	for (i = 0; i < PLACES; i++) {
		bool multi = i >= SINGLES;

		programs[i] = load_program(multi);
		attached[i] = programs[i] < 0 ? -1 : multi ? attach_multi(i) : attach_single(i);
		if (attached[i] < 0 && !multi)
			return -errno;
	}
	return 0;
}

/**
 * bpf_detach - remove the programs again
 *
 * Return: at how many places one had been put and ran.
 */
unsigned int bpf_detach(void)
{
	unsigned int i, ran = 0;

	for (i = 0; i < PLACES; i++) {
		struct bpf_prog_info info = {};
		union bpf_attr attr = {
			.info = {
				.bpf_fd = programs[i], .info_len = sizeof(info),
				.info = (uintptr_t)&info,
			},
		};

		if (programs[i] < 0)
			continue;
		ran += !sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) && info.run_cnt;
		if (attached[i] >= 0)
			close(attached[i]);
		close(programs[i]);
	}
	return ran;
}
