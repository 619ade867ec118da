/*
 * Base64 within a file: runs of its letters are found by stepping over the bytes, decoded, and
 * looked at like a file of their own. What is decoded is at most three quarters of what was read,
 * so that there is no other limit.
 */
#include <string.h>

#include "extract/base64.h"
#include "extract/secret-state.h"

/* Letters of the shortest run that is decoded: no token is shorter. A longer one holds a letter at
 * every RUN_MIN-th byte, so that only those are looked at. */
#define RUN_MIN 40u

/* Letters of a run's start that decide whether it decodes to text. */
#define PROBE 24u

static bool is_text(const uint8_t *p, size_t n)
{
    size_t good = 0;
    for (size_t i = 0; i < n; i++)
        good += (p[i] >= 0x20 && p[i] < 0x7f) || (p[i] >= '\t' && p[i] <= '\r');
    return good * 10 >= n * 9;
}

/* What is at hand of the decoded bytes, where it is text. */
static void look(struct bw_secret_scanner *scanner, bool final)
{
    struct bw_secret_window *w = &scanner->decoded;
    size_t limit = final ? w->n : w->n - BW_SECRET_AHEAD;
    size_t sample = limit - w->looked < 1024 ? limit - w->looked : 1024;
    if (!bw_secret_is_over(scanner) && is_text(w->p + w->looked, sample))
        bw_secret_look(scanner, w, limit);
    w->looked = limit;
    bw_secret_window_slide(w);
}

static void decode(struct bw_secret_scanner *scanner, const uint8_t *p, size_t n)
{
    struct bw_secret_window *w = &scanner->decoded;
    while (n && !bw_secret_is_over(scanner)) {
        size_t room = (w->cap - w->n) / 3 * 4, part = n < room ? n : room;
        w->n += bw_base64_decode(bw_str_n(p, part), w->buf + w->n, w->cap - w->n);
        w->used = w->n > w->used ? w->n : w->used;
        p += part;
        n -= part;
        if (w->cap - w->n < 3)
            look(scanner, false);
    }
}

/* The letters from `at` on end where this says. */
static size_t end_of_letters(const struct bw_secret_window *w, size_t at)
{
    while (at < w->n && bw_base64_is(w->p[at]))
        at++;
    return at;
}

/* Where the run goes on after a line break at `end`, or 0: lines of whole quantums, as MIME and PEM
 * have them. */
static size_t next_line(const struct bw_secret_window *w, uint64_t segment, size_t end)
{
    size_t at = end;
    if ((w->base + end - segment) % 4 || end >= w->n)
        return 0;
    at += w->p[at] == '\r';
    if (at >= w->n || w->p[at] != '\n')
        return 0;
    at++;
    return at < w->n && bw_base64_is(w->p[at]) ? at : 0;
}

/* Decodes a run, or what is at hand of it, from `at` on; returns where it ends. */
static size_t read_run(struct bw_secret_scanner *scanner, const struct bw_secret_window *w,
                       size_t at, bool final)
{
    struct bw_secret_run *run = &scanner->run;
    size_t end;
    for (;;) {
        end = end_of_letters(w, at);
        run->open = end == w->n && !final;
        if (run->open)
            end = at + (end - at) / 4 * 4;
        decode(scanner, w->p + at, end - at);
        at = run->open ? 0 : next_line(w, run->segment, end);
        if (!at)
            break;
        run->segment = w->base + at;
    }
    if (!run->open) {
        look(scanner, true);
        bw_secret_window_reset(&scanner->decoded, scanner->rules_n);
    }
    return end;
}

/* Whether a run may hold text: it begins as such, or is long enough that a look costs more. */
static bool worth_a_look(const uint8_t *p, size_t n)
{
    uint8_t bytes[PROBE / 4 * 3];
    size_t got = bw_base64_decode(bw_str_n(p, n < PROBE ? n : PROBE), bytes, sizeof bytes);
    return is_text(bytes, got);
}

static size_t begin_run(struct bw_secret_scanner *scanner, const struct bw_secret_window *w,
                        size_t start, size_t end, bool final)
{
    struct bw_secret_run *run = &scanner->run;
    if (!worth_a_look(w->p + start, end - start))
        return end;
    run->start = run->segment = w->base + start;
    bw_secret_window_place(w, start, &run->line, &run->column);
    return read_run(scanner, w, start, final);
}

void bw_secret_look_encoded(struct bw_secret_scanner *scanner, const struct bw_secret_window *w,
                            size_t limit, bool final)
{
    struct bw_secret_run *run = &scanner->run;
    size_t low = run->next > w->base ? (size_t)(run->next - w->base) : 0;
    if (run->open)
        low = read_run(scanner, w, low, final);
    for (size_t at = low; at < limit && !run->open && !bw_secret_is_over(scanner); at += RUN_MIN) {
        if (!bw_base64_is(w->p[at]))
            continue;
        size_t start = at, end = end_of_letters(w, at);
        while (start > low && bw_base64_is(w->p[start - 1]))
            start--;
        low = at = end - start >= RUN_MIN ? begin_run(scanner, w, start, end, final) : end;
    }
    run->next = w->base + low;
}
