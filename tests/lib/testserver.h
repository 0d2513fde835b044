/* A tiny HTTP/1.1 server whose answers are written down beforehand: bytes as
 * they go over the wire, wrong ones too, and what it does to the connection.
 *
 * It lives on one thread with real sockets on 127.0.0.1. What it heard and how
 * many connections it took can be asked at any time. */
#ifndef TESTS_TESTSERVER_H
#define TESTS_TESTSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What happens after the head and body of a request were read. */
enum testserver_act {
    TESTSERVER_SAY,  /* the bytes, and the connection stays */
    TESTSERVER_LAST, /* the bytes, and the connection is closed */
    TESTSERVER_DROP, /* closed without a byte */
    TESTSERVER_HOLD, /* nothing until testserver_release(), then the bytes */
    TESTSERVER_HOLD_RESET, /* the same, and then the connection is reset */
    TESTSERVER_FLOOD,      /* the bytes, then `flood` bytes more, then closed */
    TESTSERVER_TRICKLE,    /* the bytes, then a byte each 5 ms until cut off */
};

struct testserver_line {
    const char *path; /* without the query */
    enum testserver_act act;
    const char *bytes;
    size_t flood;
};

struct testserver;

/* `lines` end with a path of NULL and live as long as the server; a path that
 * is not among them is answered with 404. */
struct testserver *testserver_new(const struct testserver_line *lines);
void testserver_free(struct testserver *server);

uint16_t testserver_port(const struct testserver *server);
/* Connections taken so far. */
unsigned testserver_accepts(struct testserver *server);
/* From now on connections are reset before anything is read. */
void testserver_refuse(struct testserver *server);
/* Answers what is held, and holds nothing any more; returns when that is
 * done. */
void testserver_release(struct testserver *server);

/* Requests heard so far, and the whole text of one of them (freed by the
 * caller; NULL where there is none). */
unsigned testserver_heard(struct testserver *server);
char *testserver_request(struct testserver *server, unsigned index);

/* A port on which nobody listens: bound and closed again. */
uint16_t testserver_no_port(void);

#endif
