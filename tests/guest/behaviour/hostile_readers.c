// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_readers.c - readers that try to cause harm
 *
 * 1,000 readers at once, more open files than a user may have, and reads of every size into
 * unmapped memory, all while forks fail.  Then the module is unloaded while the files are
 * still open.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "guest.h"

#define UID		5971
#define READERS		1000
#define BOUND		256	/* of readers without CAP_SYSLOG, module/page/proc.c */

static void may_open(unsigned int n)
{
	struct rlimit r = { n, n };

	if (setrlimit(RLIMIT_NOFILE, &r))
		die("RLIMIT_NOFILE: %s", strerror(errno));
}

/* An ordinary user can open exactly as many files as the limit. */
static void too_many(int *result)
{
	unsigned int n;
	char c;
	int fd;

	if (setresuid(UID, UID, UID))
		_exit(1);
	for (n = 0; n < READERS; n++) {
		fd = open(n % 2 ? FORKFAIL_PAGE : FORKFAIL_LOG, O_RDONLY);
		if (fd < 0 || read(fd, &c, 1) != 1)
			break;
	}
	result[0] = n;
	result[1] = errno;
	while (!__atomic_load_n(&result[2], __ATOMIC_ACQUIRE))
		nap(5);
	_exit(0);
}

/* Can a user open the file? 0 if so. */
static int other(uid_t uid)
{
	pid_t pid = fork();

	if (!pid) {
		if (setresuid(uid, uid, uid))
			_exit(1);
		_exit(open(FORKFAIL_PAGE, O_RDONLY) < 0);
	}
	return wait_for(pid);
}

static void a_user(void)
{
	int *result = shared(4096);
	struct text page;
	pid_t pid;

	pid = fork();
	if (!pid)
		too_many(result);
	while (!__atomic_load_n(&result[1], __ATOMIC_ACQUIRE) && loaded())
		nap(5);
	ok(result[0] >= BOUND / 2 && result[0] <= BOUND * 3 / 4 && result[1] == EMFILE,
	   "a user can have %d files open, then %s",
	   result[0], strerrorname_np(result[1]));
	ok(read_page(&page), "root can still open one: %s", page.wrong);
	text_free(&page);
	ok(other(UID) && !other(UID + 3), "another user can as well, but not this one");
	__atomic_store_n(&result[2], 1, __ATOMIC_RELEASE);
	wait_for(pid);
	ok(!other(UID), "when they are closed there is room again");
}

/* Hide size and address from the compiler, which would warn. */
static ssize_t read_at(int fd, const void *to, size_t size, off_t off)
{
	return syscall(SYS_pread64, fd, to, size, off);
}

static void sizes(const char *path, bool (*parse)(struct text *t, char *raw, size_t len))
{
	size_t page = sysconf(_SC_PAGESIZE), len = 0, had = 0;
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0), *all, *big = malloc(1 << 20);
	int fd = open(path, O_RDONLY);
	struct text t;
	ssize_t got;

	munmap(map + page, page);
	all = slurp_fd(fd, &len);
	ok(read_at(fd, (void *)8, 100, len) == 0, "%s: nothing is copied at the end", path);
	ok(read_at(fd, (void *)8, 100, 1) == -1 && errno == EFAULT,
	   "%s: into unmapped memory: EFAULT", path);
	got = pread(fd, map + page - 10, 100, 1);
	ok(got == 10 && !memcmp(map + page - 10, all + 1, 10),
	   "%s: into memory that ends after 10 bytes: %zd", path, got);
	got = read_at(fd, big, 1UL << 30, 1);
	ok(got == (ssize_t)len - 1 && !memcmp(big, all + 1, got), "%s: %zd bytes of 2^30",
	   path, got);
	ok(pread(fd, big, 1, (off_t)1 << 62) == 0, "%s: there is nothing at 2^62", path);
	ok(lseek(fd, -1, SEEK_SET) == -1 && lseek(fd, (off_t)1 << 62, SEEK_SET) >= -1 &&
	   read(fd, big, 1) == 0, "%s: nor where one can seek to", path);
	ok(write(fd, big, 1) == -1 && put(path, "x") < 0, "%s: it cannot be written", path);
	free(all);

	/* a new snapshot, read in pieces of 1, 2, 3, ... bytes */
	lseek(fd, 0, SEEK_SET);
	while ((got = read(fd, big + had, 1 + had % 97)) > 0)
		had += got;
	big[had] = 0;
	ok(parse(&t, big, had), "%s: in pieces of 1 to 97 bytes, every line is whole: %s", path,
	   t.wrong);
	text_free(&t);
	close(fd);
	munmap(map, page);
}

static void many(void)
{
	unsigned int i, good = 0, opened = 0, after = 0;
	static int fds[READERS];
	struct text t;
	char buf[64];
	char *raw;
	size_t len;

	may_open(READERS + 100);
	for (i = 0; i < READERS; i++) {
		fds[i] = open(i % 2 ? FORKFAIL_PAGE : FORKFAIL_LOG, O_RDONLY);
		/* each has its own snapshot, and none is read to the end */
		opened += fds[i] >= 0 && pread(fds[i], buf, 33, 0) == 33;
	}
	ok(opened == READERS, "%u readers have a snapshot each", opened);
	ok(fail_once("r-among", UID + 1) == EAGAIN, "a fork fails meanwhile");
	for (i = 0; i < READERS; i += 50) {
		lseek(fds[i], 0, SEEK_SET);
		raw = slurp_fd(fds[i], &len);
		good += raw && (i % 2 ? parse_page : parse_log)(&t, raw, len);
		text_free(&t);
	}
	ok(good == READERS / 50, "every 50th of them reads whole lines (%u)", good);
	ok(!unload() && !loaded(), "the module can be unloaded while all of them are open");
	for (i = 0; i < READERS; i++) {
		after += read(fds[i], buf, sizeof(buf)) < 0;
		close(fds[i]);
	}
	ok(after == READERS, "and then no read succeeds any more (%u)", after);
}

void test_hostile_readers(void)
{
	unsigned int i;
	char comm[16];

	fresh(NULL);
	for (i = 0; i < 30; i++) {
		snprintf(comm, sizeof(comm), "r-%u", i);
		fail_once(comm, UID + 2);
	}
	sizes(FORKFAIL_PAGE, parse_page);
	sizes(FORKFAIL_LOG, parse_log);
	a_user();
	many();
}
