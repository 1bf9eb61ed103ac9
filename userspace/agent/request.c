// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Those parts of a request that the agent parses itself; the library does the rest.
 * Without input or output, so that it can be fuzzed.
 */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "agent/request.h"
#include "text.h"

static bool is_literal(const char *host, size_t len)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr addr;

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, host, len);
	copy[len] = '\0';
	if (len > 2 && copy[0] == '[' && copy[len - 1] == ']') {
		copy[len - 1] = '\0';
		return inet_pton(AF_INET6, copy + 1, &addr) == 1;
	}
	return inet_pton(AF_INET, copy, &addr) == 1;
}

/* Of the name or address in a Host header, without the port; 0 if it is neither. */
static size_t host_len(const char *host)
{
	const char *port = strrchr(host, ':');

	if (port && strchr(port, ']'))
		port = NULL;
	if (port && !text_to_u64(port + 1, NULL))
		return 0;
	return port ? (size_t)(port - host) : strlen(host);
}

/**
 * request_host_ok() - is the request meant for this machine?
 * @host: the Host header, NULL if there is none
 * @allowed: names that are this machine's
 * @nr: how many
 *
 * A page from elsewhere can make a browser connect to a name of its own that resolves
 * to this machine (DNS rebinding), and read the answer.  It cannot do that with an
 * address, nor with one of our names.
 *
 * Return: false for any other name.
 */
bool request_host_ok(const char *host, const char * const *allowed, size_t nr)
{
	size_t len = host ? host_len(host) : 0, i;

	if (!len)
		return false;
	if (is_literal(host, len))
		return true;
	for (i = 0; i < nr; i++)
		if (strlen(allowed[i]) == len && !strncasecmp(host, allowed[i], len))
			return true;
	return false;
}

/**
 * request_host_is_self() - is it this machine's name, in whatever domain?
 * @host: the Host header, NULL if there is none
 * @self: the machine's name, with or without its domain
 *
 * Prometheus often uses a full name that the machine itself does not know.  Anybody
 * can create such a name in their own domain, so this is only for TCP sockets: they
 * show names of units and users to no client without a certificate.
 *
 * Return: true if so; never for localhost.
 */
bool request_host_is_self(const char *host, const char *self)
{
	size_t len = host ? host_len(host) : 0, label = strcspn(self, ".");

	return label && len >= label && !strncasecmp(host, self, label) &&
	       (len == label || host[label] == '.') &&
	       (label != strlen("localhost") || strncasecmp(self, "localhost", label));
}

/* The q= parameter of a media type, in thousandths. */
static unsigned int quality(const char *params, size_t len)
{
	unsigned int q = 0, scale = 1000;
	const char *p, *end = params + len;

	for (p = params; p + 3 < end; p++)
		if (*p == ';' && strspn(p + 1, " ") < (size_t)(end - p) &&
		    !strncasecmp(p + 1 + strspn(p + 1, " "), "q=", 2))
			break;
	if (p + 3 >= end)
		return 1000;
	p += 1 + strspn(p + 1, " ") + 2;
	for (; p < end && (*p == '.' || (*p >= '0' && *p <= '9')) && scale; p++) {
		if (*p == '.')
			continue;
		q += (unsigned int)(*p - '0') * scale;
		scale /= 10;
	}
	return q > 1000 ? 1000 : q;
}

/**
 * request_wants_openmetrics() - choose between the two text formats
 * @accept: the Accept header, NULL if there is none
 *
 * Return: true if OpenMetrics is accepted, and plain text is not preferred.
 */
bool request_wants_openmetrics(const char *accept)
{
	unsigned int open = 0, plain = 0, q;
	size_t len;

	if (!accept)
		return false;
	for (; *accept; accept += len + (accept[len] == ',')) {
		accept += strspn(accept, " \t");
		len = strcspn(accept, ",");
		q = quality(accept, len);
		if (!strncasecmp(accept, "application/openmetrics-text", 28) && q > open)
			open = q;
		if ((!strncasecmp(accept, "text/plain", 10) ||
		     !strncasecmp(accept, "text/*", 6)) && q > plain)
			plain = q;
	}
	return open && open >= plain;
}

/**
 * request_number() - parse a number of the query
 * @s: its text, NULL if it is missing
 * @most: larger numbers are reduced to this
 * @value: receives it; unchanged if it is missing
 *
 * Return: false if it is not a number.
 */
bool request_number(const char *s, u64 most, u64 *value)
{
	u64 n;

	if (!s)
		return true;
	if (!text_to_u64(s, &n))
		return false;
	*value = n < most ? n : most;
	return true;
}
