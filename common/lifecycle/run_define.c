/* SPDX-License-Identifier: Apache-2.0 */
/* Definitions of domains, and what is set in them. */
#include "common/lifecycle/act.h"
#include "common/lifecycle/run.h"

#include <errno.h>
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

/* What `define` and `create` tell: whom they made. Takes the pointer's reference. */
static int tell_domain(struct vmt_act *act, virDomainPtr domain, const char *function)
{
    char uuid[VMT_UUID_TEXT];
    if (!domain || virDomainGetUUIDString(domain, uuid) < 0)
        return vmt_act_fail(act, function);
    act->has_changed = true;
    act->answer = json_pack("{s:s, s:o}", "uuid", uuid, "name", vmt_json_text(virDomainGetName(domain)));
    virDomainFree(domain);
    return act->answer ? 0 : vmt_failure_set(&act->failure, VMT_FAILURE_MEMORY, "no memory");
}

/* libvirt replaces silently: only whoever knows what is there may. */
int vmt_check_define(struct vmt_act *act)
{
    const char *known = vmt_act_text(act, "replaces");
    char hash[65];
    if (!act->thing.domain && known)
        return vmt_failure_set(&act->failure, VMT_FAILURE_NOT_FOUND, "there is no definition to replace");
    if (!act->thing.domain)
        return 0;
    if (!known)
        return vmt_failure_set(&act->failure, VMT_FAILURE_EXISTS,
                               "there is a domain '%s' with UUID %s already; 'replaces' must be the sha256 of its XML",
                               act->thing.name, act->thing.uuid);
    char *xml = virDomainGetXMLDesc(act->thing.domain, VIR_DOMAIN_XML_INACTIVE);
    if (!xml)
        return vmt_act_fail(act, "virDomainGetXMLDesc");
    vmt_lifecycle_settings(act->lifecycle)->digest(xml, strlen(xml), hash);
    free(xml);
    if (!strcmp(known, hash))
        return 0;
    return vmt_failure_set(&act->failure, VMT_FAILURE_EXISTS,
                           "the definition of '%s' is not the one that 'replaces' means", act->thing.name);
}

int vmt_run_define(struct vmt_act *act)
{
    virDomainPtr domain =
        virDomainDefineXMLFlags(act->control->connection, vmt_act_text(act, "xml"), VIR_DOMAIN_DEFINE_VALIDATE);
    return tell_domain(act, domain, "virDomainDefineXMLFlags");
}

/* libvirt would start the one that is defined under the same identity, with another definition. */
int vmt_check_create(struct vmt_act *act)
{
    if (!act->thing.domain)
        return 0;
    return vmt_failure_set(&act->failure, VMT_FAILURE_EXISTS, "there is a domain '%s' with UUID %s already",
                           act->thing.name, act->thing.uuid);
}

int vmt_run_create(struct vmt_act *act)
{
    unsigned flags = VIR_DOMAIN_START_VALIDATE | (vmt_act_bool(act, "paused") ? VIR_DOMAIN_START_PAUSED : 0);
    virDomainPtr domain = virDomainCreateXML(act->control->connection, vmt_act_text(act, "xml"), flags);
    return tell_domain(act, domain, "virDomainCreateXML");
}

int vmt_run_undefine(struct vmt_act *act)
{
    const char *nvram = vmt_act_word(act, "nvram");
    unsigned flags = 0;
    if (nvram)
        flags |= strcmp(nvram, "keep") ? VIR_DOMAIN_UNDEFINE_NVRAM : VIR_DOMAIN_UNDEFINE_KEEP_NVRAM;
    if (vmt_act_bool(act, "managed_save"))
        flags |= VIR_DOMAIN_UNDEFINE_MANAGED_SAVE;
    if (vmt_act_bool(act, "snapshots_metadata"))
        flags |= VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA;
    return vmt_act_done(act, virDomainUndefineFlags(act->thing.domain, flags), "virDomainUndefineFlags");
}

int vmt_run_persist(struct vmt_act *act)
{
    /* With its passwords: it would be defined without them. */
    char *xml = virDomainGetXMLDesc(act->thing.domain, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
    if (!xml)
        return vmt_act_fail(act, "virDomainGetXMLDesc");
    virDomainPtr domain = virDomainDefineXMLFlags(act->control->connection, xml, 0);
    int failed = vmt_act_done(act, domain ? 0 : -1, "virDomainDefineXMLFlags");
    explicit_bzero(xml, strlen(xml));
    free(xml);
    if (domain)
        virDomainFree(domain);
    return failed;
}

/* The flags that virDomainSetVcpusFlags and virDomainSetMemoryFlags share; "both" is what there is of both. */
static unsigned affect_flags(const struct vmt_act *act)
{
    const char *affect = vmt_act_word(act, "affect");
    if (!strcmp(affect, "live"))
        return VIR_DOMAIN_AFFECT_LIVE;
    if (!strcmp(affect, "config"))
        return VIR_DOMAIN_AFFECT_CONFIG;
    return (vmt_thing_is_active(&act->thing) ? VIR_DOMAIN_AFFECT_LIVE : 0) |
           (act->thing.is_persistent ? VIR_DOMAIN_AFFECT_CONFIG : 0);
}

/* Sets a number by one call, or, where the driver takes only one of the flags at a time, by one for each. */
static int set_number(struct vmt_act *act, int (*set)(virDomainPtr domain, unsigned long number, unsigned flags),
                      unsigned long number, const char *function)
{
    const unsigned both = VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG;
    unsigned flags = affect_flags(act);
    int failed = vmt_act_done(act, set(act->thing.domain, number, flags), function);
    if (!failed || flags != both || act->failure.code != VIR_ERR_INVALID_ARG)
        return failed;
    act->failure = (struct vmt_failure){0};
    failed = vmt_act_done(act, set(act->thing.domain, number, VIR_DOMAIN_AFFECT_LIVE), function);
    return failed ? failed : vmt_act_done(act, set(act->thing.domain, number, VIR_DOMAIN_AFFECT_CONFIG), function);
}

static int set_vcpus(virDomainPtr domain, unsigned long number, unsigned flags)
{
    return virDomainSetVcpusFlags(domain, (unsigned)number, flags);
}

int vmt_run_set_vcpus(struct vmt_act *act)
{
    return set_number(act, set_vcpus, vmt_act_number(act, "count"), "virDomainSetVcpusFlags");
}

int vmt_run_set_memory(struct vmt_act *act)
{
    unsigned long kib = (vmt_act_number(act, "size") + 1023) / 1024;
    return set_number(act, virDomainSetMemoryFlags, kib, "virDomainSetMemoryFlags");
}

int vmt_run_autostart(struct vmt_act *act)
{
    int wanted = vmt_act_bool(act, "enabled"), is_on;
    if (virDomainGetAutostart(act->thing.domain, &is_on) < 0)
        return vmt_act_fail(act, "virDomainGetAutostart");
    return is_on == wanted
               ? 0
               : vmt_act_done(act, virDomainSetAutostart(act->thing.domain, wanted), "virDomainSetAutostart");
}
