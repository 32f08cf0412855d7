/* SPDX-License-Identifier: Apache-2.0 */
#include "common/filter.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct pattern {
    bool is_set;
    regex_t regex;
};

struct vmt_filter {
    struct pattern domain_include, domain_exclude, device_include, device_exclude;
    bool (*wants_domain)(const void *arg, const char *name);
    const void *arg;
};

static int compile(struct pattern *pattern, const char *name, const char *text, struct vmt_error *error)
{
    if (!text || !*text)
        return 0;
    int code = regcomp(&pattern->regex, text, REG_EXTENDED);
    if (code == REG_ESPACE)
        return vmt_error_set(error, -ENOMEM, "%s: no memory for the pattern '%s'", name, text);
    if (code) {
        char reason[128];
        regerror(code, &pattern->regex, reason, sizeof reason);
        return vmt_error_set(error, -EINVAL, "%s: '%s' is not a regular expression: %s", name, text, reason);
    }
    pattern->is_set = true;
    return 0;
}

int vmt_filter_new(const struct vmt_filter_patterns *patterns, struct vmt_filter **ret_filter, struct vmt_error *error)
{
    struct vmt_filter *filter = calloc(1, sizeof *filter);
    if (!filter)
        return vmt_error_set(error, -ENOMEM, "filter: no memory");
    filter->wants_domain = patterns->wants_domain;
    filter->arg = patterns->arg;
    const struct {
        struct pattern *pattern;
        const char *name, *text;
    } rows[] = {
        {&filter->domain_include, "domain.include", patterns->domain_include},
        {&filter->domain_exclude, "domain.exclude", patterns->domain_exclude},
        {&filter->device_include, "device.include", patterns->device_include},
        {&filter->device_exclude, "device.exclude", patterns->device_exclude},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int result = compile(rows[i].pattern, rows[i].name, rows[i].text, error);
        if (result < 0) {
            vmt_filter_free(filter);
            return result;
        }
    }
    *ret_filter = filter;
    return 0;
}

static void pattern_done(struct pattern *pattern)
{
    if (pattern->is_set)
        regfree(&pattern->regex);
}

void vmt_filter_free(struct vmt_filter *filter)
{
    if (!filter)
        return;
    pattern_done(&filter->domain_include);
    pattern_done(&filter->domain_exclude);
    pattern_done(&filter->device_include);
    pattern_done(&filter->device_exclude);
    free(filter);
}

/* POSIX finds the leftmost and then the longest match, so when the whole name matches, that match is the one found. */
static bool matches(const struct pattern *pattern, const char *name)
{
    regmatch_t match;
    return !regexec(&pattern->regex, name, 1, &match, 0) && match.rm_so == 0 && name[match.rm_eo] == '\0';
}

static bool wants(const struct pattern *include, const struct pattern *exclude, const char *name)
{
    if (exclude->is_set && matches(exclude, name))
        return false;
    return !include->is_set || matches(include, name);
}

bool vmt_filter_wants_domain(const struct vmt_filter *filter, const char *name)
{
    return !filter || (wants(&filter->domain_include, &filter->domain_exclude, name) &&
                       (!filter->wants_domain || filter->wants_domain(filter->arg, name)));
}

bool vmt_filter_wants_device(const struct vmt_filter *filter, const char *name)
{
    return !filter || wants(&filter->device_include, &filter->device_exclude, name);
}
