/* SPDX-License-Identifier: Apache-2.0 */
#include "common/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More different failures at once are one failure: of the host. */
enum { FAILURES_MAX = 256 };

struct failure {
    const char *call; /* a literal */
    char *object;     /* NULL: the host */
    int code;
    bool is_current; /* came up since the last turn */
};

struct vmt_journal {
    vmt_notify *notify;
    void *arg;
    unsigned count;
    struct failure failures[FAILURES_MAX];
};

struct vmt_journal *vmt_journal_new(vmt_notify *notify, void *arg)
{
    struct vmt_journal *journal = calloc(1, sizeof *journal);
    if (!journal)
        return NULL;
    journal->notify = notify;
    journal->arg = arg;
    return journal;
}

void vmt_journal_free(struct vmt_journal *journal)
{
    for (unsigned i = 0; journal && i < journal->count; i++)
        free(journal->failures[i].object);
    free(journal);
}

static void tell(const struct vmt_journal *journal, enum vmt_notice_kind kind, const struct failure *failure,
                 const char *text)
{
    struct vmt_notice notice = {.kind = kind, .object = failure->object, .text = text};
    if (journal->notify)
        journal->notify(journal->arg, &notice);
}

static bool is_of(const struct failure *failure, const struct vmt_call_error *error)
{
    const char *left = failure->object ? failure->object : "", *right = error->object ? error->object : "";
    return failure->code == error->code && !strcmp(failure->call, error->call) && !strcmp(left, right);
}

static void add(struct vmt_journal *journal, const struct vmt_call_error *error)
{
    for (unsigned i = 0; i < journal->count; i++) {
        if (!is_of(&journal->failures[i], error))
            continue;
        journal->failures[i].is_current = true;
        return;
    }
    if (journal->count == FAILURES_MAX)
        return;
    struct failure *failure = &journal->failures[journal->count++];
    *failure = (struct failure){.call = error->call, .code = error->code, .is_current = true};
    failure->object = error->object ? strdup(error->object) : NULL;
    char text[512];
    snprintf(text, sizeof text, "%s failed: %s (code %d, domain %d)", error->call,
             error->message ? error->message : "no reason given", error->code, error->domain);
    tell(journal, VMT_NOTICE_CALL_FAILED, failure, text);
}

void vmt_journal_add(struct vmt_journal *journal, const struct vmt_part *part)
{
    for (const struct vmt_call_error *error = part->errors; error; error = error->next)
        add(journal, error);
}

void vmt_journal_turn(struct vmt_journal *journal)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < journal->count; i++) {
        struct failure *failure = &journal->failures[i];
        if (failure->is_current) {
            failure->is_current = false;
            journal->failures[kept++] = *failure;
            continue;
        }
        char text[128];
        snprintf(text, sizeof text, "%s works again", failure->call);
        tell(journal, VMT_NOTICE_CALL_RECOVERED, failure, text);
        free(failure->object);
    }
    journal->count = kept;
}
