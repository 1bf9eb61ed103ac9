/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * render.h - writes the page and the log
 */
#ifndef FORKFAIL_RENDER_H
#define FORKFAIL_RENDER_H

#include <linux/types.h>

struct ff_copy;
struct ff_text;
struct ff_viewer;

void ff_render_init(void);
struct ff_copy *ff_render_copy(const struct ff_viewer *view, bool log);
void ff_render_free(struct ff_copy *c);
void ff_render_page(struct ff_text *t, const struct ff_viewer *view, struct ff_copy *c);
void ff_render_log(struct ff_text *t, const struct ff_viewer *view, struct ff_copy *c);

#endif /* FORKFAIL_RENDER_H */
