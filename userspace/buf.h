/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text of a bounded size.
 */
#ifndef BUF_H
#define BUF_H

#include "reader.h"

/**
 * struct buf - text that is being written
 * @s: where it is, always terminated
 * @size: room for it
 * @len: its length
 * @full: something did not fit and was left out; nothing is added any more
 */
struct buf {
	char *s;
	size_t size;
	size_t len;
	bool full;
};

void buf_init(struct buf *b, char *s, size_t size);
void buf_add(struct buf *b, const char *fmt, ...) __printf(2, 3);
void buf_bytes(struct buf *b, const void *bytes, size_t len);
void buf_json(struct buf *b, const char *escaped);
void buf_html(struct buf *b, const char *s);
void buf_label(struct buf *b, const char *s);

#endif /* BUF_H */
