// QVERIFY for Result<T>: a failed test shows the error's sentence.
#pragma once

#include <QTest>

#define QVERIFY_RESULT(result)                                                                     \
    do {                                                                                           \
        const auto& qverifyResult = (result);                                                      \
        QVERIFY2(qverifyResult.has_value(),                                                        \
                 qverifyResult.has_value() ? "" : qverifyResult.error().message.c_str());          \
    } while (false)
