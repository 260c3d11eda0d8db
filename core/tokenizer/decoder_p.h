// From tokens as the vocabulary writes them back to bytes. Immutable; any thread may call it.
#pragma once

#include "tokenizer/jsonfields_p.h"
#include "tokenizer/pattern_p.h"

#include <memory>
#include <string>
#include <vector>

namespace halftone {

/// A token on its way to bytes.
struct DecoderPiece
{
    std::string text;
    bool literal = false; // its bytes already: special tokens, which no step touches
};

class DecoderStep
{
public:
    virtual ~DecoderStep() = default;
    /// What the step does to one token wherever it stands.
    virtual void applyAnywhere(std::string& token, Work&) const = 0;
    /// What it does to a text of several.
    virtual void apply(std::vector<DecoderPiece>&, Work&) const = 0;
    /// Whether it makes one piece of all.
    [[nodiscard]] virtual bool fuses() const { return false; }
};

class Decoder
{
public:
    /// Without steps: words, between which comes a space.
    Decoder() = default;
    explicit Decoder(std::vector<std::unique_ptr<const DecoderStep>> steps);
    /// The file's "decoder": ByteLevel, Metaspace, Replace, ByteFallback, Fuse, Strip, Sequence.
    [[nodiscard]] static Decoder read(const nlohmann::json&, const std::string& where, Problem&);

    [[nodiscard]] std::string decode(std::vector<DecoderPiece>) const;
    /// The bytes of a token alone, as it reads in the middle of a text.
    [[nodiscard]] std::string pieceOf(std::string token, Work&) const;
    /// What comes between two tokens.
    [[nodiscard]] std::string joiner() const { return m_steps.empty() ? " " : ""; }

private:
    std::vector<std::unique_ptr<const DecoderStep>> m_steps;
};

} // namespace halftone
