#include "extract/elf-reader.h"

#define IDENT_SIZE 16u

/* Indexes that say: the number stands in section header 0. */
#define PN_XNUM    0xffffu
#define SHN_XINDEX 0xffffu

/* A field of a structure that has two layouts. */
struct field {
    uint8_t at32, size32, at64, size64;
};

static const struct field header_type = {16, 2, 16, 2}, header_machine = {18, 2, 18, 2},
                          header_segments = {28, 4, 32, 8}, header_sections = {32, 4, 40, 8},
                          header_segment_size = {42, 2, 54, 2}, header_segments_n = {44, 2, 56, 2},
                          header_section_size = {46, 2, 58, 2}, header_sections_n = {48, 2, 60, 2},
                          header_names = {50, 2, 62, 2};

static const struct field segment_type = {0, 4, 0, 4}, segment_flags = {24, 4, 4, 4},
                          segment_offset = {4, 4, 8, 8}, segment_address = {8, 4, 16, 8},
                          segment_file_size = {16, 4, 32, 8};

static const struct field section_name = {0, 4, 0, 4}, section_type = {4, 4, 4, 4},
                          section_offset = {16, 4, 24, 8}, section_bytes = {20, 4, 32, 8},
                          section_link = {24, 4, 40, 4}, section_info = {28, 4, 44, 4};

uint64_t bw_elf_number(const struct bw_elf_file *file, const void *p, unsigned size)
{
    const uint8_t *bytes = p;
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | bytes[file->big ? i : size - 1 - i];
    return value;
}

static uint64_t get(const struct bw_elf_file *file, uint64_t at, struct field field)
{
    return file->is64 ? bw_elf_number(file, file->p + at + field.at64, field.size64)
                      : bw_elf_number(file, file->p + at + field.at32, field.size32);
}

static uint32_t get_32(const struct bw_elf_file *file, uint64_t at, struct field field)
{
    return (uint32_t)get(file, at, field);
}

static bool fits(const struct bw_elf_file *file, uint64_t offset, uint64_t size)
{
    return offset <= file->n && size <= file->n - offset;
}

static struct bw_str slice(const struct bw_elf_file *file, uint64_t offset, uint64_t size)
{
    if (offset >= file->n)
        return (struct bw_str){NULL, 0};
    uint64_t left = file->n - offset;
    return bw_str_n(file->p + offset, size < left ? size : left);
}

static size_t header_bytes(const struct bw_elf_file *file)
{
    return file->is64 ? 64 : 52;
}

static bool read_ident(const uint8_t *p, size_t n, struct bw_elf_file *ret_file)
{
    static const uint8_t magic[4] = {0x7f, 'E', 'L', 'F'};
    if (n < IDENT_SIZE || memcmp(p, magic, sizeof magic) != 0)
        return false;
    if ((p[4] != 1 && p[4] != 2) || (p[5] != 1 && p[5] != 2))
        return false;
    *ret_file = (struct bw_elf_file){.p = p, .n = n, .is64 = p[4] == 2, .big = p[5] == 2};
    return n >= header_bytes(ret_file);
}

bool bw_elf_is_loadable(const uint8_t *p, size_t n)
{
    struct bw_elf_file file;
    if (!read_ident(p, n, &file))
        return false;
    uint64_t type = get(&file, 0, header_type);
    return type == BW_ELF_EXEC || type == BW_ELF_DYN;
}

static bool has_section_zero(const struct bw_elf_file *file)
{
    return file->sections_at && file->section_size >= (file->is64 ? 64u : 40u) &&
           fits(file, file->sections_at, file->section_size);
}

static int open_segments(struct bw_elf_file *file, struct bw_err *err)
{
    uint64_t n = get(file, 0, header_segments_n);
    if (n == PN_XNUM && has_section_zero(file))
        n = get(file, file->sections_at, section_info);
    file->segments_at = get(file, 0, header_segments);
    file->segment_size = get_32(file, 0, header_segment_size);
    if (n > BW_ELF_SEGMENTS_MAX)
        return bw_err_set(err, BW_ELIMIT, "more than %u program headers", BW_ELF_SEGMENTS_MAX);
    if (n && (file->segment_size < (file->is64 ? 56u : 32u) ||
              !fits(file, file->segments_at, n * file->segment_size)))
        return bw_err_set(err, BW_EFORMAT, "the program headers do not lie within the file");
    file->segments_n = (uint32_t)n;
    return 0;
}

static void open_sections(struct bw_elf_file *file)
{
    uint64_t n = get(file, 0, header_sections_n), names = get(file, 0, header_names);
    if (!has_section_zero(file))
        return;
    if (n == 0)
        n = get(file, file->sections_at, section_bytes);
    if (names == SHN_XINDEX)
        names = get(file, file->sections_at, section_link);
    if (n > BW_ELF_SECTIONS_MAX || !fits(file, file->sections_at, n * file->section_size))
        return;
    file->sections_n = (uint32_t)n;
    if (names >= n)
        return;
    struct bw_elf_section section = bw_elf_section(file, (uint32_t)names);
    file->section_names = bw_elf_section_bytes(file, &section);
}

int bw_elf_open(const uint8_t *p, size_t n, struct bw_elf_file *ret_file, struct bw_err *err)
{
    struct bw_elf_file file;
    if (!read_ident(p, n, &file))
        return bw_err_set(err, BW_EFORMAT, "no ELF header");
    file.type = (uint16_t)get(&file, 0, header_type);
    file.machine = (uint16_t)get(&file, 0, header_machine);
    file.sections_at = get(&file, 0, header_sections);
    file.section_size = get_32(&file, 0, header_section_size);
    int rc = open_segments(&file, err);
    if (rc)
        return rc;
    open_sections(&file);
    struct bw_elf_segment dynamic;
    if (bw_elf_find_segment(&file, BW_ELF_PT_DYNAMIC, &dynamic))
        file.dynamic = bw_elf_segment_bytes(&file, &dynamic);
    *ret_file = file;
    return 0;
}

struct bw_elf_segment bw_elf_segment(const struct bw_elf_file *file, uint32_t i)
{
    uint64_t at = file->segments_at + (uint64_t)i * file->segment_size;
    return (struct bw_elf_segment){
        .type = get_32(file, at, segment_type),
        .flags = get_32(file, at, segment_flags),
        .offset = get(file, at, segment_offset),
        .address = get(file, at, segment_address),
        .file_size = get(file, at, segment_file_size),
    };
}

static struct bw_str name_at(struct bw_str names, uint64_t at)
{
    struct bw_str name = at < names.n ? bw_str_from(names, at) : (struct bw_str){NULL, 0};
    name = bw_str_take(name, BW_ELF_NAME_MAX);
    return bw_str_take(name, bw_str_find(name, '\0'));
}

struct bw_elf_section bw_elf_section(const struct bw_elf_file *file, uint32_t i)
{
    uint64_t at = file->sections_at + (uint64_t)i * file->section_size;
    return (struct bw_elf_section){
        .name = name_at(file->section_names, get(file, at, section_name)),
        .type = get_32(file, at, section_type),
        .link = get_32(file, at, section_link),
        .offset = get(file, at, section_offset),
        .size = get(file, at, section_bytes),
    };
}

bool bw_elf_find_segment(const struct bw_elf_file *file, uint32_t type,
                         struct bw_elf_segment *ret_segment)
{
    for (uint32_t i = 0; i < file->segments_n; i++) {
        struct bw_elf_segment segment = bw_elf_segment(file, i);
        if (segment.type == type) {
            *ret_segment = segment;
            return true;
        }
    }
    return false;
}

bool bw_elf_find_section(const struct bw_elf_file *file, struct bw_str name,
                         struct bw_elf_section *ret_section)
{
    for (uint32_t i = 0; i < file->sections_n; i++) {
        struct bw_elf_section section = bw_elf_section(file, i);
        if (bw_str_eq(section.name, name)) {
            *ret_section = section;
            return true;
        }
    }
    return false;
}

struct bw_str bw_elf_segment_bytes(const struct bw_elf_file *file,
                                   const struct bw_elf_segment *segment)
{
    return slice(file, segment->offset, segment->file_size);
}

struct bw_str bw_elf_section_bytes(const struct bw_elf_file *file,
                                   const struct bw_elf_section *section)
{
    if (section->type == BW_ELF_SHT_NOBITS)
        return (struct bw_str){NULL, 0};
    return slice(file, section->offset, section->size);
}

struct bw_str bw_elf_at(const struct bw_elf_file *file, uint64_t address)
{
    for (uint32_t i = 0; i < file->segments_n; i++) {
        struct bw_elf_segment segment = bw_elf_segment(file, i);
        if (segment.type == BW_ELF_PT_LOAD && address >= segment.address &&
            address - segment.address < segment.file_size)
            return bw_str_from(bw_elf_segment_bytes(file, &segment), address - segment.address);
    }
    return (struct bw_str){NULL, 0};
}

bool bw_elf_dynamic(const struct bw_elf_file *file, uint32_t i, uint64_t *ret_tag,
                    uint64_t *ret_value)
{
    unsigned word = file->is64 ? 8 : 4;
    struct bw_str entry = bw_str_from(file->dynamic, (size_t)i * 2 * word);
    if (i >= BW_ELF_DYNAMIC_MAX || entry.n < 2 * (size_t)word ||
        bw_elf_number(file, entry.p, word) == 0)
        return false;
    *ret_tag = bw_elf_number(file, entry.p, word);
    *ret_value = bw_elf_number(file, entry.p + word, word);
    return true;
}
