/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pure helpers on text: numbers, escapes, wrapping.
 */
#ifndef TEXT_H
#define TEXT_H

#include "reader.h"

bool text_to_u64(const char *s, u64 *value);
bool text_is_limit(const char *s);
bool text_is_hex(const char *s);
bool text_is_name(const char *s, size_t len);
bool text_is_clean(const char *s, size_t len);
void text_clean(char *s);
char *text_escape(const char *s);
void text_decode(char *dst, size_t size, const char *src);
bool text_has_word(const char *list, const char *word);
bool text_is_below(const char *path, const char *top);
const char *text_bytes(char *buf, size_t size, u64 bytes);
int text_wrap_command(FILE *out, int indent, const char *text, int width);
char *text_fold(const char *text, int width, int *lines);
int text_wrap(FILE *out, int indent, const char *text, int width);

#endif /* TEXT_H */
