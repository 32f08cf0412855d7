/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/confirm.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum part { UUID, ACTION, PARAMETERS, STATE, PART_COUNT };

struct entry {
    bool is_used;
    uint64_t made_ns;
    uid_t uid;
    uint8_t token[VMT_DIGEST_LENGTH]; /* its digest */
    uint8_t parts[PART_COUNT][VMT_DIGEST_LENGTH];
};

struct vmt_confirm {
    pthread_mutex_t lock; /* of the entries */
    struct entry entries[VMT_CONFIRM_TOKENS_MAX];
};

struct vmt_confirm *vmt_confirm_new(void)
{
    struct vmt_confirm *confirm = calloc(1, sizeof *confirm);
    if (confirm)
        pthread_mutex_init(&confirm->lock, NULL);
    return confirm;
}

void vmt_confirm_free(struct vmt_confirm *confirm)
{
    if (!confirm)
        return;
    pthread_mutex_destroy(&confirm->lock);
    free(confirm);
}

static void digest_parts(const struct vmt_confirm_act *act, uint8_t ret_parts[PART_COUNT][VMT_DIGEST_LENGTH])
{
    const char *const parts[PART_COUNT] = {
        [UUID] = act->uuid, [ACTION] = act->action, [PARAMETERS] = act->parameters, [STATE] = act->state};
    for (size_t i = 0; i < PART_COUNT; i++)
        vmt_digest(parts[i], strlen(parts[i]), ret_parts[i]);
}

/* A free entry, one whose token is too old, or the user's oldest when he has as many as he may; NULL: none. */
static struct entry *find_room(struct vmt_confirm *confirm, uint64_t now_ns, uid_t uid)
{
    struct entry *room = NULL, *oldest = NULL;
    unsigned held = 0;
    for (size_t i = 0; i < VMT_CONFIRM_TOKENS_MAX; i++) {
        struct entry *entry = &confirm->entries[i];
        if (entry->is_used && now_ns - entry->made_ns >= VMT_CONFIRM_LIFE_NS)
            entry->is_used = false;
        if (!entry->is_used) {
            room = entry;
        } else if (entry->uid == uid) {
            held++;
            if (!oldest || entry->made_ns < oldest->made_ns)
                oldest = entry;
        }
    }
    return held >= VMT_CONFIRM_USER_TOKENS_MAX ? oldest : room;
}

int vmt_confirm_prepare(struct vmt_confirm *confirm, uint64_t now_ns, const struct vmt_confirm_act *act,
                        char ret_token[VMT_CONFIRM_TOKEN_SIZE], struct vmt_error *error)
{
    uint8_t random[VMT_DIGEST_LENGTH];
    struct entry made = {.is_used = true, .made_ns = now_ns, .uid = act->uid};
    if (getentropy(random, sizeof random) < 0)
        return vmt_error_set(error, -EIO, "no random numbers for a token: %s", strerror(errno));
    vmt_digest_print(random, ret_token);
    vmt_digest(ret_token, VMT_CONFIRM_TOKEN_SIZE - 1, made.token);
    explicit_bzero(random, sizeof random);
    digest_parts(act, made.parts);
    pthread_mutex_lock(&confirm->lock);
    struct entry *room = find_room(confirm, now_ns, act->uid);
    if (room)
        *room = made;
    pthread_mutex_unlock(&confirm->lock);
    return room ? 0 : vmt_error_set(error, -EAGAIN, "too many actions wait for their confirmation");
}

/* Takes the entry of a token out of the table; every entry is compared. */
static struct entry take(struct vmt_confirm *confirm, const uint8_t token[VMT_DIGEST_LENGTH])
{
    struct entry taken = {.is_used = false};
    for (size_t i = 0; i < VMT_CONFIRM_TOKENS_MAX; i++) {
        struct entry *entry = &confirm->entries[i];
        if (vmt_digest_equals(entry->token, token) && entry->is_used) {
            taken = *entry;
            entry->is_used = false;
        }
    }
    return taken;
}

int vmt_confirm_commit(struct vmt_confirm *confirm, uint64_t now_ns, const struct vmt_confirm_act *act,
                       const char *token, struct vmt_error *error)
{
    static const char *const reasons[PART_COUNT] = {
        [UUID] = "the token was given for another object",
        [ACTION] = "the token was given for another action",
        [PARAMETERS] = "the token was given for other parameters",
        [STATE] = "the state has changed since the token was given",
    };
    uint8_t digest[VMT_DIGEST_LENGTH], parts[PART_COUNT][VMT_DIGEST_LENGTH];
    vmt_digest(token, strlen(token), digest);
    digest_parts(act, parts);
    pthread_mutex_lock(&confirm->lock);
    struct entry entry = take(confirm, digest);
    pthread_mutex_unlock(&confirm->lock);
    if (!entry.is_used)
        return vmt_error_set(error, -EACCES, "the token is unknown or was used before");
    if (entry.uid != act->uid)
        return vmt_error_set(error, -EACCES, "the token was given to another user");
    if (now_ns - entry.made_ns >= VMT_CONFIRM_LIFE_NS)
        return vmt_error_set(error, -EACCES, "the token is older than a minute");
    for (size_t i = 0; i < PART_COUNT; i++)
        if (!vmt_digest_equals(entry.parts[i], parts[i]))
            return vmt_error_set(error, -EACCES, "%s", reasons[i]);
    return 0;
}
