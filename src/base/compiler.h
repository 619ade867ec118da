/*
 * compiler.h: the compiler attributes bulwark uses, each under a name that says what it demands.
 *
 * Supported compilers: gcc 12 and clang 14, and later.
 */
#ifndef BW_BASE_COMPILER_H
#define BW_BASE_COMPILER_H

/* The caller must look at the returned value. Every function that can fail carries it. */
#define BW_MUST_USE __attribute__((warn_unused_result))

/* printf-style checking: F is the index of the format, A of the first argument, from 1. */
#define BW_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Runs FN(&variable) when the variable leaves its scope. */
#define BW_CLEANUP(fn) __attribute__((cleanup(fn)))

/* The function does not return. */
#define BW_NORETURN __attribute__((noreturn))

/* A parameter or a function that is deliberately not used in some build. */
#define BW_UNUSED __attribute__((unused))

/* Not inlined: a rare or large part that would make the frame of its caller large. */
#define BW_NOINLINE __attribute__((noinline))

/* Falls into the next case on purpose. */
#define BW_FALLTHROUGH __attribute__((fallthrough))

/* Number of elements of a true array. */
#define BW_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
