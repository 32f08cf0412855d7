/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/options.h"
#include "common/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PARSE(...)                                                                                                     \
    vmt_admin_flags_parse((int)(sizeof((const char *[]){"virtmeter-admind", __VA_ARGS__}) / sizeof(char *)),           \
                          (const char *const[]){"virtmeter-admind", __VA_ARGS__}, &flags, &error)

static void defaults_hold_for_what_is_not_said(void **state)
{
    (void)state;
    struct vmt_admin_flags flags;
    struct vmt_error error;
    unsetenv("LIBVIRT_DEFAULT_URI");
    assert_int_equal(PARSE("--admin.roles-file=/r", "--admin.audit-file", "/a"), 0);
    assert_int_equal(flags.mode, VMT_ADMIN_RUN);
    assert_string_equal(flags.libvirt_uri, "qemu:///system");
    assert_string_equal(flags.socket, "/run/virtmeter-admind/admin.sock");
    assert_string_equal(flags.audit_file, "/a");
    assert_null(flags.save_directory);
    assert_int_equal(flags.stop_limit, 5);
    assert_int_equal(flags.call_timeout_ns, 30 * VMT_SECOND);
    vmt_admin_flags_done(&flags);
}

static void what_is_missing_or_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *arguments[4], *part;
    } cases[] = {
        {{"--admin.audit-file=/a"}, "--admin.roles-file"},
        {{"--check"}, "--admin.roles-file"},
        {{"--admin.roles-file=/r"}, "--admin.audit-file"},
        {{"--admin.roles-file=/r", "--admin.audit-file=/a", "--admin.save-directory=x"}, "'x'"},
        {{"--admin.roles-file=/r", "--admin.audit-file=/a", "--admin.max-operations=0"}, "--admin.max-operations"},
        {{"--admin.role-file=/r"}, "'--admin.roles-file'"},
        {{"--libvirt.uri="}, "--libvirt.uri"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *arguments[5] = {"virtmeter-admind"};
        int count = 1;
        struct vmt_admin_flags flags;
        struct vmt_error error = {0};
        for (; cases[i].arguments[count - 1]; count++)
            arguments[count] = cases[i].arguments[count - 1];
        assert_int_equal(vmt_admin_flags_parse(count, arguments, &flags, &error), -EINVAL);
        if (!strstr(error.text, cases[i].part))
            fail_msg("case %zu: %s", i, error.text);
    }
}

static void what_only_prints_needs_no_files(void **state)
{
    (void)state;
    static const struct {
        const char *flag;
        unsigned mode;
    } cases[] = {{"--help", VMT_ADMIN_HELP},
                 {"-h", VMT_ADMIN_HELP},
                 {"--version", VMT_ADMIN_VERSION},
                 {"--list-metrics", VMT_ADMIN_LIST_METRICS},
                 {"--openapi", VMT_ADMIN_OPENAPI}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_admin_flags flags;
        struct vmt_error error;
        assert_int_equal(PARSE(cases[i].flag), 0);
        assert_int_equal(flags.mode, cases[i].mode);
        vmt_admin_flags_done(&flags);
    }
}

static void uris_to_migrate_to_can_be_repeated(void **state)
{
    (void)state;
    struct vmt_admin_flags flags;
    struct vmt_error error;
    assert_int_equal(
        PARSE("--admin.roles-file=/r", "--admin.audit-file=/a", "--admin.migrate-uri=a", "--admin.migrate-uri=b"), 0);
    assert_int_equal(flags.migrate_uris.count, 2);
    assert_string_equal(flags.migrate_uris.values[1], "b");
    assert_null(flags.migrate_uris.values[2]);
    vmt_admin_flags_done(&flags);
}

static void image_folders_can_be_repeated(void **state)
{
    (void)state;
    struct vmt_admin_flags flags;
    struct vmt_error error;
    assert_int_equal(
        PARSE("--admin.roles-file=/r", "--admin.audit-file=/a", "--admin.image-folder=/a", "--admin.image-folder=/b"),
        0);
    assert_int_equal(flags.image_folders.count, 2);
    assert_string_equal(flags.image_folders.values[1], "/b");
    vmt_admin_flags_done(&flags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold_for_what_is_not_said), cmocka_unit_test(what_is_missing_or_wrong_is_named),
        cmocka_unit_test(what_only_prints_needs_no_files),    cmocka_unit_test(uris_to_migrate_to_can_be_repeated),
        cmocka_unit_test(image_folders_can_be_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
