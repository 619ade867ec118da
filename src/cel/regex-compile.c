/*
 * From the tree to the program.
 */
#include "base/map.h"
#include "cel/regex-parts.h"

#define SCRATCH_MAX ((size_t)96 << 20)
#define SETS_MAX    8192u
#define STEPS_FIRST 128u

/* A piece of program: where it begins, and the steps whose ways lead out of it. These hang in a
 * list through the very fields that are to be filled: step * 2 for `out`, step * 2 + 1 for `arg`;
 * 0 ends it, as step 0 is FAIL. */
struct piece {
    uint32_t begin, first, last;
    bool nullable;
};

struct compiler {
    struct bw_arena *arena;
    struct step *steps; /* of STEP_SET, arg indexes the items of `sets` until these have columns */
    uint32_t steps_n, steps_cap;
    bool full;          /* or no memory */
    struct bw_map sets; /* by their content */
    uint32_t assertions;
};

/* --- pieces --- */

static uint32_t *way(struct compiler *compiler, uint32_t link)
{
    struct step *step = &compiler->steps[link / 2];
    return link % 2 ? &step->arg : &step->out;
}

static void lead(struct compiler *compiler, struct piece piece, uint32_t target)
{
    for (uint32_t link = piece.first; link;) {
        uint32_t *at = way(compiler, link);
        link = *at;
        *at = target;
    }
}

static void join_ways(struct compiler *compiler, struct piece *piece, struct piece more)
{
    if (!piece->first)
        piece->first = more.first;
    else if (more.first)
        *way(compiler, piece->last) = more.first;
    if (more.first)
        piece->last = more.last;
}

static bool grow(struct compiler *compiler)
{
    uint32_t cap = compiler->steps_cap ? compiler->steps_cap * 2 : STEPS_FIRST;
    struct step *more =
        cap <= BW_CEL_REGEX_STEPS_MAX ? bw_arena_array(compiler->arena, cap, sizeof *more) : NULL;
    if (!more)
        return false;
    if (compiler->steps_n)
        memcpy(more, compiler->steps, compiler->steps_n * sizeof *more);
    compiler->steps = more;
    compiler->steps_cap = cap;
    return true;
}

static struct piece add_step(struct compiler *compiler, enum step_kind kind, uint32_t arg)
{
    if (compiler->steps_n == compiler->steps_cap && !grow(compiler)) {
        compiler->full = true;
        return (struct piece){0};
    }
    uint32_t i = compiler->steps_n++;
    compiler->steps[i] = (struct step){kind, 0, arg};
    return (struct piece){i, i * 2, i * 2, true};
}

static struct piece concat(struct compiler *compiler, struct piece a, struct piece b)
{
    lead(compiler, a, b.begin);
    return (struct piece){a.begin, b.first, b.last, a.nullable && b.nullable};
}

/* An ALT whose way into `piece` is the preferred one, or the other; the one left leads out. */
static struct piece fork_to(struct compiler *compiler, struct piece piece, bool lazy)
{
    struct piece alt = add_step(compiler, STEP_ALT, 0);
    if (compiler->full)
        return alt;
    uint32_t link = alt.begin * 2 + !lazy;
    *way(compiler, alt.begin * 2 + lazy) = piece.begin;
    *way(compiler, link) = 0;
    alt.first = alt.last = link;
    return alt;
}

static struct piece optional(struct compiler *compiler, struct piece piece, bool lazy)
{
    struct piece alt = fork_to(compiler, piece, lazy);
    if (!compiler->full)
        join_ways(compiler, &alt, piece);
    return alt;
}

static struct piece loop(struct compiler *compiler, struct piece piece, bool lazy)
{
    struct piece alt = fork_to(compiler, piece, lazy);
    lead(compiler, piece, alt.begin);
    return alt;
}

static struct piece plus(struct compiler *compiler, struct piece piece, bool lazy)
{
    struct piece alt = loop(compiler, piece, lazy);
    return (struct piece){piece.begin, alt.first, alt.last, piece.nullable};
}

/* What may match nothing must be tried once before it is left out, to keep the order of
 * preferences: (x+)? */
static struct piece star(struct compiler *compiler, struct piece piece, bool lazy)
{
    return piece.nullable ? optional(compiler, plus(compiler, piece, lazy), lazy)
                          : loop(compiler, piece, lazy);
}

/* --- nodes --- */

static uint32_t set_index(struct compiler *compiler, const struct set *set)
{
    struct bw_str key = bw_str_n(set->n ? (const void *)set->v : "", set->n * sizeof *set->v);
    struct bw_map_item *item = bw_map_at(&compiler->sets, key);
    if (!item) {
        compiler->full = true;
        return 0;
    }
    item->value = (void *)set;
    return (uint32_t)(item - compiler->sets.items);
}

static struct piece write_node(struct compiler *compiler, const struct node *node);

static struct piece write_set(struct compiler *compiler, const struct node *node)
{
    struct piece piece = add_step(compiler, STEP_SET, set_index(compiler, &node->set));
    piece.nullable = false;
    return piece;
}

static struct piece write_group(struct compiler *compiler, const struct node *node)
{
    struct piece begin = add_step(compiler, STEP_SAVE, node->group * 2);
    struct piece content = write_node(compiler, node->sub);
    struct piece end = add_step(compiler, STEP_SAVE, node->group * 2 + 1);
    return concat(compiler, concat(compiler, begin, content), end);
}

static struct piece write_concat(struct compiler *compiler, const struct node *node)
{
    if (!node->sub)
        return add_step(compiler, STEP_NOP, 0);
    struct piece piece = write_node(compiler, node->sub);
    for (const struct node *sub = node->sub->next; sub && !compiler->full; sub = sub->next)
        piece = concat(compiler, piece, write_node(compiler, sub));
    return piece;
}

static struct piece write_choice(struct compiler *compiler, const struct node *node)
{
    struct piece piece = write_node(compiler, node->sub);
    for (const struct node *sub = node->sub->next; sub && !compiler->full; sub = sub->next) {
        struct piece other = write_node(compiler, sub);
        struct piece alt = add_step(compiler, STEP_ALT, other.begin);
        if (compiler->full)
            break;
        compiler->steps[alt.begin].out = piece.begin;
        join_ways(compiler, &piece, other);
        piece.begin = alt.begin;
        piece.nullable = piece.nullable || other.nullable;
    }
    return piece;
}

/* (x(x(x)?)?)?, from the inside. */
static struct piece write_optionals(struct compiler *compiler, const struct node *node, uint32_t n)
{
    struct piece piece = optional(compiler, write_node(compiler, node->sub), node->lazy);
    for (uint32_t i = 1; i < n && !compiler->full; i++) {
        struct piece one = write_node(compiler, node->sub);
        piece = optional(compiler, concat(compiler, one, piece), node->lazy);
    }
    return piece;
}

static struct piece write_last(struct compiler *compiler, const struct node *node)
{
    if (node->max != REPEAT_INFINITE)
        return write_optionals(compiler, node, node->max - node->min);
    struct piece piece = write_node(compiler, node->sub);
    return node->min ? plus(compiler, piece, node->lazy) : star(compiler, piece, node->lazy);
}

static bool matches_nothing_else(const struct node *node)
{
    return node->kind == NODE_CAT && !node->sub;
}

static struct piece write_repeat(struct compiler *compiler, const struct node *node)
{
    if (node->max == 0 || matches_nothing_else(node->sub))
        return add_step(compiler, STEP_NOP, 0);
    bool infinite = node->max == REPEAT_INFINITE;
    uint32_t copies = infinite && node->min ? node->min - 1 : node->min;
    struct piece piece = {0};
    for (uint32_t i = 0; i < copies && !compiler->full; i++) {
        struct piece one = write_node(compiler, node->sub);
        piece = i ? concat(compiler, piece, one) : one;
    }
    if (!infinite && node->max == node->min)
        return piece;
    struct piece last = write_last(compiler, node);
    return copies ? concat(compiler, piece, last) : last;
}

/* As deep as the tree, which is bounded by BW_CEL_REGEX_DEPTH_MAX. */
static struct piece write_node(struct compiler *compiler, const struct node *node)
{
    if (compiler->full)
        return (struct piece){0};
    switch (node->kind) {
    case NODE_SET:
        return write_set(compiler, node);
    case NODE_ASSERT:
        compiler->assertions |= node->assertion;
        return add_step(compiler, STEP_ASSERT, node->assertion);
    case NODE_GROUP:
        return write_group(compiler, node);
    case NODE_ALT:
        return write_choice(compiler, node);
    case NODE_REPEAT:
        return write_repeat(compiler, node);
    case NODE_CAT:
    default:
        return write_concat(compiler, node);
    }
}

/* --- the program --- */

/* Whether no way from the start leads to a character but past the begin of the text. */
static bool is_anchored(const struct compiler *compiler, uint32_t start)
{
    uint32_t *stack = bw_arena_array(compiler->arena, (size_t)compiler->steps_n + 1, sizeof *stack);
    bool *seen = bw_arena_alloc(compiler->arena, compiler->steps_n);
    size_t n = 0;
    if (!stack || !seen || !compiler->steps)
        return false;
    stack[n++] = start;
    seen[start] = true;
    while (n) {
        const struct step *step = &compiler->steps[stack[--n]];
        if (step->kind == STEP_SET || step->kind == STEP_COLUMN || step->kind == STEP_MATCH)
            return false;
        if (step->kind == STEP_FAIL ||
            (step->kind == STEP_ASSERT && step->arg == ASSERT_BEGIN_TEXT))
            continue;
        uint32_t next[] = {step->out, step->kind == STEP_ALT ? step->arg : step->out};
        for (unsigned i = 0; i < 2; i++) {
            if (!seen[next[i]])
                stack[n++] = next[i];
            seen[next[i]] = true;
        }
    }
    return true;
}

static uint32_t place(uint32_t *size, size_t n, size_t each)
{
    uint32_t at = *size;
    *size += (uint32_t)((n * each + 3) / 4 * 4);
    return at;
}

static void fill_ascii(struct bw_cel_regex *regex, const struct columns *columns)
{
    uint32_t at = 0;
    for (uint32_t c = 0; c < 128; c++) {
        while (at + 1 < columns->ranges_n && columns->ranges[at + 1].lo <= c)
            at++;
        regex->ascii[c] = (uint16_t)columns->ranges[at].column;
    }
}

static void put(struct bw_cel_regex *regex, uint32_t offset, const void *p, size_t n)
{
    if (n)
        memcpy((char *)regex + offset, p, n);
}

/* Lays out the parts; rows may be NULL. */
static struct bw_cel_regex *assemble(struct bw_arena *arena, const struct bw_cel_regex *header,
                                     const struct compiler *compiler, const struct columns *columns,
                                     const uint16_t *rows)
{
    struct bw_cel_regex at = *header;
    size_t set_n = (size_t)columns->sets_n * columns->set_words;
    size_t row_n = (size_t)at.states_n * (columns->n + 1);
    if (!columns->ranges || set_n > BW_CEL_REGEX_SIZE_MAX / 8)
        return NULL;
    at.size = sizeof at;
    at.steps = place(&at.size, compiler->steps_n, sizeof(struct step));
    at.ranges = place(&at.size, columns->ranges_n, sizeof(struct column_range));
    at.sets = place(&at.size, set_n, sizeof(uint32_t));
    at.kinds = place(&at.size, columns->n, 1);
    at.states = place(&at.size, row_n, sizeof(uint16_t));
    struct bw_cel_regex *regex = bw_arena_alloc(arena, at.size);
    if (!regex)
        return NULL;
    *regex = at;
    fill_ascii(regex, columns);
    put(regex, at.steps, compiler->steps, compiler->steps_n * sizeof(struct step));
    put(regex, at.ranges, columns->ranges, columns->ranges_n * sizeof(struct column_range));
    put(regex, at.sets, columns->sets, set_n * sizeof(uint32_t));
    put(regex, at.kinds, columns->kinds, columns->n);
    put(regex, at.states, rows, rows ? row_n * sizeof(uint16_t) : 0);
    return regex;
}

static int no_room(const struct bw_arena *arena, struct bw_err *err)
{
    return bw_err_set(err, bw_arena_is_full(arena) ? BW_ELIMIT : BW_ENOMEM,
                      "no room for a regular expression");
}

/* The whole as group 0, and its end. */
static int write_all(struct compiler *compiler, struct node *tree, uint32_t *ret_start,
                     struct bw_err *err)
{
    (void)add_step(compiler, STEP_FAIL, 0);
    struct node whole = {.kind = NODE_GROUP, .sub = tree, .last = tree};
    struct piece piece = write_group(compiler, &whole);
    struct piece end = add_step(compiler, STEP_MATCH, 0);
    if (compiler->full)
        return bw_err_set(err, BW_ELIMIT, "expression too large");
    lead(compiler, piece, end.begin);
    compiler->steps[end.begin].out = 0;
    *ret_start = piece.begin;
    return 0;
}

static int give_columns(struct compiler *compiler, struct columns *columns, struct bw_err *err)
{
    size_t n = compiler->sets.n;
    struct column_set *found = bw_arena_array(compiler->arena, n + 1, sizeof *found);
    const struct set **sets = bw_arena_array(compiler->arena, n + 1, sizeof(struct set *));
    if (!found || !sets)
        return no_room(compiler->arena, err);
    for (size_t i = 0; i < n; i++)
        sets[i] = compiler->sets.items[i].value;
    int rc = bw_regex_columns(sets, (uint32_t)n, compiler->assertions, compiler->arena, columns,
                              found, err);
    for (uint32_t i = 0; rc == 0 && i < compiler->steps_n; i++) {
        struct step *step = &compiler->steps[i];
        if (step->kind == STEP_SET) {
            step->kind = found[step->arg].kind;
            step->arg = found[step->arg].arg;
        }
    }
    return rc;
}

static int compile(struct compiler *compiler, struct bw_str pattern, unsigned flags,
                   struct bw_arena *arena, const struct bw_cel_regex **ret_regex,
                   struct bw_err *err)
{
    struct bw_cel_regex header = {.magic = BW_REGEX_MAGIC};
    struct columns columns = {0};
    struct node *tree;
    uint16_t *rows = NULL;
    int rc = bw_regex_parse(pattern, compiler->arena, &tree, &header.groups, err);
    if (rc == 0)
        rc = write_all(compiler, tree, &header.start, err);
    if (rc == 0)
        rc = give_columns(compiler, &columns, err);
    if (rc)
        return rc;
    header.steps_n = compiler->steps_n;
    header.columns_n = columns.n;
    header.ranges_n = columns.ranges_n;
    header.sets_n = columns.sets_n;
    header.assertions = compiler->assertions;
    header.anchored = is_anchored(compiler, header.start);
    bool automaton = flags & BW_CEL_REGEX_AUTOMATON;
    struct bw_cel_regex *regex =
        assemble(automaton ? compiler->arena : arena, &header, compiler, &columns, NULL);
    if (regex && automaton) {
        rc = bw_regex_automaton(regex, compiler->arena, &rows, &header.states_n, err);
        regex = rc ? NULL : assemble(arena, &header, compiler, &columns, rows);
    }
    if (rc || !regex)
        return rc ? rc : no_room(arena, err);
    *ret_regex = regex;
    return 0;
}

int bw_cel_regex_compile(struct bw_str pattern, unsigned flags, struct bw_arena *arena,
                         const struct bw_cel_regex **ret_regex, struct bw_err *err)
{
    if (pattern.n > BW_CEL_REGEX_PATTERN_MAX)
        return bw_err_set(err, BW_ELIMIT, "a regular expression of %zu bytes; the most is %zu",
                          pattern.n, BW_CEL_REGEX_PATTERN_MAX);
    struct bw_arena *scratch BW_CLEANUP(bw_arena_freep) = bw_arena_new(SCRATCH_MAX);
    if (!scratch)
        return bw_err_set(err, BW_ENOMEM, "no memory for a regular expression");
    struct compiler compiler = {.arena = scratch, .sets = BW_MAP(SETS_MAX)};
    if (!pattern.n)
        pattern = BW_STR("");
    int rc = compile(&compiler, pattern, flags, arena, ret_regex, err);
    bw_map_free(&compiler.sets);
    return rc;
}

struct bw_str bw_cel_regex_bytes(const struct bw_cel_regex *regex)
{
    return bw_str_n(regex, regex->size);
}

unsigned bw_cel_regex_groups(const struct bw_cel_regex *regex)
{
    return regex->groups;
}

unsigned bw_cel_regex_steps(const struct bw_cel_regex *regex)
{
    return regex->steps_n;
}

unsigned bw_cel_regex_weight(const struct bw_cel_regex *regex)
{
    return regex->states_n ? 1 : regex->steps_n;
}
