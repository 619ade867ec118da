/*
 * What a decision says to a person, and to the log.
 */
#include "enforce/gate.h"
#include "wrap/json.h"

/* One reason with its remedy. */
#define REASON_MAX ((size_t)1 << 16)

/* Policies that the last line names. */
#define NAMED_MAX 10u

/* Room that is kept for the line that says how many reasons are left out. */
#define MORE_MAX 64u

/* --- for a person --- */

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* The object that all denials are of; p is NULL where they are of several. */
static struct bw_str one_object(const struct bw_gate_decision *decision)
{
    struct bw_str object = {0};
    for (size_t i = 0; i < decision->reasons_n; i++) {
        const struct bw_gate_reason *reason = &decision->reasons[i];
        if (reason->weight != BW_GATE_DENIES || (!reason->policy && !reason->doubt))
            continue;
        if (object.p && !bw_str_eq(object, reason->object))
            return (struct bw_str){0};
        object = reason->object;
    }
    return object;
}

static void add_reason(const struct bw_gate_reason *reason, bool with_object, struct bw_buf *buf)
{
    const struct bw_policy *policy = reason->policy;
    bw_buf_str(buf, BW_STR("  - "));
    if (with_object && reason->object.n)
        bw_buf_printf(buf, "%" BW_STR_F ": ", BW_STR_A(reason->object));
    bw_buf_str(buf, reason->message);
    if (policy)
        bw_buf_printf(buf, " [%" BW_STR_F "]", BW_STR_A(policy->id));
    bw_buf_byte(buf, '\n');
    if (policy && reason->docker && policy->docker.n && !reason->doubt)
        bw_buf_printf(buf, "    With docker: %" BW_STR_F "\n", BW_STR_A(policy->docker));
    else if (policy && policy->check.remedy && *policy->check.remedy)
        bw_buf_printf(buf, "    %s%s\n", reason->doubt ? "To settle it: " : "",
                      policy->check.remedy);
}

static bool is_named_before(const struct bw_gate_decision *decision, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (decision->reasons[j].weight == BW_GATE_DENIES &&
            decision->reasons[j].policy == decision->reasons[i].policy)
            return true;
    return false;
}

/* What an exception would have to name. */
static void add_closing(const struct bw_gate_decision *decision, struct bw_buf *buf)
{
    size_t named = 0;
    for (size_t i = 0; i < decision->reasons_n && named <= NAMED_MAX; i++) {
        const struct bw_gate_reason *reason = &decision->reasons[i];
        if (reason->weight != BW_GATE_DENIES || !reason->policy || is_named_before(decision, i))
            continue;
        if (named == 0)
            bw_buf_str(buf, BW_STR("Must it be so? Ask whoever runs this gate for an exception "
                                   "(reason, last day) from: "));
        if (named == NAMED_MAX)
            bw_buf_str(buf, BW_STR(", ..."));
        else
            bw_buf_printf(buf, "%s%" BW_STR_F, named ? ", " : "",
                          BW_STR_A(bw_str_take(reason->policy->id, 100)));
        named++;
    }
    if (named)
        bw_buf_byte(buf, '\n');
}

static size_t denials(const struct bw_gate_decision *decision)
{
    size_t n = 0;
    for (size_t i = 0; i < decision->reasons_n; i++)
        n += decision->reasons[i].weight == BW_GATE_DENIES;
    return n;
}

/* The reasons that find room before the last lines; then how many did not. */
static void add_reasons(const struct bw_gate_decision *decision, bool with_object, size_t room,
                        struct bw_buf *buf)
{
    struct bw_buf line BW_CLEANUP(bw_buf_free) = BW_BUF(REASON_MAX);
    size_t left = denials(decision);
    for (size_t i = 0; i < decision->reasons_n && left; i++) {
        if (decision->reasons[i].weight != BW_GATE_DENIES)
            continue;
        bw_buf_clear(&line);
        add_reason(&decision->reasons[i], with_object, &line);
        if (line.failed || buf->n + line.n > room)
            break;
        bw_buf_str(buf, bw_buf_slice(&line));
        left--;
    }
    if (left)
        bw_buf_printf(buf, "  - and %zu more reason%s, see the log of the gate\n", left,
                      plural(left));
}

void bw_gate_message(const struct bw_gate_decision *decision, size_t max, struct bw_buf *buf)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(max + 2 * REASON_MAX);
    struct bw_buf closing BW_CLEANUP(bw_buf_free) = BW_BUF(REASON_MAX);
    struct bw_str object = one_object(decision);
    size_t n = denials(decision);
    if (!n)
        return;
    add_closing(decision, &closing);
    bw_buf_printf(&text, "%" BW_STR_F "%sdenied for %zu reason%s\n", BW_STR_A(object),
                  object.n ? " is " : "", n, plural(n));
    size_t kept = closing.n + MORE_MAX;
    add_reasons(decision, !object.p, max > kept ? max - kept : 0, &text);
    bw_buf_str(&text, bw_buf_slice(&closing));
    struct bw_str said = bw_str_take(bw_buf_slice(&text), max);
    while (said.n < text.n && said.n && ((uint8_t)text.p[said.n] & 0xc0) == 0x80)
        said.n--;
    while (said.n && said.p[said.n - 1] == '\n')
        said.n--;
    bw_buf_str(buf, said);
}

/* --- for the log --- */

static const char *weight_name(enum bw_gate_weight weight)
{
    static const char *const names[] = {[BW_GATE_DENIES] = "deny",
                                        [BW_GATE_WARNS] = "warn",
                                        [BW_GATE_AUDITS] = "audit",
                                        [BW_GATE_WAIVED] = "waived"};
    return names[weight];
}

static void member_if_any(struct bw_json_writer *writer, const char *key, struct bw_str s)
{
    if (s.n)
        bw_json_member_str(writer, key, s);
}

static void record_reason(const struct bw_gate_reason *reason, struct bw_json_writer *writer)
{
    bw_json_begin_object(writer);
    if (reason->policy)
        bw_json_member_str(writer, "policy", reason->policy->id);
    bw_json_member_str(writer, "weight", bw_str(weight_name(reason->weight)));
    if (reason->doubt)
        bw_json_member_bool(writer, "doubt", true);
    member_if_any(writer, "object", reason->object);
    bw_json_member_str(writer, "message", reason->message);
    member_if_any(writer, "path", reason->path);
    member_if_any(writer, "exception", reason->exception);
    bw_json_end(writer);
}

void bw_gate_record(const struct bw_gate_decision *decision, struct bw_json_writer *writer)
{
    bw_json_member_str(writer, "verdict", bw_str(decision->allowed ? "allow" : "deny"));
    bw_json_key(writer, BW_STR("reasons"));
    bw_json_begin_array(writer);
    for (size_t i = 0; i < decision->reasons_n; i++)
        record_reason(&decision->reasons[i], writer);
    bw_json_end(writer);
    bw_json_member_u64(writer, "evaluated", decision->evaluated);
    bw_json_member_u64(writer, "cost_us", decision->cost_ns / 1000);
}
