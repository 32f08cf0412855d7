/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to the daemon: HTTP over its Unix socket, JSON in both directions. Looks at no proxy, follows nobody to
 * another place. What an answer means is for others. One thread.
 */
#ifndef VIRTMETER_CTL_CLIENT_H
#define VIRTMETER_CTL_CLIENT_H

#include "common/error.h"
#include "serve/text.h"

#include <jansson.h>

struct vmt_client;

struct vmt_request {
    const char *method;                          /* GET or POST */
    const char *path;                            /* with the query, percent-encoded */
    const json_t *body;                          /* or NULL */
    const char *idempotency_key, *confirm_token; /* or NULL */
    unsigned wait_s;                             /* that the daemon may take longer, because it was asked to wait */
};

struct vmt_answer {
    long status;
    json_t *json; /* an object */
};

/* The socket and how long to wait for an answer, in seconds. 0 or a negative errno. */
int vmt_client_new(const char *socket, unsigned timeout_s, struct vmt_client **ret_client, struct vmt_error *error);
void vmt_client_free(struct vmt_client *client);

/*
 * Asks and waits. 0 and an answer, whatever its status; -ECONNREFUSED when nobody can be reached, -ETIMEDOUT when no
 * answer came in time, -EPROTO when it was none, -ENOMEM.
 */
int vmt_client_ask(struct vmt_client *client, const struct vmt_request *request, struct vmt_answer *ret_answer,
                   struct vmt_error *error);

/* Gives back what an answer holds. */
void vmt_answer_done(struct vmt_answer *answer);

/* Takes bytes as they come; false ends it. */
typedef bool vmt_client_take(void *arg, const char *bytes, size_t length);

/*
 * As vmt_client_ask, for an answer without an end: calls `take` until that says false (0), the daemon ends it
 * (-ECONNRESET), or so many seconds have passed (-ETIMEDOUT; 0: never). When the status is not 200 the answer is filled
 * in instead.
 */
int vmt_client_follow(struct vmt_client *client, const char *path, unsigned seconds, vmt_client_take *take, void *arg,
                      struct vmt_answer *ret_answer, struct vmt_error *error);

/* Adds `string` as it may stand in a path or a query. */
void vmt_client_encode(struct vmt_text *text, const char *string);

#endif
