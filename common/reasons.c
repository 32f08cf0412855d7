/* SPDX-License-Identifier: Apache-2.0 */
#include "common/reasons.h"
#include "common/metric.h"

#include <libvirt/libvirt.h>
#include <stdio.h>

#define NAMES(...)                                                                                                     \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }

/* By virDomainState; each list by its reason enum. */
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

static const char *name_in(const char *const *names, int code, char number[16])
{
    for (int i = 0; names && code >= 0 && names[i]; i++)
        if (i == code)
            return names[i];
    snprintf(number, 16, "%d", code);
    return number;
}

const char *vmt_domain_state_name(int state, char number[16])
{
    return name_in(vmt_domain_states, state, number);
}

const char *vmt_domain_reason_name(int state, int reason, char number[16])
{
    int known = (int)(sizeof reasons / sizeof *reasons);
    return name_in(state >= 0 && state < known ? reasons[state] : NULL, reason, number);
}
