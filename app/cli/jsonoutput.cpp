#include "jsonoutput.h"

#include "tokenizer/textstream.h"

#include <nlohmann/json.hpp>

namespace halftone::cli {

namespace {

using Json = nlohmann::ordered_json;

void makeText(Json& value)
{
    if (value.is_string()) {
        auto& text = value.get_ref<std::string&>();
        text = showBytes(text);
    } else if (value.is_structured()) {
        for (Json& element : value)
            makeText(element);
    }
}

} // namespace

void writeLine(Output& out, Json document)
{
    makeText(document);
    // Only keys are left, which the program chooses; a bad one must not throw either.
    out << document.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
}

} // namespace halftone::cli
