/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a call is about: a thing that libvirt has, or a domain that is to be made from a document, which is checked
 * here. And what somebody would lose. Waits for libvirt; belongs to the worker that does the call.
 */
#ifndef VIRTMETER_ADMIN_SUBJECT_H
#define VIRTMETER_ADMIN_SUBJECT_H

#include "admin/domain_filter.h"
#include "admin/request.h"
#include "common/lifecycle/act.h"

struct vmt_subject {
    struct vmt_arguments arguments; /* of the request; a document is replaced by what was let through of it */
    bool is_made;                   /* a domain is defined, created or restored: `made` is who it will be */
    struct vmt_thing made;          /* name and UUID only */
    struct vmt_definition definition;
    char name[VMT_DOMAIN_NAME_SIZE];
};

void vmt_subject_init(struct vmt_subject *subject, const struct vmt_request *request);
void vmt_subject_done(struct vmt_subject *subject);

/*
 * Fills act->thing: with what libvirt has, which may be a domain that is to be replaced; otherwise with the name and
 * UUID of the one that is to be made; otherwise with nothing. A document
 * must keep to `limits`. 0, or -EINVAL with the problem.
 */
int vmt_subject_find(struct vmt_subject *subject, struct vmt_act *act, const struct vmt_request *request,
                     const struct vmt_domain_limits *limits, struct vmt_problem *problem);

/* The act's thing as its read shows it; NULL when it cannot be read. */
json_t *vmt_subject_describe(struct vmt_act *act);

/* Sentences about what will be lost; `shown` is what the former said, or NULL. */
json_t *vmt_subject_losses(const struct vmt_act *act, const json_t *shown);

#endif
