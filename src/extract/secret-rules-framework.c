/* Secrets of web frameworks and of system services. */
#include "extract/secret-check.h"
#include "extract/secret-pattern.h"
#include "extract/secret-rule.h"

#define FRAMEWORK                                                                                  \
    "Make another one, which ends all sessions and signatures made with it, and hand it in when "  \
    "it runs"
#define PASSWORD                                                                                   \
    "Change the password wherever it is used, and hand it in when it runs (a mounted secret, not " \
    "a layer)"

static const char *const rails_master_key_paths[] = {"**/config/master.key",
                                                     "**/config/credentials/*.key", NULL};
static const char *const wordpress_secrets_paths[] = {"**/wp-config.php", NULL};
static const char *const spring_password_paths[] = {"**/application*.properties",
                                                    "**/application*.yml", "**/application*.yaml",
                                                    "**/bootstrap*.yml", NULL};
static const char *const terraform_state_paths[] = {"**/*.tfstate", "**/*.tfstate.backup", NULL};
static const char *const terraform_credentials_paths[] = {"**/.terraformrc", "**/terraform.rc",
                                                          "**/credentials.tfrc.json", NULL};
static const char *const vault_token_file_paths[] = {"**/.vault-token", NULL};
static const char *const netrc_paths[] = {"**/.netrc", "**/_netrc", "etc/apt/auth.conf",
                                          "etc/apt/auth.conf.d/*", NULL};
static const char *const git_credentials_paths[] = {"**/.git-credentials",
                                                    "**/.config/git/credentials", NULL};
static const char *const shadow_hash_paths[] = {"etc/shadow", "etc/shadow-", "etc/gshadow", NULL};
static const char *const htpasswd_paths[] = {"**/.htpasswd", "**/htpasswd", NULL};
static const char *const s3cfg_secret_paths[] = {"**/.s3cfg", "**/.boto", "etc/boto.cfg", NULL};
static const char *const rclone_config_paths[] = {"**/rclone.conf", NULL};
static const char *const gcloud_refresh_token_paths[] = {
    "**/application_default_credentials.json", "**/gcloud/legacy_credentials/*/adc.json", NULL};
static const char *const wifi_password_paths[] = {"**/wpa_supplicant*.conf",
                                                  "etc/NetworkManager/system-connections/*", NULL};
static const char *const ppp_secret_paths[] = {"etc/ppp/chap-secrets", "etc/ppp/pap-secrets", NULL};
static const char *const ldap_bind_password_paths[] = {
    "etc/ldap.conf",      "etc/ldap/*.conf",        "etc/nslcd.conf",      "etc/pam_ldap.conf",
    "etc/sssd/sssd.conf", "etc/sssd/conf.d/*.conf", "etc/openldap/*.conf", NULL};
static const char *const tomcat_user_password_paths[] = {"**/tomcat-users.xml", NULL};
static const char *const mail_client_password_paths[] = {"**/.msmtprc",
                                                         "etc/msmtprc",
                                                         "**/.fetchmailrc",
                                                         "**/.mailrc",
                                                         "etc/ssmtp/ssmtp.conf",
                                                         "**/.muttrc",
                                                         "etc/postfix/sasl_passwd",
                                                         "etc/postfix/sasl/sasl_passwd",
                                                         "etc/exim4/passwd.client",
                                                         NULL};
static const char *const grafana_admin_password_paths[] = {"**/grafana.ini", "etc/grafana/*.ini",
                                                           NULL};
static const char *const filezilla_password_paths[] = {"**/sitemanager.xml", "**/recentservers.xml",
                                                       NULL};
static const char *const ansible_become_password_paths[] = {"**/inventory",
                                                            "**/hosts.ini",
                                                            "**/inventory/*",
                                                            "**/group_vars/*",
                                                            "**/host_vars/*",
                                                            "etc/ansible/hosts",
                                                            NULL};
static const struct bw_secret_rule rules[] = {
    {
        .id = "laravel-app-key",
        .title = "Laravel application key",
        .remedy = FRAMEWORK,
        .severity = BW_SEVERITY_HIGH,
        .flags = BW_SECRET_DELIMITED,
        .check = bw_secret_check_base64_32,
        .pattern = "APP_KEY=['\"]?base64:([A-Za-z0-9+/]{43}=)",
    },
    {
        .id = "django-secret-key",
        .title = "Django secret key",
        .remedy = FRAMEWORK,
        .severity = BW_SEVERITY_MEDIUM,
        .keep = 16,
        .flags = BW_SECRET_EXTENDS_64 | BW_SECRET_SAMPLED,
        .pattern = "django-insecure-[A-Za-z0-9!@#$%^&*(\\-_=+)]{40}",
    },
    {
        .id = "flask-secret-key",
        .title = "Secret key of a Python web application",
        .remedy = FRAMEWORK,
        .severity = BW_SEVERITY_MEDIUM,
        .entropy = 40,
        .flags = BW_SECRET_NAMED | BW_SECRET_GENERIC,
        .check = bw_secret_check_random,
        .pattern = BW_SECRET_NAMED_AS("SECRET_KEY", "[A-Za-z0-9!@#%^&*(\\-_=+)]{32,80}"),
    },
    {
        .id = "rails-secret-key-base",
        .title = "Rails secret_key_base",
        .remedy = FRAMEWORK,
        .severity = BW_SEVERITY_HIGH,
        .entropy = 35,
        .flags = BW_SECRET_NAMED,
        .pattern = BW_SECRET_NAMED_AS("secret_key_base", "[0-9a-f]{128}"),
    },
    {
        .id = "rails-master-key",
        .title = "Rails master key",
        .remedy = FRAMEWORK,
        .severity = BW_SEVERITY_CRITICAL,
        .flags = BW_SECRET_DELIMITED,
        .paths = rails_master_key_paths,
        .pattern = "^([0-9a-f]{32})\\s{0,2}$",
    },
    {
        .id = "symfony-app-secret",
        .title = "Symfony application secret",
        .remedy = FRAMEWORK,
        .severity = BW_SEVERITY_MEDIUM,
        .entropy = 31,
        .flags = BW_SECRET_NAMED,
        .pattern = BW_SECRET_NAMED_AS("symfony[\\w.\\-]{0,12}secret", "[0-9a-f]{32}"),
    },
    {
        .id = "nextauth-secret",
        .title = "NextAuth or Auth.js secret",
        .remedy = FRAMEWORK,
        .severity = BW_SEVERITY_HIGH,
        .entropy = 40,
        .flags = BW_SECRET_NAMED,
        .pattern = BW_SECRET_NAMED_AS("(?:NEXTAUTH|AUTH|BETTER_AUTH)_SECRET", "[A-Za-z0-9+/]{43}="),
    },
    {
        .id = "jwt-signing-secret",
        .title = "Secret that signs JSON Web Tokens",
        .remedy = FRAMEWORK,
        .severity = BW_SEVERITY_HIGH,
        .entropy = 40,
        .flags = BW_SECRET_NAMED,
        .check = bw_secret_check_digits,
        .pattern = BW_SECRET_NAMED_AS("jwt[_.\\-]?(?:signing[_.\\-]?)?(?:secret|key)",
                                      "[A-Za-z0-9+/_\\-]{32,128}={0,2}"),
    },
    {
        .id = "session-secret",
        .title = "Secret of sessions or cookies",
        .remedy = FRAMEWORK,
        .severity = BW_SEVERITY_MEDIUM,
        .entropy = 40,
        .flags = BW_SECRET_NAMED | BW_SECRET_GENERIC,
        .check = bw_secret_check_digits,
        .pattern = BW_SECRET_NAMED_AS("(?:session|cookie)[_.\\-]?secret",
                                      "[A-Za-z0-9+/_\\-]{24,128}={0,2}"),
    },
    {
        .id = "aspnet-machine-key",
        .title = "ASP.NET machine key",
        .remedy = FRAMEWORK,
        .severity = BW_SEVERITY_HIGH,
        .entropy = 33,
        .flags = BW_SECRET_NAMED,
        .pattern = BW_SECRET_NAMED_AS("(?:validation|decryption)Key", "[0-9A-F]{48,128}"),
    },
    {
        .id = "wordpress-secrets",
        .title = "Password or salt in wp-config.php",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_HIGH,
        .flags = BW_SECRET_DELIMITED,
        .check = bw_secret_check_phrase,
        .paths = wordpress_secrets_paths,
        .pattern =
            "define\\(\\s{0,4}['\"](?:DB_PASSWORD|(?:SECURE_|LOGGED_IN_|NONCE_)?AUTH_(?:KEY|SALT)|("
            "?:LOGGED_IN|NONCE)_(?:KEY|SALT))['\"]\\s{0,4},\\s{0,4}['\"]([^'\"\\n]{4,100})['\"]",
    },
    {
        .id = "spring-password",
        .title = "Password in a Spring configuration",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_HIGH,
        .flags = BW_SECRET_DELIMITED,
        .check = bw_secret_check_password,
        .paths = spring_password_paths,
        .pattern = "^[ \\t]{0,20}[\\w.\\-]{0,80}password[ \\t]{0,4}[=:][ "
                   "\\t]{0,4}[\"']?([^\\s\"'#]{4,100})",
    },
    {
        .id = "terraform-state",
        .title = "Secret attribute in a Terraform state",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_HIGH,
        .flags = BW_SECRET_DELIMITED,
        .check = bw_secret_check_password,
        .paths = terraform_state_paths,
        .pattern = "\"\\w{0,40}(?:password|secret|token|private_key|access_key|connection_string)"
                   "\\w{0,20}\"\\s{0,4}:\\s{0,4}\"([^\"\\\\\\s]{8,600})\"",
    },
    {
        .id = "terraform-credentials",
        .title = "Terraform CLI credentials",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_CRITICAL,
        .flags = BW_SECRET_DELIMITED,
        .paths = terraform_credentials_paths,
        .pattern = "\"?token\"?\\s{0,4}[=:]\\s{0,4}\"([^\"\\s]{20,200})\"",
    },
    {
        .id = "vault-token-file",
        .title = "Vault token of a user",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_CRITICAL,
        .flags = BW_SECRET_DELIMITED,
        .paths = vault_token_file_paths,
        .pattern = "^([\\w.\\-]{20,400})\\s{0,2}$",
    },
    {
        .id = "netrc",
        .title = "Passwords in .netrc and its like",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_HIGH,
        .flags = BW_SECRET_DELIMITED,
        .check = bw_secret_check_url,
        .paths = netrc_paths,
        .pattern = "^[^#\\n]{0,300}\\bpassword[ \\t\\n]{1,4}(\\S{1,200})",
    },
    {
        .id = "git-credentials",
        .title = "Stored logins of git",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_CRITICAL,
        .flags = BW_SECRET_DELIMITED,
        .check = bw_secret_check_url,
        .paths = git_credentials_paths,
        .pattern = "^https?://[^:@\\s/]{1,200}:([^@\\s]{1,400})@",
    },
    {
        .id = "shadow-hash",
        .title = "Password hash of an account",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_MEDIUM,
        .flags = BW_SECRET_DELIMITED | BW_SECRET_CHOSEN,
        .check = bw_secret_check_crypt,
        .paths = shadow_hash_paths,
        .pattern = "^[a-z_][\\w.\\-]{0,31}:!?(\\$[0-9a-z]{1,3}\\$[^:\\s]{10,300}):",
    },
    {
        .id = "htpasswd",
        .title = "Password hash in .htpasswd",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_MEDIUM,
        .flags = BW_SECRET_DELIMITED | BW_SECRET_CHOSEN,
        .paths = htpasswd_paths,
        .pattern = "^[^:#\\s]{1,100}:(\\$apr1\\$\\S{8,60}|\\$2[aby]\\$\\S{20,80}|\\{SHA\\}[A-Za-z0-"
                   "9+/=]{28})",
    },
    {
        .id = "s3cfg-secret",
        .title = "Secret key of s3cmd or boto",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_CRITICAL,
        .flags = BW_SECRET_DELIMITED,
        .paths = s3cfg_secret_paths,
        .pattern = "^[ "
                   "\\t]{0,8}(?:secret_key|aws_secret_access_key|gs_oauth2_refresh_token|gs_secret_"
                   "access_key)[ \\t]{0,4}=[ \\t]{0,4}(\\S{16,200})",
    },
    {
        .id = "rclone-config",
        .title = "Login in an rclone configuration",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_HIGH,
        .flags = BW_SECRET_DELIMITED,
        .paths = rclone_config_paths,
        .pattern = "^[ \\t]{0,8}(?:pass|password2?|secret_access_key|client_secret|token)[ "
                   "\\t]{0,4}=[ \\t]{0,4}(\\S{8,2000})",
    },
    {
        .id = "gcloud-refresh-token",
        .title = "Google Cloud login of a user",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_CRITICAL,
        .flags = BW_SECRET_DELIMITED,
        .paths = gcloud_refresh_token_paths,
        .pattern = "\"refresh_token\"\\s{0,4}:\\s{0,4}\"([^\"\\s]{20,300})\"",
    },
    {
        .id = "wifi-password",
        .title = "Passphrase of a wireless network",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_MEDIUM,
        .flags = BW_SECRET_DELIMITED,
        .paths = wifi_password_paths,
        .pattern = "^[ \\t]{0,8}psk[ \\t]{0,2}=[ \\t]{0,2}[\"']?([^\"'\\n]{8,64})",
    },
    {
        .id = "ppp-secret",
        .title = "Password in chap-secrets or pap-secrets",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_MEDIUM,
        .flags = BW_SECRET_DELIMITED,
        .check = bw_secret_check_url,
        .paths = ppp_secret_paths,
        .pattern = "^[^#\\s]{1,100}[ \\t]{1,40}\\S{1,100}[ \\t]{1,40}[\"']?([^\"'\\s]{3,100})",
    },
    {
        .id = "ldap-bind-password",
        .title = "Password of an LDAP client",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_HIGH,
        .flags = BW_SECRET_DELIMITED,
        .check = bw_secret_check_url,
        .paths = ldap_bind_password_paths,
        .pattern =
            "^[ \\t]{0,8}(?:bindpw|rootbindpw|ldap_default_authtok|rootpw)[ \\t=]{1,8}(\\S{3,200})",
    },
    {
        .id = "tomcat-user-password",
        .title = "Password in tomcat-users.xml",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_HIGH,
        .flags = BW_SECRET_DELIMITED,
        .paths = tomcat_user_password_paths,
        .pattern = "<user [^<>]{0,200}password=\"([^\"\\n]{1,100})\"",
    },
    {
        .id = "mail-client-password",
        .title = "Password of a mail client",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_HIGH,
        .flags = BW_SECRET_DELIMITED,
        .check = bw_secret_check_url,
        .paths = mail_client_password_paths,
        .pattern = "^[ \\t]{0,8}(?:[^#\\n]{0,100}\\bpassword[ \\t=]{1,8}|AuthPass=|set "
                   "(?:imap|smtp)_pass[ \\t]{0,4}=[ \\t]{0,4}|\\S{1,100}[ "
                   "\\t]{1,8}[^\\s:#]{1,100}:)[\"']?([^\"'\\s]{3,100})",
    },
    {
        .id = "grafana-admin-password",
        .title = "Administrator password of Grafana",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_HIGH,
        .flags = BW_SECRET_DELIMITED,
        .check = bw_secret_check_password,
        .paths = grafana_admin_password_paths,
        .pattern = "^[ \\t]{0,8}(?:admin_password|secret_key|password)[ \\t]{0,4}=[ "
                   "\\t]{0,4}[\"']?([^\\s\"'#;]{4,200})",
    },
    {
        .id = "filezilla-password",
        .title = "Password stored by FileZilla",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_MEDIUM,
        .flags = BW_SECRET_DELIMITED,
        .paths = filezilla_password_paths,
        .pattern = "<Pass[^>]{0,40}>([^<\\s]{4,200})</Pass>",
    },
    {
        .id = "ansible-become-password",
        .title = "Password in an Ansible inventory",
        .remedy = PASSWORD,
        .severity = BW_SEVERITY_HIGH,
        .flags = BW_SECRET_DELIMITED,
        .check = bw_secret_check_url,
        .paths = ansible_become_password_paths,
        .pattern = "\\b(?:ansible_(?:ssh_|become_|sudo_)?pass(?:word)?|vault_\\w{0,30}password)[ "
                   "\\t]{0,4}[=:][ \\t]{0,4}[\"']?([^\\s\"'#]{4,100})",
    },
};

BW_SECRET_TABLE(framework);
