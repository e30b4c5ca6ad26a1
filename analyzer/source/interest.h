// Which files somebody will want to read. An archive is read once, front to back, so the wish list
// must be known before: whatever is not on it is remembered as metadata only.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace drydock {

// A set of path patterns relative to a root: "etc/fstab", "etc/sysctl.d/*.conf",
// "usr/lib/systemd/system/**". '*', '?' and '[…]' stay inside one component (and match a leading
// dot),
// "**" as the last component matches everything below, at any depth.
class Interest {
 public:
  void add(std::string_view pattern);
  // A pattern for loose files, matched at the end of a path on component borders: "sshd_config",
  // "audit/rules.d/*.rules", "*.service".
  void add_loose(std::string_view pattern);

  // Does any pattern match `path` itself, taken as relative to a root?
  bool matches(std::string_view path) const;

  // Does any pattern match `path`, some tail of it ("rootfs/etc/fstab", "a/b/etc/fstab"), or
  // "etc/" + path (an archive made inside /etc)? Loose patterns count too. It errs on the side of
  // yes: the root is known only after the last entry. Only tails that begin before byte `within`
  // count.
  bool may_match(std::string_view path, size_t within = std::string_view::npos) const;

  // Only the loose patterns, at the end of `path`.
  bool matches_loose(std::string_view path) const;

  // may_match for paths that come directory by directory, as in an archive: what the directory decides is
  // worked out once for all that lies in it. Tails that begin inside a container's own file system
  // (container_store_begin) do not count.
  class Cursor {
   public:
    // `interest` must live as long and stay as it is.
    explicit Cursor(const Interest& interest) : interest_(interest) {}
    bool may_match(std::string_view path);

   private:
    struct Place {
      uint32_t node;
      bool loose;  // loose patterns count, too
    };
    void enter(std::string_view directory);
    void descend(std::vector<Place>& places, std::string_view component);

    const Interest& interest_;
    std::string directory_;
    bool entered_ = false;
    bool everything_ = false;    // whatever lies in the directory matches
    bool tails_ = true;          // a pattern may begin with the name itself
    std::vector<Place> places_;  // where patterns that match the directory stand
  };

 private:
  // A trie of components: thousands of patterns cost one look per component of a path.
  struct Wild {
    std::string glob;
    bool simple = false;  // exactly one '*' and nothing else special: compare what is around it
    size_t star = 0;
    uint32_t node = 0;

    bool matches(std::string_view component) const;
  };
  struct Node {
    std::vector<std::pair<std::string, uint32_t>> literal;  // sorted by component
    std::vector<Wild> wild;
    bool rooted = false, loose = false;              // a pattern ends here
    bool rooted_below = false, loose_below = false;  // a pattern ends in "**" here
  };

  void insert(std::string_view pattern, bool loose);
  uint32_t child(uint32_t node, std::string_view component);
  bool walk(uint32_t node, std::string_view rest, bool rooted, bool loose) const;
  const uint32_t* find_literal(const Node& node, std::string_view component) const;
  // Does a pattern go on behind it?
  static bool leads_on(const Node& node);

  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::bitset<1024> first_;  // which first components a literal pattern may begin with
  // The same for patterns of one component with wildcards, by two characters at their begin or end: nearly
  // every name is tried against all of them.
  bool may_be_wild(std::string_view name) const;
  void note_wild(std::string_view glob);
  std::bitset<4096> wild_heads_, wild_tails_;
  bool wild_any_ = false;
};

}  // namespace drydock
