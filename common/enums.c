/* SPDX-License-Identifier: Apache-2.0 */
#include "common/enums.h"
#include "common/metric.h"

#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdio.h>

#define NAMES(...)                                                                                                     \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }
#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

static const char *const *const reasons[] = {
    [VIR_DOMAIN_NOSTATE] = NAMES("unknown"),
    [VIR_DOMAIN_RUNNING] =
        NAMES("unknown", "booted", "migrated", "restored", "from_snapshot", "unpaused", "migration_canceled",
              "save_canceled", "wakeup", "crashed", "postcopy", "postcopy_failed"),
    [VIR_DOMAIN_BLOCKED] = NAMES("unknown"),
    [VIR_DOMAIN_PAUSED] =
        NAMES("unknown", "user", "migration", "save", "dump", "ioerror", "watchdog", "from_snapshot", "shutting_down",
              "snapshot", "crashed", "starting_up", "postcopy", "postcopy_failed", "api_error"),
    [VIR_DOMAIN_SHUTDOWN] = NAMES("unknown", "user"),
    [VIR_DOMAIN_SHUTOFF] =
        NAMES("unknown", "shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "from_snapshot", "daemon"),
    [VIR_DOMAIN_CRASHED] = NAMES("unknown", "panicked"),
    [VIR_DOMAIN_PMSUSPENDED] = NAMES("unknown"),
};

static const char *const lifecycle_events[] = {"defined", "undefined", "started",     "suspended", "resumed",
                                               "stopped", "shutdown",  "pmsuspended", "crashed",   NULL};

static const char *const *const lifecycle_details[] = {
    [VIR_DOMAIN_EVENT_DEFINED] = NAMES("added", "updated", "renamed", "from_snapshot"),
    [VIR_DOMAIN_EVENT_UNDEFINED] = NAMES("removed", "renamed"),
    [VIR_DOMAIN_EVENT_STARTED] = NAMES("booted", "migrated", "restored", "from_snapshot", "wakeup"),
    [VIR_DOMAIN_EVENT_SUSPENDED] = NAMES("paused", "migrated", "ioerror", "watchdog", "restored", "from_snapshot",
                                         "api_error", "postcopy", "postcopy_failed"),
    [VIR_DOMAIN_EVENT_RESUMED] = NAMES("unpaused", "migrated", "from_snapshot", "postcopy", "postcopy_failed"),
    [VIR_DOMAIN_EVENT_STOPPED] =
        NAMES("shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "from_snapshot"),
    [VIR_DOMAIN_EVENT_SHUTDOWN] = NAMES("finished", "guest", "host"),
    [VIR_DOMAIN_EVENT_PMSUSPENDED] = NAMES("memory", "disk"),
    [VIR_DOMAIN_EVENT_CRASHED] = NAMES("panicked", "crashloaded"),
};

static const char *const job_types[] = {"none", "bounded", "unbounded", "completed", "failed", "cancelled", NULL};

static const char *const job_operations[] = {
    "unknown",  "start",           "save", "restore", "migration_in",    "migration_out",
    "snapshot", "snapshot_revert", "dump", "backup",  "snapshot_delete", NULL};

const char *vmt_enum_name(const char *const *names, int code, char number[VMT_ENUM_TEXT])
{
    for (int i = 0; names && code >= 0 && names[i]; i++)
        if (i == code)
            return names[i];
    snprintf(number, VMT_ENUM_TEXT, "%d", code);
    return number;
}

const char *vmt_enum_domain_state(int state, char number[VMT_ENUM_TEXT])
{
    return vmt_enum_name(vmt_domain_states, state, number);
}

const char *vmt_enum_domain_reason(int state, int reason, char number[VMT_ENUM_TEXT])
{
    return vmt_enum_name(state >= 0 && state < COUNT(reasons) ? reasons[state] : NULL, reason, number);
}

const char *vmt_enum_lifecycle_event(int event, char number[VMT_ENUM_TEXT])
{
    return vmt_enum_name(lifecycle_events, event, number);
}

const char *vmt_enum_lifecycle_detail(int event, int detail, char number[VMT_ENUM_TEXT])
{
    bool is_known = event >= 0 && event < COUNT(lifecycle_details);
    return vmt_enum_name(is_known ? lifecycle_details[event] : NULL, detail, number);
}

int vmt_enum_state_after(int event)
{
    static const int states[] = {
        [VIR_DOMAIN_EVENT_DEFINED] = -1,
        [VIR_DOMAIN_EVENT_UNDEFINED] = -1,
        [VIR_DOMAIN_EVENT_STARTED] = VIR_DOMAIN_RUNNING,
        [VIR_DOMAIN_EVENT_SUSPENDED] = VIR_DOMAIN_PAUSED,
        [VIR_DOMAIN_EVENT_RESUMED] = VIR_DOMAIN_RUNNING,
        [VIR_DOMAIN_EVENT_STOPPED] = VIR_DOMAIN_SHUTOFF,
        [VIR_DOMAIN_EVENT_SHUTDOWN] = VIR_DOMAIN_SHUTDOWN,
        [VIR_DOMAIN_EVENT_PMSUSPENDED] = VIR_DOMAIN_PMSUSPENDED,
        [VIR_DOMAIN_EVENT_CRASHED] = VIR_DOMAIN_CRASHED,
    };
    return event >= 0 && event < COUNT(states) ? states[event] : -1;
}

const char *vmt_enum_job_type(int type, char number[VMT_ENUM_TEXT])
{
    return vmt_enum_name(job_types, type, number);
}

const char *vmt_enum_job_operation(int operation, char number[VMT_ENUM_TEXT])
{
    return vmt_enum_name(job_operations, operation, number);
}
