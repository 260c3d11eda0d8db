#include "reasoning/predictor_p.h"

#include "base/hexdigest.h"
#include "format/widening_p.h"

#include <boost/math/special_functions/gamma.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace halftone {

namespace {

// A network out of hand gives nonsense, not an exception.
namespace policies = boost::math::policies;
using Quiet = policies::policy<
    policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
    policies::overflow_error<policies::ignore_error>,
    policies::evaluation_error<policies::ignore_error>, policies::promote_double<false>>;

Unexpected misfit(const std::string& path, const ModelIdentity& model, const std::string& why)
{
    return failure(ErrorCode::InvalidInput,
                   "The predictor " + path + " does not fit the model " + model.name + ": " + why);
}

std::vector<float> allValues(const TensorView& tensor)
{
    std::int64_t count = 1;
    for (const std::int64_t size : tensor.shape)
        count *= size;
    std::vector<float> values(static_cast<std::size_t>(count));
    widen(tensor, 0, values);
    return values;
}

double dot(std::span<const float> a, std::span<const float> b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += static_cast<double>(a[i]) * b[i];
    return sum;
}

double softplus(double x)
{
    return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

} // namespace

double gammaCdf(double x, double shape, double rate)
{
    return boost::math::gamma_p(shape, rate * x, Quiet{});
}

Result<LengthPredictor> LengthPredictor::load(const std::string& path, const ModelIdentity& model)
{
    auto file = SafetensorsFile::open(path);
    if (!file)
        return Unexpected(file.error());
    const auto& tensors = (*file)->tensors();

    // The hidden layer's size is whatever its bias says.
    const auto bias = tensors.find("hidden.bias");
    const std::int64_t size =
        bias != tensors.end() && bias->second.shape.size() == 1 ? bias->second.shape[0] : 0;
    struct Expected
    {
        const char* name;
        std::vector<std::int64_t> shape;
    };
    const std::array<Expected, 4> all{{{"hidden.bias", {size}},
                                       {"hidden.weight", {size, model.embeddingSize}},
                                       {"alpha.weight", {model.vocabularySize, size}},
                                       {"lambda.weight", {model.vocabularySize, size}}}};
    for (const Expected& expected : all) {
        const auto found = tensors.find(expected.name);
        if (found == tensors.end())
            return misfit(path, model, std::string("it has no tensor ") + expected.name + ".");
        const TensorView& tensor = found->second;
        if (size == 0 || tensor.shape != expected.shape || !isWidened(tensor))
            return misfit(path, model,
                          std::string(expected.name) + " is " + describe(tensor) +
                              ", but must be " +
                              (size == 0 ? std::string("[H]") : describe(expected.shape)) +
                              " in F32, F16 or BF16.");
    }

    LengthPredictor predictor;
    predictor.m_weight = allValues(tensors.at("hidden.weight"));
    predictor.m_bias = allValues(bias->second);
    predictor.m_shape = tensors.at("alpha.weight");
    predictor.m_rate = tensors.at("lambda.weight");
    predictor.m_fingerprint = digestOf((*file)->bytes());
    predictor.m_file = std::move(*file);
    return predictor;
}

std::vector<LengthPredictor::Gamma> LengthPredictor::predict(std::span<const float> hidden) const
{
    const std::size_t size = m_bias.size();
    const std::span<const float> weight(m_weight);
    std::vector<float> u(size);
    for (std::size_t i = 0; i < size; ++i)
        u[i] = static_cast<float>(
            std::max(0.0, dot(weight.subspan(i * hidden.size(), hidden.size()), hidden) +
                              static_cast<double>(m_bias[i])));

    std::vector<Gamma> gammas(static_cast<std::size_t>(m_shape.shape[0]));
    std::vector<float> row(size);
    for (std::size_t v = 0; v < gammas.size(); ++v) {
        widen(m_shape, v * size, row);
        gammas[v].shape = softplus(dot(row, u));
        widen(m_rate, v * size, row);
        gammas[v].rate = softplus(dot(row, u));
    }
    return gammas;
}

} // namespace halftone
