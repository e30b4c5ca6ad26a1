#include "analyzer/facts/collect/permission.h"
#include "analyzer/facts/collect/tree_signs.h"

namespace drydock::facts {

const TableSpec kExposedFileTable{
    .name = "exposed_file",
    .kind = TableKind::inventory,
    .doc =
        "A file or directory anywhere on the host that shows one of the signs below, found in one "
        "walk over the tree; with several signs it has several rows. Left out are /proc, /sys, "
        "/dev, /run and the stores of container engines. In a fragment there is none.",
    .columns =
        {{"sign", ColumnType::text,
          "'world-writable': others may write; 'no-user', 'no-group': the owner or group is not in "
          "/etc/passwd, /etc/group; 'setuid', 'setgid': a program with that bit; 'capability': a "
          "program with file capabilities; 'device': a device node outside /dev; 'program-owner', "
          "'library-owner': not root's; 'program-writable', 'library-writable': group or others "
          "may write; 'library-group': a library of another group than root's."},
         {"path", ColumnType::text, "Path without a leading slash."},
         {"type", ColumnType::text, "As in the table file."},
         {"mode", ColumnType::integer, "Permission bits as a number."},
         {"uid", ColumnType::integer, "Owner."},
         {"gid", ColumnType::integer, "Group."},
         {"loc", ColumnType::location, "The file as a whole."}},
    .indexes = {"sign"},
    .examples = {"SELECT path, mode FROM exposed_file WHERE sign = 'setuid'"}};

namespace {

void collect_exposed(Context& context) {
  if (context.scope() != Scope::host) return;
  const TreeSigns& found = tree_signs(context);
  for (const TreeSigns::Sign& one : found.signs)
    context.store().insert(
        kExposedFileTable,
        {one.sign, std::string_view(one.path), name(one.info.type), int64_t{one.info.mode},
         int64_t{one.info.uid}, int64_t{one.info.gid}, context.store().locate(one.path, Span{})});
  if (found.cut)
    context.store().insert(
        kParseIssueTable,
        {std::string_view(""), std::string_view("too-many"),
         std::string_view(
             "more than 50000 files show a sign of this table; the others are not listed"),
         std::string_view("unknown"), kExposedFileTable.name, context.store().locate("", Span{})});
}

}  // namespace

const Collector kExposedFileCollector{.name = "exposed-file",
                                      .tables = {&kExposedFileTable},
                                      .needs = {},
                                      .paths = {"etc/passwd", "etc/group"},
                                      .loose = {},
                                      .collect = collect_exposed};

}  // namespace drydock::facts
