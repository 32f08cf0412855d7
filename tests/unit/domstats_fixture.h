/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of the decoder and the tables: records of bulk statistics from the folder of the fixtures, which hold
 * what `virsh domstats --raw` prints. That output has no kinds; they are put back as libvirt documents them.
 */
#ifndef VIRTMETER_TESTS_UNIT_DOMSTATS_FIXTURE_H
#define VIRTMETER_TESTS_UNIT_DOMSTATS_FIXTURE_H

#include <libvirt/libvirt.h>

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const domstats_names[] = {
    "documented",  "many-devices", "qemu-backing", "qemu-devices", "qemu-frozen", "qemu-guest",
    "qemu-paused", "qemu-shutoff", "sparse-vcpus", "test-driver",  "xen",
};
enum { DOMSTATS_NAMES = sizeof domstats_names / sizeof *domstats_names, DOMSTATS_MAX = 512 };

struct domstats {
    char domain[64];
    virTypedParameter params[DOMSTATS_MAX];
    int count;
};

/* libvirt's documentation of virConnectGetAllDomainStats; the first that matches counts, the others are ULLONG. */
static const struct {
    const char *pattern;
    int type;
} domstats_kinds[] = {
    {"block.*.latency_histogram.*", VIR_TYPED_PARAM_ULLONG},
    {"block.*.timed_group.*_queue_depth_avg", VIR_TYPED_PARAM_DOUBLE},
    {"block.*.timed_group.*", VIR_TYPED_PARAM_ULLONG},
    {"*.name", VIR_TYPED_PARAM_STRING},
    {"block.*.path", VIR_TYPED_PARAM_STRING},
    {"*.monitor.*.vcpus", VIR_TYPED_PARAM_STRING},
    {"dirtyrate.calc_mode", VIR_TYPED_PARAM_STRING},
    {"state.*", VIR_TYPED_PARAM_INT},
    {"vcpu.*.state", VIR_TYPED_PARAM_INT},
    {"dirtyrate.calc_status", VIR_TYPED_PARAM_INT},
    {"dirtyrate.calc_period", VIR_TYPED_PARAM_INT},
    {"dirtyrate.calc_start_time", VIR_TYPED_PARAM_LLONG},
    {"dirtyrate.megabytes_per_second", VIR_TYPED_PARAM_LLONG},
    {"vcpu.current", VIR_TYPED_PARAM_UINT},
    {"vcpu.maximum", VIR_TYPED_PARAM_UINT},
    {"*.count", VIR_TYPED_PARAM_UINT},
    {"block.*.backingIndex", VIR_TYPED_PARAM_UINT},
    {"iothread.*.poll-grow", VIR_TYPED_PARAM_UINT},
    {"iothread.*.poll-shrink", VIR_TYPED_PARAM_UINT},
    {"cpu.cache.monitor.*", VIR_TYPED_PARAM_UINT},
    {"memory.bandwidth.monitor.*.id", VIR_TYPED_PARAM_UINT},
};

static inline int domstats_kind(const char *field, const char *value)
{
    if (!strcmp(value, "yes") || !strcmp(value, "no"))
        return VIR_TYPED_PARAM_BOOLEAN;
    for (size_t i = 0; i < sizeof domstats_kinds / sizeof *domstats_kinds; i++)
        if (fnmatch(domstats_kinds[i].pattern, field, 0) == 0)
            return domstats_kinds[i].type;
    return VIR_TYPED_PARAM_ULLONG;
}

static inline void domstats_set(virTypedParameter *param, int type, const char *value)
{
    param->type = type;
    switch (type) {
    case VIR_TYPED_PARAM_INT:
        param->value.i = (int)strtol(value, NULL, 10);
        break;
    case VIR_TYPED_PARAM_UINT:
        param->value.ui = (unsigned)strtoul(value, NULL, 10);
        break;
    case VIR_TYPED_PARAM_LLONG:
        param->value.l = strtoll(value, NULL, 10);
        break;
    case VIR_TYPED_PARAM_ULLONG:
        param->value.ul = strtoull(value, NULL, 10);
        break;
    case VIR_TYPED_PARAM_DOUBLE:
        param->value.d = strtod(value, NULL);
        break;
    case VIR_TYPED_PARAM_BOOLEAN:
        param->value.b = !strcmp(value, "yes");
        break;
    default:
        param->value.s = strdup(value);
    }
}

/* A parameter more, `field` and `value` as text. */
static inline void domstats_add(struct domstats *stats, const char *field, int type, const char *value)
{
    assert_true(stats->count < DOMSTATS_MAX);
    virTypedParameter *param = &stats->params[stats->count++];
    *param = (virTypedParameter){0};
    assert_true(strlen(field) < sizeof param->field);
    memcpy(param->field, field, strlen(field));
    domstats_set(param, type, value);
}

/* The record in tests/fixtures/domstats/NAME.txt. */
static inline struct domstats *domstats_load(const char *name)
{
    struct domstats *stats = calloc(1, sizeof *stats);
    char path[128], line[256], field[VIR_TYPED_PARAM_FIELD_LENGTH], value[128];
    snprintf(path, sizeof path, "domstats/%s.txt", name);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("cannot open '%s': run this in the folder of the fixtures", path);
    while (fgets(line, sizeof line, file)) {
        if (*line == '#' || sscanf(line, "Domain: '%63[^']'", stats->domain) == 1)
            continue;
        if (sscanf(line, " %79[^=]=%127[^\n]", field, value) != 2)
            fail_msg("%s: what is this: %s", path, line);
        domstats_add(stats, field, domstats_kind(field, value), value);
    }
    fclose(file);
    return stats;
}

static inline void domstats_forget(virTypedParameter *param)
{
    if (param->type == VIR_TYPED_PARAM_STRING)
        free(param->value.s);
    param->type = 0;
}

static inline void domstats_free(struct domstats *stats)
{
    for (int i = 0; i < stats->count; i++)
        domstats_forget(&stats->params[i]);
    free(stats);
}

static inline const virTypedParameter *domstats_find(const struct domstats *stats, const char *field)
{
    for (int i = 0; i < stats->count; i++)
        if (!strcmp(stats->params[i].field, field))
            return &stats->params[i];
    return NULL;
}

#endif
