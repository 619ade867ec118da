#include "base/build.h"

#include <elf.h>
#include <link.h>

#include "base/version.h"

#define ALIGN4(n) (((n) + 3u) & ~(size_t)3)

/* A segment of notes: Elf_Nhdr, the name, the descriptor, each padded to 4 bytes. */
static struct bw_str find_note(const char *p, size_t n)
{
    while (n >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) note;
        memcpy(&note, p, sizeof note);
        size_t name = sizeof note, descriptor = name + ALIGN4(note.n_namesz);
        size_t end = descriptor + ALIGN4(note.n_descsz);
        if (end > n)
            break;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof ELF_NOTE_GNU &&
            memcmp(p + name, ELF_NOTE_GNU, sizeof ELF_NOTE_GNU) == 0)
            return bw_str_n(p + descriptor, note.n_descsz);
        p += end;
        n -= end;
    }
    return (struct bw_str){0};
}

/* The first object is the program itself. */
static int visit(struct dl_phdr_info *info, size_t size, void *ctx)
{
    struct bw_str *found = ctx;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum && !found->n; i++)
        if (info->dlpi_phdr[i].p_type == PT_NOTE)
            *found = find_note((const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr),
                               info->dlpi_phdr[i].p_memsz);
    return 1;
}

struct bw_str bw_build_id(void)
{
    struct bw_str found = {0};
    dl_iterate_phdr(visit, &found);
    return found.n ? found : BW_STR(BW_VERSION);
}
