#include "extract/fields.h"

struct bw_fields bw_fields(struct bw_str text)
{
    return (struct bw_fields){.rest = text, .next = 1};
}

static bool is_continuation(struct bw_str rest)
{
    return rest.n && (rest.p[0] == ' ' || rest.p[0] == '\t');
}

bool bw_fields_next(struct bw_fields *fields)
{
    struct bw_str line, more;
    while (bw_str_line(&fields->rest, &line)) {
        fields->line = fields->next++;
        if (bw_str_trim(line).n == 0)
            break;
        const char *end = line.p + line.n;
        while (is_continuation(fields->rest) && bw_str_line(&fields->rest, &more)) {
            end = more.p + more.n;
            fields->next++;
        }
        size_t colon = bw_str_find(line, ':');
        if (colon == SIZE_MAX || colon == 0)
            continue;
        fields->name = bw_str_take(line, colon);
        const char *start = line.p + colon + 1;
        fields->value = bw_str_trim(bw_str_n(start, (size_t)(end - start)));
        return true;
    }
    fields->rest = (struct bw_str){0};
    return false;
}

struct bw_str bw_fields_first_line(struct bw_str value)
{
    return bw_str_trim(bw_str_take(value, bw_str_find(value, '\n')));
}
