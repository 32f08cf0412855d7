/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/admin_private.h"
#include "admin/history.h"
#include "admin/trusted_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READERS = 8, READ_QUEUE = 64, RESCUERS = 4 };

static struct vmt_call *call_of(struct vmt_job *job)
{
    return (struct vmt_call *)((char *)job - offsetof(struct vmt_call, job));
}

static void run_job(struct vmt_job *job, struct vmt_control *control)
{
    struct vmt_call *call = call_of(job);
    if (call->request.action->flags & VMT_ACTION_READS)
        vmt_conduct_read(call->admin, call, control);
    else
        vmt_conduct_action(call->admin, call, control);
    vmt_call_unref(call);
}

/* What waits for guests, or hangs, keeps neither reads from being done nor what may end the waiting. */
static struct vmt_crew *crew_for(struct vmt_admin *admin, const struct vmt_action *action)
{
    if (action->flags & VMT_ACTION_READS)
        return admin->readers;
    return action->flags & VMT_ACTION_BESIDE ? admin->rescuers : admin->writers;
}

void vmt_admin_submit(struct vmt_admin *admin, struct vmt_call *call)
{
    struct vmt_problem problem;
    call->admin = admin;
    call->job.run = run_job;
    vmt_desk_enter(admin->desk, call, vmt_now_ns() + admin->options.read_timeout_ns);
    vmt_call_ref(call);
    if (!vmt_crew_submit(crew_for(admin, call->request.action), &call->job))
        return;
    vmt_problem_set(&problem, VMT_PROBLEM_OVERLOADED, "too much is waiting for libvirt already");
    problem.retry_after = 1;
    vmt_desk_refuse(admin->desk, call, &problem, NULL);
    vmt_call_unref(call);
}

void vmt_admin_wait(struct vmt_admin *admin, struct vmt_call *call, struct vmt_operation *operation, uint64_t until_ns)
{
    vmt_desk_enter(admin->desk, call, VMT_NEVER);
    if (vmt_desk_begin(admin->desk, call, operation, until_ns))
        vmt_desk_operation_changed(admin->desk, operation); /* it may have ended just now */
}

static void on_operation(void *arg, struct vmt_operation *operation)
{
    struct vmt_admin *admin = arg;
    vmt_desk_operation_changed(admin->desk, operation);
    if (admin->options.operation_changed)
        admin->options.operation_changed(admin->options.arg, operation);
}

static void on_happening(void *arg, const struct vmt_happening *happening)
{
    struct vmt_admin *admin = arg;
    if (admin->options.happened)
        admin->options.happened(admin->options.arg, happening);
}

static void on_tick(void *arg)
{
    struct vmt_admin *admin = arg;
    if (admin->options.tick)
        admin->options.tick(admin->options.arg);
}

struct vmt_roles *vmt_admin_roles(struct vmt_admin *admin)
{
    pthread_mutex_lock(&admin->lock);
    struct vmt_roles *roles = vmt_roles_ref(admin->roles);
    pthread_mutex_unlock(&admin->lock);
    return roles;
}

int vmt_admin_reload(struct vmt_admin *admin, struct vmt_error *error)
{
    struct vmt_roles *fresh;
    int failed =
        vmt_roles_read(admin->options.roles_file, admin->options.roles_owner, &vmt_roles_system, &fresh, error);
    if (failed)
        return failed;
    pthread_mutex_lock(&admin->lock);
    struct vmt_roles *old = admin->roles;
    admin->roles = fresh;
    pthread_mutex_unlock(&admin->lock);
    vmt_roles_unref(old);
    return 0;
}

/* It will never be known better what became of it: so that it is not looked for for ever. */
static void close_unfinished(struct vmt_admin *admin, const struct vmt_history_operation *past)
{
    struct vmt_error error;
    const struct vmt_peer peer = {
        .uid = past->uid, .gid = past->gid, .groups = past->groups, .group_count = past->group_count, .pid = past->pid};
    const struct vmt_audit_act act = {.peer = &peer,
                                      .operation = past->operation,
                                      .request = past->request,
                                      .key = past->key,
                                      .fingerprint = past->fingerprint,
                                      .action = past->action,
                                      .target = past->target,
                                      .uuid = past->uuid,
                                      .name = past->name};
    const struct vmt_audit_result result = {.result = vmt_operation_states[VMT_OPERATION_UNKNOWN],
                                            .detail = "the daemon ended before it did",
                                            .changed = -1};
    if (vmt_audit_result(admin->audit, vmt_wall_ns(), &act, &result, &error))
        vmt_admin_audit_failed(admin, &error);
}

/* What was begun just before a restart counts as if there had been none. */
static void hold_brake(struct vmt_admin *admin, const struct vmt_history_operation *past, uint64_t wall_ns)
{
    const struct vmt_action *action = vmt_action_find(past->action);
    uint64_t now_ns = vmt_now_ns(), age_ns = wall_ns > past->began_ns ? wall_ns - past->began_ns : 0;
    const struct vmt_brake_change change = {
        .uid = past->uid, .uuid = past->uuid, .is_stop = action && action->flags & VMT_ACTION_STOPS};
    if (age_ns < now_ns)
        vmt_brake_remember(admin->brake, now_ns - age_ns, &change);
}

/* The operations of an earlier process: what is known of them, and the keys that must not act twice. */
static int restore(struct vmt_admin *admin, struct vmt_error *error)
{
    struct vmt_history *history = vmt_history_new();
    if (!history)
        return vmt_error_set(error, -ENOMEM, "no memory for the audit file");
    int failed = vmt_history_read(history, admin->options.audit_file, geteuid(), error);
    if (!failed) {
        unsigned count;
        uint64_t now_ns = vmt_wall_ns();
        vmt_history_forget_before(history, now_ns > VMT_OPERATION_LIFE_NS ? now_ns - VMT_OPERATION_LIFE_NS : 0);
        const struct vmt_history_operation *past = vmt_history_operations(history, &count);
        for (unsigned i = 0; i < count; i++) {
            vmt_operations_restore(admin->operations, &past[i]);
            hold_brake(admin, &past[i], now_ns);
            if (!past[i].ended_ns)
                close_unfinished(admin, &past[i]);
        }
    }
    vmt_history_free(history);
    return failed;
}

static int make_parts(struct vmt_admin *admin, struct vmt_error *error)
{
    const struct vmt_admin_options *options = &admin->options;
    admin->brake = vmt_brake_new(&options->limits);
    admin->confirm = vmt_confirm_new();
    admin->stats = vmt_stats_new();
    admin->operations = vmt_operations_new(on_operation, admin);
    admin->readers = vmt_crew_new("vmt-read", READERS, READ_QUEUE);
    admin->writers = vmt_crew_new("vmt-act", options->max_operations, options->max_operations);
    admin->rescuers = vmt_crew_new("vmt-rescue", RESCUERS, RESCUERS);
    if (!admin->brake || !admin->confirm || !admin->stats || !admin->operations || !admin->readers || !admin->writers ||
        !admin->rescuers)
        return vmt_error_set(error, -ENOMEM, "no memory");
    /* A saved domain is believed to be what this host saved: its XML is nobody's request. */
    int failed = options->save_directory ? vmt_trusted_folder_check(options->save_directory, error) : 0;
    if (!failed)
        failed = vmt_admin_reload(admin, error);
    if (!failed)
        failed = vmt_audit_new(options->audit_file, options->audit_copy_fd, &admin->audit, error);
    return failed ? failed : restore(admin, error);
}

static int start(struct vmt_admin *admin, struct vmt_error *error)
{
    const struct vmt_admin_options *options = &admin->options;
    const struct vmt_desk_options desk = {
        .operations = admin->operations, .wait_max = options->max_waiting, .tick = on_tick, .arg = admin};
    const struct vmt_lifecycle_options lifecycle = {.uri = options->uri,
                                                    .credentials_file = options->credentials_file,
                                                    .save_directory = options->save_directory,
                                                    .migrate_uris = options->migrate_uris,
                                                    .digest = vmt_digest_text,
                                                    .notify = vmt_log_notice,
                                                    .notify_arg = (void *)options->log,
                                                    .happened = on_happening,
                                                    .happened_arg = admin};
    int failed = vmt_desk_new(&desk, &admin->desk);
    if (failed)
        return vmt_error_set(error, failed, "cannot start a thread: %s", strerror(-failed));
    return vmt_lifecycle_new(&lifecycle, &admin->lifecycle, error);
}

/* False when one of their threads hangs. */
static bool free_crews(struct vmt_admin *admin, uint64_t until_ns)
{
    struct vmt_crew **const crews[] = {&admin->readers, &admin->writers, &admin->rescuers};
    for (size_t i = 0; i < sizeof crews / sizeof *crews; i++) {
        if (!vmt_crew_free(*crews[i], until_ns))
            return false;
        *crews[i] = NULL;
    }
    return true;
}

static void free_parts(struct vmt_admin *admin)
{
    vmt_desk_free(admin->desk);
    vmt_operations_free(admin->operations);
    vmt_stats_free(admin->stats);
    vmt_confirm_free(admin->confirm);
    vmt_brake_free(admin->brake);
    vmt_audit_free(admin->audit);
    vmt_roles_unref(admin->roles);
    pthread_mutex_destroy(&admin->lock);
    free(admin);
}

int vmt_admin_new(const struct vmt_admin_options *options, struct vmt_admin **ret_admin, struct vmt_error *error)
{
    struct vmt_admin *admin = calloc(1, sizeof *admin);
    if (!admin)
        return vmt_error_set(error, -ENOMEM, "no memory");
    admin->options = *options;
    admin->domain_limits = vmt_domain_limits_default;
    if (options->image_folders)
        admin->domain_limits.image_folders = options->image_folders;
    pthread_mutex_init(&admin->lock, NULL);
    int failed = make_parts(admin, error);
    if (!failed)
        failed = start(admin, error);
    if (failed) {
        free_crews(admin, VMT_NEVER);
        free_parts(admin);
    } else {
        *ret_admin = admin;
    }
    return failed;
}

void vmt_admin_dismiss(struct vmt_admin *admin)
{
    vmt_desk_dismiss(admin->desk);
}

bool vmt_admin_free(struct vmt_admin *admin, uint64_t until_ns)
{
    if (!free_crews(admin, until_ns) || !vmt_lifecycle_free(admin->lifecycle, until_ns))
        return false;
    free_parts(admin);
    return true;
}

struct vmt_operations *vmt_admin_operations(struct vmt_admin *admin)
{
    return admin->operations;
}

struct vmt_stats *vmt_admin_stats(struct vmt_admin *admin)
{
    return admin->stats;
}

bool vmt_admin_is_connected(struct vmt_admin *admin)
{
    return vmt_lifecycle_is_connected(admin->lifecycle);
}
