/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/feed.h"
#include "common/lifecycle/json.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t KEEPALIVE = 15 * VMT_SECOND;

struct follower {
    struct follower *next; /* with the feed's lock, as what follows */
    struct vmt_feed *feed;
    struct MHD_Connection *connection;
    struct vmt_peer peer;
    char *name;           /* a glob, or NULL */
    struct vmt_text text; /* what is still to be sent, from `sent` on */
    size_t sent;
    bool is_suspended, is_closing;
    uint64_t spoken_ns;
};

struct vmt_feed {
    pthread_mutex_t lock;
    struct vmt_admin *admin; /* NULL: not open yet */
    struct follower *followers;
    unsigned count;
    uint64_t serial;
    bool is_closed;
};

struct vmt_feed *vmt_feed_new(void)
{
    struct vmt_feed *feed = calloc(1, sizeof *feed);
    if (feed)
        pthread_mutex_init(&feed->lock, NULL);
    return feed;
}

void vmt_feed_free(struct vmt_feed *feed)
{
    if (!feed)
        return;
    pthread_mutex_destroy(&feed->lock);
    free(feed);
}

void vmt_feed_open(struct vmt_feed *feed, struct vmt_admin *admin)
{
    pthread_mutex_lock(&feed->lock);
    feed->admin = admin;
    pthread_mutex_unlock(&feed->lock);
}

/* With the lock. */
static void wake(struct follower *follower)
{
    if (!follower->is_suspended)
        return;
    follower->is_suspended = false;
    MHD_resume_connection(follower->connection);
}

/* With the lock. */
static void say(struct follower *follower, const char *bytes, size_t length)
{
    if (follower->sent == follower->text.length) {
        vmt_text_reset(&follower->text);
        follower->sent = 0;
    }
    if (follower->text.length + length > VMT_FEED_BYTES)
        follower->is_closing = true;
    else
        vmt_text_add(&follower->text, bytes, length);
    follower->is_closing |= follower->text.out_of_memory;
    follower->spoken_ns = vmt_now_ns();
    wake(follower);
}

static void free_follower(void *arg)
{
    struct follower *follower = arg;
    struct vmt_feed *feed = follower->feed;
    pthread_mutex_lock(&feed->lock);
    for (struct follower **place = &feed->followers; *place; place = &(*place)->next) {
        if (*place != follower)
            continue;
        *place = follower->next;
        feed->count--;
        break;
    }
    pthread_mutex_unlock(&feed->lock);
    vmt_text_done(&follower->text);
    free((void *)follower->peer.groups);
    free(follower->name);
    free(follower);
}

/* libmicrohttpd asks for more; the lock is held while suspending, so that nobody resumes what is not suspended yet. */
static ssize_t send_more(void *arg, uint64_t position, char *buffer, size_t most)
{
    struct follower *follower = arg;
    ssize_t result = 0;
    (void)position;
    pthread_mutex_lock(&follower->feed->lock);
    size_t left = follower->text.length - follower->sent;
    if (left) {
        size_t length = left < most ? left : most;
        memcpy(buffer, follower->text.bytes + follower->sent, length);
        follower->sent += length;
        result = (ssize_t)length;
    } else if (follower->is_closing) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        follower->is_suspended = true;
        MHD_suspend_connection(follower->connection);
    }
    pthread_mutex_unlock(&follower->feed->lock);
    return result;
}

static struct follower *new_follower(struct vmt_feed *feed, struct MHD_Connection *connection,
                                     const struct vmt_peer *peer, const char *name)
{
    struct follower *follower = calloc(1, sizeof *follower);
    gid_t *groups = calloc(peer->group_count + 1, sizeof *groups);
    char *glob = name ? strdup(name) : NULL;
    if (!follower || !groups || (name && !glob)) {
        free(follower);
        free(groups);
        free(glob);
        return NULL;
    }
    if (peer->group_count)
        memcpy(groups, peer->groups, peer->group_count * sizeof *groups);
    *follower = (struct follower){
        .feed = feed, .connection = connection, .peer = *peer, .name = glob, .spoken_ns = vmt_now_ns()};
    follower->peer.groups = groups;
    vmt_text_add_string(&follower->text, ": virtmeter\n\n");
    return follower;
}

static enum MHD_Result answer(struct follower *follower)
{
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, send_more, follower, free_follower);
    if (!response) {
        free_follower(follower);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    enum MHD_Result result = MHD_queue_response(follower->connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result vmt_feed_follow(struct vmt_feed *feed, struct MHD_Connection *connection, const struct vmt_peer *peer,
                                const char *name, bool *ret_is_full)
{
    pthread_mutex_lock(&feed->lock);
    *ret_is_full = feed->count >= VMT_FEED_FOLLOWERS || feed->is_closed;
    struct follower *follower = *ret_is_full ? NULL : new_follower(feed, connection, peer, name);
    if (follower) {
        follower->next = feed->followers;
        feed->followers = follower;
        feed->count++;
    }
    pthread_mutex_unlock(&feed->lock);
    if (*ret_is_full)
        return MHD_YES;
    return follower ? answer(follower) : MHD_NO;
}

/* What is told, and about what. */
struct news {
    const char *event;
    enum vmt_target target;
    const char *uuid, *name;
    uid_t owner; /* who may hear of it in any case; VMT_OVERFLOW_ID: nobody */
};

/* With the lock. */
static bool is_for(const struct vmt_feed *feed, const struct follower *follower, const struct news *news)
{
    if (follower->is_closing || (follower->name && (!news->name || fnmatch(follower->name, news->name, 0) != 0)))
        return false;
    return news->owner == follower->peer.uid ||
           vmt_admin_may_view(feed->admin, &follower->peer, news->target, news->uuid, news->name);
}

/* Takes `json`. */
static void tell(struct vmt_feed *feed, const struct news *news, json_t *json)
{
    char *data = json ? json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    struct vmt_text text = {0};
    pthread_mutex_lock(&feed->lock);
    if (data && feed->admin)
        vmt_text_printf(&text, "id: %" PRIu64 "\nevent: %s\ndata: %s\n\n", ++feed->serial, news->event, data);
    for (struct follower *follower = feed->followers; follower && text.length; follower = follower->next)
        if (!text.out_of_memory && is_for(feed, follower, news))
            say(follower, text.bytes, text.length);
    pthread_mutex_unlock(&feed->lock);
    vmt_text_done(&text);
    free(data);
    json_decref(json);
}

static json_t *time_now(void)
{
    char text[40];
    struct tm parts;
    uint64_t ms = vmt_wall_ns() / VMT_MS;
    time_t seconds = (time_t)(ms / 1000);
    size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &parts));
    snprintf(text + length, sizeof text - length, ".%03uZ", (unsigned)(ms % 1000));
    return json_string(text);
}

void vmt_feed_happening(struct vmt_feed *feed, const struct vmt_happening *happening)
{
    enum vmt_target target = VMT_TARGET_DOMAIN;
    if (!strcmp(happening->kind, "network"))
        target = VMT_TARGET_NETWORK;
    else if (!strcmp(happening->kind, "storage_pool"))
        target = VMT_TARGET_POOL;
    else if (strcmp(happening->kind, "domain") != 0)
        return;
    json_t *json = json_pack("{s:o, s:{s:s, s:s, s:o}, s:s, s:o}", "time", time_now(), "target", "kind",
                             vmt_target_names[target], "uuid", happening->uuid, "name", vmt_json_text(happening->name),
                             "event", happening->event, "detail", vmt_json_text(happening->detail));
    const struct news news = {happening->lifecycle >= 0 ? "lifecycle" : "object", target, happening->uuid,
                              happening->name, VMT_OVERFLOW_ID};
    tell(feed, &news, json);
}

void vmt_feed_operation(struct vmt_feed *feed, struct vmt_operation *operation)
{
    struct vmt_operation_view view;
    vmt_operation_view(operation, &view);
    const struct news news = {"operation", view.target, view.uuid, view.name, view.uid};
    tell(feed, &news, vmt_operation_json(operation));
}

void vmt_feed_tick(struct vmt_feed *feed)
{
    static const char keepalive[] = ": still here\n\n";
    uint64_t now_ns = vmt_now_ns();
    pthread_mutex_lock(&feed->lock);
    for (struct follower *follower = feed->followers; follower; follower = follower->next)
        if (now_ns - follower->spoken_ns >= KEEPALIVE)
            say(follower, keepalive, sizeof keepalive - 1);
    pthread_mutex_unlock(&feed->lock);
}

unsigned vmt_feed_count(struct vmt_feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    unsigned count = feed->count;
    pthread_mutex_unlock(&feed->lock);
    return count;
}

void vmt_feed_close(struct vmt_feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    feed->is_closed = true;
    for (struct follower *follower = feed->followers; follower; follower = follower->next) {
        follower->is_closing = true;
        wake(follower);
    }
    pthread_mutex_unlock(&feed->lock);
}
