/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where everything comes from: the module's two files.
 */
#ifndef AGENT_MODULE_FILES_H
#define AGENT_MODULE_FILES_H

#include "agent/cursor.h"
#include "page_parser.h"

enum module_state {
	MODULE_ABSENT,	/* the module is not loaded */
	MODULE_DENIED,	/* it is, and the agent may not read it */
	MODULE_READ,
};

/**
 * enum module_news - what the callback of module_files_init() is called for
 * @MODULE_LOG: the log was read again
 * @MODULE_GONE: the module was unloaded; what was read last is still there
 * @MODULE_BACK: another load of the module is there, and was read
 */
enum module_news {
	MODULE_LOG,
	MODULE_GONE,
	MODULE_BACK,
};

void module_files_init(const char *log_path, const char *page_path,
		       void (*news)(enum module_news news));
void module_files_catch_up(void);
enum module_state module_files_state(void);
const struct page *module_files_log(struct cursor *load);
const struct page *module_files_page(void);
const char *module_files_version(void);
unsigned long module_files_loads(void);

#endif /* AGENT_MODULE_FILES_H */
