/* SPDX-License-Identifier: Apache-2.0 */
/* Actions on libvirt's test driver, with guests that do not obey and connections that are lost in the middle. */
#include "common/clock.h"
#include "common/lifecycle/act.h"
#include "common/thread.h"

#include <errno.h>
#include <libvirt/virterror.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PATIENCE_SECONDS = 20 };

/* How the wrapped functions behave. */
static struct {
    atomic_bool guest_ignores, agent_is_away, state_lies, destroy_fails_before, destroy_fails_after;
    atomic_uint asked_acpi, asked_agent, dead_answers;
} world;

int __real_virDomainShutdownFlags(virDomainPtr domain, unsigned flags);
int __wrap_virDomainShutdownFlags(virDomainPtr domain, unsigned flags);
int __real_virDomainGetState(virDomainPtr domain, int *state, int *reason, unsigned flags);
int __wrap_virDomainGetState(virDomainPtr domain, int *state, int *reason, unsigned flags);
int __real_virDomainDestroyFlags(virDomainPtr domain, unsigned flags);
int __wrap_virDomainDestroyFlags(virDomainPtr domain, unsigned flags);
int __real_virConnectIsAlive(virConnectPtr connection);
int __wrap_virConnectIsAlive(virConnectPtr connection);

/* Makes the next libvirt error one: asks for what no driver has. */
static int refuse(virDomainPtr domain)
{
    return virDomainGetAutostart(domain, NULL);
}

int __wrap_virDomainShutdownFlags(virDomainPtr domain, unsigned flags)
{
    bool asks_agent = flags & VIR_DOMAIN_SHUTDOWN_GUEST_AGENT;
    atomic_fetch_add(asks_agent ? &world.asked_agent : &world.asked_acpi, 1);
    if (asks_agent && atomic_load(&world.agent_is_away))
        return refuse(domain);
    return atomic_load(&world.guest_ignores) ? 0 : __real_virDomainShutdownFlags(domain, 0);
}

int __wrap_virDomainGetState(virDomainPtr domain, int *state, int *reason, unsigned flags)
{
    int result = __real_virDomainGetState(domain, state, reason, flags);
    if (!result && atomic_load(&world.state_lies))
        *state = VIR_DOMAIN_RUNNING;
    return result;
}

int __wrap_virDomainDestroyFlags(virDomainPtr domain, unsigned flags)
{
    if (atomic_load(&world.destroy_fails_before))
        return refuse(domain);
    int result = __real_virDomainDestroyFlags(domain, flags);
    return atomic_load(&world.destroy_fails_after) ? refuse(domain) : result;
}

int __wrap_virConnectIsAlive(virConnectPtr connection)
{
    if (!atomic_load(&world.dead_answers))
        return __real_virConnectIsAlive(connection);
    atomic_fetch_sub(&world.dead_answers, 1);
    return 0;
}

struct fixture {
    struct vmt_lifecycle *lifecycle;
    struct vmt_control control;
    struct vmt_arguments arguments;
    struct vmt_act act;
    const char *step;
};

static void digest(const void *bytes, size_t length, char ret_text[65])
{
    (void)bytes;
    snprintf(ret_text, 65, "%zu", length);
}

static void open_control(struct fixture *fixture)
{
    struct vmt_failure failure = {0};
    if (vmt_control_open(fixture->lifecycle, &fixture->control, vmt_now_ns() + PATIENCE_SECONDS * VMT_SECOND, &failure))
        fail_msg("%s", failure.text);
}

static int set_up(void **state)
{
    static const char *const elsewhere[] = {"test:///elsewhere", NULL};
    static const struct vmt_lifecycle_options options = {
        .uri = "test:///default", .digest = digest, .migrate_uris = elsewhere};
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct vmt_error error;
    memset(&world, 0, sizeof world);
    *state = fixture;
    if (vmt_lifecycle_new(&options, &fixture->lifecycle, &error))
        return -1;
    open_control(fixture);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    memset(&world, 0, sizeof world);
    json_decref(fixture->act.answer);
    vmt_thing_done(&fixture->act.thing);
    vmt_control_close(&fixture->control);
    assert_true(vmt_lifecycle_free(fixture->lifecycle, vmt_now_ns() + PATIENCE_SECONDS * VMT_SECOND));
    free(fixture);
    return 0;
}

static void on_step(void *arg, const char *step)
{
    ((struct fixture *)arg)->step = step;
}

/* Sets one argument, as a user would write it. */
static void give(struct fixture *fixture, const char *action, const char *name, const char *value)
{
    const struct vmt_action *row = vmt_action_find(action);
    int place = vmt_action_param(row, name);
    assert_int_equal(vmt_param_read(&row->params[place], value, &fixture->arguments.values[place], NULL), 0);
}

/* Does an action to the domain that the driver always has. The function's result. */
static int do_action(struct fixture *fixture, const char *name, unsigned patience_seconds)
{
    struct vmt_act *act = &fixture->act;
    json_decref(act->answer);
    vmt_thing_done(&act->thing);
    *act = (struct vmt_act){.lifecycle = fixture->lifecycle,
                            .control = &fixture->control,
                            .action = vmt_action_find(name),
                            .arguments = &fixture->arguments,
                            .until_ns = vmt_now_ns() + patience_seconds * VMT_SECOND,
                            .on_step = on_step,
                            .on_step_arg = fixture};
    fixture->step = NULL;
    assert_int_equal(vmt_arguments_complete(act->action, &fixture->arguments, NULL), 0);
    assert_int_equal(vmt_thing_find(&fixture->control, act->action->target, "test", &act->thing, &act->failure), 0);
    int result = vmt_act_run(act);
    fixture->arguments = (struct vmt_arguments){0};
    return result;
}

static void start_again(struct fixture *fixture)
{
    memset(&world, 0, sizeof world);
    assert_int_equal(do_action(fixture, "start", PATIENCE_SECONDS), 0);
}

static void things_are_found_by_uuid_name_and_number(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        enum vmt_target target;
        const char *id;
        bool is_there;
    } cases[] = {
        {VMT_TARGET_DOMAIN, "test", true},
        {VMT_TARGET_DOMAIN, "6695eb01-f6a4-8304-79aa-97f2502e193f", true},
        {VMT_TARGET_DOMAIN, "6695EB01-F6A4-8304-79AA-97F2502E193F", true},
        {VMT_TARGET_DOMAIN, "6695eb01-f6a4-8304-79aa-97f2502e1930", false},
        {VMT_TARGET_DOMAIN, "1", true},
        {VMT_TARGET_DOMAIN, "2", false},
        {VMT_TARGET_DOMAIN, "99999999999999999999", false},
        {VMT_TARGET_DOMAIN, "tes", false},
        {VMT_TARGET_NETWORK, "default", true},
        {VMT_TARGET_NETWORK, "1", false},
        {VMT_TARGET_POOL, "default-pool", true},
        {VMT_TARGET_POOL, "default", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_thing thing;
        struct vmt_failure failure = {0};
        int failed = vmt_thing_find(&fixture->control, cases[i].target, cases[i].id, &thing, &failure);
        if (!failed != cases[i].is_there)
            fail_msg("%s: %s", cases[i].id, failure.text);
        assert_int_equal(failure.kind, failed ? VMT_FAILURE_NOT_FOUND : VMT_FAILURE_NONE);
        if (failed)
            continue;
        assert_int_equal(thing.state, thing.domain ? VMT_STATE_RUNNING : VMT_STATE_ACTIVE);
        assert_true(thing.is_persistent);
        vmt_thing_done(&thing);
    }
}

static void a_guest_that_obeys_is_off(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(do_action(fixture, "shutdown", PATIENCE_SECONDS), 0);
    assert_true(fixture->act.has_changed);
    assert_int_equal(fixture->act.thing.state, VMT_STATE_SHUTOFF);
    assert_string_equal(fixture->step, "acpi");
    assert_int_equal(atomic_load(&world.asked_acpi), 1);
    start_again(fixture);
}

static void a_guest_that_does_not_obey_is_asked_again_and_left_alone(void **state)
{
    struct fixture *fixture = *state;
    atomic_store(&world.guest_ignores, true);
    give(fixture, "shutdown", "timeout", "3");
    give(fixture, "shutdown", "resend", "1");
    assert_int_equal(do_action(fixture, "shutdown", PATIENCE_SECONDS), -ETIME);
    assert_int_equal(fixture->act.failure.kind, VMT_FAILURE_TIMED_OUT);
    assert_int_equal(fixture->act.thing.state, VMT_STATE_RUNNING);
    assert_in_range(atomic_load(&world.asked_acpi), 2, 4);
    assert_int_equal(atomic_load(&world.asked_agent), 0);
}

static void it_is_asked_once_when_that_is_wanted(void **state)
{
    struct fixture *fixture = *state;
    atomic_store(&world.guest_ignores, true);
    give(fixture, "shutdown", "timeout", "2");
    give(fixture, "shutdown", "resend", "0");
    assert_int_equal(do_action(fixture, "shutdown", PATIENCE_SECONDS), -ETIME);
    assert_int_equal(atomic_load(&world.asked_acpi), 1);
}

static void it_is_forced_only_when_that_is_wanted(void **state)
{
    struct fixture *fixture = *state;
    atomic_store(&world.guest_ignores, true);
    give(fixture, "shutdown", "timeout", "1");
    give(fixture, "shutdown", "on_timeout", "force");
    assert_int_equal(do_action(fixture, "shutdown", PATIENCE_SECONDS), 0);
    assert_string_equal(fixture->step, "forced");
    assert_int_equal(fixture->act.thing.state, VMT_STATE_SHUTOFF);
    start_again(fixture);
}

static void acpi_is_left_when_the_agent_does_not_answer(void **state)
{
    struct fixture *fixture = *state;
    atomic_store(&world.agent_is_away, true);
    give(fixture, "shutdown", "mode", "agent");
    assert_true(do_action(fixture, "shutdown", PATIENCE_SECONDS) < 0);
    assert_int_equal(atomic_load(&world.asked_acpi), 0);
    give(fixture, "shutdown", "mode", "both");
    assert_int_equal(do_action(fixture, "shutdown", PATIENCE_SECONDS), 0);
    assert_int_equal(atomic_load(&world.asked_acpi), 1);
    assert_string_equal(fixture->step, "acpi");
    start_again(fixture);
    give(fixture, "shutdown", "mode", "both");
    assert_int_equal(do_action(fixture, "shutdown", PATIENCE_SECONDS), 0);
    assert_string_equal(fixture->step, "agent");
    assert_int_equal(atomic_load(&world.asked_acpi), 0);
    start_again(fixture);
}

/* Events alone tell: every look at the state says that nothing has happened. */
static void an_event_is_enough(void **state)
{
    struct fixture *fixture = *state;
    atomic_store(&world.state_lies, true);
    assert_int_equal(do_action(fixture, "destroy", PATIENCE_SECONDS), 0);
    assert_true(fixture->act.has_changed);
    start_again(fixture);
}

static void *destroy_by_another_way(void *arg)
{
    struct fixture *fixture = arg;
    const struct timespec pause = {.tv_nsec = 300 * (long)VMT_MS};
    nanosleep(&pause, NULL);
    virDomainDestroy(fixture->act.thing.domain);
    return NULL;
}

static void what_somebody_else_does_counts_too(void **state)
{
    struct fixture *fixture = *state;
    struct vmt_thread other = {0};
    atomic_store(&world.guest_ignores, true);
    /* The pointer is the same from here on: it is found first, then the other thread waits. */
    vmt_thing_find(&fixture->control, VMT_TARGET_DOMAIN, "test", &fixture->act.thing, &fixture->act.failure);
    struct fixture copy = *fixture;
    virDomainRef(copy.act.thing.domain);
    assert_int_equal(vmt_thread_start(&other, "other", destroy_by_another_way, &copy), 0);
    assert_int_equal(do_action(fixture, "shutdown", PATIENCE_SECONDS), 0);
    vmt_thread_join(&other, VMT_NEVER);
    virDomainFree(copy.act.thing.domain);
    start_again(fixture);
}

static void a_failure_is_libvirts_own(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(do_action(fixture, "destroy", PATIENCE_SECONDS), 0);
    assert_true(do_action(fixture, "managed-save", 1) < 0);
    assert_int_equal(fixture->act.failure.kind, VMT_FAILURE_STATE);
    assert_int_equal(fixture->act.failure.code, VIR_ERR_OPERATION_INVALID);
    assert_non_null(strstr(fixture->act.failure.text, "virDomainManagedSave"));
    start_again(fixture);
    assert_true(do_action(fixture, "abort-job", 1) < 0);
    assert_int_equal(fixture->act.failure.code, VIR_ERR_NO_SUPPORT);
    assert_false(fixture->act.has_changed);
}

static void a_migration_loses_no_definition_and_goes_nowhere_else(void **state)
{
    struct fixture *fixture = *state;
    give(fixture, "migrate", "uri", "test:///elsewhere");
    give(fixture, "migrate", "undefine_source", "true");
    assert_true(do_action(fixture, "migrate", 1) < 0);
    assert_int_equal(fixture->act.failure.kind, VMT_FAILURE_ARGUMENT);
    assert_non_null(strstr(fixture->act.failure.text, "would lose the definition"));
    give(fixture, "migrate", "uri", "test:///nowhere");
    assert_true(do_action(fixture, "migrate", 1) < 0);
    assert_int_equal(fixture->act.failure.kind, VMT_FAILURE_ARGUMENT);
    assert_non_null(strstr(fixture->act.failure.text, "--admin.migrate-uri"));
    /* Now it is libvirt's turn. */
    give(fixture, "migrate", "uri", "test:///elsewhere");
    assert_true(do_action(fixture, "migrate", 1) < 0);
    assert_int_equal(fixture->act.failure.kind, VMT_FAILURE_LIBVIRT);
}

static void after_a_lost_connection_the_state_tells_what_was_done(void **state)
{
    struct fixture *fixture = *state;
    atomic_store(&world.destroy_fails_after, true);
    atomic_store(&world.dead_answers, 2);
    assert_int_equal(do_action(fixture, "destroy", PATIENCE_SECONDS), 0);
    assert_true(fixture->act.has_changed);
    assert_int_equal(fixture->act.thing.state, VMT_STATE_SHUTOFF);
    start_again(fixture);
}

static void after_a_lost_connection_what_cannot_be_told_is_unknown(void **state)
{
    struct fixture *fixture = *state;
    atomic_store(&world.destroy_fails_before, true);
    atomic_store(&world.dead_answers, 2);
    assert_int_equal(do_action(fixture, "destroy", 1), -ETIME);
    assert_int_equal(fixture->act.failure.kind, VMT_FAILURE_UNKNOWN);
    assert_false(fixture->act.has_changed);
    /* With the connection there it is an answer like any other. */
    assert_true(do_action(fixture, "destroy", 1) < 0);
    assert_int_not_equal(fixture->act.failure.kind, VMT_FAILURE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(things_are_found_by_uuid_name_and_number),
        TEST(a_guest_that_obeys_is_off),
        TEST(a_guest_that_does_not_obey_is_asked_again_and_left_alone),
        TEST(it_is_asked_once_when_that_is_wanted),
        TEST(it_is_forced_only_when_that_is_wanted),
        TEST(acpi_is_left_when_the_agent_does_not_answer),
        TEST(an_event_is_enough),
        TEST(what_somebody_else_does_counts_too),
        TEST(a_failure_is_libvirts_own),
        TEST(a_migration_loses_no_definition_and_goes_nowhere_else),
        TEST(after_a_lost_connection_the_state_tells_what_was_done),
        TEST(after_a_lost_connection_what_cannot_be_told_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
