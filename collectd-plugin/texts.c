/* SPDX-License-Identifier: Apache-2.0 */
#include "collectd-plugin/texts.h"
#include "common/collect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const enum vmt_entity entities[] = {VMT_ENTITY_JOB_PARAMETER, VMT_ENTITY_LAST_JOB_PARAMETER};

/* Whether one of them begins with this. */
static bool has(const struct vmt_texts *texts, const char *beginning, size_t length)
{
    for (unsigned i = 0; i < texts->count; i++)
        if (!strncmp(texts->told[i], beginning, length))
            return true;
    return false;
}

/* Takes `whole`. */
static void add(struct vmt_texts *texts, char *whole)
{
    char **told = realloc(texts->told, (texts->count + 1) * sizeof *told);
    if (!told) {
        free(whole);
        return;
    }
    texts->told = told;
    told[texts->count++] = whole;
}

static bool is_of_jobs(const char *collector)
{
    return !strcmp(collector, vmt_collector_row(VMT_COLLECTOR_JOB)->name) ||
           !strcmp(collector, vmt_collector_row(VMT_COLLECTOR_JOB_COMPLETED)->name);
}

/* Whether no question about jobs failed, and all answers came in time: a text that is not there is gone then. */
static bool has_all(const struct vmt_snapshot *snapshot)
{
    int success = vmt_entity_slot(VMT_ENTITY_COLLECTOR, "success");
    bool has_failed = false;
    for (unsigned i = 0; i < snapshot->part_count; i++)
        for (const struct vmt_sample *at = snapshot->parts[i]->samples[VMT_ENTITY_COLLECTOR].first; at; at = at->next)
            has_failed = has_failed || (is_of_jobs(at->labels[0]) && !at->value[success].integer);
    return snapshot->is_complete && !has_failed;
}

/* Moves to `now` what is known of parameters that it lacks. */
static void keep(struct vmt_texts *now, struct vmt_texts *before)
{
    for (unsigned i = 0; i < before->count; i++) {
        const char *parameter = strchr(before->told[i], '\n') + 1;
        if (!has(now, before->told[i], (size_t)(strchr(parameter, '\n') + 1 - before->told[i]))) {
            add(now, before->told[i]);
            before->told[i] = NULL;
        }
    }
}

void vmt_texts_done(struct vmt_texts *texts)
{
    for (unsigned i = 0; i < texts->count; i++)
        free(texts->told[i]);
    free(texts->told);
    *texts = (struct vmt_texts){0};
}

void vmt_texts_tell(struct vmt_texts *texts, const struct vmt_roll *roll, vmt_texts_tell_one *tell, void *arg)
{
    struct vmt_texts now = {0};
    for (unsigned i = 0; i < roll->snapshot->part_count * 2; i++) {
        const struct vmt_part *part = roll->snapshot->parts[i / 2];
        for (const struct vmt_sample *at = part->samples[entities[i % 2]].first; at; at = at->next) {
            const struct vmt_subject *subject = at->labels[2] ? vmt_roll_find(roll, at->labels[0]) : NULL;
            char *whole = NULL;
            if (!subject || subject->is_nameless ||
                asprintf(&whole, "%s\n%s\n%s", at->labels[0], at->labels[1], at->labels[2]) < 0)
                continue;
            if (!has(texts, whole, strlen(whole) + 1))
                tell(arg, subject, at->labels[1], at->labels[2]);
            add(&now, whole);
        }
    }
    if (!has_all(roll->snapshot))
        keep(&now, texts);
    vmt_texts_done(texts);
    *texts = now;
}
