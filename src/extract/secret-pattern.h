/*
 * secret-pattern.h: what the patterns of the rule tables are built of.
 */
#ifndef BW_EXTRACT_SECRET_PATTERN_H
#define BW_EXTRACT_SECRET_PATTERN_H

/* What stands between a name and its value: the rest of the name, a closing quote, an assignment in
 * the form of shell, JSON, YAML, TOML, a program or XML (<NAME>, key="NAME" value="..."), an
 * opening quote. */
#define BW_SECRET_LINK                                                                             \
    "[\\w.\\-]{0,24}\\\\?[\"'`]?\\]?[ \\t]{0,4}(?::=|=>|[=:>]|value=)[ \\t]{0,4}\\\\?[\"'`]?"

/* A value that only its name makes a secret; for rules with BW_SECRET_NAMED. */
#define BW_SECRET_NAMED_AS(words, value) "(?i:" words ")" BW_SECRET_LINK "(" value ")"

#define BW_SECRET_UUID "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"

/* The password of an address, between "scheme://user:" and "@host". */
#define BW_SECRET_URL(schemes)                                                                     \
    "(?:" schemes ")://[^\\s:/?#@\"'<>\\\\]{0,80}:([^\\s:/?#@\"'<>\\\\]{3,100})@[\\w.\\-\\[]"

#endif
