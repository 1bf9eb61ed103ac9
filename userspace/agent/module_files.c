// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads the module's two files.
 *
 * The log is read when poll() reports news, at most twice a second; the page when
 * somebody needs it, at most once a second.  When the module is unloaded, reading the
 * log fails with EIO; then the agent tries once a second to open it again.
 *
 * A load of the module is identified by "load ID" in line 1.  Older modules do not
 * have it; they are identified by the inode number of their directory in sysfs, which
 * the kernel does not use twice in one boot: a counter of 32 bits, and another 32 bits
 * for how often it has wrapped (__kernfs_new_node(), read in 5.11, 6.18 and 7.1; where
 * inode numbers have 32 bits it is the counter alone).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/loop.h"
#include "agent/module_files.h"
#include "input.h"
#include "text.h"

/* Between two readings of the log: in a storm there is always news. */
#define PAUSE_MS	500
/* Read it at least this often: poll() does not report every repetition. */
#define IDLE_MS		10000
/* Between two attempts to open the log after the module was unloaded. */
#define RETRY_MS	1000
/* How old a page may be. */
#define PAGE_MS		1000

#define MODULE_DIR	"/sys/module/forkfail"

static struct {
	const char *log_path, *page_path;
	void (*news)(enum module_news news);
	enum module_state state;
	int fd;
	struct handler handler;
	struct timer timer;
	long long log_at, page_at;
	bool has_log, has_page;
	struct input log, page;
	struct cursor load;	/* of @log; its seq is 0 */
	char version[32];
	unsigned long loads;
} src = { .fd = -1 };

/* The first line of a small file, "" if it cannot be read. */
static void read_line(char *to, size_t size, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, to, size - 1);

	if (fd >= 0)
		close(fd);
	to[n > 0 ? n : 0] = '\0';
	to[strcspn(to, "\n")] = '\0';
	text_clean(to);
}

static void identify(struct cursor *load, const struct page *page)
{
	const char *id = page_pair(page, "load");
	struct stat st;

	memset(load, 0, sizeof(*load));
	read_line(load->boot, sizeof(load->boot), "/proc/sys/kernel/random/boot_id");
	if (!cursor_is_id(load->boot, sizeof(load->boot)))
		strcpy(load->boot, "unknown");
	/* ignore one that could not be read back from a cursor */
	if (id && cursor_is_id(id, sizeof(load->load)))
		strcpy(load->load, id);
	else if (!stat(MODULE_DIR, &st))
		snprintf(load->load, sizeof(load->load), "%llx",
			 (unsigned long long)st.st_ino);
	else
		strcpy(load->load, "0");
	read_line(src.version, sizeof(src.version), MODULE_DIR "/version");
}

static void close_log(void)
{
	if (src.fd < 0)
		return;
	loop_forget(src.fd);
	close(src.fd);
	src.fd = -1;
}

/* Return: false if there is no page now. */
static bool read_page(void)
{
	struct input in;
	int fd = open(src.page_path, O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return false;
	ok = input_read_fd(&in, fd) == INPUT_OK;
	close(fd);
	if (!ok)
		return false;
	if (src.has_page)
		input_free(&src.page);
	src.page = in;
	src.has_page = true;
	src.page_at = loop_now();
	return true;
}

static void gone(enum module_state state)
{
	enum module_state before = src.state;

	close_log();
	src.state = state;
	timer_in(&src.timer, RETRY_MS);
	if (before == MODULE_READ)
		src.news(MODULE_GONE);
}

static void open_log(void)
{
	src.fd = open(src.log_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (src.fd < 0)
		gone(errno == EACCES || errno == EPERM ? MODULE_DENIED : MODULE_ABSENT);
}

/* Read the log, and wait for more. */
static void read_log(void)
{
	struct cursor load;
	struct input in;
	bool other;

	/* fails with EINVAL once the module is gone */
	if (lseek(src.fd, 0, SEEK_SET) < 0) {
		gone(MODULE_ABSENT);
		return;
	}
	switch (input_read_fd(&in, src.fd)) {
	case INPUT_OK:
		break;
	case INPUT_GONE:
		gone(MODULE_ABSENT);
		return;
	case INPUT_ERROR:
	case INPUT_GARBAGE:
		/* such as ENOMEM: try again; what was read last is still valid */
		timer_in(&src.timer, RETRY_MS);
		return;
	}
	src.log_at = loop_now();
	/* an ordinary file, in tests, cannot be watched */
	timer_in(&src.timer, loop_watch(src.fd, EPOLLIN | EPOLLPRI | EPOLLONESHOT,
					&src.handler) ? IDLE_MS : RETRY_MS);
	identify(&load, &in.page);
	other = src.state != MODULE_READ || !cursor_same_load(&load, &src.load);
	if (other && src.state == MODULE_READ)
		src.news(MODULE_GONE);
	if (src.has_log)
		input_free(&src.log);
	src.log = in;
	src.has_log = true;
	src.load = load;
	src.state = MODULE_READ;
	if (other) {
		src.loads++;
		src.page_at = 0;
	}
	src.news(other ? MODULE_BACK : MODULE_LOG);
}

static void tick(void *data __unused)
{
	if (src.fd < 0)
		open_log();
	if (src.fd >= 0)
		read_log();
}

static void ready(void *data __unused, unsigned int events __unused)
{
	long long left = src.log_at + PAUSE_MS - loop_now();

	if (left > 0)
		timer_in(&src.timer, left);
	else
		read_log();
}

/**
 * module_files_init() - begin to watch the module, whether it is there or not
 * @log_path: its log
 * @page_path: its page
 * @news: called with each piece of news
 */
void module_files_init(const char *log_path, const char *page_path,
		       void (*news)(enum module_news news))
{
	src.log_path = log_path;
	src.page_path = page_path;
	src.news = news;
	src.handler = (struct handler){ .ready = ready };
	src.timer = (struct timer){ .fire = tick };
	loop_timer(&src.timer);
	tick(NULL);
}

/**
 * module_files_catch_up() - read the log now, even if it was read a moment ago
 */
void module_files_catch_up(void)
{
	if (src.fd >= 0)
		read_log();
}

/**
 * module_files_state() - is there anything to be read?
 *
 * Return: what there is.
 */
enum module_state module_files_state(void)
{
	return src.state;
}

/**
 * module_files_log() - the log as it was last read
 * @load: receives which load of the module it belongs to, may be NULL
 *
 * Return: the log, NULL if none was read yet.  The log of a module that was unloaded is
 * kept until another one is read.
 */
const struct page *module_files_log(struct cursor *load)
{
	if (load)
		*load = src.load;
	return src.has_log ? &src.log.page : NULL;
}

/**
 * module_files_page() - the page, not older than a second
 *
 * Return: the page, NULL if there is none now.
 */
const struct page *module_files_page(void)
{
	if (src.has_page && src.page_at && src.state != MODULE_ABSENT &&
	    loop_now() - src.page_at < PAGE_MS)
		return &src.page.page;
	return read_page() ? &src.page.page : NULL;
}

/**
 * module_files_version() - version of the module
 *
 * Return: the version, "" if it is not known.
 */
const char *module_files_version(void)
{
	return src.version;
}

/**
 * module_files_loads() - how many loads of the module were seen
 *
 * Return: the number, which only grows.
 */
unsigned long module_files_loads(void)
{
	return src.loads;
}
