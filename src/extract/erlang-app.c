/*
 * An installed application of Erlang or Elixir: lib/NAME-VERSION/ebin/NAME.app, an Erlang term
 * (erlang.org, app(4)): {application, NAME, [{vsn, "VERSION"}, {applications, [kernel, ...]},
 * ...]}. Those that come with Erlang and Elixir themselves are no packages of Hex.
 */
#include "extract/package-document.h"

#define FILE_MAX ((size_t)4 << 20)

extern const struct bw_parser bw_parser_erlang_app;

static const char *const paths[] = {
    "**/lib/*/ebin/*.app",
    NULL,
};

/* Applications of Erlang/OTP 17 to 28 and of Elixir. */
static const char *const with_the_system[] = {
    "asn1",          "common_test", "compiler",   "crypto",     "debugger",      "dialyzer",
    "diameter",      "edoc",        "eex",        "eldap",      "elixir",        "erl_docgen",
    "erl_interface", "erts",        "et",         "eunit",      "ex_unit",       "ftp",
    "hipe",          "iex",         "inets",      "jinterface", "kernel",        "logger",
    "megaco",        "mix",         "mnesia",     "observer",   "odbc",          "os_mon",
    "otp_mibs",      "parsetools",  "public_key", "reltool",    "runtime_tools", "sasl",
    "snmp",          "ssh",         "ssl",        "stdlib",     "syntax_tools",  "tftp",
    "tools",         "typer",       "wx",         "xmerl",
};

struct token {
    struct bw_str text; /* of a word or string without quotes, or one byte of punctuation */
    bool string;
    uint32_t line;
};

struct scanner {
    struct bw_str text;
    size_t at;
    uint32_t line;
};

static void skip_blanks(struct scanner *scanner)
{
    bool comment = false;
    for (; scanner->at < scanner->text.n; scanner->at++) {
        char c = scanner->text.p[scanner->at];
        comment = (comment || c == '%') && c != '\n';
        if (!comment && c != ' ' && c != '\t' && c != '\r' && c != '\n')
            return;
        scanner->line += c == '\n';
    }
}

/* Escapes are left as they stand: no name or version has any. */
static void read_quoted(struct scanner *scanner, char quote, struct token *token)
{
    size_t start = ++scanner->at;
    while (scanner->at < scanner->text.n && scanner->text.p[scanner->at] != quote) {
        scanner->line += scanner->text.p[scanner->at] == '\n';
        scanner->at += scanner->text.p[scanner->at] == '\\' ? 2 : 1;
    }
    size_t end = scanner->at < scanner->text.n ? scanner->at : scanner->text.n;
    token->text = bw_str_n(scanner->text.p + start, end - start);
    scanner->at = end < scanner->text.n ? end + 1 : end;
}

static bool next_token(struct scanner *scanner, struct token *token)
{
    skip_blanks(scanner);
    if (scanner->at >= scanner->text.n)
        return false;
    char c = scanner->text.p[scanner->at];
    *token = (struct token){.string = c == '"', .line = scanner->line};
    if (c == '"' || c == '\'') {
        read_quoted(scanner, c, token);
        return true;
    }
    size_t start = scanner->at++;
    while (scanner->at < scanner->text.n && !strchr("{}[](),|\"' \t\r\n%", c) &&
           !strchr("{}[](),|\"' \t\r\n%", scanner->text.p[scanner->at]))
        scanner->at++;
    token->text = bw_str_n(scanner->text.p + start, scanner->at - start);
    return true;
}

static bool is(const struct token *token, const char *text)
{
    return !token->string && bw_str_eq(token->text, bw_str(text));
}

/* "{", "application", ",", NAME. */
static bool read_start(struct scanner *scanner, struct token *ret_name)
{
    static const char *const start[] = {"{", "application", ","};
    for (size_t i = 0; i < BW_ARRAY_LEN(start); i++)
        if (!next_token(scanner, ret_name) || !is(ret_name, start[i]))
            return false;
    return next_token(scanner, ret_name);
}

/* Tuples of the list are at depth 3: "{application, NAME, [{KEY, VALUE}". */
static void read_properties(struct scanner *scanner, struct bw_package_list *list,
                            struct bw_package *package)
{
    struct token token, key = {0};
    unsigned depth = 1;
    bool at_key = false;
    while (next_token(scanner, &token)) {
        bool open = is(&token, "{") || is(&token, "[") || is(&token, "(");
        bool close = is(&token, "}") || is(&token, "]") || is(&token, ")");
        depth += open;
        depth -= close && depth;
        if (at_key)
            key = token;
        else if (depth == 3 && token.string && is(&key, "vsn"))
            package->version = token.text;
        else if (depth == 4 && !open && is(&key, "applications") && !is(&token, ","))
            bw_package_list_depend(list, token.text);
        at_key = open && depth == 3;
    }
}

static int read_app(struct bw_package_list *list, struct bw_str text, struct bw_err *err)
{
    struct scanner scanner = {.text = text, .line = 1};
    struct token name;
    if (!read_start(&scanner, &name))
        return bw_err_set(err, BW_EFORMAT, "no application of Erlang");
    for (size_t i = 0; i < BW_ARRAY_LEN(with_the_system); i++)
        if (is(&name, with_the_system[i]))
            return 0;
    struct bw_package package = {.name = name.text};
    read_properties(&scanner, list, &package);
    return bw_package_list_add(list, &package, name.line, err);
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    const struct bw_package_job job = {&bw_parser_erlang_app, BW_PACKAGE_HEX, path, bw_str_n(p, n),
                                       sink};
    return bw_package_job_text(&job, read_app, err);
}

const struct bw_parser bw_parser_erlang_app = {
    .name = "erlang-app",
    .what = "packages (Erlang)",
    .paths = paths,
    .max = FILE_MAX,
    .parse = parse,
};
