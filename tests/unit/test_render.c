/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/render.h"

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct vmt_selfmetrics self = {.version = "1.2.3"};

/* Somebody who waits for a body. */
struct wisher {
    struct vmt_rendering rendering;
    struct vmt_body *body;
    sem_t is_ready;
    sem_t *holds; /* the renderer's thread waits for it, or NULL */
};

static void on_ready(struct vmt_rendering *rendering, struct vmt_body *body)
{
    struct wisher *wisher = (struct wisher *)rendering;
    wisher->body = body;
    sem_t *holds = wisher->holds;
    sem_post(&wisher->is_ready);
    if (holds)
        sem_wait(holds);
}

static void wish(struct vmt_renderer *renderer, struct wisher *wisher, struct vmt_snapshot *snapshot,
                 enum vmt_format format, vmt_collectors collectors, bool wants_gzip)
{
    wisher->rendering = (struct vmt_rendering){NULL, snapshot, format, collectors, wants_gzip, on_ready};
    sem_init(&wisher->is_ready, 0, 0);
    vmt_renderer_submit(renderer, &wisher->rendering);
}

static void take(struct wisher *wisher)
{
    sem_wait(&wisher->is_ready);
    sem_destroy(&wisher->is_ready);
    assert_non_null(wisher->body);
}

static struct vmt_snapshot *make_snapshot(unsigned domains)
{
    struct vmt_part *part = vmt_part_new();
    for (unsigned i = 0; i < domains; i++) {
        char name[16];
        snprintf(name, sizeof name, "web-%u", i);
        const struct vmt_domain *domain = vmt_part_add_domain(part, name, "6f1a0b1e-4c0f-4f25-9d2e-1f8a5c3b7d90");
        struct vmt_sample *sample = vmt_part_add(part, VMT_ENTITY_DOMAIN, domain, (const char *[]){name});
        vmt_sample_set(sample, VMT_ENTITY_DOMAIN, "cpu.time", vmt_integer(i));
    }
    struct vmt_snapshot *snapshot = vmt_snapshot_new(&part, 1);
    vmt_part_unref(part);
    return snapshot;
}

static bool has(const struct vmt_body *body, const char *part)
{
    return memmem(body->text.bytes, body->text.length, part, strlen(part));
}

static void bodies_hold_the_snapshot_and_the_exporter_itself(void **state)
{
    (void)state;
    struct vmt_renderer *renderer;
    struct wisher wisher = {0};
    struct vmt_snapshot *snapshot = make_snapshot(1);
    assert_int_equal(vmt_renderer_new(&self, &renderer), 0);
    wish(renderer, &wisher, snapshot, VMT_FORMAT_OPENMETRICS, VMT_COLLECTORS_ALL, false);
    take(&wisher);
    assert_false(wisher.body->is_gzip);
    assert_true(has(wisher.body, "\nlibvirt_domain_cpu_seconds_total{domain=\"web-0\"} 0\n"));
    assert_true(has(wisher.body, "\nprocess_open_fds "));
    assert_true(has(wisher.body, "libvirt_exporter_build_info{version=\"1.2.3\"} 1\n"));
    assert_true(has(wisher.body, "\n# EOF\n"));
    vmt_body_unref(wisher.body);
    vmt_renderer_free(renderer);
    vmt_snapshot_unref(snapshot);
}

enum { SAME, SAME_TOO, OTHER_FORMAT, OTHER_COLLECTORS, OTHER_ENCODING, OTHER_SNAPSHOT, SAME_AGAIN, WISHERS };

static void those_who_wait_for_the_same_get_the_same_body(void **state)
{
    (void)state;
    struct vmt_renderer *renderer;
    struct wisher first = {0}, wishers[WISHERS] = {0};
    sem_t release;
    sem_init(&release, 0, 0);
    first.holds = &release; /* so that all others wait together */
    struct vmt_snapshot *snapshot = make_snapshot(100), *other = make_snapshot(100);
    assert_int_equal(vmt_renderer_new(&self, &renderer), 0);
    wish(renderer, &first, snapshot, VMT_FORMAT_TEXT, 0, false);
    take(&first);
    for (unsigned i = 0; i < WISHERS; i++)
        wish(renderer, &wishers[i], i == OTHER_SNAPSHOT ? other : snapshot,
             i == OTHER_FORMAT ? VMT_FORMAT_OPENMETRICS : VMT_FORMAT_TEXT,
             i == OTHER_COLLECTORS ? VMT_COLLECTOR_BIT(VMT_COLLECTOR_CPU) : VMT_COLLECTORS_ALL, i == OTHER_ENCODING);
    sem_post(&release);
    for (unsigned i = 0; i < WISHERS; i++)
        take(&wishers[i]);
    assert_ptr_equal(wishers[SAME].body, wishers[SAME_TOO].body);
    assert_ptr_equal(wishers[SAME].body, wishers[SAME_AGAIN].body);
    assert_int_equal(wishers[SAME].body->references, 3);
    for (unsigned i = OTHER_FORMAT; i <= OTHER_SNAPSHOT; i++)
        assert_ptr_not_equal(wishers[i].body, wishers[SAME].body);
    assert_true(wishers[OTHER_ENCODING].body->is_gzip);
    assert_true(has(wishers[OTHER_FORMAT].body, "# EOF\n"));
    vmt_body_unref(first.body);
    for (unsigned i = 0; i < WISHERS; i++)
        vmt_body_unref(wishers[i].body);
    vmt_renderer_free(renderer);
    sem_destroy(&release);
    vmt_snapshot_unref(snapshot);
    vmt_snapshot_unref(other);
}

/* Answers as a server that is stopping: the body is given back on the renderer's own thread. */
static void on_ready_forget(struct vmt_rendering *rendering, struct vmt_body *body)
{
    struct wisher *wisher = (struct wisher *)rendering;
    sem_post(&wisher->is_ready);
    vmt_body_unref(body);
}

static void what_is_wished_before_the_end_is_fulfilled(void **state)
{
    (void)state;
    struct vmt_renderer *renderer;
    struct wisher wishers[4] = {0};
    struct vmt_snapshot *snapshots[4];
    assert_int_equal(vmt_renderer_new(&self, &renderer), 0);
    for (unsigned i = 0; i < 4; i++) {
        snapshots[i] = make_snapshot(2000);
        sem_init(&wishers[i].is_ready, 0, 0);
        wishers[i].rendering =
            (struct vmt_rendering){NULL, snapshots[i], VMT_FORMAT_TEXT, VMT_COLLECTORS_ALL, true, on_ready_forget};
        vmt_renderer_submit(renderer, &wishers[i].rendering);
    }
    vmt_renderer_free(renderer);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(sem_trywait(&wishers[i].is_ready), 0);
        sem_destroy(&wishers[i].is_ready);
        vmt_snapshot_unref(snapshots[i]);
    }
}

static void a_big_buffer_is_used_again(void **state)
{
    (void)state;
    struct vmt_renderer *renderer;
    struct vmt_snapshot *snapshot = make_snapshot(5000);
    const char *bytes = NULL;
    assert_int_equal(vmt_renderer_new(&self, &renderer), 0);
    for (unsigned i = 0; i < 5; i++) {
        struct wisher wisher = {0};
        bool is_gzip = i % 2;
        wish(renderer, &wisher, snapshot, VMT_FORMAT_TEXT, VMT_COLLECTORS_ALL, is_gzip);
        take(&wisher);
        if (is_gzip)
            assert_int_equal(wisher.body->text.capacity, wisher.body->text.length); /* nothing is held for nothing */
        else if (bytes)
            assert_ptr_equal(wisher.body->text.bytes, bytes);
        else
            bytes = wisher.body->text.bytes;
        vmt_body_unref(wisher.body);
    }
    vmt_renderer_free(renderer);
    vmt_snapshot_unref(snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_hold_the_snapshot_and_the_exporter_itself),
        cmocka_unit_test(those_who_wait_for_the_same_get_the_same_body),
        cmocka_unit_test(what_is_wished_before_the_end_is_fulfilled),
        cmocka_unit_test(a_big_buffer_is_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
