/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/completion.h"
#include "ctl/session.h"
#include "ctl/stream.h"
#include "ctl/usage.h"

#include <string.h>

/* ---- operations */

int vmt_session_operation(struct vmt_session *session)
{
    const struct vmt_invocation *invocation = session->invocation;
    const char *word = invocation->operands[0], *id = invocation->operands[1];
    bool is_list = !strcmp(word, "list"), is_wait = !strcmp(word, "wait");
    if (is_list == (id != NULL))
        return vmt_session_complain(session, VMT_EXIT_USAGE,
                                    is_list ? "operation list wants nothing more" : "which operation?");
    if (is_list)
        return vmt_session_show(session, "/v1/operations");
    struct vmt_text path = {0};
    struct vmt_answer answer;
    vmt_text_add_string(&path, "/v1/operations/");
    vmt_client_encode(&path, id);
    vmt_text_add(&path, "", 1);
    int code = path.out_of_memory ? vmt_session_complain(session, VMT_EXIT_FAILED, "no memory") : VMT_EXIT_OK;
    if (!code && !is_wait)
        code = vmt_session_show(session, path.bytes);
    else if (!code &&
             !(code = vmt_session_ask(session, &(struct vmt_request){.method = "GET", .path = path.bytes}, &answer)))
        code = vmt_session_finish(session, &answer, true);
    vmt_text_done(&path);
    return code;
}

/* ---- events */

struct watcher {
    struct vmt_session *session;
    int code; /* of printing */
};

static bool show_event(void *arg, const char *name, const char *data)
{
    struct watcher *watcher = arg;
    const struct vmt_settings *settings = &watcher->session->invocation->settings;
    struct vmt_text text = {0};
    json_t *event = json_loads(data, 0, NULL);
    if (json_is_object(event)) {
        json_object_set_new(event, "type", json_string(name));
        vmt_view_add_event(&text, name, event, &watcher->session->style);
        watcher->code = vmt_session_print(watcher->session->out, &text, VMT_EXIT_OK);
    }
    json_decref(event);
    return settings->is_following && !watcher->code;
}

int vmt_session_events(struct vmt_session *session)
{
    struct watcher watcher = {session, VMT_EXIT_OK};
    struct vmt_stream stream = {.event = show_event, .arg = &watcher};
    struct vmt_answer answer;
    struct vmt_error error;
    int failed = vmt_client_follow(session->client, "/v1/events", session->invocation->settings.wait_s, vmt_stream_take,
                                   &stream, &answer, &error);
    vmt_stream_done(&stream);
    if (failed)
        return vmt_session_complain(session, (int)vmt_outcome_of_failure(failed), error.text);
    if (!answer.json)
        return watcher.code;
    int code = vmt_session_complain_of(session, &answer);
    vmt_answer_done(&answer);
    return code;
}

/* ---- the rest */

int vmt_session_whoami(struct vmt_session *session)
{
    return vmt_session_show(session, "/v1/whoami");
}

void vmt_session_add_version(struct vmt_text *text)
{
    vmt_text_add_string(text, "virtmeterctl " VIRTMETER_VERSION " (revision " VIRTMETER_REVISION ")\n");
}

int vmt_session_version(struct vmt_session *session)
{
    struct vmt_answer answer;
    struct vmt_text text = {0};
    int code = vmt_session_ask(session, &(struct vmt_request){.method = "GET", .path = "/v1/version"}, &answer);
    json_t *versions = json_pack("{s{ssss}sO*}", "client", "version", VIRTMETER_VERSION, "revision", VIRTMETER_REVISION,
                                 "daemon", code ? NULL : answer.json);
    vmt_view_add(&text, versions, &session->style);
    json_decref(versions);
    if (!code)
        vmt_answer_done(&answer);
    return vmt_session_print(session->out, &text, code);
}

int vmt_session_completion(struct vmt_session *session)
{
    struct vmt_text text = {0};
    vmt_text_add_string(&text, vmt_completion_script(session->invocation->operands[0]));
    return vmt_session_print(session->out, &text, VMT_EXIT_OK);
}

int vmt_session_help(struct vmt_session *session)
{
    struct vmt_text text = {0};
    struct vmt_command command = session->invocation->command;
    const char *name = session->invocation->settings.wants_help ? command.name : session->invocation->operands[0];
    if (name && !vmt_command_find(name, &command)) {
        vmt_text_printf(&text, "virtmeterctl: unknown command '%s'; ", name);
        vmt_usage_add_nearest(&text, name);
        vmt_text_add(&text, "\n", 1);
        return vmt_session_print(session->err, &text, VMT_EXIT_USAGE);
    }
    if (name)
        vmt_usage_add_command(&text, &command);
    else
        vmt_usage_add(&text);
    return vmt_session_print(session->out, &text, VMT_EXIT_OK);
}
