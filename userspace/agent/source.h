/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where everything comes from: the module's two files.
 */
#ifndef AGENT_SOURCE_H
#define AGENT_SOURCE_H

#include "agent/cursor.h"
#include "page_parser.h"

enum source_state {
	SOURCE_ABSENT,	/* the module is not loaded */
	SOURCE_DENIED,	/* it is, and the agent may not read it */
	SOURCE_READ,
};

/**
 * enum source_news - what the callback of source_init() is called for
 * @SOURCE_LOG: the log was read again
 * @SOURCE_GONE: the module was unloaded; what was read last is still there
 * @SOURCE_BACK: another load of the module is there, and was read
 */
enum source_news {
	SOURCE_LOG,
	SOURCE_GONE,
	SOURCE_BACK,
};

void source_init(const char *log_path, const char *page_path,
		 void (*news)(enum source_news news));
void source_catch_up(void);
enum source_state source_state(void);
const struct page *source_log(struct cursor *load);
const struct page *source_page(void);
const char *source_version(void);
unsigned long source_loads(void);

#endif /* AGENT_SOURCE_H */
