/* SPDX-License-Identifier: Apache-2.0 */
/* Registering for what the event loop delivers. */
#include "tests/fake/fake_events.h"

#include <stdlib.h>

void fake_registrations_forget(void)
{
    while (fake_events.registrations) {
        struct fake_registration *next = fake_events.registrations->next;
        free(fake_events.registrations);
        fake_events.registrations = next;
    }
}

void fake_registrations_purge(void)
{
    struct fake_registration **link = &fake_events.registrations;
    while (*link) {
        struct fake_registration *gone = *link;
        if (!gone->is_removed) {
            link = &gone->next;
            continue;
        }
        *link = gone->next;
        fake_object_unref(&gone->connection->object);
        fake.usage.callbacks--;
        pthread_mutex_unlock(&fake.lock);
        if (gone->release)
            gone->release(gone->arg);
        free(gone);
        pthread_mutex_lock(&fake.lock);
        link = &fake_events.registrations;
    }
}

/* ---- close callbacks ---- */

int virConnectRegisterCloseCallback(virConnectPtr conn, virConnectCloseFunc cb, void *opaque, virFreeCallback freecb)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_CONNECTION, conn))
        return -1;
    bool is_taken = conn->on_close;
    if (is_taken) {
        fake_error_set(VIR_ERR_OPERATION_INVALID, VIR_FROM_REMOTE,
                       "Requested operation is not valid: A close callback is already registered");
    } else {
        conn->object.references++;
        conn->on_close = cb;
        conn->on_close_arg = opaque;
        conn->on_close_free = freecb;
        fake.usage.callbacks++;
    }
    fake_end(&call);
    return is_taken ? -1 : 0;
}

/* Waits for the callback while it runs, as libvirt's lock makes it wait. */
static bool is_registered(const char *function, virConnectPtr connection, virConnectCloseFunc callback)
{
    if (!fake_begin_local(function, FAKE_CONNECTION, connection))
        return false;
    bool is_inside_itself = fake_events.closing == connection && pthread_equal(fake_events.thread, pthread_self());
    if (is_inside_itself)
        fake_violation("the close callback unregisters itself: libvirt would wait for ever");
    while (!is_inside_itself && fake_events.closing == connection)
        vmt_cond_wait(&fake.changed, &fake.lock, VMT_NEVER);
    bool is_found = connection->on_close == callback;
    if (!is_found)
        fake_error_set(VIR_ERR_INVALID_ARG, VIR_FROM_REMOTE, "invalid argument: A different callback was requested");
    fake_end_local();
    return is_found;
}

/* The daemon is told first; when it does not hear any more, the callback stays. */
int virConnectUnregisterCloseCallback(virConnectPtr conn, virConnectCloseFunc cb)
{
    struct fake_call call;
    if (!is_registered(__func__, conn, cb) || !fake_begin(&call, __func__, FAKE_CONNECTION, conn))
        return -1;
    virFreeCallback release = conn->on_close_free;
    void *arg = conn->on_close_arg;
    fake_leave(&call);
    conn->on_close = NULL;
    fake.usage.callbacks--;
    fake_object_unref(&conn->object);
    fake_end_local();
    if (release)
        release(arg);
    return 0;
}

/* ---- events ---- */

static int do_register(const char *function, const struct fake_registration *wanted)
{
    static int next_id;
    struct fake_call call;
    if (!fake_begin(&call, function, FAKE_CONNECTION, wanted->connection))
        return -1;
    int id = -1;
    if (!wanted->connection->has_event_loop) {
        fake_error_set(VIR_ERR_INTERNAL_ERROR, VIR_FROM_NONE, "internal error: could not initialize event timer");
    } else {
        struct fake_registration **end = &fake_events.registrations;
        while (*end)
            end = &(*end)->next;
        *end = fake_alloc(sizeof **end);
        **end = *wanted;
        id = (*end)->id = next_id++;
        wanted->connection->object.references++;
        fake.usage.callbacks++;
    }
    fake_end(&call);
    return id;
}

static bool remove_registration(const char *function, enum fake_source source, virConnectPtr connection, int id)
{
    if (!fake_begin_local(function, FAKE_CONNECTION, connection))
        return false;
    struct fake_registration *found = fake_events.registrations;
    while (found &&
           (found->id != id || found->source != source || found->is_removed || found->connection != connection))
        found = found->next;
    if (found)
        found->is_removed = true;
    else
        fake_error_set(VIR_ERR_INVALID_ARG, VIR_FROM_NONE, "invalid argument: callback %d not found", id);
    if (found && !fake_events.delivering)
        fake_registrations_purge();
    fake_end_local();
    return found;
}

/* Gone at once, whatever the daemon says to it; but a callback that runs is not waited for. */
static int deregister(const char *function, enum fake_source source, virConnectPtr connection, int id)
{
    struct fake_call call;
    if (!remove_registration(function, source, connection, id) ||
        !fake_begin(&call, function, FAKE_CONNECTION, connection))
        return -1;
    fake_end(&call);
    return 0;
}

int virConnectDomainEventRegisterAny(virConnectPtr conn, virDomainPtr dom, int eventID,
                                     virConnectDomainEventGenericCallback cb, void *opaque, virFreeCallback freecb)
{
    return do_register(__func__, &(struct fake_registration){.source = FAKE_OF_DOMAINS,
                                                             .event_id = eventID,
                                                             .connection = conn,
                                                             .only = dom ? dom->domain : NULL,
                                                             .callback = (void (*)(void))cb,
                                                             .arg = opaque,
                                                             .release = freecb});
}

/* The other kinds can be registered for, and nothing comes of it. */
#define OTHER_EVENTS(name, from, type)                                                                                 \
    int virConnect##name##EventRegisterAny(virConnectPtr conn, type object, int eventID,                               \
                                           virConnect##name##EventGenericCallback cb, void *opaque,                    \
                                           virFreeCallback freecb)                                                     \
    {                                                                                                                  \
        (void)object;                                                                                                  \
        return do_register(__func__, &(struct fake_registration){.source = (from),                                     \
                                                                 .event_id = eventID,                                  \
                                                                 .connection = conn,                                   \
                                                                 .callback = (void (*)(void))cb,                       \
                                                                 .arg = opaque,                                        \
                                                                 .release = freecb});                                  \
    }                                                                                                                  \
    int virConnect##name##EventDeregisterAny(virConnectPtr conn, int callbackID)                                       \
    {                                                                                                                  \
        return deregister(__func__, from, conn, callbackID);                                                           \
    }

OTHER_EVENTS(StoragePool, FAKE_OF_POOLS, virStoragePoolPtr)
OTHER_EVENTS(Network, FAKE_OF_NETWORKS, virNetworkPtr)
OTHER_EVENTS(NodeDevice, FAKE_OF_NODE_DEVICES, virNodeDevicePtr)
OTHER_EVENTS(Secret, FAKE_OF_SECRETS, virSecretPtr)

int virConnectDomainEventDeregisterAny(virConnectPtr conn, int callbackID)
{
    return deregister(__func__, FAKE_OF_DOMAINS, conn, callbackID);
}
