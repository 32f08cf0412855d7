/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/subject.h"
#include "common/document.h"
#include "common/lifecycle/read.h"
#include "common/lifecycle/run.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void vmt_subject_init(struct vmt_subject *subject, const struct vmt_request *request)
{
    *subject = (struct vmt_subject){.arguments = request->arguments};
}

void vmt_subject_done(struct vmt_subject *subject)
{
    vmt_definition_done(&subject->definition);
}

static void set_made(struct vmt_subject *subject, const char *name, const char *uuid)
{
    subject->is_made = true;
    snprintf(subject->name, sizeof subject->name, "%s", name);
    subject->made = (struct vmt_thing){.target = VMT_TARGET_DOMAIN, .name = subject->name};
    snprintf(subject->made.uuid, sizeof subject->made.uuid, "%s", uuid);
    for (char *at = subject->made.uuid; *at; at++)
        *at = (char)tolower((unsigned char)*at);
}

/* Lets the document through, or not. */
static int take_document(struct vmt_subject *subject, int place, const struct vmt_domain_limits *limits,
                         struct vmt_problem *problem)
{
    struct vmt_error error;
    struct vmt_argument *xml = &subject->arguments.values[place];
    int failed = vmt_domain_filter(xml->text, limits, &subject->definition, &error);
    if (failed)
        return vmt_problem_set(problem, failed == -ENOMEM ? VMT_PROBLEM_INTERNAL : VMT_PROBLEM_XML_REFUSED, "%s",
                               error.text);
    xml->text = subject->definition.xml;
    set_made(subject, subject->definition.name, subject->definition.uuid);
    return 0;
}

static int take_identity(struct vmt_subject *subject, const char *xml, struct vmt_error *error)
{
    struct vmt_document document;
    int failed = vmt_document_open(xml, "domain", &document, error);
    if (failed)
        return failed;
    const char *name = vmt_document_text(&document, vmt_document_child(document.root, "name"));
    const char *uuid = vmt_document_text(&document, vmt_document_child(document.root, "uuid"));
    if (name && uuid && vmt_is_uuid(uuid))
        set_made(subject, name, uuid);
    else
        failed = vmt_error_set(error, -EINVAL, "it does not say whose it is");
    vmt_document_done(&document);
    return failed;
}

/* Whose memory is in a saved file. */
static int take_saved(struct vmt_subject *subject, struct vmt_act *act, struct vmt_problem *problem)
{
    struct vmt_error error;
    char *path = vmt_act_saved_path(act);
    char *xml = path ? virDomainSaveImageGetXMLDesc(act->control->connection, path, 0) : NULL;
    if (path && !xml)
        vmt_act_fail(act, "virDomainSaveImageGetXMLDesc");
    if (!xml)
        vmt_problem_take(problem, &act->failure);
    else if (take_identity(subject, xml, &error))
        vmt_problem_set(problem, VMT_PROBLEM_LIBVIRT_ERROR, "the saved domain: %s", error.text);
    free(xml);
    free(path);
    return problem->kind ? -EINVAL : 0;
}

static int find(struct vmt_act *act, enum vmt_target target, const char *id, struct vmt_problem *problem)
{
    if (!vmt_thing_find(act->control, target, id, &act->thing, &act->failure))
        return 0;
    vmt_problem_take(problem, &act->failure);
    /* In the same words as for one that the caller may not know of. */
    if (problem->kind == VMT_PROBLEM_NOT_FOUND)
        vmt_problem_set(problem, VMT_PROBLEM_NOT_FOUND, "there is no %s '%.200s'", vmt_target_names[target], id);
    return -EINVAL;
}

/* The domain that has the identity already, by its UUID or by its name. */
static int find_existing(struct vmt_subject *subject, struct vmt_act *act, struct vmt_problem *problem)
{
    const char *const ids[] = {subject->made.uuid, subject->made.name};
    for (unsigned i = 0; i < 2; i++) {
        if (!*ids[i])
            continue;
        if (!find(act, VMT_TARGET_DOMAIN, ids[i], problem))
            return 0;
        if (problem->kind != VMT_PROBLEM_NOT_FOUND)
            return -EINVAL;
        *problem = (struct vmt_problem){0};
        act->failure = (struct vmt_failure){0};
    }
    act->thing = subject->made;
    return 0;
}

int vmt_subject_find(struct vmt_subject *subject, struct vmt_act *act, const struct vmt_request *request,
                     const struct vmt_domain_limits *limits, struct vmt_problem *problem)
{
    enum vmt_target target = act->action->target;
    int xml = vmt_action_param(act->action, "xml");
    if (target == VMT_TARGET_DOMAIN || target == VMT_TARGET_NETWORK || target == VMT_TARGET_POOL)
        return find(act, target, request->id, problem);
    if (act->action->flags & VMT_ACTION_READS)
        return 0;
    int failed = xml >= 0 ? take_document(subject, xml, limits, problem) : take_saved(subject, act, problem);
    return failed ? failed : find_existing(subject, act, problem);
}

json_t *vmt_subject_describe(struct vmt_act *act)
{
    if (act->thing.domain)
        return vmt_read_domain_info(act);
    int failed = act->thing.network ? vmt_run_network(act) : vmt_run_pool(act);
    json_t *shown = failed ? NULL : act->answer;
    act->answer = NULL;
    return shown;
}

static void add(json_t *losses, const char *sentence)
{
    json_array_append_new(losses, json_string(sentence));
}

json_t *vmt_subject_losses(const struct vmt_act *act, const json_t *shown)
{
    json_t *losses = json_array();
    bool forgets = !strcmp(act->action->name, "undefine");
    if (act->action->loses)
        add(losses, act->action->loses);
    if (!act->thing.domain)
        return losses;
    if (!act->thing.is_persistent)
        add(losses, "The domain itself: it is transient, and gone when it stops.");
    if (forgets && vmt_act_bool(act, "managed_save") && json_is_true(json_object_get(shown, "managed_save")))
        add(losses, "The memory that was saved for its next start.");
    if (forgets && vmt_act_bool(act, "snapshots_metadata") && json_integer_value(json_object_get(shown, "snapshots")))
        add(losses, "What libvirt knows of its snapshots; their data stays.");
    const char *nvram = forgets ? vmt_act_word(act, "nvram") : NULL;
    if (nvram && !strcmp(nvram, "remove") && json_is_true(json_object_get(shown, "nvram")))
        add(losses, "Its NVRAM: the firmware's settings and boot entries.");
    return losses;
}
