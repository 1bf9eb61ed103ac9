/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes JSON to stdout, piece by piece.
 */
#ifndef JSON_H
#define JSON_H

#include "reader.h"

/* Increased when a key is removed or changes its meaning; see forkfail(8). */
#define JSON_SCHEMA	1

/**
 * struct json - a document that is being written
 * @depth: how many brackets are open
 * @more: there is something in the innermost of them
 * @line: all of it on one line (JSON Lines)
 */
struct json {
	unsigned int depth;
	bool more;
	bool line;
};

void json_open(struct json *json, const char *key, char bracket);
void json_close(struct json *json, char bracket);
void json_string(struct json *json, const char *key, const char *value);
void json_number(struct json *json, const char *key, const char *value);
void json_u64(struct json *json, const char *key, u64 value);
void json_bool(struct json *json, const char *key, bool value);

#endif /* JSON_H */
