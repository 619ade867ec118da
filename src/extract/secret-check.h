/*
 * secret-check.h: what a value proves about itself.
 */
#ifndef BW_EXTRACT_SECRET_CHECK_H
#define BW_EXTRACT_SECRET_CHECK_H

#include "extract/secret-rule.h"

/* Shannon entropy in tenths of a bit a byte. */
unsigned bw_secret_entropy(struct bw_str value);

/* GitHub and npm: the last six of the value's 36 letters are the CRC-32 of the 30 before, in base
 * 62 (github.blog, "Behind GitHub's new authentication token formats"). */
bw_secret_check bw_secret_check_crc62;

/* An access key id of AWS carries its account: 40 bits that are less than 10^12. Old ids do not. */
bw_secret_check bw_secret_check_aws_id;

/* Upper and lower case letters and digits, at least. */
bw_secret_check bw_secret_check_mixed;

/* Letters and digits, at least, and no word in it. */
bw_secret_check bw_secret_check_random;

/* A value that a person chose and that is no word of a program: three of lower case, upper case,
 * digits and others, and no name, path or expression. */
bw_secret_check bw_secret_check_password;

/* Base64 of exactly 64 or 32 bytes. */
bw_secret_check bw_secret_check_base64_64;
bw_secret_check bw_secret_check_base64_32;

/* Base64 of "name:password". */
bw_secret_check bw_secret_check_basic_auth;

/* RFC 7519: a header that is a JSON object with "alg", which is not "none"; a payload that is an
 * object; a signature. */
bw_secret_check bw_secret_check_jwt;

/* RFC 7468 and PEM: a body that decodes to one DER sequence or to OpenSSH's form; locked where it
 * is encrypted. The body may stand in a string with "\n". */
bw_secret_check bw_secret_check_pem;

/* BIP 173: the checksum of bech32. */
bw_secret_check bw_secret_check_bech32;

/* The password of an address: not a variable, not the name, not a word of documentation. */
bw_secret_check bw_secret_check_url;

/* A hash of crypt(5) that a password may be. */
bw_secret_check bw_secret_check_crypt;

#endif
