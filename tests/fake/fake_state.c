/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake/fake_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake fake = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const uint32_t LIVE = 0x76690000, DEAD = 0xdead0000;

void fake_give_up(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: the fake libvirt needs: %s\n", file, line, what);
    abort();
}

void *fake_alloc(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    fake_must(memory);
    return memory;
}

char *fake_copy(const char *text)
{
    char *copy = text ? strdup(text) : NULL;
    fake_must(!text || copy);
    return copy;
}

char *fake_format(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    fake_must(length >= 0);
    return text;
}

void fake_violation(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "fake libvirt: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    fake.usage.violations++;
}

/* ---- handles ---- */

static unsigned *usage_of(enum fake_kind kind)
{
    unsigned *const counts[FAKE_KINDS] = {
        [FAKE_CONNECTION] = &fake.usage.connections,
        [FAKE_DOMAIN] = &fake.usage.domains,
        [FAKE_POOL] = &fake.usage.pools,
        [FAKE_NETWORK] = &fake.usage.networks,
        [FAKE_BINDING] = &fake.usage.bindings,
    };
    return counts[kind];
}

void *fake_object_new(enum fake_kind kind, size_t size, virConnectPtr connection)
{
    struct fake_object *object = fake_alloc(size);
    object->magic = LIVE | kind;
    object->references = 1;
    object->connection = connection;
    if (connection)
        connection->object.references++;
    object->next = fake.objects;
    fake.objects = object;
    ++*usage_of(kind);
    return object;
}

int fake_object_unref(struct fake_object *object)
{
    if (--object->references)
        return object->references;
    enum fake_kind kind = object->magic & 0xffff;
    if (kind == FAKE_CONNECTION && ((virConnectPtr)object)->inside)
        fake_violation("a connection was closed while a call was inside");
    object->magic = DEAD | kind;
    --*usage_of(kind);
    if (object->connection)
        fake_object_unref(&object->connection->object);
    return 0;
}

bool fake_object_is_live(const void *handle, enum fake_kind kind)
{
    return handle && ((const struct fake_object *)handle)->magic == (LIVE | kind);
}

void fake_objects_forget(void)
{
    while (fake.objects) {
        struct fake_object *next = fake.objects->next;
        enum fake_kind kind = fake.objects->magic & 0xffff;
        if (kind == FAKE_CONNECTION)
            free(((virConnectPtr)fake.objects)->uri);
        if (kind == FAKE_DOMAIN)
            free(((virDomainPtr)fake.objects)->name);
        free(fake.objects);
        fake.objects = next;
    }
}

/* ---- the whole ---- */

static void forget_domains(void)
{
    while (fake.domains) {
        struct fake_domain *domain = fake.domains;
        fake.domains = domain->next;
        while (domain->rules) {
            struct fake_parameter_rule *rule = domain->rules;
            domain->rules = rule->next;
            if (rule->parameter.type == VIR_TYPED_PARAM_STRING)
                free(rule->parameter.value.s);
            free(rule);
        }
        free(domain->name);
        free(domain->xml);
        free(domain);
    }
}

static void forget_named(struct fake_named *named)
{
    while (named) {
        struct fake_named *next = named->next;
        free(named->name);
        free(named);
        named = next;
    }
}

static void forget_all(void)
{
    if (fake.usage.inside)
        fake_violation("reset while %u calls are inside", fake.usage.inside);
    fake_must(!fake.usage.inside);
    fake_events_forget();
    fake_objects_forget();
    forget_domains();
    forget_named(fake.pools);
    forget_named(fake.networks);
    while (fake.faults) {
        struct fake_fault_entry *next = fake.faults->next;
        free(fake.faults);
        fake.faults = next;
    }
    free(fake.driver);
    free(fake.uri);
    free(fake.user);
    free(fake.password);
    free(fake.bulk);
}

void fake_host_free(void)
{
    fake_error_clear();
    if (!fake.is_set)
        return;
    pthread_mutex_lock(&fake.lock);
    forget_all();
    pthread_mutex_unlock(&fake.lock);
    pthread_cond_destroy(&fake.changed);
    pthread_mutex_destroy(&fake.lock);
    fake = (struct fake){.lock = PTHREAD_MUTEX_INITIALIZER};
}

void fake_host_reset(void)
{
    fake_host_free();
    vmt_cond_init(&fake.changed);
    fake.is_set = true;
    fake.driver = fake_copy("QEMU");
    fake.uri = fake_copy("qemu:///system");
    fake.known_stats = ~0u;
    fake.job_timeout_ms = 30000;
    fake.domains_end = &fake.domains;
    fake.faults_end = &fake.faults;
}

/* ---- what happened ---- */

unsigned long fake_host_calls(const char *function)
{
    unsigned long calls = 0;
    pthread_mutex_lock(&fake.lock);
    for (unsigned i = 0; i < FAKE_FUNCTIONS && *fake.counts[i].function; i++)
        if (!function || !strcmp(fake.counts[i].function, function))
            calls += fake.counts[i].calls;
    pthread_mutex_unlock(&fake.lock);
    return calls;
}

struct fake_usage fake_host_usage(void)
{
    pthread_mutex_lock(&fake.lock);
    struct fake_usage usage = fake.usage;
    pthread_mutex_unlock(&fake.lock);
    return usage;
}

struct fake_asked fake_domain_asked(const struct fake_domain *domain)
{
    pthread_mutex_lock(&fake.lock);
    struct fake_asked asked = domain->asked;
    pthread_mutex_unlock(&fake.lock);
    return asked;
}

bool fake_host_bulk_call(unsigned long index, struct fake_bulk *ret_bulk)
{
    pthread_mutex_lock(&fake.lock);
    bool is_there = index < fake.bulk_count;
    if (is_there)
        *ret_bulk = fake.bulk[index];
    pthread_mutex_unlock(&fake.lock);
    return is_there;
}

unsigned fake_host_problems(void)
{
    struct fake_usage usage = fake_host_usage();
    const struct {
        const char *what;
        unsigned count;
    } left[] = {
        {"calls inside", usage.inside},
        {"connections open", usage.connections},
        {"domain handles", usage.domains},
        {"lists of records", usage.record_lists},
        {"pool handles", usage.pools},
        {"network handles", usage.networks},
        {"filter bindings", usage.bindings},
        {"DHCP leases", usage.leases},
        {"callbacks registered", usage.callbacks},
        {"timeouts added", usage.timeouts},
    };
    unsigned problems = usage.violations;
    for (unsigned i = 0; i < sizeof left / sizeof *left; i++) {
        if (left[i].count)
            fprintf(stderr, "fake libvirt: left at the end: %u %s\n", left[i].count, left[i].what);
        problems += left[i].count;
    }
    return problems;
}

/* ---- waiting ---- */

static unsigned inside(const char *function)
{
    unsigned count = 0;
    for (unsigned i = 0; i < FAKE_FUNCTIONS && *fake.counts[i].function; i++)
        if (!function || !strcmp(fake.counts[i].function, function))
            count += fake.counts[i].inside;
    return count;
}

bool fake_wait_inside(const char *function, unsigned count, unsigned within_ms)
{
    uint64_t until = vmt_now_ns() + within_ms * VMT_MS;
    pthread_mutex_lock(&fake.lock);
    while (inside(function) != count && vmt_now_ns() < until)
        vmt_cond_wait(&fake.changed, &fake.lock, until);
    bool has_come = inside(function) == count;
    pthread_mutex_unlock(&fake.lock);
    return has_come;
}

bool fake_wait_calls(const char *function, unsigned long count, unsigned within_ms)
{
    uint64_t until = vmt_now_ns() + within_ms * VMT_MS;
    while (fake_host_calls(function) < count) {
        pthread_mutex_lock(&fake.lock);
        vmt_cond_wait(&fake.changed, &fake.lock, vmt_now_ns() + 5 * VMT_MS);
        pthread_mutex_unlock(&fake.lock);
        if (vmt_now_ns() > until)
            return false;
    }
    return true;
}
