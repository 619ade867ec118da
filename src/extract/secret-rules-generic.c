/* By their names alone: what a rule above knows better is its. */
#include "extract/secret-check.h"
#include "extract/secret-pattern.h"
#include "extract/secret-rule.h"

#define GENERIC                                                                                    \
    "If it is a credential: revoke it and hand its successor in when it runs (a mounted secret, "  \
    "a build secret). If it is none, waive the finding"

static const char *const variable_secret_paths[] = {"**/.env",   "**/.env.*",    "**/*.env",
                                                    "**/.envrc", "**/.flaskenv", NULL};
static const struct bw_secret_rule rules[] = {
    {
        .id = "http-password",
        .title = "Password in a web or FTP address",
        .remedy = GENERIC,
        .severity = BW_SEVERITY_MEDIUM,
        .flags = BW_SECRET_DELIMITED | BW_SECRET_GENERIC | BW_SECRET_SAMPLED,
        .check = bw_secret_check_web,
        .pattern = "(?:https?|ftps?|sftp|git\\+https|socks5h?|smtps?|imaps?|rtsp|mqtts?)://[^\\s:/"
                   "?#@\"'<>\\\\(){}]{1,80}:([^\\s:/?#@\"'<>\\\\(){}]{3,100})@[\\w.\\-\\[]",
    },
    {
        .id = "basic-authorization",
        .title = "HTTP basic authorisation",
        .remedy = GENERIC,
        .severity = BW_SEVERITY_MEDIUM,
        .flags = BW_SECRET_DELIMITED | BW_SECRET_GENERIC,
        .check = bw_secret_check_basic_auth,
        .pattern = "(?i:authorization)['\"]?[ \\t]{0,4}[:=,][ \\t]{0,4}['\"]?[Bb]asic[ "
                   "\\t]{1,4}([A-Za-z0-9+/]{12,300}={0,2})",
    },
    {
        .id = "bearer-authorization",
        .title = "HTTP bearer token",
        .remedy = GENERIC,
        .severity = BW_SEVERITY_MEDIUM,
        .entropy = 36,
        .flags = BW_SECRET_DELIMITED | BW_SECRET_GENERIC,
        .check = bw_secret_check_random,
        .pattern = "(?i:authorization)['\"]?[ \\t]{0,4}[:=,][ \\t]{0,4}['\"]?[Bb]earer[ "
                   "\\t]{1,4}([A-Za-z0-9_\\-.=+/]{24,300})",
    },
    {
        .id = "docker-login-password",
        .title = "Password on the command line of a registry login",
        .remedy = GENERIC,
        .severity = BW_SEVERITY_HIGH,
        .flags = BW_SECRET_DELIMITED | BW_SECRET_GENERIC,
        .check = bw_secret_check_variable,
        .pattern = "(?:docker|podman|buildah|skopeo|crane|helm registry|oras|nerdctl) login "
                   "[^\\n|;&]{0,200}(?:-p|--password)[ =]{1,2}['\"]?([^\\s\"'$<>{}]{6,200})",
    },
    {
        .id = "curl-user-password",
        .title = "Password on the command line of curl",
        .remedy = GENERIC,
        .severity = BW_SEVERITY_MEDIUM,
        .flags = BW_SECRET_DELIMITED | BW_SECRET_GENERIC,
        .check = bw_secret_check_password,
        .pattern = "curl [^\\n|;]{0,200}(?:-u|--user)[ "
                   "=]{1,2}['\"]?[\\w.@\\-]{1,60}:([^\\s\"'$<>{}]{6,100})",
    },
    {
        .id = "generic-api-key",
        .title = "Value of a name that is a key or token",
        .remedy = GENERIC,
        .severity = BW_SEVERITY_MEDIUM,
        .entropy = 37,
        .flags = BW_SECRET_NAMED | BW_SECRET_GENERIC,
        .check = bw_secret_check_random,
        .pattern = BW_SECRET_NAMED_AS(
            "(?:api[_.\\-]?key|apikey|secret[_.\\-]?key|access[_.\\-]?key|client[_.\\-]?secret|app["
            "_.\\-]?secret|auth[_.\\-]?token|access[_.\\-]?token|api[_.\\-]?token|private[_.\\-]?"
            "token|bot[_.\\-]?token|encryption[_.\\-]?key|signing[_.\\-]?key|consumer[_.\\-]?"
            "secret)(?:[_.\\-][a-z]{1,12})?",
            "[A-Za-z0-9_\\-+/=]{20,128}"),
    },
    {
        .id = "generic-password",
        .title = "Value of a name that is a password",
        .remedy = GENERIC,
        .severity = BW_SEVERITY_MEDIUM,
        .entropy = 28,
        .flags = BW_SECRET_NAMED | BW_SECRET_GENERIC,
        .check = bw_secret_check_quoted_password,
        .pattern = BW_SECRET_NAMED_AS("(?:password|passwd|passphrase|(?:db|user|usr|admin|root|sql|"
                                      "ftp|ssh|mail|login|auth)[_.\\-]?(?:pass|pwd|pw))",
                                      "[^\\s\"'`$<>{}()\\[\\],;\\\\]{8,64}"),
    },
    {
        .id = "variable-secret",
        .title = "Value of a variable that is named as a secret",
        .remedy = GENERIC,
        .severity = BW_SEVERITY_HIGH,
        .flags = BW_SECRET_VARIABLE | BW_SECRET_GENERIC,
        .check = bw_secret_check_variable,
        .paths = variable_secret_paths,
        .pattern = "^[^#\\n=:]{0,100}(?i:passw(?:or)?d|passphrase|secret|token|api_?key|access_?"
                   "key|private_?key|credentials?)(?i:_[a-z0-9]{1,12})?[ \\t]{0,2}[=:][ "
                   "\\t]{0,2}['\"]?([^\\s\"'#]{6,400})",
    },
};

BW_SECRET_TABLE(generic);
