// From Oniguruma's regular expressions (Ruby's syntax, for which tokenizer.json files are written)
// to PCRE2's. Most of the two languages is one. What differs:
//   \s      PCRE2 counts U+180E as a space, Unicode since 6.3 and Oniguruma do not
//   \w \b   PCRE2's version decides whether marks and connectors are word characters
//   \h \H   hexadecimal digits in Oniguruma, horizontal space in PCRE2
//   \uNNNN  a code point in Oniguruma, an error in PCRE2
//   [a[b]]  and [a&&b]: nested and intersected classes in Oniguruma, plain characters in PCRE2
//   {n,m}+  repeats again in Oniguruma, possessive in PCRE2
// The first four are rewritten; the last two, and \W inside a class, are refused.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace halftone {

/// Fails with Unsupported, in words that can follow the name of the pattern ("uses …").
[[nodiscard]] Result<std::string> pcreFromOniguruma(std::string_view source);

} // namespace halftone
