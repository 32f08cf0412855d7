/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The admin daemon without its sockets, on libvirt's test driver: requests of any user, and what became of the domains.
 */
#ifndef VIRTMETER_TESTS_UNIT_AUTHORITY_FIXTURE_H
#define VIRTMETER_TESTS_UNIT_AUTHORITY_FIXTURE_H

#include "admin/admin.h"
#include "admin/confirm.h"

#include <jansson.h>
#include <libvirt/libvirt.h>

enum { ALICE = 1001, BOB = 1002, CAROL = 1003, STRANGER = 4242, WEB_GROUP = 2001 };

struct authority {
    char folder[64], roles_file[80], audit_file[80];
    virConnectPtr connection; /* the test's own, which keeps the driver's domains alive */
    struct vmt_admin_options options;
    struct vmt_log log;
    struct vmt_admin *admin;
    uint64_t serial;
};

/* A private folder and three domains that run: web-1, web-2 and db-1. */
void authority_open(struct authority *authority);
void authority_close(struct authority *authority);

/* Starts the daemon with this roles file; or ends it, as a signal would. */
void authority_start(struct authority *authority, const char *roles);
void authority_stop(struct authority *authority);

void authority_write_roles(struct authority *authority, const char *roles);

/* "running", "shut off", "paused", or "gone". */
const char *authority_state(const struct authority *authority, const char *name);

/* What is in the audit file, for the caller to free. */
char *authority_audit(const struct authority *authority);

/* One request; what is NULL is not sent. */
struct ask {
    uid_t uid;
    gid_t group;           /* a supplementary one; 0: none */
    enum vmt_role ceiling; /* NONE: definer */
    const char *method;    /* NULL: POST */
    const char *path, *query, *body, *key, *token;
};

struct reply {
    unsigned status, retry_after;
    bool is_replay;
    enum vmt_problem_kind problem;
    json_t *json; /* NULL when the body is no JSON */
};

/* The answer, which stays until the next request. */
const struct reply *authority_ask(struct authority *authority, const struct ask *ask);

#define ASK(authority, ...) authority_ask(authority, &(const struct ask){__VA_ARGS__})

/* Asks for the first step of `ask`, and gives its token. */
const char *authority_prepare(struct authority *authority, struct ask ask);

#endif
