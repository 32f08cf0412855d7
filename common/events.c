/* SPDX-License-Identifier: Apache-2.0 */
#include "common/events.h"

static void tell(void *arg, virDomainPtr domain)
{
    struct vmt_events *events = arg;
    char uuid[VMT_UUID_TEXT];
    bool is_known = domain && virDomainGetUUIDString(domain, uuid) == 0;
    events->changed(events->changed_arg, is_known ? uuid : NULL);
}

/* libvirt calls each kind with arguments of its own; all begin with connection and domain and end with ours. */

static int on_lifecycle(virConnectPtr connection, virDomainPtr domain, int event, int detail, void *arg)
{
    (void)connection;
    (void)event;
    (void)detail;
    tell(arg, domain);
    return 0;
}

static void on_device(virConnectPtr connection, virDomainPtr domain, const char *alias, void *arg)
{
    (void)connection;
    (void)alias;
    tell(arg, domain);
}

static void on_metadata(virConnectPtr connection, virDomainPtr domain, int type, const char *namespace_uri, void *arg)
{
    (void)connection;
    (void)type;
    (void)namespace_uri;
    tell(arg, domain);
}

static void on_disk(virConnectPtr connection, virDomainPtr domain, const char *old_path, const char *new_path,
                    const char *alias, int reason, void *arg)
{
    (void)connection;
    (void)old_path;
    (void)new_path;
    (void)alias;
    (void)reason;
    tell(arg, domain);
}

static void on_tray(virConnectPtr connection, virDomainPtr domain, const char *alias, int reason, void *arg)
{
    (void)connection;
    (void)alias;
    (void)reason;
    tell(arg, domain);
}

static const struct {
    int id;
    virConnectDomainEventGenericCallback callback;
} kinds[VMT_EVENT_KINDS] = {
    {VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle)},
    {VIR_DOMAIN_EVENT_ID_DISK_CHANGE, VIR_DOMAIN_EVENT_CALLBACK(on_disk)},
    {VIR_DOMAIN_EVENT_ID_TRAY_CHANGE, VIR_DOMAIN_EVENT_CALLBACK(on_tray)},
    {VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, VIR_DOMAIN_EVENT_CALLBACK(on_device)},
    {VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, VIR_DOMAIN_EVENT_CALLBACK(on_device)},
    {VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, VIR_DOMAIN_EVENT_CALLBACK(on_metadata)},
};

void vmt_events_register(struct vmt_events *events, struct vmt_session *session)
{
    for (unsigned i = 0; i < VMT_EVENT_KINDS; i++)
        events->callbacks[i] = VMT_CALL(session, NULL, virConnectDomainEventRegisterAny, session->connection, NULL,
                                        kinds[i].id, kinds[i].callback, events, NULL);
}

void vmt_events_deregister(struct vmt_events *events, struct vmt_session *session)
{
    for (unsigned i = 0; i < VMT_EVENT_KINDS; i++) {
        if (events->callbacks[i] >= 0)
            virConnectDomainEventDeregisterAny(session->connection, events->callbacks[i]);
        events->callbacks[i] = -1;
    }
}
