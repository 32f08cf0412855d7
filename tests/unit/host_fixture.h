/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the whole core against the fake libvirt: a host to ask, its answers, and what it told.
 */
#ifndef VIRTMETER_TESTS_HOST_FIXTURE_H
#define VIRTMETER_TESTS_HOST_FIXTURE_H

#include "common/clock.h"
#include "common/collect.h"
#include "common/host.h"
#include "tests/fake/fake_libvirt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOON_MS = 5000 };

/* What the core told, in order. */
struct heard {
    pthread_mutex_t lock;
    unsigned count[VMT_NOTICE_COUNT];
    char last[VMT_NOTICE_COUNT][256]; /* "object: text" */
};

static struct heard heard = {.lock = PTHREAD_MUTEX_INITIALIZER};
static struct vmt_host *host;

static inline void hear(void *arg, const struct vmt_notice *notice)
{
    (void)arg;
    pthread_mutex_lock(&heard.lock);
    heard.count[notice->kind]++;
    snprintf(heard.last[notice->kind], sizeof heard.last[0], "%s: %s", notice->object ? notice->object : "-",
             notice->text);
    pthread_mutex_unlock(&heard.lock);
}

static inline unsigned heard_of(enum vmt_notice_kind kind)
{
    pthread_mutex_lock(&heard.lock);
    unsigned count = heard.count[kind];
    pthread_mutex_unlock(&heard.lock);
    return count;
}

static inline int setup(void **state)
{
    (void)state;
    fake_host_reset();
    memset(heard.count, 0, sizeof heard.count);
    memset(heard.last, 0, sizeof heard.last);
    return 0;
}

/* The default options, with every answer fresh. */
static inline struct vmt_host_options options(void)
{
    return (struct vmt_host_options){
        .uri = "qemu:///system", .collectors = vmt_collectors_default(), .max_stuck_calls = 3, .notify = hear};
}

static inline void start_with(const struct vmt_host_options *with)
{
    struct vmt_error error;
    if (vmt_host_new(with, &host, &error) < 0)
        fail_msg("%s", error.text);
}

/* Waits until libvirt answers. */
static inline void start(void)
{
    struct vmt_host_options with = options();
    start_with(&with);
    for (int i = 0; i < 500 && !vmt_host_was_connected(host); i++)
        usleep(10 * 1000);
}

/* Everything the test held up must have been released. */
static inline int teardown(void **state)
{
    (void)state;
    bool is_free = vmt_host_free(host, 5 * VMT_SECOND);
    host = NULL;
    int problems = (int)fake_host_problems() + !is_free;
    fake_host_free();
    return problems;
}

struct answer {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool has_come;
    struct vmt_snapshot *snapshot;
    uint64_t asked_ns, came_ns;
};

static inline void on_answer(void *arg, struct vmt_snapshot *snapshot)
{
    struct answer *answer = arg;
    pthread_mutex_lock(&answer->lock);
    answer->snapshot = snapshot;
    answer->came_ns = vmt_now_ns();
    answer->has_come = true;
    pthread_cond_signal(&answer->cond);
    pthread_mutex_unlock(&answer->lock);
}

static inline void ask(struct answer *answer, vmt_collectors collectors, uint64_t within_ns)
{
    *answer = (struct answer){.asked_ns = vmt_now_ns()};
    pthread_mutex_init(&answer->lock, NULL);
    vmt_cond_init(&answer->cond);
    assert_int_equal(vmt_host_request(host, collectors, answer->asked_ns + within_ns, on_answer, answer), 0);
}

/* The snapshot is the caller's. */
static inline struct vmt_snapshot *await(struct answer *answer)
{
    pthread_mutex_lock(&answer->lock);
    while (!answer->has_come)
        pthread_cond_wait(&answer->cond, &answer->lock);
    pthread_mutex_unlock(&answer->lock);
    pthread_cond_destroy(&answer->cond);
    pthread_mutex_destroy(&answer->lock);
    assert_non_null(answer->snapshot);
    return answer->snapshot;
}

static inline struct vmt_snapshot *scrape(void)
{
    struct answer answer;
    ask(&answer, VMT_COLLECTORS_ALL, 9 * VMT_SECOND);
    return await(&answer);
}

static inline unsigned took_ms(const struct answer *answer)
{
    return (unsigned)((answer->came_ns - answer->asked_ns) / VMT_MS);
}

/* How many series of `entity`'s `key` there are, of the samples whose first label is `label` (NULL: of all). */
static inline unsigned count_series(const struct vmt_snapshot *snapshot, enum vmt_entity entity, const char *key,
                                    const char *label)
{
    int slot = vmt_entity_slot(entity, key);
    assert_true(slot >= 0);
    unsigned count = 0;
    for (unsigned i = 0; i < snapshot->part_count; i++)
        for (const struct vmt_sample *at = snapshot->parts[i]->samples[entity].first; at; at = at->next)
            count += at->value[slot].type != VMT_ABSENT && (!label || !strcmp(at->labels[0], label));
    return count;
}

/* The only such value; fails the test when there is none or more than one. */
static inline uint64_t get(const struct vmt_snapshot *snapshot, enum vmt_entity entity, const char *key,
                           const char *label)
{
    int slot = vmt_entity_slot(entity, key);
    if (count_series(snapshot, entity, key, label) != 1)
        fail_msg("%u series of %s for %s", count_series(snapshot, entity, key, label), key, label ? label : "-");
    for (unsigned i = 0; i < snapshot->part_count; i++)
        for (const struct vmt_sample *at = snapshot->parts[i]->samples[entity].first; at; at = at->next)
            if (at->value[slot].type != VMT_ABSENT && (!label || !strcmp(at->labels[0], label)))
                return at->value[slot].integer;
    return 0;
}

#endif
