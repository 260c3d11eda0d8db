#include "exchange/jsonarray.h"

#include "exchange/text_p.h"

#include <cassert>
#include <ostream>

namespace halftone {

namespace {

void writeRow(std::ostream& out, std::span<const float> row)
{
    JsonText json;
    json.beginArray();
    for (const float value : row)
        json.value(value);
    out << json.endArray().take();
}

} // namespace

void writeJsonArray(std::ostream& out, std::span<const float> values,
                    std::span<const std::int64_t> shape)
{
    assert(shape.size() == 1 || shape.size() == 2);
    if (shape.size() == 1) {
        writeRow(out, values);
    } else {
        const auto columns = static_cast<std::size_t>(shape[1]);
        out << '[';
        for (std::size_t begin = 0; begin < values.size(); begin += columns) {
            if (begin > 0)
                out << ",\n";
            writeRow(out, values.subspan(begin, columns));
        }
        out << ']';
    }
    out << '\n';
}

} // namespace halftone
