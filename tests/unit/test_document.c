/* SPDX-License-Identifier: Apache-2.0 */
#include "common/document.h"
#include "tests/unit/xml_fixture.h"

#include <errno.h>
#include <libxml/parser.h>
#include <unistd.h>

#define TEXT_MAX VMT_DOCUMENT_TEXT_MAX

static unsigned foreign_errors, entities_loaded;

static void note_foreign_error(void *arg, VMT_XML_ERROR *error)
{
    (void)arg, (void)error;
    foreign_errors++;
}

static xmlParserInputPtr note_entity(const char *url, const char *id, xmlParserCtxtPtr parser)
{
    (void)url, (void)id, (void)parser;
    entities_loaded++;
    return NULL;
}

/* What is written to stderr between the two. */
static int watch_stderr(FILE *file)
{
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    assert_int_not_equal(dup2(fileno(file), STDERR_FILENO), -1);
    return saved;
}

static long unwatch_stderr(FILE *file, int saved)
{
    fflush(stderr);
    assert_int_not_equal(dup2(saved, STDERR_FILENO), -1);
    close(saved);
    return lseek(fileno(file), 0, SEEK_END);
}

static void assert_refused(const char *xml, const char *name, const char *reason)
{
    struct vmt_document document;
    struct vmt_error error = {0};
    FILE *file = tmpfile();
    int saved = watch_stderr(file);
    int result = vmt_document_open(xml, "domain", &document, &error);
    long written = unwatch_stderr(file, saved);
    fclose(file);
    if (result != -EINVAL || !strstr(error.text, reason))
        fail_msg("%s: %d, '%s', not '%s'", name, result, error.text, reason);
    if (strpbrk(error.text, "\r\n"))
        fail_msg("%s: '%s' is more than a line", name, error.text);
    assert_int_equal(written, 0);
}

static void what_cannot_be_trusted_is_refused_in_silence(void **state)
{
    (void)state;
    static const struct {
        const char *fixture, *reason;
    } cases[] = {
        {"refused/billion-laughs.xml", "line 2: document types are not accepted"},
        {"refused/external-entity.xml", "document types are not accepted"},
        {"refused/external-document-type.xml", "document types are not accepted"},
        {"refused/unknown-entity.xml", "line 1: Entity 'secret' not defined"},
        {"refused/invalid-utf8.xml", "line 2: Input is not proper UTF-8"},
        {"refused/control-character.xml", "line 2: "},
        {"refused/truncated.xml", "Premature end of data"},
        {"refused/two-roots.xml", "line 2: Extra content"},
        {"refused/empty.xml", "empty"},
        {"refused/network.xml", "its root element is not <domain>"},
        {"refused/foreign-domain.xml", "its root element is not <domain>"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *xml = fixture_read(cases[i].fixture);
        assert_refused(xml, cases[i].fixture, cases[i].reason);
        free(xml);
    }
}

/* "<domain>" and `count` times `piece`, and so many `end`, and "</domain>", for the caller to free. */
static char *repeat(const char *piece, unsigned count, const char *end)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    fputs("<domain>", file);
    for (unsigned i = 0; i < count; i++)
        fputs(piece, file);
    for (unsigned i = 0; i < count; i++)
        fputs(end, file);
    fputs("</domain>", file);
    fclose(file);
    return text;
}

static void documents_are_bounded(void **state)
{
    (void)state;
    enum { BARE = sizeof "<domain></domain>" - 1 };
    static const struct {
        const char *piece, *end;
        unsigned most;
        const char *reason;
    } cases[] = {
        {"<a>", "</a>", VMT_DOCUMENT_DEPTH_MAX - 1, "line 1: elements are nested too deep"},
        {"<a/>", "", VMT_DOCUMENT_ELEMENTS_MAX - 1, "line 1: there are too many elements"},
        {"<a xmlns:b='c'/>", "", VMT_DOCUMENT_NAMESPACES_MAX, "line 1: there are too many namespaces"},
        {" ", "", VMT_DOCUMENT_SIZE_MAX - BARE, "it is longer than 4194304 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_document document;
        char *most = repeat(cases[i].piece, cases[i].most, cases[i].end);
        char *more = repeat(cases[i].piece, cases[i].most + 1, cases[i].end);
        assert_int_equal(vmt_document_open(most, "domain", &document, NULL), 0);
        vmt_document_done(&document);
        assert_refused(more, cases[i].piece, cases[i].reason);
        free(most);
        free(more);
    }
}

/* "<domain><a" and `count` attributes in each of two elements. */
static char *crowd(unsigned count, const char *equals)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    fputs("<domain>", file);
    for (unsigned element = 0; element < 2; element++) {
        fputs("<a", file);
        for (unsigned i = 0; i < count; i++)
            fprintf(file, " a%u%s'\"'", i, equals);
        fputs("/>", file);
    }
    fputs("</domain>", file);
    fclose(file);
    return text;
}

static void an_element_may_have_so_many_attributes(void **state)
{
    (void)state;
    static const char *const equals[] = {"=", " \n=\t "};
    for (size_t i = 0; i < sizeof equals / sizeof *equals; i++) {
        struct vmt_document document;
        char *most = crowd(VMT_DOCUMENT_ATTRIBUTES_MAX, equals[i]);
        char *more = crowd(VMT_DOCUMENT_ATTRIBUTES_MAX + 1, equals[i]);
        assert_int_equal(vmt_document_open(most, "domain", &document, NULL), 0);
        vmt_document_done(&document);
        assert_refused(more, equals[i], "an element has more than 1000 attributes");
        free(most);
        free(more);
    }
}

static void the_rest_of_the_process_is_left_alone(void **state)
{
    (void)state;
    xmlGenericErrorFunc generic = xmlGenericError;
    xmlExternalEntityLoader loader = xmlGetExternalEntityLoader();
    xmlSetExternalEntityLoader(note_entity);
    xmlSetStructuredErrorFunc(&foreign_errors, note_foreign_error);
    what_cannot_be_trusted_is_refused_in_silence(NULL);
    assert_int_equal(foreign_errors, 0);
    assert_int_equal(entities_loaded, 0);
    assert_ptr_equal(xmlStructuredError, note_foreign_error);
    assert_ptr_equal(xmlGenericError, generic);
    xmlSetStructuredErrorFunc(NULL, NULL);
    xmlSetExternalEntityLoader(loader);
}

static void texts_are_trimmed_and_attributes_are_not(void **state)
{
    (void)state;
    static const struct {
        const char *xml, *text, *attribute;
    } cases[] = {
        {"<domain a=' b '> \n\t c d \r\n </domain>", "c d", " b "},
        {"<domain a=''> \n </domain>", NULL, NULL},
        {"<domain/>", NULL, NULL},
        {"<domain a='&lt;&#10;&quot;'>&amp;<b>c</b><!-- d --><?e f?><![CDATA[<]]></domain>", "&c<", "<\n\""},
        {"<domain xmlns:x='y' x:a='b'/>", NULL, NULL},
        {"<?xml version='1.0' encoding='ISO-8859-1'?><domain>é</domain>", "é", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_document document;
        assert_int_equal(vmt_document_open(cases[i].xml, "domain", &document, NULL), 0);
        fixture_assert_text(vmt_document_text(&document, document.root), cases[i].text, cases[i].xml, "text");
        fixture_assert_text(vmt_document_attribute(&document, document.root, "a"), cases[i].attribute, cases[i].xml,
                            "attribute");
        vmt_document_done(&document);
    }
}

static void texts_are_cut_between_characters(void **state)
{
    (void)state;
    static const struct {
        const char *character;
        unsigned count;
        size_t length;
    } cases[] = {
        {"a", TEXT_MAX, TEXT_MAX}, {"a", TEXT_MAX + 1, TEXT_MAX}, {"é", TEXT_MAX, TEXT_MAX},
        {"日", TEXT_MAX, 255},     {"\xf0\x9f\x98\x80", 65, 256}, {"a日", 100, 256},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_document document;
        char *xml = repeat(cases[i].character, cases[i].count, "");
        assert_int_equal(vmt_document_open(xml, "domain", &document, NULL), 0);
        const char *text = vmt_document_text(&document, document.root);
        assert_int_equal(strlen(text), cases[i].length);
        assert_memory_equal(text, xml + strlen("<domain>"), cases[i].length);
        assert_true(((unsigned char)xml[strlen("<domain>") + cases[i].length] & 0xc0) != 0x80);
        free(xml);
        vmt_document_done(&document);
    }
}

static void children_are_found_by_name_and_namespace(void **state)
{
    (void)state;
    struct vmt_document document;
    const char *xml = "<domain xmlns:x='X' xmlns:y='X'><x:a/>text<a id='1'><b/></a><c/><a id='2'/>"
                      "<y:d><d id='3'/><x:d id='4'/></y:d></domain>";
    assert_int_equal(vmt_document_open(xml, "domain", &document, NULL), 0);
    const xmlNode *a = vmt_document_child(document.root, "a");
    assert_string_equal(vmt_document_attribute(&document, a, "id"), "1");
    const xmlNode *next = vmt_document_next(a);
    assert_string_equal(vmt_document_attribute(&document, next, "id"), "2");
    assert_null(vmt_document_next(next));
    assert_null(vmt_document_child(document.root, "b"));
    assert_null(vmt_document_child(document.root, "d"));
    assert_null(vmt_document_child(NULL, "a"));
    const xmlNode *d = vmt_document_child(document.root, "c")->next->next;
    const xmlNode *kind = vmt_document_child_of_kind(d, "d");
    assert_string_equal(vmt_document_attribute(&document, kind, "id"), "4");
    vmt_document_done(&document);
}

static void lists_are_joined_by_commas(void **state)
{
    (void)state;
    struct vmt_document document;
    assert_int_equal(vmt_document_open("<domain/>", "domain", &document, NULL), 0);
    assert_null(vmt_document_join(&document, NULL, NULL));
    assert_string_equal(vmt_document_join(&document, NULL, "a"), "a");
    assert_string_equal(vmt_document_join(&document, "a", NULL), "a");
    assert_string_equal(vmt_document_join(&document, "a,b", "c"), "a,b,c");
    vmt_document_done(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_trusted_is_refused_in_silence),
        cmocka_unit_test(documents_are_bounded),
        cmocka_unit_test(an_element_may_have_so_many_attributes),
        cmocka_unit_test(the_rest_of_the_process_is_left_alone),
        cmocka_unit_test(texts_are_trimmed_and_attributes_are_not),
        cmocka_unit_test(texts_are_cut_between_characters),
        cmocka_unit_test(children_are_found_by_name_and_namespace),
        cmocka_unit_test(lists_are_joined_by_commas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
