/* SPDX-License-Identifier: Apache-2.0 */
#include "common/events.h"
#include "common/enums.h"

#include <stdio.h>
#include <stdlib.h>

/* libvirt gives each kind of event arguments of its own; most of them are only counted here. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

/* What libvirt's callbacks get as their last argument. */
struct registration {
    struct vmt_events *events;
    unsigned kind;   /* row of the table below */
    int callback_id; /* -1: not registered */
};

static void count_event(const struct registration *own, virDomainPtr domain, bool changes_domain);
static void count_of_domain(const struct registration *own, enum vmt_entity entity, const char *const *labels);
static void tell(const struct registration *own, const struct vmt_happening *happening);
static const struct vmt_event_sink *sink_of(const struct registration *own);

/* Domain events: the arguments always begin with connection and domain, and end with ours. */

static int on_lifecycle(virConnectPtr connection, virDomainPtr domain, int event, int detail, void *arg)
{
    char event_number[16], detail_number[16], uuid[VMT_UUID_TEXT];
    const char *const labels[] = {virDomainGetName(domain), vmt_enum_lifecycle_event(event, event_number),
                                  vmt_enum_lifecycle_detail(event, detail, detail_number)};
    const struct vmt_event_sink *sink = sink_of(arg);
    count_of_domain(arg, VMT_ENTITY_LIFECYCLE_EVENT, labels);
    if (virDomainGetUUIDString(domain, uuid) < 0)
        return 0;
    tell(arg, &(struct vmt_happening){"domain", uuid, labels[0], labels[1], labels[2], event});
    if (event == VIR_DOMAIN_EVENT_STARTED)
        sink->started(sink->arg, uuid, virDomainGetID(domain));
    sink->changed(sink->arg, uuid);
    return 0;
}

static void on_io_error(virConnectPtr connection, virDomainPtr domain, const char *path, const char *alias, int action,
                        const char *reason, void *arg)
{
    static const char *const actions[] = {"none", "pause", "report"};
    char number[16];
    bool is_known = action >= 0 && action < (int)(sizeof actions / sizeof *actions);
    snprintf(number, sizeof number, "%d", action);
    const char *const labels[] = {virDomainGetName(domain), alias, is_known ? actions[action] : number,
                                  reason && *reason ? reason : NULL};
    count_of_domain(arg, VMT_ENTITY_IO_ERROR, labels);
}

static void on_job_completed(virConnectPtr connection, virDomainPtr domain, virTypedParameterPtr params, int count,
                             void *arg)
{
    int operation = 0, is_success = 0;
    virTypedParamsGetInt(params, count, VIR_DOMAIN_JOB_OPERATION, &operation);
    bool says_result = virTypedParamsGetBoolean(params, count, VIR_DOMAIN_JOB_SUCCESS, &is_success) == 1;
    char number[16];
    const char *const labels[] = {virDomainGetName(domain), vmt_enum_job_operation(operation, number),
                                  !says_result ? NULL
                                  : is_success ? "success"
                                               : "failed"};
    count_of_domain(arg, VMT_ENTITY_JOB_COMPLETED, labels);
}

static void on_plain(virConnectPtr connection, virDomainPtr domain, void *arg)
{
    count_event(arg, domain, false);
}

static void on_code(virConnectPtr connection, virDomainPtr domain, int code, void *arg)
{
    count_event(arg, domain, false);
}

static void on_offset(virConnectPtr connection, virDomainPtr domain, long long offset, void *arg)
{
    count_event(arg, domain, false);
}

static void on_size(virConnectPtr connection, virDomainPtr domain, unsigned long long size, void *arg)
{
    count_event(arg, domain, false);
}

static void on_graphics(virConnectPtr connection, virDomainPtr domain, int phase,
                        const virDomainEventGraphicsAddress *local, const virDomainEventGraphicsAddress *remote,
                        const char *scheme, const virDomainEventGraphicsSubject *subject, void *arg)
{
    count_event(arg, domain, false);
}

static void on_migration_iteration(virConnectPtr connection, virDomainPtr domain, int iteration, void *arg)
{
    const struct vmt_event_sink *sink = sink_of(arg);
    char uuid[VMT_UUID_TEXT];
    count_event(arg, domain, false);
    if (sink->has_job && virDomainGetUUIDString(domain, uuid) == 0)
        sink->has_job(sink->arg, uuid);
}

static void on_block_job(virConnectPtr connection, virDomainPtr domain, const char *disk, int type, int status,
                         void *arg)
{
    count_event(arg, domain, true);
}

static void on_disk_change(virConnectPtr connection, virDomainPtr domain, const char *old_path, const char *new_path,
                           const char *alias, int reason, void *arg)
{
    count_event(arg, domain, true);
}

static void on_tray_change(virConnectPtr connection, virDomainPtr domain, const char *alias, int reason, void *arg)
{
    count_event(arg, domain, true);
}

static void on_device(virConnectPtr connection, virDomainPtr domain, const char *alias, void *arg)
{
    count_event(arg, domain, true);
}

static void on_metadata(virConnectPtr connection, virDomainPtr domain, int type, const char *namespace_uri, void *arg)
{
    count_event(arg, domain, true);
}

static void on_agent(virConnectPtr connection, virDomainPtr domain, int state, int reason, void *arg)
{
    count_event(arg, domain, true);
}

static void on_tunable(virConnectPtr connection, virDomainPtr domain, virTypedParameterPtr params, int count, void *arg)
{
    count_event(arg, domain, true);
}

static void on_threshold(virConnectPtr connection, virDomainPtr domain, const char *device, const char *path,
                         unsigned long long threshold, unsigned long long excess, void *arg)
{
    count_event(arg, domain, false);
}

static void on_memory_failure(virConnectPtr connection, virDomainPtr domain, int recipient, int action, unsigned flags,
                              void *arg)
{
    count_event(arg, domain, false);
}

static void on_memory_device(virConnectPtr connection, virDomainPtr domain, const char *alias, unsigned long long size,
                             void *arg)
{
    count_event(arg, domain, false);
}

/* Events of other objects, whose lifecycles are alike: the event's number is the place of its name. */

static void count_object(const struct registration *own, const char *const *names, int event);
static void tell_object(const struct registration *own, const char *uuid, const char *name, const char *const *names,
                        int event);

static const char *const pool_events[] = {"defined", "undefined", "started", "stopped", "created", "deleted", NULL};
static const char *const network_events[] = {"defined", "undefined", "started", "stopped", NULL};
static const char *const node_device_events[] = {"created", "deleted", "defined", "undefined", NULL};
static const char *const secret_events[] = {"defined", "undefined", NULL};

static void take_pool_event(const struct registration *own, virStoragePoolPtr pool, const char *const *names, int event)
{
    char uuid[VMT_UUID_TEXT];
    count_object(own, names, event);
    if (virStoragePoolGetUUIDString(pool, uuid) == 0)
        tell_object(own, uuid, virStoragePoolGetName(pool), names, event);
}

static void on_pool(virConnectPtr connection, virStoragePoolPtr pool, int event, int detail, void *arg)
{
    take_pool_event(arg, pool, pool_events, event);
}

static void on_pool_refresh(virConnectPtr connection, virStoragePoolPtr pool, void *arg)
{
    take_pool_event(arg, pool, (const char *const[]){"refreshed", NULL}, 0);
}

static void on_network(virConnectPtr connection, virNetworkPtr network, int event, int detail, void *arg)
{
    char uuid[VMT_UUID_TEXT];
    count_object(arg, network_events, event);
    if (virNetworkGetUUIDString(network, uuid) == 0)
        tell_object(arg, uuid, virNetworkGetName(network), network_events, event);
}

static void on_node_device(virConnectPtr connection, virNodeDevicePtr device, int event, int detail, void *arg)
{
    count_object(arg, node_device_events, event);
}

static void on_node_device_update(virConnectPtr connection, virNodeDevicePtr device, void *arg)
{
    count_object(arg, (const char *const[]){"updated", NULL}, 0);
}

static void on_secret(virConnectPtr connection, virSecretPtr secret, int event, int detail, void *arg)
{
    count_object(arg, secret_events, event);
}

static void on_secret_change(virConnectPtr connection, virSecretPtr secret, void *arg)
{
    count_object(arg, (const char *const[]){"value_changed", NULL}, 0);
}

/* Which family of libvirt functions registers a kind. */
enum source { DOMAIN, POOL, NETWORK, NODE_DEVICE, SECRET };

#define CALLBACK(function) (void (*)(void))(function)

/* clang-format off */
static const struct {
    enum source source;
    int id;
    void (*callback)(void); /* cast back by libvirt to what the kind needs */
    const char *name; /* the label `event` of a domain event, `object` of others */
} kinds[] = {
    {DOMAIN, VIR_DOMAIN_EVENT_ID_LIFECYCLE, CALLBACK(on_lifecycle), NULL},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON, CALLBACK(on_io_error), NULL},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, CALLBACK(on_job_completed), NULL},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_REBOOT, CALLBACK(on_plain), "reboot"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_RTC_CHANGE, CALLBACK(on_offset), "rtc_change"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_WATCHDOG, CALLBACK(on_code), "watchdog"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_GRAPHICS, CALLBACK(on_graphics), "graphics"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_CONTROL_ERROR, CALLBACK(on_plain), "control_error"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2, CALLBACK(on_block_job), "block_job"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_DISK_CHANGE, CALLBACK(on_disk_change), "disk_change"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_TRAY_CHANGE, CALLBACK(on_tray_change), "tray_change"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_PMWAKEUP, CALLBACK(on_code), "pmwakeup"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_PMSUSPEND, CALLBACK(on_code), "pmsuspend"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK, CALLBACK(on_code), "pmsuspend_disk"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE, CALLBACK(on_size), "balloon_change"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, CALLBACK(on_device), "device_added"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, CALLBACK(on_device), "device_removed"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, CALLBACK(on_device), "device_removal_failed"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_TUNABLE, CALLBACK(on_tunable), "tunable"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, CALLBACK(on_agent), "agent_lifecycle"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION, CALLBACK(on_migration_iteration), "migration_iteration"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, CALLBACK(on_metadata), "metadata_change"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD, CALLBACK(on_threshold), "block_threshold"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE, CALLBACK(on_memory_failure), "memory_failure"},
    {DOMAIN, VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE, CALLBACK(on_memory_device), "memory_device_size_change"},
    {POOL, VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE, CALLBACK(on_pool), "storage_pool"},
    {POOL, VIR_STORAGE_POOL_EVENT_ID_REFRESH, CALLBACK(on_pool_refresh), "storage_pool"},
    {NETWORK, VIR_NETWORK_EVENT_ID_LIFECYCLE, CALLBACK(on_network), "network"},
    {NODE_DEVICE, VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE, CALLBACK(on_node_device), "node_device"},
    {NODE_DEVICE, VIR_NODE_DEVICE_EVENT_ID_UPDATE, CALLBACK(on_node_device_update), "node_device"},
    {SECRET, VIR_SECRET_EVENT_ID_LIFECYCLE, CALLBACK(on_secret), "secret"},
    {SECRET, VIR_SECRET_EVENT_ID_VALUE_CHANGED, CALLBACK(on_secret_change), "secret"},
};
/* clang-format on */
enum { KINDS = sizeof kinds / sizeof *kinds };

struct vmt_events {
    struct vmt_event_sink sink;
    struct registration registrations[KINDS];
};

static const struct vmt_event_sink *sink_of(const struct registration *own)
{
    return &own->events->sink;
}

static void tell(const struct registration *own, const struct vmt_happening *happening)
{
    const struct vmt_event_sink *sink = sink_of(own);
    if (sink->happened)
        sink->happened(sink->arg, happening);
}

static void tell_object(const struct registration *own, const char *uuid, const char *name, const char *const *names,
                        int event)
{
    char number[VMT_ENUM_TEXT];
    const char *text = vmt_enum_name(names, event, number);
    tell(own, &(struct vmt_happening){kinds[own->kind].name, uuid, name, text, NULL, -1});
}

/* `labels` begin with the domain's name. */
static void count_of_domain(const struct registration *own, enum vmt_entity entity, const char *const *labels)
{
    const struct vmt_event_sink *sink = sink_of(own);
    if (labels[0] && vmt_filter_wants_domain(sink->filter, labels[0]))
        vmt_tally_count(sink->tally, entity, labels);
}

static struct vmt_tally *tally_of(const struct registration *own)
{
    return own->events->sink.tally;
}

static void count_event(const struct registration *own, virDomainPtr domain, bool changes_domain)
{
    const struct vmt_event_sink *sink = sink_of(own);
    const char *const labels[] = {virDomainGetName(domain), kinds[own->kind].name};
    count_of_domain(own, VMT_ENTITY_DOMAIN_EVENT, labels);
    char uuid[VMT_UUID_TEXT];
    if (!(changes_domain || sink->happened) || virDomainGetUUIDString(domain, uuid) < 0)
        return;
    tell(own, &(struct vmt_happening){"domain", uuid, labels[0], labels[1], NULL, -1});
    if (changes_domain)
        sink->changed(sink->arg, uuid);
}

static void count_object(const struct registration *own, const char *const *names, int event)
{
    char number[16];
    const char *const labels[] = {kinds[own->kind].name, vmt_enum_name(names, event, number)};
    vmt_tally_count(tally_of(own), VMT_ENTITY_OBJECT_EVENT, labels);
}

struct vmt_events *vmt_events_new(const struct vmt_event_sink *sink)
{
    struct vmt_events *events = calloc(1, sizeof *events);
    if (!events)
        return NULL;
    events->sink = *sink;
    for (unsigned i = 0; i < KINDS; i++)
        events->registrations[i] = (struct registration){.events = events, .kind = i, .callback_id = -1};
    return events;
}

void vmt_events_free(struct vmt_events *events)
{
    free(events);
}

static int register_kind(struct vmt_session *session, unsigned kind, struct registration *own)
{
    virConnectPtr connection = session->connection;
    int id = kinds[kind].id;
    void (*callback)(void) = kinds[kind].callback;
    switch (kinds[kind].source) {
    case DOMAIN:
        return VMT_CALL(session, NULL, virConnectDomainEventRegisterAny, connection, NULL, id,
                        (virConnectDomainEventGenericCallback)callback, own, NULL);
    case POOL:
        return VMT_CALL(session, NULL, virConnectStoragePoolEventRegisterAny, connection, NULL, id,
                        (virConnectStoragePoolEventGenericCallback)callback, own, NULL);
    case NETWORK:
        return VMT_CALL(session, NULL, virConnectNetworkEventRegisterAny, connection, NULL, id,
                        (virConnectNetworkEventGenericCallback)callback, own, NULL);
    case NODE_DEVICE:
        return VMT_CALL(session, NULL, virConnectNodeDeviceEventRegisterAny, connection, NULL, id,
                        (virConnectNodeDeviceEventGenericCallback)callback, own, NULL);
    case SECRET:
        return VMT_CALL(session, NULL, virConnectSecretEventRegisterAny, connection, NULL, id,
                        (virConnectSecretEventGenericCallback)callback, own, NULL);
    }
    return -1;
}

void vmt_events_register(struct vmt_events *events, struct vmt_session *session)
{
    for (unsigned i = 0; i < KINDS; i++) {
        events->registrations[i].callback_id = register_kind(session, i, &events->registrations[i]);
        session->unsupported_count = 0; /* that a driver lacks one kind says nothing about the next */
    }
}

void vmt_events_deregister(struct vmt_events *events, struct vmt_session *session)
{
    static int (*const deregister[])(virConnectPtr, int) = {
        [DOMAIN] = virConnectDomainEventDeregisterAny,   [POOL] = virConnectStoragePoolEventDeregisterAny,
        [NETWORK] = virConnectNetworkEventDeregisterAny, [NODE_DEVICE] = virConnectNodeDeviceEventDeregisterAny,
        [SECRET] = virConnectSecretEventDeregisterAny,
    };
    for (unsigned i = 0; i < KINDS; i++) {
        struct registration *own = &events->registrations[i];
        if (own->callback_id >= 0)
            deregister[kinds[i].source](session->connection, own->callback_id);
        own->callback_id = -1;
    }
}
