#include "acquire/registry-challenge.h"

/* tchar of RFC 9110 5.6.2. */
static bool is_token_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static void skip_blanks(struct bw_str *rest)
{
    while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\t'))
        *rest = bw_str_from(*rest, 1);
}

static bool skip(struct bw_str *rest, char c)
{
    if (!rest->n || rest->p[0] != c)
        return false;
    *rest = bw_str_from(*rest, 1);
    return true;
}

static struct bw_str take_token(struct bw_str *rest)
{
    size_t n = 0;
    while (n < rest->n && is_token_byte(rest->p[n]))
        n++;
    struct bw_str token = bw_str_take(*rest, n);
    *rest = bw_str_from(*rest, n);
    return token;
}

/* A token or a quoted string. Control characters have no place in what becomes a part of a URL. */
static bool take_value(struct bw_str *rest, char out[BW_CHALLENGE_VALUE_MAX + 1])
{
    size_t n = 0;
    bool quoted = skip(rest, '"');
    while (rest->n && (quoted ? rest->p[0] != '"' : is_token_byte(rest->p[0]))) {
        if (quoted && rest->p[0] == '\\')
            *rest = bw_str_from(*rest, 1);
        if (!rest->n || n == BW_CHALLENGE_VALUE_MAX || (unsigned char)rest->p[0] < 0x20 ||
            rest->p[0] == 0x7f)
            return false;
        out[n++] = rest->p[0];
        *rest = bw_str_from(*rest, 1);
    }
    out[n] = '\0';
    return quoted ? skip(rest, '"') : n > 0;
}

static char *member_of(struct bw_challenge *challenge, struct bw_str name)
{
    return bw_str_eq_nocase(name, BW_STR("realm"))     ? challenge->realm
           : bw_str_eq_nocase(name, BW_STR("service")) ? challenge->service
           : bw_str_eq_nocase(name, BW_STR("scope"))   ? challenge->scope
                                                       : NULL;
}

static void take_better(const struct bw_challenge *found, struct bw_challenge *best)
{
    if (found->scheme > best->scheme && (found->scheme != BW_CHALLENGE_BEARER || found->realm[0]))
        *best = *found;
}

/* After a token: '=' makes it the name of a parameter, else a scheme begins with it. */
static bool read_part(struct bw_str *rest, struct bw_challenge *now, struct bw_challenge *best)
{
    char ignored[BW_CHALLENGE_VALUE_MAX + 1];
    struct bw_str token = take_token(rest), ahead = *rest;
    if (!token.n)
        return false;
    skip_blanks(&ahead);
    if (skip(&ahead, '=') && !bw_str_starts(ahead, BW_STR("="))) {
        char *to = member_of(now, token);
        skip_blanks(&ahead);
        *rest = ahead;
        return take_value(rest, to ? to : ignored);
    }
    take_better(now, best);
    *now = (struct bw_challenge){
        .scheme = bw_str_eq_nocase(token, BW_STR("bearer"))  ? BW_CHALLENGE_BEARER
                  : bw_str_eq_nocase(token, BW_STR("basic")) ? BW_CHALLENGE_BASIC
                                                             : BW_CHALLENGE_NONE,
    };
    return true;
}

void bw_challenge_read(struct bw_str value, struct bw_challenge *challenge)
{
    struct bw_challenge now = {0};
    struct bw_str rest = value;
    for (unsigned parts = 0; parts < BW_CHALLENGE_PARTS_MAX; parts++) {
        do
            skip_blanks(&rest);
        while (skip(&rest, ','));
        if (!rest.n)
            break;
        if (!read_part(&rest, &now, challenge))
            return;
    }
    take_better(&now, challenge);
}
