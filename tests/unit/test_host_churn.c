/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many scrapers at once on a host where nothing stays as it is: domains come, go, freeze and thaw, the daemon hangs and
 * dies. Nobody may wait past a deadline, too many calls hang, or anything be left over; and once it is calm everything
 * must be there. CHURN_SEED in the environment repeats a run.
 */
#include "tests/unit/host_fixture.h"

#include <time.h>

enum {
    DOMAINS_MAX = 50,
    SCRAPERS = 8,
    STUCK_CALLS_MAX = 3,
    CHURN_SECONDS = 10,
    RECOVERY_MS = 8000, /* the connection is tried again every five seconds, at the latest */
    LATE_MS = 1500,     /* past a deadline: a sanitizer on a busy machine is slow */
};

struct chance {
    uint64_t state;
};

/* xorshift64*: the same numbers everywhere. */
static unsigned draw(struct chance *chance, unsigned below)
{
    chance->state ^= chance->state >> 12;
    chance->state ^= chance->state << 25;
    chance->state ^= chance->state >> 27;
    return (unsigned)((chance->state * UINT64_C(2685821657736338717) >> 33) % below);
}

static uint64_t seed(void)
{
    const char *given = getenv("CHURN_SEED");
    uint64_t number = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    print_message("CHURN_SEED=%llu\n", (unsigned long long)number);
    return number * 2 + 1;
}

/* ---- the fleet: what the test knows of the domains that are defined ---- */

struct member {
    struct fake_domain *domain; /* NULL: not defined */
    char name[16];
    bool is_running, is_frozen;
};

static struct member fleet[DOMAINS_MAX];
static unsigned defined;

static void tell(const struct member *member, int event, int detail)
{
    fake_emit_lifecycle(member->domain, event, detail);
}

static void define(struct member *member, struct chance *chance)
{
    (void)chance;
    snprintf(member->name, sizeof member->name, "d%u", defined++);
    member->domain = fake_host_add_domain_with(&(struct fake_domain_options){
        .name = member->name, .state = VIR_DOMAIN_SHUTOFF, .vcpus = 1, .disks = 1, .interfaces = 1});
    tell(member, VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_ADDED);
}

static void start_domain(struct member *member, struct chance *chance)
{
    (void)chance;
    fake_domain_set_state(member->domain, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
    tell(member, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
    member->is_running = true;
}

static void thaw(struct member *member, struct chance *chance)
{
    (void)chance;
    fake_domain_thaw(member->domain);
    member->is_frozen = false;
}

static void freeze(struct member *member, struct chance *chance)
{
    (void)chance;
    fake_domain_freeze(member->domain);
    member->is_frozen = true;
}

static void destroy(struct member *member, struct chance *chance)
{
    thaw(member, chance);
    fake_domain_set_state(member->domain, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DESTROYED);
    tell(member, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
    member->is_running = false;
}

static void undefine(struct member *member, struct chance *chance)
{
    thaw(member, chance);
    tell(member, VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_REMOVED);
    fake_domain_remove(member->domain);
    *member = (struct member){.domain = NULL};
}

static void rename_domain(struct member *member, struct chance *chance)
{
    (void)chance;
    snprintf(member->name, sizeof member->name, "d%u", defined++);
    fake_domain_rename(member->domain, member->name);
    tell(member, VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_RENAMED);
}

static void slow_down(struct member *member, struct chance *chance)
{
    fake_domain_set_monitor_ms(member->domain, draw(chance, 5));
}

static void let_another_client_ask(struct member *member, struct chance *chance)
{
    fake_domain_hold_asks(member->domain, 1 + draw(chance, 3));
}

static void change_something(struct chance *chance)
{
    static void (*const of_running[])(struct member *, struct chance *) = {
        freeze, destroy, rename_domain, slow_down, let_another_client_ask,
    };
    struct member *member = &fleet[draw(chance, DOMAINS_MAX)];
    if (!member->domain)
        define(member, chance);
    else if (member->is_frozen)
        thaw(member, chance);
    else if (member->is_running)
        of_running[draw(chance, sizeof of_running / sizeof *of_running)](member, chance);
    else if (draw(chance, 5))
        start_domain(member, chance);
    else
        undefine(member, chance);
}

/* ---- the daemon ---- */

static void die(struct chance *chance)
{
    fake_daemon_set(FAKE_DAEMON_REFUSES);
    fake_daemon_drop(VIR_CONNECT_CLOSE_REASON_EOF);
    usleep(draw(chance, 200) * 1000);
    fake_daemon_set(FAKE_DAEMON_UP);
}

static void hang(struct chance *chance)
{
    fake_daemon_set(FAKE_DAEMON_FROZEN);
    usleep(draw(chance, 300) * 1000);
    if (!draw(chance, 3))
        fake_daemon_drop(VIR_CONNECT_CLOSE_REASON_KEEPALIVE);
    fake_daemon_set(FAKE_DAEMON_UP);
}

static unsigned last_fault; /* they are numbered from 1 */

static void fail_somewhere(struct chance *chance)
{
    static const char *const functions[] = {"virDomainListGetStats", "virDomainGetXMLDesc", "virConnectListAllDomains",
                                            "virDomainLookupByUUID", "virConnectOpenAuth"};
    struct fake_fault fault = {.function = functions[draw(chance, sizeof functions / sizeof *functions)],
                               .code = VIR_ERR_OPERATION_FAILED,
                               .times = 1 + draw(chance, 3)};
    last_fault = fake_host_add_fault(&fault);
}

static void shake_daemon(struct chance *chance)
{
    static void (*const ways[])(struct chance *) = {die, hang, fail_somewhere};
    ways[draw(chance, sizeof ways / sizeof *ways)](chance);
}

/* ---- the scrapers ---- */

struct scraper {
    pthread_t thread;
    struct chance chance;
    unsigned answers, longest_ms; /* the latter: past the deadline */
};

static atomic_bool is_calm;

static void *scrape_on(void *arg)
{
    static const vmt_collectors wishes[] = {VMT_COLLECTORS_ALL, VMT_COLLECTOR_BIT(VMT_COLLECTOR_NODE),
                                            VMT_COLLECTOR_BIT(VMT_COLLECTOR_BLOCK)};
    struct scraper *scraper = arg;
    while (!atomic_load(&is_calm)) {
        struct answer answer;
        unsigned patience_ms = 10 + draw(&scraper->chance, 3000);
        ask(&answer, wishes[draw(&scraper->chance, sizeof wishes / sizeof *wishes)], patience_ms * VMT_MS);
        vmt_snapshot_unref(await(&answer));
        unsigned late_ms = took_ms(&answer) > patience_ms ? took_ms(&answer) - patience_ms : 0;
        scraper->longest_ms = late_ms > scraper->longest_ms ? late_ms : scraper->longest_ms;
        scraper->answers++;
        usleep(draw(&scraper->chance, 30) * 1000);
    }
    return NULL;
}

/* ---- */

static void calm_down(void)
{
    for (unsigned fault = 1; fault <= last_fault; fault++)
        fake_host_remove_fault(fault);
    for (unsigned i = 0; i < DOMAINS_MAX; i++) {
        if (!fleet[i].domain)
            continue;
        fake_domain_set_monitor_ms(fleet[i].domain, 0);
        if (fleet[i].is_frozen)
            thaw(&fleet[i], NULL);
    }
    assert_true(fake_wait_events(SOON_MS));
}

/* What there should be of `key`, of one domain or of all, and is not; with `ret_lack` saying so. */
static bool has(const struct vmt_snapshot *snapshot, enum vmt_entity entity, const char *key, const char *name,
                unsigned wanted, char ret_lack[128])
{
    unsigned count = count_series(snapshot, entity, key, name);
    if (count != wanted)
        snprintf(ret_lack, 128, "%u instead of %u series of %s for %s", count, wanted, key, name ? name : "all");
    return count == wanted;
}

/* Whether each defined domain is there with all it has, and nothing else is. */
static bool is_whole(const struct vmt_snapshot *snapshot, char ret_lack[128])
{
    unsigned present = 0, running = 0;
    for (unsigned i = 0; i < DOMAINS_MAX; i++) {
        const struct member *member = &fleet[i];
        if (!member->domain)
            continue;
        present++;
        running += member->is_running;
        if (!has(snapshot, VMT_ENTITY_DOMAIN, "state.state", member->name, 1, ret_lack) ||
            !has(snapshot, VMT_ENTITY_DOMAIN_INFO, "info", member->name, 1, ret_lack) ||
            !has(snapshot, VMT_ENTITY_BLOCK, "rd.bytes", member->name, member->is_running, ret_lack) ||
            !has(snapshot, VMT_ENTITY_DOMAIN_LIFE, "collected", member->name, member->is_running, ret_lack))
            return false;
    }
    return has(snapshot, VMT_ENTITY_DOMAIN, "state.state", NULL, present, ret_lack) &&
           has(snapshot, VMT_ENTITY_DOMAIN_INFO, "info", NULL, present, ret_lack) &&
           has(snapshot, VMT_ENTITY_BLOCK, "rd.bytes", NULL, running, ret_lack);
}

static void assert_becomes_whole(void)
{
    char lack[128] = "";
    bool was_whole = false;
    uint64_t until = vmt_now_ns() + RECOVERY_MS * VMT_MS;
    while (!was_whole && vmt_now_ns() < until) {
        struct vmt_snapshot *snapshot = scrape();
        was_whole = is_whole(snapshot, lack);
        vmt_snapshot_unref(snapshot);
        usleep(20 * 1000);
    }
    if (!was_whole)
        fail_msg("%s", lack);
}

static void nothing_is_late_lost_or_left_over_while_everything_changes(void **state)
{
    (void)state;
    struct chance chance = {.state = seed()};
    struct scraper scrapers[SCRAPERS] = {0};
    struct vmt_host_options with = options();
    with.max_stuck_calls = STUCK_CALLS_MAX;
    atomic_store(&is_calm, false);
    start_with(&with);
    for (unsigned i = 0; i < SCRAPERS; i++) {
        scrapers[i].chance.state = chance.state + i;
        assert_int_equal(pthread_create(&scrapers[i].thread, NULL, scrape_on, &scrapers[i]), 0);
    }
    for (uint64_t until = vmt_now_ns() + CHURN_SECONDS * VMT_SECOND; vmt_now_ns() < until;) {
        change_something(&chance);
        if (!draw(&chance, 50))
            shake_daemon(&chance);
        usleep(draw(&chance, 10) * 1000);
    }
    calm_down();
    atomic_store(&is_calm, true);
    unsigned answers = 0, longest_ms = 0;
    for (unsigned i = 0; i < SCRAPERS; i++) {
        pthread_join(scrapers[i].thread, NULL);
        answers += scrapers[i].answers;
        longest_ms = scrapers[i].longest_ms > longest_ms ? scrapers[i].longest_ms : longest_ms;
    }
    print_message("%u answers, the latest %u ms past its deadline; %u domains came\n", answers, longest_ms, defined);
    assert_in_range(longest_ms, 0, LATE_MS);
    assert_in_range(answers, SCRAPERS * CHURN_SECONDS, UINT32_MAX);
    assert_in_range(fake_host_usage().monitor_max, 1, STUCK_CALLS_MAX + 1);
    assert_becomes_whole();
}

static unsigned infos(void)
{
    struct vmt_snapshot *snapshot = scrape();
    unsigned count = count_series(snapshot, VMT_ENTITY_DOMAIN_INFO, "info", NULL);
    vmt_snapshot_unref(snapshot);
    return count;
}

static void xml_that_could_not_be_read_is_read_the_next_time(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    fake_host_add_domain("db");
    struct fake_fault fault = {.function = "virDomainGetXMLDesc", .code = VIR_ERR_OPERATION_FAILED, .times = 1};
    fake_host_add_fault(&fault);
    start();
    assert_int_equal(infos(), 1);
    assert_int_equal(infos(), 2);
}

static void xml_that_could_not_be_asked_for_is_read_the_next_time(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    fake_host_add_domain("db");
    start();
    struct answer answer;
    ask(&answer, VMT_COLLECTOR_BIT(VMT_COLLECTOR_NODE), 9 * VMT_SECOND); /* the roster has its connection now */
    vmt_snapshot_unref(await(&answer));
    struct fake_fault fault = {.function = "virConnectOpenAuth", .code = VIR_ERR_SYSTEM_ERROR};
    unsigned number = fake_host_add_fault(&fault);
    assert_int_equal(infos(), 0);
    fake_host_remove_fault(number);
    assert_int_equal(infos(), 2);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(xml_that_could_not_be_read_is_read_the_next_time),
        TEST(xml_that_could_not_be_asked_for_is_read_the_next_time),
        TEST(nothing_is_late_lost_or_left_over_while_everything_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
