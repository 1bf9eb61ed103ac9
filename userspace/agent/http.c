// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The HTTP server: GNU libmicrohttpd in our event loop, without threads.
 *
 * Plain TCP shows counts, but no names.  Names are shown on a Unix socket, whose mode
 * decides who can connect, and over TLS to clients with a certificate.
 */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "buf.h"
#include "agent/clients.h"
#include "agent/http.h"
#include "agent/event_text.h"
#include "agent/loop.h"
#include "agent/metrics.h"
#include "agent/request.h"
#include "agent/module_files.h"
#include "agent/status.h"
#include "proc.h"

/* For the header of a request, in each connection. */
#define REQUEST_BYTES	8192
/* Only a second line of defence: clients.c disconnects slow clients earlier. */
#define SILENT_S	60
#define WAIT_MOST_S	300
#define EVENTS_MOST	1000
#define ANSWER_BYTES	65536

#define TYPE_PROMETHEUS	"text/plain; version=0.0.4; charset=utf-8"
#define TYPE_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

struct server {
	struct MHD_Daemon *daemon;
	const struct listener *listener;
	bool tls;
	bool closed;		/* a connection was closed in this round of the library */
	struct clients clients;
	struct handler handler;
	struct timer timer;
};

static struct server servers[LISTEN_MAX];
static size_t nr_servers, nr_listeners;
static const struct http_options *opt;
static struct timer slow_timer;
static char answer[ANSWER_BYTES];

/* ---- answers ------------------------------------------------------------- */

static enum MHD_Result reply(struct MHD_Connection *conn, unsigned int status,
			     const char *type, const struct buf *b, const char *cursor)
{
	struct MHD_Response *r;
	enum MHD_Result ok;

	r = MHD_create_response_from_buffer(b->len, b->s, MHD_RESPMEM_MUST_COPY);
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, "Content-Type", type);
	MHD_add_response_header(r, "Cache-Control", "no-store");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(r, "Content-Security-Policy",
				"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
	if (cursor)
		MHD_add_response_header(r, "X-Forkfail-Cursor", cursor);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, "Allow", "GET, HEAD");
	ok = MHD_queue_response(conn, status, r);
	MHD_destroy_response(r);
	return ok;
}

static enum MHD_Result refuse(struct MHD_Connection *conn, unsigned int status,
			      const char *why)
{
	struct buf b;

	clients_refuse();
	buf_init(&b, answer, sizeof(answer));
	buf_add(&b, "%s\n", why);
	return reply(conn, status, "text/plain; charset=utf-8", &b, NULL);
}

/**
 * struct request - a request that is being answered
 * @server: the server that received it
 * @client: the client
 * @conn: its connection
 * @names: names are shown to it
 */
struct request {
	struct server *server;
	struct client *client;
	struct MHD_Connection *conn;
	bool names;
};

static const char *header(const struct request *rq, const char *name)
{
	return MHD_lookup_connection_value(rq->conn, MHD_HEADER_KIND, name);
}

static const char *argument(const struct request *rq, const char *name)
{
	return MHD_lookup_connection_value(rq->conn, MHD_GET_ARGUMENT_KIND, name);
}

static enum MHD_Result get_metrics(const struct request *rq)
{
	bool openmetrics = request_wants_openmetrics(header(rq, "Accept"));
	struct buf b;

	buf_init(&b, answer, sizeof(answer));
	metrics_write(&b, openmetrics, rq->names);
	return reply(rq->conn, MHD_HTTP_OK, openmetrics ? TYPE_OPENMETRICS : TYPE_PROMETHEUS,
		     &b, NULL);
}

static enum MHD_Result get_status(const struct request *rq)
{
	struct buf b;

	buf_init(&b, answer, sizeof(answer));
	status_write(&b, rq->names);
	return reply(rq->conn, MHD_HTTP_OK, "text/html; charset=utf-8", &b, NULL);
}

static enum MHD_Result get_healthy(const struct request *rq)
{
	struct buf b;

	buf_init(&b, answer, sizeof(answer));
	buf_add(&b, "forkfail-agent is healthy; the module is %s.\n",
		module_files_state() == MODULE_READ ? "loaded" :
		module_files_state() == MODULE_DENIED ? "not readable" : "not loaded");
	return reply(rq->conn, MHD_HTTP_OK, "text/plain; charset=utf-8", &b, NULL);
}

/* Add the events after @after that fit, and move @after on. */
static void add_events(struct buf *b, struct cursor *after, u64 limit)
{
	struct cursor load;
	const struct page *log = module_files_log(&load);
	bool goes_on = cursor_same_load(&load, after);
	size_t i;

	if (!log)
		return;
	if (!goes_on)
		*after = load;
	for (i = 0; i < log->nr_events && limit; i++) {
		const struct event *ev = &log->events[i];

		if (ev->seq <= after->seq)
			continue;
		if (goes_on && ev->seq > after->seq + 1)
			buf_add(b, "{\"lost\":%llu}\n", ev->seq - after->seq - 1);
		event_text_json(b, ev, &load);
		if (b->full)
			break;
		after->seq = ev->seq;
		limit--;
	}
}

static enum MHD_Result get_events(const struct request *rq)
{
	const char *after = argument(rq, "after");
	u64 wait = 0, limit = EVENTS_MOST;
	struct client *client = rq->client;
	struct cursor cursor = { .seq = 0 };
	char text[CURSOR_LEN];
	struct buf b;

	if (!rq->names)
		return refuse(rq->conn, MHD_HTTP_FORBIDDEN,
			      "Events contain names: request them on the agent's Unix socket.");
	if ((after && !cursor_parse(&cursor, after)) ||
	    !request_number(argument(rq, "wait"), WAIT_MOST_S, &wait) ||
	    !request_number(argument(rq, "limit"), EVENTS_MOST, &limit))
		return refuse(rq->conn, MHD_HTTP_BAD_REQUEST,
			      "/events?after=CURSOR&wait=SECONDS&limit=NUMBER; each event has its cursor.");
	buf_init(&b, answer, sizeof(answer));
	add_events(&b, &cursor, limit);
	if (!b.len && wait && !client->wait_until) {
		client->wait_until = loop_now() + (long long)wait * 1000;
		client_answers(client, (long long)wait * 1000);
	}
	if (!b.len && client->wait_until > loop_now() && client->deadline) {
		client->suspended = true;
		MHD_suspend_connection(rq->conn);
		return MHD_YES;
	}
	client->wait_until = 0;
	return reply(rq->conn, MHD_HTTP_OK, "application/x-ndjson", &b,
		     *cursor.boot ? cursor_text(text, &cursor) : NULL);
}

static const struct {
	const char *url;
	enum MHD_Result (*get)(const struct request *rq);
} routes[] = {
	{ "/", get_status },
	{ "/metrics", get_metrics },
	{ "/events", get_events },
	{ "/-/healthy", get_healthy },
};

/* Is there a client certificate that is signed by our CA? */
static bool has_certificate(struct MHD_Connection *conn)
{
	const union MHD_ConnectionInfo *info;
	unsigned int status = ~0u;

	info = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	return info && info->tls_session &&
	       !gnutls_certificate_verify_peers2(info->tls_session, &status) && !status;
}

static enum MHD_Result route(struct request *rq, const char *url)
{
	size_t i;

	if (rq->server->tls && !has_certificate(rq->conn))
		return refuse(rq->conn, MHD_HTTP_FORBIDDEN, "A client certificate is needed.");
	rq->names = rq->server->tls || rq->server->listener->local;
	for (i = 0; i < ARRAY_SIZE(routes); i++)
		if (!strcmp(url, routes[i].url))
			return routes[i].get(rq);
	return refuse(rq->conn, MHD_HTTP_NOT_FOUND,
		      "Try /, /metrics, /events or /-/healthy.");
}

static struct client *find_client(struct server *server, struct MHD_Connection *conn)
{
	size_t i;

	for (i = 0; i < CLIENTS_MAX; i++)
		if (server->clients.client[i].conn == conn)
			return &server->clients.client[i];
	return NULL;
}

/* Called by the library after the header, for each part of a body, and at the end. */
static enum MHD_Result handle(void *cls, struct MHD_Connection *conn, const char *url,
			      const char *method, const char *version __unused,
			      const char *upload __unused, size_t *upload_len,
			      void **seen)
{
	struct request rq = {
		.server = cls,
		.client = find_client(cls, conn),
		.conn = conn,
	};

	if (!rq.client)
		return MHD_NO;
	if (!*seen) {
		*seen = rq.client;
		if (!strcmp(method, "GET") || !strcmp(method, "HEAD"))
			return MHD_YES;
		client_answers(rq.client, 0);
		return refuse(conn, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only.");
	}
	if (*upload_len) {
		*upload_len = 0;
		return MHD_YES;
	}
	if (!rq.client->wait_until)
		client_answers(rq.client, 0);
	gethostname(opt->self, HTTP_SELF_LEN - 1);
	if (!request_host_ok(header(&rq, "Host"), opt->hosts, opt->nr_hosts) &&
	    (rq.server->listener->local || !request_host_is_self(header(&rq, "Host"), opt->self)))
		return refuse(conn, MHD_HTTP_FORBIDDEN,
			      "The Host header is not a name of this machine; --web.host=NAME allows another one.");
	return route(&rq, url);
}

/* ---- connections --------------------------------------------------------- */

static void connection(void *cls, struct MHD_Connection *conn, void **slot,
		       enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info;
	struct server *server = cls;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*slot)
			clients_remove(*slot);
		server->closed = true;
		return;
	}
	info = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	*slot = info ? clients_add(&server->clients, conn, info->connect_fd) : NULL;
}

static void completed(void *cls, struct MHD_Connection *conn, void **seen __unused,
		      enum MHD_RequestTerminationCode code __unused)
{
	struct client *client = find_client(cls, conn);

	if (client)
		client_expects(client);
}

/* The library's messages are about clients, which could cause any number of them. */
static void say_nothing(void *cls __unused, const char *fmt __unused, va_list ap __unused)
{
}

/* Resume clients that wait for events: all, or those that have waited long enough. */
static bool wake(struct server *server, bool all)
{
	long long now = loop_now();
	bool woken = false;
	struct client *c;

	for (c = server->clients.client; c < server->clients.client + CLIENTS_MAX; c++) {
		if (!c->suspended || (!all && c->deadline && c->wait_until > now))
			continue;
		c->suspended = false;
		MHD_resume_connection(c->conn);
		woken = true;
	}
	return woken;
}

static void run(struct server *server)
{
	MHD_UNSIGNED_LONG_LONG ms;

	server->closed = false;
	MHD_run(server->daemon);
	/* When full, it stops listening, and starts again in the round after a close. */
	if (wake(server, false) || server->closed)
		timer_in(&server->timer, 0);
	else if (MHD_get_timeout(server->daemon, &ms) == MHD_YES)
		timer_in(&server->timer, ms < 60000 ? (long long)ms : 60000);
}

static void server_timer(void *data)
{
	run(data);
}

static void server_ready(void *data, unsigned int events __unused)
{
	run(data);
}

static void look_for_slow(void *data __unused)
{
	size_t i;

	for (i = 0; i < nr_servers; i++) {
		clients_cut_slow(&servers[i].clients);
		if (wake(&servers[i], false))
			run(&servers[i]);
	}
	timer_in(&slow_timer, 1000);
}

/**
 * http_news() - there are new events: answer the clients that wait for them
 */
void http_news(void)
{
	size_t i;

	for (i = 0; i < nr_servers; i++)
		if (wake(&servers[i], true))
			run(&servers[i]);
}

/* ---- listeners ----------------------------------------------------------- */

/* For the library, which keeps it; exits if it cannot be read. */
static char *read_pem(const char *path)
{
	char *text = path ? proc_read("%s", path) : NULL;

	if (!text)
		dief(READER_NO_DATA, "%s: %s", path ? path : "certificate",
		     path ? strerror(errno) : "--web.tls-cert, -key and -client-ca are needed together");
	return text;
}

static void start(struct server *server)
{
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_END, 0, NULL },
		{ MHD_OPTION_END, 0, NULL },
		{ MHD_OPTION_END, 0, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};

	if (server->tls) {
		flags |= MHD_USE_TLS;
		tls[0].option = MHD_OPTION_HTTPS_MEM_CERT;
		tls[0].ptr_value = read_pem(opt->cert);
		tls[1].option = MHD_OPTION_HTTPS_MEM_KEY;
		tls[1].ptr_value = read_pem(opt->key);
		tls[2].option = MHD_OPTION_HTTPS_MEM_TRUST;
		tls[2].ptr_value = read_pem(opt->client_ca);
	}
	server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, server,
					  MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL,
					  MHD_OPTION_LISTEN_SOCKET, server->listener->fd,
					  MHD_OPTION_CONNECTION_LIMIT,
					  (unsigned int)server->clients.max,
					  MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES,
					  MHD_OPTION_CONNECTION_TIMEOUT, SILENT_S,
					  MHD_OPTION_NOTIFY_CONNECTION, connection, server,
					  MHD_OPTION_NOTIFY_COMPLETED, completed, server,
					  MHD_OPTION_ARRAY, tls,
					  MHD_OPTION_END);
}

/**
 * http_listen() - serve on a socket
 * @listener: the socket, which must stay
 *
 * Return: false if the library cannot use it.
 */
bool http_listen(const struct listener *listener)
{
	const union MHD_DaemonInfo *info;
	struct server *server;

	if (nr_servers == nr_listeners)
		return false;
	server = &servers[nr_servers];
	server->listener = listener;
	server->tls = opt->cert && !listener->local;
	clients_init(&server->clients, nr_listeners);
	start(server);
	info = server->daemon ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD) :
				NULL;
	if (!info)
		return false;
	nr_servers++;
	server->handler = (struct handler){ server_ready, server };
	server->timer = (struct timer){ .fire = server_timer, .data = server };
	loop_timer(&server->timer);
	loop_watch(info->epoll_fd, EPOLLIN, &server->handler);
	run(server);
	return true;
}

/**
 * http_init() - to be called before the first http_listen()
 * @options: how to answer; must stay
 * @nr: how often http_listen() will be called, at most LISTEN_MAX
 */
void http_init(const struct http_options *options, size_t nr)
{
	opt = options;
	nr_listeners = nr;
	slow_timer = (struct timer){ .fire = look_for_slow };
	loop_timer(&slow_timer);
	timer_in(&slow_timer, 1000);
}

/**
 * http_exit() - end all connections
 */
void http_exit(void)
{
	size_t i;

	for (i = 0; i < nr_servers; i++) {
		wake(&servers[i], true);
		MHD_stop_daemon(servers[i].daemon);
	}
	nr_servers = 0;
}
