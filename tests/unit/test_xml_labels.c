/* SPDX-License-Identifier: Apache-2.0 */
#include "common/document.h"
#include "tests/unit/xml_fixture.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static unsigned foreign_errors;

/* A handler that somebody else in the process has set. */
static void note_foreign_error(void *arg, VMT_XML_ERROR *error)
{
    (void)arg, (void)error;
    foreign_errors++;
}

static struct vmt_xml_labels *make_labels(const char *const *specifications, unsigned count)
{
    struct vmt_xml_labels *labels = NULL;
    struct vmt_error error = {0};
    if (vmt_xml_labels_new(specifications, count, &labels, &error) != 0)
        fail_msg("%s", error.text);
    return labels;
}

static void specifications_that_make_no_sense_are_refused_in_silence(void **state)
{
    (void)state;
    static const struct {
        const char *specifications[2];
        const char *reason;
    } cases[] = {
        {{"owner"}, "'owner' is not of the form NAME=XPATH"},
        {{"=title"}, "'' is not the name of a label"},
        {{"1st=title"}, "'1st' is not the name of a label"},
        {{"the-owner=title"}, "'the-owner' is not the name of a label"},
        {{"besitzer\xc3\xa4=title"}, "is not the name of a label"},
        {{"domain=title"}, "the label name 'domain' is reserved"},
        {{"uuid=uuid"}, "the label name 'uuid' is reserved"},
        {{"connection=title"}, "the label name 'connection' is reserved"},
        {{"__name__=title"}, "the label name '__name__' is reserved"},
        {{"owner=title", "owner=name"}, "the label 'owner' is given twice"},
        {{"owner="}, "'' is not an XPath"},
        {{"owner=//["}, "'//[' is not an XPath: its syntax is wrong"},
        {{"owner=nobody(//title)"}, "'nobody(//title)' is not an XPath: there is no such function"},
        {{"owner=team:nobody(//title)"}, "'team:nobody(//title)' is not an XPath"},
        {{"owner=$owner"}, "'$owner' is not an XPath: there are no variables"},
        {{"owner=count()"}, "'count()' is not an XPath: a function takes another number of arguments"},
        {{"owner=count(1)"}, "'count(1)' is not an XPath: a function or operator takes another type"},
    };
    fflush(stderr);
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    char wrong[512] = "";
    for (size_t i = 0; i < COUNT(cases) && !*wrong; i++) {
        struct vmt_xml_labels *labels = NULL;
        struct vmt_error error = {0};
        unsigned count = cases[i].specifications[1] ? 2 : 1;
        int result = vmt_xml_labels_new(cases[i].specifications, count, &labels, &error);
        if (result != -EINVAL || labels || !strstr(error.text, cases[i].reason))
            snprintf(wrong, sizeof wrong, "%s: %d, %.200s", cases[i].specifications[0], result, error.text);
    }
    dup2(saved, STDERR_FILENO);
    close(saved);
    assert_string_equal(wrong, "");
    assert_int_equal(lseek(fileno(file), 0, SEEK_END), 0);
    fclose(file);
}

static void the_handlers_of_others_hear_nothing(void **state)
{
    (void)state;
    xmlGenericErrorFunc generic = xmlGenericError;
    xmlSetStructuredErrorFunc(&foreign_errors, note_foreign_error);
    specifications_that_make_no_sense_are_refused_in_silence(NULL);
    assert_int_equal(foreign_errors, 0);
    assert_ptr_equal(xmlStructuredError, note_foreign_error);
    assert_ptr_equal(xmlGenericError, generic);
    xmlSetStructuredErrorFunc(NULL, NULL);
}

static void metadata_is_read_by_xpath(void **state)
{
    (void)state;
    static const struct {
        const char *fixture, *specification, *text; /* no text: not even a sample */
    } cases[] = {
        {"domain-shapes.xml", "x=metadata/team:team/team:owner", "storage & backup"},
        {"domain-shapes.xml", "x=/domain/metadata/team:team/team:owner/text()", "storage & backup"},
        {"domain-shapes.xml", "x=//team:cost", "42.5"},
        {"domain-shapes.xml", "x=number(//team:cost) * 2", "85"},
        {"domain-shapes.xml", "x=count(devices/disk)", "8"},
        {"domain-shapes.xml", "x=devices/disk[@device='cdrom']/target/@dev", "sdb"},
        {"domain-shapes.xml", "x=//target/@dev", "vda"},
        {"domain-shapes.xml", "x=substring-after(//libosinfo:os/@id, 'debian.org/')", "debian/12"},
        {"domain-shapes.xml", "x=boolean(//nova:instance)", "false"},
        {"domain-shapes.xml", "x=number(//team:owner)", NULL},
        {"domain-shapes.xml", "x=//team:nobody", NULL},
        {"domain-shapes.xml", "x=//stranger:owner", NULL},
        {"domain-shapes.xml", "x='  '", NULL},
        {"domain-nova-1.1.xml", "x=//libosinfo:os/@id", NULL},
        {"domain-nova-1.1.xml", "x=//nova:flavor/@name", "m1.tiny"},
        {"domain-nova-1.0.xml", "x=//nova:name", "Büro \"north\" \\ 'south'"}, /* there under no prefix */
        {"domain-nova-1.0.xml", "x=//libosinfo:os/@id", "http://ubuntu.com/ubuntu/14.04"},
        {"domain-odd-texts.xml", "x=title/text()", "\"quoted\" \\back\\slash\n\t'Größe' 日本 <b>&amp;</b>"},
        {"domain-twins.xml", "x=//nova:name", "of a version that nobody has seen yet"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct vmt_xml_labels *labels = make_labels(&cases[i].specification, 1);
        struct vmt_part *part = fixture_domain_part(cases[i].fixture, NULL, labels);
        const struct vmt_sample *sample = fixture_find(part, VMT_ENTITY_DOMAIN_METADATA, NULL);
        if (!sample != !cases[i].text)
            fail_msg("%s: %s", cases[i].specification, sample ? sample->labels[1] : "no sample");
        if (sample)
            fixture_assert_text(fixture_label(sample, "x"), cases[i].text, cases[i].fixture, cases[i].specification);
        vmt_part_unref(part);
        vmt_xml_labels_free(labels);
    }
}

static void a_sample_has_domain_first_and_all_labels_in_order(void **state)
{
    (void)state;
    static const char *const specifications[] = {"cost=//team:cost", "absent=//team:nobody", "_Owner2=//team:owner"};
    static const char *const names[] = {"domain", "cost", "absent", "_Owner2"};
    static const char *const texts[] = {"the domain", "42.5", NULL, "storage & backup"};
    struct vmt_xml_labels *labels = make_labels(specifications, COUNT(specifications));
    struct vmt_part *part = fixture_domain_part("domain-shapes.xml", NULL, labels);
    const struct vmt_sample *sample = fixture_find(part, VMT_ENTITY_DOMAIN_METADATA, NULL);
    assert_non_null(sample);
    assert_int_equal(sample->label_count, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_string_equal(sample->label_names[i], names[i]);
        fixture_assert_text(sample->labels[i], texts[i], "label", names[i]);
    }
    assert_null(sample->label_names[COUNT(names)]);
    assert_int_equal(sample->value[0].integer, 1);
    assert_ptr_equal(sample->domain, &fixture_domain);
    vmt_part_unref(part);
    vmt_xml_labels_free(labels);
}

static void without_labels_there_is_no_metadata(void **state)
{
    (void)state;
    struct vmt_xml_labels *labels = make_labels(NULL, 0);
    struct vmt_part *part = fixture_domain_part("domain-shapes.xml", NULL, labels);
    assert_int_equal(fixture_count(part, VMT_ENTITY_DOMAIN_METADATA), 0);
    vmt_part_unref(part);
    vmt_xml_labels_free(labels);
    vmt_xml_labels_free(NULL);
}

static uint64_t cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void what_costs_too_much_is_left_out_and_the_rest_is_not(void **state)
{
    (void)state;
    enum { ELEMENTS = 90 * 1000 };
    static const char *const specifications[] = {"squared=count(//*[count(//*) > 1])",
                                                 "nested=count(//*[following::*[following::*]])", "cheap=title"};
    char *xml = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&xml, &size);
    fputs("<domain><title>t</title>", file);
    for (unsigned i = 0; i < ELEMENTS; i++)
        fputs("<a/>", file);
    fputs("</domain>", file);
    fclose(file);
    struct vmt_xml_labels *labels = make_labels(specifications, COUNT(specifications));
    struct vmt_part *part = vmt_part_new();
    uint64_t began = cpu_ms();
    assert_int_equal(vmt_xml_domain(xml, &fixture_domain, NULL, labels, part, NULL), 0);
    assert_in_range(cpu_ms() - began, 0, 5000); /* without the limit: minutes */
    const struct vmt_sample *sample = fixture_find(part, VMT_ENTITY_DOMAIN_METADATA, NULL);
    assert_null(fixture_label(sample, "squared"));
    assert_null(fixture_label(sample, "nested"));
    assert_string_equal(fixture_label(sample, "cheap"), "t");
    vmt_part_unref(part);
    vmt_xml_labels_free(labels);
    free(xml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(specifications_that_make_no_sense_are_refused_in_silence),
        cmocka_unit_test(the_handlers_of_others_hear_nothing),
        cmocka_unit_test(metadata_is_read_by_xpath),
        cmocka_unit_test(a_sample_has_domain_first_and_all_labels_in_order),
        cmocka_unit_test(without_labels_there_is_no_metadata),
        cmocka_unit_test(what_costs_too_much_is_left_out_and_the_rest_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
