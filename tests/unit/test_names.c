/* SPDX-License-Identifier: Apache-2.0 */
#include "common/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void a_name_is_new_once(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_new;
        unsigned count;
    } cases[] = {
        {"block.N.new", true, 1},
        {"block.N.new", false, 1},
        {"block.N.newer", true, 2},
        {"block.N.ne", true, 3},
        {"", true, 4},
        {"", false, 4},
        {"block.N.new", false, 4},
    };
    struct vmt_names names;
    vmt_names_init(&names);
    assert_int_equal(vmt_names_count(&names), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(vmt_names_add(&names, cases[i].name), cases[i].is_new);
        assert_int_equal(vmt_names_count(&names), cases[i].count);
    }
    vmt_names_done(&names);
}

static void a_long_name_is_cut(void **state)
{
    (void)state;
    char name[VMT_NAME_TEXT + 2];
    memset(name, 'a', sizeof name);
    name[VMT_NAME_TEXT + 1] = '\0';
    struct vmt_names names;
    vmt_names_init(&names);
    assert_true(vmt_names_add(&names, name));
    assert_int_equal(strlen(names.name[0]), VMT_NAME_TEXT - 1);
    assert_false(vmt_names_add(&names, name));
    name[VMT_NAME_TEXT - 1] = '\0'; /* what was kept of it */
    assert_false(vmt_names_add(&names, name));
    name[VMT_NAME_TEXT - 2] = '\0';
    assert_true(vmt_names_add(&names, name));
    vmt_names_done(&names);
}

static void a_full_set_takes_no_more(void **state)
{
    (void)state;
    char name[16];
    struct vmt_names names;
    vmt_names_init(&names);
    for (unsigned i = 0; i < VMT_NAMES_MAX + 3; i++) {
        snprintf(name, sizeof name, "name %u", i);
        assert_int_equal(vmt_names_add(&names, name), i < VMT_NAMES_MAX);
    }
    assert_int_equal(vmt_names_count(&names), VMT_NAMES_MAX);
    vmt_names_done(&names);
}

enum { THREADS = 4 };

struct adder {
    pthread_t thread;
    struct vmt_names *names;
    unsigned added;
};

static void *add_all(void *arg)
{
    struct adder *adder = arg;
    char name[16];
    for (unsigned i = 0; i < VMT_NAMES_MAX; i++) {
        snprintf(name, sizeof name, "name %u", i);
        adder->added += vmt_names_add(adder->names, name);
    }
    return NULL;
}

static void each_name_is_new_to_one_of_many_threads(void **state)
{
    (void)state;
    struct vmt_names names;
    struct adder adders[THREADS] = {0};
    unsigned added = 0;
    vmt_names_init(&names);
    for (unsigned i = 0; i < THREADS; i++) {
        adders[i].names = &names;
        assert_int_equal(pthread_create(&adders[i].thread, NULL, add_all, &adders[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(adders[i].thread, NULL);
        added += adders[i].added;
    }
    assert_int_equal(added, VMT_NAMES_MAX);
    vmt_names_done(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_new_once),
        cmocka_unit_test(a_long_name_is_cut),
        cmocka_unit_test(a_full_set_takes_no_more),
        cmocka_unit_test(each_name_is_new_to_one_of_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
