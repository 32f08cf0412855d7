/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/route.h"
#include "serve/utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define PARAMS(...)                                                                                                    \
    (const struct vmt_param[])                                                                                         \
    {                                                                                                                  \
        __VA_ARGS__,                                                                                                   \
        {                                                                                                              \
            NULL                                                                                                       \
        }                                                                                                              \
    }
#define NO_PARAMS                                                                                                      \
    (const struct vmt_param[])                                                                                         \
    {                                                                                                                  \
        {                                                                                                              \
            NULL                                                                                                       \
        }                                                                                                              \
    }

/* clang-format off */
const struct vmt_action vmt_services[VMT_SERVICE_COUNT] = {
    [VMT_SERVICE_OPERATIONS] = {"operations", VMT_TARGET_HOST, VMT_ROLE_VIEWER, "/v1/operations", 0, 0, VMT_ACTION_READS, NO_PARAMS, NULL, "List the operations of the last hour"},
    [VMT_SERVICE_OPERATION] = {"operation", VMT_TARGET_HOST, VMT_ROLE_VIEWER, "/v1/operations/{id}", 0, 0, VMT_ACTION_READS, PARAMS(
        {"wait", VMT_PARAM_SECONDS, .max = 3600, .help = "Wait so long for its end"}),
        NULL, "Show one operation"},
    [VMT_SERVICE_EVENTS] = {"events", VMT_TARGET_HOST, VMT_ROLE_VIEWER, "/v1/events", 0, 0, VMT_ACTION_READS, PARAMS(
        {"name", VMT_PARAM_TEXT, .max = 255, .help = "Only those of objects whose name matches, with * and ? for any characters"}),
        NULL, "Follow what happens: server-sent events"},
    [VMT_SERVICE_WHOAMI] = {"whoami", VMT_TARGET_HOST, VMT_ROLE_VIEWER, "/v1/whoami", 0, 0, VMT_ACTION_READS, NO_PARAMS, NULL, "Show who the daemon takes you for"},
    [VMT_SERVICE_VERSION] = {"version", VMT_TARGET_HOST, VMT_ROLE_VIEWER, "/v1/version", 0, 0, VMT_ACTION_READS, NO_PARAMS, NULL, "Show the daemon's version"},
    [VMT_SERVICE_HEALTHZ] = {"healthz", VMT_TARGET_HOST, VMT_ROLE_VIEWER, "/v1/healthz", 0, 0, VMT_ACTION_READS, NO_PARAMS, NULL, "Show whether the daemon can work"},
    [VMT_SERVICE_OPENAPI] = {"openapi", VMT_TARGET_HOST, VMT_ROLE_VIEWER, "/v1/openapi.json", 0, 0, VMT_ACTION_READS, NO_PARAMS, NULL, "Describe this interface, as OpenAPI"},
    [VMT_SERVICE_METRICS] = {"metrics", VMT_TARGET_HOST, VMT_ROLE_VIEWER, "/metrics", 0, 0, VMT_ACTION_READS, NO_PARAMS, NULL, "Show the daemon's metrics, for Prometheus"},
};
/* clang-format on */

int vmt_route_service(const struct vmt_action *action)
{
    for (int i = 0; i < VMT_SERVICE_COUNT; i++)
        if (action == &vmt_services[i])
            return i;
    return -1;
}

const char *vmt_route_method(const struct vmt_action *action)
{
    return action->flags & VMT_ACTION_READS ? "GET" : "POST";
}

static int hex_digit(char digit)
{
    return isdigit((unsigned char)digit) ? digit - '0' : tolower((unsigned char)digit) - 'a' + 10;
}

static bool is_utf8(const char *text)
{
    uint32_t point;
    while (*text) {
        size_t length = vmt_utf8_read(text, &point);
        if (!length)
            return false;
        text += length;
    }
    return true;
}

const char *vmt_route_decode(const char *text, size_t length, struct vmt_arena *arena)
{
    char *decoded = vmt_arena_strndup(arena, text, length), *to = decoded;
    if (!decoded)
        return NULL;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '%') {
            *to++ = text[i];
            continue;
        }
        if (length - i < 3 || !isxdigit((unsigned char)text[i + 1]) || !isxdigit((unsigned char)text[i + 2]))
            return NULL;
        *to = (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
        if (!*to++)
            return NULL;
        i += 2;
    }
    *to = '\0';
    return is_utf8(decoded) ? decoded : NULL;
}

/* Whether `path` has the form of `pattern`; *ret_id is where the part at `{id}` begins, if there is one. */
static bool matches(const char *pattern, const char *path, const char **ret_id, size_t *ret_length)
{
    *ret_id = "";
    *ret_length = 0;
    while (*pattern) {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        *ret_id = path;
        *ret_length = strcspn(path, "/");
        path += *ret_length;
        pattern = strchr(pattern, '}') + 1;
        if (!*ret_length)
            return false;
    }
    return !*path;
}

enum vmt_route_outcome vmt_route_find(const char *method, const char *path, struct vmt_arena *arena,
                                      struct vmt_route *ret_route)
{
    *ret_route = (struct vmt_route){0};
    for (unsigned i = 0; i < vmt_action_count + VMT_SERVICE_COUNT; i++) {
        const struct vmt_action *action = i < vmt_action_count ? &vmt_actions[i] : &vmt_services[i - vmt_action_count];
        const char *id;
        size_t length;
        if (!matches(action->path, path, &id, &length))
            continue;
        /* GET /v1/domains/define would be a domain of that name; POST is not. */
        if (strcmp(method, vmt_route_method(action)) != 0) {
            ret_route->allowed = vmt_route_method(action);
            continue;
        }
        ret_route->id = vmt_route_decode(id, length, arena);
        ret_route->action = action;
        return ret_route->id ? VMT_ROUTE_FOUND : VMT_ROUTE_BAD_PATH;
    }
    return ret_route->allowed ? VMT_ROUTE_OTHER_METHOD : VMT_ROUTE_NOT_FOUND;
}
