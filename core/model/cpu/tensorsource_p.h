// Where the tensors of a model come from: its folder, as a rule.
#pragma once

#include "format/modelfolder.h"
#include "kernels/packing.h"
#include "model/modelconfig.h"

#include <string>

namespace halftone {

class TensorSource
{
public:
    virtual ~TensorSource() = default;

    [[nodiscard]] virtual cpu::WeightType type(const std::string& name) const = 0;
    /// Its bytes stay until the next call. A vector is one row.
    [[nodiscard]] virtual cpu::StoredMatrix tensor(const ExpectedTensor&) = 0;
};

/// A folder that holds what its config asks for (checkTensors in torchentry_p.h).
class FolderTensors final : public TensorSource
{
public:
    explicit FolderTensors(const ModelFolder& folder)
        : m_folder(folder)
    {
    }

    [[nodiscard]] cpu::WeightType type(const std::string& name) const override;
    [[nodiscard]] cpu::StoredMatrix tensor(const ExpectedTensor&) override;

private:
    const ModelFolder& m_folder;
};

} // namespace halftone
