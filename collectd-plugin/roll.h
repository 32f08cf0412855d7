/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The domains of one snapshot and what collectd calls them and their devices. Made by one thread, then only read.
 */
#ifndef VIRTMETER_COLLECTD_ROLL_H
#define VIRTMETER_COLLECTD_ROLL_H

#include "collectd-plugin/config.h"
#include "collectd-plugin/name.h"
#include "common/snapshot.h"

#include <stdbool.h>

struct vmt_subject {
    const struct vmt_domain *domain;
    const struct vmt_sample *sample; /* of VMT_ENTITY_DOMAIN, with its state */
    const struct vmt_part *identity; /* what its XML said; NULL: not read yet */
    struct vmt_name host, plugin_instance;
    bool is_active;
    bool is_nameless; /* its name depends on XML that was not read yet, or belongs to another domain already */
};

struct vmt_roll {
    struct vmt_snapshot *snapshot; /* holds what the subjects point into */
    struct vmt_subject *subjects;  /* by the domains' names, ascending */
    unsigned count;
    const struct vmt_subject *twin; /* the first that has the same name in collectd as another; NULL: none */
};

/* Whether the domains' names are made of their metadata, too. */
bool vmt_roll_needs_metadata(const struct vmt_config *config);

/* Takes over the snapshot. NULL when there is no memory; then the snapshot has been given back. */
struct vmt_roll *vmt_roll_new(struct vmt_snapshot *snapshot, const struct vmt_config *config);
void vmt_roll_free(struct vmt_roll *roll);

/* The domain of this name, or NULL. */
const struct vmt_subject *vmt_roll_find(const struct vmt_roll *roll, const char *domain);

/* Names a domain of which only this is known: as far as that goes without its XML. */
void vmt_roll_name(const struct vmt_config *config, const struct vmt_domain *domain, struct vmt_subject *ret_subject);

enum { VMT_ROLL_NUMBER = 24 };

/*
 * What a disk or an interface (a sample of VMT_ENTITY_BLOCK or VMT_ENTITY_INTERFACE, whose target is `target`) of the
 * domain is called, in the snapshot or `number`. NULL when it is not to be measured: not selected, not known enough of
 * it, or another is called the same.
 */
const char *vmt_roll_block(const struct vmt_subject *subject, const struct vmt_config *config, const char *target);
const char *vmt_roll_interface(const struct vmt_subject *subject, const struct vmt_config *config, const char *target,
                               char number[VMT_ROLL_NUMBER]);

#endif
