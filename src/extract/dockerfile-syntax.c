#include "extract/dockerfile-syntax.h"

#include "extract/dockerfile-expand.h"
#include "wrap/json.h"

const char *const bw_dockerfile_keywords[BW_DOCKERFILE_UNKNOWN] = {
    "ADD",    "ARG",   "CMD",         "COPY",  "ENTRYPOINT", "ENV",
    "EXPOSE", "FROM",  "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",
    "RUN",    "SHELL", "STOPSIGNAL",  "USER",  "VOLUME",     "WORKDIR",
};

struct parser {
    struct bw_dockerfile_instruction *to;
    struct bw_str line;
    char escape;
    struct bw_arena *arena;
    struct bw_err *err;
};

void bw_dockerfile_instruction_free(struct bw_dockerfile_instruction *instruction)
{
    BW_VEC_FREE(&instruction->flags);
    BW_VEC_FREE(&instruction->args);
    BW_VEC_FREE(&instruction->heredocs);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int bad(const struct parser *parser, const char *what)
{
    return bw_err_set(parser->err, BW_EFORMAT, "%s", what);
}

static int push(struct bw_dockerfile_words *words, struct bw_dockerfile_word word,
                struct bw_err *err)
{
    struct bw_dockerfile_word *slot = BW_VEC_PUSH(words, BW_DOCKERFILE_WORDS_MAX);
    if (!slot)
        return bw_err_set(err, BW_ELIMIT, "an instruction of more than %zu words",
                          BW_DOCKERFILE_WORDS_MAX);
    *slot = word;
    return 0;
}

/* A word that is a slice of the line. */
static struct bw_dockerfile_word slice(const struct parser *parser, size_t start, size_t end)
{
    return (struct bw_dockerfile_word){.text = bw_str_n(parser->line.p + start, end - start),
                                       .at = (uint32_t)start,
                                       .as_it_stands = true};
}

static struct bw_dockerfile_word trimmed(const struct parser *parser, size_t start, size_t end)
{
    while (start < end && is_blank(parser->line.p[start]))
        start++;
    while (end > start && is_blank(parser->line.p[end - 1]))
        end--;
    return slice(parser, start, end);
}

/* --- flags: words that begin with "--", before anything else --- */

struct flag {
    size_t start;
    char *text; /* quotes and escapes taken off */
    size_t n;
    char quote;
    bool quoted;
};

static int end_flag(struct parser *parser, const struct flag *flag, size_t end)
{
    struct bw_dockerfile_word word = slice(parser, flag->start, end);
    if (!flag->text)
        return bw_err_set(parser->err, BW_ENOMEM, "not enough memory for a flag");
    if (!flag->quoted && !flag->n)
        return 0;
    if (!bw_str_eq(word.text, bw_str_n(flag->text, flag->n))) {
        word.text = bw_str_n(flag->text, flag->n);
        word.as_it_stands = false;
    }
    return push(&parser->to->flags, word, parser->err);
}

/* Reads one from *at on; false where what stands there is none, or the "--" that ends them. */
static bool take_flag(struct parser *parser, size_t *at, struct flag *flag)
{
    struct bw_str line = parser->line;
    size_t i = *at;
    *flag = (struct flag){.start = i};
    if (line.n - i < 2 || line.p[i] != '-' || line.p[i + 1] != '-')
        return false;
    size_t longest = i;
    while (longest < line.n && (!is_blank(line.p[longest]) || flag->quote)) {
        char c = line.p[longest];
        if (flag->quote ? c == flag->quote : c == '\'' || c == '"')
            flag->quote = flag->quote ? 0 : c;
        longest += c == '\\' && longest + 1 < line.n ? 2 : 1;
    }
    flag->quote = 0;
    flag->text = bw_arena_alloc(parser->arena, longest - i);
    for (; flag->text && i < longest; i++) {
        char c = line.p[i];
        if (flag->quote ? c == flag->quote : c == '\'' || c == '"') {
            flag->quote = flag->quote ? 0 : c;
            flag->quoted = true;
        } else if (c != '\\' || ++i < longest) {
            flag->text[flag->n++] = line.p[i];
        }
    }
    *at = longest;
    return !(flag->n == 2 && !flag->quoted);
}

static int take_flags(struct parser *parser, size_t *at)
{
    struct flag flag;
    for (;;) {
        while (*at < parser->line.n && is_blank(parser->line.p[*at]))
            ++*at;
        if (!take_flag(parser, at, &flag))
            return 0;
        int rc = end_flag(parser, &flag, *at);
        if (rc)
            return rc;
    }
}

/* --- arguments --- */

/* One word from *at on, which is no blank. What it ends at is behind it; an escape character at the
 * end of the text is no part of it. */
static size_t word_end(struct bw_str text, size_t *at, char escape)
{
    char quote = 0;
    size_t i = *at;
    while (i < text.n && (quote || !is_blank(text.p[i]))) {
        char c = text.p[i];
        if (c == escape && quote != '\'') {
            if (i + 1 == text.n) {
                *at = text.n;
                return i;
            }
            i++;
        } else if (quote ? c == quote : c == '\'' || c == '"') {
            quote = quote ? 0 : c;
        }
        i++;
    }
    *at = i < text.n ? i : text.n;
    return *at;
}

int bw_dockerfile_words(struct bw_str text, uint32_t at, char escape,
                        struct bw_dockerfile_words *words, struct bw_err *err)
{
    for (size_t i = 0; i < text.n;) {
        if (is_blank(text.p[i])) {
            i++;
            continue;
        }
        size_t start = i, end = word_end(text, &i, escape);
        struct bw_dockerfile_word word = {.text = bw_str_n(text.p + start, end - start),
                                          .at = at + (uint32_t)start,
                                          .as_it_stands = true};
        int rc = end > start ? push(words, word, err) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

static int parse_words(struct parser *parser, struct bw_dockerfile_word rest)
{
    return bw_dockerfile_words(rest.text, rest.at, parser->escape, &parser->to->args, parser->err);
}

static int parse_string(struct parser *parser, struct bw_dockerfile_word rest)
{
    return rest.text.n ? push(&parser->to->args, rest, parser->err) : 0;
}

static int parse_strings(struct parser *parser, struct bw_dockerfile_word rest)
{
    size_t end = rest.at + rest.text.n;
    for (size_t at = rest.at; at < end;) {
        size_t start = at;
        while (at < end && !is_blank(parser->line.p[at]))
            at++;
        int rc = push(&parser->to->args, slice(parser, start, at), parser->err);
        if (rc)
            return rc;
        while (at < end && is_blank(parser->line.p[at]))
            at++;
    }
    return 0;
}

/* The strings of a JSON list, which is valid, and where their contents begin. */
static int add_json(struct parser *parser, const struct bw_json *list, size_t at)
{
    struct bw_json_iter it = bw_json_iter(list);
    const char *line = parser->line.p;
    for (const struct bw_json *value; (value = bw_json_next(&it));) {
        struct bw_dockerfile_word word = {.is_json = true};
        struct bw_str text = bw_json_string(value);
        while (line[at] != '"')
            at++;
        word.at = (uint32_t)++at;
        while (line[at] != '"')
            at += line[at] == '\\' ? 2 : 1;
        word.as_it_stands = bw_str_eq(text, bw_str_n(line + word.at, at - word.at));
        at++;
        word.text = word.as_it_stands ? bw_str_n(line + word.at, text.n)
                                      : bw_arena_str(parser->arena, text);
        int rc = word.text.p ? push(&parser->to->args, word, parser->err)
                             : bw_err_set(parser->err, BW_ELIMIT, "too many strings");
        if (rc)
            return rc;
    }
    parser->to->json = true;
    return 0;
}

/* 1 where the arguments are a JSON list, 0 where they are something else. */
static int parse_json(struct parser *parser, struct bw_dockerfile_word rest)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    if (!bw_str_starts(rest.text, BW_STR("[")) || bw_json_parse(&doc, rest.text, NULL, 0, NULL))
        return 0;
    const struct bw_json *list = bw_json_root(doc);
    struct bw_json_iter it = bw_json_iter(list);
    for (const struct bw_json *value; (value = bw_json_next(&it));)
        if (bw_json_type(value) != BW_JSON_STRING)
            return bad(parser, "a JSON list of arguments holds something that is no string");
    int rc = add_json(parser, list, rest.at);
    return rc ? rc : 1;
}

static int parse_json_or(struct parser *parser, struct bw_dockerfile_word rest,
                         int (*otherwise)(struct parser *, struct bw_dockerfile_word))
{
    int rc = parse_json(parser, rest);
    if (rc)
        return rc < 0 ? rc : 0;
    return otherwise(parser, rest);
}

static int parse_healthcheck(struct parser *parser, struct bw_dockerfile_word rest)
{
    size_t n = 0;
    while (n < rest.text.n && !is_blank(rest.text.p[n]))
        n++;
    int rc = n ? push(&parser->to->args, slice(parser, rest.at, rest.at + n), parser->err) : 0;
    if (rc || !n)
        return rc;
    return parse_json_or(parser, trimmed(parser, rest.at + n, rest.at + rest.text.n), parse_string);
}

/* --- ENV and LABEL --- */

static int parse_legacy(struct parser *parser, struct bw_dockerfile_word rest)
{
    size_t n = 0;
    while (n < rest.text.n && !is_blank(rest.text.p[n]))
        n++;
    if (n == rest.text.n)
        return bad(parser, "a name without a value");
    parser->to->legacy = true;
    parser->to->args.n = 0;
    int rc = push(&parser->to->args, slice(parser, rest.at, rest.at + n), parser->err);
    if (rc)
        return rc;
    return push(&parser->to->args, trimmed(parser, rest.at + n, rest.at + rest.text.n),
                parser->err);
}

static int parse_pairs(struct parser *parser, struct bw_dockerfile_word rest)
{
    struct bw_dockerfile_words words = {0}, *args = &parser->to->args;
    int rc = bw_dockerfile_words(rest.text, rest.at, parser->escape, &words, parser->err);
    if (!rc && words.n && bw_str_find(words.v[0].text, '=') == SIZE_MAX) {
        rc = parse_legacy(parser, rest);
        words.n = 0;
    }
    for (size_t i = 0; !rc && i < words.n; i++) {
        size_t start = words.v[i].at, equals = bw_str_find(words.v[i].text, '=');
        size_t end = start + words.v[i].text.n;
        if (equals == SIZE_MAX || !equals) {
            rc =
                bad(parser, equals ? "a name without \"=\" and a value" : "a value without a name");
            break;
        }
        rc = push(args, slice(parser, start, start + equals), parser->err);
        if (!rc)
            rc = push(args, slice(parser, start + equals + 1, end), parser->err);
    }
    BW_VEC_FREE(&words);
    return rc;
}

/* --- here-documents --- */

static enum bw_expand_answer nothing_set(void *ctx, struct bw_str name, struct bw_str *ret_value)
{
    (void)ctx, (void)name, (void)ret_value;
    return BW_EXPAND_UNSET;
}

/* The word as one, with or without its quotes; false where it is not one word. */
static bool one_word(struct bw_str word, bool raw, struct bw_buf *out)
{
    const struct bw_expand expand = {.escape = '\\',
                                     .raw_quotes = raw,
                                     .raw_escapes = raw,
                                     .keep_unset = true,
                                     .get = nothing_set};
    struct bw_expand_parts parts = {0};
    bool one = !bw_expand_words(&expand, word, out, &parts, NULL) && parts.n == 1;
    BW_VEC_FREE(&parts);
    return one;
}

/* Whether a word is "<<NAME", "3<<-'NAME'"; the name is the arena's. */
static bool is_heredoc(struct parser *parser, struct bw_str word,
                       struct bw_dockerfile_heredoc *heredoc)
{
    while (word.n && word.p[0] >= '0' && word.p[0] <= '9')
        word = bw_str_from(word, 1);
    if (!bw_str_starts(word, BW_STR("<<")))
        return false;
    word = bw_str_from(word, 2);
    heredoc->chomp = bw_str_starts(word, BW_STR("-"));
    word = bw_str_trim(bw_str_from(word, heredoc->chomp));
    if (!word.n || bw_str_find(word, '<') != SIZE_MAX)
        return false;
    struct bw_buf bare BW_CLEANUP(bw_buf_free) = BW_BUF(BW_EXPAND_RESULT_MAX);
    struct bw_buf raw BW_CLEANUP(bw_buf_free) = BW_BUF(BW_EXPAND_RESULT_MAX);
    if (!one_word(word, false, &bare) || !one_word(word, true, &raw))
        return false;
    heredoc->expand = bw_str_eq(bw_buf_slice(&bare), bw_buf_slice(&raw));
    heredoc->name = bw_arena_str(parser->arena, bw_buf_slice(&bare));
    return heredoc->name.p;
}

static int find_heredocs(struct parser *parser)
{
    const struct bw_expand expand = {.escape = '\\',
                                     .raw_quotes = true,
                                     .raw_escapes = true,
                                     .keep_unset = true,
                                     .get = nothing_set};
    struct bw_expand_parts parts = {0};
    struct bw_buf words BW_CLEANUP(bw_buf_free) = BW_BUF(parser->line.n + BW_EXPAND_RESULT_MAX);
    int rc = 0;
    if (bw_expand_words(&expand, parser->line, &words, &parts, NULL))
        parts.n = 0; /* quotes that do not end: BuildKit, too, sees no here-document then */
    for (size_t i = 0; !rc && i < parts.n; i++) {
        struct bw_dockerfile_heredoc heredoc = {0}, *slot = NULL;
        struct bw_str word = bw_buf_slice(&words);
        word = bw_str_n(word.p + parts.v[i].start, parts.v[i].end - parts.v[i].start);
        if (!is_heredoc(parser, word, &heredoc))
            continue;
        slot = BW_VEC_PUSH(&parser->to->heredocs, BW_DOCKERFILE_HEREDOCS_MAX);
        if (slot)
            *slot = heredoc;
        else
            rc = bw_err_set(parser->err, BW_ELIMIT, "more than %zu here-documents",
                            BW_DOCKERFILE_HEREDOCS_MAX);
    }
    BW_VEC_FREE(&parts);
    return rc;
}

/* --- instructions --- */

static enum bw_dockerfile_keyword keyword_of(struct bw_str word)
{
    int i = 0;
    while (i < BW_DOCKERFILE_UNKNOWN && !bw_str_eq_nocase(word, bw_str(bw_dockerfile_keywords[i])))
        i++;
    return (enum bw_dockerfile_keyword)i;
}

static int parse_args(struct parser *parser, struct bw_dockerfile_word rest)
{
    switch (parser->to->keyword) {
    case BW_DOCKERFILE_ADD:
    case BW_DOCKERFILE_COPY:
    case BW_DOCKERFILE_VOLUME:
        return parse_json_or(parser, rest, parse_strings);
    case BW_DOCKERFILE_CMD:
    case BW_DOCKERFILE_ENTRYPOINT:
    case BW_DOCKERFILE_RUN:
    case BW_DOCKERFILE_SHELL:
        return parse_json_or(parser, rest, parse_string);
    case BW_DOCKERFILE_ARG:
        return parse_words(parser, rest);
    case BW_DOCKERFILE_ENV:
    case BW_DOCKERFILE_LABEL:
        return parse_pairs(parser, rest);
    case BW_DOCKERFILE_EXPOSE:
    case BW_DOCKERFILE_FROM:
        return parse_strings(parser, rest);
    case BW_DOCKERFILE_HEALTHCHECK:
        return parse_healthcheck(parser, rest);
    case BW_DOCKERFILE_MAINTAINER:
    case BW_DOCKERFILE_STOPSIGNAL:
    case BW_DOCKERFILE_USER:
    case BW_DOCKERFILE_WORKDIR:
        return parse_string(parser, rest);
    case BW_DOCKERFILE_ONBUILD:
    case BW_DOCKERFILE_UNKNOWN:
        return 0;
    }
    return 0;
}

/* Keyword and flags from `at` on. */
static int parse_head(struct parser *parser, size_t at)
{
    struct bw_dockerfile_instruction *to = parser->to;
    struct bw_dockerfile_word all = trimmed(parser, at, parser->line.n);
    size_t end = all.at, last = all.at + all.text.n;
    while (end < last && !is_blank(parser->line.p[end]))
        end++;
    to->original = slice(parser, all.at, end);
    to->keyword = keyword_of(to->original.text);
    to->text = trimmed(parser, end, last);
    to->rest = to->text;
    to->flags.n = to->args.n = to->heredocs.n = 0;
    at = to->text.at;
    int rc = to->keyword == BW_DOCKERFILE_ONBUILD ? 0 : take_flags(parser, &at);
    to->rest = trimmed(parser, at, last > at ? last : at);
    return rc;
}

int bw_dockerfile_parse(struct bw_dockerfile_instruction *instruction, struct bw_str line,
                        char escape, struct bw_arena *arena, struct bw_err *err)
{
    struct parser parser = {instruction, line, escape, arena, err};
    instruction->json = instruction->legacy = false;
    instruction->onbuild = (struct bw_dockerfile_word){0};
    int rc = parse_head(&parser, 0);
    if (!rc && instruction->keyword == BW_DOCKERFILE_ONBUILD && instruction->text.text.n) {
        instruction->onbuild = instruction->original;
        rc = parse_head(&parser, instruction->text.at);
    }
    if (!rc)
        rc = parse_args(&parser, instruction->rest);
    bool may_have = instruction->keyword == BW_DOCKERFILE_RUN ||
                    instruction->keyword == BW_DOCKERFILE_COPY ||
                    instruction->keyword == BW_DOCKERFILE_ADD;
    if (!rc && may_have && !instruction->json && bw_str_find_str(line, BW_STR("<<")) != SIZE_MAX)
        rc = find_heredocs(&parser);
    return rc;
}
