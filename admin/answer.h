/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client gets: a status, a few headers and a document. Filled by one thread, then only read.
 */
#ifndef VIRTMETER_ADMIN_ANSWER_H
#define VIRTMETER_ADMIN_ANSWER_H

#include "admin/operation.h"
#include "admin/request.h"
#include "serve/text.h"

/* Zeroed memory is no answer. */
struct vmt_answer {
    unsigned status;
    const char *content_type; /* constant */
    struct vmt_text body;
    unsigned retry_after;            /* seconds; 0: none */
    char location[VMT_OPERATION_ID]; /* the id of the operation to ask for; "": none */
    const char *allow;               /* methods; NULL: none. Constant */
    bool is_replay;                  /* of an earlier request with the same key */
    bool closes;                     /* the connection shall not be used again */
    enum vmt_problem_kind problem;
};

void vmt_answer_done(struct vmt_answer *answer);

/* Takes a reference of `json`; NULL, for which there was no memory, becomes a problem. */
void vmt_answer_json(struct vmt_answer *answer, unsigned status, json_t *json);

/* What an answer is to: the number of the request, and its path as it was sent (NULL: not known). */
struct vmt_asked {
    uint64_t id;
    const char *path;
};

/* `operation` may be NULL. */
void vmt_answer_problem(struct vmt_answer *answer, const struct vmt_problem *problem, const struct vmt_asked *asked,
                        struct vmt_operation *operation);

/* How an operation stands: 202 while it runs, 200 or 201 when it succeeded, otherwise its problem. */
void vmt_answer_operation(struct vmt_answer *answer, const struct vmt_asked *asked, struct vmt_operation *operation);

#endif
