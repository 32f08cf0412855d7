/* SPDX-License-Identifier: Apache-2.0 */
#include "common/document.h"
#include "common/enums.h"
#include "common/lifecycle/domain_secrets.h"
#include "common/lifecycle/read.h"
#include "common/lifecycle/run.h"

#include <errno.h>
#include <fnmatch.h>
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

int vmt_read_answer(struct vmt_act *act, json_t *answer)
{
    act->answer = answer;
    if (answer)
        return 0;
    if (act->failure.kind == VMT_FAILURE_NONE)
        vmt_failure_set(&act->failure, VMT_FAILURE_MEMORY, "no memory");
    return -ENOMEM;
}

bool vmt_read_wants(const struct vmt_act *act, const char *name)
{
    const char *glob = vmt_act_text(act, "name");
    return !glob || !fnmatch(glob, name, 0);
}

json_t *vmt_read_pack_domain(const struct vmt_thing *thing, int autostart, int managed_save)
{
    char number[VMT_ENUM_TEXT];
    unsigned id = virDomainGetID(thing->domain);
    const char *reason = vmt_enum_domain_reason(thing->state, thing->reason, number);
    return json_pack("{s:o, s:s, s:o, s:s, s:s, s:b, s:o, s:o}", "id",
                     id == (unsigned)-1 ? json_null() : json_integer(id), "uuid", thing->uuid, "name",
                     vmt_json_text(thing->name), "state", vmt_state_names[thing->state], "reason", reason, "persistent",
                     thing->is_persistent, "autostart", autostart < 0 ? json_null() : json_boolean(autostart),
                     "managed_save", managed_save < 0 ? json_null() : json_boolean(managed_save));
}

json_t *vmt_read_domain(struct vmt_act *act)
{
    int autostart = 0, managed_save = 0;
    /* A transient domain has neither, and some drivers refuse to say so. */
    if (act->thing.is_persistent && virDomainGetAutostart(act->thing.domain, &autostart) < 0)
        autostart = -1;
    if (act->thing.is_persistent)
        managed_save = virDomainHasManagedSaveImage(act->thing.domain, 0);
    return vmt_read_pack_domain(&act->thing, autostart, managed_save);
}

int vmt_run_show(struct vmt_act *act)
{
    return vmt_read_answer(act, vmt_read_domain(act));
}

static const char *source_of(struct vmt_document *document, const xmlNode *disk)
{
    static const char *const attributes[] = {"file", "dev", "volume", "name"};
    const xmlNode *source = vmt_document_child(disk, "source");
    for (size_t i = 0; source && i < sizeof attributes / sizeof *attributes; i++) {
        const char *text = vmt_document_attribute(document, source, attributes[i]);
        if (text)
            return text;
    }
    return NULL;
}

static void add_disks(json_t *info, struct vmt_document *document)
{
    json_t *disks = json_array();
    const xmlNode *disk = vmt_document_child(vmt_document_child(document->root, "devices"), "disk");
    for (; disk; disk = vmt_document_next(disk)) {
        const char *target = vmt_document_attribute(document, vmt_document_child(disk, "target"), "dev");
        json_array_append_new(disks, json_pack("{s:o, s:o}", "target", vmt_json_text(target), "source",
                                               vmt_json_text(source_of(document, disk))));
    }
    json_object_set_new(info, "disks", disks);
    const xmlNode *nvram = vmt_document_child(vmt_document_child(document->root, "os"), "nvram");
    json_object_set_new(info, "nvram", json_boolean(nvram != NULL));
}

static int add_from_xml(json_t *info, struct vmt_act *act)
{
    struct vmt_document document;
    struct vmt_error error;
    char *xml = virDomainGetXMLDesc(act->thing.domain, 0);
    if (!xml)
        return vmt_act_fail(act, "virDomainGetXMLDesc");
    int failed = vmt_document_open(xml, "domain", &document, &error);
    free(xml);
    if (failed)
        return vmt_failure_set(&act->failure, VMT_FAILURE_LIBVIRT, "the XML of '%s': %s", act->thing.name, error.text);
    add_disks(info, &document);
    vmt_document_done(&document);
    return 0;
}

json_t *vmt_read_domain_info(struct vmt_act *act)
{
    virDomainInfo numbers;
    json_t *info = vmt_read_domain(act);
    if (!info)
        return NULL;
    char *os_type = virDomainGetOSType(act->thing.domain);
    json_object_set_new(info, "os_type", vmt_json_text(os_type));
    free(os_type);
    int failed = virDomainGetInfo(act->thing.domain, &numbers) < 0 ? vmt_act_fail(act, "virDomainGetInfo") : 0;
    if (!failed)
        failed = add_from_xml(info, act);
    int snapshots = virDomainSnapshotNum(act->thing.domain, 0);
    json_object_set_new(info, "snapshots", snapshots < 0 ? json_null() : json_integer(snapshots));
    if (failed) {
        json_decref(info);
        return NULL;
    }
    json_object_set_new(info, "vcpus", json_integer(numbers.nrVirtCpu));
    json_object_set_new(info, "max_memory_bytes", json_integer((json_int_t)numbers.maxMem * 1024));
    json_object_set_new(info, "memory_bytes", json_integer((json_int_t)numbers.memory * 1024));
    json_object_set_new(info, "cpu_time_ns", json_integer((json_int_t)numbers.cpuTime));
    return info;
}

int vmt_run_info(struct vmt_act *act)
{
    return vmt_read_answer(act, vmt_read_domain_info(act));
}

int vmt_run_xml(struct vmt_act *act)
{
    /* Without VIR_DOMAIN_XML_SECURE libvirt leaves passwords out. */
    char *xml = virDomainGetXMLDesc(act->thing.domain, vmt_act_bool(act, "inactive") ? VIR_DOMAIN_XML_INACTIVE : 0);
    if (!xml)
        return vmt_act_fail(act, "virDomainGetXMLDesc");
    /* Of all that libvirt tells: whoever replaces a definition replaces what is not shown, too. */
    char hash[65];
    vmt_lifecycle_settings(act->lifecycle)->digest(xml, strlen(xml), hash);
    struct vmt_error error;
    char *shown = NULL;
    int failed = vmt_domain_hide_secrets(xml, &shown, &error);
    free(xml);
    if (failed)
        return vmt_failure_set(&act->failure, failed == -ENOMEM ? VMT_FAILURE_MEMORY : VMT_FAILURE_LIBVIRT,
                               "the XML of '%s': %s", act->thing.name, error.text);
    json_t *answer = json_pack("{s:s, s:o, s:s}", "uuid", act->thing.uuid, "xml", vmt_json_text(shown), "sha256", hash);
    free(shown);
    return vmt_read_answer(act, answer);
}

static json_t *parameter_value(const virTypedParameter *param)
{
    switch (param->type) {
    case VIR_TYPED_PARAM_INT:
        return json_integer(param->value.i);
    case VIR_TYPED_PARAM_UINT:
        return json_integer(param->value.ui);
    case VIR_TYPED_PARAM_LLONG:
        return json_integer(param->value.l);
    case VIR_TYPED_PARAM_ULLONG:
        return json_integer((json_int_t)param->value.ul);
    case VIR_TYPED_PARAM_DOUBLE:
        return json_real(param->value.d);
    case VIR_TYPED_PARAM_BOOLEAN:
        return json_boolean(param->value.b);
    case VIR_TYPED_PARAM_STRING:
        return vmt_json_text(param->value.s);
    default:
        return json_null();
    }
}

static json_t *pack_job(int type, virTypedParameterPtr params, int count)
{
    char number[VMT_ENUM_TEXT];
    json_t *job = json_pack("{s:s}", "type", vmt_enum_job_type(type, number));
    for (int i = 0; job && i < count; i++) {
        json_t *value = parameter_value(&params[i]);
        if (!strcmp(params[i].field, VIR_DOMAIN_JOB_OPERATION) && params[i].type == VIR_TYPED_PARAM_INT) {
            json_decref(value);
            value = json_string(vmt_enum_job_operation(params[i].value.i, number));
        }
        json_object_set_new(job, params[i].field, value);
    }
    return job;
}

int vmt_run_job(struct vmt_act *act)
{
    virDomainControlInfo control = {.state = VIR_DOMAIN_CONTROL_OK};
    virTypedParameterPtr params = NULL;
    int type = VIR_DOMAIN_JOB_NONE, count = 0;
    /* Statistics of a job hang when the guest does: then its monitor is held. Whether there is a job this does not say:
     * during a migration the monitor is free in between. */
    virDomainGetControlInfo(act->thing.domain, &control, 0);
    if (control.state == VIR_DOMAIN_CONTROL_OCCUPIED || control.state == VIR_DOMAIN_CONTROL_ERROR)
        return vmt_read_answer(act, json_pack("{s:s}", "type", "unknown"));
    if (virDomainIsActive(act->thing.domain) == 1 &&
        virDomainGetJobStats(act->thing.domain, &type, &params, &count, 0) < 0)
        return vmt_act_fail(act, "virDomainGetJobStats");
    json_t *job = pack_job(type, params, count);
    virTypedParamsFree(params, count);
    return vmt_read_answer(act, job);
}

static json_t *pack_snapshot(virDomainSnapshotPtr snapshot)
{
    struct vmt_document document;
    struct vmt_error error;
    char *xml = virDomainSnapshotGetXMLDesc(snapshot, 0);
    json_t *json = json_pack("{s:o, s:b}", "name", vmt_json_text(virDomainSnapshotGetName(snapshot)), "current",
                             virDomainSnapshotIsCurrent(snapshot, 0) == 1);
    if (json && xml && !vmt_document_open(xml, "domainsnapshot", &document, &error)) {
        static const char *const names[] = {"state", "creationTime", "description"};
        const xmlNode *parent = vmt_document_child(document.root, "parent");
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            json_object_set_new(
                json, names[i],
                vmt_json_text(vmt_document_text(&document, vmt_document_child(document.root, names[i]))));
        json_object_set_new(json, "parent",
                            vmt_json_text(vmt_document_text(&document, vmt_document_child(parent, "name"))));
        vmt_document_done(&document);
    }
    free(xml);
    return json;
}

int vmt_run_snapshots(struct vmt_act *act)
{
    virDomainSnapshotPtr *snapshots;
    int count = virDomainListAllSnapshots(act->thing.domain, &snapshots, 0);
    if (count < 0)
        return vmt_act_fail(act, "virDomainListAllSnapshots");
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        json_array_append_new(list, pack_snapshot(snapshots[i]));
        virDomainSnapshotFree(snapshots[i]);
    }
    free(snapshots);
    return vmt_read_answer(act, json_pack("{s:o}", "snapshots", list));
}
