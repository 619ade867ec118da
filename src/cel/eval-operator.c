/* Arithmetic, order and the other strict operators (langdef.md, "Standard Definitions"). */
#include <math.h>

#include "cel/eval.h"
#include "cel/text.h"

#define NANOS INT64_C(1000000000)

static struct bw_value overflow(struct bw_cel_eval *e)
{
    return bw_cel_fail(&e->call, "return error for overflow");
}

static struct bw_value of_int(struct bw_cel_eval *e, enum bw_cel_op op, int64_t a, int64_t b)
{
    int64_t r = 0;
    bool over = false;
    if (op >= BW_CEL_O_DIVIDE) {
        if (b == 0)
            return bw_cel_fail(&e->call,
                               op == BW_CEL_O_DIVIDE ? "divide by zero" : "modulus by zero");
        if (b == -1 && a == INT64_MIN)
            return overflow(e);
        return bw_value_int(op == BW_CEL_O_DIVIDE ? a / b : a % b);
    }
    if (op == BW_CEL_O_ADD)
        over = __builtin_add_overflow(a, b, &r);
    else if (op == BW_CEL_O_SUBTRACT)
        over = __builtin_sub_overflow(a, b, &r);
    else
        over = __builtin_mul_overflow(a, b, &r);
    return over ? overflow(e) : bw_value_int(r);
}

static struct bw_value of_uint(struct bw_cel_eval *e, enum bw_cel_op op, uint64_t a, uint64_t b)
{
    uint64_t r = 0;
    bool over = false;
    if (op >= BW_CEL_O_DIVIDE) {
        if (b == 0)
            return bw_cel_fail(&e->call,
                               op == BW_CEL_O_DIVIDE ? "divide by zero" : "modulus by zero");
        return bw_value_uint(op == BW_CEL_O_DIVIDE ? a / b : a % b);
    }
    if (op == BW_CEL_O_ADD)
        over = __builtin_add_overflow(a, b, &r);
    else if (op == BW_CEL_O_SUBTRACT)
        over = __builtin_sub_overflow(a, b, &r);
    else
        over = __builtin_mul_overflow(a, b, &r);
    return over ? overflow(e) : bw_value_uint(r);
}

static struct bw_value of_double(struct bw_cel_eval *e, enum bw_cel_op op, double a, double b)
{
    switch (op) {
    case BW_CEL_O_ADD:
        return bw_value_double(a + b);
    case BW_CEL_O_SUBTRACT:
        return bw_value_double(a - b);
    case BW_CEL_O_MULTIPLY:
        return bw_value_double(a * b);
    case BW_CEL_O_DIVIDE: /* by zero too: IEEE 754 has infinities, on purpose */
        return bw_value_double(b != 0                     ? a / b
                               : isnan(a) || a == 0       ? (double)NAN
                               : signbit(a) != signbit(b) ? -(double)INFINITY
                                                          : (double)INFINITY);
    default:
        return bw_cel_no_overload(e);
    }
}

/* A new text with room for n bytes, or the ERROR. */
static struct bw_value new_text(struct bw_cel_eval *e, size_t n, char **ret_p)
{
    struct bw_value_text *text = NULL;
    if (!bw_cel_charge(&e->call, n / 10))
        return bw_cel_fail_budget();
    if (n > BW_VALUE_TEXT_MAX)
        return bw_cel_fail(&e->call, "a string is longer than %zu bytes", BW_VALUE_TEXT_MAX);
    text = bw_arena_alloc(e->call.arena, sizeof *text + n + 1);
    if (!text)
        return bw_cel_fail_memory(e->call.arena);
    text->n = (uint32_t)n;
    *ret_p = text->p;
    return (struct bw_value){.kind = BW_VALUE_BYTES, .text = text};
}

static struct bw_value join(struct bw_cel_eval *e, struct bw_value a, struct bw_value b)
{
    struct bw_str s = bw_value_text(a), t = bw_value_text(b);
    char *p = NULL;
    struct bw_value value = new_text(e, s.n + t.n, &p);
    if (!p)
        return value;
    memcpy(p, s.p, s.n);
    memcpy(p + s.n, t.p, t.n);
    value.kind = a.kind;
    value.tag = a.kind == BW_VALUE_STRING ? bw_value_tag(bw_value_text(value)) : 0;
    return value;
}

static struct bw_value concatenate(struct bw_cel_eval *e, struct bw_value a, struct bw_value b)
{
    uint64_t n = (uint64_t)a.list->n + b.list->n;
    if (a.list->n == 0 || b.list->n == 0)
        return a.list->n ? a : b;
    if (!bw_cel_charge(&e->call, n))
        return bw_cel_fail_budget();
    if (n > BW_VALUE_COUNT_MAX)
        return bw_cel_fail(&e->call, "a list has more than %u elements", BW_VALUE_COUNT_MAX);
    struct bw_value value = bw_value_list(&e->call.make, (uint32_t)n);
    if (e->call.make.failed)
        return bw_cel_fail_memory(e->call.arena);
    struct bw_value_list *list = (struct bw_value_list *)value.list;
    memcpy(list->v, a.list->v, a.list->n * sizeof list->v[0]);
    memcpy(list->v + a.list->n, b.list->v, b.list->n * sizeof list->v[0]);
    list->n = (uint32_t)n;
    return value;
}

/* a moved by a duration. */
static struct bw_value moved(struct bw_cel_eval *e, const struct bw_cel_timestamp *a,
                             int64_t nanoseconds, bool back)
{
    int64_t seconds = nanoseconds / NANOS, nanos = nanoseconds % NANOS;
    seconds = a->seconds + (back ? -seconds : seconds);
    nanos = a->nanos + (back ? -nanos : nanos);
    if (nanos < 0 || nanos >= NANOS) {
        seconds += nanos < 0 ? -1 : 1;
        nanos += nanos < 0 ? NANOS : -NANOS;
    }
    return bw_cel_timestamp(&e->call, seconds, (int32_t)nanos);
}

static struct bw_value between(struct bw_cel_eval *e, const struct bw_cel_timestamp *a,
                               const struct bw_cel_timestamp *b)
{
    int64_t seconds = a->seconds - b->seconds, n;
    if (__builtin_mul_overflow(seconds, NANOS, &n) ||
        __builtin_add_overflow(n, a->nanos - b->nanos, &n))
        return bw_cel_fail(&e->call, "duration overflow");
    return bw_cel_duration(&e->call, n);
}

static struct bw_value of_times(struct bw_cel_eval *e, enum bw_cel_op op, struct bw_value a,
                                struct bw_value b)
{
    bool add = op == BW_CEL_O_ADD;
    if (!add && op != BW_CEL_O_SUBTRACT)
        return bw_cel_no_overload(e);
    if (a.kind == BW_CEL_TIMESTAMP && b.kind == BW_CEL_DURATION)
        return moved(e, a.foreign, b.i, !add);
    if (a.kind == BW_CEL_DURATION && b.kind == BW_CEL_TIMESTAMP && add)
        return moved(e, b.foreign, a.i, false);
    if (a.kind == BW_CEL_TIMESTAMP && b.kind == BW_CEL_TIMESTAMP && !add)
        return between(e, a.foreign, b.foreign);
    if (a.kind != BW_CEL_DURATION || b.kind != BW_CEL_DURATION)
        return bw_cel_no_overload(e);
    struct bw_value sum = of_int(e, op, a.i, b.i);
    return sum.kind == BW_VALUE_INT ? bw_cel_duration(&e->call, sum.i) : sum;
}

static struct bw_value arithmetic(struct bw_cel_eval *e, enum bw_cel_op op, struct bw_value a,
                                  struct bw_value b)
{
    if (a.kind != b.kind)
        return of_times(e, op, a, b);
    switch (a.kind) {
    case BW_VALUE_INT:
        return of_int(e, op, a.i, b.i);
    case BW_VALUE_UINT:
        return of_uint(e, op, a.u, b.u);
    case BW_VALUE_DOUBLE:
        return of_double(e, op, a.d, b.d);
    case BW_VALUE_STRING:
    case BW_VALUE_BYTES:
        return op == BW_CEL_O_ADD ? join(e, a, b) : bw_cel_no_overload(e);
    case BW_VALUE_LIST:
        return op == BW_CEL_O_ADD ? concatenate(e, a, b) : bw_cel_no_overload(e);
    default:
        return of_times(e, op, a, b);
    }
}

static struct bw_value order(struct bw_cel_eval *e, enum bw_cel_op op, struct bw_value a,
                             struct bw_value b)
{
    int by = bw_cel_compare(a, b);
    if (by == 3)
        return bw_cel_no_overload(e);
    if (by == 2) /* not a number */
        return bw_value_bool(false);
    if (!bw_cel_charge(&e->call, bw_value_text(a).n / 10))
        return bw_cel_fail_budget();
    return bw_value_bool(op == BW_CEL_O_LT   ? by < 0
                         : op == BW_CEL_O_LE ? by <= 0
                         : op == BW_CEL_O_GT ? by > 0
                                             : by >= 0);
}

static struct bw_value is_equal(struct bw_cel_eval *e, bool wanted, struct bw_value a,
                                struct bw_value b)
{
    struct bw_value same = bw_cel_equality(&e->call, a, b);
    return same.kind == BW_VALUE_BOOL ? bw_value_bool(same.u == wanted) : same;
}

struct bw_value bw_cel_binary(struct bw_cel_eval *e, enum bw_cel_op op, struct bw_value a,
                              struct bw_value b)
{
    if (op == BW_CEL_O_INDEX)
        return bw_cel_index(e, a, b);
    if (op == BW_CEL_O_OPT_INDEX)
        return bw_cel_index_optional(e, a, b);
    if (op == BW_CEL_O_IN)
        return bw_cel_in(e, a, b);
    if (bw_cel_is_bad(a))
        return bw_cel_is_bad(b) ? bw_cel_worse(a, b) : a;
    if (bw_cel_is_bad(b))
        return b;
    if (op == BW_CEL_O_EQ || op == BW_CEL_O_NE)
        return is_equal(e, op == BW_CEL_O_EQ, a, b);
    return op < BW_CEL_O_ADD ? order(e, op, a, b) : arithmetic(e, op, a, b);
}

/* --- of one operand --- */

static struct bw_value negate(struct bw_cel_eval *e, struct bw_value a)
{
    if (a.kind == BW_VALUE_DOUBLE)
        return bw_value_double(-a.d);
    if (a.kind != BW_VALUE_INT)
        return bw_cel_no_overload(e);
    return a.i == INT64_MIN ? overflow(e) : bw_value_int(-a.i);
}

static struct bw_value size(struct bw_cel_eval *e, struct bw_value a)
{
    struct bw_str text = bw_value_text(a);
    if (a.kind == BW_VALUE_LIST || a.kind == BW_VALUE_MAP)
        return bw_value_int(bw_value_count(a));
    if (!text.p)
        return bw_cel_no_overload(e);
    if (!bw_cel_charge(&e->call, text.n / 10))
        return bw_cel_fail_budget();
    return bw_value_int((int64_t)(a.kind == BW_VALUE_STRING ? bw_cel_utf8_count(text) : text.n));
}

struct bw_value bw_cel_unary(struct bw_cel_eval *e, enum bw_cel_op op, struct bw_value a)
{
    if (bw_cel_is_bad(a))
        return a;
    switch (op) {
    case BW_CEL_O_NOT:
        return a.kind == BW_VALUE_BOOL ? bw_value_bool(!a.u) : bw_cel_no_overload(e);
    case BW_CEL_O_NEGATE:
        return negate(e, a);
    case BW_CEL_O_SIZE:
        return size(e, a);
    default:
        return bw_cel_type_value(bw_cel_type_name(a));
    }
}
