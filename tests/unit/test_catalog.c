/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collect.h"
#include "common/metric.h"
#include "exporter/catalog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static int write_catalog(void **state)
{
    static struct vmt_text text;
    vmt_catalog_write(&text);
    vmt_text_add(&text, "", 1);
    *state = &text;
    return text.out_of_memory;
}

static int free_catalog(void **state)
{
    vmt_text_done(*state);
    return 0;
}

static unsigned count(const char *text, const char *part)
{
    unsigned found = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        found++;
    return found;
}

static void every_family_is_there_once(void **state)
{
    const struct vmt_text *text = *state;
    for (enum vmt_entity entity = 0; entity < VMT_ENTITY_COUNT; entity++) {
        const struct vmt_entity_table *table = vmt_entity_table(entity);
        for (unsigned slot = 0; slot < table->metric_count; slot++) {
            char row[128];
            if (!*table->metrics[slot].name)
                continue;
            snprintf(row, sizeof row, "\n| `%s` | ", table->metrics[slot].name);
            if (count(text->bytes, row) != 1)
                fail_msg("%u times %s", count(text->bytes, row), row);
        }
    }
}

static void every_collector_has_a_section_in_their_order(void **state)
{
    const struct vmt_text *text = *state;
    const char *at = text->bytes;
    for (enum vmt_collector i = 0; i < VMT_COLLECTOR_COUNT; i++) {
        char heading[256];
        snprintf(heading, sizeof heading, "\n## `%s`: %s\n\n%s.\n\n| Metric ", vmt_collector_row(i)->name,
                 vmt_collector_row(i)->help,
                 i == VMT_COLLECTOR_EXPORTER             ? "Always on"
                 : vmt_collector_row(i)->is_for_collectd ? "For collectd only"
                 : vmt_collector_row(i)->is_default      ? "On by default"
                                                         : "Off by default");
        at = strstr(at, heading);
        if (!at)
            fail_msg("%s", heading);
    }
}

static void every_row_has_as_many_columns_as_its_heading(void **state)
{
    const struct vmt_text *text = *state;
    for (const char *line = text->bytes, *end; (end = strchr(line, '\n')); line = end + 1) {
        unsigned bars = 0;
        for (const char *c = line; c < end; c++)
            bars += *c == '|';
        if (*line == '|')
            assert_int_equal(bars, 8);
    }
}

static void a_row_says_what_its_metric_is(void **state)
{
    const struct vmt_text *text = *state;
    static const char *const rows[] = {
        "\n| `libvirt_domain_cpu_seconds_total` | counter | seconds | `domain` | `virt_cpu_total`, "
        "`percent-virt_cpu_total` (cpu_util) |  | ",
        "\n| `libvirt_domain_cpu_mode_seconds_total` | counter | seconds | `domain`, `mode` (user, system) | "
        "`ps_cputime` user (pcpu), `ps_cputime` syst (pcpu) |  | ",
        "\n| (none) | gauge |  | `domain` | `domain_state` reason (domain_state) |  | ",
        "\n| `libvirt_domain_block_read_bytes_total` | counter | bytes | `domain`, `device` | "
        "`disk_octets-{device}` read |  | ",
        "\n| `libvirt_domain_vcpu_delay_seconds_total` | counter | seconds | `domain`, `vcpu` |  | 7.2.0 | ",
        "\n| `libvirt_domain_state` | state set |  | `domain`, `state` (nostate, running, ",
        "\n| `libvirt_node_topology` | gauge |  | `kind` (cells, ",
        "\n| `libvirt_domain_info` | info |  | `domain`, `uuid`, ",
        "\n| `libvirt_up` | gauge |  |  |  |  | ",
        "\n| `libvirt_exporter_libvirt_call_duration_seconds` | histogram | seconds | `call`, `le` (0.001, ",
    };
    assert_null(strstr(text->bytes, "(null)"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strstr(text->bytes, rows[i]))
            fail_msg("no %s", rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_family_is_there_once),
        cmocka_unit_test(every_collector_has_a_section_in_their_order),
        cmocka_unit_test(every_row_has_as_many_columns_as_its_heading),
        cmocka_unit_test(a_row_says_what_its_metric_is),
    };
    return cmocka_run_group_tests(tests, write_catalog, free_catalog);
}
