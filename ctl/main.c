/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/cell.h"
#include "ctl/completion.h"
#include "ctl/session.h"
#include "ctl/usage.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMPLETION_SECONDS = 2 };

/* A completion never complains: it has nothing to offer then. */
static void name_list(void *arg, const struct vmt_settings *settings, const char *path, struct vmt_text *text)
{
    struct vmt_client *client;
    struct vmt_answer answer;
    (void)arg;
    if (vmt_client_new(settings->socket, COMPLETION_SECONDS, &client, NULL))
        return;
    if (!vmt_client_ask(client, &(struct vmt_request){.method = "GET", .path = path}, &answer, NULL)) {
        if (answer.status == 200)
            vmt_view_add(text, answer.json, &(struct vmt_style){.output = VMT_OUTPUT_QUIET});
        vmt_answer_done(&answer);
    }
    vmt_client_free(client);
}

static int complete(int count, const char *const *words)
{
    struct vmt_text text = {0};
    vmt_completion_add(&text, words, (unsigned)count, name_list, NULL);
    return vmt_session_print(stdout, &text, VMT_EXIT_OK);
}

static int refuse(const struct vmt_session *session, const struct vmt_error *error, const char *unknown)
{
    struct vmt_text text = {0};
    vmt_text_add_string(&text, error->text);
    if (unknown) {
        vmt_text_add_string(&text, "; ");
        vmt_usage_add_nearest(&text, unknown);
    }
    vmt_text_add_string(&text, " (try --help)");
    vmt_text_add(&text, "", 1);
    vmt_session_complain(session, VMT_EXIT_USAGE, text.out_of_memory ? error->text : text.bytes);
    vmt_text_done(&text);
    return VMT_EXIT_USAGE;
}

static bool has_colours(bool is_terminal)
{
    const char *refused = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return is_terminal && !(refused && *refused) && terminal && strcmp(terminal, "dumb") != 0;
}

static int run(struct vmt_session *session)
{
    const struct vmt_invocation *invocation = session->invocation;
    struct vmt_error error;
    struct vmt_text text = {0};
    if (invocation->settings.wants_version) {
        vmt_session_add_version(&text);
        return vmt_session_print(session->out, &text, VMT_EXIT_OK);
    }
    if (invocation->settings.wants_help)
        return vmt_session_help(session);
    if (invocation->command.is_local)
        return invocation->command.run(session);
    if (vmt_client_new(invocation->settings.socket, invocation->settings.timeout_s, &session->client, &error))
        return vmt_session_complain(session, VMT_EXIT_FAILED, error.text);
    int code = invocation->command.run(session);
    vmt_client_free(session->client);
    return code;
}

int main(int count, char **arguments)
{
    const char *const *words = (const char *const *)arguments;
    struct vmt_invocation invocation;
    struct vmt_error error;
    struct vmt_session session = {.invocation = &invocation, .in = stdin, .out = stdout, .err = stderr};
    setlocale(LC_CTYPE, "C.UTF-8"); /* for the width of characters; what is printed is UTF-8 anyway */
    if (count > 1 && !strcmp(words[1], vmt_completion_command))
        return complete(count - 2, words + 2);
    session.in_is_terminal = isatty(STDIN_FILENO);
    const char *unknown = NULL;
    int failed = vmt_invocation_parse(count, words, &invocation, &unknown, &error);
    bool is_terminal = isatty(STDOUT_FILENO);
    session.style = (struct vmt_style){invocation.settings.output, has_colours(is_terminal), is_terminal};
    return failed ? refuse(&session, &error, unknown) : run(&session);
}
