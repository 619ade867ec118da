/* Source forges and continuous integration. */
#include "extract/secret-check.h"
#include "extract/secret-pattern.h"
#include "extract/secret-rule.h"

#define GITHUB                                                                                     \
    "Revoke it in the settings of the account or organisation on GitHub (Developer settings), "    \
    "and look at its audit log"
#define GITLAB                                                                                     \
    "Revoke it on GitLab where it was made (Access tokens, CI/CD or Runner settings), and look "   \
    "at the audit events"

static const struct bw_secret_rule rules[] = {
    {
        .id = "github-pat",
        .title = "GitHub personal access token",
        .remedy = GITHUB,
        .severity = BW_SEVERITY_CRITICAL,
        .keep = 4,
        .check = bw_secret_check_crc62,
        .pattern = "ghp_[A-Za-z0-9]{36}",
        .flags = BW_SECRET_EXTENDS,
    },
};

BW_SECRET_TABLE(forge);
