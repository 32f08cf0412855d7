/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/log.h"
#include "serve/utf8.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *const vmt_log_levels[] = {"debug", "info", "warn", "error", NULL};
const char *const vmt_log_formats[] = {"logfmt", "json", NULL};

static const struct {
    enum vmt_log_level level;
    const char *message;
    const char *object; /* the key of what the notice is about */
} notices[VMT_NOTICE_COUNT] = {
    [VMT_NOTICE_CONNECTED] = {VMT_LOG_INFO, "connected to libvirt", "uri"},
    [VMT_NOTICE_DISCONNECTED] = {VMT_LOG_WARN, "no connection to libvirt", "uri"},
    [VMT_NOTICE_CALL_FAILED] = {VMT_LOG_WARN, "libvirt call fails", "object"},
    [VMT_NOTICE_CALL_RECOVERED] = {VMT_LOG_INFO, "libvirt call works again", "object"},
    [VMT_NOTICE_DOMAIN_STUCK] = {VMT_LOG_WARN, "domain is stuck", "domain"},
    [VMT_NOTICE_DOMAIN_WHOLE] = {VMT_LOG_INFO, "domain answers again", "domain"},
    [VMT_NOTICE_UNKNOWN_PARAMETER] = {VMT_LOG_INFO, "libvirt sends a parameter unknown to this version", "parameter"},
};

/* A pipe takes a line of this size whole, whoever else writes into it. */
enum { LINE_MAX_LENGTH = 4096, VALUE_MAX_LENGTH = 1024, CLOSING = 8 };

struct line {
    char bytes[LINE_MAX_LENGTH];
    size_t length;
};

static bool add(struct line *line, const char *bytes, size_t length)
{
    if (line->length + length > sizeof line->bytes - CLOSING)
        return false;
    memcpy(line->bytes + line->length, bytes, length);
    line->length += length;
    return true;
}

/* One character of a quoted text; both formats escape alike. */
static bool add_character(struct line *line, const char *character, size_t length, uint32_t point)
{
    if (!length)
        return add(line, VMT_UTF8_REPLACEMENT, strlen(VMT_UTF8_REPLACEMENT));
    if (point == '"' || point == '\\')
        return add(line, (char[]){'\\', (char)point}, 2);
    if (!vmt_utf8_is_dangerous(point))
        return add(line, character, length);
    if (point == '\n')
        return add(line, "\\n", 2);
    char escaped[8];
    snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)(point & 0xFFFF));
    return add(line, escaped, 6);
}

static void add_quoted(struct line *line, const char *text)
{
    size_t before = line->length;
    if (!add(line, "\"", 1))
        return;
    while (*text && line->length - before < VALUE_MAX_LENGTH) {
        uint32_t point = 0;
        size_t length = vmt_utf8_read(text, &point);
        if (!add_character(line, text, length, point))
            break;
        text += length ? length : 1;
    }
    line->bytes[line->length++] = '"'; /* CLOSING keeps room for it */
}

static bool is_word(const char *text)
{
    for (const char *c = text; *c; c++)
        if (*c <= ' ' || *c > '~' || *c == '"' || *c == '=' || *c == '\\')
            return false;
    return *text;
}

static void add_pair(struct line *line, enum vmt_log_format format, const char *key, const char *value)
{
    size_t before = line->length, key_length = strlen(key);
    bool is_json = format == VMT_LOG_JSON, is_first = before <= 1;
    bool fits = (is_first || add(line, is_json ? "," : " ", 1)) && (!is_json || add(line, "\"", 1)) &&
                add(line, key, key_length) && add(line, is_json ? "\":" : "=", is_json ? 2 : 1);
    if (!fits || line->length + 2 > sizeof line->bytes - CLOSING)
        line->length = before;
    else if (is_json || !is_word(value) || strlen(value) > VALUE_MAX_LENGTH || !add(line, value, strlen(value)))
        add_quoted(line, value);
}

static void print_now(char *text, size_t size)
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t length = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + length, size - length, ".%03ldZ", now.tv_nsec / 1000000);
}

/* Nobody can be told that the log cannot be written. */
static void write_line(const struct vmt_log *log, const struct line *line)
{
    ssize_t written;
    do
        written = write(log->fd, line->bytes, line->length);
    while (written < 0 && errno == EINTR);
}

void vmt_log_write(const struct vmt_log *log, enum vmt_log_level level, const char *message, ...)
{
    if (level < log->level)
        return;
    struct line line = {.length = 0};
    char now[40];
    print_now(now, sizeof now);
    if (log->format == VMT_LOG_JSON)
        add(&line, "{", 1);
    add_pair(&line, log->format, "time", now);
    add_pair(&line, log->format, "level", vmt_log_levels[level]);
    add_pair(&line, log->format, "msg", message);
    va_list pairs;
    va_start(pairs, message);
    for (const char *key; (key = va_arg(pairs, const char *));) {
        const char *value = va_arg(pairs, const char *);
        if (value)
            add_pair(&line, log->format, key, value);
    }
    va_end(pairs);
    if (log->format == VMT_LOG_JSON)
        line.bytes[line.length++] = '}';
    line.bytes[line.length++] = '\n';
    write_line(log, &line);
}

void vmt_log_notice(void *log, const struct vmt_notice *notice)
{
    assert(notice->kind < VMT_NOTICE_COUNT);
    vmt_log_write(log, notices[notice->kind].level, notices[notice->kind].message, notices[notice->kind].object,
                  notice->object, "detail", notice->text, NULL);
}
