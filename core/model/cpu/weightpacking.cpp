#include "model/cpu/weightpacking_p.h"

#include "kernels/packedmatrix.h"
#include "model/cpu/weightmemory_p.h"

#include <algorithm>
#include <memory>
#include <string>

namespace halftone {

namespace {

constexpr std::int64_t valuesAtOnce = 16 << 20; // packed between two looks at the cancel flag

/// Some panels of one matrix, shared out; the parts' results in the order of the parts.
class PanelBatch
{
public:
    PanelBatch(const cpu::StoredMatrix& from, const PackedTensor& to, std::span<std::byte> out)
        : m_from(from)
        , m_to(to)
        , m_out(out)
    {
    }

    /// Panels [first, first + count).
    Result<void> run(std::int64_t first, std::int64_t count, cpu::ThreadPool& pool,
                     cpu::WeightError* error)
    {
        struct Part
        {
            Result<void> packed;
            cpu::WeightError error;
        };
        std::vector<Part> parts(static_cast<std::size_t>(count));
        pool.run(count, [&](std::int64_t begin, std::int64_t end) {
            Part& part = parts[static_cast<std::size_t>(begin)];
            const std::int64_t firstRow = (first + begin) * cpu::panelRows;
            const std::int64_t endRow = std::min((first + end) * cpu::panelRows, m_from.rows);
            part.packed = cpu::packRows(m_from, firstRow, endRow, m_to.type, m_out);
            if (part.packed && error != nullptr)
                part.error.add(m_from, view(), firstRow, endRow);
        });
        for (const Part& part : parts) {
            if (!part.packed)
                return failure(part.packed.error().code,
                               "Tensor '" + m_to.tensor.name + "' " +
                                   "cannot be packed: " + part.packed.error().message);
            if (error != nullptr)
                error->join(part.error);
        }
        return {};
    }

private:
    [[nodiscard]] cpu::PackedMatrix view() const
    {
        return *cpu::PackedMatrix::over(m_out, m_to.type, m_from.rows, m_from.columns);
    }

    const cpu::StoredMatrix& m_from;
    const PackedTensor& m_to;
    std::span<std::byte> m_out;
};

} // namespace

Result<void> packWeights(const WeightLayout& layout, TensorSource& source, std::span<std::byte> out,
                         cpu::ThreadPool& pool, LoadProgress& progress,
                         std::vector<cpu::WeightError>* errors)
{
    for (const PackedTensor& one : layout.tensors) {
        const cpu::StoredMatrix from = source.tensor(one.tensor);
        PanelBatch batch(from, one, out.subspan(one.offset, one.bytes));
        cpu::WeightError* const error = errors != nullptr ? &errors->emplace_back() : nullptr;
        const std::int64_t panels = (one.rows() + cpu::panelRows - 1) / cpu::panelRows;
        const std::int64_t atOnce =
            std::max<std::int64_t>(1, valuesAtOnce / (cpu::panelRows * one.columns()));
        for (std::int64_t first = 0; first < panels; first += atOnce) {
            const std::int64_t count = std::min(atOnce, panels - first);
            if (auto packed = batch.run(first, count, pool, error); !packed)
                return packed;
            const std::int64_t rows =
                std::min((first + count) * cpu::panelRows, one.rows()) - first * cpu::panelRows;
            if (auto on = progress.add(from.bytes.size() / static_cast<std::size_t>(one.rows()) *
                                       static_cast<std::size_t>(rows));
                !on)
                return on;
        }
    }
    return {};
}

Result<PackedWeights> packInMemory(const WeightLayout& layout, TensorSource& source,
                                   cpu::ThreadPool& pool, LoadProgress& progress)
{
    auto allocated = WeightMemory::allocate(layout.bytes);
    if (!allocated)
        return Unexpected(allocated.error());
    const auto memory = std::make_shared<const WeightMemory>(std::move(*allocated));
    if (auto packed = packWeights(layout, source, memory->bytes(), pool, progress); !packed)
        return Unexpected(packed.error());
    PackedWeights weights;
    for (const PackedTensor& one : layout.tensors)
        weights.tensors.push_back(memory->bytes().subspan(one.offset, one.bytes));
    weights.owner = memory;
    return weights;
}

} // namespace halftone
