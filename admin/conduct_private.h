/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call while a worker does it, and what is checked of it before anything is done. Private to conduct*.c. Checks
 * return 0, or -EINVAL with the problem in the conduct.
 */
#ifndef VIRTMETER_ADMIN_CONDUCT_PRIVATE_H
#define VIRTMETER_ADMIN_CONDUCT_PRIVATE_H

#include "admin/admin_private.h"
#include "admin/subject.h"

/* One call while it is done. */
struct vmt_conduct {
    struct vmt_admin *admin;
    struct vmt_call *call;
    struct vmt_subject subject;
    struct vmt_act act;
    struct vmt_demand demand;
    struct vmt_decision decision;
    struct vmt_problem problem;
    struct vmt_operation *operation;
    bool has_nothing_to_do;
};

static inline const struct vmt_action *vmt_conduct_action_of(const struct vmt_conduct *conduct)
{
    return conduct->call->request.action;
}

static inline const struct vmt_argument *vmt_conduct_option(const struct vmt_conduct *conduct,
                                                            enum vmt_option_of_action number)
{
    return &conduct->call->request.options[number];
}

/* Makes the act's failure the problem. */
int vmt_conduct_take_failure(struct vmt_conduct *conduct);

/* Finds what the call is about and decides whether it may be done. Waits for libvirt. */
int vmt_conduct_find_and_decide(struct vmt_conduct *conduct, struct vmt_control *control, uint64_t until_ns);

/* What the request expects of the thing. */
int vmt_conduct_check_expectations(struct vmt_conduct *conduct);

/* Whether the row can be done in the state that the thing is in; or is done already, which is noted. */
int vmt_conduct_check_state(struct vmt_conduct *conduct);

/* The second step of what destroys, and what its token is bound to. */
int vmt_conduct_check_confirmation(struct vmt_conduct *conduct);
struct vmt_confirm_act vmt_conduct_confirm_act(const struct vmt_conduct *conduct);

/* Whether there have been too many changes. */
int vmt_conduct_check_brake(struct vmt_conduct *conduct);

#endif
