/*
 * crc32.h: the CRC-32 of ZIP and gzip (ISO 3309, reflected polynomial 0xedb88320), by ISA-L.
 */
#ifndef BW_WRAP_CRC32_H
#define BW_WRAP_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of the bytes that `start` is the checksum of, followed by these; start is 0 for none
 * before. */
uint32_t bw_crc32(uint32_t start, const void *p, size_t n);

#endif
