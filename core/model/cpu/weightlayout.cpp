#include "model/cpu/weightlayout_p.h"

#include "format/text_p.h"
#include "kernels/packedmatrix.h"

#include <algorithm>
#include <map>

namespace halftone {

namespace {

bool isPacked(const ExpectedTensor& tensor, const ModelConfig& config)
{
    // A table with a head beside it is only looked up in.
    return tensor.shape.size() == 2 && (config.tiedHead || tensor.name != embeddingTensor);
}

cpu::WeightType commonestType(const WeightLayout& layout, std::string_view head)
{
    std::map<cpu::WeightType, std::size_t> bytes;
    for (const PackedTensor& one : layout.tensors)
        if (one.tensor.name != head)
            bytes[one.type] += one.bytes;
    return std::max_element(bytes.begin(), bytes.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
}

cpu::WeightType typeFor(const ExpectedTensor& tensor, cpu::WeightType stored, cpu::WeightType asked,
                        std::string_view head)
{
    if (cpu::isQuantised(asked) && tensor.shape[1] % cpu::quantBlock != 0)
        return stored;
    return asked == cpu::WeightType::Q4_0 && tensor.name == head ? cpu::WeightType::Q8_0 : asked;
}

/// Sets the places of tensors whose types are known.
Result<void> place(WeightLayout& layout)
{
    layout.bytes = 0;
    for (PackedTensor& one : layout.tensors) {
        const auto bytes = cpu::packedBytes(one.type, one.rows(), one.columns());
        if (!bytes)
            return Unexpected(bytes.error());
        one.offset = layout.bytes;
        one.bytes = *bytes;
        layout.bytes += *bytes;
    }
    return {};
}

} // namespace

bool WeightLayout::changesAnything() const
{
    return std::any_of(tensors.begin(), tensors.end(),
                       [](const PackedTensor& one) { return one.type != one.stored; });
}

std::uint64_t WeightLayout::storedBytes() const
{
    std::uint64_t total = 0;
    for (const PackedTensor& one : tensors)
        total += static_cast<std::uint64_t>(one.rows() * one.columns()) *
                 (one.stored == cpu::WeightType::F32 ? sizeof(float) : sizeof(std::uint16_t));
    return total;
}

Result<std::optional<cpu::WeightType>> weightTypeOption(const std::string& name)
{
    if (name.empty())
        return std::nullopt;
    if (const auto type = cpu::weightTypeNamed(name))
        return type;
    return failure(ErrorCode::InvalidArgument, "Weights can be computed from f32, f16, bf16, q8_0 "
                                               "or q4_0, not from " +
                                                   inQuotes(name) + ".");
}

Result<WeightLayout> weightLayout(const ModelConfig& config, const TensorSource& source,
                                  std::optional<cpu::WeightType> asked)
{
    const std::string_view head = headTensor(config);
    WeightLayout layout;
    for (ExpectedTensor& tensor : expectedTensors(config))
        if (isPacked(tensor, config)) {
            const cpu::WeightType stored = source.type(tensor.name);
            layout.tensors.push_back(
                {.tensor = std::move(tensor), .stored = stored, .type = stored});
        }
    if (auto placed = place(layout); !placed)
        return Unexpected(placed.error());
    layout.type = commonestType(layout, head);
    if (!asked || *asked == layout.type)
        return layout;
    for (PackedTensor& one : layout.tensors)
        one.type = typeFor(one.tensor, one.stored, *asked, head);
    if (auto placed = place(layout); !placed)
        return Unexpected(placed.error());
    layout.type = commonestType(layout, head);
    return layout;
}

} // namespace halftone
