/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/session.h"
#include "common/clock.h"
#include "ctl/cell.h"

#include <string.h>

enum { POLL_SECONDS = 20 };

int vmt_session_print(FILE *stream, struct vmt_text *text, int code)
{
    bool is_whole = !text->out_of_memory &&
                    fwrite(text->bytes ? text->bytes : "", 1, text->length, stream) == text->length && !fflush(stream);
    vmt_text_done(text);
    return is_whole || code ? code : VMT_EXIT_FAILED;
}

int vmt_session_complain(const struct vmt_session *session, int code, const char *sentence)
{
    struct vmt_text text = {0};
    vmt_text_add_string(&text, "virtmeterctl: ");
    vmt_cell_add_clean(&text, sentence, false);
    vmt_text_add(&text, "\n", 1);
    return vmt_session_print(session->err, &text, code);
}

int vmt_session_complain_of(const struct vmt_session *session, const struct vmt_answer *answer)
{
    struct vmt_text text = {0};
    const char *id = vmt_cell_text_at(answer->json, "operation.id");
    vmt_text_add_string(&text, "virtmeterctl: ");
    vmt_outcome_add_problem(&text, answer->json);
    if (id) {
        vmt_text_add_string(&text, " (operation ");
        vmt_cell_add_clean(&text, id, false);
        vmt_text_add_string(&text, ")");
    }
    vmt_text_add(&text, "\n", 1);
    return vmt_session_print(session->err, &text, (int)vmt_outcome_of_status(answer->status));
}

int vmt_session_ask(struct vmt_session *session, const struct vmt_request *request, struct vmt_answer *ret_answer)
{
    struct vmt_error error;
    int failed = vmt_client_ask(session->client, request, ret_answer, &error);
    if (failed)
        return vmt_session_complain(session, (int)vmt_outcome_of_failure(failed), error.text);
    if (ret_answer->status < 400)
        return VMT_EXIT_OK;
    int code = vmt_session_complain_of(session, ret_answer);
    vmt_answer_done(ret_answer);
    return code;
}

int vmt_session_show(struct vmt_session *session, const char *path)
{
    struct vmt_answer answer;
    struct vmt_text text = {0};
    int code = vmt_session_ask(session, &(struct vmt_request){.method = "GET", .path = path}, &answer);
    if (code)
        return code;
    vmt_view_add(&text, answer.json, &session->style);
    vmt_answer_done(&answer);
    return vmt_session_print(session->out, &text, VMT_EXIT_OK);
}

static bool is_running(const json_t *operation)
{
    const char *state = vmt_cell_text_at(operation, "state");
    return state && !strcmp(state, "running") && vmt_cell_text_at(operation, "id");
}

/* Asks for the operation again, for as long as the settings still say. */
static int await(struct vmt_session *session, struct vmt_answer *answer)
{
    const struct vmt_settings *settings = &session->invocation->settings;
    uint64_t end = settings->wait_s ? vmt_now_ns() + settings->wait_s * VMT_SECOND : VMT_NEVER;
    int code = VMT_EXIT_OK;
    while (!code && is_running(answer->json)) {
        uint64_t now = vmt_now_ns(), left_s = end > now ? (end - now + VMT_SECOND - 1) / VMT_SECOND : 0;
        unsigned wait_s = left_s < POLL_SECONDS ? (unsigned)left_s : POLL_SECONDS;
        struct vmt_text path = {0};
        if (!wait_s)
            break;
        vmt_text_add_string(&path, "/v1/operations/");
        vmt_client_encode(&path, vmt_cell_text_at(answer->json, "id"));
        vmt_text_printf(&path, "?wait=%u%c", wait_s, '\0');
        vmt_answer_done(answer);
        if (path.out_of_memory)
            code = vmt_session_complain(session, VMT_EXIT_FAILED, "no memory");
        else
            code = vmt_session_ask(
                session, &(struct vmt_request){.method = "GET", .path = path.bytes, .wait_s = wait_s}, answer);
        vmt_text_done(&path);
    }
    return code;
}

int vmt_session_finish(struct vmt_session *session, struct vmt_answer *answer, bool is_waiting)
{
    struct vmt_text text = {0};
    int code = is_waiting ? await(session, answer) : VMT_EXIT_OK;
    if (code)
        return code;
    vmt_view_add_operation(&text, answer->json, &session->style);
    code = vmt_session_print(session->out, &text, (int)vmt_outcome_of_operation(answer->json, is_waiting));
    const json_t *problem = json_object_get(answer->json, "problem");
    if (json_is_object(problem)) {
        vmt_text_add_string(&text, "virtmeterctl: ");
        vmt_outcome_add_problem(&text, problem);
        vmt_text_add(&text, "\n", 1);
        code = vmt_session_print(session->err, &text, code);
    }
    vmt_answer_done(answer);
    return code;
}

bool vmt_session_agrees(struct vmt_session *session, const char *question)
{
    char answer[16];
    if (!session->in_is_terminal)
        return false;
    fprintf(session->err, "%s [y/N] ", question);
    fflush(session->err);
    if (!fgets(answer, sizeof answer, session->in))
        return false;
    return !strcmp(answer, "y\n") || !strcmp(answer, "yes\n");
}
