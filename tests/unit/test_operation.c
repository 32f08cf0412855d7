/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/operation.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char web[] = "6695eb01-f6a4-8304-79aa-97f2502e193f";

static unsigned changes;

static void count_change(void *arg, struct vmt_operation *operation)
{
    (void)arg, (void)operation;
    changes++;
}

static int make_store(void **state)
{
    changes = 0;
    *state = vmt_operations_new(count_change, NULL);
    return *state ? 0 : -1;
}

static int free_store(void **state)
{
    vmt_operations_free(*state);
    return 0;
}

static struct vmt_operation_spec spec_of(const char *action, const char *uuid, const char *key)
{
    return (struct vmt_operation_spec){.action = vmt_action_find(action),
                                       .target = VMT_TARGET_DOMAIN,
                                       .uuid = uuid,
                                       .name = "web",
                                       .uid = 1000,
                                       .pid = 1,
                                       .key = key,
                                       .fingerprint = action,
                                       .deadline_ns = VMT_NEVER};
}

static struct vmt_operation *begin(struct vmt_operations *store, const struct vmt_operation_spec *spec)
{
    struct vmt_operation *operation;
    struct vmt_problem problem = {0};
    assert_int_equal(vmt_operations_begin(store, spec, &operation, &problem), 0);
    return operation;
}

static enum vmt_operation_state state_of(struct vmt_operation *operation)
{
    struct vmt_operation_view view;
    vmt_operation_view(operation, &view);
    return view.state;
}

static void finish(struct vmt_operations *store, struct vmt_operation *operation, enum vmt_problem_kind kind)
{
    const struct vmt_problem problem = {.kind = kind};
    const struct vmt_operation_outcome outcome = {.problem = &problem, .changed = !kind};
    vmt_operations_finish(store, operation, &outcome);
    vmt_operation_unref(operation);
}

static void one_is_found_until_long_after_its_end(void **state)
{
    struct vmt_operations *store = *state;
    struct vmt_operation_view view;
    const struct vmt_operation_spec spec = spec_of("start", web, NULL);
    struct vmt_operation *operation = begin(store, &spec);
    assert_int_equal(state_of(operation), VMT_OPERATION_RUNNING);
    assert_int_equal(vmt_operations_running(store), 1);
    vmt_operation_view(operation, &view);
    finish(store, operation, VMT_PROBLEM_NONE);
    assert_int_equal(changes, 1);
    assert_int_equal(vmt_operations_running(store), 0);

    struct vmt_operation *found = vmt_operations_find(store, view.id);
    assert_ptr_equal(found, operation);
    assert_int_equal(state_of(found), VMT_OPERATION_SUCCEEDED);
    vmt_operation_unref(found);
    assert_null(vmt_operations_find(store, "nothing"));
    vmt_operations_expire(store, vmt_now_ns() + VMT_OPERATION_LIFE_NS - VMT_SECOND);
    found = vmt_operations_find(store, view.id);
    assert_non_null(found);
    char id[VMT_OPERATION_ID];
    snprintf(id, sizeof id, "%s", view.id);
    vmt_operation_unref(found);
    vmt_operations_expire(store, vmt_now_ns() + VMT_OPERATION_LIFE_NS + VMT_SECOND);
    assert_null(vmt_operations_find(store, id));
}

static void a_second_one_on_the_same_domain_is_refused(void **state)
{
    struct vmt_operations *store = *state;
    struct vmt_problem problem = {0};
    struct vmt_operation *other, *more;
    const struct vmt_operation_spec first = spec_of("shutdown", web, NULL), second = spec_of("suspend", web, NULL);
    const struct vmt_operation_spec elsewhere = spec_of("suspend", "11111111-f6a4-8304-79aa-97f2502e193f", NULL);
    struct vmt_operation *operation = begin(store, &first);
    assert_int_equal(vmt_operations_begin(store, &second, &other, &problem), -EBUSY);
    assert_ptr_equal(other, operation);
    assert_int_equal(problem.kind, VMT_PROBLEM_BUSY);
    vmt_operation_unref(other);
    more = begin(store, &elsewhere);
    finish(store, more, VMT_PROBLEM_NONE);
    finish(store, operation, VMT_PROBLEM_TIMED_OUT);
    finish(store, begin(store, &second), VMT_PROBLEM_NONE);
}

static void what_helps_a_stuck_domain_may_be_done_beside(void **state)
{
    struct vmt_operations *store = *state;
    struct vmt_problem problem = {0};
    struct vmt_operation *other;
    const struct vmt_operation_spec first = spec_of("shutdown", web, NULL), destroy = spec_of("destroy", web, NULL);
    struct vmt_operation *operation = begin(store, &first), *beside = begin(store, &destroy);
    assert_int_equal(vmt_operations_begin(store, &destroy, &other, &problem), -EBUSY);
    vmt_operation_unref(other);
    finish(store, beside, VMT_PROBLEM_NONE);
    finish(store, operation, VMT_PROBLEM_NONE);
}

static void a_key_is_used_once_by_each_user(void **state)
{
    struct vmt_operations *store = *state;
    struct vmt_problem problem = {0};
    struct vmt_operation *again;
    struct vmt_operation_spec spec = spec_of("start", web, "key");
    assert_null(vmt_operations_repeat(store, 1000, "key", "start", &problem));
    assert_null(vmt_operations_repeat(store, 1000, NULL, "start", &problem));
    struct vmt_operation *operation = begin(store, &spec);
    assert_int_equal(vmt_operations_begin(store, &spec, &again, &problem), 1);
    assert_ptr_equal(again, operation);
    vmt_operation_unref(again);
    finish(store, operation, VMT_PROBLEM_NONE);

    again = vmt_operations_repeat(store, 1000, "key", "start", &problem);
    assert_ptr_equal(again, operation);
    assert_int_equal(problem.kind, VMT_PROBLEM_NONE);
    vmt_operation_unref(again);
    again = vmt_operations_repeat(store, 1000, "key", "destroy", &problem);
    assert_int_equal(problem.kind, VMT_PROBLEM_IDEMPOTENCY_CONFLICT);
    vmt_operation_unref(again);
    problem = (struct vmt_problem){0};
    assert_null(vmt_operations_repeat(store, 1001, "key", "start", &problem));
    assert_null(vmt_operations_repeat(store, 1000, "other", "start", &problem));
}

static void one_that_hangs_is_unknown_and_still_holds_the_domain(void **state)
{
    struct vmt_operations *store = *state;
    struct vmt_problem problem = {0};
    struct vmt_operation_view view;
    struct vmt_operation *other;
    struct vmt_operation_spec spec = spec_of("suspend", web, NULL);
    spec.deadline_ns = 1000;
    struct vmt_operation *operation = begin(store, &spec);
    assert_int_equal(vmt_operations_expire(store, 999), 1000);
    assert_int_equal(state_of(operation), VMT_OPERATION_RUNNING);
    vmt_operations_expire(store, 1000);
    assert_int_equal(changes, 1);
    vmt_operation_view(operation, &view);
    assert_int_equal(view.state, VMT_OPERATION_UNKNOWN);
    assert_int_equal(view.problem.kind, VMT_PROBLEM_UNKNOWN_OUTCOME);
    assert_false(view.is_over);
    assert_int_equal(vmt_operations_begin(store, &spec, &other, &problem), -EBUSY);
    vmt_operation_unref(other);
    vmt_operations_expire(store, 2000);
    assert_int_equal(changes, 1);
    vmt_operation_ref(operation);
    finish(store, operation, VMT_PROBLEM_NONE);
    assert_int_equal(state_of(operation), VMT_OPERATION_SUCCEEDED);
    vmt_operation_unref(operation);
    assert_int_equal(changes, 2);
}

static void each_problem_leaves_its_state(void **state)
{
    (void)state;
    const struct vmt_problem none = {0}, late = {.kind = VMT_PROBLEM_TIMED_OUT},
                             unknown = {.kind = VMT_PROBLEM_UNKNOWN_OUTCOME}, other = {.kind = VMT_PROBLEM_UNSUPPORTED};
    assert_int_equal(vmt_operation_state_after(NULL), VMT_OPERATION_SUCCEEDED);
    assert_int_equal(vmt_operation_state_after(&none), VMT_OPERATION_SUCCEEDED);
    assert_int_equal(vmt_operation_state_after(&late), VMT_OPERATION_TIMED_OUT);
    assert_int_equal(vmt_operation_state_after(&unknown), VMT_OPERATION_UNKNOWN);
    assert_int_equal(vmt_operation_state_after(&other), VMT_OPERATION_FAILED);
}

static struct vmt_history_operation past_of(const char *id, const char *result)
{
    uint64_t now_ns = vmt_wall_ns();
    return (struct vmt_history_operation){.operation = id,
                                          .key = id,
                                          .fingerprint = "start",
                                          .action = "start",
                                          .target = VMT_TARGET_DOMAIN,
                                          .uuid = web,
                                          .name = "web",
                                          .uid = 1000,
                                          .began_ns = now_ns,
                                          .ended_ns = result ? now_ns : 0,
                                          .result = result,
                                          .changed = result ? 1 : -1};
}

static void a_restart_knows_what_was_written_down(void **state)
{
    struct vmt_operations *store = *state;
    struct vmt_problem problem = {0};
    struct vmt_operation_view view;
    const struct vmt_history_operation done = past_of("a-1", "succeeded"), cut = past_of("a-2", NULL);
    vmt_operations_restore(store, &done);
    vmt_operations_restore(store, &cut);
    struct vmt_operation *operation = vmt_operations_repeat(store, 1000, "a-1", "start", &problem);
    assert_int_equal(state_of(operation), VMT_OPERATION_SUCCEEDED);
    vmt_operation_unref(operation);
    operation = vmt_operations_repeat(store, 1000, "a-2", "start", &problem);
    vmt_operation_view(operation, &view);
    assert_int_equal(view.state, VMT_OPERATION_UNKNOWN);
    assert_int_equal(view.problem.kind, VMT_PROBLEM_UNKNOWN_OUTCOME);
    assert_true(view.is_over);
    vmt_operation_unref(operation);
    /* Nothing of an earlier process is under way: the domain is free. */
    const struct vmt_operation_spec spec = spec_of("suspend", web, NULL);
    operation = begin(store, &spec);
    vmt_operation_view(operation, &view);
    assert_string_not_equal(view.id, "a-1");
    finish(store, operation, VMT_PROBLEM_NONE);
}

static void the_oldest_make_room(void **state)
{
    struct vmt_operations *store = *state;
    struct vmt_operation *list[3];
    char first[VMT_OPERATION_ID] = "";
    const struct vmt_operation_spec held = spec_of("shutdown", web, NULL);
    struct vmt_operation *running = begin(store, &held);
    for (unsigned i = 0; i < VMT_OPERATIONS_MAX; i++) {
        struct vmt_operation_view view;
        const struct vmt_operation_spec spec = spec_of("start", NULL, NULL);
        struct vmt_operation *operation = begin(store, &spec);
        vmt_operation_view(operation, &view);
        if (!i)
            snprintf(first, sizeof first, "%s", view.id);
        finish(store, operation, VMT_PROBLEM_NONE);
    }
    assert_null(vmt_operations_find(store, first));
    assert_int_equal(state_of(running), VMT_OPERATION_RUNNING);
    assert_int_equal(vmt_operations_list(store, list, 3), 3);
    for (unsigned i = 0; i < 3; i++)
        vmt_operation_unref(list[i]);
    struct vmt_operation_view view;
    vmt_operation_view(running, &view);
    struct vmt_operation *found = vmt_operations_find(store, view.id);
    assert_ptr_equal(found, running);
    vmt_operation_unref(found);
    finish(store, running, VMT_PROBLEM_NONE);
}

static void the_document_says_what_is_known(void **state)
{
    struct vmt_operations *store = *state;
    const struct vmt_operation_spec spec = spec_of("define", "", NULL);
    struct vmt_operation *operation = begin(store, &spec);
    vmt_operation_step(operation, "acpi");
    json_t *json = vmt_operation_json(operation);
    assert_true(json_is_null(json_object_get(json, "changed")));
    assert_true(json_is_null(json_object_get(json, "finished")));
    assert_true(json_is_null(json_object_get(json_object_get(json, "target"), "uuid")));
    assert_string_equal(json_string_value(json_object_get(json, "step")), "acpi");
    json_decref(json);
    const struct vmt_operation_outcome outcome = {.changed = 1, .result = json_pack("{s:s}", "uuid", web), .uuid = web};
    vmt_operations_finish(store, operation, &outcome);
    json = vmt_operation_json(operation);
    assert_true(json_is_true(json_object_get(json, "changed")));
    assert_string_equal(json_string_value(json_object_get(json_object_get(json, "target"), "uuid")), web);
    assert_string_equal(json_string_value(json_object_get(json_object_get(json, "result"), "uuid")), web);
    assert_true(json_is_string(json_object_get(json, "finished")));
    json_decref(json);
    vmt_operation_unref(operation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_store, free_store)
        TEST(one_is_found_until_long_after_its_end),
        TEST(a_second_one_on_the_same_domain_is_refused),
        TEST(what_helps_a_stuck_domain_may_be_done_beside),
        TEST(a_key_is_used_once_by_each_user),
        TEST(one_that_hangs_is_unknown_and_still_holds_the_domain),
        TEST(each_problem_leaves_its_state),
        TEST(a_restart_knows_what_was_written_down),
        TEST(the_oldest_make_room),
        TEST(the_document_says_what_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
