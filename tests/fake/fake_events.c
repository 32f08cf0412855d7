/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake/fake_events.h"

#include <stdlib.h>
#include <string.h>

struct fake_queued {
    virConnectPtr closed; /* its close callback; NULL: an event */
    enum fake_source source;
    struct fake_domain *domain;
    struct fake_event event; /* owns its texts and parameters */
    struct fake_queued *next;
};

struct fake_events fake_events;

static void forget(struct fake_queued *queued)
{
    free((char *)queued->event.text);
    free((char *)queued->event.reason);
    virTypedParamsFree((virTypedParameterPtr)queued->event.params, queued->event.param_count);
    free(queued);
}

void fake_events_forget(void)
{
    fake_loop_forget();
    fake_registrations_forget();
    while (fake_events.first) {
        struct fake_queued *next = fake_events.first->next;
        forget(fake_events.first);
        fake_events.first = next;
    }
}

/* ---- the queue ---- */

static void add(const struct fake_queued *queued)
{
    struct fake_queued **end = &fake_events.first;
    while (*end)
        end = &(*end)->next;
    *end = fake_alloc(sizeof **end);
    **end = *queued;
    pthread_cond_broadcast(&fake.changed);
}

void fake_events_add_close(virConnectPtr connection)
{
    connection->object.references++;
    add(&(struct fake_queued){.closed = connection});
}

void fake_emit(struct fake_domain *domain, const struct fake_event *event)
{
    struct fake_queued queued = {.source = FAKE_OF_DOMAINS, .domain = domain, .event = *event};
    struct fake_record params = {0};
    for (int i = 0; i < event->param_count; i++)
        fake_add_copy(&params, &event->params[i]);
    queued.event.params = params.params;
    queued.event.text = fake_copy(event->text);
    queued.event.reason = fake_copy(event->reason);
    pthread_mutex_lock(&fake.lock);
    add(&queued);
    pthread_mutex_unlock(&fake.lock);
}

void fake_emit_lifecycle(struct fake_domain *domain, int event, int detail)
{
    fake_emit(domain, &(struct fake_event){.id = VIR_DOMAIN_EVENT_ID_LIFECYCLE, .number = event, .detail = detail});
}

void fake_emit_object(enum fake_source source, int id, int number)
{
    pthread_mutex_lock(&fake.lock);
    add(&(struct fake_queued){.source = source, .event = {.id = id, .number = number}});
    pthread_mutex_unlock(&fake.lock);
}

bool fake_wait_events(unsigned within_ms)
{
    uint64_t until = vmt_now_ns() + within_ms * VMT_MS;
    pthread_mutex_lock(&fake.lock);
    while ((fake_events.first || fake_events.delivering) && vmt_now_ns() < until)
        vmt_cond_wait(&fake.changed, &fake.lock, until);
    bool is_empty = !fake_events.first && !fake_events.delivering;
    pthread_mutex_unlock(&fake.lock);
    return is_empty;
}

/* ---- delivery ---- */

/* A frozen daemon sends no event; that a connection broke is noticed without it. */
static bool is_deliverable(const struct fake_queued *queued)
{
    return queued->closed || fake.daemon != FAKE_DAEMON_FROZEN;
}

bool fake_events_are_waiting(void)
{
    const struct fake_queued *queued = fake_events.first;
    while (queued && !is_deliverable(queued))
        queued = queued->next;
    return queued;
}

/* Callbacks of all kinds are kept as one type; each is called as what it is. */
#define CALL(type, to, object, ...) ((virConnect##type##Callback)(to)->callback)((to)->connection, object, __VA_ARGS__)

static bool call_with_texts(const struct fake_registration *to, virDomainPtr domain, const struct fake_event *event)
{
    switch (event->id) {
    case VIR_DOMAIN_EVENT_ID_DEVICE_ADDED:
    case VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED:
    case VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED:
        CALL(DomainEventDeviceAdded, to, domain, event->text, to->arg);
        return true;
    case VIR_DOMAIN_EVENT_ID_METADATA_CHANGE:
        CALL(DomainEventMetadataChange, to, domain, event->number, event->text, to->arg);
        return true;
    case VIR_DOMAIN_EVENT_ID_DISK_CHANGE:
        CALL(DomainEventDiskChange, to, domain, "/old.img", "/new.img", event->text, event->number, to->arg);
        return true;
    case VIR_DOMAIN_EVENT_ID_TRAY_CHANGE:
        CALL(DomainEventTrayChange, to, domain, event->text, event->number, to->arg);
        return true;
    case VIR_DOMAIN_EVENT_ID_BLOCK_JOB:
    case VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2:
        CALL(DomainEventBlockJob, to, domain, event->text, event->number, event->detail, to->arg);
        return true;
    case VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD:
        CALL(DomainEventBlockThreshold, to, domain, event->text, "/disk.img", (unsigned long long)event->size, 4096,
             to->arg);
        return true;
    case VIR_DOMAIN_EVENT_ID_IO_ERROR:
        CALL(DomainEventIOError, to, domain, "/disk.img", event->text, event->number, to->arg);
        return true;
    case VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON:
        CALL(DomainEventIOErrorReason, to, domain, "/disk.img", event->text, event->number,
             event->reason ? event->reason : "", to->arg);
        return true;
    case VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE:
        CALL(DomainEventMemoryDeviceSizeChange, to, domain, event->text, (unsigned long long)event->size, to->arg);
        return true;
    default:
        return false;
    }
}

static void call_with_numbers(const struct fake_registration *to, virDomainPtr domain, const struct fake_event *event)
{
    static const virDomainEventGraphicsAddress address = {.family = VIR_DOMAIN_EVENT_GRAPHICS_ADDRESS_IPV4};
    static const virDomainEventGraphicsSubject subject = {0};
    switch (event->id) {
    case VIR_DOMAIN_EVENT_ID_LIFECYCLE:
        CALL(DomainEvent, to, domain, event->number, event->detail, to->arg);
        break;
    case VIR_DOMAIN_EVENT_ID_RTC_CHANGE:
        CALL(DomainEventRTCChange, to, domain, event->size, to->arg);
        break;
    case VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE:
        CALL(DomainEventBalloonChange, to, domain, (unsigned long long)event->size, to->arg);
        break;
    case VIR_DOMAIN_EVENT_ID_WATCHDOG:
    case VIR_DOMAIN_EVENT_ID_PMWAKEUP:
    case VIR_DOMAIN_EVENT_ID_PMSUSPEND:
    case VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK:
    case VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION:
        CALL(DomainEventWatchdog, to, domain, event->number, to->arg);
        break;
    case VIR_DOMAIN_EVENT_ID_GRAPHICS:
        CALL(DomainEventGraphics, to, domain, event->number, &address, &address, "none", &subject, to->arg);
        break;
    case VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE:
        CALL(DomainEventAgentLifecycle, to, domain, event->number, event->detail, to->arg);
        break;
    case VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE:
        CALL(DomainEventMemoryFailure, to, domain, event->number, event->detail, 0, to->arg);
        break;
    case VIR_DOMAIN_EVENT_ID_TUNABLE:
    case VIR_DOMAIN_EVENT_ID_JOB_COMPLETED:
        CALL(DomainEventJobCompleted, to, domain, (virTypedParameterPtr)event->params, event->param_count, to->arg);
        break;
    default:
        fake_must(event->id == VIR_DOMAIN_EVENT_ID_REBOOT || event->id == VIR_DOMAIN_EVENT_ID_CONTROL_ERROR);
        CALL(DomainEventGeneric, to, domain, to->arg);
    }
}

/* Those of id 0 are lifecycles, with event and detail; the others have no arguments of their own. */
static void call_for_object(const struct fake_registration *to, const struct fake_event *event)
{
    if (event->id == 0)
        CALL(NetworkEventLifecycle, to, NULL, event->number, event->detail, to->arg);
    else
        CALL(NetworkEventGeneric, to, NULL, to->arg);
}

static bool hears(const struct fake_registration *to, const struct fake_queued *queued)
{
    return to->source == queued->source && !to->is_removed && to->connection->is_alive &&
           to->event_id == queued->event.id && (!to->only || to->only == queued->domain);
}

static void deliver_event(const struct fake_queued *queued)
{
    for (struct fake_registration *to = fake_events.registrations; to; to = to->next) {
        if (!hears(to, queued))
            continue;
        virDomainPtr domain = queued->domain ? fake_domain_handle(to->connection, queued->domain) : NULL;
        pthread_mutex_unlock(&fake.lock);
        if (!domain)
            call_for_object(to, &queued->event);
        else if (!call_with_texts(to, domain, &queued->event))
            call_with_numbers(to, domain, &queued->event);
        pthread_mutex_lock(&fake.lock);
        if (domain)
            fake_object_unref(&domain->object);
    }
}

/* It is called once; then it is as good as unregistered. Unregistering waits for it meanwhile. */
static void deliver_close(virConnectPtr connection)
{
    if (connection->on_close) {
        virConnectCloseFunc callback = connection->on_close;
        fake_events.closing = connection;
        fake_events.thread = pthread_self();
        pthread_mutex_unlock(&fake.lock);
        callback(connection, connection->close_reason, connection->on_close_arg);
        if (connection->on_close_free)
            connection->on_close_free(connection->on_close_arg);
        pthread_mutex_lock(&fake.lock);
        fake_events.closing = NULL;
        connection->on_close = NULL;
        fake.usage.callbacks--;
        fake_object_unref(&connection->object);
    }
    fake_object_unref(&connection->object);
}

void fake_events_deliver(void)
{
    struct fake_queued **link = &fake_events.first;
    while (!is_deliverable(*link))
        link = &(*link)->next;
    struct fake_queued *queued = *link;
    *link = queued->next;
    fake_events.delivering++;
    if (queued->closed)
        deliver_close(queued->closed);
    else
        deliver_event(queued);
    fake_events.delivering--;
    if (!fake_events.delivering)
        fake_registrations_purge();
    pthread_cond_broadcast(&fake.changed);
    forget(queued);
}
