/* SPDX-License-Identifier: Apache-2.0 */
#include "common/registry.h"
#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

/* Domains that start between two collections; when nobody collects, tenants must not fill the memory. */
enum { ADDED_MAX = 1024 };

struct remembered {
    char uuid[VMT_UUID_TEXT];
    char *name;
    unsigned id;
    unsigned version, read_version; /* read anew when they differ */
    bool is_being_read;
    uint64_t due_ns;
    struct vmt_part *identity;
    unsigned started_id;
    uint64_t started_ns;   /* when it started under started_id, since 1970; 0: not known */
    uint64_t collected_ns; /* when its monitor's values came back last, since 1970; 0: never */
    bool is_stuck, has_job;
};

struct vmt_registry {
    uint64_t xml_age_ns; /* events tell of changes; this is for what no event tells */
    pthread_mutex_t lock;
    struct remembered *domains; /* by uuid, ascending */
    unsigned count;
    unsigned added; /* since the last sync */
};

struct vmt_registry *vmt_registry_new(uint64_t xml_age_ns)
{
    struct vmt_registry *registry = calloc(1, sizeof *registry);
    if (!registry)
        return NULL;
    registry->xml_age_ns = xml_age_ns;
    pthread_mutex_init(&registry->lock, NULL);
    return registry;
}

static void forget(struct remembered *domain)
{
    free(domain->name);
    vmt_part_unref(domain->identity);
}

void vmt_registry_free(struct vmt_registry *registry)
{
    if (!registry)
        return;
    for (unsigned i = 0; i < registry->count; i++)
        forget(&registry->domains[i]);
    free(registry->domains);
    pthread_mutex_destroy(&registry->lock);
    free(registry);
}

static int by_uuid(const void *a, const void *b)
{
    const struct remembered *left = a, *right = b;
    return strcmp(left->uuid, right->uuid);
}

/* With the lock held. */
static struct remembered *find(struct vmt_registry *registry, const char *uuid)
{
    struct remembered wanted = {0};
    memcpy(wanted.uuid, uuid, VMT_UUID_TEXT);
    return registry->count ? bsearch(&wanted, registry->domains, registry->count, sizeof wanted, by_uuid) : NULL;
}

/* What is known of `entry` so far moves into `ret_domain`; false when there is no memory. */
static bool carry_over(struct vmt_registry *registry, const struct vmt_roster_entry *entry,
                       struct remembered *ret_domain)
{
    struct remembered *known = find(registry, entry->domain->uuid);
    bool is_same = known && known->id == entry->id && !strcmp(known->name, entry->domain->name);
    char *name = strdup(entry->domain->name);
    if (!name)
        return false;
    struct remembered domain = {.name = name, .id = entry->id, .version = known ? known->version + !is_same : 1};
    memcpy(domain.uuid, entry->domain->uuid, VMT_UUID_TEXT);
    if (known) {
        domain.read_version = known->read_version;
        domain.is_being_read = known->is_being_read;
        domain.due_ns = known->due_ns;
        domain.identity = known->identity;
        domain.started_id = known->started_id;
        domain.started_ns = known->started_ns;
        domain.collected_ns = known->collected_ns;
        domain.is_stuck = known->is_stuck;
        domain.has_job = known->has_job;
        known->identity = NULL;
    }
    *ret_domain = domain;
    return true;
}

void vmt_registry_sync(struct vmt_registry *registry, const struct vmt_roster *roster)
{
    /* One more, so that an empty roster is no failed allocation. */
    struct remembered *domains = calloc(roster->count + 1, sizeof *domains);
    if (!domains)
        return;
    pthread_mutex_lock(&registry->lock);
    unsigned count = 0;
    for (unsigned i = 0; i < roster->count; i++)
        count += carry_over(registry, &roster->entries[i], &domains[count]);
    for (unsigned i = 0; i < registry->count; i++)
        forget(&registry->domains[i]);
    free(registry->domains);
    registry->domains = domains;
    registry->count = count;
    registry->added = 0;
    qsort(domains, count, sizeof *domains, by_uuid);
    pthread_mutex_unlock(&registry->lock);
}

void vmt_registry_mark(struct vmt_registry *registry, const char *uuid)
{
    pthread_mutex_lock(&registry->lock);
    struct remembered *domain = uuid ? find(registry, uuid) : NULL;
    if (domain)
        domain->version++;
    for (unsigned i = 0; !uuid && i < registry->count; i++)
        registry->domains[i].version++;
    pthread_mutex_unlock(&registry->lock);
}

/* With the lock held: the domain, added at its place when it is not there yet; NULL when there is no memory. */
static struct remembered *find_or_add(struct vmt_registry *registry, const char *uuid)
{
    struct remembered *known = find(registry, uuid);
    if (known || registry->added == ADDED_MAX)
        return known;
    struct remembered *domains = realloc(registry->domains, (registry->count + 1) * sizeof *domains);
    struct remembered domain = {.name = domains ? strdup("") : NULL, .version = 1};
    registry->domains = domains ? domains : registry->domains;
    if (!domain.name)
        return NULL;
    memcpy(domain.uuid, uuid, VMT_UUID_TEXT);
    domains[registry->count++] = domain;
    registry->added++;
    qsort(domains, registry->count, sizeof *domains, by_uuid);
    return find(registry, uuid);
}

void vmt_registry_started(struct vmt_registry *registry, const char *uuid, unsigned id)
{
    pthread_mutex_lock(&registry->lock);
    struct remembered *known = find_or_add(registry, uuid);
    if (known) {
        known->started_id = id;
        known->started_ns = vmt_wall_ns();
    }
    pthread_mutex_unlock(&registry->lock);
}

uint64_t vmt_registry_start(struct vmt_registry *registry, const struct vmt_roster_entry *entry)
{
    pthread_mutex_lock(&registry->lock);
    struct remembered *known = find(registry, entry->domain->uuid);
    uint64_t started = known && known->started_id == entry->id ? known->started_ns : 0;
    pthread_mutex_unlock(&registry->lock);
    return started;
}

bool vmt_registry_has(struct vmt_registry *registry, const char *name)
{
    pthread_mutex_lock(&registry->lock);
    bool has = false;
    for (unsigned i = 0; i < registry->count && !has; i++)
        has = !strcmp(registry->domains[i].name, name);
    pthread_mutex_unlock(&registry->lock);
    return has;
}

bool vmt_registry_claim(struct vmt_registry *registry, const struct vmt_domain *domain, unsigned *ret_version)
{
    pthread_mutex_lock(&registry->lock);
    struct remembered *known = find(registry, domain->uuid);
    bool is_due =
        known && !known->is_being_read && (known->version != known->read_version || vmt_now_ns() >= known->due_ns);
    if (is_due) {
        known->is_being_read = true;
        *ret_version = known->version;
    }
    pthread_mutex_unlock(&registry->lock);
    return is_due;
}

/* Between half the age and all of it from now, different for each domain, so that a host's do not come due together.
 */
static uint64_t next_due(const struct vmt_registry *registry, const char *uuid)
{
    if (registry->xml_age_ns == VMT_NEVER)
        return VMT_NEVER;
    unsigned sum = 0;
    for (const char *at = uuid; *at; at++)
        sum = sum * 31 + (unsigned char)*at;
    uint64_t half = registry->xml_age_ns / 2;
    return vmt_now_ns() + half + half / 256 * (sum % 256);
}

void vmt_registry_store(struct vmt_registry *registry, const char *uuid, unsigned version, struct vmt_part *part)
{
    pthread_mutex_lock(&registry->lock);
    struct remembered *known = find(registry, uuid);
    if (known) {
        vmt_part_unref(known->identity);
        known->identity = part ? vmt_part_ref(part) : NULL;
        known->read_version = part ? version : version - 1;
        known->due_ns = next_due(registry, uuid);
        known->is_being_read = false;
    }
    pthread_mutex_unlock(&registry->lock);
}

bool vmt_registry_is_being_read(struct vmt_registry *registry, const struct vmt_domain *domain)
{
    pthread_mutex_lock(&registry->lock);
    struct remembered *known = find(registry, domain->uuid);
    bool is_being_read = known && known->is_being_read;
    pthread_mutex_unlock(&registry->lock);
    return is_being_read;
}

void vmt_registry_release(struct vmt_registry *registry, const struct vmt_domain *domain)
{
    pthread_mutex_lock(&registry->lock);
    struct remembered *known = find(registry, domain->uuid);
    if (known)
        known->is_being_read = false;
    pthread_mutex_unlock(&registry->lock);
}

struct vmt_part *vmt_registry_identity(struct vmt_registry *registry, const struct vmt_domain *domain)
{
    pthread_mutex_lock(&registry->lock);
    struct remembered *known = find(registry, domain->uuid);
    struct vmt_part *part = known && known->identity ? vmt_part_ref(known->identity) : NULL;
    pthread_mutex_unlock(&registry->lock);
    return part;
}

bool vmt_registry_is_stuck(struct vmt_registry *registry, const struct vmt_domain *domain)
{
    pthread_mutex_lock(&registry->lock);
    struct remembered *known = find(registry, domain->uuid);
    bool is_stuck = known && known->is_stuck;
    pthread_mutex_unlock(&registry->lock);
    return is_stuck;
}

bool vmt_registry_note(struct vmt_registry *registry, const struct vmt_domain *domain, bool is_stuck)
{
    pthread_mutex_lock(&registry->lock);
    struct remembered *known = find(registry, domain->uuid);
    bool has_changed = known && known->is_stuck != is_stuck;
    if (known)
        known->is_stuck = is_stuck;
    if (known && !is_stuck)
        known->collected_ns = vmt_wall_ns();
    pthread_mutex_unlock(&registry->lock);
    return has_changed;
}

uint64_t vmt_registry_collected(struct vmt_registry *registry, const struct vmt_domain *domain)
{
    pthread_mutex_lock(&registry->lock);
    struct remembered *known = find(registry, domain->uuid);
    uint64_t collected = known ? known->collected_ns : 0;
    pthread_mutex_unlock(&registry->lock);
    return collected;
}

void vmt_registry_set_job(struct vmt_registry *registry, const char *uuid, bool has_job)
{
    pthread_mutex_lock(&registry->lock);
    struct remembered *known = find(registry, uuid);
    if (known)
        known->has_job = has_job;
    pthread_mutex_unlock(&registry->lock);
}

bool vmt_registry_has_job(struct vmt_registry *registry, const struct vmt_domain *domain)
{
    pthread_mutex_lock(&registry->lock);
    struct remembered *known = find(registry, domain->uuid);
    bool has_job = known && known->has_job;
    pthread_mutex_unlock(&registry->lock);
    return has_job;
}
