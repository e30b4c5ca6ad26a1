// Extended attributes and access lists of archive entries, in the form the kernel gives them.
#pragma once

#include "analyzer/source/tree.h"

struct archive_entry;

namespace drydock {

// All of an entry, sorted by name. POSIX access lists become system.posix_acl_access and
// system.posix_acl_default in the layout of linux/posix_acl_xattr.h (version 2, little endian).
Xattrs xattrs_of(archive_entry* entry);

// The permission bits as the kernel shows them: with an access list that has a mask, the group's bits
// are the mask (acl(5) "Correspondence between ACL entries and file permission bits"); libarchive puts
// the group's own there.
uint16_t mode_of(archive_entry* entry);

}  // namespace drydock
