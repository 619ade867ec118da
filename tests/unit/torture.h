/*
 * torture.h: an allocator that fails on demand. Each scenario runs again and again, and each time
 * another of its allocations fails, once alone and once with all that follow.
 *
 * The linker's --wrap sends the calls of the allocator that a test program makes through torture.c.
 */
#ifndef BW_TESTS_TORTURE_H
#define BW_TESTS_TORTURE_H

#include <stdbool.h>
#include <stdint.h>

/* Runs the scenario until no allocation is left to fail. It returns whether all of it worked, which
 * it must say truly, and leaks nothing. It makes `least` allocations or more. */
void torture(bool (*scenario)(void), uint64_t least);

#endif
