#include "report/character.h"

#include "base/compiler.h"

static size_t sequence_length(struct bw_str s)
{
    uint8_t first = (uint8_t)s.p[0];
    size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    return s.n >= n && bw_str_is_utf8(bw_str_take(s, n)) ? n : 0;
}

static uint32_t code_point(struct bw_str sequence)
{
    static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t value = (uint8_t)sequence.p[0] & masks[sequence.n];
    for (size_t i = 1; i < sequence.n; i++)
        value = value << 6 | ((uint8_t)sequence.p[i] & 0x3f);
    return value;
}

struct bw_character bw_character_take(struct bw_str *s)
{
    size_t n = sequence_length(*s);
    struct bw_character character = {.bytes = bw_str_take(*s, n ? n : 1), .valid = n > 0};
    if (n)
        character.code_point = code_point(character.bytes);
    *s = bw_str_from(*s, character.bytes.n);
    return character;
}

bool bw_character_is_plain(const struct bw_character *character)
{
    /* First and last of each range. Unicode 15, general categories Cc and Cf, and the separators of
     * lines and paragraphs; the rest of Cf (Arabic number signs and the like) is visible. */
    static const uint32_t hidden[][2] = {
        {0x0000, 0x001f},   {0x007f, 0x009f}, {0x00ad, 0x00ad}, {0x061c, 0x061c},
        {0x180e, 0x180e},   {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
        {0xfdd0, 0xfdef},   {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0x1d173, 0x1d17a},
        {0xe0000, 0xe0fff},
    };
    uint32_t c = character->code_point;
    if (!character->valid || (c & 0xfffe) == 0xfffe)
        return false;
    for (size_t i = 0; i < BW_ARRAY_LEN(hidden) && c >= hidden[i][0]; i++)
        if (c <= hidden[i][1])
            return false;
    return true;
}
