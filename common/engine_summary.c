/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "common/engine_private.h"

#include <stdio.h>
#include <stdlib.h>

/* Counters of the events of a domain that is gone stay for this long after the last of them. */
static const uint64_t forget_after = 600 * VMT_SECOND;

static bool is_known(void *arg, const char *name)
{
    return vmt_registry_has(arg, name);
}

static void forget_events(struct vmt_engine *engine)
{
    uint64_t now = vmt_now_ns();
    if (now < forget_after || now - engine->forgot_ns < forget_after / 10)
        return;
    engine->forgot_ns = now;
    vmt_tally_forget(engine->tally, now - forget_after, is_known, engine->context.registry);
}

static void tell_change(struct vmt_run *run, const struct vmt_domain *domain, enum vmt_answer answer)
{
    static const char *const texts[VMT_ANSWER_COUNT] = {
        [VMT_ANSWER_LATE] = "its hypervisor does not answer; only what libvirt knows without it is collected",
        [VMT_ANSWER_PARTIAL] = "another job holds it; only what libvirt knows without its hypervisor is collected",
        [VMT_ANSWER_WHOLE] = "all its statistics come back again",
    };
    bool is_whole = answer == VMT_ANSWER_WHOLE;
    struct vmt_notice notice = {.kind = is_whole ? VMT_NOTICE_DOMAIN_WHOLE : VMT_NOTICE_DOMAIN_STUCK,
                                .object = domain->name,
                                .text = texts[answer],
                                .domain = domain};
    if (run->engine->workshop.notify)
        run->engine->workshop.notify(run->engine->workshop.notify_arg, &notice);
}

static void add_freshness(struct vmt_run *run, struct vmt_sample *sample, const struct vmt_domain *domain,
                          enum vmt_answer answer)
{
    struct vmt_registry *registry = run->engine->context.registry;
    bool is_whole = answer == VMT_ANSWER_WHOLE;
    bool is_sure = answer != VMT_ANSWER_NONE && answer != VMT_ANSWER_BUSY;
    if (is_sure && vmt_registry_note(registry, domain, !is_whole))
        tell_change(run, domain, answer);
    vmt_sample_set(sample, VMT_ENTITY_DOMAIN_LIFE, "collected", vmt_integer(is_whole));
    uint64_t last = vmt_registry_collected(registry, domain);
    if (last)
        vmt_sample_set(sample, VMT_ENTITY_DOMAIN_LIFE, "last_collected", vmt_integer(last));
}

static void add_life(struct vmt_run *run, struct vmt_part *part, const struct vmt_roster_entry *entry,
                     enum vmt_answer answer)
{
    const struct vmt_domain *domain = vmt_part_add_domain(part, entry->domain->name, entry->domain->uuid);
    struct vmt_sample *sample = domain ? vmt_part_add(part, VMT_ENTITY_DOMAIN_LIFE, domain, &domain->name) : NULL;
    uint64_t started = vmt_registry_start(run->engine->context.registry, entry);
    if (started)
        vmt_sample_set(sample, VMT_ENTITY_DOMAIN_LIFE, "started", vmt_integer(started));
    if (run->stats)
        add_freshness(run, sample, entry->domain, answer);
}

/* The sum of a domain value over all active domains; absent while one of them is unknown. */
static void add_sum(struct vmt_run *run, struct vmt_sample *node, const char *key, const char *sum_key)
{
    int slot = vmt_entity_slot(VMT_ENTITY_DOMAIN, key);
    uint64_t sum = 0;
    unsigned count = 0;
    for (unsigned i = 0; i < run->collection->part_count; i++) {
        if (run->collection->parts[i] == run->roster_part)
            continue; /* has the figures of inactive domains */
        const struct vmt_sample *sample = run->collection->parts[i]->samples[VMT_ENTITY_DOMAIN].first;
        for (; sample; sample = sample->next) {
            count += sample->value[slot].type == VMT_INTEGER;
            sum += sample->value[slot].type == VMT_INTEGER ? sample->value[slot].integer : 0;
        }
    }
    if (count == run->roster->active_count)
        vmt_sample_set(node, VMT_ENTITY_NODE, sum_key, vmt_integer(sum));
}

static void add_sums(struct vmt_run *run, struct vmt_part *part)
{
    struct vmt_sample *node = vmt_part_add(part, VMT_ENTITY_NODE, NULL, NULL);
    if (run->stats & VIR_DOMAIN_STATS_VCPU)
        add_sum(run, node, "vcpu.current", "vcpus_allocated");
    if (run->stats & VIR_DOMAIN_STATS_BALLOON)
        add_sum(run, node, "balloon.current", "memory_allocated");
}

/* Domains that did not answer, and may not be to blame: it may be libvirt. */
static void note_unasked(struct vmt_run *run, struct vmt_part *part, unsigned count)
{
    char message[160];
    snprintf(message, sizeof message,
             "not all calls worked or came back in time; %u domains have only the values that need no hypervisor",
             count);
    struct vmt_call_error noted = {.call = "virDomainListGetStats",
                                   .code = VIR_ERR_OPERATION_TIMEOUT,
                                   .domain = VIR_FROM_NONE,
                                   .message = message};
    vmt_part_add_error(part, &noted);
    vmt_journal_add(run->engine->journal, part);
}

static void conclude(struct vmt_run *run, const unsigned counts[VMT_ANSWER_COUNT])
{
    struct vmt_collection *collection = run->collection;
    uint64_t ended = run->monitor_ended_ns > run->monitor_began_ns ? run->monitor_ended_ns : run->monitor_began_ns;
    for (enum vmt_collector i = 0; i < VMT_COLLECTOR_COUNT; i++)
        if (vmt_collection_wants(collection, i) && !vmt_collector_row(i)->collect)
            vmt_collection_conclude(collection, i, i == VMT_COLLECTOR_JOB ? !run->has_job_failed : !run->has_failed,
                                    ended - run->monitor_began_ns);
    pthread_mutex_lock(&collection->lock);
    collection->skipped[VMT_SKIPPED_PARTIAL] = counts[VMT_ANSWER_PARTIAL] + counts[VMT_ANSWER_BUSY];
    collection->skipped[VMT_SKIPPED_TIMED_OUT] = counts[VMT_ANSWER_NONE] + counts[VMT_ANSWER_LATE];
    collection->skipped[VMT_SKIPPED_GONE] = counts[VMT_ANSWER_GONE];
    pthread_mutex_unlock(&collection->lock);
}

/*
 * When libvirt refuses everything, or answers nothing for a while, no domain is to blame: what happens to one that is
 * asked alone would happen to all. And who is late in a short collection may only have paused.
 */
static enum vmt_answer final_answer(const struct vmt_run *run, unsigned entry)
{
    enum vmt_answer answer = run->answers[entry];
    if (answer != VMT_ANSWER_REFUSED && answer != VMT_ANSWER_LATE)
        return answer;
    bool is_to_blame = run->has_answers || run->roster->active_count == 1;
    bool is_early = answer == VMT_ANSWER_LATE && vmt_now_ns() - run->monitor_began_ns < VMT_STUCK_NS;
    return is_to_blame && !is_early ? VMT_ANSWER_LATE : VMT_ANSWER_NONE;
}

void vmt_summary(struct vmt_run *run)
{
    if (!run->roster || !run->answers)
        return;
    unsigned counts[VMT_ANSWER_COUNT] = {0};
    struct vmt_part *part = vmt_part_new();
    for (unsigned i = 0; part && i < run->roster->count; i++) {
        const struct vmt_roster_entry *entry = &run->roster->entries[i];
        if (!entry->is_active)
            continue;
        enum vmt_answer answer = final_answer(run, i);
        counts[answer] += run->stats != 0;
        if (answer != VMT_ANSWER_GONE)
            add_life(run, part, entry, answer);
    }
    run->has_failed = run->has_failed || counts[VMT_ANSWER_NONE];
    conclude(run, counts);
    if (part && counts[VMT_ANSWER_NONE])
        note_unasked(run, part, counts[VMT_ANSWER_NONE]);
    if (part) {
        add_sums(run, part);
        vmt_collection_publish(run->collection, part);
    }
    vmt_part_unref(part);
    free(run->answers);
    run->answers = NULL;
    forget_events(run->engine);
}
