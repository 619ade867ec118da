#include "report/escape.h"

#include <string.h>

#include "report/character.h"

/* Puts a plain character in the form's way; false: as it stands. */
typedef bool (*put_special)(struct bw_buf *buf, char c);

static void put_line(struct bw_buf *buf, struct bw_str s, put_special special)
{
    while (s.n) {
        struct bw_character character = bw_character_take(&s);
        char c = character.bytes.p[0];
        if (c == '\n' || c == '\t' || c == '\r')
            bw_buf_byte(buf, ' ');
        else if (!bw_character_is_plain(&character))
            bw_buf_str(buf, BW_CHARACTER_REPLACEMENT);
        else if (character.bytes.n > 1 || !special || !special(buf, c))
            bw_buf_str(buf, character.bytes);
    }
}

void bw_escape_line(struct bw_buf *buf, struct bw_str s)
{
    put_line(buf, s, NULL);
}

static bool put_markup(struct bw_buf *buf, char c)
{
    switch (c) {
    case '&':
        bw_buf_str(buf, BW_STR("&amp;"));
        return true;
    case '<':
        bw_buf_str(buf, BW_STR("&lt;"));
        return true;
    case '>':
        bw_buf_str(buf, BW_STR("&gt;"));
        return true;
    case '"':
        bw_buf_str(buf, BW_STR("&quot;"));
        return true;
    case '\'':
        bw_buf_str(buf, BW_STR("&#39;"));
        return true;
    default:
        return false;
    }
}

void bw_escape_markup(struct bw_buf *buf, struct bw_str s)
{
    put_line(buf, s, put_markup);
}

/* '@' and '#' have no escape in GitHub's Markdown; a reference ends the word they would begin. */
static bool put_markdown(struct bw_buf *buf, char c)
{
    switch (c) {
    case '<':
    case '>':
    case '&':
        return put_markup(buf, c);
    case '@':
        bw_buf_str(buf, BW_STR("&#64;"));
        return true;
    case '#':
        bw_buf_str(buf, BW_STR("&#35;"));
        return true;
    default:
        if (!c || !strchr("\\`*_[]|~$", c))
            return false;
        bw_buf_byte(buf, '\\');
        bw_buf_byte(buf, (uint8_t)c);
        return true;
    }
}

/* "https:" and "www." would become links. */
static bool put_unlinked(struct bw_buf *buf, char c)
{
    if (c != ':' && c != '.')
        return put_markdown(buf, c);
    bw_buf_str(buf, c == ':' ? BW_STR("&#58;") : BW_STR("&#46;"));
    return true;
}

void bw_escape_markdown(struct bw_buf *buf, struct bw_str s)
{
    bool links = bw_str_find_str(s, BW_STR("//")) != SIZE_MAX;
    for (size_t i = 0; i + 4 <= s.n && !links; i++)
        links = bw_str_eq_nocase(bw_str_n(s.p + i, 4), BW_STR("www."));
    put_line(buf, s, links ? put_unlinked : put_markdown);
}

static bool put_code(struct bw_buf *buf, char c)
{
    if (c != '|')
        return false;
    bw_buf_str(buf, BW_STR("\\|"));
    return true;
}

/* The longest row of backquotes in it. */
static size_t longest_fence(struct bw_str s)
{
    size_t longest = 0, row = 0;
    for (size_t i = 0; i < s.n; i++) {
        row = s.p[i] == '`' ? row + 1 : 0;
        if (row > longest)
            longest = row;
    }
    return longest;
}

void bw_escape_markdown_code(struct bw_buf *buf, struct bw_str s)
{
    size_t fence = longest_fence(s) + 1;
    if (!s.n)
        return;
    for (size_t i = 0; i < fence; i++)
        bw_buf_byte(buf, '`');
    if (fence > 1)
        bw_buf_byte(buf, ' ');
    put_line(buf, s, put_code);
    if (fence > 1)
        bw_buf_byte(buf, ' ');
    for (size_t i = 0; i < fence; i++)
        bw_buf_byte(buf, '`');
}

/* The characters that Excel, LibreOffice and Google Sheets begin a formula with (OWASP, "CSV
 * Injection"), also behind blanks. */
static bool is_formula(struct bw_str s)
{
    struct bw_str text = bw_str_trim(s);
    bool tab = s.n && (s.p[0] == '\t' || s.p[0] == '\r' || s.p[0] == '\n');
    return tab || (text.n && strchr("=+-@", text.p[0]) && text.p[0]);
}

static bool put_quoted(struct bw_buf *buf, char c)
{
    if (c != '"')
        return false;
    bw_buf_str(buf, BW_STR("\"\""));
    return true;
}

void bw_escape_csv(struct bw_buf *buf, struct bw_str s)
{
    bool formula = is_formula(s), quoted = formula;
    for (size_t i = 0; i < s.n && !quoted; i++)
        quoted = s.p[i] == ',' || s.p[i] == '"' || s.p[i] == ';' || s.p[i] == ' ';
    if (quoted)
        bw_buf_byte(buf, '"');
    if (formula)
        bw_buf_byte(buf, '\'');
    put_line(buf, s, put_quoted);
    if (quoted)
        bw_buf_byte(buf, '"');
}

static bool put_message(struct bw_buf *buf, char c)
{
    if (c != '%')
        return false;
    bw_buf_str(buf, BW_STR("%25"));
    return true;
}

static bool put_property(struct bw_buf *buf, char c)
{
    if (c != ':' && c != ',')
        return put_message(buf, c);
    bw_buf_str(buf, c == ':' ? BW_STR("%3A") : BW_STR("%2C"));
    return true;
}

void bw_escape_workflow_message(struct bw_buf *buf, struct bw_str s)
{
    put_line(buf, s, put_message);
}

void bw_escape_workflow_property(struct bw_buf *buf, struct bw_str s)
{
    put_line(buf, s, put_property);
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~' || c == '/';
}

void bw_escape_uri(struct bw_buf *buf, struct bw_str path)
{
    for (size_t i = 0; i < path.n; i++)
        if (is_unreserved(path.p[i]))
            bw_buf_byte(buf, (uint8_t)path.p[i]);
        else
            bw_buf_printf(buf, "%%%02X", (uint8_t)path.p[i]);
}
