// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Limits the time of each connection.
 *
 * The library limits how long a client may be silent, but one that sends or reads a
 * byte now and then could stay for ever.  So each request, and each answer, has a
 * deadline.  When a listener is nearly full, the client that has waited longest
 * without sending a request is disconnected.
 *
 * A client is disconnected by shutting its socket down: the library then handles it
 * like one that has closed the connection.
 */
#include <string.h>
#include <sys/socket.h>

#include "agent/clients.h"
#include "agent/loop.h"

/* For a request, from the connection or the end of the last answer. */
#define REQUEST_MS	20000
/* For reading an answer. */
#define ANSWER_MS	20000
/* Slots that are kept free, so that the library never stops accepting connections. */
#define SPARE		2

static u64 refused;

static void cut(struct client *client)
{
	/* once is enough; the library closes it */
	client->deadline = 0;
	shutdown(client->fd, SHUT_RDWR);
}

/* The client that has waited longest without sending a request. */
static struct client *oldest(struct clients *cs)
{
	struct client *best = NULL, *c;

	for (c = cs->client; c < cs->client + CLIENTS_MAX; c++)
		if (c->conn && c->deadline && !c->answering &&
		    (!best || c->deadline < best->deadline))
			best = c;
	return best;
}

/* If all have sent one, the client with the first deadline. */
static struct client *first_due(struct clients *cs)
{
	struct client *best = NULL, *c;

	for (c = cs->client; c < cs->client + CLIENTS_MAX; c++)
		if (c->conn && c->deadline && (!best || c->deadline < best->deadline))
			best = c;
	return best;
}

/**
 * clients_init() - prepare the slots; to be called before a listener accepts connections
 * @cs: its connections
 * @nr_listeners: how many listeners there are; they share CLIENTS_TOTAL
 */
void clients_init(struct clients *cs, size_t nr_listeners)
{
	cs->max = CLIENTS_TOTAL / nr_listeners;
	if (cs->max > CLIENTS_MAX)
		cs->max = CLIENTS_MAX;
}

/**
 * clients_add() - a client has connected
 * @cs: the connections of the listener
 * @conn: the connection
 * @fd: its socket
 *
 * Return: the client's slot, NULL if there is none.
 */
struct client *clients_add(struct clients *cs, struct MHD_Connection *conn, int fd)
{
	struct client *slot = NULL, *c;
	unsigned int nr_free = 0;

	for (c = cs->client; c < cs->client + cs->max; c++) {
		if (c->conn)
			continue;
		nr_free++;
		slot = c;
	}
	if (nr_free <= SPARE) {
		c = oldest(cs);
		if (!c)
			c = first_due(cs);
		if (c)
			cut(c);
	}
	if (!slot)
		return NULL;
	*slot = (struct client){ .conn = conn, .fd = fd };
	client_expects(slot);
	return slot;
}

/**
 * clients_remove() - a connection was closed
 * @client: its slot
 */
void clients_remove(struct client *client)
{
	memset(client, 0, sizeof(*client));
}

/**
 * client_expects() - set the deadline of the next request
 * @client: who is to send it
 */
void client_expects(struct client *client)
{
	client->answering = false;
	client->wait_until = 0;
	client->deadline = loop_now() + REQUEST_MS;
}

/**
 * client_answers() - set the deadline of an answer
 * @client: who is to read it
 * @more_ms: how long the answer may be held back, at the client's request
 */
void client_answers(struct client *client, long long more_ms)
{
	client->answering = true;
	client->deadline = loop_now() + more_ms + ANSWER_MS;
}

/**
 * clients_refuse() - count a request that is refused
 */
void clients_refuse(void)
{
	refused++;
}

/**
 * clients_refused() - requests refused, and clients disconnected for being slow
 *
 * Return: their number, which only grows.
 */
u64 clients_refused(void)
{
	return refused;
}

/**
 * clients_cut_slow() - disconnect clients whose deadline has passed
 * @cs: the connections of a listener
 */
void clients_cut_slow(struct clients *cs)
{
	long long now = loop_now();
	struct client *c;

	for (c = cs->client; c < cs->client + CLIENTS_MAX; c++) {
		if (!c->conn || !c->deadline || c->deadline > now)
			continue;
		cut(c);
		clients_refuse();
	}
}
