// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which namespace is inside which.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/nsfs.h>

#include "proc.h"

static int open_ns(pid_t pid, const char *type)
{
	char *path = proc_path("/proc/%d/ns/%s", (int)pid, type);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	free(path);
	return fd;
}

static u64 parent_of(int fd)
{
	struct stat st;
	u64 ino = 0;
	int parent;

	parent = ioctl(fd, NS_GET_PARENT);
	if (parent < 0)
		return 0;
	if (!fstat(parent, &st))
		ino = st.st_ino;
	close(parent);
	return ino;
}

/**
 * ns_of() - the namespace of a process
 * @pid: the process, 0 for the reader itself
 * @type: "user", "pid", "cgroup" ...
 *
 * Return: its number, 0 if it is not visible.
 */
u64 ns_of(pid_t pid, const char *type)
{
	char target[64], name[24], *path;
	const char *p;
	ssize_t len;

	/* its own number may be another process's, if this /proc is of another namespace */
	snprintf(name, sizeof(name), "%d", (int)pid);
	path = proc_path("/proc/%s/ns/%s", pid ? name : "self", type);
	len = readlink(path, target, sizeof(target) - 1);
	free(path);
	if (len <= 0)
		return 0;
	target[len] = '\0';
	p = strchr(target, '[');
	return p ? strtoull(p + 1, NULL, 10) : 0;
}

/**
 * ns_known() - look up a namespace that was found before
 * @cache: the cache
 * @ino: its number
 *
 * Return: the namespace, NULL if it was not.
 */
const struct ns *ns_known(const struct ns_cache *cache, u64 ino)
{
	size_t i;

	for (i = 0; i < cache->nr; i++)
		if (cache->ns[i].ino == ino)
			return &cache->ns[i];
	return NULL;
}

static void add(struct ns_cache *cache, u64 ino, u64 parent, uid_t owner)
{
	cache->ns = xrealloc(cache->ns, cache->nr + 1, sizeof(*cache->ns));
	cache->ns[cache->nr++] = (struct ns){ ino, parent, owner };
}

/**
 * ns_find() - the namespace of a process, and those around it
 * @cache: where they are kept
 * @pid: the process
 * @type: "user" or "pid"
 *
 * Return: the namespace, NULL if it is not visible.  Valid until the next
 * call.
 */
const struct ns *ns_find(struct ns_cache *cache, pid_t pid, const char *type)
{
	u64 ino = ns_of(pid, type);
	int fd, parent;
	uid_t owner;

	if (!ino)
		return NULL;
	if (ns_known(cache, ino))
		return ns_known(cache, ino);
	fd = open_ns(pid, type);
	if (fd < 0)
		add(cache, ino, 0, (uid_t)-1);
	while (fd >= 0) {
		struct stat st;

		if (fstat(fd, &st) || ns_known(cache, st.st_ino))
			break;
		if (strcmp(type, "user") ||
		    ioctl(fd, NS_GET_OWNER_UID, &owner) < 0)
			owner = (uid_t)-1;
		add(cache, st.st_ino, parent_of(fd), owner);
		parent = ioctl(fd, NS_GET_PARENT);
		close(fd);
		fd = parent;
	}
	if (fd >= 0)
		close(fd);
	return ns_known(cache, ino);
}

/**
 * ns_free() - release a cache
 * @cache: the cache
 */
void ns_free(struct ns_cache *cache)
{
	free(cache->ns);
	*cache = (struct ns_cache){ NULL, 0 };
}
