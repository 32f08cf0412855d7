/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One act: a row of the action table, called with arguments on a thing, by a worker with its own control. The functions
 * of the table get it, and what they share is here. Whoever calls them has decided already that it may be done; they
 * decide nothing about rights.
 */
#ifndef VIRTMETER_COMMON_LIFECYCLE_ACT_H
#define VIRTMETER_COMMON_LIFECYCLE_ACT_H

#include "common/lifecycle/json.h"
#include "common/lifecycle/thing.h"

struct vmt_act {
    struct vmt_lifecycle *lifecycle;
    struct vmt_control *control;
    const struct vmt_action *action;
    const struct vmt_arguments *arguments; /* complete */
    struct vmt_thing thing;                /* what it is about; freed by the caller */
    uint64_t until_ns;                     /* when to stop waiting for what was asked for */
    struct vmt_vigil vigil;                /* since before the call */
    /* For lists: whether the caller may know of it. */
    bool (*may_view)(void *arg, const struct vmt_thing *thing);
    void *may_view_arg;

    json_t *answer;   /* of reads, what is read; of others, what they tell beyond success, or NULL. The caller's */
    bool has_changed; /* something was done */
    /* Hears which of several ways is under way, a constant text; may be NULL. */
    void (*on_step)(void *arg, const char *step);
    void *on_step_arg;
    struct vmt_failure failure;
};

/* What the row sees beforehand, and nothing is done. 0, or a negative errno with the failure. */
int vmt_act_check(struct vmt_act *act);

/* Checks, then runs the row's function within a vigil. 0, or a negative errno with the failure. */
int vmt_act_run(struct vmt_act *act);

/* Values of the row's parameters; the row must have one of that name. */
bool vmt_act_bool(const struct vmt_act *act, const char *name);
uint64_t vmt_act_number(const struct vmt_act *act, const char *name);
const char *vmt_act_text(const struct vmt_act *act, const char *name); /* NULL: not given */
const char *vmt_act_word(const struct vmt_act *act, const char *name); /* NULL: not given */

/* Takes libvirt's last error after `function` failed; returns a negative errno. */
int vmt_act_fail(struct vmt_act *act, const char *function);

/* For calls that change something: has_changed if `result` is not negative, else fails as above. */
int vmt_act_done(struct vmt_act *act, int result, const char *function);

/*
 * Waits until one of the events (bits by virDomainEventType) has come, or the domain is in one of `states`; a lost
 * connection is opened again meanwhile. 0; or -ETIME at `until_ns`, with nothing in the failure.
 */
int vmt_act_await(struct vmt_act *act, unsigned events, vmt_states states, uint64_t until_ns);

/* After a call that changes the state: the same, until the act's own deadline; whether it came about is unknown then.
 */
int vmt_act_settle(struct vmt_act *act, unsigned events, vmt_states states);

/* Tells which of several ways is under way, or ended it. */
void vmt_act_step(struct vmt_act *act, const char *step);

#define VMT_EVENT_BIT(event) (1U << (event))

/* The path of the file that the parameter `file` names, for the caller to free; NULL, with the failure. */
char *vmt_act_saved_path(struct vmt_act *act);

#endif
