/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/tags.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OURS "xmlns:v='" VMT_TAGS_NAMESPACE "'"

static void tags_are_read_from_their_own_place_only(void **state)
{
    (void)state;
    static const struct {
        const char *xml;
        unsigned count;
        const char *first;
    } cases[] = {
        {"<domain/>", 0, NULL},
        {"<domain><metadata><v:tags " OURS "/></metadata></domain>", 0, NULL},
        {"<domain><metadata><v:tags " OURS "><tag>web</tag><tag>b</tag></v:tags></metadata></domain>", 2, "web"},
        {"<domain><metadata><v:tags " OURS "><v:tag>web</v:tag></v:tags></metadata></domain>", 1, "web"},
        {"<domain><metadata><tags xmlns='" VMT_TAGS_NAMESPACE "'><tag>web</tag></tags></metadata></domain>", 1, "web"},
        {"<domain><metadata><v:tags " OURS "><tag> a </tag></v:tags></metadata></domain>", 1, " a "},
        {"<domain><metadata><v:tags xmlns:v='other'><tag>web</tag></v:tags></metadata></domain>", 0, NULL},
        {"<domain><metadata><tags><tag>web</tag></tags></metadata></domain>", 0, NULL},
        {"<domain><metadata><x:x xmlns:x='x'><v:tags " OURS "><tag>web</tag></v:tags></x:x></metadata></domain>", 0,
         NULL},
        {"<domain><v:tags " OURS "><tag>web</tag></v:tags></domain>", 0, NULL},
        {"<domain><metadata><v:tags " OURS "><x:tag xmlns:x='x'>web</x:tag></v:tags></metadata></domain>", 0, NULL},
        {"<domain><metadata><v:tags " OURS ">web<other>web</other></v:tags></metadata></domain>", 0, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_tags tags;
        assert_int_equal(vmt_tags_read(cases[i].xml, &tags, NULL), 0);
        if (tags.count != cases[i].count || (cases[i].first && strcmp(tags.texts[0], cases[i].first) != 0))
            fail_msg("%zu tags in %s", tags.count, cases[i].xml);
        vmt_tags_done(&tags);
    }
}

static void what_libvirt_makes_of_them_is_read(void **state)
{
    (void)state;
    FILE *file = fopen("admin/qemu-desktop.xml", "r");
    char *xml = NULL;
    size_t size = 0;
    assert_non_null(file);
    assert_true(getdelim(&xml, &size, '\0', file) > 0);
    fclose(file);
    struct vmt_tags tags;
    assert_int_equal(vmt_tags_read(xml, &tags, NULL), 0);
    assert_int_equal(tags.count, 2);
    assert_string_equal(tags.texts[0], "web");
    assert_string_equal(tags.texts[1], "cheap");
    vmt_tags_done(&tags);
    free(xml);
}

/* Left out they would not protect. */
static void too_many_or_too_long_tags_are_an_error(void **state)
{
    (void)state;
    for (unsigned count = VMT_TAGS_MAX; count <= VMT_TAGS_MAX + 1; count++) {
        char xml[4000] = "<domain><metadata><v:tags " OURS ">";
        for (unsigned i = 0; i < count; i++)
            strcat(xml, "<tag>a</tag>");
        strcat(xml, "</v:tags></metadata></domain>");
        struct vmt_tags tags;
        int result = vmt_tags_read(xml, &tags, NULL);
        assert_int_equal(result, count > VMT_TAGS_MAX ? -EINVAL : 0);
        if (!result)
            vmt_tags_done(&tags);
    }
    for (int length = 256; length <= 257; length++) {
        char xml[1000], name[258] = "";
        memset(name, 'a', (size_t)length);
        snprintf(xml, sizeof xml, "<domain><metadata><v:tags " OURS "><tag>%s</tag></v:tags></metadata></domain>",
                 name);
        struct vmt_tags tags;
        int result = vmt_tags_read(xml, &tags, NULL);
        assert_int_equal(result, length > 256 ? -EINVAL : 0);
        if (!result)
            vmt_tags_done(&tags);
    }
}

static void a_document_that_cannot_be_read_has_no_tags(void **state)
{
    (void)state;
    struct vmt_tags tags;
    struct vmt_error error = {0};
    assert_int_equal(vmt_tags_read("<domain>", &tags, &error), -EINVAL);
    assert_true(*error.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_are_read_from_their_own_place_only),
        cmocka_unit_test(what_libvirt_makes_of_them_is_read),
        cmocka_unit_test(too_many_or_too_long_tags_are_an_error),
        cmocka_unit_test(a_document_that_cannot_be_read_has_no_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
