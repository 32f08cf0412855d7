/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command on its way: asks the daemon, prints, and says how it ended. One thread.
 */
#ifndef VIRTMETER_CTL_SESSION_H
#define VIRTMETER_CTL_SESSION_H

#include "ctl/client.h"
#include "ctl/invocation.h"
#include "ctl/outcome.h"
#include "ctl/view.h"

#include <stdio.h>

struct vmt_session {
    const struct vmt_invocation *invocation;
    struct vmt_client *client; /* NULL for what is local */
    FILE *in, *out, *err;
    bool in_is_terminal;
    struct vmt_style style;
};

/* Each runs a command and returns an enum vmt_exit. */
int vmt_session_act(struct vmt_session *session); /* any row of the action table */
int vmt_session_operation(struct vmt_session *session);
int vmt_session_events(struct vmt_session *session);
int vmt_session_whoami(struct vmt_session *session);
int vmt_session_version(struct vmt_session *session);
int vmt_session_completion(struct vmt_session *session);
int vmt_session_help(struct vmt_session *session); /* also of `COMMAND --help` */

/* Adds this program's version. */
void vmt_session_add_version(struct vmt_text *text);

/* What they share. */

/* Writes a text to a stream and empties it; the exit code that follows from that, or `code`. */
int vmt_session_print(FILE *stream, struct vmt_text *text, int code);

/* Says on standard error why it failed. Returns `code`. */
int vmt_session_complain(const struct vmt_session *session, int code, const char *sentence);

/* Says what a problem says, and returns its exit code. */
int vmt_session_complain_of(const struct vmt_session *session, const struct vmt_answer *answer);

/* Asks; complains of what is not an answer below 400. VMT_EXIT_OK and an answer, or an exit code. */
int vmt_session_ask(struct vmt_session *session, const struct vmt_request *request, struct vmt_answer *ret_answer);

/* GETs a path and shows what comes. */
int vmt_session_show(struct vmt_session *session, const char *path);

/*
 * Shows an operation, if `is_waiting` when it has ended or --wait has. Takes the answer.
 */
int vmt_session_finish(struct vmt_session *session, struct vmt_answer *answer, bool is_waiting);

/* Asks a question on the terminal; false also when there is none. */
bool vmt_session_agrees(struct vmt_session *session, const char *question);

#endif
