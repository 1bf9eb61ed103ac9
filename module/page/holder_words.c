// SPDX-License-Identifier: GPL-2.0-only
/*
 * holder_words.c - who holds a limit, as keys and in words
 */
#include <linux/ctype.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "journal/event.h"
#include "page/holder_words.h"
#include "page/text.h"

/*
 * In the sentence a name must not be able to imitate another holder, so characters that are
 * not plain become question marks.  isascii(), because isalnum() accepts letters of Latin-1.
 */
static void add_name(struct ff_text *t, const char *s)
{
	for (; *s; s++)
		ff_add(t, "%c", isascii(*s) && (isalnum(*s) || strchr("_.:/@+-", *s)) ? *s : '?');
}

/**
 * ff_add_holder_words - add who holds most of a limit, as a sentence
 * @t: where to
 * @e: an event with holders
 * @user_ns: in whose terms uids are shown
 */
void ff_add_holder_words(struct ff_text *t, const struct ff_event *e,
			 struct user_namespace *user_ns)
{
	const struct ff_holders *h = &e->holders;
	const char *comma = "";
	unsigned int i;

	if (h->command.tasks) {
		ff_add(t, "%u x ", h->command.tasks);
		add_name(t, h->command.comm);
		comma = ", ";
	}
	if (h->zombies.tasks) {
		ff_add(t, "%s%u zombie%s of ", comma, h->zombies.tasks,
		       h->zombies.tasks == 1 ? "" : "s");
		add_name(t, h->zombies.comm);
		ff_add(t, "[%d]", h->zombies.tgid);
		comma = ", ";
	}
	for (i = 0; i < FF_GROUPS && h->groups[i].tasks; i++) {
		ff_add(t, "%s", comma);
		add_name(t, h->groups[i].comm);
		ff_add(t, "[%d] %u", h->groups[i].tgid, h->groups[i].tasks);
		comma = ", ";
	}
	if (!*comma) {
		ff_add(t, "no process has more than one task");
		comma = ", ";
	}
	if (h->uid_tasks) {
		ff_add(t, "%suid %u %u", comma, from_kuid_munged(user_ns, h->uid), h->uid_tasks);
		comma = ", ";
	}
	if (h->cgroup_tasks) {
		ff_add(t, "%scgroup ", comma);
		add_name(t, h->cgroup);
		ff_add(t, " %u", h->cgroup_tasks);
	}
}

/**
 * ff_add_holder_keys - add the same as words of an event line
 * @t: where to
 * @e: an event with holders
 * @user_ns: in whose terms uids are shown
 */
void ff_add_holder_keys(struct ff_text *t, const struct ff_event *e,
			struct user_namespace *user_ns)
{
	const struct ff_holders *h = &e->holders;

	if (h->command.tasks) {
		ff_add(t, " holder_program=");
		ff_add_quoted(t, h->command.comm);
		ff_add(t, " holder_program_tasks=%u", h->command.tasks);
	}
	if (h->zombies.tasks) {
		ff_add(t, " zombies=%u zombies_parent=", h->zombies.tasks);
		ff_add_quoted(t, h->zombies.comm);
		ff_add(t, " zombies_parent_tgid=%d", h->zombies.tgid);
	}
	if (h->groups[0].tasks) {
		ff_add(t, " holder_process=");
		ff_add_quoted(t, h->groups[0].comm);
		ff_add(t, " holder_tgid=%d holder_tasks=%u", h->groups[0].tgid,
		       h->groups[0].tasks);
	}
	if (h->uid_tasks)
		ff_add(t, " holder_uid=%u holder_uid_tasks=%u",
		       from_kuid_munged(user_ns, h->uid), h->uid_tasks);
	if (h->cgroup_tasks) {
		ff_add(t, " holder_cgroup=");
		ff_add_quoted(t, h->cgroup);
		ff_add(t, " holder_cgroup_tasks=%u", h->cgroup_tasks);
	}
}
