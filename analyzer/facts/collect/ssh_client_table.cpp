#include "analyzer/facts/collect/ssh_client.h"

namespace drydock::facts {

const TableSpec kSshClientTable{
    .name = "ssh_client",
    .kind = TableKind::effective,
    .doc =
        "What ssh, the client, does about a keyword when any user of the host connects, to every "
        "destination "
        "(context '') or to those of a Host or Match block, after Include and first-value-wins "
        "(ssh_config(5)). "
        "Users' own files are in ssh_client_user. In a fragment every file stands for itself, and "
        "there are "
        "no defaults.",
    .columns =
        {{"keyword", ColumnType::text,
          "In lower case, old names replaced: kbdinteractiveauthentication."},
         {"value", ColumnType::text,
          "As ssh -G prints it: yes, 300 for 5m, false for StrictHostKeyChecking off, '536870912 "
          "3600' for "
          "RekeyLimit 512M 1h, the whole list for Ciphers +x. A keyword that adds up (sendenv, "
          "identityfile …) "
          "has a row for each line."},
         {"written", ColumnType::text, "As it is written, unquoted; NULL for a default."},
         {"context", ColumnType::text,
          "'' for every destination; else the header of the block: Host web*, Match user ci."},
         {"source", ColumnType::text,
          "set, or default: ssh's own, of the OpenSSH that the package database names, else of "
          "9.2."},
         {"path", ColumnType::text, "The file that says so; NULL for a default."},
         {"loc", ColumnType::location, "The line; NULL for a default."},
         {"value_loc", ColumnType::location, "Its value; NULL for a default."}},
    .key = "keyword",
    .value = "value",
    .indexes = {"context"},
    .examples = {"SELECT keyword, value, loc FROM ssh_client WHERE source = 'set'",
                 "SELECT context, value FROM ssh_client WHERE keyword = 'stricthostkeychecking'"}};

const TableSpec kSshClientLineTable{
    .name = "ssh_client_line",
    .kind = TableKind::raw,
    .doc = "A line of the SSH client's configuration as it is written, whether or not it counts.",
    .columns = {{"path", ColumnType::text, "The file."},
                {"keyword", ColumnType::text, "In lower case, old names replaced."},
                {"written", ColumnType::text,
                 "The value, unquoted, its words separated by blanks."},
                {"context", ColumnType::text, "'' or the header of the block it stands in."},
                {"ordinal", ColumnType::integer, "Its place in the order of reading, from 1."},
                {"loc", ColumnType::location, "The line."}},
    .indexes = {"keyword"},
    .examples = {"SELECT path, keyword, written FROM ssh_client_line ORDER BY ordinal"}};

const TableSpec kSshClientUserTable{
    .name = "ssh_client_user",
    .kind = TableKind::effective,
    .doc =
        "What a user's own ~/.ssh/config makes ssh do about a keyword; it comes before the host's "
        "configuration. "
        "Accounts that may log in, and only what is set.",
    .columns =
        {{"user", ColumnType::text, "The account."},
         {"keyword", ColumnType::text, "As in ssh_client."},
         {"value", ColumnType::text, "As in ssh_client."},
         {"written", ColumnType::text, "As it is written, unquoted."},
         {"context", ColumnType::text,
          "'' for every destination; else the header of the block: Host web*, Match user ci."},
         {"path", ColumnType::text, "The file that says so."},
         {"loc", ColumnType::location, "The line."},
         {"value_loc", ColumnType::location, "Its value."}},
    .key = "keyword",
    .value = "value",
    .indexes = {"user"},
    .examples = {"SELECT user, context, value, loc FROM ssh_client_user WHERE keyword = "
                 "'stricthostkeychecking'"}};

}  // namespace drydock::facts
