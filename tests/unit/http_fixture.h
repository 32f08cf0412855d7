/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real HTTP server on the loopback in front of a fake host, and clients that write and read bytes.
 */
#ifndef VIRTMETER_TESTS_HTTP_FIXTURE_H
#define VIRTMETER_TESTS_HTTP_FIXTURE_H

#include "common/clock.h"
#include "exporter/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The fake host answers … */
enum fake_answer {
    ANSWER_AT_ONCE,     /* … while it is being asked */
    ANSWER_AT_DEADLINE, /* … when the request's deadline comes */
    ANSWER_LATER,       /* … when fake_answer_all() is called */
    ANSWER_NEVER_ASKED, /* … that it has no memory */
};

struct lab {
    struct vmt_http_options options;
    struct vmt_http *http;
    struct vmt_host *host;
    unsigned port;
};

/* A server with the defaults of the fixture, changed by `change` when that is not NULL. */
struct lab *lab_open(void (*change)(struct vmt_http_options *options));

/* Ends the server as the exporter's main program does: drained, the host first. */
void lab_close(struct lab *lab);

void fake_host_set(struct vmt_host *host, enum fake_answer answer);
void fake_host_connect(struct vmt_host *host);
void fake_host_fill(struct vmt_host *host, unsigned domains); /* what its snapshots hold from now on */
void fake_answer_all(struct vmt_host *host);
void fake_answer_all_without_memory(struct vmt_host *host);

/* Waits until `count` requests wait for their answer. */
void fake_wait_for(struct vmt_host *host, unsigned count);

/* Of the last request. */
vmt_collectors fake_asked_collectors(const struct vmt_host *host);
uint64_t fake_asked_patience_ns(const struct vmt_host *host);

/* A connection to the server; reads time out after ten seconds. */
int client_open(const struct lab *lab);
void client_send(int fd, const char *text);

/* Sends a request for `path` with `headers`, each ended by CRLF. */
void client_get(int fd, const char *path, const char *headers);

struct reply {
    int status; /* 0: the connection was closed without an answer */
    char head[2048];
    char *body;
    size_t length;
    bool is_cut; /* the body ended early */
};

/* Reads one answer; `has_body` is false for HEAD. */
struct reply client_read(int fd, bool has_body);
void reply_done(struct reply *reply);

/* The value of a header, in a buffer of the thread, or "" when it is not there. */
const char *reply_header(const struct reply *reply, const char *name);

bool reply_has(const struct reply *reply, const char *part);

/* One request on a connection of its own. */
struct reply fetch(const struct lab *lab, const char *path, const char *headers);

#endif
