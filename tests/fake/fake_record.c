/* SPDX-License-Identifier: Apache-2.0 */
/* What a bulk record holds, group by group, as QEMU's driver of libvirt 9 sends it. */
#include "tests/fake/fake_state.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

enum {
    INT = VIR_TYPED_PARAM_INT,
    UINT = VIR_TYPED_PARAM_UINT,
    LLONG = VIR_TYPED_PARAM_LLONG,
    ULLONG = VIR_TYPED_PARAM_ULLONG,
    BOOLEAN = VIR_TYPED_PARAM_BOOLEAN,
};

/* ---- groups ---- */

static void fill_state(struct fake_record *record, const struct fake_domain *domain, bool is_answered)
{
    (void)is_answered;
    fake_add(record, INT, (unsigned)domain->state, "state.state");
    fake_add(record, INT, (unsigned)domain->reason, "state.reason");
}

static void fill_cpu(struct fake_record *record, const struct fake_domain *domain, bool is_answered)
{
    if (!fake_domain_is_active(domain))
        return;
    fake_add(record, ULLONG, fake_figure(domain, 0, 30000000), "cpu.time");
    fake_add(record, ULLONG, fake_figure(domain, 0, 10000000), "cpu.user");
    fake_add(record, ULLONG, fake_figure(domain, 0, 20000000), "cpu.system");
    fake_add(record, UINT, 0, "cpu.cache.monitor.count");
    if (!is_answered)
        return;
    fake_add(record, ULLONG, fake_figure(domain, 0, 501), "cpu.haltpoll.success.time");
    fake_add(record, ULLONG, fake_figure(domain, 0, 502), "cpu.haltpoll.fail.time");
}

static void fill_balloon(struct fake_record *record, const struct fake_domain *domain, bool is_answered)
{
    static const char *const by_guest[] = {"swap_in",     "swap_out",        "major_fault",   "minor_fault",
                                           "unused",      "available",       "usable",        "last-update",
                                           "disk_caches", "hugetlb_pgalloc", "hugetlb_pgfail"};
    fake_add(record, ULLONG, 1048576, "balloon.current");
    fake_add(record, ULLONG, 2097152, "balloon.maximum");
    if (!is_answered)
        return;
    for (unsigned i = 0; i < sizeof by_guest / sizeof *by_guest; i++)
        fake_add(record, ULLONG, fake_figure(domain, 0, 100 + i), "balloon.%s", by_guest[i]);
    fake_add(record, ULLONG, fake_figure(domain, 0, 120), "balloon.rss");
}

static void fill_vcpu(struct fake_record *record, const struct fake_domain *domain, bool is_answered)
{
    fake_add(record, UINT, domain->vcpus, "vcpu.current");
    fake_add(record, UINT, domain->vcpus, "vcpu.maximum");
    for (unsigned i = 0; i < domain->vcpus && fake_domain_is_active(domain); i++) {
        fake_add(record, INT, VIR_VCPU_RUNNING, "vcpu.%u.state", i);
        fake_add(record, ULLONG, fake_figure(domain, i, 15000000), "vcpu.%u.time", i);
        fake_add(record, ULLONG, fake_figure(domain, i, 200), "vcpu.%u.wait", i);
        fake_add(record, ULLONG, fake_figure(domain, i, 300), "vcpu.%u.delay", i);
        if (is_answered)
            fake_add(record, BOOLEAN, i % 2, "vcpu.%u.halted", i);
    }
}

static void fill_interface(struct fake_record *record, const struct fake_domain *domain, bool is_answered)
{
    static const char *const counters[] = {"rx.bytes", "rx.pkts", "rx.errs", "rx.drop",
                                           "tx.bytes", "tx.pkts", "tx.errs", "tx.drop"};
    (void)is_answered;
    if (!fake_domain_is_active(domain))
        return;
    fake_add(record, UINT, domain->interfaces, "net.count");
    for (unsigned i = 0; i < domain->interfaces; i++) {
        char *name = fake_interface_name(domain, i);
        fake_add_text(record, name, "net.%u.name", i);
        free(name);
        for (unsigned k = 0; k < sizeof counters / sizeof *counters; k++)
            fake_add(record, ULLONG, fake_figure(domain, i, 400 + k), "net.%u.%s", i, counters[k]);
    }
}

/* Of an inactive domain libvirt opens the images to learn their size, and asks no monitor. */
static void fill_disk(struct fake_record *record, const struct fake_domain *domain, unsigned i, bool is_answered)
{
    static const char *const counters[] = {"rd.reqs",  "rd.bytes", "rd.times", "wr.reqs",
                                           "wr.bytes", "wr.times", "fl.reqs",  "fl.times"};
    bool is_active = fake_domain_is_active(domain);
    char *target = fake_disk_target(i);
    fake_add_text(record, target, "block.%u.name", i);
    char *path = fake_format("/var/lib/libvirt/images/%s-%s.qcow2", domain->name, target);
    fake_add_text(record, path, "block.%u.path", i);
    free(target);
    free(path);
    if (is_active)
        fake_add(record, UINT, i + 1, "block.%u.backingIndex", i);
    for (unsigned k = 0; is_active && is_answered && k < sizeof counters / sizeof *counters; k++)
        fake_add(record, ULLONG, fake_figure(domain, i, 600 + k), "block.%u.%s", i, counters[k]);
    if (is_active && !is_answered)
        return;
    fake.usage.images_opened += !is_active;
    fake_add(record, ULLONG, fake_figure(domain, i, 700), "block.%u.allocation", i);
    fake_add(record, ULLONG, 10737418240, "block.%u.capacity", i);
    fake_add(record, ULLONG, 4294967296, "block.%u.physical", i);
}

static void fill_block(struct fake_record *record, const struct fake_domain *domain, bool is_answered)
{
    fake_add(record, UINT, domain->disks, "block.count");
    for (unsigned i = 0; i < domain->disks; i++)
        fill_disk(record, domain, i, is_answered);
}

/* Two events, as in a configuration that enables these. */
static void fill_perf(struct fake_record *record, const struct fake_domain *domain, bool is_answered)
{
    (void)is_answered;
    if (!fake_domain_is_active(domain))
        return;
    fake_add(record, ULLONG, fake_figure(domain, 0, 900), "perf.cpu_cycles");
    fake_add(record, ULLONG, fake_figure(domain, 0, 901), "perf.task_clock");
}

static void fill_iothread(struct fake_record *record, const struct fake_domain *domain, bool is_answered)
{
    if (!is_answered || !fake_domain_is_active(domain))
        return;
    fake_add(record, UINT, 1, "iothread.count");
    fake_add(record, ULLONG, 32768, "iothread.1.poll-max-ns");
    fake_add(record, UINT, 0, "iothread.1.poll-grow");
    fake_add(record, UINT, 0, "iothread.1.poll-shrink");
}

static void fill_dirtyrate(struct fake_record *record, const struct fake_domain *domain, bool is_answered)
{
    if (!is_answered || !fake_domain_is_active(domain))
        return;
    fake_add(record, INT, 0, "dirtyrate.calc_status");
    fake_add(record, LLONG, 0, "dirtyrate.calc_start_time");
    fake_add(record, INT, 0, "dirtyrate.calc_period");
    fake_add_text(record, "page-sampling", "dirtyrate.calc_mode");
}

static void fill_vm(struct fake_record *record, const struct fake_domain *domain, bool is_answered)
{
    if (!is_answered || !fake_domain_is_active(domain))
        return;
    fake_add(record, ULLONG, fake_figure(domain, 0, 800), "vm.remote_tlb_flush.sum");
    fake_add(record, ULLONG, 0, "vm.nx_lpage_splits.cur");
}

/* ---- rules ---- */

static void forget(virTypedParameterPtr parameter)
{
    if (parameter->type == VIR_TYPED_PARAM_STRING)
        free(parameter->value.s);
}

static void obey(struct fake_record *record, const struct fake_parameter_rule *rule)
{
    int kept = 0;
    for (int i = 0; i < record->count; i++) {
        virTypedParameterPtr parameter = &record->params[i];
        if (rule->what == FAKE_DROP && fnmatch(rule->parameter.field, parameter->field, 0) == 0) {
            forget(parameter);
            continue;
        }
        if (rule->what == FAKE_ALTER && !strcmp(rule->parameter.field, parameter->field)) {
            forget(parameter);
            *parameter = rule->parameter;
            if (parameter->type == VIR_TYPED_PARAM_STRING)
                parameter->value.s = fake_copy(parameter->value.s);
        }
        record->params[kept++] = *parameter;
    }
    record->count = kept;
    if (rule->what == FAKE_ADD)
        fake_add_copy(record, &rule->parameter);
}

void fake_record_fill(struct fake_record *record, struct fake_domain *domain, unsigned groups, bool is_answered)
{
    static const struct {
        unsigned group;
        void (*fill)(struct fake_record *record, const struct fake_domain *domain, bool is_answered);
    } fillers[] = {
        {VIR_DOMAIN_STATS_STATE, fill_state},         {VIR_DOMAIN_STATS_CPU_TOTAL, fill_cpu},
        {VIR_DOMAIN_STATS_BALLOON, fill_balloon},     {VIR_DOMAIN_STATS_VCPU, fill_vcpu},
        {VIR_DOMAIN_STATS_INTERFACE, fill_interface}, {VIR_DOMAIN_STATS_BLOCK, fill_block},
        {VIR_DOMAIN_STATS_PERF, fill_perf},           {VIR_DOMAIN_STATS_IOTHREAD, fill_iothread},
        {VIR_DOMAIN_STATS_DIRTYRATE, fill_dirtyrate}, {VIR_DOMAIN_STATS_VM, fill_vm},
    };
    for (unsigned i = 0; i < sizeof fillers / sizeof *fillers; i++)
        if (groups & fillers[i].group)
            fillers[i].fill(record, domain, is_answered);
    for (const struct fake_parameter_rule *rule = domain->rules; rule; rule = rule->next)
        obey(record, rule);
}
