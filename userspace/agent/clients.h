/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits the time of each connection.
 */
#ifndef AGENT_CLIENTS_H
#define AGENT_CLIENTS_H

#include "reader.h"

/*
 * For each listener, and for all of them together: with TLS and a large answer, one
 * takes about 64 KiB of locked memory.
 */
#define CLIENTS_MAX	24
#define CLIENTS_TOTAL	48

struct MHD_Connection;

/**
 * struct client - a connection
 * @conn: the library's connection, NULL for a free slot
 * @fd: its socket
 * @deadline: when it is disconnected, in ms of loop_now(); 0 if it was
 * @answering: an answer is being sent
 * @wait_until: how long it waits for events, 0 if it does not
 * @suspended: it is waiting: the library ignores it
 */
struct client {
	struct MHD_Connection *conn;
	int fd;
	long long deadline;
	bool answering;
	long long wait_until;
	bool suspended;
};

/**
 * struct clients - the connections of one listener
 * @max: how many there may be, at most CLIENTS_MAX
 * @client: their slots, of which the first @max are used
 */
struct clients {
	size_t max;
	struct client client[CLIENTS_MAX];
};

void clients_init(struct clients *cs, size_t nr_listeners);
struct client *clients_add(struct clients *cs, struct MHD_Connection *conn, int fd);
void clients_remove(struct client *client);
void client_expects(struct client *client);
void client_answers(struct client *client, long long more_ms);
void clients_cut_slow(struct clients *cs);
void clients_refuse(void);
u64 clients_refused(void);

#endif /* AGENT_CLIENTS_H */
