/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/accept.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* One element of a header, such as `text/plain;version=0.0.4;q=0.5`. What is longer than its room matches nothing. */
struct range {
    char name[48];
    char version[16], escaping[16];
    double quality;
};

/* How closely a range names a thing. */
enum { WILDCARD = 1, HALF_WILDCARD, NAME, NAME_AND_VERSION };

/* Where the piece ends that `text` begins with: at a comma or semicolon outside quotes, or at the end. */
static const char *piece_end(const char *text)
{
    bool is_quoted = false;
    for (; *text; text++) {
        if (is_quoted && *text == '\\' && text[1])
            text++;
        else if (*text == '"')
            is_quoted = !is_quoted;
        else if (!is_quoted && (*text == ',' || *text == ';'))
            break;
    }
    return text;
}

/* Copies without the space and the quotes around it. What does not fit becomes "?". */
static void copy_piece(const char *begin, const char *end, char *to, size_t room)
{
    while (begin < end && isspace((unsigned char)*begin))
        begin++;
    while (begin < end && isspace((unsigned char)end[-1]))
        end--;
    if (end - begin >= 2 && *begin == '"' && end[-1] == '"')
        begin++, end--;
    if ((size_t)(end - begin) < room)
        snprintf(to, room, "%.*s", (int)(end - begin), begin);
    else
        snprintf(to, room, "?");
}

static double read_quality(const char *text)
{
    if (!*text || strspn(text, "0123456789.") != strlen(text))
        return 1;
    double quality = strtod(text, NULL);
    return quality < 1 ? quality : 1;
}

static void read_parameter(const char *begin, const char *end, struct range *range)
{
    const char *equals = memchr(begin, '=', (size_t)(end - begin));
    if (!equals)
        return;
    char key[16], quality[16];
    copy_piece(begin, equals, key, sizeof key);
    if (!strcasecmp(key, "version")) {
        copy_piece(equals + 1, end, range->version, sizeof range->version);
    } else if (!strcasecmp(key, "escaping")) {
        copy_piece(equals + 1, end, range->escaping, sizeof range->escaping);
    } else if (!strcasecmp(key, "q")) {
        copy_piece(equals + 1, end, quality, sizeof quality);
        range->quality = read_quality(quality);
    }
}

/* Reads the element that `text` begins with; returns the next one, or NULL after the last. */
static const char *read_range(const char *text, struct range *ret_range)
{
    *ret_range = (struct range){.quality = 1};
    const char *end = piece_end(text);
    copy_piece(text, end, ret_range->name, sizeof ret_range->name);
    while (*end == ';') {
        text = end + 1;
        end = piece_end(text);
        read_parameter(text, end, ret_range);
    }
    return *end ? end + 1 : NULL;
}

static bool is_one_of(const char *version, const char *a, const char *b)
{
    return !strcmp(version, a) || !strcmp(version, b);
}

/* The closest range decides; of several that are as close, the best. */
static void prefer(struct vmt_preference *preference, const struct range *range, unsigned specificity,
                   unsigned position)
{
    if (specificity < preference->specificity ||
        (specificity == preference->specificity && range->quality <= preference->quality))
        return;
    *preference = (struct vmt_preference){range->quality, specificity, position, ""};
    memcpy(preference->escaping, range->escaping, sizeof preference->escaping);
}

static void take_type(struct vmt_accept *accept, const struct range *range)
{
    unsigned position = accept->count++;
    if (!strcmp(range->name, "*/*")) {
        prefer(&accept->text, range, WILDCARD, position);
        prefer(&accept->openmetrics, range, WILDCARD, position);
    } else if (!strcasecmp(range->name, "text/*")) {
        prefer(&accept->text, range, HALF_WILDCARD, position);
    } else if (!strcasecmp(range->name, "application/*")) {
        prefer(&accept->openmetrics, range, HALF_WILDCARD, position);
    } else if (!strcasecmp(range->name, "text/plain")) {
        if (!*range->version)
            prefer(&accept->text, range, NAME, position);
        else if (!strcmp(range->version, "0.0.4"))
            prefer(&accept->text, range, NAME_AND_VERSION, position);
        else if (!strcmp(range->version, "1.0.0"))
            prefer(&accept->text_1, range, NAME_AND_VERSION, position);
    } else if (!strcasecmp(range->name, "application/openmetrics-text")) {
        if (!*range->version)
            prefer(&accept->openmetrics, range, NAME, position);
        else if (is_one_of(range->version, "1.0.0", "0.0.1"))
            prefer(&accept->openmetrics, range, NAME_AND_VERSION, position);
    }
}

void vmt_accept_add(struct vmt_accept *accept, const char *header)
{
    struct range range;
    while (header) {
        header = read_range(header, &range);
        take_type(accept, &range);
    }
}

void vmt_accept_add_encoding(struct vmt_accept *accept, const char *header)
{
    struct range range;
    while (header) {
        header = read_range(header, &range);
        unsigned position = accept->count++;
        if (!strcasecmp(range.name, "gzip") || !strcasecmp(range.name, "x-gzip")) {
            prefer(&accept->gzip, &range, NAME, position);
        } else if (!strcasecmp(range.name, "identity")) {
            prefer(&accept->identity, &range, NAME, position);
        } else if (!strcmp(range.name, "*")) {
            prefer(&accept->gzip, &range, WILDCARD, position);
            prefer(&accept->identity, &range, WILDCARD, position);
        }
    }
}

/* Of two that are wanted as much, the one that is named more closely, or else earlier; then `b`. */
static bool is_preferred(const struct vmt_preference *a, const struct vmt_preference *b)
{
    if (a->quality != b->quality)
        return a->quality > b->quality;
    if (a->specificity != b->specificity)
        return a->specificity > b->specificity;
    return a->position < b->position;
}

/* Our names need no escaping, so any scheme gives the same bytes, except two that would double underscores. */
static const char *escaping_of(const struct vmt_preference *preference)
{
    return strcasecmp(preference->escaping, "allow-utf-8") ? "underscores" : "allow-utf-8";
}

enum vmt_format vmt_accept_format(const struct vmt_accept *accept, char ret_content_type[VMT_CONTENT_TYPE])
{
    bool is_text_1 = accept->text.quality == 0 && accept->text_1.quality > 0;
    const struct vmt_preference *text = is_text_1 ? &accept->text_1 : &accept->text;
    if (accept->openmetrics.quality > 0 && is_preferred(&accept->openmetrics, text)) {
        bool has_escaping = *accept->openmetrics.escaping;
        snprintf(ret_content_type, VMT_CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8%s%s",
                 has_escaping ? "; escaping=" : "", has_escaping ? escaping_of(&accept->openmetrics) : "");
        return VMT_FORMAT_OPENMETRICS;
    }
    if (is_text_1)
        snprintf(ret_content_type, VMT_CONTENT_TYPE, "text/plain; version=1.0.0; charset=utf-8; escaping=%s",
                 escaping_of(text));
    else
        snprintf(ret_content_type, VMT_CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    return VMT_FORMAT_TEXT;
}

bool vmt_accept_gzip(const struct vmt_accept *accept)
{
    const struct vmt_preference *gzip = &accept->gzip, *identity = &accept->identity;
    if (gzip->quality == 0)
        return false;
    /* `*` alone is no wish for compression. */
    return gzip->quality > identity->quality || (gzip->quality == identity->quality && gzip->specificity == NAME);
}
