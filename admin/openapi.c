/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/openapi.h"
#include "admin/request.h"

#include <stdio.h>
#include <string.h>

/* What a read answers with; the others answer with an operation. */
static const struct {
    const char *action, *schema;
} schemas[] = {
    {"host", "Host"},
    {"connection", "Connection"},
    {"list", "DomainList"},
    {"show", "Domain"},
    {"info", "DomainInfo"},
    {"xml", "DomainXml"},
    {"job", "Job"},
    {"snapshots", "SnapshotList"},
    {"networks", "NetworkList"},
    {"network", "Network"},
    {"pools", "PoolList"},
    {"pool", "Pool"},
    {"volumes", "VolumeList"},
    {"operations", "OperationList"},
    {"operation", "Operation"},
    {"whoami", "Whoami"},
    {"version", "Version"},
    {"healthz", "Health"},
    {"openapi", "OpenApi"},
};

static json_t *reference(const char *schema)
{
    char text[64];
    snprintf(text, sizeof text, "#/components/schemas/%s", schema);
    return json_pack("{s:s}", "$ref", text);
}

static json_t *content(const char *type, json_t *schema)
{
    return json_pack("{s:{s:o}}", type, "schema", schema);
}

static json_t *schema_of(const struct vmt_param *param)
{
    static const char *const types[VMT_PARAM_COUNT] = {
        [VMT_PARAM_BOOL] = "boolean",    [VMT_PARAM_WORD] = "string",   [VMT_PARAM_NUMBER] = "integer",
        [VMT_PARAM_SECONDS] = "integer", [VMT_PARAM_BYTES] = "integer", [VMT_PARAM_TEXT] = "string",
        [VMT_PARAM_FILE] = "string",     [VMT_PARAM_URI] = "string",    [VMT_PARAM_XML] = "string"};
    json_t *schema = json_pack("{s:s, s:s}", "type", types[param->type], "description", param->help);
    bool is_number = !strcmp(types[param->type], "integer");
    struct vmt_argument fallback;
    for (unsigned i = 0; param->words && param->words[i]; i++) {
        if (!i)
            json_object_set_new(schema, "enum", json_array());
        json_array_append_new(json_object_get(schema, "enum"), json_string(param->words[i]));
    }
    if (is_number) {
        json_object_set_new(schema, "minimum", json_integer((json_int_t)param->min));
        json_object_set_new(schema, "maximum", json_integer((json_int_t)param->max));
    } else if (param->max) {
        json_object_set_new(schema, "maxLength", json_integer((json_int_t)param->max));
    }
    if (param->fallback && !vmt_param_read(param, param->fallback, &fallback, NULL))
        json_object_set_new(schema, "default",
                            is_number                       ? json_integer((json_int_t)fallback.number)
                            : param->type == VMT_PARAM_BOOL ? json_boolean(fallback.number)
                                                            : json_string(param->fallback));
    return schema;
}

static void add_query(json_t *parameters, const struct vmt_param *params)
{
    for (; params->name; params++)
        json_array_append_new(parameters, json_pack("{s:s, s:s, s:b, s:o}", "name", params->name, "in", "query",
                                                    "required", params->is_required, "schema", schema_of(params)));
}

static void add_header(json_t *parameters, const char *name, const char *says)
{
    json_array_append_new(parameters, json_pack("{s:s, s:s, s:s, s:{s:s}}", "name", name, "in", "header", "description",
                                                says, "schema", "type", "string"));
}

static json_t *parameters_of(const struct vmt_action *action)
{
    json_t *parameters = json_array();
    if (strstr(action->path, "{id}"))
        json_array_append_new(parameters,
                              json_pack("{s:s, s:s, s:b, s:s, s:{s:s}}", "name", "id", "in", "path", "required", 1,
                                        "description", "UUID, name, or number of a running domain", "schema", "type",
                                        "string"));
    if (action->flags & VMT_ACTION_READS) {
        add_query(parameters, action->params);
        return parameters;
    }
    add_query(parameters, vmt_request_options);
    add_header(parameters, "Idempotency-Key", "The same key and the same request within an hour: the same operation");
    add_header(parameters, "Prefer", "wait=SECONDS, as the parameter");
    if (action->flags & VMT_ACTION_DESTROYS || vmt_action_param(action, "on_timeout") >= 0)
        add_header(parameters, "Confirm-Token", "The second step: what the first, with prepare, gave");
    return parameters;
}

static json_t *body_of(const struct vmt_action *action)
{
    json_t *properties = json_object(), *required = json_array();
    for (const struct vmt_param *param = action->params; param->name; param++) {
        json_object_set_new(properties, param->name, schema_of(param));
        if (param->is_required)
            json_array_append_new(required, json_string(param->name));
    }
    bool is_required = json_array_size(required);
    json_t *schema =
        json_pack("{s:s, s:b, s:o}", "type", "object", "additionalProperties", 0, "properties", properties);
    if (is_required)
        json_object_set_new(schema, "required", required);
    else
        json_decref(required);
    return json_pack("{s:b, s:o}", "required", is_required, "content", content("application/json", schema));
}

static json_t *response(const char *description, json_t *body)
{
    return json_pack("{s:s, s:o}", "description", description, "content", body);
}

static void add_read_responses(json_t *responses, const struct vmt_action *action)
{
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++)
        if (!strcmp(schemas[i].action, action->name))
            json_object_set_new(
                responses, "200",
                response("What was asked for", content("application/json", reference(schemas[i].schema))));
    if (!strcmp(action->name, "healthz"))
        json_object_set_new(responses, "503",
                            response("Not connected to libvirt", content("application/json", reference("Health"))));
    if (json_object_size(responses))
        return;
    const char *type = strcmp(action->name, "events") ? "text/plain" : "text/event-stream";
    json_object_set_new(responses, "200",
                        response("What was asked for", content(type, json_pack("{s:s}", "type", "string"))));
}

static json_t *responses_of(const struct vmt_action *action)
{
    json_t *responses = json_object();
    if (action->flags & VMT_ACTION_READS) {
        add_read_responses(responses, action);
    } else {
        bool prepares = action->flags & VMT_ACTION_DESTROYS || vmt_action_param(action, "on_timeout") >= 0;
        bool makes = action->flags & VMT_ACTION_BIG_BODY;
        json_t *done = reference("Operation");
        if (prepares)
            done = json_pack("{s:[o, o]}", "oneOf", done, reference("Preparation"));
        json_object_set_new(responses, "200",
                            response("Done, or there was nothing to do", content("application/json", done)));
        if (makes)
            json_object_set_new(responses, "201",
                                response("Done", content("application/json", reference("Operation"))));
        json_object_set_new(responses, "202",
                            response("Under way: see Location", content("application/json", reference("Operation"))));
    }
    json_object_set_new(responses, "default",
                        response("A problem", content("application/problem+json", reference("Problem"))));
    return responses;
}

static void add_row(json_t *paths, const struct vmt_action *action)
{
    json_t *path = json_object_get(paths, action->path);
    if (!path) {
        path = json_object();
        json_object_set_new(paths, action->path, path);
    }
    json_t *operation =
        json_pack("{s:s, s:s, s:s, s:o, s:o}", "operationId", action->name, "summary", action->help, "x-virtmeter-role",
                  vmt_role_names[action->role], "parameters", parameters_of(action), "responses", responses_of(action));
    if (!(action->flags & VMT_ACTION_READS) && action->params->name)
        json_object_set_new(operation, "requestBody", body_of(action));
    json_object_set_new(path, action->flags & VMT_ACTION_READS ? "get" : "post", operation);
}

json_t *vmt_openapi(const char *version)
{
    json_t *paths = json_object();
    for (unsigned i = 0; i < vmt_action_count; i++)
        add_row(paths, &vmt_actions[i]);
    for (unsigned i = 0; i < VMT_SERVICE_COUNT; i++)
        add_row(paths, &vmt_services[i]);
    return json_pack("{s:s, s:{s:s, s:s, s:s, s:{s:s}}, s:[{s:s}], s:o, s:{s:o}}", "openapi", "3.0.3", "info", "title",
                     "virtmeter-admind", "version", version, "description",
                     "Lifecycle control of libvirt domains over a Unix socket.", "license", "name", "Apache-2.0",
                     "servers", "url", "/", "paths", paths, "components", "schemas",
                     json_loads(vmt_openapi_schemas, 0, NULL));
}
