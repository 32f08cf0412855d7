/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/openapi.h"
#include "admin/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct vmt_action *row_at(unsigned i)
{
    return i < vmt_action_count ? &vmt_actions[i] : &vmt_services[i - vmt_action_count];
}

/* The operation of a row in the document, or NULL. */
static const json_t *operation_of(const json_t *document, const struct vmt_action *action)
{
    const char *method = action->flags & VMT_ACTION_READS ? "get" : "post";
    return json_object_get(json_object_get(json_object_get(document, "paths"), action->path), method);
}

static void each_row_is_described_and_nothing_else(void **state)
{
    (void)state;
    json_t *document = vmt_openapi("1.2.3");
    const char *path;
    json_t *methods;
    size_t described = 0;
    assert_non_null(document);
    for (unsigned i = 0; i < vmt_action_count + VMT_SERVICE_COUNT; i++) {
        const json_t *operation = operation_of(document, row_at(i));
        if (!operation)
            fail_msg("%s is not described", row_at(i)->name);
        assert_string_equal(json_string_value(json_object_get(operation, "operationId")), row_at(i)->name);
    }
    json_object_foreach(json_object_get(document, "paths"), path, methods)
    {
        described += json_object_size(methods);
    }
    assert_int_equal(described, vmt_action_count + VMT_SERVICE_COUNT);
    json_decref(document);
}

static void bodies_have_the_parameters_of_their_rows(void **state)
{
    (void)state;
    json_t *document = vmt_openapi("1.2.3");
    for (unsigned i = 0; i < vmt_action_count; i++) {
        if (vmt_actions[i].flags & VMT_ACTION_READS)
            continue;
        const json_t *body = json_object_get(operation_of(document, &vmt_actions[i]), "requestBody");
        const json_t *content = json_object_get(json_object_get(body, "content"), "application/json");
        const json_t *properties = json_object_get(json_object_get(content, "schema"), "properties");
        assert_int_equal(json_object_size(properties), vmt_action_param_count(&vmt_actions[i]));
        for (const struct vmt_param *param = vmt_actions[i].params; param->name; param++)
            assert_non_null(json_object_get(properties, param->name));
    }
    json_decref(document);
}

/* Calls itself for everything inside; counts references to schemas that are not there. */
static unsigned broken_references(const json_t *json, const json_t *schemas)
{
    static const char prefix[] = "#/components/schemas/";
    const char *key;
    json_t *value;
    size_t i;
    unsigned broken = 0;
    json_array_foreach((json_t *)json, i, value)
    {
        broken += broken_references(value, schemas);
    }
    json_object_foreach((json_t *)json, key, value)
    {
        if (!strcmp(key, "$ref"))
            broken += strncmp(json_string_value(value), prefix, strlen(prefix)) != 0 ||
                      !json_object_get(schemas, json_string_value(value) + strlen(prefix));
        broken += broken_references(value, schemas);
    }
    return broken;
}

static void all_schemas_that_are_named_exist(void **state)
{
    (void)state;
    json_t *document = vmt_openapi("1.2.3");
    const json_t *schemas = json_object_get(json_object_get(document, "components"), "schemas");
    assert_true(json_object_size(schemas) > 0);
    assert_int_equal(broken_references(document, schemas), 0);
    json_decref(document);
}

static void only_what_can_destroy_takes_a_token(void **state)
{
    (void)state;
    json_t *document = vmt_openapi("1.2.3");
    for (unsigned i = 0; i < vmt_action_count; i++) {
        size_t j;
        json_t *parameter;
        bool has_token = false, can_destroy = vmt_actions[i].flags & VMT_ACTION_DESTROYS;
        for (const struct vmt_param *param = vmt_actions[i].params; param->name; param++)
            can_destroy |= param->grave != NULL;
        json_array_foreach(json_object_get(operation_of(document, &vmt_actions[i]), "parameters"), j, parameter)
        {
            has_token |= !strcmp(json_string_value(json_object_get(parameter, "name")), "Confirm-Token");
        }
        assert_int_equal(has_token, can_destroy);
    }
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_described_and_nothing_else),
        cmocka_unit_test(bodies_have_the_parameters_of_their_rows),
        cmocka_unit_test(all_schemas_that_are_named_exist),
        cmocka_unit_test(only_what_can_destroy_takes_a_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
