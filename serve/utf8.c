/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/utf8.h"

size_t vmt_utf8_read(const char *text, uint32_t *ret_point)
{
    const unsigned char *byte = (const unsigned char *)text;
    if (*byte < 0x80) {
        *ret_point = *byte;
        return 1;
    }
    size_t length = *byte >= 0xF0 ? 4 : *byte >= 0xE0 ? 3 : 2;
    if (*byte < 0xC2 || *byte > 0xF4)
        return 0;
    uint32_t point = *byte & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (byte[i] & 0x3F);
    }
    static const uint32_t least[] = {[2] = 0x80, [3] = 0x800, [4] = 0x10000};
    if (point < least[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
        return 0;
    *ret_point = point;
    return length;
}

bool vmt_utf8_is_dangerous(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0x061C ||
           (point >= 0x200B && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
           (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF;
}
