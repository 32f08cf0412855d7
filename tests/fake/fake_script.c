/* SPDX-License-Identifier: Apache-2.0 */
/* How a test tells the pretended host what to be. */
#include "tests/fake/fake_state.h"

#include <stdlib.h>
#include <string.h>

static void lock(void)
{
    fake_must(fake.is_set);
    pthread_mutex_lock(&fake.lock);
}

static void unlock(void)
{
    pthread_cond_broadcast(&fake.changed);
    pthread_mutex_unlock(&fake.lock);
}

void fake_host_set_known_stats(unsigned groups)
{
    lock();
    fake.known_stats = groups;
    unlock();
}

void fake_host_set_job_timeout_ms(unsigned timeout_ms)
{
    lock();
    fake.job_timeout_ms = timeout_ms;
    unlock();
}

/* ---- domains ---- */

static void make_uuid(char uuid[VIR_UUID_STRING_BUFLEN], unsigned kind, unsigned number)
{
    char *text = fake_format("fa4e0000-%04x-4000-8000-%012x", kind, number);
    memcpy(uuid, text, VIR_UUID_STRING_BUFLEN);
    free(text);
}

struct fake_domain *fake_host_add_domain_with(const struct fake_domain_options *options)
{
    struct fake_domain *domain = fake_alloc(sizeof *domain);
    lock();
    domain->number = ++fake.domain_count;
    domain->name = fake_copy(options->name);
    domain->xml = fake_copy(options->xml);
    domain->state = options->state ? options->state : VIR_DOMAIN_RUNNING;
    domain->reason = options->reason ? options->reason : 1;
    domain->vcpus = options->vcpus;
    domain->disks = options->disks;
    domain->interfaces = options->interfaces;
    domain->is_transient = options->is_transient;
    domain->is_autostart = options->is_autostart;
    domain->has_managed_save = options->has_managed_save;
    domain->is_updated = options->is_updated;
    domain->id = fake_domain_is_active(domain) ? (int)++fake.next_id : -1;
    domain->rules_end = &domain->rules;
    make_uuid(domain->uuid, 0, domain->number);
    if (options->uuid)
        strncpy(domain->uuid, options->uuid, sizeof domain->uuid - 1);
    *fake.domains_end = domain;
    fake.domains_end = &domain->next;
    unlock();
    return domain;
}

struct fake_domain *fake_host_add_domain(const char *name)
{
    return fake_host_add_domain_with(
        &(struct fake_domain_options){.name = name, .vcpus = 2, .disks = 1, .interfaces = 1});
}

const char *fake_domain_name(const struct fake_domain *domain)
{
    return domain->name;
}

const char *fake_domain_uuid(const struct fake_domain *domain)
{
    return domain->uuid;
}

void fake_domain_set_state(struct fake_domain *domain, int state, int reason)
{
    lock();
    bool was_active = fake_domain_is_active(domain);
    domain->state = state;
    domain->reason = reason;
    if (!fake_domain_is_active(domain))
        domain->id = -1;
    else if (!was_active)
        domain->id = (int)++fake.next_id;
    unlock();
}

void fake_domain_set_xml(struct fake_domain *domain, const char *xml)
{
    lock();
    free(domain->xml);
    domain->xml = fake_copy(xml);
    unlock();
}

void fake_domain_rename(struct fake_domain *domain, const char *name)
{
    lock();
    free(domain->name);
    domain->name = fake_copy(name);
    unlock();
}

void fake_domain_remove(struct fake_domain *domain)
{
    lock();
    domain->is_gone = true;
    unlock();
}

void fake_domain_set_job(struct fake_domain *domain, const virDomainJobInfo *job, int operation)
{
    lock();
    domain->background = *job;
    domain->background_operation = operation;
    domain->background_since_ns = vmt_now_ns();
    unlock();
}

void fake_domain_set_last_job(struct fake_domain *domain, const virDomainJobInfo *job, int operation)
{
    lock();
    domain->last_job = *job;
    domain->last_operation = operation;
    unlock();
}

void fake_domain_set_disk_error(struct fake_domain *domain, int error)
{
    lock();
    domain->disk_error = error;
    unlock();
}

static void set_frozen(struct fake_domain *domain, bool is_frozen)
{
    lock();
    domain->is_frozen = is_frozen;
    unlock();
}

void fake_domain_freeze(struct fake_domain *domain)
{
    set_frozen(domain, true);
}

void fake_domain_thaw(struct fake_domain *domain)
{
    set_frozen(domain, false);
}

void fake_domain_set_monitor_ms(struct fake_domain *domain, unsigned monitor_ms)
{
    lock();
    domain->monitor_ms = monitor_ms;
    unlock();
}

void fake_domain_hold_ms(struct fake_domain *domain, unsigned hold_ms)
{
    lock();
    fake_must(!domain->job.is_held);
    uint64_t now = vmt_now_ns();
    domain->job = (struct fake_job){.is_held = true,
                                    .holder = "remoteDispatchConnectGetAllDomainStats",
                                    .since_ns = now,
                                    .until_ns = now + hold_ms * VMT_MS};
    unlock();
}

void fake_domain_hold_asks(struct fake_domain *domain, unsigned asks)
{
    lock();
    domain->hold_asks = asks;
    unlock();
}

/* ---- rules for parameters ---- */

static void add_rule(struct fake_domain *domain, int what, const virTypedParameter *parameter)
{
    struct fake_parameter_rule *rule = fake_alloc(sizeof *rule);
    rule->what = what;
    rule->parameter = *parameter;
    if (parameter->type == VIR_TYPED_PARAM_STRING)
        rule->parameter.value.s = fake_copy(parameter->value.s);
    lock();
    *domain->rules_end = rule;
    domain->rules_end = &rule->next;
    unlock();
}

void fake_domain_alter(struct fake_domain *domain, const virTypedParameter *parameter)
{
    add_rule(domain, FAKE_ALTER, parameter);
}

void fake_domain_add_parameter(struct fake_domain *domain, const virTypedParameter *parameter)
{
    add_rule(domain, FAKE_ADD, parameter);
}

void fake_domain_drop_parameters(struct fake_domain *domain, const char *pattern)
{
    virTypedParameter parameter = {0};
    fake_must(strlen(pattern) < sizeof parameter.field);
    strncpy(parameter.field, pattern, sizeof parameter.field - 1);
    add_rule(domain, FAKE_DROP, &parameter);
}

/* ---- faults ---- */

unsigned fake_host_add_fault(const struct fake_fault *fault)
{
    struct fake_fault_entry *entry = fake_alloc(sizeof *entry);
    lock();
    entry->fault = *fault;
    entry->number = ++fake.next_fault;
    *fake.faults_end = entry;
    fake.faults_end = &entry->next;
    unlock();
    return entry->number;
}

void fake_host_remove_fault(unsigned number)
{
    lock();
    struct fake_fault_entry *entry = fake.faults;
    while (entry && entry->number != number)
        entry = entry->next;
    fake_must(entry);
    entry->is_removed = true;
    unlock();
}

/* ---- pools and networks ---- */

static void add_named(struct fake_named **end, unsigned kind, const char *name, bool is_active, unsigned leases)
{
    lock();
    unsigned number = 1;
    for (; *end; end = &(*end)->next)
        number++;
    *end = fake_alloc(sizeof **end);
    (*end)->name = fake_copy(name);
    (*end)->is_active = is_active;
    (*end)->leases = leases;
    make_uuid((*end)->uuid, kind, number);
    unlock();
}

void fake_host_add_pool(const char *name, bool is_active)
{
    add_named(&fake.pools, 1, name, is_active, 0);
}

void fake_host_add_network(const char *name, bool is_active, unsigned leases)
{
    add_named(&fake.networks, 2, name, is_active, leases);
}
