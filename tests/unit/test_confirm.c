/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/confirm.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct vmt_confirm_act destroy = {
    .uid = 1000,
    .uuid = "aaaaaaaa-0000-4000-8000-000000000000",
    .action = "destroy",
    .parameters = "{\"graceful\":false}",
    .state = "running",
};

static const uint64_t now_ns = 1000 * VMT_SECOND;

static void prepare(struct vmt_confirm *confirm, uint64_t at_ns, const struct vmt_confirm_act *act,
                    char ret_token[VMT_CONFIRM_TOKEN_SIZE])
{
    struct vmt_error error = {0};
    if (vmt_confirm_prepare(confirm, at_ns, act, ret_token, &error) != 0)
        fail_msg("%s", error.text);
    assert_int_equal(strspn(ret_token, "0123456789abcdef"), VMT_CONFIRM_TOKEN_SIZE - 1);
    assert_int_equal(strlen(ret_token), VMT_CONFIRM_TOKEN_SIZE - 1);
}

static void assert_refused(struct vmt_confirm *confirm, uint64_t at_ns, const struct vmt_confirm_act *act,
                           const char *token, const char *reason)
{
    struct vmt_error error = {0};
    assert_int_equal(vmt_confirm_commit(confirm, at_ns, act, token, &error), -EACCES);
    assert_string_equal(error.text, reason);
}

static void a_token_works_once(void **state)
{
    (void)state;
    struct vmt_confirm *confirm = vmt_confirm_new();
    char token[VMT_CONFIRM_TOKEN_SIZE];
    prepare(confirm, now_ns, &destroy, token);
    assert_int_equal(vmt_confirm_commit(confirm, now_ns + VMT_SECOND, &destroy, token, NULL), 0);
    assert_refused(confirm, now_ns + VMT_SECOND, &destroy, token, "the token is unknown or was used before");
    vmt_confirm_free(confirm);
}

static void a_token_is_for_one_user_object_action_parameters_and_state(void **state)
{
    (void)state;
    struct vmt_confirm_act user = destroy, object = destroy, action = destroy, parameters = destroy, changed = destroy;
    user.uid = 0; /* root neither */
    object.uuid = "bbbbbbbb-0000-4000-8000-000000000000";
    action.action = "undefine";
    parameters.parameters = "{\"graceful\":true}";
    changed.state = "paused";
    const struct {
        const struct vmt_confirm_act *act;
        const char *reason;
    } cases[] = {
        {&user, "the token was given to another user"},
        {&object, "the token was given for another object"},
        {&action, "the token was given for another action"},
        {&parameters, "the token was given for other parameters"},
        {&changed, "the state has changed since the token was given"},
    };
    struct vmt_confirm *confirm = vmt_confirm_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char token[VMT_CONFIRM_TOKEN_SIZE];
        prepare(confirm, now_ns, &destroy, token);
        assert_refused(confirm, now_ns, cases[i].act, token, cases[i].reason);
        /* and is used up by that */
        assert_refused(confirm, now_ns, &destroy, token, "the token is unknown or was used before");
    }
    vmt_confirm_free(confirm);
}

static void texts_do_not_run_into_each_other(void **state)
{
    (void)state;
    struct vmt_confirm *confirm = vmt_confirm_new();
    struct vmt_confirm_act act = {.uid = 1, .uuid = "ab", .action = "c", .parameters = "", .state = "d"};
    char token[VMT_CONFIRM_TOKEN_SIZE];
    prepare(confirm, now_ns, &act, token);
    act.uuid = "a";
    act.action = "bc";
    assert_refused(confirm, now_ns, &act, token, "the token was given for another object");
    vmt_confirm_free(confirm);
}

static void a_token_lives_for_a_minute(void **state)
{
    (void)state;
    struct vmt_confirm *confirm = vmt_confirm_new();
    char young[VMT_CONFIRM_TOKEN_SIZE], old[VMT_CONFIRM_TOKEN_SIZE];
    prepare(confirm, now_ns, &destroy, young);
    prepare(confirm, now_ns, &destroy, old);
    assert_int_equal(vmt_confirm_commit(confirm, now_ns + 60 * VMT_SECOND - 1, &destroy, young, NULL), 0);
    assert_refused(confirm, now_ns + 60 * VMT_SECOND, &destroy, old, "the token is older than a minute");
    vmt_confirm_free(confirm);
}

static void what_is_no_token_is_refused(void **state)
{
    (void)state;
    struct vmt_confirm *confirm = vmt_confirm_new();
    char token[VMT_CONFIRM_TOKEN_SIZE], *longer = calloc(1, 100 * 1000);
    prepare(confirm, now_ns, &destroy, token);
    memset(longer, 'a', 100 * 1000 - 1);
    const char *const cases[] = {
        "",
        "0",
        "\xff",
        longer,
        "0000000000000000000000000000000000000000000000000000000000000000",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", /* the digest of nothing */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(confirm, now_ns, &destroy, cases[i], "the token is unknown or was used before");
    token[10] = (char)(token[10] == '0' ? '1' : '0');
    assert_refused(confirm, now_ns, &destroy, token, "the token is unknown or was used before");
    free(longer);
    vmt_confirm_free(confirm);
}

static void tokens_differ_and_belong_to_one_table(void **state)
{
    (void)state;
    struct vmt_confirm *confirm = vmt_confirm_new(), *other = vmt_confirm_new();
    char a[VMT_CONFIRM_TOKEN_SIZE], b[VMT_CONFIRM_TOKEN_SIZE];
    prepare(confirm, now_ns, &destroy, a);
    prepare(confirm, now_ns, &destroy, b);
    assert_string_not_equal(a, b);
    assert_refused(other, now_ns, &destroy, a, "the token is unknown or was used before"); /* as after a restart */
    assert_int_equal(vmt_confirm_commit(confirm, now_ns, &destroy, a, NULL), 0);
    assert_int_equal(vmt_confirm_commit(confirm, now_ns, &destroy, b, NULL), 0);
    vmt_confirm_free(confirm);
    vmt_confirm_free(other);
}

static void one_user_cannot_push_out_the_tokens_of_others(void **state)
{
    (void)state;
    struct vmt_confirm *confirm = vmt_confirm_new();
    struct vmt_confirm_act greedy = destroy;
    greedy.uid = 2000;
    char token[VMT_CONFIRM_TOKEN_SIZE], first[VMT_CONFIRM_TOKEN_SIZE], last[VMT_CONFIRM_TOKEN_SIZE];
    prepare(confirm, now_ns, &destroy, token);
    prepare(confirm, now_ns, &greedy, first);
    for (unsigned i = 1; i <= 2 * VMT_CONFIRM_TOKENS_MAX; i++)
        prepare(confirm, now_ns + i, &greedy, last);
    assert_refused(confirm, now_ns, &greedy, first, "the token is unknown or was used before"); /* his own oldest */
    assert_int_equal(vmt_confirm_commit(confirm, now_ns + VMT_SECOND, &greedy, last, NULL), 0);
    assert_int_equal(vmt_confirm_commit(confirm, now_ns + VMT_SECOND, &destroy, token, NULL), 0);
    vmt_confirm_free(confirm);
}

static void the_table_is_bounded_and_old_tokens_make_room(void **state)
{
    (void)state;
    struct vmt_confirm *confirm = vmt_confirm_new();
    struct vmt_confirm_act act = destroy;
    struct vmt_error error = {0};
    char token[VMT_CONFIRM_TOKEN_SIZE];
    for (unsigned i = 0; i < VMT_CONFIRM_TOKENS_MAX; i++) {
        act.uid = 1000 + i / VMT_CONFIRM_USER_TOKENS_MAX;
        prepare(confirm, now_ns, &act, token);
    }
    act.uid = 1;
    assert_int_equal(vmt_confirm_prepare(confirm, now_ns, &act, token, &error), -EAGAIN);
    assert_string_equal(error.text, "too many actions wait for their confirmation");
    prepare(confirm, now_ns + 60 * VMT_SECOND, &act, token);
    assert_int_equal(vmt_confirm_commit(confirm, now_ns + 60 * VMT_SECOND, &act, token, NULL), 0);
    vmt_confirm_free(confirm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_works_once),
        cmocka_unit_test(a_token_is_for_one_user_object_action_parameters_and_state),
        cmocka_unit_test(texts_do_not_run_into_each_other),
        cmocka_unit_test(a_token_lives_for_a_minute),
        cmocka_unit_test(what_is_no_token_is_refused),
        cmocka_unit_test(tokens_differ_and_belong_to_one_table),
        cmocka_unit_test(one_user_cannot_push_out_the_tokens_of_others),
        cmocka_unit_test(the_table_is_bounded_and_old_tokens_make_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
