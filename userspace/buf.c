// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text of a bounded size, and quoting for each format.
 *
 * What does not fit is left out as a whole, so that no line and no escape is cut.
 */
#include <stdarg.h>
#include <string.h>

#include "buf.h"

/**
 * buf_init() - start an empty text
 * @b: the text
 * @s: room for it
 * @size: bytes of that, at least 1
 */
void buf_init(struct buf *b, char *s, size_t size)
{
	*b = (struct buf){ .s = s, .size = size };
	*s = '\0';
}

/**
 * buf_bytes() - add bytes
 * @b: the text
 * @bytes: what to add
 * @len: how many
 */
void buf_bytes(struct buf *b, const void *bytes, size_t len)
{
	if (b->full || len >= b->size - b->len) {
		b->full = true;
		return;
	}
	memcpy(b->s + b->len, bytes, len);
	b->len += len;
	b->s[b->len] = '\0';
}

/**
 * buf_add() - add formatted text
 * @b: the text
 * @fmt: format
 */
void buf_add(struct buf *b, const char *fmt, ...)
{
	size_t room = b->size - b->len;
	va_list ap;
	int n;

	if (b->full)
		return;
	va_start(ap, fmt);
	n = vsnprintf(b->s + b->len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room) {
		b->s[b->len] = '\0';
		b->full = true;
		return;
	}
	b->len += (size_t)n;
}

/**
 * buf_json() - add a JSON string
 * @b: the text
 * @escaped: printable ASCII with \xHH, as the module writes it
 *
 * The escapes are kept, as in the output of forkfail -J.
 */
void buf_json(struct buf *b, const char *escaped)
{
	buf_bytes(b, "\"", 1);
	for (; *escaped; escaped++) {
		if (*escaped == '"' || *escaped == '\\')
			buf_bytes(b, "\\", 1);
		buf_bytes(b, escaped, 1);
	}
	buf_bytes(b, "\"", 1);
}

/**
 * buf_html() - add text to a page in HTML
 * @b: the text
 * @s: printable ASCII
 */
void buf_html(struct buf *b, const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '<':
			buf_add(b, "&lt;");
			break;
		case '>':
			buf_add(b, "&gt;");
			break;
		case '&':
			buf_add(b, "&amp;");
			break;
		case '"':
			buf_add(b, "&quot;");
			break;
		case '\'':
			buf_add(b, "&#39;");
			break;
		default:
			buf_bytes(b, s, 1);
		}
	}
}

/**
 * buf_label() - add the value of a label, without its quotes
 * @b: the text
 * @s: printable ASCII
 */
void buf_label(struct buf *b, const char *s)
{
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_bytes(b, "\\", 1);
		buf_bytes(b, s, 1);
	}
}
