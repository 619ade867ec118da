/*
 * elf-reader.h: the tables of an ELF file in memory (System V gABI, chapters 4 and 5; elf(5)): 32
 * and 64 bits, both byte orders.
 *
 * Nothing is copied and nothing allocated: an opened file is two bounded tables, and what it
 * returns are slices of the bytes it was opened on, never beyond their end. All additions are
 * checked. The section table is only a help for tools, which loaders do not read and which may be
 * stripped or forged: where it does not fit the file it counts as absent.
 */
#ifndef BW_EXTRACT_ELF_READER_H
#define BW_EXTRACT_ELF_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

#define BW_ELF_SEGMENTS_MAX 4096u
#define BW_ELF_SECTIONS_MAX 65536u
#define BW_ELF_DYNAMIC_MAX  4096u /* entries of the dynamic section that are looked at */
#define BW_ELF_NAME_MAX     256u  /* bytes of a section's name; the rest is cut off */

#define BW_ELF_EXEC 2u /* e_type */
#define BW_ELF_DYN  3u

#define BW_ELF_PT_LOAD      1u
#define BW_ELF_PT_DYNAMIC   2u
#define BW_ELF_PT_INTERP    3u
#define BW_ELF_PT_GNU_STACK 0x6474e551u
#define BW_ELF_PT_GNU_RELRO 0x6474e552u

#define BW_ELF_PF_X 1u
#define BW_ELF_PF_W 2u

#define BW_ELF_SHT_SYMTAB 2u
#define BW_ELF_SHT_NOBITS 8u

struct bw_elf_file {
    const uint8_t *p;
    size_t n;
    bool is64, big;
    uint16_t type, machine;
    uint64_t segments_at, sections_at; /* both tables lie within the file */
    uint32_t segments_n, sections_n;
    uint32_t segment_size, section_size;
    struct bw_str section_names;
    struct bw_str dynamic; /* what PT_DYNAMIC covers */
};

struct bw_elf_segment {
    uint32_t type, flags;
    uint64_t offset, address, file_size;
};

struct bw_elf_section {
    struct bw_str name;
    uint32_t type, link;
    uint64_t offset, size;
};

/* Whether the first bytes are those of a program or library (not of an object file or a core). */
bool bw_elf_is_loadable(const uint8_t *p, size_t n);

/* The bytes must outlive ret_file. BW_EFORMAT where no kernel would load it: no header, or program
 * headers that do not lie in the file; BW_ELIMIT for more than BW_ELF_SEGMENTS_MAX of them. */
int bw_elf_open(const uint8_t *p, size_t n, struct bw_elf_file *ret_file,
                struct bw_err *err) BW_MUST_USE;

/* i < segments_n, i < sections_n. */
struct bw_elf_segment bw_elf_segment(const struct bw_elf_file *file, uint32_t i);
struct bw_elf_section bw_elf_section(const struct bw_elf_file *file, uint32_t i);

/* The first of a type, of a name; false where there is none. */
bool bw_elf_find_segment(const struct bw_elf_file *file, uint32_t type,
                         struct bw_elf_segment *ret_segment);
bool bw_elf_find_section(const struct bw_elf_file *file, struct bw_str name,
                         struct bw_elf_section *ret_section);

/* What of it lies in the file; empty for SHT_NOBITS. */
struct bw_str bw_elf_segment_bytes(const struct bw_elf_file *file,
                                   const struct bw_elf_segment *segment);
struct bw_str bw_elf_section_bytes(const struct bw_elf_file *file,
                                   const struct bw_elf_section *section);

/* The bytes of the file that are loaded at a virtual address, up to the end of their segment. */
struct bw_str bw_elf_at(const struct bw_elf_file *file, uint64_t address);

/* The entries of the dynamic section by position; false at its end (DT_NULL, BW_ELF_DYNAMIC_MAX) or
 * where there is none. */
bool bw_elf_dynamic(const struct bw_elf_file *file, uint32_t i, uint64_t *ret_tag,
                    uint64_t *ret_value);

/* The number of `size` (1, 2, 4, 8) bytes at p, in the byte order of the file. */
uint64_t bw_elf_number(const struct bw_elf_file *file, const void *p, unsigned size);

#endif
