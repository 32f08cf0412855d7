/* SPDX-License-Identifier: Apache-2.0 */
#include "common/calls.h"
#include "common/clock.h"

#include <stdio.h>
#include <string.h>

void vmt_calls_init(struct vmt_calls *calls)
{
    memset(calls, 0, sizeof *calls);
    pthread_mutex_init(&calls->lock, NULL);
}

void vmt_calls_done(struct vmt_calls *calls)
{
    pthread_mutex_destroy(&calls->lock);
}

void vmt_calls_count(struct vmt_calls *calls, const char *function)
{
    pthread_mutex_lock(&calls->lock);
    unsigned i = 0;
    while (i < calls->call_count && strcmp(calls->call[i].function, function) != 0)
        i++;
    if (i < VMT_CALLS_MAX) {
        calls->call[i].function = function;
        calls->call[i].calls++;
        if (i == calls->call_count)
            calls->call_count++;
    }
    pthread_mutex_unlock(&calls->lock);
}

/* The limits of the buckets; the rows of the table's histogram have the same, in the same order. */
static const uint64_t limits_ns[VMT_CALL_BUCKETS] = {
    1 * VMT_MS,   5 * VMT_MS, 10 * VMT_MS,    50 * VMT_MS,     100 * VMT_MS,
    500 * VMT_MS, VMT_SECOND, 5 * VMT_SECOND, 30 * VMT_SECOND, UINT64_MAX,
};

void vmt_calls_count_end(struct vmt_calls *calls, const char *function, uint64_t ns)
{
    unsigned bucket = 0;
    while (ns > limits_ns[bucket])
        bucket++;
    pthread_mutex_lock(&calls->lock);
    for (unsigned i = 0; i < calls->call_count; i++) {
        if (strcmp(calls->call[i].function, function) != 0)
            continue;
        calls->call[i].ended++;
        calls->call[i].ended_ns += ns;
        calls->call[i].buckets[bucket]++;
    }
    pthread_mutex_unlock(&calls->lock);
}

void vmt_calls_sample_durations(struct vmt_calls *calls, struct vmt_part *part)
{
    pthread_mutex_lock(&calls->lock);
    for (unsigned i = 0; i < calls->call_count; i++) {
        struct vmt_sample *sample = vmt_part_add_unique(part, VMT_ENTITY_CALL_DURATION, NULL, &calls->call[i].function);
        uint64_t up_to = 0;
        for (unsigned bucket = 0; sample && bucket < VMT_CALL_BUCKETS; bucket++)
            sample->value[bucket] = vmt_integer(up_to += calls->call[i].buckets[bucket]);
        vmt_sample_set(sample, VMT_ENTITY_CALL_DURATION, "sum", vmt_integer(calls->call[i].ended_ns));
        vmt_sample_set(sample, VMT_ENTITY_CALL_DURATION, "count", vmt_integer(calls->call[i].ended));
    }
    pthread_mutex_unlock(&calls->lock);
}

void vmt_calls_count_error(struct vmt_calls *calls, const char *function, int code)
{
    pthread_mutex_lock(&calls->lock);
    unsigned i = 0;
    while (i < calls->error_count && (calls->error[i].code != code || strcmp(calls->error[i].function, function) != 0))
        i++;
    if (i < VMT_CALL_ERRORS_MAX) {
        calls->error[i].function = function;
        calls->error[i].code = code;
        calls->error[i].errors++;
        if (i == calls->error_count)
            calls->error_count++;
    }
    pthread_mutex_unlock(&calls->lock);
}

void vmt_calls_sample(struct vmt_calls *calls, struct vmt_part *part)
{
    pthread_mutex_lock(&calls->lock);
    for (unsigned i = 0; i < calls->call_count; i++) {
        struct vmt_sample *sample = vmt_part_add(part, VMT_ENTITY_CALL, NULL, &calls->call[i].function);
        vmt_sample_set(sample, VMT_ENTITY_CALL, "calls", vmt_integer(calls->call[i].calls));
    }
    for (unsigned i = 0; i < calls->error_count; i++) {
        char code[16];
        snprintf(code, sizeof code, "%d", calls->error[i].code);
        const char *const labels[] = {calls->error[i].function, code};
        struct vmt_sample *sample = vmt_part_add(part, VMT_ENTITY_CALL_ERROR, NULL, labels);
        vmt_sample_set(sample, VMT_ENTITY_CALL_ERROR, "errors", vmt_integer(calls->error[i].errors));
    }
    pthread_mutex_unlock(&calls->lock);
}
