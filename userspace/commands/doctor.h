/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What forkfail doctor has found.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "command.h"

enum finding_state { FINE, NOTICE, BROKEN };

/**
 * struct finding - one line
 * @check: what was checked
 * @state: how it is
 * @found: what was found, allocated
 * @todo: what to do, NULL if nothing
 */
struct finding {
	const char *check;
	enum finding_state state;
	char *found;
	const char *todo;
};

struct doctor {
	const struct options *opt;
	struct finding *list;
	size_t nr;
	bool loaded;
	char *built;		/* the file of the module for this kernel, escaped */
	char *release;		/* of the kernel, escaped */
};

void doctor_find(struct doctor *doctor, const char *check, enum finding_state state,
		 char *found, const char *todo);
char *doctor_line(const char *path);
bool doctor_line_begins(const char *path, const char *what);
bool doctor_exists(const char *path);
void doctor_find_built(struct doctor *doctor);
void doctor_check_built(struct doctor *doctor);
void doctor_check_signature(struct doctor *doctor);

#endif /* DOCTOR_H */
