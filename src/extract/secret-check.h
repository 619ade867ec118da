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

/* Two letters and two digits, at least. */
bw_secret_check bw_secret_check_digits;

/* Letters and digits, at least, and no word in it. */
bw_secret_check bw_secret_check_random;

/* A value that a person chose and that is no word of a program: three of lower case, upper case,
 * digits and others, and no name, path or expression. */
bw_secret_check bw_secret_check_password;

/* As above, and the value is quoted: a literal, not an expression. */
bw_secret_check bw_secret_check_quoted_password;

/* What a variable named as a secret holds: no word, number, path, address or reference. */
bw_secret_check bw_secret_check_variable;

/* Not the phrase that WordPress ships in place of a secret. */
bw_secret_check bw_secret_check_phrase;

/* Not a key of Paystack, which has the same prefix and 40 digits of base 16. */
bw_secret_check bw_secret_check_stripe;

/* Letters of both cases, digits and an escape ("%3D") behind the 21 letters that every such token
 * begins with. */
bw_secret_check bw_secret_check_mixed_tail;

/* Base64 of exactly 64 or 32 bytes. */
bw_secret_check bw_secret_check_base64_64;
bw_secret_check bw_secret_check_base64_32;

/* Base64 of "name:password". */
bw_secret_check bw_secret_check_basic_auth;

/* RFC 7519: a header that is a JSON object with "alg", which is not "none"; a payload that is an
 * object; a signature. */
bw_secret_check bw_secret_check_jwt;

/* RFC 7517: the object has "d" or "k" behind its "kty". */
bw_secret_check bw_secret_check_jwk;

/* RFC 7468 and PEM: a body that decodes to one DER sequence or to OpenSSH's form; locked where it
 * is encrypted. The body may stand in a string with "\n". */
bw_secret_check bw_secret_check_pem;

/* BIP 173: the checksum of bech32. */
bw_secret_check bw_secret_check_bech32;

/* The password of an address: not a variable, not the name, not a word of documentation. */
bw_secret_check bw_secret_check_url;

/* As above; a word without a digit is no password here. */
bw_secret_check bw_secret_check_web;

/* A hash of crypt(5) that a password may be. */
bw_secret_check bw_secret_check_crypt;

#endif
