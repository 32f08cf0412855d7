/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of the xml module: documents from the folder of the fixtures, and samples found by what they say.
 */
#ifndef VIRTMETER_TESTS_UNIT_XML_FIXTURE_H
#define VIRTMETER_TESTS_UNIT_XML_FIXTURE_H

#include "common/xml.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static const struct vmt_domain fixture_domain = {"the domain", "1ab00000-0000-4000-8000-000000000000"};

/* The text of tests/fixtures/xml/NAME, for the caller to free. */
static inline char *fixture_read(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "xml/%s", name);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("cannot open '%s': run this in the folder of the fixtures", path);
    char *text = NULL;
    size_t size = 0;
    if (getdelim(&text, &size, '\0', file) < 0)
        *text = '\0';
    fclose(file);
    return text;
}

/* A part with what the fixture NAME says of `fixture_domain`. */
static inline struct vmt_part *fixture_domain_part(const char *name, const struct vmt_filter *filter,
                                                   const struct vmt_xml_labels *labels)
{
    struct vmt_error error = {0};
    struct vmt_part *part = vmt_part_new();
    char *xml = fixture_read(name);
    if (vmt_xml_domain(xml, &fixture_domain, filter, labels, part, &error) != 0)
        fail_msg("%s: %s", name, error.text);
    free(xml);
    return part;
}

/* The label called `name`; fails when the sample has no such label, NULL when it is unknown. */
static inline const char *fixture_label(const struct vmt_sample *sample, const char *name)
{
    for (unsigned i = 0; i < sample->label_count; i++)
        if (!strcmp(sample->label_names[i], name))
            return sample->labels[i];
    fail_msg("no label '%s'", name);
    return NULL;
}

/* The first sample of `entity`, or the one whose device or interface is `device`; NULL when there is none. */
static inline struct vmt_sample *fixture_find(const struct vmt_part *part, enum vmt_entity entity, const char *device)
{
    struct vmt_sample *sample = part->samples[entity].first;
    while (sample && device && strcmp(sample->labels[1], device) != 0)
        sample = sample->next;
    return sample;
}

static inline unsigned fixture_count(const struct vmt_part *part, enum vmt_entity entity)
{
    unsigned count = 0;
    for (const struct vmt_sample *sample = part->samples[entity].first; sample; sample = sample->next)
        count++;
    return count;
}

/* Like assert_string_equal, for texts that may be NULL. */
static inline void fixture_assert_text(const char *actual, const char *expected, const char *where, const char *what)
{
    if (actual == expected || (actual && expected && !strcmp(actual, expected)))
        return;
    fail_msg("%s: %s is '%s', not '%s'", where, what, actual ? actual : "(unknown)", expected ? expected : "(unknown)");
}

#endif
