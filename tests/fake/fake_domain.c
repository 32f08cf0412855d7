/* SPDX-License-Identifier: Apache-2.0 */
/* Domain handles, and the calls about one domain that touch no monitor. */
#include "tests/fake/fake_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

virDomainPtr fake_domain_handle(virConnectPtr connection, struct fake_domain *domain)
{
    virDomainPtr handle = fake_object_new(FAKE_DOMAIN, sizeof *handle, connection);
    handle->domain = domain;
    handle->name = fake_copy(domain->name);
    handle->id = domain->id;
    return handle;
}

/* Of two opposite flags, none or both: does not matter. */
static bool agrees(unsigned flags, unsigned yes, unsigned no, bool is_so)
{
    return !(flags & (yes | no)) || flags & (is_so ? yes : no);
}

static unsigned state_flag(int state)
{
    switch (state) {
    case VIR_DOMAIN_RUNNING:
        return VIR_CONNECT_LIST_DOMAINS_RUNNING;
    case VIR_DOMAIN_PAUSED:
        return VIR_CONNECT_LIST_DOMAINS_PAUSED;
    case VIR_DOMAIN_SHUTOFF:
        return VIR_CONNECT_LIST_DOMAINS_SHUTOFF;
    default:
        return VIR_CONNECT_LIST_DOMAINS_OTHER;
    }
}

bool fake_domain_matches(const struct fake_domain *domain, unsigned flags)
{
    static const unsigned states = VIR_CONNECT_LIST_DOMAINS_RUNNING | VIR_CONNECT_LIST_DOMAINS_PAUSED |
                                   VIR_CONNECT_LIST_DOMAINS_SHUTOFF | VIR_CONNECT_LIST_DOMAINS_OTHER;
    return !domain->is_gone &&
           agrees(flags, VIR_CONNECT_LIST_DOMAINS_ACTIVE, VIR_CONNECT_LIST_DOMAINS_INACTIVE,
                  fake_domain_is_active(domain)) &&
           agrees(flags, VIR_CONNECT_LIST_DOMAINS_TRANSIENT, VIR_CONNECT_LIST_DOMAINS_PERSISTENT,
                  domain->is_transient) &&
           agrees(flags, VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE, VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE,
                  domain->has_managed_save) &&
           agrees(flags, VIR_CONNECT_LIST_DOMAINS_AUTOSTART, VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART,
                  domain->is_autostart) &&
           agrees(flags, VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT, VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT, false) &&
           (!(flags & states) || flags & state_flag(domain->state));
}

int virConnectListAllDomains(virConnectPtr conn, virDomainPtr **domains, unsigned flags)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_CONNECTION, conn))
        return -1;
    virDomainPtr *list = domains ? fake_alloc((fake.domain_count + 1) * sizeof *list) : NULL;
    int count = 0;
    for (struct fake_domain *domain = fake.domains; domain; domain = domain->next) {
        if (!fake_domain_matches(domain, flags))
            continue;
        if (list)
            list[count] = fake_domain_handle(conn, domain);
        count++;
    }
    if (domains)
        *domains = list;
    fake_end(&call);
    return count;
}

/* ---- looking up ---- */

static virDomainPtr look_up(const char *function, virConnectPtr conn, const char *name, const char *uuid)
{
    struct fake_call call;
    if (!fake_begin(&call, function, FAKE_CONNECTION, conn))
        return NULL;
    struct fake_domain *domain = fake.domains;
    while (domain &&
           (domain->is_gone || (name && strcmp(domain->name, name) != 0) || (uuid && strcmp(domain->uuid, uuid) != 0)))
        domain = domain->next;
    virDomainPtr handle = domain ? fake_domain_handle(conn, domain) : NULL;
    if (!handle)
        fake_error_set(VIR_ERR_NO_DOMAIN, VIR_FROM_QEMU, "Domain not found: no domain with matching %s '%s'",
                       name ? "name" : "uuid", name ? name : uuid);
    fake_end(&call);
    return handle;
}

virDomainPtr virDomainLookupByName(virConnectPtr conn, const char *name)
{
    return look_up(__func__, conn, name, NULL);
}

virDomainPtr virDomainLookupByUUID(virConnectPtr conn, const unsigned char *uuid)
{
    char text[VIR_UUID_STRING_BUFLEN], *end = text;
    for (unsigned i = 0; i < VIR_UUID_BUFLEN; i++)
        end += sprintf(end, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", uuid[i]);
    return look_up(__func__, conn, NULL, text);
}

virDomainPtr virDomainLookupByUUIDString(virConnectPtr conn, const char *uuidstr)
{
    return look_up(__func__, conn, NULL, uuidstr);
}

/* ---- what a handle knows by itself ---- */

int virDomainRef(virDomainPtr domain)
{
    if (!fake_begin_local(__func__, FAKE_DOMAIN, domain))
        return -1;
    domain->object.references++;
    fake_end_local();
    return 0;
}

int virDomainFree(virDomainPtr domain)
{
    if (!fake_begin_local(__func__, FAKE_DOMAIN, domain))
        return -1;
    fake_object_unref(&domain->object);
    fake_end_local();
    return 0;
}

virConnectPtr virDomainGetConnect(virDomainPtr dom)
{
    if (!fake_begin_local(__func__, FAKE_DOMAIN, dom))
        return NULL;
    virConnectPtr connection = dom->object.connection;
    fake_end_local();
    return connection;
}

const char *virDomainGetName(virDomainPtr domain)
{
    if (!fake_begin_local(__func__, FAKE_DOMAIN, domain))
        return NULL;
    const char *name = domain->name;
    fake_end_local();
    return name;
}

unsigned virDomainGetID(virDomainPtr domain)
{
    if (!fake_begin_local(__func__, FAKE_DOMAIN, domain))
        return (unsigned)-1;
    unsigned id = (unsigned)domain->id;
    fake_end_local();
    return id;
}

int virDomainGetUUIDString(virDomainPtr domain, char *buf)
{
    if (!fake_begin_local(__func__, FAKE_DOMAIN, domain))
        return -1;
    memcpy(buf, domain->domain->uuid, VIR_UUID_STRING_BUFLEN);
    fake_end_local();
    return 0;
}

int virDomainGetUUID(virDomainPtr domain, unsigned char *uuid)
{
    char text[VIR_UUID_STRING_BUFLEN];
    if (virDomainGetUUIDString(domain, text) < 0)
        return -1;
    const char *digits = text;
    for (unsigned i = 0; i < VIR_UUID_BUFLEN; i++, digits += 2) {
        digits += *digits == '-';
        sscanf(digits, "%2hhx", &uuid[i]);
    }
    return 0;
}

/* ---- what the daemon knows without a monitor ---- */

char *virDomainGetXMLDesc(virDomainPtr domain, unsigned flags)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_DOMAIN, domain))
        return NULL;
    char *xml = NULL;
    if (call.connection->is_read_only && flags & (VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_MIGRATABLE))
        fake_error_set(VIR_ERR_OPERATION_DENIED, VIR_FROM_DOMAIN, "operation %s forbidden for read only access",
                       __func__);
    else
        xml = fake_domain_xml(call.domain);
    fake_end(&call);
    return xml;
}

int virDomainGetInfo(virDomainPtr domain, virDomainInfoPtr info)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_DOMAIN, domain))
        return -1;
    const struct fake_domain *of = call.domain;
    *info = (virDomainInfo){.state = (unsigned char)of->state,
                            .maxMem = 2097152,
                            .memory = 1048576,
                            .nrVirtCpu = (unsigned short)of->vcpus,
                            .cpuTime = fake_domain_is_active(of) ? fake_figure(of, 0, 30000000) : 0};
    fake_end(&call);
    return 0;
}

int virDomainGetState(virDomainPtr domain, int *state, int *reason, unsigned flags)
{
    struct fake_call call;
    (void)flags;
    if (!fake_begin(&call, __func__, FAKE_DOMAIN, domain))
        return -1;
    *state = call.domain->state;
    if (reason)
        *reason = call.domain->reason;
    fake_end(&call);
    return 0;
}

/*
 * Occupied: somebody asks the monitor, and for how long. The same while there is a background job is called a job, and
 * the time is the background job's. A background job with nobody at the monitor is not mentioned.
 */
int virDomainGetControlInfo(virDomainPtr domain, virDomainControlInfoPtr info, unsigned flags)
{
    struct fake_call call;
    (void)flags;
    if (!fake_begin(&call, __func__, FAKE_DOMAIN, domain))
        return -1;
    const struct fake_domain *of = call.domain;
    uint64_t now = vmt_now_ns();
    bool is_active = fake_domain_is_active(of);
    bool is_held = of->job.is_held && !(of->job.until_ns && now >= of->job.until_ns);
    *info = (virDomainControlInfo){.state = VIR_DOMAIN_CONTROL_OK};
    if (!is_active) {
        fake_error_set(VIR_ERR_OPERATION_INVALID, VIR_FROM_QEMU,
                       "Requested operation is not valid: domain is not running");
    } else if (is_held && of->background.type) {
        info->state = VIR_DOMAIN_CONTROL_JOB;
        info->stateTime = (now - of->background_since_ns) / VMT_MS;
    } else if (is_held) {
        info->state = VIR_DOMAIN_CONTROL_OCCUPIED;
        info->stateTime = (now - of->job.since_ns) / VMT_MS;
    }
    fake_end(&call);
    return is_active ? 0 : -1;
}

static int yes_or_no(const char *function, virDomainPtr domain, bool (*is_so)(const struct fake_domain *domain))
{
    struct fake_call call;
    if (!fake_begin(&call, function, FAKE_DOMAIN, domain))
        return -1;
    int answer = is_so(call.domain);
    fake_end(&call);
    return answer;
}

static bool is_updated(const struct fake_domain *domain)
{
    return domain->is_updated;
}

static bool is_persistent(const struct fake_domain *domain)
{
    return !domain->is_transient;
}

int virDomainIsUpdated(virDomainPtr dom)
{
    return yes_or_no(__func__, dom, is_updated);
}

int virDomainIsPersistent(virDomainPtr dom)
{
    return yes_or_no(__func__, dom, is_persistent);
}

int virDomainIsActive(virDomainPtr dom)
{
    return yes_or_no(__func__, dom, fake_domain_is_active);
}

int virDomainGetAutostart(virDomainPtr domain, int *autostart)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_DOMAIN, domain))
        return -1;
    *autostart = call.domain->is_autostart;
    fake_end(&call);
    return 0;
}
