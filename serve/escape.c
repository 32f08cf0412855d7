/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/escape.h"
#include "serve/utf8.h"

/* What a byte below 0x80 is written as; NULL: as it is. */
typedef const char *escape_of(char byte);

static const char *of_label(char byte)
{
    return byte == '\\' ? "\\\\" : byte == '"' ? "\\\"" : byte == '\n' ? "\\n" : NULL;
}

static const char *of_help(char byte)
{
    return byte == '"' ? NULL : of_label(byte);
}

static const char *of_html(char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static inline void escape(struct vmt_text *text, const char *string, escape_of *of)
{
    const char *plain = string; /* what has not been copied yet */
    while (*string) {
        uint32_t point;
        size_t length = vmt_utf8_read(string, &point);
        const char *instead = length == 1 ? of(*string) : length ? NULL : VMT_UTF8_REPLACEMENT;
        if (!instead) {
            string += length;
            continue;
        }
        vmt_text_add(text, plain, (size_t)(string - plain));
        vmt_text_add_string(text, instead);
        plain = ++string;
    }
    vmt_text_add(text, plain, (size_t)(string - plain));
}

void vmt_escape_label(struct vmt_text *text, const char *string)
{
    escape(text, string, of_label);
}

void vmt_escape_help(struct vmt_text *text, const char *string)
{
    escape(text, string, of_help);
}

void vmt_escape_html(struct vmt_text *text, const char *string)
{
    escape(text, string, of_html);
}
