/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake/fake_state.h"

#include <string.h>

static struct fake_count *count_of(const char *function)
{
    unsigned i = 0;
    while (i < FAKE_FUNCTIONS - 1 && *fake.counts[i].function && strcmp(fake.counts[i].function, function) != 0)
        i++;
    fake_must(i < FAKE_FUNCTIONS - 1);
    if (!*fake.counts[i].function)
        strncpy(fake.counts[i].function, function, sizeof fake.counts[i].function - 1);
    return &fake.counts[i];
}

static bool is_alive(const struct fake_call *call)
{
    return !call->connection || call->connection->is_alive;
}

/* The call that was inside when the connection broke hears another reason than those that come after. */
static bool fail_broken(const struct fake_call *call, bool was_inside)
{
    if (call->connection->close_reason == VIR_CONNECT_CLOSE_REASON_KEEPALIVE)
        fake_error_set(VIR_ERR_INTERNAL_ERROR, VIR_FROM_RPC,
                       "internal error: connection closed due to keepalive timeout");
    else if (was_inside)
        fake_error_set(VIR_ERR_SYSTEM_ERROR, VIR_FROM_RPC, "End of file while reading data: Input/output error");
    else
        fake_error_set(VIR_ERR_INTERNAL_ERROR, VIR_FROM_RPC, "internal error: client socket is closed");
    return false;
}

bool fake_wait(struct fake_call *call, uint64_t until_ns)
{
    if (is_alive(call))
        vmt_cond_wait(&fake.changed, &fake.lock, until_ns);
    return is_alive(call) || fail_broken(call, true);
}

static bool strikes(const struct fake_fault_entry *entry, const struct fake_call *call,
                    const struct fake_domain *domain, bool is_turn)
{
    const struct fake_fault *fault = &entry->fault;
    if (entry->is_removed || (fault->times && entry->struck >= fault->times))
        return false;
    if (fault->function && strcmp(fault->function, call->function) != 0)
        return false;
    return is_turn ? fault->domain == domain : !fault->domain || fault->domain == domain;
}

static bool suffer(struct fake_call *call, struct fake_fault_entry *entry)
{
    uint64_t until = vmt_now_ns() + entry->fault.delay_ms * VMT_MS;
    entry->struck++;
    while (entry->fault.delay_ms && !entry->is_removed && vmt_now_ns() < until)
        if (!fake_wait(call, until))
            return false;
    while (entry->fault.hangs && !entry->is_removed)
        if (!fake_wait(call, VMT_NEVER))
            return false;
    if (!entry->fault.code)
        return true;
    fake_error_set(entry->fault.code, VIR_FROM_QEMU, "%s",
                   entry->fault.message ? entry->fault.message : "scripted failure");
    return false;
}

static bool suffer_all(struct fake_call *call, const struct fake_domain *domain, bool is_turn)
{
    for (struct fake_fault_entry *entry = fake.faults; entry; entry = entry->next)
        if (strikes(entry, call, domain, is_turn) && !suffer(call, entry))
            return false;
    return true;
}

bool fake_turn(struct fake_call *call, struct fake_domain *domain)
{
    return suffer_all(call, domain, true);
}

static void enter(struct fake_call *call)
{
    struct fake_count *count = count_of(call->function);
    count->calls++;
    count->inside++;
    if (++fake.usage.inside > fake.usage.inside_max)
        fake.usage.inside_max = fake.usage.inside;
    if (call->connection && ++call->connection->inside > 1)
        fake_violation("two threads are inside one connection: %s came second", call->function);
    pthread_cond_broadcast(&fake.changed);
}

void fake_leave(struct fake_call *call)
{
    count_of(call->function)->inside--;
    fake.usage.inside--;
    if (call->connection)
        call->connection->inside--;
    pthread_cond_broadcast(&fake.changed);
}

void fake_end_local(void)
{
    pthread_mutex_unlock(&fake.lock);
}

void fake_end(struct fake_call *call)
{
    fake_leave(call);
    fake_end_local();
}

static bool pass(struct fake_call *call)
{
    if (!is_alive(call))
        return fail_broken(call, false);
    while (fake.daemon == FAKE_DAEMON_FROZEN || (!call->connection && fake.daemon == FAKE_DAEMON_HANGS_OPEN))
        if (!fake_wait(call, VMT_NEVER))
            return false;
    if (!suffer_all(call, call->domain, false))
        return false;
    if (call->domain && call->domain->is_gone) {
        fake_error_set(VIR_ERR_NO_DOMAIN, VIR_FROM_QEMU, "Domain not found: no domain with matching uuid '%s' (%s)",
                       call->domain->uuid, call->domain->name);
        return false;
    }
    return true;
}

static bool go_in(struct fake_call *call)
{
    enter(call);
    if (pass(call))
        return true;
    fake_end(call);
    return false;
}

bool fake_begin_local(const char *function, enum fake_kind kind, const void *handle)
{
    static const struct {
        const char *name;
        int code;
    } kinds[FAKE_KINDS] = {
        [FAKE_CONNECTION] = {"connection", VIR_ERR_INVALID_CONN},
        [FAKE_DOMAIN] = {"domain", VIR_ERR_INVALID_DOMAIN},
        [FAKE_POOL] = {"storage pool", VIR_ERR_INVALID_STORAGE_POOL},
        [FAKE_NETWORK] = {"network", VIR_ERR_INVALID_NETWORK},
        [FAKE_BINDING] = {"filter binding", VIR_ERR_INVALID_NWFILTER_BINDING},
    };
    fake_error_clear();
    fake_must(fake.is_set);
    pthread_mutex_lock(&fake.lock);
    if (fake_object_is_live(handle, kind))
        return true;
    if (handle)
        fake_violation("%s got a %s that is gone, or something else", function, kinds[kind].name);
    pthread_mutex_unlock(&fake.lock);
    fake_error_set(kinds[kind].code, VIR_FROM_NONE, "invalid %s pointer in %s", kinds[kind].name, function);
    return false;
}

bool fake_begin(struct fake_call *call, const char *function, enum fake_kind kind, void *handle)
{
    if (!fake_begin_local(function, kind, handle))
        return false;
    const struct fake_object *object = handle;
    call->function = function;
    call->connection = kind == FAKE_CONNECTION ? handle : object->connection;
    call->domain = kind == FAKE_DOMAIN ? ((virDomainPtr)handle)->domain : NULL;
    return go_in(call);
}

bool fake_begin_open(struct fake_call *call, const char *function)
{
    fake_error_clear();
    fake_must(fake.is_set);
    *call = (struct fake_call){.function = function};
    pthread_mutex_lock(&fake.lock);
    return go_in(call);
}

/* ---- the monitor ---- */

static bool is_held(struct fake_domain *domain)
{
    struct fake_job *job = &domain->job;
    if (job->is_held && job->until_ns && vmt_now_ns() >= job->until_ns)
        *job = (struct fake_job){0};
    return job->is_held;
}

static bool must_skip(struct fake_domain *domain)
{
    bool is_busy = is_held(domain);
    if (domain->hold_asks) {
        domain->hold_asks--;
        is_busy = true;
    }
    domain->asked.skipped += is_busy;
    return is_busy;
}

static enum fake_answer wait_for_job(struct fake_call *call, struct fake_domain *domain)
{
    uint64_t until = vmt_now_ns() + fake.job_timeout_ms * VMT_MS;
    while (is_held(domain)) {
        if (vmt_now_ns() >= until)
            return FAKE_TIMED_OUT;
        uint64_t end = domain->job.until_ns;
        if (!fake_wait(call, end && end < until ? end : until))
            return FAKE_BROKEN;
    }
    return FAKE_ANSWERED;
}

static enum fake_answer wait_for_monitor(struct fake_call *call, struct fake_domain *domain)
{
    uint64_t now = vmt_now_ns(), ready = now + domain->monitor_ms * VMT_MS;
    domain->job = (struct fake_job){.is_held = true, .holder = call->function, .since_ns = now};
    domain->asked.asks++;
    if (++fake.usage.monitor > fake.usage.monitor_max)
        fake.usage.monitor_max = fake.usage.monitor;
    enum fake_answer answer = FAKE_ANSWERED;
    while (answer == FAKE_ANSWERED && !domain->is_gone && (domain->is_frozen || vmt_now_ns() < ready))
        if (!fake_wait(call, domain->is_frozen ? VMT_NEVER : ready))
            answer = FAKE_BROKEN;
    fake.usage.monitor--;
    domain->job = (struct fake_job){0};
    pthread_cond_broadcast(&fake.changed);
    return domain->is_gone && answer == FAKE_ANSWERED ? FAKE_SKIPPED : answer;
}

enum fake_answer fake_ask_monitor(struct fake_call *call, struct fake_domain *domain, bool waits)
{
    if (!waits && must_skip(domain))
        return FAKE_SKIPPED;
    if (++domain->asked.waiting > domain->asked.waiting_max)
        domain->asked.waiting_max = domain->asked.waiting;
    enum fake_answer answer = wait_for_job(call, domain);
    if (answer == FAKE_ANSWERED)
        answer = wait_for_monitor(call, domain);
    domain->asked.waiting--;
    return answer;
}

bool fake_need_monitor(struct fake_call *call)
{
    struct fake_domain *domain = call->domain;
    if (!fake_domain_is_active(domain)) {
        fake_error_set(VIR_ERR_OPERATION_INVALID, VIR_FROM_QEMU,
                       "Requested operation is not valid: domain is not running");
        return false;
    }
    switch (fake_ask_monitor(call, domain, true)) {
    case FAKE_ANSWERED:
        return true;
    case FAKE_TIMED_OUT:
        fake_error_set(VIR_ERR_OPERATION_TIMEOUT, VIR_FROM_QEMU,
                       "Timed out during operation: cannot acquire state change lock (held by monitor=%s)",
                       domain->job.holder);
        return false;
    case FAKE_SKIPPED:
        fake_error_set(VIR_ERR_OPERATION_FAILED, VIR_FROM_QEMU, "operation failed: domain is no longer running");
        return false;
    case FAKE_BROKEN:
        break;
    }
    return false;
}
