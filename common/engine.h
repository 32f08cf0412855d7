/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs collections: hands tasks to workers, waits for them with deadlines, gives up what hangs and asks the other
 * domains anew. What it keeps from one collection to the next is the workers, what is known of the domains, and how
 * long things usually take. One thread collects; vmt_engine_cut may be called from any.
 */
#ifndef VIRTMETER_COMMON_ENGINE_H
#define VIRTMETER_COMMON_ENGINE_H

#include "common/collection.h"
#include "common/host.h"

struct vmt_engine;

/* What `options` points to must outlive the engine. 0 or a negative errno with the reason. */
int vmt_engine_new(const struct vmt_host_options *options, struct vmt_engine **ret_engine, struct vmt_error *error);

/* Makes a running collection give everything up and end at once, and all later ones. From any thread. */
void vmt_engine_abort(struct vmt_engine *engine);

/* False when a call hangs past `until_ns`: nothing is freed then that it may still use. */
bool vmt_engine_free(struct vmt_engine *engine, uint64_t until_ns);

/* Collects until everything has come back or been given up, at the latest until the collection's deadline. */
void vmt_engine_collect(struct vmt_engine *engine, struct vmt_collection *collection);

/* A snapshot of what the collection has so far, with the engine's own figures; NULL when there is no memory. */
struct vmt_snapshot *vmt_engine_cut(struct vmt_engine *engine, struct vmt_collection *collection);

/* Whether libvirt has answered at least once. */
bool vmt_engine_was_connected(struct vmt_engine *engine);

#endif
