/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/audit_line.h"
#include "common/clock.h"
#include "serve/utf8.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void vmt_audit_print_time(uint64_t ns, char ret_text[VMT_AUDIT_TIME_SIZE])
{
    struct tm utc = {0};
    time_t seconds = (time_t)(ns / VMT_SECOND);
    gmtime_r(&seconds, &utc);
    size_t length = strftime(ret_text, VMT_AUDIT_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(ret_text + length, VMT_AUDIT_TIME_SIZE - length, ".%03uZ", (unsigned)(ns / VMT_MS % 1000));
}

bool vmt_audit_read_time(const char *text, uint64_t *ret_ns)
{
    struct tm utc = {0};
    const char *fraction = strptime(text, "%Y-%m-%dT%H:%M:%S", &utc);
    if (!fraction || fraction[0] != '.' || strspn(fraction + 1, "0123456789") != 3 || strcmp(fraction + 4, "Z") != 0)
        return false;
    unsigned long ms = strtoul(fraction + 1, NULL, 10);
    time_t seconds = timegm(&utc);
    if (seconds < 0 || (uint64_t)seconds > UINT64_MAX / VMT_SECOND - 1)
        return false;
    *ret_ns = (uint64_t)seconds * VMT_SECOND + ms * VMT_MS;
    return true;
}

/* The text as JSON, of which UTF-8 is a part; what is none becomes U+FFFD, and what is too long is cut. */
static json_t *as_json(const char *text)
{
    char clean[3 * VMT_AUDIT_TEXT_MAX + 1];
    size_t length = 0;
    for (size_t taken = 0; text[taken];) {
        uint32_t point = 0;
        size_t size = vmt_utf8_read(text + taken, &point);
        if (taken + (size ? size : 1) > VMT_AUDIT_TEXT_MAX)
            break;
        const char *bytes = size ? text + taken : VMT_UTF8_REPLACEMENT;
        size_t written = size ? size : strlen(VMT_UTF8_REPLACEMENT);
        memcpy(clean + length, bytes, written);
        length += written;
        taken += size ? size : 1;
    }
    return json_stringn(clean, length);
}

/* Whether all went well so far; takes `value` over. */
static bool add(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

static bool add_text(json_t *object, const char *key, const char *text)
{
    return !text || add(object, key, as_json(text));
}

static json_t *groups_of(const struct vmt_peer *peer)
{
    json_t *groups = json_array();
    bool is_whole = groups != NULL;
    for (size_t i = 0; is_whole && i < peer->group_count && i < VMT_AUDIT_GROUPS_MAX; i++)
        is_whole = json_array_append_new(groups, json_integer(peer->groups[i])) == 0;
    if (is_whole)
        return groups;
    json_decref(groups);
    return NULL;
}

static json_t *target_of(const struct vmt_audit_act *act)
{
    json_t *target = json_object();
    if (target && add_text(target, "kind", vmt_target_names[act->target]) && add_text(target, "uuid", act->uuid) &&
        add_text(target, "name", act->name))
        return target;
    json_decref(target);
    return NULL;
}

static bool add_act(json_t *line, const struct vmt_audit_act *act)
{
    const struct vmt_peer *peer = act->peer;
    return add_text(line, "operation", act->operation) && add_text(line, "request", act->request) &&
           add_text(line, "key", act->key) && add_text(line, "fingerprint", act->fingerprint) &&
           add(line, "uid", json_integer(peer->uid)) && add(line, "gid", json_integer(peer->gid)) &&
           add(line, "groups", groups_of(peer)) && add(line, "pid", json_integer(peer->pid)) &&
           add_text(line, "action", act->action) && add(line, "target", target_of(act));
}

static bool add_result(json_t *line, const struct vmt_audit_result *result)
{
    return add_text(line, "result", result->result) &&
           (result->changed < 0 || add(line, "changed", json_boolean(result->changed))) &&
           add_text(line, "problem", result->problem) && add_text(line, "detail", result->detail) &&
           add(line, "duration_ms", json_integer((json_int_t)(result->duration_ns / VMT_MS)));
}

char *vmt_audit_line(const char *event, uint64_t now_ns, const struct vmt_audit_act *act,
                     const struct vmt_audit_result *result, unsigned left_out)
{
    char time[VMT_AUDIT_TIME_SIZE], *text = NULL;
    bool is_denied = !strcmp(event, VMT_AUDIT_DENIAL);
    vmt_audit_print_time(now_ns, time);
    json_t *line = json_object();
    if (line && add_text(line, "time", time) && add_text(line, "event", event) && add_act(line, act) &&
        add_text(line, "decision", is_denied ? "denied" : "allowed") && add_text(line, "reason", act->reason) &&
        (!result || add_result(line, result)) && (!left_out || add(line, "left_out", json_integer(left_out))))
        text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(line);
    size_t length = text ? strlen(text) : 0;
    char *ended = text ? realloc(text, length + 2) : NULL;
    if (!ended) {
        free(text);
        return NULL;
    }
    ended[length] = '\n';
    ended[length + 1] = '\0';
    return ended;
}
