/*
 * go-build-info.h: what the Go linker writes into every program since Go 1.13: the version of the
 * compiler and the modules the program was built from (Go, debug/buildinfo and
 * runtime/debug.BuildInfo). It survives stripping.
 *
 * The blob, aligned to 16 bytes, in the section .go.buildinfo or else in a writable segment:
 *   "\xff Go buildinf:", byte pointer size, byte flags (1: big endian, 2: inline strings)
 *   inline (Go 1.18 and later): at offset 32 two strings, each after its length as a varint
 *   else: at offset 16 two pointers, each to a string header (pointer, length)
 * The strings are the version ("go1.21.3 X:boringcrypto") and, between two sentinels of 16 bytes,
 * lines of fields apart by tabs:
 *   path   IMPORT-PATH              mod   MODULE VERSION [SUM]      dep   MODULE VERSION [SUM]
 *   =>     MODULE VERSION [SUM]     (in place of the dep or mod before it)
 *   build  KEY=VALUE                (the value in Go quotes where it has blanks or quotes)
 */
#ifndef BW_EXTRACT_GO_BUILD_INFO_H
#define BW_EXTRACT_GO_BUILD_INFO_H

#include "extract/elf-reader.h"
#include "extract/record.h"

/* Longest version, longest list of modules; module lists of real programs stay below 200 KB. */
#define BW_GO_VERSION_MAX 1024u
#define BW_GO_MODULES_MAX ((size_t)16 << 20)

struct bw_go_build {
    struct bw_str version; /* "go1.21.3" */
    struct bw_str modules; /* the lines; empty for a program built outside of any module */
};

/* The program itself. Slices of the file. */
struct bw_go_main {
    struct bw_str module;  /* "github.com/prometheus/prometheus", or empty */
    struct bw_str version; /* "v2.48.0", or empty where nothing tells */
};

/* Whether the file carries a build info that can be read. */
bool bw_go_build_find(const struct bw_elf_file *file, struct bw_go_build *ret_build);

/* Whether the Go linker made the file, by the sections it has. */
bool bw_go_is_compiled(const struct bw_elf_file *file);

/*
 * Sends "stdlib" with the compiler's version ("1.21.3"; "1.22rc1" as "1.22.0-rc.1") and each module
 * with the version that was built in. A module replaced by a directory has no version of its own:
 * the version it stands in for is sent. The main module has a version where Go recorded one, or
 * where the linker was told one (`-X ...ersion=v1.2.3` among the flags); else it is in no fact.
 */
int bw_go_build_send(const struct bw_go_build *build, struct bw_record_gaps *gaps,
                     struct bw_go_main *ret_main, struct bw_err *err) BW_MUST_USE;

#endif
