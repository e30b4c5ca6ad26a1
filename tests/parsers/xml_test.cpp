// "Extensible Markup Language (XML) 1.0", fifth edition: what is well-formed and what is not.
#include "parsers/xml.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::xml {
namespace {

std::string render(std::string_view text) {
  const Document document = parse(text);
  std::string out;
  for (const Element& element : document.elements) {
    out += element.name + " " + test::place(element.span);
    if (element.parent != kNoParent) out += " in " + document.elements[element.parent].name;
    for (const Attribute& one : element.attributes)
      out += " " + one.name + "=" + one.value + "@" + test::place(one.value_span);
    out += " [" + element.text + "]\n";
  }
  return out + test::errors(document.errors);
}

TEST(Xml, ElementsAttributesAndTextHavePlaces) {
  EXPECT_EQ(render("<?xml version='1.0'?>\n<a x=\"1\"\n   y = "
                   "'&lt;&#65;&#x42;'>t<b/>u<![CDATA[<&]]></a >\n"),
            "a 2:1-3:26 x=1@2:7-2:8 y=<AB@3:9-3:24 [tu<&]\nb 3:27-3:31 in a []\n");
  EXPECT_EQ(render("\xEF\xBB\xBF<!-- a - b --><!DOCTYPE a PUBLIC \">\" [<!ENTITY e \"]>\">]><?p "
                   "i?><a></a><!---->"),
            "a 1:67-1:70 []\n");
}

TEST(Xml, WhatIsNotWellFormedIsReadUpToThere) {
  const auto error = [](std::string_view text) { return test::errors(parse(text).errors); };
  EXPECT_EQ(error(""), "error no-element 1:1-1:1 there is no root element (refused)\n");
  EXPECT_EQ(error("<a><b></a>"),
            "error wrong-end 1:7-1:11 </a> ends an element that is not open (refused)\n");
  EXPECT_EQ(error("<a>"), "error wrong-end 1:4-1:4 <a> does not end (refused)\n");
  EXPECT_EQ(error("<a/>x"), "error text-outside 1:5-1:6 text outside the root element (refused)\n");
  EXPECT_EQ(error("<a/><b/>"), "error text-outside 1:5-1:9 a second root element (refused)\n");
  EXPECT_EQ(error("<a>&e;</a>"),
            "error bad-entity 1:4-1:6 '&' that begins no known reference (refused)\n");
  EXPECT_EQ(
      error("<a x='1' x='2'/>"),
      "error bad-attribute 1:10-1:11 expected an attribute with a value in quotes (refused)\n");
  EXPECT_EQ(error("<a x=1/>"),
            "error bad-attribute 1:6-1:7 expected an attribute with a value in quotes (refused)\n");
  EXPECT_EQ(error("<a x='<'/>"),
            "error bad-attribute 1:7-1:8 expected an attribute with a value in quotes (refused)\n");
  EXPECT_EQ(error("<a>\x01</a>"), "error bad-character 1:4-1:5 a control character (refused)\n");
  EXPECT_EQ(error("<a><!-- -- --></a>"),
            "error bad-markup 1:4-1:11 '--' inside a comment (refused)\n");
  EXPECT_EQ(error("<a"), "error bad-markup 1:1-1:3 the tag does not end (refused)\n");
  EXPECT_EQ(error(" <?xml version='1.0'?><a/>").substr(0, 16), "error bad-markup");
}

TEST(Xml, WhatAnEnemyWritesIsBounded) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_EQ(parse(deep).elements.size(), 64u);
  EXPECT_EQ(parse(deep).errors.list().front().code, "too-deep");
  std::string wide = "<r>";
  for (int i = 0; i < 100'001; ++i) wide += "<a/>";
  EXPECT_EQ(parse(wide).errors.list().front().code, "too-many-elements");
  // Entities of one's own would grow; they are no entities here.
  EXPECT_EQ(parse("<!DOCTYPE a [<!ENTITY b \"bbbb\">]><a>&b;</a>").errors.list().front().code,
            "bad-entity");
}

}  // namespace
}  // namespace drydock::parsers::xml
