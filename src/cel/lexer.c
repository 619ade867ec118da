#include "cel/lexer.h"

#include <ctype.h>

static const struct {
    const char *text;
    enum bw_cel_word word;
} keywords[] = {
    {"true", BW_CEL_W_TRUE},
    {"false", BW_CEL_W_FALSE},
    {"null", BW_CEL_W_NULL},
    {"in", BW_CEL_W_IN},
};

static const struct {
    const char text[3];
    enum bw_cel_word word;
} pairs[] = {
    {"&&", BW_CEL_W_AND}, {"||", BW_CEL_W_OR}, {"==", BW_CEL_W_EQ},
    {"!=", BW_CEL_W_NE},  {"<=", BW_CEL_W_LE}, {">=", BW_CEL_W_GE},
};

bool bw_cel_is_reserved(struct bw_str name)
{
    static const char *const words[] = {
        "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
        "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++)
        if (bw_str_eq(name, bw_str(words[i])))
            return true;
    return false;
}

static char peek(const struct bw_cel_lexer *lexer, size_t ahead)
{
    size_t at = lexer->at + ahead;
    return at < lexer->source.n ? lexer->source.p[at] : '\0';
}

static bool is_name_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static void skip_blanks(struct bw_cel_lexer *lexer)
{
    while (lexer->at < lexer->source.n) {
        char c = peek(lexer, 0);
        if (c == '/' && peek(lexer, 1) == '/')
            while (lexer->at < lexer->source.n && peek(lexer, 0) != '\n')
                lexer->at++;
        else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f')
            lexer->at++;
        else
            return;
    }
}

static struct bw_cel_token token(const struct bw_cel_lexer *lexer, size_t from,
                                 enum bw_cel_word word)
{
    return (struct bw_cel_token){
        .word = word, .offset = (uint32_t)from, .text = {lexer->source.p + from, lexer->at - from}};
}

static struct bw_cel_token wrong(const struct bw_cel_lexer *lexer, size_t from, const char *why)
{
    struct bw_cel_token t = token(lexer, from, BW_CEL_W_WRONG);
    t.wrong = why;
    return t;
}

static void skip_digits(struct bw_cel_lexer *lexer)
{
    while (isdigit((unsigned char)peek(lexer, 0)))
        lexer->at++;
}

static bool skip_exponent(struct bw_cel_lexer *lexer)
{
    size_t sign = peek(lexer, 1) == '+' || peek(lexer, 1) == '-';
    if (tolower((unsigned char)peek(lexer, 0)) != 'e' ||
        !isdigit((unsigned char)peek(lexer, 1 + sign)))
        return false;
    lexer->at += 1 + sign;
    skip_digits(lexer);
    return true;
}

static struct bw_cel_token lex_number(struct bw_cel_lexer *lexer)
{
    size_t from = lexer->at;
    enum bw_cel_word word = BW_CEL_W_INT;
    if (peek(lexer, 0) == '0' && peek(lexer, 1) == 'x' && isxdigit((unsigned char)peek(lexer, 2))) {
        lexer->at += 2;
        while (isxdigit((unsigned char)peek(lexer, 0)))
            lexer->at++;
    } else {
        skip_digits(lexer);
        if (peek(lexer, 0) == '.' && isdigit((unsigned char)peek(lexer, 1))) {
            word = BW_CEL_W_DOUBLE;
            lexer->at++;
            skip_digits(lexer);
        }
        if (skip_exponent(lexer))
            word = BW_CEL_W_DOUBLE;
    }
    if (word == BW_CEL_W_INT && tolower((unsigned char)peek(lexer, 0)) == 'u') {
        word = BW_CEL_W_UINT;
        lexer->at++;
    }
    if (is_name_byte(peek(lexer, 0)))
        return wrong(lexer, from, "a number ends in a letter");
    return token(lexer, from, word);
}

/* At the first quote; the prefix began at `from`. */
static struct bw_cel_token lex_string(struct bw_cel_lexer *lexer, size_t from, bool raw, bool bytes)
{
    char quote = peek(lexer, 0);
    bool triple = peek(lexer, 1) == quote && peek(lexer, 2) == quote;
    lexer->at += triple ? 3 : 1;
    while (lexer->at < lexer->source.n) {
        char c = peek(lexer, 0);
        if (!raw && c == '\\' && lexer->at + 1 < lexer->source.n) {
            lexer->at += 2;
        } else if (!triple && (c == '\n' || c == '\r')) {
            break;
        } else if (c == quote &&
                   (!triple || (peek(lexer, 1) == quote && peek(lexer, 2) == quote))) {
            lexer->at += triple ? 3 : 1;
            return token(lexer, from, bytes ? BW_CEL_W_BYTES : BW_CEL_W_STRING);
        } else {
            lexer->at++;
        }
    }
    return wrong(lexer, from, "a string is not closed");
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'';
}

/* r"", b"", rb"" and br"": how many letters stand before a quote. */
static size_t string_prefix(const struct bw_cel_lexer *lexer, bool *ret_raw, bool *ret_bytes)
{
    *ret_raw = *ret_bytes = false;
    for (size_t n = 0; n < 3; n++) {
        char c = (char)tolower((unsigned char)peek(lexer, n));
        if (is_quote(c))
            return n;
        bool *seen = c == 'r' ? ret_raw : c == 'b' ? ret_bytes : NULL;
        if (!seen || *seen)
            break;
        *seen = true;
    }
    return SIZE_MAX;
}

static struct bw_cel_token lex_name(struct bw_cel_lexer *lexer)
{
    size_t from = lexer->at;
    while (is_name_byte(peek(lexer, 0)))
        lexer->at++;
    struct bw_cel_token t = token(lexer, from, BW_CEL_W_NAME);
    for (size_t i = 0; i < BW_ARRAY_LEN(keywords); i++)
        if (bw_str_eq(t.text, bw_str(keywords[i].text)))
            t.word = keywords[i].word;
    return t;
}

static struct bw_cel_token lex_quoted_name(struct bw_cel_lexer *lexer)
{
    size_t from = lexer->at++;
    while (is_name_byte(peek(lexer, 0)) || (peek(lexer, 0) && strchr(".-/ ", peek(lexer, 0))))
        lexer->at++;
    if (peek(lexer, 0) != '`' || lexer->at == from + 1)
        return wrong(lexer, from, "a quoted name holds letters, digits and _ . - / and blanks");
    lexer->at++;
    struct bw_cel_token t = token(lexer, from, BW_CEL_W_QUOTED_NAME);
    t.text = bw_str_n(t.text.p + 1, t.text.n - 2);
    return t;
}

static struct bw_cel_token lex_sign(struct bw_cel_lexer *lexer)
{
    size_t from = lexer->at;
    for (size_t i = 0; i < BW_ARRAY_LEN(pairs); i++)
        if (peek(lexer, 0) == pairs[i].text[0] && peek(lexer, 1) == pairs[i].text[1]) {
            lexer->at += 2;
            return token(lexer, from, pairs[i].word);
        }
    char c = peek(lexer, 0);
    lexer->at++;
    if (!c || !strchr("()[]{}.,:?!<>+-*/%", c))
        return wrong(lexer, from, "a character that no expression has here");
    return token(lexer, from, BW_CEL_W_SIGN);
}

struct bw_cel_token bw_cel_lex(struct bw_cel_lexer *lexer)
{
    bool raw, bytes;
    skip_blanks(lexer);
    size_t from = lexer->at;
    if (from >= lexer->source.n)
        return token(lexer, from, BW_CEL_W_END);
    size_t prefix = string_prefix(lexer, &raw, &bytes);
    if (prefix != SIZE_MAX) {
        lexer->at += prefix;
        return lex_string(lexer, from, raw, bytes);
    }
    char c = peek(lexer, 0);
    if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)peek(lexer, 1))))
        return lex_number(lexer);
    if (is_name_byte(c))
        return lex_name(lexer);
    return c == '`' ? lex_quoted_name(lexer) : lex_sign(lexer);
}
