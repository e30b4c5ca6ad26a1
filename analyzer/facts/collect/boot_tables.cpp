// The tables of boot.cpp.
#include "analyzer/facts/collect/boot.h"

namespace drydock::facts {

const TableSpec kBootLoaderTable{
    .name = "boot_loader",
    .kind = TableKind::effective,
    .doc = "A boot loader's configuration that leads to kernels.",
    .columns = {{"kind", ColumnType::text, "grub, systemd-boot, extlinux or raspberry-pi."},
                {"path", ColumnType::text, "Its file: /boot/grub/grub.cfg without the slash."},
                {"boots", ColumnType::boolean,
                 "1: taken for the one that starts the host; the firmware's variables are not in "
                 "the files."},
                {"superusers", ColumnType::text,
                 "grub: who may edit entries and use the shell; NULL: anybody at the console may."},
                {"password", ColumnType::text,
                 "grub: 'hashed' or 'plain', how the password of a superuser is written; NULL: "
                 "there is none."},
                {"restricts_boot", ColumnType::boolean,
                 "grub: the default entry asks for the password too; NULL for other loaders."},
                {"loc", ColumnType::location, "The file; of grub the password."}},
    .examples = {"SELECT kind, path, superusers FROM boot_loader WHERE boots"}};

const TableSpec kBootEntryTable{
    .name = "boot_entry",
    .kind = TableKind::effective,
    .doc = "An entry of a boot loader that starts Linux.",
    .columns =
        {{"loader", ColumnType::text, "grub, systemd-boot, extlinux or raspberry-pi."},
         {"id", ColumnType::text,
          "As the loader names it: 1>2 (grub, the third of the second's submenu), arch.conf, a "
          "label."},
         {"title", ColumnType::text, "What people see."},
         {"kernel", ColumnType::text, "The kernel's file as it is written."},
         {"version", ColumnType::text,
          "The kernel's version by the entry or the name of the file; NULL if neither says."},
         {"initrd", ColumnType::text, "As it is written; NULL if there is none."},
         {"arguments", ColumnType::text, "The command line."},
         {"is_default", ColumnType::boolean, "It starts when nobody touches a key."},
         {"why_default", ColumnType::text, "What decides that; NULL if it is not the default."},
         {"boots", ColumnType::boolean, "It is the default of the loader that starts the host."},
         {"loc", ColumnType::location, "The entry."}},
    .examples = {"SELECT title, version, arguments, why_default FROM boot_entry WHERE boots"}};

const TableSpec kBootArgumentTable{
    .name = "boot_argument",
    .kind = TableKind::raw,
    .doc = "An argument of a kernel's command line, wherever it is written.",
    .columns = {{"name", ColumnType::text,
                 "With '_' for '-', which the kernel takes for the same."},
                {"value", ColumnType::text, "Behind the '='; empty if there is none."},
                {"written_in", ColumnType::text,
                 "'entry': of a boot entry; 'configuration': for the next one."},
                {"entry", ColumnType::text, "The entry's id; NULL in a configuration."},
                {"boots", ColumnType::boolean, "It is the default entry's."},
                {"loc", ColumnType::location, "The argument."}},
    .indexes = {"name"},
    .examples = {"SELECT name, value, entry FROM boot_argument WHERE name = 'mitigations'"}};

const TableSpec kKernelArgumentTable{
    .name = "kernel_argument",
    .kind = TableKind::effective,
    .doc =
        "An argument of the command line that the host starts with, joined with the configuration "
        "from which "
        "the next one is made. Of a name that is repeated the last one counts. An argument that "
        "one of the two "
        "lacks has a row without value there.",
    .columns = {{"name", ColumnType::text,
                 "With '_' for '-', which the kernel takes for the same."},
                {"value", ColumnType::text,
                 "Behind the '='; empty if there is none; NULL: the other one of the two has the "
                 "argument, this one "
                 "lacks it."},
                {"source", ColumnType::text,
                 "'entry': the default boot entry; 'configuration': /etc/default/grub, "
                 "/etc/kernel/cmdline or "
                 "bootc's kargs.d; 'both': they agree; 'kernel': neither has it, and its value is "
                 "the kernel's own by "
                 "the configuration it was built with."},
                {"argument", ColumnType::text, "As it is written; NULL where value is."},
                {"loc", ColumnType::location,
                 "The argument, in the configuration if both have it; where it is missing, the "
                 "line it belongs to."},
                {"value_loc", ColumnType::location, "Its value; NULL without one."}},
    .key = "name",
    .value = "value",
    .examples = {"SELECT name, value, source, loc FROM kernel_argument ORDER BY name"}};

}  // namespace drydock::facts
