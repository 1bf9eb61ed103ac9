/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HTTP server.
 */
#ifndef AGENT_HTTP_H
#define AGENT_HTTP_H

#include "agent/listen.h"

#define HTTP_SELF_LEN	72

/**
 * struct http_options - how to answer
 * @hosts: names of this machine, for the Host header
 * @nr_hosts: how many
 * @self: HTTP_SELF_LEN bytes for what this machine calls itself, which may change
 * @cert: path of the server's certificate, for TLS on TCP sockets; NULL for none
 * @key: path of its key
 * @client_ca: path of the CA certificates for clients
 */
struct http_options {
	const char *hosts[8];
	size_t nr_hosts;
	char *self;
	const char *cert, *key, *client_ca;
};

void http_init(const struct http_options *options, size_t nr);
bool http_listen(const struct listener *listener);
void http_news(void);
void http_exit(void);

#endif /* AGENT_HTTP_H */
