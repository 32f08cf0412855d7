/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct record {
    struct vmt_text text; /* name=data; for each */
    unsigned count, limit;
};

static bool note(void *arg, const char *name, const char *data)
{
    struct record *record = arg;
    vmt_text_printf(&record->text, "%s=%s;", name, data);
    return ++record->count != record->limit;
}

/* All events of a stream that comes in pieces of so many bytes; lives until the next call. */
static const char *events(const char *bytes, size_t length, size_t piece)
{
    static struct record record;
    vmt_text_done(&record.text);
    record = (struct record){.limit = 0};
    struct vmt_stream stream = {.event = note, .arg = &record};
    for (size_t i = 0; i < length; i += piece)
        assert_true(vmt_stream_take(&stream, bytes + i, length - i < piece ? length - i : piece));
    vmt_stream_done(&stream);
    vmt_text_add(&record.text, "", 1);
    return record.text.bytes;
}

static void events_are_the_same_in_whatever_pieces_they_come(void **state)
{
    static const char bytes[] =
        ": hello\n\nid: 1\nevent: a\ndata: {1}\n\n"
        "event: b\r\ndata: x\r\ndata:  y\r\n\r\n: keepalive\n\ndata: z\n\nevent: c\n\ndata: cut";
    (void)state;
    for (size_t piece = 1; piece < sizeof bytes; piece++)
        assert_string_equal(events(bytes, sizeof bytes - 1, piece), "a={1};b=x\n y;=z;");
}

static void the_reader_can_end_it(void **state)
{
    static const char bytes[] = "data: 1\n\ndata: 2\n\ndata: 3\n\n";
    struct record record = {.limit = 2};
    struct vmt_stream stream = {.event = note, .arg = &record};
    (void)state;
    assert_false(vmt_stream_take(&stream, bytes, sizeof bytes - 1));
    assert_int_equal(record.count, 2);
    vmt_stream_done(&stream);
    vmt_text_done(&record.text);
}

static void what_is_too_long_is_left_out_and_not_kept(void **state)
{
    enum { LONG = 3 << 20 };
    char *bytes = malloc(LONG + 64);
    (void)state;
    assert_non_null(bytes);
    size_t length = (size_t)sprintf(bytes, "data: ");
    memset(bytes + length, 'x', LONG);
    length += LONG;
    length += (size_t)sprintf(bytes + length, "\n\ndata: 1\n\n");
    assert_string_equal(events(bytes, length, 65536), "=1;");
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_the_same_in_whatever_pieces_they_come),
        cmocka_unit_test(the_reader_can_end_it),
        cmocka_unit_test(what_is_too_long_is_left_out_and_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
