/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/compress.h"

#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>

/* ISA-L's second fastest level packs expositions to an eighth at 1.3 GB/s; the ones above only cost more. */
enum { LEVEL = 1 };

struct vmt_compressor {
    struct isal_zstream stream;
    uint8_t memory[ISAL_DEF_LVL1_DEFAULT];
};

struct vmt_compressor *vmt_compressor_new(void)
{
    return malloc(sizeof(struct vmt_compressor));
}

void vmt_compressor_free(struct vmt_compressor *compressor)
{
    free(compressor);
}

/* What does not shrink is stored: 5 bytes for each block of 64 KiB, and the member's header and trailer. */
static size_t worst_case(size_t length)
{
    return length + (length / 65535 + 1) * 5 + 32;
}

int vmt_compressor_gzip(struct vmt_compressor *compressor, const struct vmt_text *plain, struct vmt_text *packed)
{
    size_t room = worst_case(plain->length);
    if (room > UINT32_MAX || !vmt_text_reserve(packed, room))
        return -ENOMEM;
    struct isal_zstream *stream = &compressor->stream;
    isal_deflate_stateless_init(stream);
    stream->level = LEVEL;
    stream->level_buf = compressor->memory;
    stream->level_buf_size = sizeof compressor->memory;
    stream->gzip_flag = IGZIP_GZIP;
    stream->flush = NO_FLUSH;
    stream->end_of_stream = 1;
    stream->next_in = (uint8_t *)plain->bytes;
    stream->avail_in = (uint32_t)plain->length;
    stream->next_out = (uint8_t *)packed->bytes + packed->length;
    stream->avail_out = (uint32_t)room;
    if (isal_deflate_stateless(stream) != COMP_OK)
        return -ENOMEM;
    packed->length += stream->total_out;
    return 0;
}
