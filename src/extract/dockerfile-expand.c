#include "extract/dockerfile-expand.h"

#include "extract/dockerfile-pattern.h"
#include "extract/text-map.h"

#define WORDS_MAX ((size_t)1 << 20)

struct lexer {
    const struct bw_expand *expand;
    struct bw_str text;
    size_t at;
    bool raw_escapes;
    unsigned depth;
    struct bw_buf *out;
    struct bw_err *err;
};

/* The words that the text falls into, beside the text itself. */
struct splitter {
    struct bw_buf *out;
    struct bw_expand_parts *parts;
    size_t start;
    bool in_word, failed;
};

static int bad(struct lexer *lexer, const char *what)
{
    return bw_err_set(lexer->err, BW_EFORMAT, "%s", what);
}

static int peek(const struct lexer *lexer)
{
    return lexer->at < lexer->text.n ? (uint8_t)lexer->text.p[lexer->at] : -1;
}

static bool is_blank(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The bytes of the character that begins with c: escapes and words take it whole. */
static size_t character(const struct lexer *lexer)
{
    uint8_t c = (uint8_t)lexer->text.p[lexer->at];
    size_t n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4, left = lexer->text.n - lexer->at;
    return n < left ? n : left;
}

static void copy_character(struct lexer *lexer)
{
    size_t n = character(lexer);
    bw_buf_add(lexer->out, lexer->text.p + lexer->at, n);
    lexer->at += n;
}

static struct bw_str written_since(const struct lexer *lexer, size_t mark)
{
    return bw_str_from(bw_buf_slice(lexer->out), mark);
}

/* --- quotes --- */

static int single_quote(struct lexer *lexer)
{
    size_t start = lexer->at++;
    while (peek(lexer) >= 0 && peek(lexer) != '\'')
        lexer->at++;
    if (peek(lexer) < 0)
        return bad(lexer, "a single quote without its end");
    size_t end = lexer->at++;
    if (lexer->expand->raw_quotes)
        bw_buf_add(lexer->out, lexer->text.p + start, end + 1 - start);
    else
        bw_buf_add(lexer->out, lexer->text.p + start + 1, end - start - 1);
    return 0;
}

static int dollar(struct lexer *lexer);

static void escape_in_quotes(struct lexer *lexer)
{
    lexer->at++;
    if (lexer->raw_escapes)
        bw_buf_byte(lexer->out, (uint8_t)lexer->expand->escape);
    int next = peek(lexer);
    if (next < 0)
        return;
    if (next == '"' || next == '$' || next == (uint8_t)lexer->expand->escape)
        copy_character(lexer);
    else
        bw_buf_byte(lexer->out, (uint8_t)lexer->expand->escape);
}

static int double_quote(struct lexer *lexer)
{
    int rc = 0;
    lexer->at++;
    if (lexer->expand->raw_quotes)
        bw_buf_byte(lexer->out, '"');
    while (!rc && peek(lexer) != '"') {
        int c = peek(lexer);
        if (c < 0)
            return bad(lexer, "a double quote without its end");
        if (c == '$')
            rc = dollar(lexer);
        else if (c == (uint8_t)lexer->expand->escape)
            escape_in_quotes(lexer);
        else
            copy_character(lexer);
    }
    lexer->at++;
    if (lexer->expand->raw_quotes)
        bw_buf_byte(lexer->out, '"');
    return rc;
}

/* --- variables --- */

static bool is_name_character(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c >= 0x80;
}

static struct bw_str take_name(struct lexer *lexer)
{
    size_t start = lexer->at;
    int c = peek(lexer);
    if (c >= '0' && c <= '9')
        while (peek(lexer) >= '0' && peek(lexer) <= '9')
            lexer->at++;
    else if (c > 0 && strchr("@*#?-$!", c))
        lexer->at++;
    else
        while (is_name_character(peek(lexer)))
            lexer->at++;
    return bw_str_n(lexer->text.p + start, lexer->at - start);
}

static enum bw_expand_answer get(const struct lexer *lexer, struct bw_str name,
                                 struct bw_str *ret_value)
{
    *ret_value = BW_STR("");
    return lexer->expand->get(lexer->expand->ctx, name, ret_value);
}

/* A variable's value as it is, or what is written for it where it stays. */
static void put_value(struct lexer *lexer, struct bw_str name, struct bw_str written)
{
    struct bw_str value;
    enum bw_expand_answer answer = get(lexer, name, &value);
    if (answer == BW_EXPAND_NOT_KNOWN)
        bw_buf_byte(lexer->out, BW_EXPAND_UNKNOWN);
    else if (answer == BW_EXPAND_UNSET && lexer->expand->keep_unset)
        bw_buf_str(lexer->out, written);
    else
        bw_buf_str(lexer->out, value);
}

static int until(struct lexer *lexer, char stop, bool raw_escapes);

/* What has been written since `mark` becomes `value`, which may lie in it. */
static int rewrite(struct lexer *lexer, size_t mark, struct bw_str value)
{
    struct bw_buf copy BW_CLEANUP(bw_buf_free) = BW_BUF(BW_EXPAND_RESULT_MAX);
    bw_buf_str(&copy, value);
    lexer->out->n = mark;
    bw_buf_str(lexer->out, bw_buf_slice(&copy));
    return bw_buf_failed(&copy) ? bw_err_set(lexer->err, BW_ELIMIT, "a value is too long") : 0;
}

static int refuse(struct lexer *lexer, struct bw_str name, struct bw_str word, const char *why)
{
    if (!word.n)
        word = bw_str(why);
    return bw_err_set(lexer->err, BW_EFORMAT, "%" BW_STR_F ": %" BW_STR_F,
                      BW_STR_A(bw_text_brief(name)), BW_STR_A(bw_text_brief(word)));
}

static int trim(struct lexer *lexer, char op, size_t mark, struct bw_str value)
{
    struct bw_str pattern = written_since(lexer, mark);
    bool longest = pattern.n && pattern.p[0] == op;
    int rc = bw_pattern_trim(bw_str_from(pattern, longest), value, op == '%', longest, &value,
                             lexer->err);
    return rc ? rc : rewrite(lexer, mark, value);
}

/* ${name OPERATOR word}: the word has been written since `mark`. */
static int apply(struct lexer *lexer, struct bw_str name, char op, bool colon, size_t mark)
{
    struct bw_str value;
    enum bw_expand_answer answer = get(lexer, name, &value);
    bool set = answer == BW_EXPAND_SET && !(colon && !value.n);
    if (answer == BW_EXPAND_NOT_KNOWN)
        return rewrite(lexer, mark, bw_str_n("", 1)); /* BW_EXPAND_UNKNOWN */
    switch (op) {
    case '-':
        return set ? rewrite(lexer, mark, value) : 0;
    case '+':
        return set ? 0 : rewrite(lexer, mark, BW_STR(""));
    case '?':
        if (!set)
            return refuse(lexer, name, written_since(lexer, mark), "is not set");
        return rewrite(lexer, mark, value);
    default:
        return trim(lexer, op, mark, value);
    }
}

static int modified(struct lexer *lexer, struct bw_str name, size_t start)
{
    size_t mark = lexer->out->n;
    bool colon = peek(lexer) == ':';
    struct bw_str value;
    lexer->at += colon;
    int op = peek(lexer);
    if (op < 0)
        return bad(lexer, "${} without its end");
    if (op <= 0 || !strchr("-+?#%", op))
        return bad(lexer, "an operator that ${} does not have");
    lexer->at++;
    int rc = until(lexer, '}', op == '#' || op == '%');
    if (rc)
        return rc;
    if (lexer->expand->keep_unset && get(lexer, name, &value) == BW_EXPAND_UNSET)
        return rewrite(lexer, mark, bw_str_n(lexer->text.p + start, lexer->at - start));
    return apply(lexer, name, (char)op, colon, mark);
}

static int replaced(struct lexer *lexer, struct bw_str name, size_t start)
{
    struct bw_buf result BW_CLEANUP(bw_buf_free) = BW_BUF(BW_EXPAND_RESULT_MAX);
    size_t mark = lexer->out->n;
    lexer->at++;
    bool all = peek(lexer) == '/';
    lexer->at += all;
    int rc = until(lexer, '/', true);
    size_t middle = lexer->out->n;
    if (!rc)
        rc = until(lexer, '}', true);
    if (rc)
        return rc;
    struct bw_str value, pattern = bw_str_take(written_since(lexer, mark), middle - mark);
    enum bw_expand_answer answer = get(lexer, name, &value);
    if (answer == BW_EXPAND_NOT_KNOWN)
        return rewrite(lexer, mark, bw_str_n("", 1));
    if (answer == BW_EXPAND_UNSET && lexer->expand->keep_unset)
        return rewrite(lexer, mark, bw_str_n(lexer->text.p + start, lexer->at - start));
    rc = bw_pattern_replace(pattern, value, written_since(lexer, middle), all, &result, lexer->err);
    if (!rc && bw_buf_failed(&result))
        rc = bw_err_set(lexer->err, BW_ELIMIT, "a value is too long");
    return rc ? rc : rewrite(lexer, mark, bw_buf_slice(&result));
}

static int braces(struct lexer *lexer, size_t start)
{
    lexer->at++;
    int c = peek(lexer);
    if (c < 0 || c == '{' || c == '}' || c == ':')
        return bad(lexer, "${} without a name");
    struct bw_str name = take_name(lexer);
    switch (peek(lexer)) {
    case '}':
        lexer->at++;
        put_value(lexer, name, bw_str_n(lexer->text.p + start, lexer->at - start));
        return 0;
    case '/':
        return replaced(lexer, name, start);
    default:
        return modified(lexer, name, start);
    }
}

static int dollar(struct lexer *lexer)
{
    size_t start = lexer->at++;
    if (peek(lexer) != '{') {
        struct bw_str name = take_name(lexer);
        if (name.n)
            put_value(lexer, name, bw_str_n(lexer->text.p + start, lexer->at - start));
        else
            bw_buf_byte(lexer->out, '$');
        return 0;
    }
    if (lexer->depth == BW_EXPAND_DEPTH_MAX)
        return bw_err_set(lexer->err, BW_ELIMIT, "${} nested more than %u deep",
                          BW_EXPAND_DEPTH_MAX);
    lexer->depth++;
    int rc = braces(lexer, start);
    lexer->depth--;
    return rc;
}

/* --- words --- */

static void end_word(struct splitter *split)
{
    size_t end = split->out->n;
    if (end > split->start) {
        struct bw_expand_part *part = BW_VEC_PUSH(split->parts, WORDS_MAX);
        if (part)
            *part = (struct bw_expand_part){split->start, end};
        else
            split->failed = true;
    }
    split->start = end;
    split->in_word = false;
}

/* Takes what was written to `from` since `mark` into the words; blanks end one unless `quoted`. */
static void split_text(struct splitter *split, struct bw_str text, bool quoted)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!quoted && is_blank(text.p[i])) {
            if (split->in_word)
                end_word(split);
            continue;
        }
        bw_buf_byte(split->out, (uint8_t)text.p[i]);
        split->in_word = true;
    }
}

/* One thing: a quoted string, a variable, a character. *quoted: blanks of it end no word. */
static int piece(struct lexer *lexer, bool *quoted)
{
    int c = peek(lexer);
    *quoted = c == '\'' || c == '"' || c == (uint8_t)lexer->expand->escape;
    if (c == '\'')
        return single_quote(lexer);
    if (c == '"')
        return double_quote(lexer);
    if (c == '$')
        return dollar(lexer);
    if (c == (uint8_t)lexer->expand->escape) {
        lexer->at++;
        if (lexer->raw_escapes)
            bw_buf_byte(lexer->out, (uint8_t)c);
        if (peek(lexer) < 0)
            return 0;
    }
    copy_character(lexer);
    return 0;
}

static int too_long(struct bw_err *err)
{
    return bw_err_set(err, BW_ELIMIT, "a word expands to more than %zu KiB",
                      BW_EXPAND_RESULT_MAX >> 10);
}

/* Stops at once where the result is too long: what follows could be any number of long values. */
static int bounded_piece(struct lexer *lexer, bool *quoted)
{
    int rc = piece(lexer, quoted);
    return !rc && bw_buf_failed(lexer->out) ? too_long(lexer->err) : rc;
}

static int until(struct lexer *lexer, char stop, bool raw_escapes)
{
    bool before = lexer->raw_escapes, quoted;
    int rc = 0;
    lexer->raw_escapes = raw_escapes;
    while (!rc && peek(lexer) >= 0 && peek(lexer) != stop)
        rc = bounded_piece(lexer, &quoted);
    lexer->raw_escapes = before;
    if (!rc && peek(lexer) < 0)
        rc = bad(lexer, "${} without its end");
    lexer->at++;
    return rc;
}

static struct lexer lexer_of(const struct bw_expand *expand, struct bw_str word, struct bw_buf *out,
                             struct bw_err *err)
{
    return (struct lexer){
        .expand = expand, .text = word, .raw_escapes = expand->raw_escapes, .out = out, .err = err};
}

int bw_expand_word(const struct bw_expand *expand, struct bw_str word, struct bw_buf *out,
                   struct bw_err *err)
{
    struct lexer lexer = lexer_of(expand, word, out, err);
    bool quoted;
    int rc = 0;
    while (!rc && peek(&lexer) >= 0)
        rc = bounded_piece(&lexer, &quoted);
    return rc;
}

int bw_expand_words(const struct bw_expand *expand, struct bw_str word, struct bw_buf *out,
                    struct bw_expand_parts *parts, struct bw_err *err)
{
    struct bw_buf one BW_CLEANUP(bw_buf_free) = BW_BUF(BW_EXPAND_RESULT_MAX);
    struct lexer lexer = lexer_of(expand, word, &one, err);
    struct splitter split = {.out = out, .parts = parts, .start = out->n};
    bool quoted;
    int rc = 0;
    while (!rc && peek(&lexer) >= 0) {
        bw_buf_clear(&one);
        rc = bounded_piece(&lexer, &quoted);
        split_text(&split, bw_buf_slice(&one), quoted);
    }
    end_word(&split);
    return !rc && (bw_buf_failed(out) || split.failed) ? too_long(err) : rc;
}
