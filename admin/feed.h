/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events for whoever follows them: server-sent events, as the HTML standard has them. What a follower does not take in
 * time is kept for it up to a bound; past that it is cut off, and can come again. Safe from any thread.
 */
#ifndef VIRTMETER_ADMIN_FEED_H
#define VIRTMETER_ADMIN_FEED_H

#include "admin/admin.h"

#include <microhttpd.h>

enum { VMT_FEED_FOLLOWERS = 16, VMT_FEED_BYTES = 256 * 1024 };

struct vmt_feed;

/* NULL when there is no memory. */
struct vmt_feed *vmt_feed_new(void);

/* Nobody may follow any more. */
void vmt_feed_free(struct vmt_feed *feed);

/* From now on followers are asked about what they may view. */
void vmt_feed_open(struct vmt_feed *feed, struct vmt_admin *admin);

/*
 * For a handler: answers with a stream of what `peer` may view, of objects whose name matches `name` (a glob; NULL:
 * all). When there are too many followers, *ret_is_full is set and nothing is answered.
 */
enum MHD_Result vmt_feed_follow(struct vmt_feed *feed, struct MHD_Connection *connection, const struct vmt_peer *peer,
                                const char *name, bool *ret_is_full);

void vmt_feed_happening(struct vmt_feed *feed, const struct vmt_happening *happening);
void vmt_feed_operation(struct vmt_feed *feed, struct vmt_operation *operation);

/* To be called about once in a second: keeps silent connections alive. */
void vmt_feed_tick(struct vmt_feed *feed);

unsigned vmt_feed_count(struct vmt_feed *feed);

/* Ends all streams; they are gone some moments later. */
void vmt_feed_close(struct vmt_feed *feed);

#endif
