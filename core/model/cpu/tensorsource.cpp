#include "model/cpu/tensorsource_p.h"

#include "model/storedtensor_p.h"

namespace halftone {

cpu::WeightType FolderTensors::type(const std::string& name) const
{
    return storedMatrix(*m_folder.tensor(name)).type;
}

cpu::StoredMatrix FolderTensors::tensor(const ExpectedTensor& expected)
{
    return storedMatrix(*m_folder.tensor(expected.name));
}

} // namespace halftone
