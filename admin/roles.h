/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may do what: the roles file, and the decision about a request. Whoever is not listed may do nothing, root
 * included. Several grants for the same user add up. The file is YAML and strict: what is not understood is refused,
 * with the line.
 *
 *     grants:
 *       - role: operator               # viewer, operator, power or definer
 *         users: [alice, 1001]         # names or numbers; users, groups or both
 *         groups: [web-team]
 *         domains: ["web-*", "db-?"]   # names as in a shell; a domain needs one match in domains, uuids or tags
 *         uuids: [4dea22b3-1d52-d8f3-2516-782e98ab3fa0]
 *         tags: [web]                  # of the domain's metadata: tags.h
 *         networks: ["*"]              # without them no network and no pool may be touched
 *         pools: ["*"]
 *         skip-confirmation: true      # of destructive actions; false when it is not said
 *         lift-protection: true        # may lift the protection of these domains; false when it is not said
 *     protected:                       # these can only be looked at, whatever the role, until the protection is lifted
 *       domains: ["db-*"]
 *       tags: [precious]
 *
 * A lifted protection serves everybody but the one who lifted it: it takes two. Immutable once made and counted, safe
 * from any thread; logs nothing.
 */
#ifndef VIRTMETER_ADMIN_ROLES_H
#define VIRTMETER_ADMIN_ROLES_H

#include "admin/peer.h"
#include "common/error.h"
#include "common/lifecycle/action.h"

enum { VMT_ROLES_FILE_MAX = 256 * 1024 }; /* bytes */

/* How names become numbers: 0, or -ENOENT when there is no such name, or another negative errno. */
struct vmt_roles_lookup {
    int (*user)(const char *name, uid_t *ret_uid);
    int (*group)(const char *name, gid_t *ret_gid);
};

/* Asks the system (getpwnam_r, getgrnam_r). */
extern const struct vmt_roles_lookup vmt_roles_system;

struct vmt_roles;

/*
 * Reads a roles file, which must belong to `owner` (root), be no symbolic link, and be writable for nobody else; nor
 * may its folder. 0, or a negative errno with the file, the line and the reason.
 */
int vmt_roles_read(const char *path, uid_t owner, const struct vmt_roles_lookup *lookup, struct vmt_roles **ret_roles,
                   struct vmt_error *error);

/* The same from a text; `name` is what messages call it. -EINVAL, -ENOMEM, or what the lookup says. Pure but for it. */
int vmt_roles_parse(const char *name, const char *text, size_t length, const struct vmt_roles_lookup *lookup,
                    struct vmt_roles **ret_roles, struct vmt_error *error);

/* One reference more, and one less; NULL is nothing to give back. Who parsed or read them has one. */
struct vmt_roles *vmt_roles_ref(struct vmt_roles *roles);
void vmt_roles_unref(struct vmt_roles *roles);

/* Whether any tag stands in the file: if not, no domain's XML need be read for a decision. */
bool vmt_roles_use_tags(const struct vmt_roles *roles);

/* What a request is about, as the server itself found it. Texts may be NULL when there is no such thing. */
struct vmt_object {
    /*
     * VMT_TARGET_DOMAIN, _NETWORK and _POOL: one that exists. VMT_TARGET_DOMAINS with a name: a domain that does not
     * exist yet; its tags do not count, for the caller wrote them. Otherwise: a list, or the host.
     */
    enum vmt_target target;
    const char *name, *uuid; /* lower-case UUID */
    const char *const *tags;
    size_t tag_count;
    bool is_lifted; /* the protection, by lifted_by */
    uid_t lifted_by;
};

enum vmt_denial {
    VMT_DENIAL_NONE,      /* it is allowed */
    VMT_DENIAL_STRANGER,  /* no grant names the user or one of the groups */
    VMT_DENIAL_SCOPE,     /* some do, but for other objects: the caller should not learn that this one exists */
    VMT_DENIAL_ROLE,      /* the role is too low */
    VMT_DENIAL_PROTECTED, /* the domain is protected */
    VMT_DENIAL_COUNT,
};

/* Names by number, ended by NULL: for metrics and the audit. */
extern const char *const vmt_denial_names[];

struct vmt_decision {
    enum vmt_denial denial;
    enum vmt_role role;         /* the highest that the caller has on this object, at most the connection's ceiling */
    bool may_skip_confirmation; /* of what was asked for */
    char reason[512];           /* one line, also when it is allowed: by which line of the file */
};

static inline bool vmt_decision_is_allowed(const struct vmt_decision *decision)
{
    return decision->denial == VMT_DENIAL_NONE;
}

/* Decides whether `peer` may do `action`, which asks for `demand`, to `object`. Pure. */
void vmt_roles_decide(const struct vmt_roles *roles, const struct vmt_peer *peer, const struct vmt_action *action,
                      const struct vmt_demand *demand, const struct vmt_object *object,
                      struct vmt_decision *ret_decision);

#endif
