// The second model of a run, for modes that take turns between two.
#pragma once

#include "base/result.h"
#include "reasoning/runsettings.h"
#include "trace/runinfo.h"

#include <optional>
#include <string>

namespace halftone {

class Engine;

/// Refuses a partner that would read other tokens than the run's own model writes, one that no mode
/// of the settings asks for, and a soft prompt, whose rows are for one model. Fails with
/// InvalidArgument.
[[nodiscard]] Result<void> checkPartner(const Engine&, const Engine& partner, const RunSettings&);

/// Whether a mode of the settings, segments of the schedule included, takes a partner.
[[nodiscard]] bool needsPartner(const RunSettings&);

/// Which model it was. Enough to find it again.
struct PartnerModel
{
    std::string name;
    std::string path;
    std::string fingerprint;
};

/// RunInfo::partner: {"name", "path", "fingerprint", "architecture", "vocabulary_size",
/// "weight_type", "device", "threads", "context_limit", "cache_bytes_per_row"}
[[nodiscard]] std::string describePartner(const ModelIdentity&);
/// Nothing for a run without one. Fails with InvalidInput when it cannot be read.
[[nodiscard]] Result<std::optional<PartnerModel>> partnerOf(const RunInfo&);

} // namespace halftone
