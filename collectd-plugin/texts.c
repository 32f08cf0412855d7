/* SPDX-License-Identifier: Apache-2.0 */
#include "collectd-plugin/texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const enum vmt_entity entities[] = {VMT_ENTITY_JOB_PARAMETER, VMT_ENTITY_LAST_JOB_PARAMETER};

static bool was_told(const struct vmt_texts *texts, const char *whole)
{
    for (unsigned i = 0; i < texts->count; i++)
        if (!strcmp(texts->told[i], whole))
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
            if (!was_told(texts, whole))
                tell(arg, subject, at->labels[1], at->labels[2]);
            add(&now, whole);
        }
    }
    vmt_texts_done(texts);
    *texts = now;
}
