#include "know/epss.h"

#include "know/osv.h"

#define MILLION  1000000u
#define DATE_MAX 40

static const struct bw_str COMMENT = {"#model_version:", 15};
static const struct bw_str HEAD = {"cve,epss,percentile", 19};

bool bw_epss_is(struct bw_str text)
{
    return bw_str_starts(text, COMMENT) || bw_str_starts(text, HEAD);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "e-05": how many places the point moves to the left; 0 without. */
static bool take_exponent(struct bw_str s, unsigned *ret_places)
{
    uint64_t places = 0;
    if (s.n == 0) {
        *ret_places = 0;
        return true;
    }
    if (s.n < 3 || (s.p[0] | 0x20) != 'e' || s.p[1] != '-' ||
        !bw_str_to_u64(bw_str_from(s, 2), &places) || places > 99)
        return false;
    *ret_places = (unsigned)places;
    return true;
}

/* "0.00043", "1", "9e-05": the millionths of a number from 0 to 1, cut off behind the sixth digit.
 */
static bool to_millionths(struct bw_str s, int *ret_value)
{
    /* One digit stands before the point. */
    if (s.n == 0 || !is_digit(s.p[0]) || (s.n > 1 && is_digit(s.p[1])))
        return false;
    uint64_t value = 0;
    unsigned places = 0, moved;
    size_t i = 0;
    for (bool point = false; i < s.n; i++) {
        if (s.p[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(s.p[i]))
            break;
        if (value > UINT64_MAX / 100)
            continue;
        value = value * 10 + (uint64_t)(s.p[i] - '0');
        places += point;
    }
    if (!take_exponent(bw_str_from(s, i), &moved))
        return false;
    for (places += moved; places > 6 && value; places--)
        value /= 10;
    for (; places < 6 && value <= MILLION; places++)
        value *= 10;
    *ret_value = (int)value;
    return value <= MILLION;
}

static bool take_line(struct bw_str line, struct bw_epss_entry *entry)
{
    struct bw_str score, percentile;
    return bw_str_split(&line, ',', &entry->cve) && bw_osv_is_cve(entry->cve) &&
           bw_str_split(&line, ',', &score) && to_millionths(score, &entry->score) &&
           bw_str_split(&line, ',', &percentile) && to_millionths(percentile, &entry->percentile);
}

static struct bw_str date_of(struct bw_str comment)
{
    static const struct bw_str key = {"score_date:", 11};
    size_t at = bw_str_find_str(comment, key);
    if (at == SIZE_MAX)
        return BW_STR("");
    struct bw_str date = bw_str_from(comment, at + key.n);
    date = bw_str_take(date, bw_str_find(date, ','));
    for (size_t i = 0; i < date.n; i++)
        if (date.p[i] <= ' ' || date.p[i] > '~')
            return BW_STR("");
    return date.n <= DATE_MAX ? date : BW_STR("");
}

static size_t count_lines(struct bw_str text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

int bw_epss_parse(struct bw_str text, struct bw_arena *arena, struct bw_epss *ret_epss,
                  struct bw_err *err)
{
    if (text.n > BW_EPSS_TEXT_MAX)
        return bw_err_set(err, BW_ELIMIT, "a list of more than %zu bytes", BW_EPSS_TEXT_MAX);
    struct bw_epss epss = {.date = BW_STR("")};
    struct bw_str line;
    bool more = bw_str_line(&text, &line);
    if (more && bw_str_starts(line, COMMENT)) {
        epss.date = date_of(line);
        more = bw_str_line(&text, &line);
    }
    if (!more || !bw_str_eq(line, HEAD))
        return bw_err_set(err, BW_EFORMAT, "no list of EPSS scores");
    size_t most = count_lines(text);
    if (most > BW_EPSS_ENTRIES_MAX)
        return bw_err_set(err, BW_ELIMIT, "more than %d EPSS scores", BW_EPSS_ENTRIES_MAX);
    epss.entries = bw_arena_array(arena, most, sizeof *epss.entries);
    if (!epss.entries)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    while (bw_str_line(&text, &line)) {
        if (line.n == 0)
            continue;
        if (!take_line(line, &epss.entries[epss.n]))
            return bw_err_set(err, BW_EFORMAT, "EPSS score %zu is no CVE with two numbers",
                              epss.n + 1);
        epss.n++;
    }
    *ret_epss = epss;
    return 0;
}
