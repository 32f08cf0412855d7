/* SPDX-License-Identifier: Apache-2.0 */
/* Domains whose memory goes somewhere else: to a file, to where the next start finds it, to another host. */
#include "common/lifecycle/act.h"
#include "common/lifecycle/run.h"

#include <errno.h>
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

static const vmt_states SHUTOFF = VMT_STATE_BIT(VMT_STATE_SHUTOFF);

static unsigned save_flags(const struct vmt_act *act)
{
    return vmt_act_bool(act, "paused") ? VIR_DOMAIN_SAVE_PAUSED : 0;
}

/* libvirt would write over it. Only what is a saved domain can be there: the directory is for nothing else. */
static bool is_taken(const struct vmt_act *act, const char *path)
{
    char *xml = virDomainSaveImageGetXMLDesc(act->control->connection, path, 0);
    bool is_taken = xml;
    free(xml);
    return is_taken;
}

int vmt_check_save(struct vmt_act *act)
{
    char *path = vmt_act_saved_path(act);
    int failed = path ? 0 : -EINVAL;
    if (!failed && is_taken(act, path))
        failed = vmt_failure_set(&act->failure, VMT_FAILURE_EXISTS, "there is a saved domain in '%s' already",
                                 vmt_act_text(act, "file"));
    free(path);
    return failed;
}

int vmt_run_save(struct vmt_act *act)
{
    char *path = vmt_act_saved_path(act);
    if (!path)
        return -EINVAL;
    int failed =
        vmt_act_done(act, virDomainSaveFlags(act->thing.domain, path, NULL, save_flags(act)), "virDomainSaveFlags");
    free(path);
    return failed ? failed : vmt_act_settle(act, VMT_EVENT_BIT(VIR_DOMAIN_EVENT_STOPPED), SHUTOFF);
}

int vmt_run_restore(struct vmt_act *act)
{
    char *path = vmt_act_saved_path(act);
    if (!path)
        return -EINVAL;
    unsigned flags = vmt_act_bool(act, "paused") ? VIR_DOMAIN_SAVE_PAUSED : 0;
    int failed =
        vmt_act_done(act, virDomainRestoreFlags(act->control->connection, path, NULL, flags), "virDomainRestoreFlags");
    free(path);
    return failed;
}

int vmt_run_managed_save(struct vmt_act *act)
{
    if (vmt_act_done(act, virDomainManagedSave(act->thing.domain, save_flags(act)), "virDomainManagedSave"))
        return -EIO;
    return vmt_act_settle(act, VMT_EVENT_BIT(VIR_DOMAIN_EVENT_STOPPED), SHUTOFF);
}

int vmt_run_managed_save_remove(struct vmt_act *act)
{
    int has_image = virDomainHasManagedSaveImage(act->thing.domain, 0);
    if (has_image < 0)
        return vmt_act_fail(act, "virDomainHasManagedSaveImage");
    if (!has_image)
        return 0;
    return vmt_act_done(act, virDomainManagedSaveRemove(act->thing.domain, 0), "virDomainManagedSaveRemove");
}

static unsigned migrate_flags(const struct vmt_act *act)
{
    static const struct {
        const char *param;
        unsigned flag;
    } flags[] = {
        {"live", VIR_MIGRATE_LIVE},
        {"persist", VIR_MIGRATE_PERSIST_DEST},
        {"undefine_source", VIR_MIGRATE_UNDEFINE_SOURCE},
        {"copy_storage", VIR_MIGRATE_NON_SHARED_DISK},
    };
    unsigned all = VIR_MIGRATE_PEER2PEER | VIR_MIGRATE_ABORT_ON_ERROR;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        all |= vmt_act_bool(act, flags[i].param) ? flags[i].flag : 0;
    return all;
}

int vmt_check_migrate(struct vmt_act *act)
{
    const char *const *allowed = vmt_lifecycle_settings(act->lifecycle)->migrate_uris;
    const char *uri = vmt_act_text(act, "uri");
    while (allowed && *allowed && strcmp(*allowed, uri) != 0)
        allowed++;
    if (!allowed || !*allowed)
        return vmt_failure_set(&act->failure, VMT_FAILURE_ARGUMENT,
                               "'%s' is not among the URIs that this daemon allows (--admin.migrate-uri)", uri);
    /* libvirt would do it: then nobody has the definition any more, for which undefine asks for more. */
    if (vmt_act_bool(act, "undefine_source") && !vmt_act_bool(act, "persist"))
        return vmt_failure_set(&act->failure, VMT_FAILURE_ARGUMENT,
                               "'undefine_source' without 'persist' would lose the definition");
    return 0;
}

int vmt_run_migrate(struct vmt_act *act)
{
    const char *uri = vmt_act_text(act, "uri");
    if (vmt_act_done(act, virDomainMigrateToURI3(act->thing.domain, uri, NULL, 0, migrate_flags(act)),
                     "virDomainMigrateToURI3"))
        return -EIO;
    return vmt_act_settle(act, VMT_EVENT_BIT(VIR_DOMAIN_EVENT_STOPPED), SHUTOFF);
}

int vmt_run_abort_job(struct vmt_act *act)
{
    return vmt_act_done(act, virDomainAbortJob(act->thing.domain), "virDomainAbortJob");
}
