/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request, from what a client sent to a row with arguments. Pure: no socket, no libvirt; everything that lasts is
 * copied into the request's own memory. It is filled by one thread and not changed afterwards.
 */
#ifndef VIRTMETER_ADMIN_REQUEST_H
#define VIRTMETER_ADMIN_REQUEST_H

#include "admin/digest.h"
#include "admin/problem.h"
#include "admin/route.h"

enum {
    VMT_BODY_MAX = 64 * 1024,
    VMT_BODY_BIG_MAX = 1280 * 1024, /* of a document of a mebibyte, with what JSON puts around its characters */
    VMT_JSON_DEPTH_MAX = 16,
    VMT_WAIT_MAX = 3600, /* seconds */
    VMT_KEY_MAX = 64,
};

/* What the query of every action may say, beside the parameters of its row. */
enum vmt_option_of_action {
    VMT_OPTION_WAIT,
    VMT_OPTION_DRY_RUN,
    VMT_OPTION_STRICT,
    VMT_OPTION_PREPARE,
    VMT_OPTION_IF_STATE,
    VMT_OPTION_IF_UUID,
    VMT_OPTION_COUNT,
};

/* Rows by number, ended by one without a name. */
extern const struct vmt_param vmt_request_options[];

/* Zeroed memory is a request that says nothing. */
struct vmt_request {
    struct vmt_arena arena;
    const struct vmt_action *action;
    const char *id; /* of the path; "" when it has none */
    struct vmt_arguments arguments;
    struct vmt_argument options[VMT_OPTION_COUNT];
    const char *key, *token; /* Idempotency-Key, Confirm-Token; NULL: none */
    bool is_json;            /* Content-Type says so */
    bool has_content_type;
    char fingerprint[VMT_DIGEST_TEXT_SIZE]; /* of the action, the id and the arguments */
    const char *parameters;                 /* the arguments as one text, the same for the same arguments */
};

void vmt_request_done(struct vmt_request *request);

/*
 * Finds the row. 0; or -EINVAL with the problem, and for a wrong method the right one in *ret_allowed (otherwise NULL).
 * `path` is percent-encoded.
 */
int vmt_request_begin(struct vmt_request *request, const char *method, const char *path, const char **ret_allowed,
                      struct vmt_problem *problem);

/* The following are called once for each header and parameter; 0, or -EINVAL with the problem. */
int vmt_request_header(struct vmt_request *request, const char *name, const char *value, struct vmt_problem *problem);

/* As it stands in the query, percent-encoded; `value` may be NULL. */
int vmt_request_query(struct vmt_request *request, const char *name, const char *value, struct vmt_problem *problem);

/* The most bytes that the body may have. */
size_t vmt_request_body_max(const struct vmt_request *request);

/* Takes the body, of which nothing is kept but copies; may be empty. */
int vmt_request_body(struct vmt_request *request, const char *bytes, size_t length, struct vmt_problem *problem);

/* After all of these: fills in what was not given, and checks what belongs together. */
int vmt_request_finish(struct vmt_request *request, struct vmt_problem *problem);

#endif
