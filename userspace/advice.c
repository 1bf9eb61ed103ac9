// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From an event to commands: the one that raises the limit (for a cgroup the
 * unit or container that it belongs to), and the one that shows it.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "causes.h"
#include "text.h"

static bool is_unit(const char *name)
{
	static const char * const suffix[] = {
		".service", ".scope", ".slice", ".socket", ".mount", ".swap",
	};
	size_t i, len = strlen(name), n;

	for (i = 0; i < ARRAY_SIZE(suffix); i++) {
		n = strlen(suffix[i]);
		if (len > n && !strcmp(name + len - n, suffix[i]))
			return true;
	}
	return false;
}

/* A name that a shell takes as it is; others go into single quotes. */
static bool is_shell_safe(const char *s)
{
	for (; *s; s++)
		if (!(isascii(*s) && isalnum((unsigned char)*s)) &&
		    !strchr("@%+=:,./_-", *s))
			return false;
	return true;
}

static char *shell_quote(const char *s)
{
	if (is_shell_safe(s))
		return xstrdup(s);
	/* A quote or a control character in a cgroup's name: not for pasting. */
	if (strchr(s, '\'') || !text_is_clean(s, strlen(s)))
		return NULL;
	return xasprintf("'%s'", s);
}

/* The uid in ".../user@UID.service/...", whose manager runs what is below. */
static bool user_manager(const char *path, const char *name, u64 *uid)
{
	const char *p = strstr(path, "/user@");
	char digits[24];
	size_t len;

	if (!p)
		return false;
	p += 6;
	len = strspn(p, "0123456789");
	if (!len || len >= sizeof(digits) || strncmp(p + len, ".service/", 9) ||
	    p > name)
		return false;
	memcpy(digits, p, len);
	digits[len] = '\0';
	return text_to_u64(digits, uid);
}

/*
 * systemctl for the manager of a user, as root and from outside of the session; its
 * own way to say that, -M UID@, is newer than Debian 11. The caller frees it.
 */
static char *user_systemctl(u64 uid)
{
	static const char command[] =
	"setpriv --reuid=%llu --clear-groups env XDG_RUNTIME_DIR=/run/user/%llu systemctl --user";

	return xasprintf(command, uid, uid);
}

/**
 * advice_unit() - the systemd unit that a cgroup belongs to
 * @cgroup: its path, as in the log
 *
 * Return: its name, with the user whose manager has it, that the caller frees;
 * NULL if no part of the path is a unit.
 */
char *advice_unit(const char *cgroup)
{
	char path[4096], *name, *next, *unit = NULL;
	u64 uid;

	if (*cgroup != '/')
		return NULL;
	text_decode(path, sizeof(path), cgroup);
	/* The last part that is one: what is below it is the unit's own. */
	for (name = path + 1; name; name = next) {
		next = strchr(name, '/');
		if (next)
			*next = '\0';
		if (is_unit(name))
			unit = name;
		if (next)
			*next++ = '/';
	}
	if (!unit)
		return NULL;
	unit[strcspn(unit, "/")] = '\0';
	if (!text_is_clean(unit, strlen(unit)))
		return NULL;
	if (user_manager(path, unit, &uid))
		return xasprintf("%s, of the manager of uid %llu", unit, uid);
	return xstrdup(unit);
}

static const char *property(const char *cause)
{
	if (!strncmp(cause, "pids-max", 8))
		return "TasksMax";
	if (!strcmp(cause, "memcg-limit") || !strcmp(cause, "kernel-stack-memcg"))
		return "MemoryMax";
	return NULL;
}

/* Engines name the scope of a container after its id. */
static char *container_advice(const char *name, const char *prop)
{
	static const struct {
		const char *prefix;
		const char *command;
	} engine[] = {
		{ "docker-", "docker update" },
		{ "libpod-", "podman update" },
	};
	bool pids = !strcmp(prop, "TasksMax");
	size_t i, n, len;

	for (i = 0; i < ARRAY_SIZE(engine); i++) {
		n = strlen(engine[i].prefix);
		if (strncmp(name, engine[i].prefix, n))
			continue;
		len = strspn(name + n, "0123456789abcdef");
		if (len < 12)
			continue;
		return xasprintf("%s %s N %.12s", engine[i].command,
				 pids ? "--pids-limit" : "--memory", name + n);
	}
	if (strstr(name, "kubepods") || !strncmp(name, "cri-containerd-", 15) ||
	    !strncmp(name, "crio-", 5))
		return xstrdup(pids ?
			"raise podPidsLimit in the kubelet's configuration" :
			"raise resources.limits.memory of the pod");
	return NULL;
}

/**
 * advice_raise() - how to raise the limit that this event has met
 * @cause: its cause
 * @ev: the event
 *
 * Return: one command or sentence that the caller frees, NULL if there is none
 * for sure.
 */
char *advice_raise(const char *cause, const struct event *ev)
{
	const char *cgroup = event_get(ev, FORKFAIL_KEY_OBJECT);
	const char *prop = property(cause), *name;
	char path[4096], *quoted, *systemctl, *advice;
	u64 uid;

	if (!prop || *cgroup != '/' ||
	    strcmp(event_get(ev, FORKFAIL_KEY_SCOPE), "cgroup"))
		return NULL;
	text_decode(path, sizeof(path), cgroup);
	name = strrchr(path, '/') + 1;
	advice = container_advice(strstr(path, "kubepods") && !is_unit(name) ?
				  "kubepods" : name, prop);
	if (advice)
		return advice;
	quoted = shell_quote(is_unit(name) ? name : path);
	if (!quoted)
		return NULL;
	if (!is_unit(name)) {
		/* No unit of its own: a cgroup that somebody made by hand. */
		advice = !strcmp(prop, "TasksMax") && is_shell_safe(path) ?
			 xasprintf("echo N > /sys/fs/cgroup%s/pids.max", path) :
			 NULL;
	} else if (user_manager(path, name, &uid)) {
		systemctl = user_systemctl(uid);
		advice = xasprintf("%s set-property %s %s=N", systemctl, quoted, prop);
		free(systemctl);
	} else {
		advice = xasprintf("systemctl set-property %s %s=N", quoted, prop);
	}
	free(quoted);
	return advice;
}

/* What stands for a word in capitals in the advice, for one event. */
struct filling {
	const char *word;
	const char *value;
};

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* "cat /proc/PID/limits" with the PID of the event; the caller frees it. */
static char *fill_in(const char *text, const struct filling *fill, size_t nr)
{
	size_t size = strlen(text) + 1, n, i, len;
	const char *p;
	char *out;

	/* The longest that it can become: every byte a filling. */
	for (p = text; *p; p++)
		for (i = 0; i < nr; i++)
			if (fill[i].value &&
			    !strncmp(p, fill[i].word, strlen(fill[i].word)))
				size += strlen(fill[i].value);
	out = xrealloc(NULL, size, 1);
	for (n = 0, p = text; *p; ) {
		for (i = 0; i < nr; i++) {
			len = strlen(fill[i].word);
			if (fill[i].value && !strncmp(p, fill[i].word, len) &&
			    !is_word_char(p[len]) &&
			    (p == text || !is_word_char(p[-1])))
				break;
		}
		if (i == nr) {
			out[n++] = *p++;
			continue;
		}
		len = strlen(fill[i].value);
		memcpy(out + n, fill[i].value, len);
		n += len;
		p += strlen(fill[i].word);
	}
	out[n] = '\0';
	return out;
}

/**
 * advice_check() - how to see a cause by hand, with the numbers of an event
 * @cause: the cause
 * @ev: the event
 *
 * Return: commands that the caller frees.
 */
char *advice_check(const struct cause *cause, const struct event *ev)
{
	bool limiting = !strcmp(event_get(ev, FORKFAIL_KEY_SCOPE), "cgroup");
	const char *path = event_get(ev, limiting ? FORKFAIL_KEY_OBJECT :
						    FORKFAIL_KEY_CGROUP);
	const char *name = strrchr(path, '/');
	struct filling fill[] = {
		{ "PID", ev->value[FORKFAIL_KEY_PID] },
		{ "UID", ev->value[FORKFAIL_KEY_UID] },
		{ "CGROUP", NULL },
		{ "UNIT", NULL },
		{ "systemctl", NULL },
	};
	char *systemctl = NULL, *advice;
	u64 uid;

	/* A path that a shell would take apart is not for pasting. */
	if (name && name[1] && is_shell_safe(path)) {
		fill[2].value = path + 1;
		fill[3].value = is_unit(name + 1) ? name + 1 : NULL;
		if (user_manager(path, name + 1, &uid))
			systemctl = user_systemctl(uid);
		fill[4].value = systemctl;
	}
	advice = fill_in(cause->confirm, fill, ARRAY_SIZE(fill));
	free(systemctl);
	return advice;
}
