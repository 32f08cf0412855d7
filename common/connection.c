/* SPDX-License-Identifier: Apache-2.0 */
#include "common/connection.h"
#include "common/clock.h"
#include "common/handles.h"
#include "common/thread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A daemon that says nothing for 15 seconds is given up: the call that hangs on it returns with an error then. */
enum { KEEPALIVE_SECONDS = 5, KEEPALIVE_COUNT = 3 };

static const uint64_t FIRST_PAUSE = 200 * VMT_MS, LONGEST_PAUSE = 5 * VMT_SECOND;

static const char *const reconnect_keys[] = {
    [VIR_CONNECT_CLOSE_REASON_ERROR] = "reconnects.error",
    [VIR_CONNECT_CLOSE_REASON_EOF] = "reconnects.eof",
    [VIR_CONNECT_CLOSE_REASON_KEEPALIVE] = "reconnects.keepalive",
    [VIR_CONNECT_CLOSE_REASON_CLIENT] = "reconnects.client",
};
enum { REASONS = sizeof reconnect_keys / sizeof *reconnect_keys };

struct vmt_connection {
    struct vmt_connection_options options;
    struct vmt_session session; /* the supervisor's own */
    struct vmt_events *events;
    struct vmt_thread thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_stopping, has_tried;
    int lost_reason; /* virConnectCloseReason, -1 while the connection stands */
    unsigned generation, opened;
    bool is_up;
    uint64_t reconnects[REASONS];
};

static void ignore_error(void *arg, virErrorPtr error)
{
    (void)arg;
    (void)error;
}

static void tell(struct vmt_connection *connection, enum vmt_notice_kind kind, const char *text)
{
    struct vmt_notice notice = {.kind = kind, .object = connection->options.uri, .text = text};
    if (connection->options.notify)
        connection->options.notify(connection->options.notify_arg, &notice);
}

static void on_close(virConnectPtr closed, int reason, void *arg)
{
    (void)closed;
    struct vmt_connection *connection = arg;
    pthread_mutex_lock(&connection->lock);
    connection->lost_reason = reason >= 0 && reason < REASONS ? reason : VIR_CONNECT_CLOSE_REASON_ERROR;
    connection->is_up = false;
    pthread_cond_broadcast(&connection->wake);
    pthread_mutex_unlock(&connection->lock);
}

static virConnectPtr open_read_only(const struct vmt_connection *connection, struct vmt_session *session)
{
    virConnectAuth auth;
    vmt_credentials_auth(connection->options.credentials, &auth);
    virConnectPtr opened =
        VMT_CALL(session, connection->options.uri, virConnectOpenAuth, connection->options.uri, &auth, VIR_CONNECT_RO);
    if (!opened)
        return NULL;
    /* Drivers inside this process have no daemon that could fall silent: they refuse, and need no keepalive. */
    virConnectSetKeepAlive(opened, KEEPALIVE_SECONDS, KEEPALIVE_COUNT);
    virResetLastError();
    return opened;
}

/* The first attempt to connect has ended, one way or the other. */
static void note_attempt(struct vmt_connection *connection)
{
    pthread_mutex_lock(&connection->lock);
    connection->has_tried = true;
    pthread_cond_broadcast(&connection->wake);
    pthread_mutex_unlock(&connection->lock);
}

/* True once the connection stands; false when it could not be opened. */
static bool establish(struct vmt_connection *connection, char *last_failure, size_t size)
{
    struct vmt_part *part = vmt_part_new();
    connection->session.part = part;
    connection->session.unsupported_count = 0;
    connection->session.connection = open_read_only(connection, &connection->session);
    connection->session.part = NULL;
    if (!connection->session.connection) {
        const char *why = part && part->errors && part->errors->message ? part->errors->message : "no memory";
        if (strncmp(last_failure, why, size - 1) != 0)
            tell(connection, VMT_NOTICE_DISCONNECTED, why);
        strncpy(last_failure, why, size - 1);
        vmt_part_unref(part);
        return false;
    }
    vmt_part_unref(part);
    last_failure[0] = '\0';
    pthread_mutex_lock(&connection->lock);
    connection->lost_reason = -1;
    pthread_mutex_unlock(&connection->lock);
    virConnectRegisterCloseCallback(connection->session.connection, on_close, connection, NULL);
    vmt_events_register(connection->events, &connection->session);
    /* Lost before the callback stood: nobody else would tell. */
    if (virConnectIsAlive(connection->session.connection) != 1)
        on_close(connection->session.connection, VIR_CONNECT_CLOSE_REASON_ERROR, connection);
    /* Registered first, then everything is read again: no change can fall between. */
    connection->options.sink.changed(connection->options.sink.arg, NULL);
    return true;
}

/* Waits until the connection is lost or shall stop. */
static void stand(struct vmt_connection *connection)
{
    pthread_mutex_lock(&connection->lock);
    connection->generation = ++connection->opened;
    connection->is_up = connection->lost_reason < 0;
    connection->has_tried = true;
    pthread_cond_broadcast(&connection->wake);
    pthread_mutex_unlock(&connection->lock);
    tell(connection, VMT_NOTICE_CONNECTED, "libvirt answers");
    pthread_mutex_lock(&connection->lock);
    while (!connection->is_stopping && connection->lost_reason < 0)
        vmt_cond_wait(&connection->wake, &connection->lock, VMT_NEVER);
    connection->is_up = false;
    int reason = connection->lost_reason;
    if (reason >= 0)
        connection->reconnects[reason]++;
    pthread_mutex_unlock(&connection->lock);
    if (reason >= 0)
        tell(connection, VMT_NOTICE_DISCONNECTED, strchr(reconnect_keys[reason], '.') + 1);
    virConnectUnregisterCloseCallback(connection->session.connection, on_close);
    vmt_events_deregister(connection->events, &connection->session);
    vmt_session_close(&connection->session);
}

/* True when the pause is over; false when the connection shall stop. */
static bool pause_before_retry(struct vmt_connection *connection, uint64_t pause)
{
    uint64_t until = vmt_now_ns() + pause;
    pthread_mutex_lock(&connection->lock);
    while (!connection->is_stopping && vmt_now_ns() < until)
        vmt_cond_wait(&connection->wake, &connection->lock, until);
    bool goes_on = !connection->is_stopping;
    pthread_mutex_unlock(&connection->lock);
    return goes_on;
}

static void *supervise(void *arg)
{
    struct vmt_connection *connection = arg;
    char last_failure[256] = "";
    uint64_t pause = FIRST_PAUSE;
    for (;;) {
        if (establish(connection, last_failure, sizeof last_failure)) {
            stand(connection);
            pause = FIRST_PAUSE;
        } else {
            note_attempt(connection);
        }
        if (!pause_before_retry(connection, pause))
            break;
        pause = pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE;
    }
    return NULL;
}

void vmt_connection_free(struct vmt_connection *connection)
{
    if (!connection)
        return;
    vmt_events_free(connection->events);
    vmt_session_done(&connection->session);
    pthread_cond_destroy(&connection->wake);
    pthread_mutex_destroy(&connection->lock);
    free(connection);
}

int vmt_connection_new(const struct vmt_connection_options *options, struct vmt_connection **ret_connection,
                       struct vmt_error *error)
{
    struct vmt_connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return vmt_error_set(error, -ENOMEM, "no memory for the connection");
    /* Errors are collected call by call; libvirt shall not print them as well. */
    virSetErrorFunc(NULL, ignore_error);
    connection->options = *options;
    vmt_session_init(&connection->session);
    connection->session.calls = options->calls;
    connection->events = vmt_events_new(&options->sink);
    connection->lost_reason = -1;
    pthread_mutex_init(&connection->lock, NULL);
    vmt_cond_init(&connection->wake);
    int failed =
        connection->events ? vmt_thread_start(&connection->thread, "vmt-connection", supervise, connection) : -ENOMEM;
    if (failed) {
        vmt_connection_free(connection);
        return vmt_error_set(error, failed, "cannot start the connection's thread: %s", strerror(-failed));
    }
    *ret_connection = connection;
    return 0;
}

bool vmt_connection_stop(struct vmt_connection *connection, uint64_t until_ns)
{
    if (!connection)
        return true;
    pthread_mutex_lock(&connection->lock);
    connection->is_stopping = true;
    pthread_cond_broadcast(&connection->wake);
    pthread_mutex_unlock(&connection->lock);
    return vmt_thread_join(&connection->thread, until_ns);
}

unsigned vmt_connection_await(struct vmt_connection *connection, uint64_t until_ns)
{
    pthread_mutex_lock(&connection->lock);
    while (!connection->has_tried && !connection->is_stopping && vmt_now_ns() < until_ns)
        vmt_cond_wait(&connection->wake, &connection->lock, until_ns);
    pthread_mutex_unlock(&connection->lock);
    return vmt_connection_generation(connection);
}

unsigned vmt_connection_generation(struct vmt_connection *connection)
{
    pthread_mutex_lock(&connection->lock);
    unsigned generation = connection->is_up ? connection->generation : 0;
    pthread_mutex_unlock(&connection->lock);
    return generation;
}

bool vmt_connection_was_open(struct vmt_connection *connection)
{
    pthread_mutex_lock(&connection->lock);
    bool was_open = connection->opened > 0;
    pthread_mutex_unlock(&connection->lock);
    return was_open;
}

void vmt_connection_sample(struct vmt_connection *connection, struct vmt_sample *sample)
{
    pthread_mutex_lock(&connection->lock);
    for (unsigned i = 0; i < REASONS; i++)
        vmt_sample_set(sample, VMT_ENTITY_EXPORTER, reconnect_keys[i], vmt_integer(connection->reconnects[i]));
    vmt_sample_set(sample, VMT_ENTITY_EXPORTER, "event_registrations", vmt_integer(connection->opened));
    pthread_mutex_unlock(&connection->lock);
}

int vmt_connection_open_session(struct vmt_connection *connection, struct vmt_session *session)
{
    unsigned generation = vmt_connection_generation(connection);
    bool is_usable =
        session->connection && session->generation == generation && virConnectIsAlive(session->connection) == 1;
    if (is_usable)
        return 0;
    vmt_session_close(session);
    if (!generation)
        return -ENOTCONN;
    session->unsupported_count = 0;
    session->connection = open_read_only(connection, session);
    if (!session->connection)
        return -EIO;
    session->generation = generation;
    const char *driver = virConnectGetType(session->connection);
    session->is_qemu = driver && !strcmp(driver, "QEMU");
    return 0;
}

void vmt_session_close(struct vmt_session *session)
{
    vmt_handles_forget(session);
    if (session->connection)
        virConnectClose(session->connection);
    session->connection = NULL;
    session->cpu_field_count = session->memory_field_count = 0;
}
