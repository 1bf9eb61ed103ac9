// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail-agent: reports the failures that the module records.
 *
 * One process, one thread, one event loop.  Nothing in it blocks, and nothing in it
 * starts a process: it is needed most when no process can be started.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "agent/headroom.h"
#include "agent/history.h"
#include "agent/listen.h"
#include "agent/loop.h"
#include "agent/metrics.h"
#include "agent/options.h"
#include "agent/sandbox.h"
#include "agent/module_files.h"
#include "agent/tally.h"

static struct listener listeners[LISTEN_MAX];
static struct timer tally_timer;
static bool was_blind, was_absent;

/* ---- news from the module ------------------------------------------------ */

static void look_at_page(bool new_load)
{
	const struct page *page = module_files_page();
	const char *blind;

	if (!page)
		return;
	tally_page(page, new_load);
	blind = page_pair(page, "blind");
	if (blind && !was_blind)
		history_notice(NOTICE_BLIND, "forkfail has been blind %s: failures may be missing; see /proc/forkfail",
			       blind);
	was_blind = blind;
}

static void news(enum module_news what)
{
	switch (what) {
	case MODULE_GONE:
		history_write(true);
		history_notice(NOTICE_GONE, "forkfail's module was unloaded: failures are not seen until it is loaded again");
		history_write(true);
		return;
	case MODULE_BACK:
		if (module_files_loads() > 1 || was_absent)
			history_notice(NOTICE_BACK, "forkfail's module is loaded%s: version %s",
				       module_files_loads() > 1 ? " again" : "",
				       module_files_version());
		metrics_new_load();
		break;
	case MODULE_LOG:
		break;
	}
	look_at_page(what == MODULE_BACK);
	history_write(false);
	http_news();
}

/* For failures that are counted without an event, and for minutes without failures. */
static void every_minute(void *data __unused)
{
	look_at_page(false);
	timer_in(&tally_timer, 60000);
}

/* ---- signals ------------------------------------------------------------- */

static int signals = -1;

static void signal_ready(void *data __unused, unsigned int events __unused)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) == sizeof(info))
		loop_stop();
}

static void watch_signals(void)
{
	static struct handler handler = { .ready = signal_ready };
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		dief(READER_NO_DATA, "signalfd: %s", strerror(errno));
	loop_watch(signals, EPOLLIN, &handler);
}

/* -------------------------------------------------------------------------- */

static size_t make_listeners(const struct agent_options *opt)
{
	size_t nr = listen_inherited(listeners, LISTEN_MAX), inherited, i;

	inherited = nr;
	for (i = 0; i < opt->nr_listen && nr < LISTEN_MAX; i++) {
		if (listen_on(&listeners[nr], opt->listen[i])) {
			nr++;
			continue;
		}
		if (inherited)
			warnf("systemd also passes sockets, among them %s; to change them: systemctl edit forkfail-agent.socket",
			      listeners[inherited - 1].name);
		exit(READER_USAGE);
	}
	if (!nr && listen_on(&listeners[0], LISTEN_DEFAULT))
		nr = 1;
	if (!nr)
		exit(READER_USAGE);
	return nr;
}

int main(int argc, char **argv)
{
	struct agent_options opt;
	char *cursor;
	size_t nr, i;

	program = "forkfail-agent";
	/* times are UTC, and no file is read to learn that */
	setenv("TZ", "UTC0", 1);
	options_read(&opt, argc, argv);
	loop_init();
	watch_signals();
	nr = make_listeners(&opt);
	cursor = opt.state_dir ? xasprintf("%s/cursor", opt.state_dir) : NULL;
	http_init(&opt.http, nr);
	for (i = 0; i < nr; i++)
		if (!http_listen(&listeners[i]))
			dief(READER_NO_DATA, "cannot serve %s", listeners[i].name);
	metrics_init();
	if (!metrics_sees_all())
		warnf("without CAP_SYSLOG the agent sees only the failures of its own user");
	sandbox_memory();
	sandbox_process();
	history_init(opt.journal, cursor);
	history_notice(NOTICE_STARTED, "forkfail-agent %s started", FORKFAIL_VERSION);
	headroom_init();
	tally_timer = (struct timer){ .fire = every_minute };
	loop_timer(&tally_timer);
	timer_in(&tally_timer, 60000);
	module_files_init(opt.log, opt.page, news);
	was_absent = module_files_state() == MODULE_ABSENT;
	if (was_absent)
		history_notice(NOTICE_GONE, "forkfail's module is not loaded: failures are not seen until it is");
	history_write(module_files_state() != MODULE_READ);
	loop_run();
	/* after a reboot, what was not written is gone */
	module_files_catch_up();
	history_write(true);
	http_exit();
	return READER_OK;
}
