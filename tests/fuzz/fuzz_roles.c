/* SPDX-License-Identifier: Apache-2.0 */
/* A roles file: whatever it says, strangers and the overflow uid get nothing, and a refusal names its line. */
#include "admin/roles.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <errno.h>

enum { KNOWN = 1000, STRANGER = 4242 };

/* Every name that begins with a letter is that of user and group 1000. */
static int find(const char *name, id_t *ret_id)
{
    if (*name < 'a' || *name > 'z')
        return -ENOENT;
    *ret_id = KNOWN;
    return 0;
}

static const struct vmt_roles_lookup lookup = {find, find};

static struct vmt_decision decide(const struct vmt_roles *roles, uid_t uid, const char *action, enum vmt_target target)
{
    static const char *const tags[] = {"web"};
    /* Whom the kernel does not know is in the known group. */
    const gid_t gid = uid == VMT_OVERFLOW_ID ? KNOWN : uid;
    const struct vmt_peer peer = {.ceiling = VMT_ROLE_DEFINER, .uid = uid, .gid = gid};
    const struct vmt_object object = {.target = target,
                                      .name = "web-1",
                                      .uuid = "4dea22b3-1d52-d8f3-2516-782e98ab3fa0",
                                      .tags = tags,
                                      .tag_count = 1};
    const struct vmt_action *row = vmt_action_find(action);
    struct vmt_demand demand = vmt_action_demand(row, NULL);
    struct vmt_decision decision;
    vmt_roles_decide(roles, &peer, row, &demand, &object, &decision);
    return decision;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vmt_roles *roles = NULL;
    struct vmt_error error = {0};
    int result = vmt_roles_parse("file", (const char *)data, size, &lookup, &roles, &error);
    if (result < 0) {
        assert(!roles && error.code == result && !strncmp(error.text, "file:", 5));
        return 0;
    }
    /* No number is 4242 in the seeds; should the fuzzer find one, it is no stranger any more. */
    if (!memmem(data, size, "4242", 4))
        assert(decide(roles, STRANGER, "show", VMT_TARGET_DOMAIN).denial == VMT_DENIAL_STRANGER);
    assert(decide(roles, VMT_OVERFLOW_ID, "show", VMT_TARGET_DOMAIN).denial == VMT_DENIAL_STRANGER);
    struct vmt_decision looks = decide(roles, KNOWN, "show", VMT_TARGET_DOMAIN);
    struct vmt_decision ends = decide(roles, KNOWN, "undefine", VMT_TARGET_DOMAIN);
    assert(!vmt_decision_is_allowed(&ends) || vmt_decision_is_allowed(&looks));
    assert(looks.role == ends.role && *looks.reason && *ends.reason);
    decide(roles, KNOWN, "network-stop", VMT_TARGET_NETWORK);
    decide(roles, KNOWN, "pool-stop", VMT_TARGET_POOL);
    vmt_roles_unref(roles);
    return 0;
}
