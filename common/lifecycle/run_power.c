/* SPDX-License-Identifier: Apache-2.0 */
/* Domains on and off. */
#include "common/clock.h"
#include "common/lifecycle/act.h"
#include "common/lifecycle/run.h"

#include <errno.h>
#include <string.h>

static const vmt_states SHUTOFF = VMT_STATE_BIT(VMT_STATE_SHUTOFF) | VMT_STATE_BIT(VMT_STATE_CRASHED);
static const vmt_states RUNNING = VMT_STATE_BIT(VMT_STATE_RUNNING) | VMT_STATE_BIT(VMT_STATE_BLOCKED);
static const vmt_states PAUSED = VMT_STATE_BIT(VMT_STATE_PAUSED);

int vmt_run_start(struct vmt_act *act)
{
    unsigned flags = vmt_act_bool(act, "paused") ? VIR_DOMAIN_START_PAUSED : 0;
    if (vmt_act_done(act, virDomainCreateWithFlags(act->thing.domain, flags), "virDomainCreateWithFlags"))
        return -EIO;
    return vmt_act_settle(act, VMT_EVENT_BIT(VIR_DOMAIN_EVENT_STARTED), RUNNING | PAUSED);
}

/* Asks once, in the way that `step` names. */
static int ask_to_shut_down(struct vmt_act *act, const char *step)
{
    bool asks_agent = !strcmp(step, "agent");
    unsigned flags = asks_agent ? VIR_DOMAIN_SHUTDOWN_GUEST_AGENT : VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN;
    /* Drivers with but one way know no names for it. */
    if (!act->control->is_qemu && !asks_agent)
        flags = 0;
    vmt_act_step(act, step);
    return vmt_act_done(act, virDomainShutdownFlags(act->thing.domain, flags), "virDomainShutdownFlags");
}

/* Asks in the mode that was wanted. An agent that does not do it leaves ACPI, when both may be used. */
static int ask_in_mode(struct vmt_act *act)
{
    const char *mode = vmt_act_word(act, "mode");
    if (strcmp(mode, "both") != 0)
        return ask_to_shut_down(act, mode);
    if (!ask_to_shut_down(act, "agent"))
        return 0;
    act->failure = (struct vmt_failure){0};
    return ask_to_shut_down(act, "acpi");
}

static int force_off(struct vmt_act *act)
{
    vmt_act_step(act, "forced");
    if (vmt_act_done(act, virDomainDestroy(act->thing.domain), "virDomainDestroy"))
        return -EIO;
    return vmt_act_settle(act, VMT_EVENT_BIT(VIR_DOMAIN_EVENT_STOPPED), SHUTOFF);
}

/* A guest that is still booting does not hear the first time: so it is asked again and again. */
static int wait_for_shutdown(struct vmt_act *act, uint64_t deadline_ns)
{
    uint64_t resend_ns = vmt_act_number(act, "resend") * VMT_SECOND;
    for (;;) {
        uint64_t next_ns = resend_ns ? vmt_now_ns() + resend_ns : deadline_ns;
        next_ns = next_ns < deadline_ns ? next_ns : deadline_ns;
        if (!vmt_act_await(act, VMT_EVENT_BIT(VIR_DOMAIN_EVENT_STOPPED), SHUTOFF, next_ns))
            return 0;
        if (next_ns >= deadline_ns)
            return -ETIME;
        /* It may go down just now, or the connection may be lost: the next look will tell. */
        if (ask_in_mode(act))
            act->failure = (struct vmt_failure){0};
    }
}

int vmt_run_shutdown(struct vmt_act *act)
{
    uint64_t timeout = vmt_act_number(act, "timeout");
    uint64_t deadline_ns = vmt_now_ns() + timeout * VMT_SECOND;
    int failed = ask_in_mode(act);
    if (failed || !wait_for_shutdown(act, deadline_ns))
        return failed;
    if (!strcmp(vmt_act_word(act, "on_timeout"), "force"))
        return force_off(act);
    return vmt_failure_set(&act->failure, VMT_FAILURE_TIMED_OUT,
                           "the guest of '%s' was asked to shut down and did not within %llu s; it is %s",
                           act->thing.name, (unsigned long long)timeout, vmt_state_names[act->thing.state]);
}

int vmt_run_reboot(struct vmt_act *act)
{
    bool asks_agent = !strcmp(vmt_act_word(act, "mode"), "agent");
    uint64_t timeout = vmt_act_number(act, "timeout");
    uint64_t deadline_ns = vmt_now_ns() + timeout * VMT_SECOND;
    unsigned flags = asks_agent ? VIR_DOMAIN_REBOOT_GUEST_AGENT : VIR_DOMAIN_REBOOT_ACPI_POWER_BTN;
    if (!act->control->is_qemu && !asks_agent)
        flags = 0;
    if (vmt_act_done(act, virDomainReboot(act->thing.domain, flags), "virDomainReboot"))
        return -EIO;
    /* Only QEMU tells when the guest does it, and no state does: for others the call is all that can be known. */
    if (!act->control->is_qemu || !vmt_act_await(act, VMT_VIGIL_REBOOT, 0, deadline_ns))
        return 0;
    return vmt_failure_set(&act->failure, VMT_FAILURE_TIMED_OUT,
                           "the guest of '%s' was asked to reboot and did not within %llu s", act->thing.name,
                           (unsigned long long)timeout);
}

int vmt_run_reset(struct vmt_act *act)
{
    return vmt_act_done(act, virDomainReset(act->thing.domain, 0), "virDomainReset");
}

int vmt_run_destroy(struct vmt_act *act)
{
    unsigned flags = vmt_act_bool(act, "graceful") ? VIR_DOMAIN_DESTROY_GRACEFUL : VIR_DOMAIN_DESTROY_DEFAULT;
    if (vmt_act_done(act, virDomainDestroyFlags(act->thing.domain, flags), "virDomainDestroyFlags"))
        return -EIO;
    return vmt_act_settle(act, VMT_EVENT_BIT(VIR_DOMAIN_EVENT_STOPPED), SHUTOFF);
}

int vmt_run_suspend(struct vmt_act *act)
{
    if (vmt_act_done(act, virDomainSuspend(act->thing.domain), "virDomainSuspend"))
        return -EIO;
    return vmt_act_settle(act, VMT_EVENT_BIT(VIR_DOMAIN_EVENT_SUSPENDED), PAUSED);
}

int vmt_run_resume(struct vmt_act *act)
{
    if (vmt_act_done(act, virDomainResume(act->thing.domain), "virDomainResume"))
        return -EIO;
    return vmt_act_settle(act, VMT_EVENT_BIT(VIR_DOMAIN_EVENT_RESUMED), RUNNING);
}

int vmt_run_pm_wakeup(struct vmt_act *act)
{
    if (vmt_act_done(act, virDomainPMWakeup(act->thing.domain, 0), "virDomainPMWakeup"))
        return -EIO;
    return vmt_act_settle(act, VMT_EVENT_BIT(VIR_DOMAIN_EVENT_STARTED) | VMT_EVENT_BIT(VIR_DOMAIN_EVENT_RESUMED),
                          RUNNING);
}

int vmt_run_inject_nmi(struct vmt_act *act)
{
    return vmt_act_done(act, virDomainInjectNMI(act->thing.domain, 0), "virDomainInjectNMI");
}
