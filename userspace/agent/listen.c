// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sockets to listen on: those passed by systemd, or our own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/listen.h"
#include "text.h"

#define FIRST_INHERITED	3	/* SD_LISTEN_FDS_START */
/* If it is full, a connect() to a Unix socket blocks or fails. */
#define BACKLOG		1024

union address {
	struct sockaddr sa;
	struct sockaddr_un un;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static void name_listener(struct listener *l, const union address *addr, socklen_t len)
{
	char host[INET6_ADDRSTRLEN] = "?";

	l->local = addr->sa.sa_family == AF_UNIX;
	if (l->local)
		snprintf(l->name, sizeof(l->name), "%.*s",
			 (int)(len - offsetof(struct sockaddr_un, sun_path)),
			 addr->un.sun_path);
	else if (addr->sa.sa_family == AF_INET)
		snprintf(l->name, sizeof(l->name), "%s:%u",
			 inet_ntop(AF_INET, &addr->in.sin_addr, host, sizeof(host)),
			 ntohs(addr->in.sin_port));
	else
		snprintf(l->name, sizeof(l->name), "[%s]:%u",
			 inet_ntop(AF_INET6, &addr->in6.sin6_addr, host, sizeof(host)),
			 ntohs(addr->in6.sin6_port));
}

/**
 * listen_inherited() - take the sockets passed by systemd (sd_listen_fds(3))
 * @to: receives them
 * @room: how many there is room for
 *
 * Return: how many there are.
 */
size_t listen_inherited(struct listener *to, size_t room)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	union address addr;
	socklen_t len;
	size_t nr = 0;
	u64 n, i;

	if (!pid || !fds || !text_to_u64(pid, &n) || n != (u64)getpid() ||
	    !text_to_u64(fds, &n))
		return 0;
	for (i = 0; i < n && nr < room; i++) {
		len = sizeof(addr);
		to[nr].fd = FIRST_INHERITED + (int)i;
		if (getsockname(to[nr].fd, &addr.sa, &len) < 0 ||
		    (addr.sa.sa_family != AF_UNIX && addr.sa.sa_family != AF_INET &&
		     addr.sa.sa_family != AF_INET6)) {
			warnf("socket %d, passed by systemd, is neither TCP nor Unix",
			      to[nr].fd);
			continue;
		}
		fcntl(to[nr].fd, F_SETFD, FD_CLOEXEC);
		fcntl(to[nr].fd, F_SETFL, fcntl(to[nr].fd, F_GETFL) | O_NONBLOCK);
		name_listener(&to[nr], &addr, len);
		nr++;
	}
	return nr;
}

/* From the file: getgrnam() may ask a server that does not answer. */
static bool group_adm(gid_t *gid)
{
	FILE *f = fopen("/etc/group", "re");
	char line[4096];
	unsigned int n;
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		found = sscanf(line, "adm:%*[^:]:%u:", &n) == 1;
		*gid = n;
	}
	if (f)
		fclose(f);
	return found;
}

/* Only its owner can connect until it belongs to the group. */
static bool bind_local(int fd, const union address *addr, socklen_t len)
{
	const char *path = addr->un.sun_path;
	struct stat st;
	mode_t mask;
	gid_t gid;
	int err;

	/* left by an agent before us; nothing but a socket is removed */
	if (!lstat(path, &st) && S_ISSOCK(st.st_mode))
		unlink(path);
	mask = umask(0177);
	err = bind(fd, &addr->sa, len);
	umask(mask);
	if (err < 0)
		return false;
	if (!group_adm(&gid) || chown(path, (uid_t)-1, gid) < 0)
		warnf("only its owner can connect to %s: its group cannot be changed to adm", path);
	else if (chmod(path, 0660) < 0)
		return false;
	return true;
}

/* "unix:PATH", "A.B.C.D:PORT", "[IPV6]:PORT" or ":PORT", as for Prometheus exporters. */
static bool parse_address(const char *s, union address *addr, socklen_t *len)
{
	const char *port = strrchr(s, ':');
	char host[INET6_ADDRSTRLEN];
	size_t n;
	u64 nr;

	memset(addr, 0, sizeof(*addr));
	if (!strncmp(s, "unix:", 5)) {
		n = strlen(s + 5);
		if (!n || n >= sizeof(addr->un.sun_path))
			return false;
		addr->un.sun_family = AF_UNIX;
		memcpy(addr->un.sun_path, s + 5, n);
		*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
		return true;
	}
	if (!port || !text_to_u64(port + 1, &nr) || nr > 65535)
		return false;
	n = (size_t)(port - s);
	if (!n) {
		addr->in6.sin6_family = AF_INET6;
		addr->in6.sin6_port = htons((uint16_t)nr);
		*len = sizeof(addr->in6);
		return true;
	}
	if (*s == '[' && n > 2 && s[n - 1] == ']' && n - 2 < sizeof(host)) {
		memcpy(host, s + 1, n - 2);
		host[n - 2] = '\0';
		addr->in6.sin6_family = AF_INET6;
		addr->in6.sin6_port = htons((uint16_t)nr);
		*len = sizeof(addr->in6);
		return inet_pton(AF_INET6, host, &addr->in6.sin6_addr) == 1;
	}
	if (n >= sizeof(host))
		return false;
	memcpy(host, s, n);
	host[n] = '\0';
	addr->in.sin_family = AF_INET;
	addr->in.sin_port = htons((uint16_t)nr);
	*len = sizeof(addr->in);
	return inet_pton(AF_INET, strcmp(host, "localhost") ? host : "127.0.0.1",
			 &addr->in.sin_addr) == 1;
}

/**
 * listen_on() - create a socket and listen on it
 * @to: receives it
 * @address: "unix:PATH", "ADDRESS:PORT", "[ADDRESS]:PORT" or ":PORT"
 *
 * Return: false if that failed, after a message.
 */
bool listen_on(struct listener *to, const char *address)
{
	union address addr;
	socklen_t len;
	int one = 1;
	bool ok;

	if (!parse_address(address, &addr, &len)) {
		warnf("not an address to listen on: %s (ADDRESS:PORT, :PORT or unix:PATH)",
		      address);
		return false;
	}
	to->fd = socket(addr.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* ":PORT" on a machine without IPv6 */
	if (to->fd < 0 && errno == EAFNOSUPPORT && *address == ':') {
		addr.in = (struct sockaddr_in){
			.sin_family = AF_INET,
			.sin_port = addr.in6.sin6_port,
		};
		len = sizeof(addr.in);
		to->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	}
	if (to->fd >= 0 && addr.sa.sa_family != AF_UNIX)
		setsockopt(to->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	ok = to->fd >= 0 &&
	     (addr.sa.sa_family == AF_UNIX ? bind_local(to->fd, &addr, len) :
	      !bind(to->fd, &addr.sa, len)) &&
	     !listen(to->fd, BACKLOG) && !getsockname(to->fd, &addr.sa, &len);
	if (!ok) {
		warnf("cannot listen on %s: %s", address, strerror(errno));
		if (to->fd >= 0)
			close(to->fd);
		return false;
	}
	name_listener(to, &addr, len);
	return true;
}
