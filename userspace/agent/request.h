/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Those parts of a request that the agent parses itself.
 */
#ifndef AGENT_REQUEST_H
#define AGENT_REQUEST_H

#include "reader.h"

#define HOSTS_MAX	8

bool request_host_ok(const char *host, const char * const *allowed, size_t nr);
bool request_host_is_self(const char *host, const char *self);
bool request_wants_openmetrics(const char *accept);
bool request_number(const char *s, u64 most, u64 *value);

#endif /* AGENT_REQUEST_H */
