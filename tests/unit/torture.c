#include "torture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"

#define NEVER UINT64_MAX

static uint64_t calls, fail_at = NEVER;
static bool fail_after, failed_one;
static int64_t live;

static bool must_fail(void)
{
    uint64_t call = calls++;
    bool fail = call == fail_at || (fail_after && call > fail_at);
    failed_one |= fail;
    return fail;
}

static void *count(void *p)
{
    live += p != NULL;
    return p;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
int __wrap_asprintf(char **ret, const char *fmt, ...) BW_PRINTF(2, 3);
int __wrap___asprintf_chk(char **ret, int flag, const char *fmt, ...) BW_PRINTF(3, 4);
void __wrap_free(void *p);

void *__wrap_malloc(size_t n)
{
    return must_fail() ? NULL : count(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return must_fail() ? NULL : count(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t n)
{
    if (must_fail())
        return NULL;
    void *moved = __real_realloc(p, n);
    live += moved && !p;
    return moved;
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(n, size, &bytes) ? NULL : __wrap_realloc(p, bytes);
}

char *__wrap_strdup(const char *s)
{
    return must_fail() ? NULL : count(__real_strdup(s));
}

/* The names that asprintf has without and with _FORTIFY_SOURCE. */
int __wrap_asprintf(char **ret, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = must_fail() ? -1 : vasprintf(ret, fmt, ap);
    va_end(ap);
    live += n >= 0;
    return n;
}

int __wrap___asprintf_chk(char **ret, int flag, const char *fmt, ...)
{
    (void)flag;
    va_list ap;
    va_start(ap, fmt);
    int n = must_fail() ? -1 : vasprintf(ret, fmt, ap);
    va_end(ap);
    live += n >= 0;
    return n;
}

void __wrap_free(void *p)
{
    live -= p != NULL;
    __real_free(p);
}

void torture(bool (*scenario)(void), uint64_t least)
{
    for (int mode = 0; mode < 2; mode++) {
        fail_after = mode;
        uint64_t at = 0;
        for (;; at++) {
            calls = 0;
            failed_one = false;
            fail_at = at;
            int64_t before = live;
            bool worked = scenario();
            fail_at = NEVER;
            assert_int_equal(live, before);
            assert_int_equal(worked, !failed_one);
            if (!failed_one)
                break;
        }
        /* A scenario that allocates less than it is meant to proves nothing. */
        assert_true(at >= least);
    }
}
