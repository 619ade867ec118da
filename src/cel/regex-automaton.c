/*
 * The automaton of a program: each state is a set of steps that wait for a character, with the
 * kind of the character before, as far as assertions ask for it. It answers whether there is a
 * match somewhere, so the start is a part of every state, and the first match ends it.
 */
#include "base/map.h"
#include "cel/regex-parts.h"

#define STATES_MAX  1024u
#define ENTRIES_MAX 32768u            /* of the table */
#define ROWS_FIRST  8u                /* it has room for at first */
#define WORK_MAX    ((size_t)1 << 17) /* steps looked at while it is made */

/* The waiting steps, sorted by their order of discovery, which is the same whenever the state is
 * met; the first word is the kind before. */
struct state {
    uint32_t *words;
    uint32_t n;
};

struct maker {
    const struct bw_cel_regex *regex;
    struct bw_arena *arena;
    struct bw_map by_content;
    struct state states[STATES_MAX];
    uint32_t states_n;
    uint16_t *rows;
    size_t rows_cap; /* entries */
    size_t work;
    bool failed;
    /* of the step being made: a sparse set of the steps reached, and those still to be followed */
    uint32_t *dense, *sparse, *stack;
    uint32_t dense_n;
};

static enum column_kind kind_before(const struct maker *maker, enum column_kind kind)
{
    uint32_t asked = maker->regex->assertions;
    if (kind == COLUMN_EDGE)
        return asked ? COLUMN_EDGE : COLUMN_OTHER;
    return kind;
}

static bool has(const struct maker *maker, uint32_t step)
{
    uint32_t at = maker->sparse[step];
    return at < maker->dense_n && maker->dense[at] == step;
}

static void insert(struct maker *maker, uint32_t step)
{
    maker->sparse[step] = maker->dense_n;
    maker->dense[maker->dense_n++] = step;
}

/* Follows all ways from a step that need no character. true: one leads to the match. */
static bool follow(struct maker *maker, uint32_t from, uint32_t holds)
{
    const struct step *steps = regex_steps(maker->regex);
    uint32_t n = 0;
    maker->stack[n++] = from;
    while (n) {
        uint32_t i = maker->stack[--n];
        while (i && !has(maker, i)) {
            const struct step *step = &steps[i];
            insert(maker, i);
            maker->work++;
            if (step->kind == STEP_MATCH)
                return true;
            if (step->kind == STEP_ALT)
                maker->stack[n++] = step->arg;
            i = regex_step_passes(step, holds) ? step->out : 0;
        }
    }
    return false;
}

static bool close_state(struct maker *maker, struct state state, enum column_kind after)
{
    uint32_t holds = regex_holds((enum column_kind)state.words[0], after);
    maker->dense_n = 0;
    for (uint32_t i = 1; i < state.n; i++)
        if (follow(maker, state.words[i], holds))
            return true;
    return follow(maker, maker->regex->start, holds);
}

/* The number of a state, which is made where it is new. */
static uint16_t number_of(struct maker *maker, const uint32_t *words, uint32_t n)
{
    const struct state *known = bw_map_get(&maker->by_content, bw_str_n(words, n * sizeof *words));
    if (known)
        return (uint16_t)(known - maker->states + STATE_FIRST);
    uint32_t *copy =
        maker->states_n < STATES_MAX ? bw_arena_array(maker->arena, n, sizeof *copy) : NULL;
    struct bw_map_item *item =
        copy ? bw_map_at(&maker->by_content,
                         bw_str_n(memcpy(copy, words, n * sizeof *copy), n * sizeof *copy))
             : NULL;
    if (!item) {
        maker->failed = true;
        return STATE_NO;
    }
    item->value = &maker->states[maker->states_n];
    maker->states[maker->states_n] = (struct state){copy, n};
    return (uint16_t)(maker->states_n++ + STATE_FIRST);
}

/* Of the state that was closed last. */
static uint16_t next_state(struct maker *maker, uint32_t column)
{
    const struct bw_cel_regex *regex = maker->regex;
    uint32_t *words = maker->stack, n = 0; /* not in use now, and as long as there are steps */
    words[n++] = kind_before(maker, (enum column_kind)regex_kinds(regex)[column]);
    for (uint32_t i = 0; i < maker->dense_n; i++) {
        const struct step *step = &regex_steps(regex)[maker->dense[i]];
        if (regex_step_takes(regex, step, column))
            words[n++] = step->out;
    }
    maker->work += maker->dense_n;
    return n == 1 && regex->anchored ? STATE_NO : number_of(maker, words, n);
}

/* Columns that the text's characters have; the last entry is the end of the text. Which steps a
 * state reaches depends on the kind of the next character alone. */
static void make_row(struct maker *maker, uint32_t i)
{
    uint32_t columns = maker->regex->columns_n;
    uint16_t *row = maker->rows + (size_t)(i + STATE_FIRST) * (columns + 1);
    for (unsigned kind = 0; kind < COLUMN_EDGE; kind++) {
        bool closed = false, matches = false;
        for (uint32_t column = 0; column < columns && !maker->failed; column++) {
            if (regex_kinds(maker->regex)[column] != kind)
                continue;
            if (!closed)
                matches = close_state(maker, maker->states[i], (enum column_kind)kind);
            closed = true;
            row[column] = matches ? STATE_YES : next_state(maker, column);
            if (maker->work > WORK_MAX)
                maker->failed = true;
        }
    }
    row[columns] = close_state(maker, maker->states[i], COLUMN_EDGE) ? STATE_YES : STATE_NO;
}

/* Makes room for n rows, doubling it. */
static bool grow_rows(struct maker *maker, size_t n, size_t width)
{
    size_t cap = maker->rows_cap ? maker->rows_cap * 2 : ROWS_FIRST * width;
    if (n * width <= maker->rows_cap)
        return true;
    uint16_t *more =
        n * width <= ENTRIES_MAX ? bw_arena_array(maker->arena, cap, sizeof *more) : NULL;
    if (!more)
        return false;
    if (maker->rows_cap)
        memcpy(more, maker->rows, maker->rows_cap * sizeof *more);
    maker->rows = more;
    maker->rows_cap = cap;
    return true;
}

static void make_states(struct maker *maker)
{
    size_t width = (size_t)maker->regex->columns_n + 1;
    uint32_t first = kind_before(maker, COLUMN_EDGE);
    if (!grow_rows(maker, STATE_FIRST, width)) {
        maker->failed = true;
        return;
    }
    number_of(maker, &first, 1);
    for (size_t column = 0; column < width; column++)
        maker->rows[STATE_YES * width + column] = STATE_YES;
    for (uint32_t i = 0; i < maker->states_n && !maker->failed; i++) {
        maker->failed = !grow_rows(maker, i + STATE_FIRST + 1, width);
        if (!maker->failed)
            make_row(maker, i);
    }
}

int bw_regex_automaton(const struct bw_cel_regex *regex, struct bw_arena *arena,
                       uint16_t **ret_rows, uint32_t *ret_n, struct bw_err *err)
{
    if (regex->columns_n > ENTRIES_MAX / 4)
        return 0;
    size_t n = (size_t)regex->steps_n + 2;
    struct maker *maker = bw_arena_alloc(arena, sizeof *maker);
    uint32_t *room = bw_arena_array(arena, n * 3, sizeof *room);
    if (!maker || !room)
        return bw_err_set(err, BW_ENOMEM, "no memory for a regular expression");
    maker->regex = regex;
    maker->arena = arena;
    maker->by_content = BW_MAP(STATES_MAX + 1);
    maker->dense = room;
    maker->sparse = room + n;
    maker->stack = room + n * 2;
    make_states(maker);
    bw_map_free(&maker->by_content);
    if (maker->failed)
        return 0;
    *ret_rows = maker->rows;
    *ret_n = maker->states_n + STATE_FIRST;
    return 0;
}
