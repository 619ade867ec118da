/* What is wrong with a source, and where. */
#include <stdarg.h>
#include <stdio.h>

#include "cel/ast.h"

static void locate(struct bw_cel_issue *issue, struct bw_str source)
{
    issue->line = issue->column = 1;
    for (size_t i = 0; i < issue->offset && i < source.n; i++) {
        unsigned char c = (unsigned char)source.p[i];
        if (c == '\n') {
            issue->line++;
            issue->column = 1;
        } else if ((c & 0xc0) != 0x80) {
            issue->column++;
        }
    }
}

void *bw_cel_complain(struct bw_cel_complaint *complaint, uint32_t offset, const char *fmt, ...)
{
    if (complaint->code)
        return NULL;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(complaint->issue.message, sizeof complaint->issue.message, fmt, ap);
    va_end(ap);
    complaint->code = BW_EFORMAT;
    complaint->issue.offset = offset;
    locate(&complaint->issue, complaint->source);
    return NULL;
}

void *bw_cel_complain_memory(struct bw_cel_complaint *complaint)
{
    if (complaint->code)
        return NULL;
    bool full = bw_arena_is_full(complaint->arena);
    bw_cel_complain(complaint, 0, "%s",
                    full ? "the expression needs too much memory" : "out of memory");
    complaint->code = full ? BW_ELIMIT : BW_ENOMEM;
    return NULL;
}
