/*
 * character.h: the characters of a text from outside, one by one (RFC 3629).
 */
#ifndef BW_REPORT_CHARACTER_H
#define BW_REPORT_CHARACTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* What stands for a character that must not be shown: U+FFFD. */
#define BW_CHARACTER_REPLACEMENT BW_STR("\xef\xbf\xbd")

struct bw_character {
    struct bw_str bytes; /* as they stand in the text */
    uint32_t code_point;
    bool valid; /* well-formed UTF-8; otherwise it is one byte */
};

/* Cuts the first character off a text that is not empty. */
struct bw_character bw_character_take(struct bw_str *s);

/* Whether a reader sees it as it is meant: no control character, nothing that hides, reorders or
 * overlays its neighbours (bidirectional controls, joiners, tags, variation of lines), no
 * noncharacter. Of the control characters none is, not even a tab. */
bool bw_character_is_plain(const struct bw_character *character);

#endif
