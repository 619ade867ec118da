/*
 * elf-hardening.h: how a program or library is built to resist attacks.
 *
 * What the loader reads is believed, never the section table: RELRO, immediate binding, the stack
 * and the names of imported functions come from program headers and the dynamic section (DT_STRTAB;
 * a name in it is a reference, or a definition, of that function). A static program imports
 * nothing: its own symbols (.symtab) speak where they were not stripped. Of a stripped static
 * program nothing can be told but by the message that glibc's __stack_chk_fail prints;
 * `stack_protector` and `fortified` being false then means "not seen", so consumers look at
 * `is_static` first.
 *
 * RELRO of a static program that binds nothing at run time is full where the linker left no
 * .got.plt outside of the protected range.
 */
#ifndef BW_EXTRACT_ELF_HARDENING_H
#define BW_EXTRACT_ELF_HARDENING_H

#include "extract/elf-reader.h"
#include "model/elf.h"

struct bw_elf bw_elf_hardening(const struct bw_elf_file *file);

#endif
