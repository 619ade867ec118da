/*
 * dns-name.h: names as Kubernetes restricts them; for the files of src/cel/ alone.
 */
#ifndef BW_CEL_DNS_NAME_H
#define BW_CEL_DNS_NAME_H

#include "base/str.h"

#define BW_DNS_LABEL_MAX     63u
#define BW_DNS_SUBDOMAIN_MAX 253u

/* The form alone, without the length: a label of RFC 1123 in lower case ("my-name"), labels with
 * dots between, a label that begins with a letter (RFC 1035), and a qualified name's part or a
 * label's value: letters, digits, '-', '_' and '.', the first and the last a letter or a digit. */
bool bw_dns_is_label(struct bw_str s);
bool bw_dns_is_subdomain(struct bw_str s);
bool bw_dns_is_label_1035(struct bw_str s);
bool bw_dns_is_qualified(struct bw_str s);

#endif
