/*
 * Matching: by the automaton where there is one, else by Pike's machine: all threads of the
 * program go through the text side by side, in the order in which the pattern prefers them.
 */
#include <stdlib.h>

#include "cel/regex-parts.h"

#define REPLACEMENT 0xfffdu

uint32_t bw_regex_rune(const char *p, const char *end, uint32_t *ret_size)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *at = (const uint8_t *)p;
    uint32_t size = at[0] < 0x80   ? 1
                    : at[0] < 0xc2 ? 0
                    : at[0] < 0xe0 ? 2
                    : at[0] < 0xf0 ? 3
                    : at[0] < 0xf5 ? 4
                                   : 0;
    uint32_t rune = size == 1 ? at[0] : at[0] & (0x7fu >> size);
    bool valid = size > 0 && size <= (size_t)(end - p);
    for (uint32_t i = 1; valid && i < size; i++) {
        valid = (at[i] & 0xc0) == 0x80;
        rune = rune << 6 | (at[i] & 0x3f);
    }
    if (!valid || rune < least[size] || rune > RUNE_MAX || (rune >= 0xd800 && rune <= 0xdfff)) {
        *ret_size = 1;
        return REPLACEMENT;
    }
    *ret_size = size;
    return rune;
}

uint32_t bw_regex_column(const struct bw_cel_regex *regex, uint32_t rune)
{
    if (rune < 128)
        return regex->ascii[rune];
    const struct column_range *ranges = regex_ranges(regex);
    uint32_t lo = 0, hi = regex->ranges_n;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (ranges[mid].lo <= rune)
            lo = mid;
        else
            hi = mid;
    }
    return ranges[lo].column;
}

static bool run_automaton(const struct bw_cel_regex *regex, struct bw_str text)
{
    const uint16_t *rows = regex_states(regex);
    size_t width = (size_t)regex->columns_n + 1;
    const char *p = text.p, *end = p + text.n;
    uint32_t state = STATE_FIRST;
    while (p < end && state >= STATE_FIRST) {
        uint32_t size = 1, column;
        if ((uint8_t)*p < 128)
            column = regex->ascii[(uint8_t)*p];
        else
            column = bw_regex_column(regex, bw_regex_rune(p, end, &size));
        state = rows[state * width + column];
        p += size;
    }
    return rows[state * width + width - 1] == STATE_YES;
}

/* --- Pike's machine --- */

struct threads {
    uint32_t *dense, *sparse; /* a sparse set of the steps that were reached */
    uint32_t n;
    uint32_t *waiting; /* those of them that wait for a character, the preferred ones first */
    uint32_t waiting_n;
    size_t *slots; /* slots_n for each in waiting */
};

struct pending {
    uint32_t step; /* to be followed; 0: a slot is to be had again */
    uint32_t slot;
    size_t old;
};

struct machine {
    const struct bw_cel_regex *regex;
    const char *text;
    size_t slots_n;
    struct threads now, next;
    struct pending *stack;
    size_t *slots; /* of the thread that is being followed */
    size_t *best;  /* of the best match so far */
    bool matched;
};

static bool has(const struct threads *threads, uint32_t step)
{
    uint32_t at = threads->sparse[step];
    return at < threads->n && threads->dense[at] == step;
}

/* The step waits for a character, or is the match. */
static void wait_at(struct machine *machine, struct threads *threads, uint32_t step)
{
    if (machine->slots_n)
        memcpy(threads->slots + threads->waiting_n * machine->slots_n, machine->slots,
               machine->slots_n * sizeof(size_t));
    threads->waiting[threads->waiting_n++] = step;
}

static void save(struct machine *machine, uint32_t slot, size_t position, uint32_t *n)
{
    if (slot >= machine->slots_n)
        return;
    machine->stack[(*n)++] = (struct pending){.slot = slot, .old = machine->slots[slot]};
    machine->slots[slot] = position;
}

/* Adds the threads that a step leads to without a character, the preferred ones first. Each step
 * is taken once: what comes second is preferred less. */
static void follow(struct machine *machine, struct threads *threads, uint32_t from, size_t position,
                   uint32_t holds)
{
    const struct step *steps = regex_steps(machine->regex);
    uint32_t n = 0;
    machine->stack[n++] = (struct pending){.step = from};
    while (n) {
        struct pending top = machine->stack[--n];
        if (!top.step)
            machine->slots[top.slot] = top.old;
        for (uint32_t i = top.step; i && !has(threads, i);) {
            const struct step *step = &steps[i];
            threads->sparse[i] = threads->n;
            threads->dense[threads->n++] = i;
            if (step->kind >= STEP_COLUMN || step->kind == STEP_MATCH)
                wait_at(machine, threads, i);
            if (step->kind == STEP_ALT)
                machine->stack[n++] = (struct pending){.step = step->arg};
            if (step->kind == STEP_SAVE)
                save(machine, step->arg, position, &n);
            i = regex_step_passes(step, holds) ? step->out : 0;
        }
    }
}

/* One character, or the end of the text, for all threads; those behind a match are given up. */
static void advance(struct machine *machine, uint32_t column, size_t position, uint32_t holds)
{
    struct threads *now = &machine->now, *next = &machine->next;
    next->n = next->waiting_n = 0;
    for (uint32_t i = 0; i < now->waiting_n; i++) {
        const struct step *step = &regex_steps(machine->regex)[now->waiting[i]];
        const size_t *slots = now->slots + i * machine->slots_n;
        if (step->kind == STEP_MATCH) {
            machine->matched = true;
            if (machine->slots_n)
                memcpy(machine->best, slots, machine->slots_n * sizeof *slots);
            break;
        }
        if (column == UINT32_MAX || !regex_step_takes(machine->regex, step, column))
            continue;
        if (machine->slots_n)
            memcpy(machine->slots, slots, machine->slots_n * sizeof *slots);
        follow(machine, next, step->out, position, holds);
    }
    struct threads swap = machine->now;
    machine->now = machine->next;
    machine->next = swap;
}

/* What stands at a position. */
struct look {
    uint32_t column, size; /* UINT32_MAX and 0: the end */
    enum column_kind kind;
};

static struct look look_at(const struct bw_cel_regex *regex, const char *p, const char *end)
{
    struct look look = {UINT32_MAX, 0, COLUMN_EDGE};
    if (p == end)
        return look;
    look.column = bw_regex_column(regex, bw_regex_rune(p, end, &look.size));
    look.kind = (enum column_kind)regex_kinds(regex)[look.column];
    return look;
}

/* The kind of the character that ends at p. */
static enum column_kind look_back(const struct bw_cel_regex *regex, const char *begin,
                                  const char *p)
{
    if (p == begin)
        return COLUMN_EDGE;
    /* Only ASCII is a newline or a part of a word. */
    uint8_t byte = (uint8_t)p[-1];
    return byte < 128 ? (enum column_kind)regex_kinds(regex)[regex->ascii[byte]] : COLUMN_OTHER;
}

static void forget_slots(struct machine *machine)
{
    for (size_t i = 0; i < machine->slots_n; i++)
        machine->slots[i] = SIZE_MAX;
}

static void run_machine(struct machine *machine, struct bw_str text, size_t from)
{
    const struct bw_cel_regex *regex = machine->regex;
    const char *p = text.p + from, *end = text.p + text.n;
    struct look look = look_at(regex, p, end);
    uint32_t holds = regex_holds(look_back(regex, text.p, p), look.kind);
    while (true) {
        if (!machine->matched && (!regex->anchored || p == text.p)) {
            forget_slots(machine);
            follow(machine, &machine->now, regex->start, (size_t)(p - text.p), holds);
        }
        if (!machine->now.waiting_n && (machine->matched || regex->anchored))
            return;
        uint32_t column = look.column;
        enum column_kind before = look.kind;
        p += look.size;
        if (column != UINT32_MAX) {
            look = look_at(regex, p, end);
            holds = regex_holds(before, look.kind);
        }
        advance(machine, column, (size_t)(p - text.p), holds);
        if (column == UINT32_MAX || (machine->matched && !machine->slots_n))
            return;
    }
}

/* Room for small programs without asking the allocator. */
#define ROOM_SMALL ((size_t)16 << 10)

static size_t room_for(const struct bw_cel_regex *regex, size_t slots_n)
{
    size_t n = (size_t)regex->steps_n + 1;
    return n * (2 * slots_n * sizeof(size_t) + sizeof(struct pending) + 6 * sizeof(uint32_t)) +
           slots_n * sizeof(size_t);
}

static void furnish(struct machine *machine, void *room)
{
    size_t n = (size_t)machine->regex->steps_n + 1;
    machine->stack = room;
    machine->slots = (size_t *)(machine->stack + n);
    machine->now.slots = machine->slots + machine->slots_n;
    machine->next.slots = machine->now.slots + n * machine->slots_n;
    machine->now.dense = (uint32_t *)(machine->next.slots + n * machine->slots_n);
    machine->now.sparse = machine->now.dense + n;
    machine->next.dense = machine->now.sparse + n;
    machine->next.sparse = machine->next.dense + n;
    machine->now.waiting = machine->next.sparse + n;
    machine->next.waiting = machine->now.waiting + n;
}

static int machine_find(const struct bw_cel_regex *regex, struct bw_str text, size_t from,
                        size_t *slots, size_t slots_n, bool *ret_matches, struct bw_err *err)
{
    _Alignas(16) char small[ROOM_SMALL];
    struct machine machine = {.regex = regex, .text = text.p, .slots_n = slots_n, .best = slots};
    size_t size = room_for(regex, slots_n);
    void *room = size <= sizeof small ? memset(small, 0, size) : calloc(1, size);
    if (!room)
        return bw_err_set(err, BW_ENOMEM, "no memory for a regular expression");
    furnish(&machine, room);
    run_machine(&machine, text, from);
    if (room != small)
        free(room);
    *ret_matches = machine.matched;
    return 0;
}

/* --- for the others --- */

int bw_cel_regex_match(const struct bw_cel_regex *regex, struct bw_str text, bool *ret_matches,
                       struct bw_err *err)
{
    if (!text.n)
        text = BW_STR("");
    if (!regex->states_n)
        return machine_find(regex, text, 0, NULL, 0, ret_matches, err);
    *ret_matches = run_automaton(regex, text);
    return 0;
}

int bw_cel_regex_find(const struct bw_cel_regex *regex, struct bw_str text, size_t from,
                      size_t *slots, size_t slots_n, bool *ret_matches, struct bw_err *err)
{
    if (!text.n)
        text = BW_STR("");
    if (from == 0 && regex->states_n && !run_automaton(regex, text)) {
        *ret_matches = false;
        return 0;
    }
    size_t all = (size_t)regex->groups * 2;
    for (size_t i = all; i < slots_n; i++)
        slots[i] = SIZE_MAX;
    return machine_find(regex, text, from, slots, slots_n < all ? slots_n : all, ret_matches, err);
}

/* --- stored programs --- */

/* An array of n elements lies inside, aligned, and its end does not overflow. */
static bool lies_inside(const struct bw_cel_regex *regex, uint32_t offset, uint64_t n, size_t size)
{
    return offset % 4 == 0 && offset >= sizeof *regex && offset <= regex->size &&
           n <= (regex->size - offset) / size;
}

static bool is_laid_out(const struct bw_cel_regex *regex)
{
    return regex->steps_n > 0 && regex->steps_n <= BW_CEL_REGEX_STEPS_MAX &&
           regex->start < regex->steps_n && regex->columns_n > 0 &&
           regex->columns_n <= UINT16_MAX && regex->ranges_n > 0 && regex->groups > 0 &&
           regex->anchored <= 1 && regex->assertions <= ASSERT_ALL &&
           lies_inside(regex, regex->steps, regex->steps_n, sizeof(struct step)) &&
           lies_inside(regex, regex->ranges, regex->ranges_n, sizeof(struct column_range)) &&
           lies_inside(regex, regex->sets, (uint64_t)regex->sets_n * regex_set_words(regex),
                       sizeof(uint32_t)) &&
           lies_inside(regex, regex->kinds, regex->columns_n, 1) &&
           lies_inside(regex, regex->states,
                       (uint64_t)regex->states_n * ((uint64_t)regex->columns_n + 1),
                       sizeof(uint16_t)) &&
           regex->states_n != STATE_NO + 1 && regex->states_n != STATE_YES + 1;
}

static bool is_step(const struct bw_cel_regex *regex, const struct step *step)
{
    if (step->kind > STEP_SET || step->out >= regex->steps_n)
        return false;
    if (step->kind == STEP_ALT)
        return step->arg < regex->steps_n;
    if (step->kind == STEP_COLUMN)
        return step->arg < regex->columns_n;
    return step->kind != STEP_SET || step->arg < regex->sets_n;
}

static bool has_sound_columns(const struct bw_cel_regex *regex)
{
    for (uint32_t i = 0; i < BW_ARRAY_LEN(regex->ascii); i++)
        if (regex->ascii[i] >= regex->columns_n)
            return false;
    for (uint32_t i = 0; i < regex->ranges_n; i++)
        if (regex_ranges(regex)[i].column >= regex->columns_n)
            return false;
    for (uint32_t i = 0; i < regex->columns_n; i++)
        if (regex_kinds(regex)[i] >= COLUMN_EDGE)
            return false;
    return true;
}

static bool is_sound(const struct bw_cel_regex *regex)
{
    for (uint32_t i = 0; i < regex->steps_n; i++)
        if (!is_step(regex, &regex_steps(regex)[i]))
            return false;
    uint64_t entries = (uint64_t)regex->states_n * ((uint64_t)regex->columns_n + 1);
    for (uint64_t i = 0; i < entries; i++)
        if (regex_states(regex)[i] >= regex->states_n)
            return false;
    return has_sound_columns(regex);
}

const struct bw_cel_regex *bw_cel_regex_open(struct bw_str bytes, struct bw_err *err)
{
    const struct bw_cel_regex *regex = (const struct bw_cel_regex *)(const void *)bytes.p;
    if (bytes.n < sizeof *regex || (uintptr_t)bytes.p % _Alignof(struct bw_cel_regex) ||
        regex->magic != BW_REGEX_MAGIC || regex->size != bytes.n || !is_laid_out(regex) ||
        !is_sound(regex)) {
        (void)bw_err_set(err, BW_EFORMAT, "damaged regular expression");
        return NULL;
    }
    return regex;
}
