// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * populate PROCESSES THREADS CGROUPS: create so many processes of a hundred users, each with so
 * many threads, and so many cgroups, the first ten of which are nearly full. Print "ready",
 * and exit at the end of standard input.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void *wait_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(path);
	if (fd >= 0)
		close(fd);
}

static void make_cgroups(int nr)
{
	char path[128], text[16];
	int i;

	mkdir("/sys/fs/cgroup/populate", 0755);
	put("/sys/fs/cgroup/populate/cgroup.subtree_control", "+pids");
	for (i = 0; i < nr; i++) {
		if (i % 100 == 0) {
			snprintf(path, sizeof(path), "/sys/fs/cgroup/populate/%d", i / 100);
			mkdir(path, 0755);
			snprintf(path, sizeof(path), "/sys/fs/cgroup/populate/%d/cgroup.subtree_control",
				 i / 100);
			put(path, "+pids");
		}
		snprintf(path, sizeof(path), "/sys/fs/cgroup/populate/%d/%d.service", i / 100, i);
		mkdir(path, 0755);
		snprintf(text, sizeof(text), "%d", 1000 + i);
		snprintf(path, sizeof(path), "/sys/fs/cgroup/populate/%d/%d.service/pids.max",
			 i / 100, i);
		put(path, text);
	}
}

int main(int argc, char **argv)
{
	int processes = atoi(argv[1]), threads = atoi(argv[2]), i, j;
	pthread_attr_t attr;
	pthread_t thread;
	char c;

	if (argc != 4)
		return 2;
	signal(SIGCHLD, SIG_IGN);
	make_cgroups(atoi(argv[3]));
	for (i = 0; i < processes; i++) {
		if (fork())
			continue;
		setpgid(0, 0);
		if (setuid((uid_t)(2000 + i % 100)))
			_exit(1);
		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, 16384);
		for (j = 1; j < threads; j++)
			pthread_create(&thread, &attr, wait_for_ever, NULL);
		wait_for_ever(NULL);
	}
	sleep(1);
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	/* the guest is about to end, and these with it */
	return 0;
}
