/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can change domains: connections that may write, beside the supervised one that only listens. The latter says
 * whether libvirt is there and brings its events, by which actions learn that they are done; each worker opens its own
 * of the former and is the only one to use it.
 * All functions are safe from any thread, except those about a control, which belongs to one thread.
 */
#ifndef VIRTMETER_COMMON_LIFECYCLE_LIFECYCLE_H
#define VIRTMETER_COMMON_LIFECYCLE_LIFECYCLE_H

#include "common/connection.h"
#include "common/lifecycle/failure.h"

#include <libvirt/libvirt.h>

struct vmt_lifecycle_options {
    const char *uri; /* NULL: libvirt's default */
    const char *credentials_file;
    const char *save_directory;      /* where saved domains go, on libvirt's host; NULL: nowhere */
    const char *const *migrate_uris; /* that domains may go to; NULL, or ended by NULL */
    /* The sha256 of a text as hexadecimal digits. */
    void (*digest)(const void *bytes, size_t length, char ret_text[65]);
    vmt_notify *notify;
    void *notify_arg;
    /* Hears every event, on libvirt's event thread; may be NULL. */
    void (*happened)(void *arg, const struct vmt_happening *happening);
    void *happened_arg;
};

struct vmt_lifecycle;

/* What `options` points to must outlive it. 0, or a negative errno with the reason. */
int vmt_lifecycle_new(const struct vmt_lifecycle_options *options, struct vmt_lifecycle **ret_lifecycle,
                      struct vmt_error *error);

/* No control may be open. False, and nothing is freed, when libvirt hangs past `until_ns`. */
bool vmt_lifecycle_free(struct vmt_lifecycle *lifecycle, uint64_t until_ns);

const struct vmt_lifecycle_options *vmt_lifecycle_settings(const struct vmt_lifecycle *lifecycle);

/* Whether there is a connection to libvirt now. */
bool vmt_lifecycle_is_connected(struct vmt_lifecycle *lifecycle);

/* A worker's own connection. Zeroed memory is one that is not open. */
struct vmt_control {
    virConnectPtr connection;
    unsigned generation; /* of the supervised connection when this one was opened */
    bool is_qemu;        /* the driver offers several ways of shutting down, and tells when a guest reboots */
};

/*
 * Opens it, or opens it anew when it is dead or of an earlier generation; the first attempt of the process is waited
 * for until `until_ns`. Waits for libvirt. 0, or a negative errno with the reason.
 */
int vmt_control_open(struct vmt_lifecycle *lifecycle, struct vmt_control *control, uint64_t until_ns,
                     struct vmt_failure *failure);
void vmt_control_close(struct vmt_control *control);

/* Whether the daemon at the other end has gone. Asks only this process. */
bool vmt_control_is_lost(const struct vmt_control *control);

/*
 * What happens to one domain while somebody waits for it. Zeroed memory; in the list from vmt_vigil_begin to
 * vmt_vigil_end.
 */
struct vmt_vigil {
    struct vmt_vigil *next;
    char uuid[VMT_UUID_TEXT];
    unsigned seen; /* bits by virDomainEventType, and VMT_VIGIL_REBOOT */
};

enum { VMT_VIGIL_REBOOT = 1 << 30 };

void vmt_vigil_begin(struct vmt_lifecycle *lifecycle, struct vmt_vigil *vigil, const char *uuid);
void vmt_vigil_end(struct vmt_lifecycle *lifecycle, struct vmt_vigil *vigil);

/* Waits until one of `wanted` was seen, at the latest until `until_ns`. What was seen of them; 0: nothing. */
unsigned vmt_vigil_wait(struct vmt_lifecycle *lifecycle, struct vmt_vigil *vigil, unsigned wanted, uint64_t until_ns);

#endif
