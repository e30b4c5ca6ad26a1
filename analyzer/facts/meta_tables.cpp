#include "analyzer/facts/collect.h"

namespace drydock::facts {

const TableSpec kLocationTable{
    .name = "location",
    .kind = TableKind::meta,
    .doc = "A place in a file of the target; every column named loc or ending in _loc points here.",
    .columns = {{"loc", ColumnType::location,
                 "Opaque id of the place; the same place has the same id."},
                {"path", ColumnType::text,
                 "The file, relative to the root of the host, without a leading slash."},
                {"line", ColumnType::integer, "Line, from 1; 0 means the file as a whole."},
                {"column", ColumnType::integer,
                 "Column in bytes, from 1; 0 for the file as a whole."},
                {"end_line", ColumnType::integer, "Line in which the place ends."},
                {"end_column", ColumnType::integer, "Column behind the last byte."}},
    .key = "loc",
    .value = "path",
    .examples =
        {"SELECT path, count(*) AS places FROM location GROUP BY path ORDER BY places DESC"},
    .is_virtual = true};

const TableSpec kOverrideTable{
    .name = "override",
    .kind = TableKind::meta,
    .doc = "A setting that is written but does not count, because another one won.",
    .columns = {{"table_name", ColumnType::text, "The effective table the winner is in."},
                {"key", ColumnType::text, "The key of the winner's row."},
                {"winner", ColumnType::location,
                 "Where the setting stands that counts; NULL where none does."},
                {"loser", ColumnType::location, "Where the setting stands that does not."},
                {"value", ColumnType::text, "The value that does not count."},
                {"reason", ColumnType::text, "Why, in words: 'read later', 'first value wins'."}},
    .indexes = {"winner"},
    .examples = {"SELECT key, loser, value, reason FROM override WHERE table_name = 'sysctl'"}};

const TableSpec kParseIssueTable{
    .name = "parse_issue",
    .kind = TableKind::meta,
    .doc = "Something in a file that could not be read or is not well-formed.",
    .columns =
        {{"path", ColumnType::text, "The file."},
         {"code", ColumnType::text,
          "Stable name of the mistake: 'missing-equals', 'not-readable'."},
         {"message", ColumnType::text, "What is wrong, in words."},
         {"effect", ColumnType::text,
          "'ignored': the program skips this part and the rest counts; 'unknown': what the file "
          "decides cannot be told."},
         {"table_name", ColumnType::text, "A table whose rows it concerns; one row for each."},
         {"loc", ColumnType::location, "Where."}},
    .indexes = {"table_name"},
    .examples = {"SELECT DISTINCT loc, message FROM parse_issue"}};

}  // namespace drydock::facts
