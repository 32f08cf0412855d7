/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is remembered of each domain from one collection to the next: what its XML said, which is read once and again
 * only when an event or a slow timer says so, and whether its monitor answered. Makes no libvirt call.
 * Safe from any thread.
 */
#ifndef VIRTMETER_COMMON_REGISTRY_H
#define VIRTMETER_COMMON_REGISTRY_H

#include "common/roster.h"

struct vmt_registry;

/* XML is read again without an event when it is `xml_age_ns` old at most; VMT_NEVER: at any age. NULL when there is no
 * memory. */
struct vmt_registry *vmt_registry_new(uint64_t xml_age_ns);
void vmt_registry_free(struct vmt_registry *registry);

/* Forgets domains that are gone, learns new ones, and marks those whose id or name changed: they started or stopped. */
void vmt_registry_sync(struct vmt_registry *registry, const struct vmt_roster *roster);

/* An event says that the XML of this domain changed; NULL: of all of them. */
void vmt_registry_mark(struct vmt_registry *registry, const char *uuid);

/* A domain started just now, under this id; the time goes with that id alone. */
void vmt_registry_started(struct vmt_registry *registry, const char *uuid, unsigned id);

/* When the domain with its present id started, in ns since 1970; 0: not known. */
uint64_t vmt_registry_start(struct vmt_registry *registry, const struct vmt_roster_entry *entry);

/* Whether there is a domain of this name. */
bool vmt_registry_has(struct vmt_registry *registry, const char *name);

/*
 * Whether the domain's XML must be read now. If so it is noted as being read (and not asked for twice) until
 * vmt_registry_store; `ret_version` goes there, so that a change meanwhile is not lost.
 */
bool vmt_registry_claim(struct vmt_registry *registry, const struct vmt_domain *domain, unsigned *ret_version);

/* Keeps what was read; NULL says that libvirt did not answer: what was known is dropped, and the domain is due again.
 */
void vmt_registry_store(struct vmt_registry *registry, const char *uuid, unsigned version, struct vmt_part *part);

/* Whether the domain's XML has been claimed and not stored yet. */
bool vmt_registry_is_being_read(struct vmt_registry *registry, const struct vmt_domain *domain);

/* Takes a claim back: the XML was not read after all. */
void vmt_registry_release(struct vmt_registry *registry, const struct vmt_domain *domain);

/* What the domain's XML said, with a reference; NULL when it has not been read. */
struct vmt_part *vmt_registry_identity(struct vmt_registry *registry, const struct vmt_domain *domain);

/* Whether the domain's monitor did not answer in the last collection. */
bool vmt_registry_is_stuck(struct vmt_registry *registry, const struct vmt_domain *domain);

/* Remembers whether the domain has a job, and tells it. */
void vmt_registry_set_job(struct vmt_registry *registry, const char *uuid, bool has_job);
bool vmt_registry_has_job(struct vmt_registry *registry, const struct vmt_domain *domain);

/*
 * Notes how asking the domain's monitor ended: all came back just now, or it is stuck. Returns whether that is a
 * change.
 */
bool vmt_registry_note(struct vmt_registry *registry, const struct vmt_domain *domain, bool is_stuck);

/* When all of its monitor's values came back last, in ns since 1970; 0: never. */
uint64_t vmt_registry_collected(struct vmt_registry *registry, const struct vmt_domain *domain);

#endif
