/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char no_memory[] = "{\"type\":\"urn:virtmeter:problem:internal\",\"title\":\"The daemon failed\","
                                "\"status\":500,\"detail\":\"no memory\"}\n";

void vmt_answer_done(struct vmt_answer *answer)
{
    vmt_text_done(&answer->body);
    *answer = (struct vmt_answer){0};
}

static void fill(struct vmt_answer *answer, unsigned status, const char *content_type, json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    answer->status = status;
    answer->content_type = content_type;
    vmt_text_reset(&answer->body);
    if (text) {
        vmt_text_add_string(&answer->body, text);
        vmt_text_add(&answer->body, "\n", 1);
    }
    if (!text || answer->body.out_of_memory) {
        answer->status = 500;
        answer->content_type = "application/problem+json";
        vmt_text_reset(&answer->body);
        vmt_text_add(&answer->body, no_memory, sizeof no_memory - 1);
    }
    free(text);
    json_decref(json);
}

void vmt_answer_json(struct vmt_answer *answer, unsigned status, json_t *json)
{
    fill(answer, status, "application/json", json);
}

void vmt_answer_problem(struct vmt_answer *answer, const struct vmt_problem *problem, const struct vmt_asked *asked,
                        struct vmt_operation *operation)
{
    char id[24];
    json_t *json = vmt_problem_json(problem);
    snprintf(id, sizeof id, "%" PRIu64, asked->id);
    if (json)
        json_object_set_new(json, "request_id", json_string(id));
    if (json && asked->path)
        json_object_set_new(json, "instance", json_string(asked->path));
    if (json && operation)
        json_object_set_new(json, "operation", vmt_operation_json(operation));
    answer->problem = problem->kind;
    answer->retry_after = problem->retry_after;
    fill(answer, vmt_problem_row(problem->kind)->status, "application/problem+json", json);
}

void vmt_answer_operation(struct vmt_answer *answer, const struct vmt_asked *asked, struct vmt_operation *operation)
{
    struct vmt_operation_view view;
    vmt_operation_view(operation, &view);
    if (view.state != VMT_OPERATION_RUNNING && view.problem.kind) {
        vmt_answer_problem(answer, &view.problem, asked, operation);
    } else if (view.state == VMT_OPERATION_RUNNING) {
        snprintf(answer->location, sizeof answer->location, "%s", view.id);
        answer->retry_after = 1;
        vmt_answer_json(answer, 202, vmt_operation_json(operation));
    } else {
        bool has_made = view.action && view.action->flags & VMT_ACTION_BIG_BODY;
        vmt_answer_json(answer, has_made ? 201 : 200, vmt_operation_json(operation));
    }
}
