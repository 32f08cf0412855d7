/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core when memory runs out. It is built once more for this test, with its allocations renamed to those below (see
 * CMakeLists.txt), so that each can fail while those of the fake libvirt do not. For every allocation of a small life -
 * a host, two domains, one scrape - it alone fails, or it and all that follow until there is memory again. Nothing may
 * crash, leak or hang, and afterwards everything must come back.
 */
#include "tests/unit/host_fixture.h"

#include <errno.h>

enum {
    CONNECTION_MS = 300,
    DEADLINE_MS = 300,
    HOPELESS_DEADLINE_MS = 20, /* of scrapes that will get nothing */
    LATE_MS = 1000,            /* past the deadline: a sanitizer on a busy machine is slow */
    RECOVERY_MS = 8000,
    ALLOCATIONS_MAX = 2000,
};

/* ---- allocations that fail ---- */

void *core_malloc(size_t size);
void *core_calloc(size_t count, size_t size);
void *core_realloc(void *memory, size_t size);
char *core_strdup(const char *text);

static atomic_uint until_failure; /* counts down to 1, the one that fails; 0: none does */
static atomic_bool fails_for_good;
static atomic_uint allocations;

static bool fails(void)
{
    atomic_fetch_add(&allocations, 1);
    unsigned left = atomic_load(&until_failure);
    while (left && !(left == 1 && atomic_load(&fails_for_good)) &&
           !atomic_compare_exchange_weak(&until_failure, &left, left - 1))
        ;
    return left == 1;
}

void *core_malloc(size_t size)
{
    return fails() ? NULL : malloc(size);
}

void *core_calloc(size_t count, size_t size)
{
    return fails() ? NULL : calloc(count, size);
}

void *core_realloc(void *memory, size_t size)
{
    return fails() ? NULL : realloc(memory, size);
}

char *core_strdup(const char *text)
{
    return fails() ? NULL : strdup(text);
}

static void run_out_of_memory_at(unsigned allocation, bool for_good)
{
    atomic_store(&allocations, 0);
    atomic_store(&fails_for_good, for_good);
    atomic_store(&until_failure, allocation);
}

/* How many allocations were tried since. */
static unsigned get_memory_back(void)
{
    atomic_store(&until_failure, 0);
    return atomic_load(&allocations);
}

/* ---- a small life ---- */

static void turn(int timer, void *arg)
{
    (void)timer;
    (void)arg;
}

static bool is_whole(const struct vmt_snapshot *snapshot)
{
    return count_series(snapshot, VMT_ENTITY_DOMAIN, "state.state", NULL) == 2 &&
           count_series(snapshot, VMT_ENTITY_DOMAIN, "cpu.time", NULL) == 2 &&
           count_series(snapshot, VMT_ENTITY_DOMAIN_INFO, "info", NULL) == 2 &&
           count_series(snapshot, VMT_ENTITY_BLOCK, "rd.bytes", NULL) == 2 &&
           count_series(snapshot, VMT_ENTITY_INTERFACE, "rx.bytes", NULL) == 2 &&
           count_series(snapshot, VMT_ENTITY_NODE, "cpus", NULL) == 1 &&
           count_series(snapshot, VMT_ENTITY_POOL, "state", NULL) == 1;
}

static void wait_for_connection(void)
{
    for (int i = 0; i < CONNECTION_MS && !vmt_host_was_connected(host); i++)
        usleep(1000);
}

/* One scrape that may come to nothing, but must come to an end. */
static void scrape_without_memory(unsigned deadline_ms)
{
    struct answer answer = {.asked_ns = vmt_now_ns()};
    pthread_mutex_init(&answer.lock, NULL);
    vmt_cond_init(&answer.cond);
    int failed = vmt_host_request(host, VMT_COLLECTORS_ALL, answer.asked_ns + deadline_ms * VMT_MS, on_answer, &answer);
    if (failed) {
        assert_int_equal(failed, -ENOMEM);
    } else {
        pthread_mutex_lock(&answer.lock);
        while (!answer.has_come)
            pthread_cond_wait(&answer.cond, &answer.lock);
        pthread_mutex_unlock(&answer.lock);
        vmt_snapshot_unref(answer.snapshot);
        assert_in_range(took_ms(&answer), 0, deadline_ms + LATE_MS);
    }
    pthread_cond_destroy(&answer.cond);
    pthread_mutex_destroy(&answer.lock);
}

static void assert_becomes_whole(unsigned allocation)
{
    bool was_whole = false;
    uint64_t until = vmt_now_ns() + RECOVERY_MS * VMT_MS;
    while (!was_whole && vmt_now_ns() < until) {
        struct vmt_snapshot *snapshot = scrape();
        was_whole = is_whole(snapshot);
        vmt_snapshot_unref(snapshot);
    }
    if (!was_whole)
        fail_msg("not everything has come back after allocation %u had failed", allocation);
}

/* With no memory at `allocation` (0: with memory always). How many allocations were tried. */
static unsigned live(unsigned allocation, bool for_good)
{
    fake_host_reset();
    fake_host_add_domain("web");
    fake_host_add_domain("db");
    fake_host_add_pool("images", true);
    /* The core's event loop hears at once that it shall stop, not only at its next heartbeat. */
    virEventRegisterDefaultImpl();
    int timer = virEventAddTimeout(2, turn, NULL, NULL);
    struct vmt_host_options with = options();
    struct vmt_error error = {0};
    run_out_of_memory_at(allocation, for_good);
    int failed = vmt_host_new(&with, &host, &error);
    if (!failed) {
        wait_for_connection();
        scrape_without_memory(for_good ? HOPELESS_DEADLINE_MS : DEADLINE_MS);
    }
    unsigned count = get_memory_back();
    if (failed) {
        assert_int_equal(failed, -ENOMEM);
        assert_int_equal(error.code, -ENOMEM);
        host = NULL;
    } else {
        assert_becomes_whole(allocation);
    }
    assert_true(vmt_host_free(host, 5 * VMT_SECOND));
    host = NULL;
    virEventRemoveTimeout(timer);
    assert_int_equal(fake_host_problems(), 0);
    return count;
}

static void fail_each_in_turn(bool for_good)
{
    unsigned count = live(0, false);
    assert_in_range(count, 300, ALLOCATIONS_MAX);
    print_message("%u allocations\n", count);
    for (unsigned allocation = 1; allocation <= count; allocation++)
        live(allocation, for_good);
}

static void each_allocation_may_fail_alone(void **state)
{
    (void)state;
    fail_each_in_turn(false);
}

static void memory_may_run_out_at_each_allocation(void **state)
{
    (void)state;
    fail_each_in_turn(true);
}

static int forget(void **state)
{
    (void)state;
    fake_host_free();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_allocation_may_fail_alone, forget),
        cmocka_unit_test_teardown(memory_may_run_out_at_each_allocation, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
