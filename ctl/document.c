/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/document.h"

#include <errno.h>

enum { PIECE = 4096 };

static int read_stream(const char *path, FILE *stream, struct vmt_text *text, struct vmt_error *error)
{
    size_t got;
    do {
        if (!vmt_text_reserve(text, PIECE))
            return vmt_error_set(error, -ENOMEM, "no memory");
        got = fread(text->bytes + text->length, 1, PIECE - 1, stream);
        text->length += got;
        if (text->length > VMT_DOCUMENT_BYTES_MAX)
            return vmt_error_set(error, -EFBIG, "'%s' is longer than a mebibyte", path);
    } while (got);
    if (ferror(stream))
        return vmt_error_set(error, -EIO, "cannot read '%s': %s", path, strerror(errno));
    if (memchr(text->bytes, 0, text->length))
        return vmt_error_set(error, -EINVAL, "'%s' is no XML: there is a zero byte in it", path);
    text->bytes[text->length] = '\0'; /* which the last piece left room for */
    return 0;
}

int vmt_document_read(const char *path, FILE *in, struct vmt_text *ret_text, struct vmt_error *error)
{
    bool is_standard_input = !strcmp(path, "-");
    FILE *stream = is_standard_input ? in : fopen(path, "re");
    if (!stream)
        return vmt_error_set(error, -errno, "cannot read '%s': %s", path, strerror(errno));
    int failed = read_stream(path, stream, ret_text, error);
    if (!is_standard_input)
        fclose(stream);
    return failed;
}
