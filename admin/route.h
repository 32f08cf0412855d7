/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a method and a path to a row: of the action table, or of the daemon's own services, which have rows of the same
 * kind. Pure, safe from any thread.
 */
#ifndef VIRTMETER_ADMIN_ROUTE_H
#define VIRTMETER_ADMIN_ROUTE_H

#include "common/arena.h"
#include "common/lifecycle/action.h"

/* What the daemon answers by itself; all are read with GET. */
enum vmt_service {
    VMT_SERVICE_OPERATIONS,
    VMT_SERVICE_OPERATION,
    VMT_SERVICE_EVENTS,
    VMT_SERVICE_WHOAMI,
    VMT_SERVICE_VERSION,
    VMT_SERVICE_HEALTHZ,
    VMT_SERVICE_OPENAPI,
    VMT_SERVICE_METRICS,
    VMT_SERVICE_COUNT,
};

/* Rows by number; their function is NULL. */
extern const struct vmt_action vmt_services[VMT_SERVICE_COUNT];

/* The service of a row, or -1 when it is an action. */
int vmt_route_service(const struct vmt_action *action);

enum vmt_route_outcome { VMT_ROUTE_FOUND, VMT_ROUTE_NOT_FOUND, VMT_ROUTE_OTHER_METHOD, VMT_ROUTE_BAD_PATH };

struct vmt_route {
    const struct vmt_action *action;
    const char *id;      /* decoded, in the arena; "" when the path has none */
    const char *allowed; /* of VMT_ROUTE_OTHER_METHOD: the methods that there are */
};

/* `path` is as the client sent it, percent-encoded and without a query. */
enum vmt_route_outcome vmt_route_find(const char *method, const char *path, struct vmt_arena *arena,
                                      struct vmt_route *ret_route);

/*
 * Decodes percent-encoding. NULL when it is none, when it hides a zero, when the outcome is not UTF-8, or when there is
 * no memory.
 */
const char *vmt_route_decode(const char *text, size_t length, struct vmt_arena *arena);

/* The method of a row: "GET" or "POST". */
const char *vmt_route_method(const struct vmt_action *action);

#endif
