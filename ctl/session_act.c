/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/cell.h"
#include "ctl/document.h"
#include "ctl/session.h"

#include <assert.h>
#include <string.h>

/* What ends at once is waited for although nobody asked to wait, so that its failure is seen. */
enum { SHORT_WAIT_SECONDS = 2, LONG_WAIT_SECONDS = 20 };

static json_t *value_of(const struct vmt_param *param, const struct vmt_argument *argument)
{
    switch (param->type) {
    case VMT_PARAM_BOOL:
        return json_boolean(argument->number);
    case VMT_PARAM_WORD:
        return json_string(param->words[argument->number]);
    case VMT_PARAM_NUMBER:
    case VMT_PARAM_SECONDS:
    case VMT_PARAM_BYTES:
        return json_integer((json_int_t)argument->number);
    default:
        return json_string(argument->text);
    }
}

/* The body; `document` is what an XML parameter's file holds. */
static json_t *make_body(const struct vmt_invocation *invocation, const char *document)
{
    const struct vmt_action *action = invocation->command.action;
    json_t *body = json_object();
    for (unsigned i = 0; body && action->params[i].name; i++) {
        struct vmt_argument argument = invocation->arguments.values[i];
        if (!argument.is_given)
            continue;
        if (action->params[i].type == VMT_PARAM_XML)
            argument.text = document;
        if (!json_object_set_new(body, action->params[i].name, value_of(&action->params[i], &argument)))
            continue;
        json_decref(body);
        return NULL;
    }
    return body;
}

struct query {
    struct vmt_text *path;
    char mark; /* what the next parameter begins with */
};

static void add_query(struct query *query, const char *name, const char *value)
{
    if (!value)
        return;
    vmt_text_printf(query->path, "%c%s=", query->mark, name);
    vmt_client_encode(query->path, value);
    query->mark = '&';
}

static void add_arguments(struct query *query, const struct vmt_invocation *invocation)
{
    const struct vmt_param *params = invocation->command.action->params;
    for (unsigned i = 0; params[i].name; i++) {
        const struct vmt_argument *argument = &invocation->arguments.values[i];
        if (!argument->is_given)
            continue;
        json_t *value = value_of(&params[i], argument);
        char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
        add_query(query, params[i].name, text ? text : json_string_value(value));
        free(text);
        json_decref(value);
    }
}

static unsigned first_wait(const struct vmt_settings *settings)
{
    if (!settings->is_waiting)
        return SHORT_WAIT_SECONDS;
    return settings->wait_s && settings->wait_s < LONG_WAIT_SECONDS ? settings->wait_s : LONG_WAIT_SECONDS;
}

static void add_settings(struct query *query, const struct vmt_settings *settings, bool is_preparing)
{
    char seconds[16];
    snprintf(seconds, sizeof seconds, "%u", first_wait(settings));
    add_query(query, "if_state", settings->if_state);
    add_query(query, "if_uuid", settings->if_uuid);
    add_query(query, "strict", settings->is_strict ? "1" : NULL);
    add_query(query, "dry_run", settings->is_dry_run ? "1" : NULL);
    add_query(query, "prepare", is_preparing ? "1" : NULL);
    add_query(query, "wait", is_preparing ? NULL : seconds);
}

/* The row's path with the target in its place, and the query. Ended by a zero byte. */
static void add_path(struct vmt_text *path, const struct vmt_invocation *invocation, bool is_preparing)
{
    static const char *const place = "{id}";
    const struct vmt_action *action = invocation->command.action;
    const char *hole = strstr(action->path, place);
    struct query query = {path, '?'};
    vmt_text_add(path, action->path, hole ? (size_t)(hole - action->path) : strlen(action->path));
    if (hole) {
        vmt_client_encode(path, invocation->target);
        vmt_text_add_string(path, hole + strlen(place));
    }
    if (action->flags & VMT_ACTION_READS)
        add_arguments(&query, invocation);
    else
        add_settings(&query, &invocation->settings, is_preparing);
    vmt_text_add(path, "", 1);
}

/* One request of an action; `ret_code` is the exit code where there is no answer. */
static int post(struct vmt_session *session, const json_t *body, const char *token, bool is_preparing,
                struct vmt_answer *ret_answer)
{
    const struct vmt_settings *settings = &session->invocation->settings;
    struct vmt_text path = {0};
    struct vmt_error error;
    add_path(&path, session->invocation, is_preparing);
    if (path.out_of_memory) {
        vmt_text_done(&path);
        return vmt_session_complain(session, VMT_EXIT_FAILED, "no memory");
    }
    struct vmt_request request = {.method = "POST",
                                  .path = path.bytes,
                                  .body = body,
                                  .idempotency_key = is_preparing ? NULL : settings->key,
                                  .confirm_token = token,
                                  .wait_s = is_preparing ? 0 : first_wait(settings)};
    int failed = vmt_client_ask(session->client, &request, ret_answer, &error);
    vmt_text_done(&path);
    return failed ? vmt_session_complain(session, (int)vmt_outcome_of_failure(failed), error.text) : VMT_EXIT_OK;
}

/* Shows what will be lost. */
static void show_losses(struct vmt_session *session, const json_t *preparation)
{
    struct vmt_text text = {0};
    size_t i;
    json_t *sentence;
    vmt_cell_add(&text, "", vmt_cell_at(preparation, "target.kind"));
    vmt_text_add_string(&text, " ");
    vmt_cell_add(&text, "", vmt_cell_at(preparation, "target.name"));
    vmt_text_add_string(&text, " (");
    vmt_cell_add(&text, "", vmt_cell_at(preparation, "target.uuid"));
    vmt_text_add_string(&text, "), ");
    vmt_cell_add(&text, "", json_object_get(preparation, "state"));
    vmt_text_add_string(&text, ":\n");
    json_array_foreach(json_object_get(preparation, "loses"), i, sentence)
    {
        vmt_text_add_string(&text, "  - ");
        vmt_cell_add(&text, "", sentence);
        vmt_text_add(&text, "\n", 1);
    }
    vmt_session_print(session->err, &text, 0);
}

/* Shows what will be lost, unless it is agreed and nobody wants to read, and asks. */
static bool is_confirmed(struct vmt_session *session, const json_t *preparation)
{
    const struct vmt_settings *settings = &session->invocation->settings;
    char question[64];
    if (!settings->is_agreed || settings->output != VMT_OUTPUT_QUIET)
        show_losses(session, preparation);
    snprintf(question, sizeof question, "%s?", session->invocation->command.name);
    return settings->is_agreed || vmt_session_agrees(session, question);
}

/* An answer that is an outcome: a refusal, or an operation. Takes it. */
static int conclude(struct vmt_session *session, struct vmt_answer *answer)
{
    if (answer->status < 400)
        return vmt_session_finish(session, answer, session->invocation->settings.is_waiting);
    int code = vmt_session_complain_of(session, answer);
    vmt_answer_done(answer);
    return code;
}

/* In two steps, whether or not the daemon would insist on them. */
static int run_in_two_steps(struct vmt_session *session, const json_t *body)
{
    bool can_ask = session->invocation->settings.is_agreed || session->in_is_terminal;
    struct vmt_answer preparation = {0}, answer = {0};
    int code = post(session, body, NULL, true, &preparation);
    if (code)
        return code;
    const char *token = vmt_cell_text_at(preparation.json, "token");
    if (!token) /* it is refused, or there is nothing to do */
        return conclude(session, &preparation);
    if (!is_confirmed(session, preparation.json))
        code = vmt_session_complain(session, VMT_EXIT_NOT_PERMITTED,
                                    can_ask ? "not done" : "not done: say --yes, for there is no terminal to ask on");
    else
        code = post(session, body, token, false, &answer);
    vmt_answer_done(&preparation);
    return code ? code : conclude(session, &answer);
}

static int run_action(struct vmt_session *session, const json_t *body)
{
    const struct vmt_invocation *invocation = session->invocation;
    struct vmt_demand demand = vmt_action_demand(invocation->command.action, &invocation->arguments);
    struct vmt_answer answer = {0};
    if (demand.destroys && !invocation->settings.is_dry_run)
        return run_in_two_steps(session, body);
    int code = post(session, body, NULL, false, &answer);
    return code ? code : conclude(session, &answer);
}

static int run_read(struct vmt_session *session)
{
    struct vmt_text path = {0};
    add_path(&path, session->invocation, false);
    int code = path.out_of_memory ? vmt_session_complain(session, VMT_EXIT_FAILED, "no memory")
                                  : vmt_session_show(session, path.bytes);
    vmt_text_done(&path);
    return code;
}

/* Reads the document that the action takes, if it takes one. */
static int read_document(struct vmt_session *session, struct vmt_text *document)
{
    const struct vmt_invocation *invocation = session->invocation;
    for (unsigned i = 0; invocation->command.action->params[i].name; i++) {
        struct vmt_error error;
        if (invocation->command.action->params[i].type != VMT_PARAM_XML)
            continue;
        int failed = vmt_document_read(invocation->arguments.values[i].text, session->in, document, &error);
        return failed ? vmt_session_complain(session, VMT_EXIT_FAILED, error.text) : VMT_EXIT_OK;
    }
    return VMT_EXIT_OK;
}

int vmt_session_act(struct vmt_session *session)
{
    struct vmt_text document = {0};
    if (session->invocation->command.action->flags & VMT_ACTION_READS)
        return run_read(session);
    int code = read_document(session, &document);
    json_t *body = code ? NULL : make_body(session->invocation, document.bytes);
    if (body)
        code = run_action(session, body);
    else if (!code)
        code = vmt_session_complain(session, VMT_EXIT_FAILED, "an argument is not UTF-8");
    json_decref(body);
    vmt_text_done(&document);
    return code;
}
