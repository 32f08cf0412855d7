/* SPDX-License-Identifier: Apache-2.0 */
#include "common/lifecycle/lifecycle.h"
#include "common/clock.h"
#include "common/event_loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A daemon that says nothing for 15 seconds is given up: the call that hangs on it returns with an error then. */
enum { KEEPALIVE_SECONDS = 5, KEEPALIVE_COUNT = 3 };

struct vmt_lifecycle {
    struct vmt_lifecycle_options options;
    struct vmt_event_loop *loop;
    struct vmt_connection *connection;
    struct vmt_credentials *credentials;
    struct vmt_calls calls;
    struct vmt_tally *tally;
    char *uri;
    pthread_mutex_t lock;
    pthread_cond_t seen;
    struct vmt_vigil *vigils; /* with the lock */
};

static unsigned bit_of(const struct vmt_happening *happening)
{
    if (happening->lifecycle >= 0 && happening->lifecycle < 30)
        return 1U << happening->lifecycle;
    return strcmp(happening->event, "reboot") ? 0 : VMT_VIGIL_REBOOT;
}

static void on_happening(void *arg, const struct vmt_happening *happening)
{
    struct vmt_lifecycle *lifecycle = arg;
    unsigned bit = strcmp(happening->kind, "domain") ? 0 : bit_of(happening);
    pthread_mutex_lock(&lifecycle->lock);
    for (struct vmt_vigil *vigil = lifecycle->vigils; vigil && bit; vigil = vigil->next)
        if (!strcmp(vigil->uuid, happening->uuid))
            vigil->seen |= bit;
    pthread_cond_broadcast(&lifecycle->seen);
    pthread_mutex_unlock(&lifecycle->lock);
    if (lifecycle->options.happened)
        lifecycle->options.happened(lifecycle->options.happened_arg, happening);
}

/* Nothing is remembered of domains here: nothing has to be read anew. */
static void on_change(void *arg, const char *uuid)
{
    (void)arg, (void)uuid;
}

static void on_start(void *arg, const char *uuid, unsigned id)
{
    (void)arg, (void)uuid, (void)id;
}

static void free_parts(struct vmt_lifecycle *lifecycle)
{
    vmt_connection_free(lifecycle->connection);
    vmt_credentials_free(lifecycle->credentials);
    vmt_tally_free(lifecycle->tally);
    vmt_calls_done(&lifecycle->calls);
    pthread_cond_destroy(&lifecycle->seen);
    pthread_mutex_destroy(&lifecycle->lock);
    free(lifecycle->uri);
    free(lifecycle);
}

static int make_parts(struct vmt_lifecycle *lifecycle, struct vmt_error *error)
{
    const struct vmt_lifecycle_options *options = &lifecycle->options;
    lifecycle->tally = vmt_tally_new();
    if (!lifecycle->tally || vmt_uri_without_prompt(options->uri, &lifecycle->uri))
        return vmt_error_set(error, -ENOMEM, "no memory for the connection");
    if (!options->credentials_file)
        return 0;
    return vmt_credentials_load(options->credentials_file, &lifecycle->credentials, error);
}

static int start(struct vmt_lifecycle *lifecycle, struct vmt_error *error)
{
    const struct vmt_connection_options options = {.uri = lifecycle->uri,
                                                   .credentials = lifecycle->credentials,
                                                   .calls = &lifecycle->calls,
                                                   .notify = lifecycle->options.notify,
                                                   .notify_arg = lifecycle->options.notify_arg,
                                                   .sink = {.arg = lifecycle,
                                                            .changed = on_change,
                                                            .started = on_start,
                                                            .tally = lifecycle->tally,
                                                            .happened = on_happening}};
    int failed = vmt_event_loop_new(true, &lifecycle->loop, error);
    return failed ? failed : vmt_connection_new(&options, &lifecycle->connection, error);
}

int vmt_lifecycle_new(const struct vmt_lifecycle_options *options, struct vmt_lifecycle **ret_lifecycle,
                      struct vmt_error *error)
{
    struct vmt_lifecycle *lifecycle = calloc(1, sizeof *lifecycle);
    if (!lifecycle)
        return vmt_error_set(error, -ENOMEM, "no memory for the connection");
    lifecycle->options = *options;
    pthread_mutex_init(&lifecycle->lock, NULL);
    vmt_cond_init(&lifecycle->seen);
    vmt_calls_init(&lifecycle->calls);
    int failed = make_parts(lifecycle, error);
    if (!failed)
        failed = start(lifecycle, error);
    if (failed) {
        vmt_event_loop_free(lifecycle->loop, VMT_NEVER);
        free_parts(lifecycle);
    } else {
        *ret_lifecycle = lifecycle;
    }
    return failed;
}

bool vmt_lifecycle_free(struct vmt_lifecycle *lifecycle, uint64_t until_ns)
{
    if (!lifecycle)
        return true;
    if (!vmt_connection_stop(lifecycle->connection, until_ns) || !vmt_event_loop_free(lifecycle->loop, until_ns))
        return false;
    free_parts(lifecycle);
    return true;
}

const struct vmt_lifecycle_options *vmt_lifecycle_settings(const struct vmt_lifecycle *lifecycle)
{
    return &lifecycle->options;
}

bool vmt_lifecycle_is_connected(struct vmt_lifecycle *lifecycle)
{
    return vmt_connection_generation(lifecycle->connection) != 0;
}

static int open_control(struct vmt_lifecycle *lifecycle, struct vmt_control *control, struct vmt_failure *failure)
{
    virConnectAuth auth;
    vmt_credentials_auth(lifecycle->credentials, &auth);
    control->connection = virConnectOpenAuth(lifecycle->uri, &auth, 0);
    if (!control->connection) {
        vmt_failure_take(failure, "virConnectOpenAuth");
        failure->kind = VMT_FAILURE_UNREACHABLE;
        return -ENOTCONN;
    }
    /* Drivers inside this process have no daemon that could fall silent: they refuse, and need no keepalive. */
    virConnectSetKeepAlive(control->connection, KEEPALIVE_SECONDS, KEEPALIVE_COUNT);
    const char *driver = virConnectGetType(control->connection);
    control->is_qemu = driver && !strcmp(driver, "QEMU");
    return 0;
}

int vmt_control_open(struct vmt_lifecycle *lifecycle, struct vmt_control *control, uint64_t until_ns,
                     struct vmt_failure *failure)
{
    unsigned generation = vmt_connection_await(lifecycle->connection, until_ns);
    if (control->connection && control->generation == generation && !vmt_control_is_lost(control))
        return 0;
    vmt_control_close(control);
    if (!generation) {
        vmt_failure_set(failure, VMT_FAILURE_UNREACHABLE, "there is no connection to libvirt");
        return -ENOTCONN;
    }
    control->generation = generation;
    return open_control(lifecycle, control, failure);
}

void vmt_control_close(struct vmt_control *control)
{
    if (control->connection)
        virConnectClose(control->connection);
    *control = (struct vmt_control){0};
}

bool vmt_control_is_lost(const struct vmt_control *control)
{
    return virConnectIsAlive(control->connection) != 1;
}

void vmt_vigil_begin(struct vmt_lifecycle *lifecycle, struct vmt_vigil *vigil, const char *uuid)
{
    *vigil = (struct vmt_vigil){0};
    memcpy(vigil->uuid, uuid, VMT_UUID_TEXT);
    pthread_mutex_lock(&lifecycle->lock);
    vigil->next = lifecycle->vigils;
    lifecycle->vigils = vigil;
    pthread_mutex_unlock(&lifecycle->lock);
}

void vmt_vigil_end(struct vmt_lifecycle *lifecycle, struct vmt_vigil *vigil)
{
    pthread_mutex_lock(&lifecycle->lock);
    struct vmt_vigil **place = &lifecycle->vigils;
    while (*place && *place != vigil)
        place = &(*place)->next;
    if (*place)
        *place = vigil->next;
    pthread_mutex_unlock(&lifecycle->lock);
}

unsigned vmt_vigil_wait(struct vmt_lifecycle *lifecycle, struct vmt_vigil *vigil, unsigned wanted, uint64_t until_ns)
{
    pthread_mutex_lock(&lifecycle->lock);
    while (!(vigil->seen & wanted) && vmt_now_ns() < until_ns)
        vmt_cond_wait(&lifecycle->seen, &lifecycle->lock, until_ns);
    unsigned seen = vigil->seen & wanted;
    pthread_mutex_unlock(&lifecycle->lock);
    return seen;
}
