/* SPDX-License-Identifier: Apache-2.0 */
/* Linked with --wrap for each function that is wrapped here: every allocation of the core's own fails once. */
#include "tests/unit/xml_fixture.h"

#include <errno.h>

void *__wrap_calloc(size_t count, size_t size);
void *__real_calloc(size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__real_strdup(const char *text);
void *__wrap_vmt_arena_alloc(struct vmt_arena *arena, size_t size);
void *__real_vmt_arena_alloc(struct vmt_arena *arena, size_t size);
char *__wrap_vmt_arena_strdup(struct vmt_arena *arena, const char *text);
char *__real_vmt_arena_strdup(struct vmt_arena *arena, const char *text);
char *__wrap_vmt_arena_strndup(struct vmt_arena *arena, const char *text, size_t length);
char *__real_vmt_arena_strndup(struct vmt_arena *arena, const char *text, size_t length);

static unsigned allocations_left; /* 0: all succeed */

static bool is_the_one(void)
{
    return allocations_left > 0 && --allocations_left == 0;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_the_one() ? NULL : __real_calloc(count, size);
}

char *__wrap_strdup(const char *text)
{
    return is_the_one() ? NULL : __real_strdup(text);
}

void *__wrap_vmt_arena_alloc(struct vmt_arena *arena, size_t size)
{
    return is_the_one() ? NULL : __real_vmt_arena_alloc(arena, size);
}

char *__wrap_vmt_arena_strdup(struct vmt_arena *arena, const char *text)
{
    return text && is_the_one() ? NULL : __real_vmt_arena_strdup(arena, text);
}

char *__wrap_vmt_arena_strndup(struct vmt_arena *arena, const char *text, size_t length)
{
    return is_the_one() ? NULL : __real_vmt_arena_strndup(arena, text, length);
}

static const char *const specifications[] = {"owner=//team:owner", "cost=//team:cost"};

/* Whether everything worked; what did not must have said so. */
static bool read_domain(const char *xml)
{
    struct vmt_error error = {0};
    struct vmt_xml_labels *labels = NULL;
    int result = vmt_xml_labels_new(specifications, 2, &labels, &error);
    if (result != 0) {
        assert_int_equal(result, -ENOMEM);
        assert_int_equal(error.code, -ENOMEM);
        assert_null(labels);
        return false;
    }
    struct vmt_part *part = vmt_part_new();
    bool is_whole =
        part && vmt_xml_domain(xml, &fixture_domain, NULL, labels, part, &error) == 0 && !part->out_of_memory;
    if (is_whole) {
        assert_int_equal(fixture_count(part, VMT_ENTITY_BLOCK_INFO), 8);
        assert_string_equal(fixture_label(fixture_find(part, VMT_ENTITY_BLOCK_INFO, "vda"), "bus"), "virtio");
        assert_int_equal(fixture_count(part, VMT_ENTITY_DOMAIN_METADATA), 1);
    }
    vmt_part_unref(part);
    vmt_xml_labels_free(labels);
    return is_whole;
}

static bool read_capabilities(const char *xml)
{
    struct vmt_part *part = vmt_part_new();
    bool is_whole = part && vmt_xml_capabilities(xml, "model", part, NULL) == 0 && !part->out_of_memory;
    if (is_whole) {
        assert_int_equal(fixture_count(part, VMT_ENTITY_GUEST_CAPABILITY), 4);
        assert_string_equal(fixture_label(fixture_find(part, VMT_ENTITY_NODE_INFO, NULL), "security_models"),
                            "none,dac,apparmor");
    }
    vmt_part_unref(part);
    return is_whole;
}

static void lack_of_memory_is_told_and_nothing_leaks(void **state)
{
    (void)state;
    static const struct {
        const char *fixture;
        bool (*read)(const char *xml);
        unsigned least; /* allocations there are to fail */
    } cases[] = {
        {"domain-shapes.xml", read_domain, 100},
        {"capabilities-qemu.xml", read_capabilities, 30},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *xml = fixture_read(cases[i].fixture);
        unsigned failed = 0;
        do {
            allocations_left = failed + 1;
            bool is_whole = cases[i].read(xml);
            assert_int_equal(allocations_left > 0, is_whole); /* what failed was not swallowed */
            if (is_whole)
                break;
            failed++;
        } while (failed < 1000);
        allocations_left = 0;
        assert_in_range(failed, cases[i].least, 999);
        free(xml);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lack_of_memory_is_told_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
