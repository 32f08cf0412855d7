/* SPDX-License-Identifier: Apache-2.0 */
#include "common/lifecycle/act.h"
#include "common/clock.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often to look while events are waited for: they are quicker, this is for the one that is lost. */
static const uint64_t POLL = 500 * VMT_MS;

static const struct vmt_argument *argument(const struct vmt_act *act, const char *name)
{
    int place = vmt_action_param(act->action, name);
    assert(place >= 0);
    return &act->arguments->values[place];
}

bool vmt_act_bool(const struct vmt_act *act, const char *name)
{
    return argument(act, name)->number;
}

uint64_t vmt_act_number(const struct vmt_act *act, const char *name)
{
    return argument(act, name)->number;
}

const char *vmt_act_text(const struct vmt_act *act, const char *name)
{
    return argument(act, name)->text;
}

const char *vmt_act_word(const struct vmt_act *act, const char *name)
{
    const struct vmt_argument *given = argument(act, name);
    const struct vmt_param *param = &act->action->params[vmt_action_param(act->action, name)];
    return given->is_given ? param->words[given->number] : NULL;
}

int vmt_act_fail(struct vmt_act *act, const char *function)
{
    return vmt_failure_take(&act->failure, function);
}

int vmt_act_done(struct vmt_act *act, int result, const char *function)
{
    if (result < 0)
        return vmt_act_fail(act, function);
    act->has_changed = true;
    return 0;
}

/* On a new connection, in place of one that was lost. False: not yet. */
static bool look_again(struct vmt_act *act)
{
    struct vmt_failure failure = {0};
    struct vmt_control fresh = {0};
    struct vmt_thing found;
    if (vmt_control_open(act->lifecycle, &fresh, 0, &failure))
        return false;
    if (vmt_thing_find(&fresh, VMT_TARGET_DOMAIN, act->thing.uuid, &found, &failure)) {
        vmt_control_close(&fresh);
        act->thing.state = VMT_STATE_SHUTOFF;
        act->thing.is_persistent = false;
        return failure.kind == VMT_FAILURE_NOT_FOUND;
    }
    vmt_thing_done(&act->thing); /* it holds the old connection */
    vmt_control_close(act->control);
    act->thing = found;
    *act->control = fresh;
    return true;
}

/* Reads the domain's state anew. False: it cannot be read now. */
static bool look(struct vmt_act *act)
{
    struct vmt_failure ignored = {0};
    return vmt_control_is_lost(act->control) ? look_again(act) : !vmt_thing_refresh(&act->thing, &ignored);
}

static bool is_in(const struct vmt_thing *thing, vmt_states states)
{
    return VMT_STATE_BIT(thing->state) & states;
}

int vmt_act_await(struct vmt_act *act, unsigned events, vmt_states states, uint64_t until_ns)
{
    for (;;) {
        bool has_happened = vmt_vigil_wait(act->lifecycle, &act->vigil, events, 0);
        bool is_known = look(act);
        if (has_happened || (is_known && is_in(&act->thing, states)))
            return 0;
        uint64_t now_ns = vmt_now_ns();
        if (now_ns >= until_ns)
            return -ETIME;
        vmt_vigil_wait(act->lifecycle, &act->vigil, events, until_ns - now_ns > POLL ? now_ns + POLL : until_ns);
    }
}

void vmt_act_step(struct vmt_act *act, const char *step)
{
    if (act->on_step)
        act->on_step(act->on_step_arg, step);
}

int vmt_act_settle(struct vmt_act *act, unsigned events, vmt_states states)
{
    if (!vmt_act_await(act, events, states, act->until_ns))
        return 0;
    vmt_failure_set(&act->failure, VMT_FAILURE_UNKNOWN, "libvirt has done it, and '%s' is %s", act->thing.name,
                    vmt_state_names[act->thing.state]);
    return -ETIME;
}

/*
 * The daemon went away during the call. What became of it can be seen only where the row says what it leads to.
 */
static int judge_lost(struct vmt_act *act)
{
    struct vmt_failure call = act->failure;
    act->failure = (struct vmt_failure){0};
    bool can_tell = act->action->done && act->thing.domain;
    if (can_tell && !vmt_act_await(act, 0, act->action->done, act->until_ns)) {
        act->has_changed = true;
        return 0;
    }
    act->failure = call;
    act->failure.kind = VMT_FAILURE_UNKNOWN;
    return -ETIME;
}

int vmt_act_check(struct vmt_act *act)
{
    return act->action->check ? act->action->check(act) : 0;
}

int vmt_act_run(struct vmt_act *act)
{
    bool reads = act->action->flags & VMT_ACTION_READS;
    int refused = vmt_act_check(act);
    if (refused)
        return refused;
    if (act->thing.domain && !reads)
        vmt_vigil_begin(act->lifecycle, &act->vigil, act->thing.uuid);
    int failed = act->action->run(act);
    if (failed && !reads && act->failure.kind == VMT_FAILURE_LIBVIRT && vmt_control_is_lost(act->control))
        failed = judge_lost(act);
    if (act->thing.domain && !reads)
        vmt_vigil_end(act->lifecycle, &act->vigil);
    return failed;
}

char *vmt_act_saved_path(struct vmt_act *act)
{
    const char *folder = vmt_lifecycle_settings(act->lifecycle)->save_directory;
    char *path = NULL;
    if (!folder)
        vmt_failure_set(&act->failure, VMT_FAILURE_ARGUMENT,
                        "this daemon has no directory for saved domains (--admin.save-directory)");
    else if (asprintf(&path, "%s/%s", folder, vmt_act_text(act, "file")) < 0)
        path = NULL, vmt_failure_set(&act->failure, VMT_FAILURE_MEMORY, "no memory");
    return path;
}
