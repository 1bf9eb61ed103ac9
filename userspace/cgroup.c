// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a process to the directory of its cgroup, in version 1 and 2.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "text.h"

/* Is @word one of the comma separated words of @list? */
static bool has_word(const char *list, const char *word)
{
	size_t len, n = strlen(word);

	for (; *list; list += len + (list[len] == ',')) {
		len = strcspn(list, ",\n");
		if (len == n && !strncmp(list, word, n))
			return true;
		if (list[len] == '\n')
			break;
	}
	return false;
}

/* mountinfo has blanks and backslashes as \040 and \134. */
static char *unescape_mount(const char *s)
{
	char *out = xstrdup(s), *p = out;

	for (; *s; s++) {
		if (*s == '\\' && strspn(s + 1, "01234567") >= 3) {
			*p++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
				      (s[3] - '0'));
			s += 3;
		} else {
			*p++ = *s;
		}
	}
	*p = '\0';
	return out;
}

/* ID PARENT MAJ:MIN ROOT DIR OPTIONS ... - TYPE SOURCE SUPEROPTIONS */
static bool parse_mount(char *line, struct cgroup_tree *tree,
			const char *controller)
{
	char *field[6], *save = NULL, *tail, *type, *options;
	size_t i;

	tail = strstr(line, " - ");
	if (!tail)
		return false;
	*tail = '\0';
	for (i = 0; i < ARRAY_SIZE(field); i++) {
		field[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!field[i])
			return false;
	}
	type = strtok_r(tail + 3, " ", &save);
	strtok_r(NULL, " ", &save);
	options = strtok_r(NULL, " ", &save);
	if (!type || !options)
		return false;
	tree->v1 = !strcmp(type, "cgroup");
	if (tree->v1 ? !has_word(options, controller) : strcmp(type, "cgroup2"))
		return false;
	tree->root = unescape_mount(field[3]);
	tree->dir = unescape_mount(field[4]);
	return true;
}

/**
 * cgroup_find() - where a controller is mounted
 * @tree: the result; release it with cgroup_free()
 * @controller: "pids" or "memory"
 *
 * A version 1 hierarchy with the controller takes precedence: version 2 cannot have
 * it then.
 *
 * Line by line: a host with a thousand containers has megabytes of mounts, and the
 * agent's memory is limited.
 *
 * Return: false if it is not mounted.
 */
bool cgroup_find(struct cgroup_tree *tree, const char *controller)
{
	char *path = proc_path("/proc/self/mountinfo"), *line = NULL;
	FILE *file = fopen(path, "re");
	struct cgroup_tree found;
	size_t size = 0;
	bool ok = false;

	free(path);
	*tree = (struct cgroup_tree){ NULL, NULL, false };
	while (file && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		found = (struct cgroup_tree){ NULL, NULL, false };
		if (!parse_mount(line, &found, controller))
			continue;
		/* The first mount of a kind; version 1 over version 2. */
		if (ok && !(found.v1 && !tree->v1)) {
			cgroup_free(&found);
			continue;
		}
		cgroup_free(tree);
		*tree = found;
		ok = true;
	}
	if (file)
		fclose(file);
	free(line);
	return ok;
}

/**
 * cgroup_free() - release what cgroup_find() allocated
 * @tree: the tree
 */
void cgroup_free(struct cgroup_tree *tree)
{
	free(tree->dir);
	free(tree->root);
	tree->dir = NULL;
	tree->root = NULL;
}

/**
 * cgroup_of() - the cgroup of a process
 * @pid: the process
 * @controller: "pids" or "memory"
 * @v1: in the version 1 hierarchy of that controller
 *
 * Return: the path, unescaped, which the caller frees; NULL if there is none.
 */
char *cgroup_of(pid_t pid, const char *controller, bool v1)
{
	char *text = proc_read("/proc/%d/cgroup", (int)pid);
	char *line, *next, *path = NULL, *names;

	for (line = text; line && *line && !path; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		names = strchr(line, ':');
		line = names ? strchr(++names, ':') : NULL;
		if (!line)
			break;
		*line++ = '\0';
		if (v1 ? has_word(names, controller) : !*names)
			path = xstrdup(line);
	}
	free(text);
	return path;
}

/**
 * cgroup_dir() - the directory of a cgroup
 * @tree: where its hierarchy is mounted
 * @path: its path, unescaped
 *
 * Return: the directory, which the caller frees; NULL if it is outside of what
 * is mounted.
 */
char *cgroup_dir(const struct cgroup_tree *tree, const char *path)
{
	size_t len = strlen(tree->root);

	if (!strncmp(path, "/..", 3) || !strncmp(tree->root, "/..", 3))
		return NULL;
	if (len > 1) {
		if (strncmp(path, tree->root, len) ||
		    (path[len] && path[len] != '/'))
			return NULL;
		path += len;
	}
	return xasprintf("%s%s", tree->dir, strcmp(path, "/") ? path : "");
}

/**
 * cgroup_typed() - the cgroup of a path that was typed; exits if there is none
 * @typed: its path as the kernel has it, or escaped as in the log
 *
 * Return: its path, unescaped, which the caller frees.
 */
char *cgroup_typed(const char *typed)
{
	char decoded[4096], *dir, *file;
	const char * const paths[] = { typed, decoded };
	struct cgroup_tree tree;
	bool found = false;
	size_t i;

	if (!cgroup_find(&tree, "pids"))
		return xstrdup(typed);
	text_decode(decoded, sizeof(decoded), typed);
	for (i = 0; i < ARRAY_SIZE(paths) && !found; i++) {
		dir = cgroup_dir(&tree, paths[i]);
		file = proc_path("%s/cgroup.procs", dir ? dir : "");
		found = dir && !access(file, F_OK);
		free(file);
		free(dir);
	}
	cgroup_free(&tree);
	if (!found)
		dief(READER_NO_DATA, "cgroup '%s' does not exist or cannot be read",
		     text_escape(typed));
	return xstrdup(paths[i - 1]);
}

/**
 * cgroup_any() - the most useful cgroup path of a process
 * @pid: the process
 *
 * Return: its path in version 2, or else that of the pids controller, escaped;
 * the caller frees it.  "?" if there is none.
 */
char *cgroup_any(pid_t pid)
{
	char *path = cgroup_of(pid, "pids", true), *escaped;

	if (!path)
		path = cgroup_of(pid, "", false);
	escaped = text_escape(path ? path : "?");
	free(path);
	return escaped;
}
