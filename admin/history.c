/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/history.h"
#include "admin/audit_line.h"
#include "admin/trusted_file.h"
#include "common/arena.h"
#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct vmt_history {
    struct vmt_arena texts;
    json_t *places; /* of operations, by their ids */
    struct vmt_history_operation *operations;
    unsigned count, capacity, skipped;
};

struct vmt_history *vmt_history_new(void)
{
    struct vmt_history *history = calloc(1, sizeof *history);
    if (!history)
        return NULL;
    vmt_arena_init(&history->texts);
    history->places = json_object();
    if (history->places)
        return history;
    vmt_history_free(history);
    return NULL;
}

void vmt_history_free(struct vmt_history *history)
{
    if (!history)
        return;
    json_decref(history->places);
    vmt_arena_done(&history->texts);
    free(history->operations);
    free(history);
}

static int reserve(struct vmt_history *history)
{
    if (history->count < history->capacity)
        return 0;
    unsigned capacity = history->capacity ? 2 * history->capacity : 64;
    struct vmt_history_operation *operations = reallocarray(history->operations, capacity, sizeof *operations);
    if (!operations)
        return -ENOMEM;
    history->operations = operations;
    history->capacity = capacity;
    return 0;
}

/* ---- one line */

struct line {
    const char *event, *time_text, *target_kind;
    uint64_t time_ns;
    json_int_t uid, gid, pid, duration_ms;
    const json_t *groups;
    int changed;
    struct vmt_history_operation operation; /* its texts belong to the JSON */
};

static enum vmt_target target_called(const char *name)
{
    for (int i = 0; i < VMT_TARGET_COUNT; i++)
        if (!strcmp(vmt_target_names[i], name))
            return (enum vmt_target)i;
    return VMT_TARGET_COUNT;
}

static bool unpack(json_t *json, struct line *line)
{
    struct vmt_history_operation *operation = &line->operation;
    int failed = json_unpack(
        json, "{s:s,s:s,s?s,s?s,s?s,s?s,s:I,s?I,s?o,s:I,s:s,s:{s:s,s?s,s?s},s?s,s?s,s?s,s?b,s?I}", "event",
        &line->event, "time", &line->time_text, "operation", &operation->operation, "request", &operation->request,
        "key", &operation->key, "fingerprint", &operation->fingerprint, "uid", &line->uid, "gid", &line->gid, "groups",
        &line->groups, "pid", &line->pid, "action", &operation->action, "target", "kind", &line->target_kind, "uuid",
        &operation->uuid, "name", &operation->name, "result", &operation->result, "problem", &operation->problem,
        "detail", &operation->detail, "changed", &line->changed, "duration_ms", &line->duration_ms);
    if (failed || !vmt_audit_read_time(line->time_text, &line->time_ns) || line->uid < 0 || line->uid > UINT32_MAX ||
        line->duration_ms < 0 || (uint64_t)line->duration_ms > line->time_ns / VMT_MS)
        return false;
    operation->uid = (uid_t)line->uid;
    operation->gid = (gid_t)line->gid;
    operation->pid = (pid_t)line->pid;
    operation->changed = line->changed;
    operation->target = target_called(line->target_kind);
    return operation->target != VMT_TARGET_COUNT;
}

/* Copies the texts of the JSON; false when there is no memory. */
static bool keep_texts(struct vmt_history *history, struct vmt_history_operation *operation)
{
    const char **const texts[] = {&operation->operation, &operation->request, &operation->key,  &operation->fingerprint,
                                  &operation->action,    &operation->uuid,    &operation->name, &operation->result,
                                  &operation->problem,   &operation->detail};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (*texts[i] && !(*texts[i] = vmt_arena_strdup(&history->texts, *texts[i])))
            return false;
    return true;
}

static bool keep_groups(struct vmt_history *history, const json_t *groups, struct vmt_history_operation *operation)
{
    size_t count = json_array_size(groups);
    gid_t *kept = count ? vmt_arena_alloc(&history->texts, count * sizeof *kept) : NULL;
    for (size_t i = 0; kept && i < count; i++)
        kept[i] = (gid_t)json_integer_value(json_array_get(groups, i));
    operation->groups = kept;
    operation->group_count = kept ? count : 0;
    return kept || !count;
}

static struct vmt_history_operation *find(struct vmt_history *history, const char *id)
{
    const json_t *place = json_object_get(history->places, id);
    return place ? &history->operations[json_integer_value(place)] : NULL;
}

/* Makes room for what is newer, which is what counts: an old one that ends later still says all by that. */
static int forget_older_half(struct vmt_history *history)
{
    unsigned gone = history->count / 2;
    history->count -= gone;
    memmove(history->operations, history->operations + gone, history->count * sizeof *history->operations);
    json_object_clear(history->places);
    for (unsigned i = 0; i < history->count; i++)
        if (json_object_set_new(history->places, history->operations[i].operation, json_integer(i)) < 0)
            return -ENOMEM;
    return 0;
}

/* A result whose intent was in a file that is gone says all the same. */
static int add_operation(struct vmt_history *history, const struct line *line, bool is_result)
{
    if (history->count == VMT_HISTORY_OPERATIONS_MAX && forget_older_half(history) < 0)
        return -ENOMEM;
    struct vmt_history_operation operation = line->operation;
    operation.began_ns = line->time_ns - (is_result ? (uint64_t)line->duration_ms * VMT_MS : 0);
    operation.ended_ns = is_result ? line->time_ns : 0;
    if (!is_result) {
        operation.result = operation.problem = operation.detail = NULL;
        operation.changed = -1;
    }
    if (reserve(history) < 0 || !keep_texts(history, &operation) || !keep_groups(history, line->groups, &operation) ||
        json_object_set_new(history->places, operation.operation, json_integer(history->count)) < 0)
        return -ENOMEM;
    history->operations[history->count++] = operation;
    return 0;
}

static int finish_operation(struct vmt_history *history, struct vmt_history_operation *known, const struct line *line)
{
    struct vmt_history_operation ended = line->operation;
    if (!keep_texts(history, &ended))
        return -ENOMEM;
    known->result = ended.result;
    known->problem = ended.problem;
    known->detail = ended.detail;
    known->changed = ended.changed;
    known->ended_ns = line->time_ns;
    return 0;
}

static int take(struct vmt_history *history, const struct line *line)
{
    const char *id = line->operation.operation;
    bool is_result = !strcmp(line->event, VMT_AUDIT_RESULT), is_intent = !strcmp(line->event, VMT_AUDIT_INTENT);
    if (!strcmp(line->event, VMT_AUDIT_DENIAL))
        return 0;
    struct vmt_history_operation *known = id ? find(history, id) : NULL;
    if (id && !known && (is_intent || (is_result && line->operation.result)))
        return add_operation(history, line, is_result);
    if (known && is_result && line->operation.result)
        return finish_operation(history, known, line);
    history->skipped++;
    return 0;
}

static int add_line(struct vmt_history *history, const char *text, size_t length)
{
    struct line line = {.changed = -1};
    json_t *json = length <= VMT_AUDIT_LINE_MAX ? json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL) : NULL;
    int result = 0;
    if (json && unpack(json, &line))
        result = take(history, &line);
    else
        history->skipped++;
    json_decref(json);
    return result;
}

int vmt_history_add(struct vmt_history *history, FILE *file)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    int result = 0;
    while (!result && (length = getline(&line, &size, file)) > 0)
        result = add_line(history, line, (size_t)length);
    free(line);
    return result;
}

/* ---- files */

/* Positions the file where at most VMT_HISTORY_BYTES_MAX are left, at the start of a line. */
static void skip_start(FILE *file)
{
    struct stat info;
    if (fstat(fileno(file), &info) < 0 || info.st_size <= VMT_HISTORY_BYTES_MAX)
        return;
    fseeko(file, info.st_size - VMT_HISTORY_BYTES_MAX, SEEK_SET);
    for (int c = getc(file); c != EOF && c != '\n';)
        c = getc(file);
}

static int read_file(struct vmt_history *history, const char *path, uid_t owner, struct vmt_error *error)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return vmt_error_set(error, -errno, "'%s': %s", path, strerror(errno));
    int result = vmt_trusted_file_check(fd, path, owner, S_IWGRP | S_IWOTH, error);
    FILE *file = result ? NULL : fdopen(fd, "r");
    if (!file) {
        close(fd);
        return result ? result : vmt_error_set(error, -ENOMEM, "no memory");
    }
    skip_start(file);
    result = vmt_history_add(history, file);
    if (result < 0)
        vmt_error_set(error, result, "'%s': no memory", path);
    else if (ferror(file))
        result = vmt_error_set(error, -EIO, "'%s': %s", path, strerror(EIO));
    fclose(file);
    return result;
}

int vmt_history_read(struct vmt_history *history, const char *path, uid_t owner, struct vmt_error *error)
{
    char *before = NULL;
    if (asprintf(&before, "%s.1", path) < 0)
        return vmt_error_set(error, -ENOMEM, "no memory");
    int result = read_file(history, before, owner, error);
    free(before);
    return result ? result : read_file(history, path, owner, error);
}

void vmt_history_forget_before(struct vmt_history *history, uint64_t since_ns)
{
    unsigned kept = 0;
    json_object_clear(history->places);
    for (unsigned i = 0; i < history->count; i++) {
        const struct vmt_history_operation *operation = &history->operations[i];
        if (!operation->ended_ns || operation->ended_ns >= since_ns || operation->began_ns >= since_ns)
            history->operations[kept++] = *operation;
    }
    history->count = kept;
}

const struct vmt_history_operation *vmt_history_operations(const struct vmt_history *history, unsigned *ret_count)
{
    *ret_count = history->count;
    return history->operations;
}

unsigned vmt_history_skipped(const struct vmt_history *history)
{
    return history->skipped;
}
