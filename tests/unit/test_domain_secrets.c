/* SPDX-License-Identifier: Apache-2.0 */
#include "common/lifecycle/domain_secrets.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define QEMU_NS "xmlns:qemu=\"http://libvirt.org/schemas/domain/qemu/1.0\""

static void what_is_secret_is_taken_out_and_the_rest_stays(void **state)
{
    (void)state;
    static const struct {
        const char *xml, *shown; /* NULL: as it is */
    } cases[] = {
        {"<domain>\n  <name>a</name>\n</domain>\n", NULL},
        {"<!-- as it is --><domain type='kvm'/>", NULL},
        {"<domain><metadata><x:y xmlns:x=\"z\" passwd=\"1\">a</x:y></metadata></domain>", NULL},
        {"<domain><sysinfo type=\"smbios\"><system><entry name=\"a\">b</entry></system></sysinfo></domain>", NULL},
        {"<domain><devices><graphics type=\"vnc\" passwd=\"SECRET\" port=\"1\"/></devices></domain>",
         "<domain><devices><graphics type=\"vnc\" port=\"1\"/></devices></domain>"},
        {"<domain " QEMU_NS "><name>a</name><qemu:commandline><qemu:arg value=\"SECRET\"/></qemu:commandline></domain>",
         "<domain " QEMU_NS "><name>a</name></domain>"},
        {"<domain xmlns:a=\"b&lt;&amp;c&#10;&lt;\"><devices><graphics passwd=\"SECRET\"/></devices></domain>",
         "<domain xmlns:a=\"b&lt;&#38;c&#10;&lt;\"><devices><graphics/></devices></domain>"},
        {"<domain><sysinfo type=\"fwcfg\"><entry name=\"opt/a\">SECRET</entry></sysinfo></domain>",
         "<domain><sysinfo type=\"fwcfg\"/></domain>"},
        {"<domain><launchSecurity type=\"sev\"><session>SECRET</session><policy>1</policy></launchSecurity></domain>",
         "<domain><launchSecurity type=\"sev\"><policy>1</policy></launchSecurity></domain>"},
        {"<domain><os><initenv name=\"A\">SECRET</initenv><type>exe</type></os></domain>",
         "<domain><os><type>exe</type></os></domain>"},
        {"<domain><devices><disk><source><cookies><cookie name=\"a\">SECRET</cookie></cookies></source></disk>"
         "</devices></domain>",
         "<domain><devices><disk><source><cookies/></source></disk></devices></domain>"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *shown = NULL;
        assert_int_equal(vmt_domain_hide_secrets(cases[i].xml, &shown, NULL), 0);
        assert_string_equal(shown, cases[i].shown ? cases[i].shown : cases[i].xml);
        assert_null(strstr(shown, "SECRET"));
        free(shown);
    }
}

static void what_cannot_be_read_is_not_shown(void **state)
{
    (void)state;
    static const char *const cases[] = {"", "<domain", "<network/>", "<!DOCTYPE domain><domain/>"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *shown = NULL;
        struct vmt_error error = {0};
        assert_int_equal(vmt_domain_hide_secrets(cases[i], &shown, &error), -EINVAL);
        assert_null(shown);
        assert_true(*error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_secret_is_taken_out_and_the_rest_stays),
        cmocka_unit_test(what_cannot_be_read_is_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
