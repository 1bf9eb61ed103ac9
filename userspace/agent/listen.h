/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets to listen on.
 */
#ifndef AGENT_LISTEN_H
#define AGENT_LISTEN_H

#include "reader.h"

#define LISTEN_MAX	8

/**
 * struct listener - a socket that listens
 * @fd: the socket
 * @local: it is a Unix socket: its mode decides who can connect
 * @name: its address, for messages
 */
struct listener {
	int fd;
	bool local;
	char name[128];
};

size_t listen_inherited(struct listener *to, size_t room);
bool listen_on(struct listener *to, const char *address);

#endif /* AGENT_LISTEN_H */
