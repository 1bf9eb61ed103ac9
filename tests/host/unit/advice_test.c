// SPDX-License-Identifier: GPL-2.0-only
/*
 * advice_test.c - who manages a cgroup, and which advice is given
 *
 * The paths are those that the managers really create.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../../uapi/advice.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHORT "0123456789ab"
#define USER "/user.slice/user-1000.slice"
#define MANAGER USER "/user@1000.service"
#define AS_USER "setpriv --reuid=1000 --clear-groups env XDG_RUNTIME_DIR=/run/user/1000 "
#define KIND "/docker/" ID "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-podaf4c.slice"
#define BESTEFFORT "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podaf4c.slice"

struct line {
	char s[1024];
	size_t len;
};

static void emit(void *to, const char *s, size_t len)
{
	struct line *line = to;

	assert_true(line->len + len < sizeof(line->s));
	memcpy(line->s + line->len, s, len);
	line->len += len;
	line->s[line->len] = '\0';
}

static const char *expand(const char *template, const struct forkfail_words *words)
{
	static struct line line;

	line.len = 0;
	line.s[0] = '\0';
	if (!forkfail_can_expand(template, words))
		return "(a word is missing)";
	forkfail_expand(template, words, emit, &line);
	return line.s;
}

static void set(struct forkfail_words *words, enum forkfail_word word, const char *s)
{
	words->word[word].s = s;
	words->word[word].len = strlen(s);
}

/* An event at a limit of 200, in @path. */
static enum forkfail_manager place(struct forkfail_words *words, const char *path)
{
	memset(words, 0, sizeof(*words));
	set(words, FORKFAIL_WORD_N, "400");
	set(words, FORKFAIL_WORD_SOFT, "400");
	set(words, FORKFAIL_WORD_LIMITS, "400:400");
	set(words, FORKFAIL_WORD_KIB, "390");
	set(words, FORKFAIL_WORD_PID_MAX, "701");
	set(words, FORKFAIL_WORD_PID, "1442");
	set(words, FORKFAIL_WORD_UID, "112");
	set(words, FORKFAIL_WORD_TYPE, "net");
	set(words, FORKFAIL_WORD_PIDS, "/sys/fs/cgroup");
	set(words, FORKFAIL_WORD_MEMORY, "/sys/fs/cgroup");
	set(words, FORKFAIL_WORD_MEMORY_MAX, "memory.max");
	return forkfail_place_cgroup(path, words);
}

static const struct {
	const char *path;
	enum forkfail_manager manager;
	const char *keep;	/* of pids-max; "" if only a note says it */
} paths[] = {
	{ "/", FORKFAIL_BY_NOBODY, "" },
	{ "/jobs", FORKFAIL_BY_NOBODY, "" },
	{ "/jobs/render", FORKFAIL_BY_NOBODY, "" },
	{ KIND "/cri-containerd-0123456...", FORKFAIL_BY_NOBODY, "" },	/* cut: too long */
	{ "/system.slice/cron.service", FORKFAIL_BY_SYSTEM_UNIT,
	  "systemctl set-property cron.service TasksMax=400" },
	{ "/system.slice", FORKFAIL_BY_SYSTEM_UNIT,
	  "systemctl set-property system.slice TasksMax=400" },
	{ "/system.slice/system-getty.slice/getty@tty1.service", FORKFAIL_BY_SYSTEM_UNIT,
	  "systemctl set-property getty@tty1.service TasksMax=400" },
	{ "/init.scope", FORKFAIL_BY_SYSTEM_UNIT,
	  "systemctl set-property init.scope TasksMax=400" },
	{ "/system.slice/build job.service", FORKFAIL_BY_SYSTEM_UNIT,
	  "systemctl set-property 'build job.service' TasksMax=400" },
	{ "/system.slice/dev-disk-by\\x2duuid.swap", FORKFAIL_BY_SYSTEM_UNIT,
	  "systemctl set-property 'dev-disk-by\\x2duuid.swap' TasksMax=400" },
	{ "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", FORKFAIL_BY_SYSTEM_UNIT,
	  "systemctl set-property 'machine-qemu\\x2d1\\x2dvm.scope' TasksMax=400" },
	{ "/system.slice/ci.service/runner", FORKFAIL_BY_OWN, "" },
	{ USER "", FORKFAIL_BY_USER_SLICE,
	  "systemctl set-property user-1000.slice TasksMax=400" },
	{ USER "/session-3.scope", FORKFAIL_BY_SESSION,
	  "systemctl set-property session-3.scope TasksMax=400" },
	{ USER "/session-c2.scope", FORKFAIL_BY_SESSION,
	  "systemctl set-property session-c2.scope TasksMax=400" },
	{ MANAGER, FORKFAIL_BY_USER_MANAGER,
	  "systemctl set-property user@1000.service TasksMax=400" },
	{ MANAGER "/app.slice/x.service", FORKFAIL_BY_USER_UNIT,
	  AS_USER "systemctl --user set-property x.service TasksMax=400" },
	{ MANAGER "/init.scope", FORKFAIL_BY_USER_UNIT,
	  AS_USER "systemctl --user set-property init.scope TasksMax=400" },
	/* kubelet, systemd driver: containerd, CRI-O, cri-dockerd */
	{ "/kubepods.slice", FORKFAIL_BY_KUBE_NODE, "" },
	{ "/kubepods.slice/kubepods-burstable.slice", FORKFAIL_BY_KUBE_NODE, "" },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podaf4c_0d.slice",
	  FORKFAIL_BY_KUBE_POD, "" },
	{ "/kubepods.slice/kubepods-podaf4c_0d.slice", FORKFAIL_BY_KUBE_POD, "" },
	{ "/kubepods.slice/kubepods-podaf4c_0d.slice/cri-containerd-" ID ".scope",
	  FORKFAIL_BY_KUBE_CONTAINER, "" },
	{ "/kubepods.slice/kubepods-podaf4c_0d.slice/crio-" ID ".scope",
	  FORKFAIL_BY_KUBE_CRIO, "" },
	{ "/kubepods.slice/kubepods-podaf4c_0d.slice/crio-" ID ".scope/container",
	  FORKFAIL_BY_KUBE_CRIO, "" },
	{ BESTEFFORT "/docker-" ID ".scope", FORKFAIL_BY_KUBE_CONTAINER, "" },
	/* cgroupfs driver */
	{ "/kubepods", FORKFAIL_BY_KUBE_NODE, "" },
	{ "/kubepods/burstable", FORKFAIL_BY_KUBE_NODE, "" },
	{ "/kubepods/burstable/podaf4c-0d", FORKFAIL_BY_KUBE_POD, "" },
	{ "/kubepods/podaf4c-0d/" ID, FORKFAIL_BY_KUBE_CONTAINER, "" },
	/* kind: a node inside a container */
	{ KIND "/cri-containerd-" ID ".scope", FORKFAIL_BY_KUBE_CONTAINER, "" },
	{ "/system.slice/docker-" ID ".scope", FORKFAIL_BY_DOCKER,
	  "docker update --pids-limit 400 " SHORT },
	{ "/docker/" ID, FORKFAIL_BY_DOCKER, "docker update --pids-limit 400 " SHORT },
	{ "/docker", FORKFAIL_BY_NOBODY, "" },
	{ "/docker/" ID "/init", FORKFAIL_BY_OWN, "" },
	{ "/system.slice/docker-" ID ".scope/system.slice/nginx.service",
	  FORKFAIL_BY_INNER_UNIT, "" },
	{ MANAGER "/user.slice/docker-" ID ".scope",
	  FORKFAIL_BY_DOCKER, "docker update --pids-limit 400 " SHORT },
	{ "/system.slice/docker.service", FORKFAIL_BY_SYSTEM_UNIT,
	  "systemctl set-property docker.service TasksMax=400" },
	{ "/machine.slice/libpod-" ID ".scope", FORKFAIL_BY_PODMAN,
	  "podman update --pids-limit 400 " SHORT },
	{ "/machine.slice/libpod-" ID ".scope/container", FORKFAIL_BY_PODMAN,
	  "podman update --pids-limit 400 " SHORT },
	{ "/machine.slice/libpod-conmon-" ID ".scope", FORKFAIL_BY_SYSTEM_UNIT,
	  "systemctl set-property libpod-conmon-" ID ".scope TasksMax=400" },
	{ "/system.slice/web.service/libpod-payload-" ID, FORKFAIL_BY_PODMAN,
	  "podman update --pids-limit 400 " SHORT },
	{ MANAGER "/user.slice/libpod-" ID ".scope/container",
	  FORKFAIL_BY_PODMAN, "podman update --pids-limit 400 " SHORT },
	{ "/machine.slice/libpod-" ID ".scope/container/system.slice/nginx.service",
	  FORKFAIL_BY_INNER_UNIT, "" },
	{ "/system.slice/nerdctl-" ID ".scope", FORKFAIL_BY_CONTAINERD,
	  "nerdctl update --pids-limit 400 " SHORT },
	{ "/default/" ID, FORKFAIL_BY_CONTAINERD, "nerdctl update --pids-limit 400 " SHORT },
	{ "/system.slice/crio-" ID ".scope", FORKFAIL_BY_CRIO, "" },
	{ "/system.slice/containerd.service", FORKFAIL_BY_SYSTEM_UNIT,
	  "systemctl set-property containerd.service TasksMax=400" },
	{ "/lxc.payload.web", FORKFAIL_BY_LXC, "" },
	{ "/lxc/web", FORKFAIL_BY_LXC, "" },
	{ "/lxc.payload.web/system.slice/nginx.service", FORKFAIL_BY_INNER_UNIT, "" },
	{ "/lxc.monitor.web", FORKFAIL_BY_NOBODY, "" },
	{ "/system.slice/slurmstepd.scope/job_42/step_0/user/task_0", FORKFAIL_BY_SLURM, "" },
	{ "/system.slice/node1_slurmstepd.scope/job_42", FORKFAIL_BY_SLURM, "" },
	{ "/slurm/uid_1000/job_42/step_batch", FORKFAIL_BY_SLURM, "" },
	/* names that look like those of other managers */
	{ "/system.slice/docker-compose.service", FORKFAIL_BY_SYSTEM_UNIT,
	  "systemctl set-property docker-compose.service TasksMax=400" },
	{ "/user.slice/user-root.slice", FORKFAIL_BY_SYSTEM_UNIT,
	  "systemctl set-property user-root.slice TasksMax=400" },
	{ "/podcast", FORKFAIL_BY_NOBODY, "" },
	{ "/.service", FORKFAIL_BY_NOBODY, "" },
	{ "/system.slice/it's.service", FORKFAIL_BY_SYSTEM_UNIT,
	  "systemctl set-property 'it'\"'\"'s.service' TasksMax=400" },
	{ "/system.slice/a\nb.service", FORKFAIL_BY_SYSTEM_UNIT, "(a word is missing)" },
	{ "/system.slice/\033[2J.service", FORKFAIL_BY_SYSTEM_UNIT, "(a word is missing)" },
	{ "relative", FORKFAIL_BY_NOBODY, "" },
	{ "", FORKFAIL_BY_NOBODY, "" },
};

static void test_who_manages_a_cgroup(void **unused)
{
	const struct forkfail_advice *advice;
	struct forkfail_words words;
	enum forkfail_manager manager;
	unsigned int i, bad = 0;
	const char *keep;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		manager = place(&words, paths[i].path);
		advice = forkfail_advice(FORKFAIL_PIDS_MAX, manager);
		assert_non_null(advice);
		assert_int_equal(advice->manager, manager);
		keep = expand(advice->keep, &words);
		if (manager != paths[i].manager || strcmp(keep, paths[i].keep)) {
			fprintf(stderr, "%s: manager %d, expected %d; keep: %s\n", paths[i].path,
				manager, paths[i].manager, keep);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

static void expect_now(const char *path, const char *want)
{
	struct forkfail_words words;
	enum forkfail_manager manager = place(&words, path);

	assert_string_equal(expand(forkfail_advice(FORKFAIL_PIDS_MAX, manager)->now, &words), want);
}

static void test_for_now(void **unused)
{
	expect_now("/system.slice/cron.service",
		   "echo 400 >/sys/fs/cgroup/system.slice/cron.service/pids.max");
	expect_now("/system.slice/build job.service",
		   "echo 400 >/sys/fs/cgroup'/system.slice/build job.service'/pids.max");
	/* The scope has the same limit as the container's own cgroup. */
	expect_now("/machine.slice/libpod-" ID ".scope/container",
		   "echo 400 >/sys/fs/cgroup/machine.slice/libpod-" ID ".scope/pids.max; "
		   "echo 400 >/sys/fs/cgroup/machine.slice/libpod-" ID ".scope/container/pids.max");
	expect_now("/machine.slice/libpod-" ID ".scope",
		   "echo 400 >/sys/fs/cgroup/machine.slice/libpod-" ID ".scope/pids.max");
	expect_now("/system.slice/it's.service",
		   "echo 400 >/sys/fs/cgroup'/system.slice/it'\"'\"'s.service'/pids.max");
	expect_now("/'", "echo 400 >/sys/fs/cgroup'/'\"'\"''/pids.max");
	expect_now("/docker/" ID "/...", "(a word is missing)");
}

/* The advice for one manager does not name another one. */
static void test_one_manager_only(void **unused)
{
	static const struct {
		const char *word;
		enum forkfail_manager manager[6];
	} only[] = {
		{ "systemctl", { FORKFAIL_BY_SYSTEM_UNIT, FORKFAIL_BY_USER_SLICE,
				 FORKFAIL_BY_SESSION, FORKFAIL_BY_USER_MANAGER,
				 FORKFAIL_BY_USER_UNIT } },
		{ "kubelet", { FORKFAIL_BY_KUBE_NODE, FORKFAIL_BY_KUBE_POD,
			       FORKFAIL_BY_KUBE_CONTAINER, FORKFAIL_BY_KUBE_CRIO } },
		{ "crio.conf", { FORKFAIL_BY_KUBE_CRIO, FORKFAIL_BY_CRIO } },
		{ "containerd", { FORKFAIL_BY_KUBE_CONTAINER, FORKFAIL_BY_CONTAINERD } },
		{ "docker", { FORKFAIL_BY_DOCKER } },
		{ "podman", { FORKFAIL_BY_PODMAN } },
		{ "nerdctl", { FORKFAIL_BY_CONTAINERD } },
		{ "lxc", { FORKFAIL_BY_LXC } },
		{ "Slurm", { FORKFAIL_BY_SLURM } },
	};
	unsigned int i, j, k;

	for (i = 0; i < sizeof(forkfail_advices) / sizeof(forkfail_advices[0]); i++) {
		const struct forkfail_advice *a = &forkfail_advices[i];

		if (a->cause != FORKFAIL_PIDS_MAX && a->cause != FORKFAIL_MEMCG_LIMIT)
			continue;
		for (j = 0; j < sizeof(only) / sizeof(only[0]); j++) {
			bool may = false;

			for (k = 0; k < 6; k++)
				may |= only[j].manager[k] == a->manager;
			if (!may && (strstr(a->keep, only[j].word) ||
				     strstr(a->note, only[j].word)))
				fail_msg("%s is told to manager %d of cause %d", only[j].word,
					 a->manager, a->cause);
		}
		/* For a known manager, the general "do" is not used: it may name others. */
		assert_true(a->manager == FORKFAIL_BY_ANY || *a->note);
	}
}

/* Every manager of a cgroup has advice of its own for both limits. */
static void test_every_manager_is_advised(void **unused)
{
	unsigned int m;

	for (m = FORKFAIL_BY_NOBODY; m <= FORKFAIL_BY_SLURM; m++) {
		assert_int_equal(forkfail_advice(FORKFAIL_PIDS_MAX, m)->manager, m);
		assert_int_equal(forkfail_advice(FORKFAIL_PIDS_MAX_ANCESTOR, m)->manager, m);
		assert_int_equal(forkfail_advice(FORKFAIL_MEMCG_LIMIT, m)->manager, m);
	}
	assert_null(forkfail_advice(FORKFAIL_TLS_INVALID, FORKFAIL_BY_ANY));
}

/* Builtins of bash and dash. */
static bool is_builtin(const char *s)
{
	return !strncmp(s, "echo ", 5) || !strncmp(s, "ulimit ", 7) || !strncmp(s, "kill ", 5) ||
	       !strncmp(s, "read ", 5) || !strncmp(s, "test ", 5);
}

/* A scope has no LimitNPROC=: systemd has not started its processes. */
static void test_limits_of_units(void **unused)
{
	static const struct {
		const char *path, *unit;
	} units[] = {
		{ "/system.slice/cron.service", "LimitNPROC= of cron.service, " },
		{ MANAGER "/app.slice/x.service", "LimitNPROC= of x.service, " },
		{ MANAGER "/init.scope", "" },
		{ USER "/session-4.scope", "" },
		{ USER, "" },
		{ "/jobs", "" },
	};
	const char *note = forkfail_advice(FORKFAIL_RLIMIT_NPROC, FORKFAIL_BY_ANY)->note;
	struct forkfail_words words;
	char want[64];
	unsigned int i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		place(&words, units[i].path);
		snprintf(want, sizeof(want),
			 "; the limit is set by %snproc in limits.conf",
			 units[i].unit);
		if (!strstr(expand(note, &words), want))
			fail_msg("%s: %s", units[i].path, expand(note, &words));
	}
	/* all scopes end with their processes, but that of PID 1 */
	place(&words, "/init.scope");
	assert_null(words.word[FORKFAIL_WORD_SCOPE].s);
	place(&words, "/machine.slice/cloud-init.scope");
	assert_non_null(words.word[FORKFAIL_WORD_SCOPE].s);
}

/* A limit of 0 is a decision: nothing is advised that undoes it. */
static void test_forbidden(void **unused)
{
	static const unsigned char causes[] = {
		FORKFAIL_USERNS_COUNT, FORKFAIL_NS_COUNT, FORKFAIL_RLIMIT_NPROC,
		FORKFAIL_EXEC_NPROC, FORKFAIL_PIDS_MAX, FORKFAIL_PIDS_MAX_ANCESTOR,
	};
	const struct forkfail_advice *a;
	struct forkfail_words words;
	unsigned int i;

	for (i = 0; i < sizeof(causes); i++) {
		a = forkfail_advice(causes[i], FORKFAIL_BY_ZERO);
		place(&words, "/system.slice/cron.service");
		assert_false(*a->now || *a->run || *a->keep);
		assert_non_null(strstr(expand(a->note, &words), "0 forbids "));
		assert_true(forkfail_is_forbidden(causes[i]));
	}
	assert_false(forkfail_is_forbidden(FORKFAIL_MEMCG_LIMIT));
	assert_false(forkfail_is_forbidden(FORKFAIL_LIBC_STACK_ADDRESS_SPACE));
}

/* A process can raise its soft limit up to the hard limit. */
static void test_soft(void **unused)
{
	/* no hard limit, or not known */
	assert_int_equal(forkfail_raised_soft(400, ~0ull, 200, 0), 400);
	assert_int_equal(forkfail_raised_soft(400, 0, 200, 0), 400);
	assert_int_equal(forkfail_raised_soft(400, 400, 200, 0), 400);
	/* less than twice as much, but it helps */
	assert_int_equal(forkfail_raised_soft(400, 399, 200, 0), 399);
	assert_int_equal(forkfail_raised_soft(400, 201, 200, 0), 201);
	/* it does not help: the hard limit is the soft one, or below what is in use */
	assert_int_equal(forkfail_raised_soft(400, 200, 200, 0), 0);
	assert_int_equal(forkfail_raised_soft(128, 40, 64, 0), 0);
	/* bytes: the request has to fit */
	assert_int_equal(forkfail_raised_soft(400, 300, 200, 100), 300);
	assert_int_equal(forkfail_raised_soft(400, 299, 200, 100), 0);
}

static void check_template(const char *s, bool command)
{
	struct forkfail_words words;
	struct forkfail_piece piece;
	const char *p = s;
	unsigned int word;
	int depth = 0;

	while (*p) {
		piece = forkfail_next_piece(&p, &word);
		assert_true(p <= s + strlen(s));
		if (word == FORKFAIL_NR_WORDS && piece.s > s && piece.s[-1] == '{')
			fail_msg("no such word: %s", s);
		if (piece.len == 1 && word == FORKFAIL_NR_WORDS)
			depth += (*piece.s == '[') - (*piece.s == ']');
		assert_true(depth == 0 || depth == 1);
	}
	assert_int_equal(depth, 0);
	/* With every word known it expands, and with none it does not crash. */
	place(&words, MANAGER "/user.slice/libpod-" ID ".scope/container");
	set(&words, FORKFAIL_WORD_POD, "af4c");
	expand(s, &words);
	memset(&words, 0, sizeof(words));
	expand(s, &words);
	if (command)
		assert_false(strchr(s, '"'));
	for (p = s; *p; p++)
		assert_true(*p >= 0x20 && *p < 0x7f);
}

static void test_templates(void **unused)
{
	unsigned int i;

	for (i = 0; i < sizeof(forkfail_advices) / sizeof(forkfail_advices[0]); i++) {
		const struct forkfail_advice *a = &forkfail_advices[i];
		const char *p = a->now;

		check_template(a->now, true);
		check_template(a->run, true);
		check_template(a->keep, true);
		check_template(a->note, false);
		/* Each command of the first form runs in a shell that cannot fork. */
		while (*p) {
			p += *p == '[';
			if (!is_builtin(p))
				fail_msg("not a builtin: %s", a->now);
			p += strcspn(p, ";|&");
			assert_true(!*p || !strncmp(p, "; ", 2) || !strncmp(p, "|| ", 3));
			p += strspn(p, ";| ");
			p += *p == ']';
		}
		assert_true(*a->now || *a->run || *a->keep || *a->note);
		assert_true(strlen(a->note) <= 160);
	}
	for (i = 0; i < sizeof(forkfail_checks) / sizeof(forkfail_checks[0]); i++) {
		check_template(forkfail_checks[i].command, true);
		check_template(forkfail_checks[i].shows, false);
		assert_null(strstr(forkfail_checks[i].command, " shows "));
		assert_null(strstr(forkfail_checks[i].command, " fails "));
		/* There is one row for each cause. */
		assert_ptr_equal(forkfail_check(forkfail_checks[i].cause), &forkfail_checks[i]);
	}
}

static void test_general(void **unused)
{
	struct line line = { .len = 0 };

	forkfail_expand_general(forkfail_advice(FORKFAIL_PIDS_MAX, FORKFAIL_BY_PODMAN)->now,
				emit, &line);
	assert_string_equal(line.s, "echo N >/sys/fs/cgroup/TOP/pids.max; echo N >/sys/fs/cgroup/CGROUP/pids.max");
	line.len = 0;
	forkfail_expand_general("kill {pid}", emit, &line);
	assert_string_equal(line.s, "kill PID");
	line.len = 0;
	forkfail_expand_general(forkfail_advice(FORKFAIL_RLIMIT_NPROC, FORKFAIL_BY_ANY)->run,
				emit, &line);
	assert_string_equal(line.s, "prlimit --pid PID --nproc=N:N");
}

/* Broken templates do no harm. */
static void test_broken_templates(void **unused)
{
	static const char * const broken[] = {
		"{", "{n", "}", "[", "]", "[{", "{}", "[[]", "{nn}", "",
	};
	struct forkfail_words words;
	struct line line = { .len = 0 };
	unsigned int i;

	place(&words, "/a");
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		expand(broken[i], &words);
		forkfail_expand_general(broken[i], emit, &line);
	}
}

static void test_numbers(void **unused)
{
	const unsigned long long mib = 1 << 20, max = ~0ull;

	assert_int_equal(forkfail_raised(false, 200, 200, 0), 400);
	/* a limit that was lowered below the usage */
	assert_int_equal(forkfail_raised(false, 1, 221, 0), 442);
	assert_int_equal(forkfail_raised(false, 0, 0, 0), 16);
	assert_int_equal(forkfail_raised(true, 128 * mib, 126 * mib, 8 * mib), 200 * mib);
	assert_int_equal(forkfail_raised(true, 1000 * mib, 1000 * mib, 0), 1250 * mib);
	assert_int_equal(forkfail_raised(true, 0, 0, 0), 64 * mib);
	assert_true(forkfail_raised(true, max, max, max) < max);
	assert_true(forkfail_raised(false, max, 0, 0) < max);
	assert_int_equal(forkfail_raised_pid_max(400), 1101);
	assert_int_equal(forkfail_raised_pid_max(4194304), 4194304);
	assert_int_equal(forkfail_raised_pid_max(max), 4194304);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_manages_a_cgroup),
		cmocka_unit_test(test_for_now),
		cmocka_unit_test(test_one_manager_only),
		cmocka_unit_test(test_every_manager_is_advised),
		cmocka_unit_test(test_limits_of_units),
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_soft),
		cmocka_unit_test(test_templates),
		cmocka_unit_test(test_general),
		cmocka_unit_test(test_broken_templates),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests_name("advice", tests, NULL, NULL);
}
