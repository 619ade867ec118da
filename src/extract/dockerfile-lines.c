#include "extract/dockerfile-lines.h"

static const char *const directive_names[] = {"syntax", "escape", "check"};

void bw_dockerfile_lines_open(struct bw_dockerfile_lines *lines, struct bw_str text,
                              const struct bw_dockerfile_listener *listener)
{
    *lines = (struct bw_dockerfile_lines){
        .text = text, .listener = listener, .escape = '\\', .joined = BW_BUF(text.n)};
}

void bw_dockerfile_lines_close(struct bw_dockerfile_lines *lines)
{
    bw_buf_free(&lines->joined);
    BW_VEC_FREE(&lines->spans);
}

/* The next line of the file without its end; false when there is none. */
static bool take_line(struct bw_dockerfile_lines *lines, struct bw_str *ret_line)
{
    if (lines->at >= lines->text.n)
        return false;
    struct bw_str rest = bw_str_from(lines->text, lines->at);
    size_t end = bw_str_find(rest, '\n');
    struct bw_str line = end == SIZE_MAX ? rest : bw_str_take(rest, end);
    lines->at += line.n + (end != SIZE_MAX);
    lines->line++;
    while (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    *ret_line = line;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct bw_str without_leading_blanks(struct bw_str s)
{
    while (s.n && is_blank(s.p[0]))
        s = bw_str_from(s, 1);
    return s;
}

/* --- directives: "# name = value" before anything else --- */

static bool is_word_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static int known_directive(struct bw_str name)
{
    for (int i = 0; i < BW_DOCKERFILE_DIRECTIVES; i++)
        if (bw_str_eq_nocase(name, bw_str(directive_names[i])))
            return i;
    return -1;
}

/* The directive that a line is, or -1: then there are no more of them. */
static int split_directive(struct bw_str line, struct bw_str *ret_value)
{
    if (!bw_str_starts(line, BW_STR("#")))
        return -1;
    line = without_leading_blanks(bw_str_from(line, 1));
    struct bw_str name = {line.p, 0};
    while (name.n < line.n && is_word_character(line.p[name.n]))
        name.n++;
    line = without_leading_blanks(bw_str_from(line, name.n));
    if (!bw_str_starts(line, BW_STR("=")))
        return -1;
    *ret_value = bw_str_trim(bw_str_from(line, 1));
    return ret_value->n ? known_directive(name) : -1;
}

/* 1 where the line is a directive. */
static int read_directive(struct bw_dockerfile_lines *lines, struct bw_str line, struct bw_err *err)
{
    struct bw_str value;
    int name = lines->directives_done ? -1 : split_directive(line, &value);
    if (name < 0) {
        lines->directives_done = true;
        return 0;
    }
    if (lines->directives_seen & 1u << name)
        return bw_err_set(err, BW_EFORMAT, "line %u: a second parser directive \"%s\"", lines->line,
                          directive_names[name]);
    lines->directives_seen |= 1u << name;
    if (name == BW_DOCKERFILE_ESCAPE) {
        if (value.n != 1 || (value.p[0] != '\\' && value.p[0] != '`'))
            return bw_err_set(err, BW_EFORMAT, "line %u: the escape character is neither \\ nor `",
                              lines->line);
        lines->escape = value.p[0];
    }
    if (lines->listener && lines->listener->directive)
        lines->listener->directive(lines->listener->ctx, (enum bw_dockerfile_directive)name, value,
                                   lines->line);
    return 1;
}

/* --- lines --- */

/* Whether a line goes on behind it, "([^\\])\\[ \t]*$|^\\[ \t]*$": an escape character at its end
 * that is not itself escaped. What it ends with is taken off. */
static bool take_continuation(struct bw_dockerfile_lines *lines, struct bw_str *line)
{
    size_t n = line->n;
    while (n && (line->p[n - 1] == ' ' || line->p[n - 1] == '\t'))
        n--;
    if (!n || line->p[n - 1] != lines->escape || (n > 1 && line->p[n - 2] == lines->escape))
        return false;
    line->n = n - 1;
    return true;
}

static bool join(struct bw_dockerfile_lines *lines, struct bw_str part)
{
    if (part.n &&
        !bw_text_span_add(&lines->spans, lines->joined.n, (size_t)(part.p - lines->text.p)))
        return false;
    bw_buf_str(&lines->joined, part);
    return !bw_buf_failed(&lines->joined);
}

static void hear_comment(const struct bw_dockerfile_lines *lines, struct bw_str line, bool within)
{
    if (lines->listener && lines->listener->comment)
        lines->listener->comment(lines->listener->ctx, bw_str_from(line, 1), lines->line, within);
}

/* The lines behind one that goes on. */
static bool join_rest(struct bw_dockerfile_lines *lines, struct bw_dockerfile_line *line)
{
    bool more = true;
    struct bw_str part;
    while (more && take_line(lines, &part)) {
        struct bw_str bare = without_leading_blanks(part);
        if (bw_str_starts(bare, BW_STR("#"))) {
            hear_comment(lines, bare, true);
        } else if (!bare.n) {
            line->empty_continuation = true;
        } else {
            more = take_continuation(lines, &part);
            if (!join(lines, part))
                return false;
        }
    }
    return true;
}

/* 1 where a logical line begins with this line of the file, 0 where it is empty or a comment. */
static int begin_line(struct bw_dockerfile_lines *lines, struct bw_str part,
                      struct bw_dockerfile_line *line, struct bw_err *err)
{
    part = without_leading_blanks(part);
    int rc = read_directive(lines, part, err);
    if (rc)
        return rc < 0 ? rc : 0;
    if (bw_str_starts(part, BW_STR("#"))) {
        hear_comment(lines, part, false);
        return 0;
    }
    bool more = take_continuation(lines, &part);
    if (!more && !part.n)
        return 0;
    *line = (struct bw_dockerfile_line){.first = lines->line};
    bw_buf_clear(&lines->joined);
    lines->spans.n = 0;
    if (!join(lines, part) || (more && !join_rest(lines, line)))
        return bw_err_set(err, BW_ELIMIT, "line %u: an instruction of more lines than are held",
                          line->first);
    return 1;
}

int bw_dockerfile_lines_next(struct bw_dockerfile_lines *lines, struct bw_dockerfile_line *ret_line,
                             struct bw_err *err)
{
    struct bw_str part;
    while (take_line(lines, &part)) {
        struct bw_dockerfile_line line;
        int rc = begin_line(lines, part, &line, err);
        if (rc < 0)
            return rc;
        if (rc == 0 || !bw_str_trim(bw_buf_slice(&lines->joined)).n)
            continue;
        line.text = bw_buf_slice(&lines->joined);
        line.spans = &lines->spans;
        line.last = lines->line;
        *ret_line = line;
        return 1;
    }
    return 0;
}

bool bw_dockerfile_lines_heredoc(struct bw_dockerfile_lines *lines, struct bw_str name, bool chomp,
                                 struct bw_str *ret_body)
{
    size_t start = lines->at, end;
    struct bw_str line;
    while (end = lines->at, take_line(lines, &line)) {
        while (chomp && bw_str_starts(line, BW_STR("\t")))
            line = bw_str_from(line, 1);
        if (bw_str_eq(line, name)) {
            *ret_body = bw_str_n(lines->text.p + start, end - start);
            return true;
        }
    }
    return false;
}
