#include "extract/elf-hardening.h"

/* Tags of the dynamic section, and the bits of two of them. */
#define DT_NEEDED   1u
#define DT_STRTAB   5u
#define DT_STRSZ    10u
#define DT_BIND_NOW 24u
#define DT_FLAGS    30u
#define DT_FLAGS_1  0x6ffffffbu
#define DF_BIND_NOW 8u
#define DF_1_NOW    1u
#define DF_1_PIE    0x08000000u

struct dynamic {
    bool needed, now, pie;
    struct bw_str strings;
};

static struct dynamic read_dynamic(const struct bw_elf_file *file)
{
    struct dynamic dynamic = {0};
    uint64_t tag, value, strings = 0, strings_n = 0;
    for (uint32_t i = 0; bw_elf_dynamic(file, i, &tag, &value); i++) {
        dynamic.needed |= tag == DT_NEEDED;
        dynamic.now |= tag == DT_BIND_NOW || (tag == DT_FLAGS && (value & DF_BIND_NOW)) ||
                       (tag == DT_FLAGS_1 && (value & DF_1_NOW));
        dynamic.pie |= tag == DT_FLAGS_1 && (value & DF_1_PIE);
        if (tag == DT_STRTAB)
            strings = value;
        if (tag == DT_STRSZ)
            strings_n = value;
    }
    struct bw_str at = bw_elf_at(file, strings);
    dynamic.strings = bw_str_take(at, strings_n < at.n ? strings_n : at.n);
    return dynamic;
}

static enum bw_relro relro(const struct bw_elf_file *file, const struct dynamic *dynamic)
{
    struct bw_elf_segment segment;
    struct bw_elf_section section;
    if (!bw_elf_find_segment(file, BW_ELF_PT_GNU_RELRO, &segment))
        return BW_RELRO_NONE;
    if (dynamic->now)
        return BW_RELRO_FULL;
    bool lazy = file->dynamic.n || bw_elf_find_section(file, BW_STR(".got.plt"), &section) ||
                !file->sections_n;
    return lazy ? BW_RELRO_PARTIAL : BW_RELRO_FULL;
}

/* The names of .symtab. */
static struct bw_str static_names(const struct bw_elf_file *file)
{
    for (uint32_t i = 0; i < file->sections_n; i++) {
        struct bw_elf_section section = bw_elf_section(file, i);
        if (section.type != BW_ELF_SHT_SYMTAB || section.link >= file->sections_n)
            continue;
        section = bw_elf_section(file, section.link);
        return bw_elf_section_bytes(file, &section);
    }
    return (struct bw_str){NULL, 0};
}

static bool is_checked(struct bw_str name)
{
    return name.n > 6 && bw_str_starts(name, BW_STR("__")) && bw_str_ends(name, BW_STR("_chk"));
}

static bool is_guard(struct bw_str name)
{
    return bw_str_eq(name, BW_STR("__stack_chk_fail")) ||
           bw_str_eq(name, BW_STR("__stack_chk_fail_local")) ||
           bw_str_eq(name, BW_STR("__stack_chk_guard"));
}

static void look_at_names(struct bw_str names, struct bw_elf *to)
{
    struct bw_str name;
    while (!(to->stack_protector && to->fortified) && bw_str_split(&names, '\0', &name)) {
        to->stack_protector |= is_guard(name);
        to->fortified |= is_checked(name);
    }
}

struct bw_elf bw_elf_hardening(const struct bw_elf_file *file)
{
    struct dynamic dynamic = read_dynamic(file);
    struct bw_elf_segment segment;
    bool interpreted = bw_elf_find_segment(file, BW_ELF_PT_INTERP, &segment);
    bool shared = file->type == BW_ELF_DYN;
    struct bw_elf elf = {
        .machine = file->machine,
        .executable = !shared || interpreted || dynamic.pie,
        .pie = shared,
        .nx = bw_elf_find_segment(file, BW_ELF_PT_GNU_STACK, &segment) &&
              !(segment.flags & BW_ELF_PF_X),
        .is_static = !file->dynamic.n || (!dynamic.needed && !interpreted),
        .relro = relro(file, &dynamic),
    };
    struct bw_str names = dynamic.strings;
    if (elf.is_static && elf.executable) {
        names = static_names(file);
        elf.stack_protector = bw_str_find_str(bw_str_n(file->p, file->n),
                                              BW_STR("stack smashing detected")) != SIZE_MAX;
    }
    look_at_names(names, &elf);
    return elf;
}
