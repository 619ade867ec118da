/*
 * elf.h: how a program or library is built to resist attacks.
 */
#ifndef BW_MODEL_ELF_H
#define BW_MODEL_ELF_H

#include <stdbool.h>
#include <stdint.h>

enum bw_relro {
    BW_RELRO_NONE,
    BW_RELRO_PARTIAL,
    BW_RELRO_FULL, /* with immediate binding: the whole GOT is read-only */
};

struct bw_elf {
    uint16_t machine;     /* e_machine */
    bool executable;      /* a program: ET_EXEC, or ET_DYN with PT_INTERP or DF_1_PIE */
    bool pie;             /* position independent (libraries always are) */
    bool nx;              /* PT_GNU_STACK says that the stack is not executable */
    bool stack_protector; /* refers to __stack_chk_fail */
    bool fortified;       /* refers to a checked function (__*_chk) */
    bool is_static;       /* no PT_DYNAMIC, or no DT_NEEDED and no interpreter */
    bool compiled_go;     /* by Go, to which stack protector and RELRO do not apply */
    enum bw_relro relro;
};

#endif
