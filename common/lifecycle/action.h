/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THE ACTION TABLE: one row is one thing that somebody may ask for. The permission, the check of the state, the second
 * step of what destroys, the audit line, the API's route, the OpenAPI document, the subcommand of virtmeterctl, its
 * completion and the metrics all read the row; nobody keeps a second list.
 * Compiled twice: virtmeter_lifecycle has the functions that act, virtmeter_actions is the same table without them and
 * needs no libvirt. Constant data and pure functions, safe from any thread.
 */
#ifndef VIRTMETER_COMMON_LIFECYCLE_ACTION_H
#define VIRTMETER_COMMON_LIFECYCLE_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What somebody may do; each role may also do what those before it may. */
enum vmt_role {
    VMT_ROLE_NONE,
    VMT_ROLE_VIEWER,
    VMT_ROLE_OPERATOR,
    VMT_ROLE_POWER,
    VMT_ROLE_DEFINER,
    VMT_ROLE_COUNT,
};

/* Names by number, ended by NULL: "none", "viewer", … */
extern const char *const vmt_role_names[];

/* What an action is about. The first four have no `{id}` in their path. */
enum vmt_target {
    VMT_TARGET_HOST,
    VMT_TARGET_DOMAINS,  /* all of them that the caller may see, or one that does not exist yet */
    VMT_TARGET_NETWORKS, /* all */
    VMT_TARGET_POOLS,    /* all */
    VMT_TARGET_DOMAIN,
    VMT_TARGET_NETWORK,
    VMT_TARGET_POOL,
    VMT_TARGET_COUNT,
};

/* Names by number, ended by NULL: "host", "domains", … */
extern const char *const vmt_target_names[];

/* States of domains as virDomainState numbers them, and of networks and pools. */
enum vmt_state {
    VMT_STATE_NOSTATE,
    VMT_STATE_RUNNING,
    VMT_STATE_BLOCKED,
    VMT_STATE_PAUSED,
    VMT_STATE_SHUTDOWN, /* on its way down */
    VMT_STATE_SHUTOFF,
    VMT_STATE_CRASHED,
    VMT_STATE_PMSUSPENDED,
    VMT_STATE_INACTIVE, /* from here on: of networks and pools */
    VMT_STATE_ACTIVE,
    VMT_STATE_COUNT,
};

/* Names by number, ended by NULL: "nostate", "running", … */
extern const char *const vmt_state_names[];

typedef uint32_t vmt_states; /* a set: bit `1 << state` */
#define VMT_STATE_BIT(state) ((vmt_states)1 << (state))

enum vmt_param_type {
    VMT_PARAM_BOOL,    /* JSON true or false; in a query 1, 0, true or false */
    VMT_PARAM_WORD,    /* one of `words` */
    VMT_PARAM_NUMBER,  /* a whole number from `min` to `max` */
    VMT_PARAM_SECONDS, /* the same, of seconds */
    VMT_PARAM_BYTES,   /* the same, of bytes */
    VMT_PARAM_TEXT,    /* UTF-8 of 1 to `max` bytes, without control characters */
    VMT_PARAM_FILE,    /* the name of a file in the daemon's directory: letters, digits, `.`, `_`, `-`; no dot first */
    VMT_PARAM_URI,     /* a libvirt URI, one of those that the daemon allows */
    VMT_PARAM_XML,     /* a document; up to a mebibyte */
    VMT_PARAM_COUNT,
};

struct vmt_param {
    const char *name; /* NULL: the row's parameters end here */
    enum vmt_param_type type;
    bool is_required;
    const char *const *words; /* of a word: ended by NULL; an argument holds the index */
    uint64_t min, max;
    const char *fallback; /* when it is not given, written as a user would; NULL: it stays absent */
    const char *grave;    /* with this value the action asks for what `destroy` asks for; or NULL */
    const char *help;
};

enum { VMT_PARAMS_MAX = 8 };

/* Values for a row's parameters, by their place in the row. Texts belong to whoever made them. */
struct vmt_argument {
    bool is_given;    /* by the caller, or as the fallback */
    uint64_t number;  /* bool: 0 or 1; word: its index */
    const char *text; /* of text, file, uri, xml */
};

struct vmt_arguments {
    struct vmt_argument values[VMT_PARAMS_MAX];
};

enum {
    VMT_ACTION_READS = 1 << 0,      /* GET; changes nothing, is not audited when it is allowed */
    VMT_ACTION_DESTROYS = 1 << 1,   /* something is lost that cannot be got back: two steps */
    VMT_ACTION_STOPS = 1 << 2,      /* takes service away: counted by the brake on mass stops */
    VMT_ACTION_PERSISTENT = 1 << 3, /* only domains that have a definition */
    VMT_ACTION_TRANSIENT = 1 << 4,  /* only domains that have none */
    VMT_ACTION_BIG_BODY = 1 << 5,   /* takes a document: up to a mebibyte instead of 64 KiB */
    VMT_ACTION_LIFTS = 1 << 6,      /* is about the protection of a domain: needs the right to lift it */
    VMT_ACTION_LONG = 1 << 7,       /* moves a guest's memory or disks: may take much longer than a call */
    VMT_ACTION_BESIDE = 1 << 8,     /* may be done while another action on the same domain is under way */
};

struct vmt_act; /* see act.h */

struct vmt_action {
    const char *name; /* also the subcommand and the label `action` */
    enum vmt_target target;
    enum vmt_role role;              /* the least that is needed */
    const char *path;                /* of the API; `{id}` stands for a UUID, a name, or the id of a running domain */
    vmt_states states;               /* in which it may be asked for; 0: any, or it is not about one thing */
    vmt_states done;                 /* in which there is nothing left to do; what it leads to */
    unsigned flags;                  /* VMT_ACTION_* */
    const struct vmt_param *params;  /* ended by one without a name */
    int (*run)(struct vmt_act *act); /* NULL: the daemon does it by itself; always NULL in virtmeter_actions */
    const char *help;                /* one sentence without a full stop */
    const char *loses; /* what is lost for good when it is done: a sentence; NULL: nothing, or it depends */
    /* Sees beforehand what keeps it from being done, beside the state; NULL: there is nothing to see. As `run`. */
    int (*check)(struct vmt_act *act);
};

extern const struct vmt_action vmt_actions[];
extern const unsigned vmt_action_count;

/* The row called `name`, or NULL. */
const struct vmt_action *vmt_action_find(const char *name);

/* The place of the parameter `name` in the row, or -1; and how many there are. */
int vmt_action_param(const struct vmt_action *action, const char *name);
unsigned vmt_action_param_count(const struct vmt_action *action);

/* What the action asks for when it is called with these arguments (NULL: without any). */
struct vmt_demand {
    enum vmt_role role;
    bool destroys, stops;
};
struct vmt_demand vmt_action_demand(const struct vmt_action *action, const struct vmt_arguments *arguments);

/*
 * Takes `text`, as a user, a query or a fallback has it, for a parameter. Texts are not copied. 0, or -EINVAL with the
 * parameter's name and what it has to be.
 */
struct vmt_error;
int vmt_param_read(const struct vmt_param *param, const char *text, struct vmt_argument *ret_argument,
                   struct vmt_error *error);

/* Fills in the fallbacks of what was not given; -EINVAL when something that is required is missing. */
int vmt_arguments_complete(const struct vmt_action *action, struct vmt_arguments *arguments, struct vmt_error *error);

#endif
