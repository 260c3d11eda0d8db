// What is done to a text before it is cut up. Immutable; any thread may call it. Bytes that are not
// UTF-8 come through as they are.
#pragma once

#include "tokenizer/jsonfields_p.h"
#include "tokenizer/pattern_p.h"

#include <memory>
#include <string>

namespace halftone {

class Normalizer
{
public:
    virtual ~Normalizer() = default;
    virtual void apply(std::string& text, Work&) const = 0;
};

/// The file's "normalizer": NFC, NFD, NFKC, NFKD, Prepend, Replace, Lowercase, Strip, StripAccents
/// and Sequence. Null after a report.
[[nodiscard]] std::unique_ptr<const Normalizer> readNormalizer(const nlohmann::json&,
                                                               const std::string& where, Problem&);

} // namespace halftone
