// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections, and how long each may take.
 *
 * The library limits how long a client is silent; one that sends or takes a byte now
 * and then could stay for ever.  So each request, and each answer, has a time by
 * which it must be over.  When a listener is nearly full, the client that has had a
 * connection without an answer for longest makes room.
 *
 * Whoever is cut is told by the library like one that has hung up.
 */
#include <string.h>
#include <sys/socket.h>

#include "agent/clients.h"
#include "agent/loop.h"

/* For a request, from the connection or the end of the last answer on. */
#define REQUEST_MS	20000
/* To take an answer. */
#define ANSWER_MS	20000
/* Slots that are kept free, so that the library never stops accepting. */
#define SPARE		2

static u64 refused;

static void cut(struct client *client)
{
	/* once only: it is the library that closes it */
	client->deadline = 0;
	shutdown(client->fd, SHUT_RDWR);
}

/* The one that has waited longest without asking for anything. */
static struct client *oldest(struct clients *cs)
{
	struct client *best = NULL, *c;

	for (c = cs->client; c < cs->client + CLIENTS_MAX; c++)
		if (c->conn && c->deadline && !c->answering &&
		    (!best || c->deadline < best->deadline))
			best = c;
	return best;
}

/* ... or, if all have asked, the one whose time is up first. */
static struct client *first_due(struct clients *cs)
{
	struct client *best = NULL, *c;

	for (c = cs->client; c < cs->client + CLIENTS_MAX; c++)
		if (c->conn && c->deadline && (!best || c->deadline < best->deadline))
			best = c;
	return best;
}

/**
 * clients_add() - somebody has connected
 * @cs: the connections of his listener
 * @conn: his connection
 * @fd: its socket
 *
 * Return: his slot, NULL if there is none.
 */
struct client *clients_add(struct clients *cs, struct MHD_Connection *conn, int fd)
{
	struct client *slot = NULL, *c;
	unsigned int nr_free = 0;

	for (c = cs->client; c < cs->client + CLIENTS_MAX; c++) {
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
 * clients_remove() - he is gone
 * @client: his slot
 */
void clients_remove(struct client *client)
{
	memset(client, 0, sizeof(*client));
}

/**
 * client_expects() - a request is expected
 * @client: from him
 */
void client_expects(struct client *client)
{
	client->answering = false;
	client->wait_until = 0;
	client->deadline = loop_now() + REQUEST_MS;
}

/**
 * client_answers() - he has asked, and is answered
 * @client: he
 * @more_ms: time that he wanted to wait before that
 */
void client_answers(struct client *client, long long more_ms)
{
	client->answering = true;
	client->deadline = loop_now() + more_ms + ANSWER_MS;
}

/**
 * clients_refuse() - somebody does not get what he asked for
 */
void clients_refuse(void)
{
	refused++;
}

/**
 * clients_refused() - how many were refused, or cut because they were slow
 *
 * Return: the number, which only grows.
 */
u64 clients_refused(void)
{
	return refused;
}

/**
 * clients_cut_slow() - end those who take too long
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
