// SPDX-License-Identifier: GPL-2.0-only
/*
 * background.c - other things that happen on a machine while forks fail and succeed
 *
 * CPUs go offline and come back; the function tracer, the graph tracer, kprobe events and
 * BPF programs hook the same functions, before the module is loaded or after.  Every failure
 * must still be counted once, under its own cause.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/resource.h>

#include "guest.h"

#define UID	5961
#define TRACING	"/sys/kernel/tracing"
#define CPU1	"/sys/devices/system/cpu/cpu1/online"
#define ROUNDS	(quick ? 4 : 8)

static struct {
	int stop;
	uint64_t created, failed, odd;
} *board;

static void work(bool refused)
{
	unsigned int i;

	/* one of us always runs, but the process that installs hooks has priority */
	nice(10);
	if (refused)
		refuse_nproc(UID);
	for (i = 0; !__atomic_load_n(&board->stop, __ATOMIC_ACQUIRE); i++) {
		int err = try_create(i % NR_KINDS);

		__sync_fetch_and_add(err == (refused ? EAGAIN : 0) ?
				     refused ? &board->failed : &board->created : &board->odd, 1);
		/* installing hooks waits until every task has scheduled once */
		if (i % 16 == 0)
			give_way(5);
	}
	_exit(0);
}

static void start(pid_t *pids, unsigned int n)
{
	unsigned int i;

	memset(board, 0, sizeof(*board));
	for (i = 0; i < n; i++) {
		pids[i] = fork();
		if (!pids[i])
			work(i % 2);
	}
}

/* Wait until all have started and have run often enough. */
static bool enough(void)
{
	return board->created > 10 && board->failed > 10;
}

static void stop(const char *when, pid_t *pids, unsigned int n)
{
	unsigned int i, bad = 0;
	struct text page;
	uint64_t counted, since;

	for (since = now_ms(); !enough() && now_ms() < since + 40000 * slowness; )
		nap(5);
	__atomic_store_n(&board->stop, 1, __ATOMIC_RELEASE);
	for (i = 0; i < n; i++)
		bad += !!wait_for(pids[i]);
	ok(!bad && !board->odd && enough(),
	   "%s: %llu forks succeeded, %llu failed, %llu with another errno", when,
	   (unsigned long long)board->created, (unsigned long long)board->failed,
	   (unsigned long long)board->odd);
	read_page(&page);
	counted = row_total(&page, cause_by_name("rlimit-nproc", 12));
	ok(!*page.wrong && counted == board->failed && all_rows(&page) == counted &&
	   !page.missed && !page.noroom && !page.unexplained && !page.blind_since,
	   "%s: each is counted once, under its cause: %llu, of all %llu, missed %llu, unexplained %llu %s",
	   when, (unsigned long long)counted, (unsigned long long)all_rows(&page),
	   (unsigned long long)page.missed, (unsigned long long)page.unexplained, page.wrong);
	text_free(&page);
}

/* ---- CPUs ------------------------------------------------------------------ */

static void cpus(void)
{
	unsigned int i, moved = 0;
	struct text log;
	pid_t pids[4];

	if (access(CPU1, W_OK)) {
		skip("no CPU can be switched off here");
		return;
	}
	fresh(NULL);
	start(pids, ARRAY_SIZE(pids));
	for (i = 0; i < ROUNDS; i++) {
		moved += !put(CPU1, "0");
		nap(30);
		moved += !put(CPU1, "1");
		nap(30);
	}
	ok(moved == 2 * ROUNDS, "a CPU was switched off and on %u times", moved / 2);
	stop("while a CPU came and went", pids, ARRAY_SIZE(pids));

	start(pids, ARRAY_SIZE(pids));
	for (i = 0, moved = 0; i < ROUNDS / 4; i++) {
		put(CPU1, "0");
		moved += !unload() && !load(NULL);
		put(CPU1, "1");
		moved += !unload() && !load(NULL);
	}
	__atomic_store_n(&board->stop, 1, __ATOMIC_RELEASE);
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		wait_for(pids[i]);
	ok(moved == 2 * (ROUNDS / 4), "loaded with one CPU and unloaded with two, or the other way round, %u times",
	   moved);
	fail_once("o-after", UID);
	read_log(&log);
	ok(!*log.wrong && log.nr_events &&
	   !strcmp(value(&log.events[log.nr_events - 1], FORKFAIL_KEY_COMM), "o-after") &&
	   !strcmp(value(&log.events[log.nr_events - 1], FORKFAIL_KEY_CAUSE), "rlimit-nproc"),
	   "and it still sees %s", log.wrong);
	text_free(&log);
}

/* ---- tracers --------------------------------------------------------------- */

/*
 * Functions of all kinds of our hooks: the call, the dead child, a signal, a step, witnesses;
 * and others.
 */
static const char functions[] =
	"copy_process kernel_clone put_task_stack get_signal copy_mnt_ns capable cgroup_file_notify";

static unsigned int errors;

static void must(int err, const char *what)
{
	if (!err)
		return;
	errors++;
	note("%s: %s", what, strerror(-err));
}

static void functions_traced(bool on)
{
	must(put(TRACING "/set_ftrace_filter", "%s", on ? functions : ""), "set_ftrace_filter");
	must(put(TRACING "/current_tracer", on ? "function" : "nop"), "function tracer");
}

static void graph_traced(bool on)
{
	if (on)
		must(put(TRACING "/set_graph_function", "copy_process"), "set_graph_function");
	must(put(TRACING "/current_tracer", on ? "function_graph" : "nop"), "graph tracer");
	if (!on)
		put(TRACING "/set_graph_function", "\n");
}

static void probed(bool on)
{
	static const char * const probes[] = {
		"p:o/fork copy_process", "r64:o/forked copy_process $retval",
		"p:o/child put_task_stack", "r64:o/clone kernel_clone",
		"p:o/inside put_task_stack+0x0",
	};
	unsigned int i;
	int fd;

	if (on) {
		for (i = 0; i < ARRAY_SIZE(probes); i++) {
			fd = open(TRACING "/kprobe_events", O_WRONLY | O_APPEND);
			must(write(fd, probes[i], strlen(probes[i])) < 0 ? -errno : 0, probes[i]);
			close(fd);
		}
		must(put(TRACING "/events/o/enable", "1"), "events");
		return;
	}
	must(put(TRACING "/events/o/enable", "0"), "events");
	fd = open(TRACING "/kprobe_events", O_WRONLY | O_TRUNC);
	must(fd < 0 ? -errno : 0, "no kprobe events");
	close(fd);
	put(TRACING "/trace", "\n");
}

/* At how many functions they ran, at most: sometimes nobody may have forked. */
static unsigned int bpf_ran;

static void bpf_traced(bool on)
{
	unsigned int ran;

	if (on) {
		must(bpf_attach(), "BPF programs");
		return;
	}
	ran = bpf_detach();
	if (ran > bpf_ran)
		bpf_ran = ran;
}

static void (* const tracers[])(bool on) = {
	functions_traced, graph_traced, probed, bpf_traced,
};

static const char * const names[] = {
	"the function tracer", "the graph tracer", "kprobe events", "BPF programs",
};

static void traced(void)
{
	char when[64], *s;
	pid_t pids[4];
	unsigned int t, i;

	for (t = 0; t < ARRAY_SIZE(tracers); t++) {
		errors = 0;
		if (loaded())
			unload();
		/* the others are installed first and removed first */
		tracers[t](true);
		fresh(NULL);
		start(pids, ARRAY_SIZE(pids));
		nap(50);
		tracers[t](false);
		for (i = 0; i < ROUNDS / 4; i++) {
			nap(20);
			tracers[t](true);
			nap(20);
			tracers[t](false);
		}
		snprintf(when, sizeof(when), "with %s", names[t]);
		stop(when, pids, ARRAY_SIZE(pids));
		/* forkfail is installed first and removed first */
		tracers[t](true);
		ok(!unload() && !loaded(), "%s: unloaded while it hooks the same functions",
		   names[t]);
		tracers[t](false);
		ok(!errors, "%s worked (%u errors)", names[t], errors);
	}
	ok(bpf_ran >= BPF_ALWAYS, "BPF programs ran at %u places", bpf_ran);
	s = slurp("/sys/kernel/debug/kprobes/list", NULL);
	ok(s && !*s, "no kprobe is left: %s", s ?: "?");
	free(s);
	s = slurp(TRACING "/enabled_functions", NULL);
	ok(s && !*s, "no function is traced: %s", s ?: "?");
	free(s);
}

void test_background(void)
{
	board = shared(sizeof(*board));
	cpus();
	traced();
}
