#include "format/safetensors.h"
#include "qverifyresult.h"
#include "safetensorswriter.h"
#include "shareddata.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <cstring>
#include <sys/stat.h>

using namespace halftone;
using namespace halftone::test;

class TestSafetensors : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::filesystem::path file(const std::string& name) const
    {
        return std::filesystem::path(m_dir.path().toStdString()) / name;
    }

private Q_SLOTS:
    void tensorsAreFoundByNameWithTheirBytes()
    {
        SafetensorsWriter writer;
        const std::vector<float> a{1, 2, 3, 4, 5, 6};
        writer.add("a", {2, 3}, a);
        writer.addRaw("b", "I8", {2}, std::string("\x07\x08", 2));
        writer.write(file("two.safetensors"));
        const auto opened = SafetensorsFile::open(file("two.safetensors"));
        QVERIFY_RESULT(opened);
        const auto& tensors = (*opened)->tensors();
        QCOMPARE(tensors.size(), std::size_t{2});
        const TensorView& view = tensors.at("a");
        QCOMPARE(describe(view), std::string("[2, 3] F32"));
        QCOMPARE(view.bytes.size(), std::size_t{24});
        QCOMPARE(std::memcmp(view.bytes.data(), a.data(), 24), 0);
        QCOMPARE(describe(tensors.at("b")), std::string("[2] I8"));
        QCOMPARE(static_cast<int>(tensors.at("b").bytes[1]), 8);
        QCOMPARE((*opened)->bytes().size(),
                 static_cast<std::size_t>(std::filesystem::file_size(file("two.safetensors"))));
    }

    void metadataMayBeTextsOrNull()
    {
        writeSafetensors(file("m.safetensors"), R"({"__metadata__":{"format":"pt"}})", "");
        QVERIFY_RESULT(SafetensorsFile::open(file("m.safetensors")));
        writeSafetensors(file("m.safetensors"), R"({"__metadata__":null})", "");
        QVERIFY_RESULT(SafetensorsFile::open(file("m.safetensors")));
    }

    void aBadFileIsRefusedInOneSentence_data()
    {
        QTest::addColumn<QByteArray>("header");
        QTest::addColumn<int>("dataBytes");
        QTest::addColumn<QString>("sentence"); // after the file's path

        QTest::newRow("cut off")
            << QByteArray(R"({"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})") << 12
            << "is cut off: its tensors need 16 bytes, and 12 are there.";
        QTest::newRow("bytes left over")
            << QByteArray(R"({"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})") << 20
            << "has 4 bytes after its last tensor that belong to none.";
        QTest::newRow("size against shape")
            << QByteArray(R"({"w":{"dtype":"F32","shape":[4],"data_offsets":[0,12]}})") << 12
            << "gives tensor 'w' [4] F32 12 bytes, and it needs 16.";
        QTest::newRow("overlap") << QByteArray(
                                        R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                                        R"("b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})")
                                 << 6
                                 << "places tensor 'b' at byte 2, and the one before it ends at 4.";
        QTest::newRow("hole") << QByteArray(
                                     R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})")
                              << 8
                              << "places tensor 'a' at byte 4, and the one before it ends at 0.";
        QTest::newRow("backwards")
            << QByteArray(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[8,4]}})") << 8
            << "places tensor 'a' [4] U8 from byte 8 back to 4.";
        QTest::newRow("overflowing product")
            << QByteArray(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296,4],)"
                          R"("data_offsets":[0,4]}})")
            << 4
            << "holds tensor 'a' [4294967296, 4294967296, 4] F32, whose size in bytes is no number "
               "that fits.";
        QTest::newRow("half a byte")
            << QByteArray(R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}})") << 1
            << "holds tensor 'a' [3] F4, whose size in bytes is no number that fits.";
        QTest::newRow("dimension above 2^63")
            << QByteArray(R"({"a":{"dtype":"U8","shape":[9223372036854775808],)"
                          R"("data_offsets":[0,4]}})")
            << 4 << "gives tensor 'a' a dimension of 9223372036854775808, which is too large.";
        QTest::newRow("negative dimension")
            << QByteArray(R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,4]}})") << 4
            << "has the negative number -1 in the wrong place of the description of tensor 'a'.";
        QTest::newRow("fractional offset")
            << QByteArray(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4.5]}})") << 4
            << "has the number '4.5' in the wrong place of the description of tensor 'a'.";
        QTest::newRow("three offsets")
            << QByteArray(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,8]}})") << 4
            << "has the number 8 in the wrong place of the description of tensor 'a'.";
        QTest::newRow("no type")
            << QByteArray(R"({"a":{"shape":[4],"data_offsets":[0,4]}})") << 4
            << "does not give tensor 'a' its 'dtype', 'shape' and two 'data_offsets'.";
        QTest::newRow("unknown type")
            << QByteArray(R"({"a":{"dtype":"Q4_0","shape":[4],"data_offsets":[0,4]}})") << 4
            << "stores tensor 'a' in the unknown type 'Q4_0'.";
        QTest::newRow("unknown word")
            << QByteArray(R"({"a":{"dtype":"U8","strides":[4],"data_offsets":[0,4]}})") << 4
            << "describes tensor 'a' with the unknown word 'strides'.";
        QTest::newRow("twice") << QByteArray(
                                      R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                                      R"("a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})")
                               << 4 << "names tensor 'a' twice.";
        QTest::newRow("a list") << QByteArray("[1, 2]") << 0
                                << "has a header that is no JSON object of tensors.";
        QTest::newRow("metadata of numbers")
            << QByteArray(R"({"__metadata__":{"a":{}}})") << 0
            << "has '__metadata__' with an object where only texts may stand.";
        QTest::newRow("deep") << QByteArray(R"({"a":)") + QByteArray(1'000'000, '[') << 0
                              << "has a list in the wrong place of the description of tensor 'a'.";
        QTest::newRow("many dimensions")
            << QByteArray(R"({"a":{"dtype":"U8","shape":[)") + QByteArray("1,").repeated(100) +
                   QByteArray(R"(1],"data_offsets":[0,1]}})")
            << 1 << "gives tensor 'a' more than 16 dimensions.";
        QTest::newRow("control characters in a name")
            << QByteArray(R"({"a\nb":{"dtype":"?","shape":[1],"data_offsets":[0,1]}})") << 1
            << "stores tensor 'a?b' in the unknown type '?'.";
    }
    void aBadFileIsRefusedInOneSentence()
    {
        QFETCH(const QByteArray, header);
        QFETCH(const int, dataBytes);
        QFETCH(const QString, sentence);
        const auto path = file("bad.safetensors");
        writeSafetensors(path, header.toStdString(),
                         std::string(static_cast<std::size_t>(dataBytes), '\0'));
        const auto opened = SafetensorsFile::open(path);
        QVERIFY(!opened);
        QCOMPARE(opened.error().code, ErrorCode::InvalidInput);
        QCOMPARE(QString::fromStdString(opened.error().message),
                 QString::fromStdString(path.string()) + " " + sentence);
    }

    void theFormatsOwnCasesGetTheirVerdicts_data()
    {
        QTest::addColumn<QString>("verdict");
        QTest::addColumn<QString>("words"); // of the sentence
        QTest::newRow("ok_basic") << "ok"
                                  << "";
        QTest::newRow("ok_scalar_empty_shape") << "ok"
                                               << "";
        QTest::newRow("ok_zero_sized") << "ok"
                                       << "";
        QTest::newRow("ok_whitespace_padded_header") << "ok"
                                                     << "";
        QTest::newRow("ok_whitespace_leading_padded_header") << "ok"
                                                             << "";
        QTest::newRow("bad_extra_trailing_bytes") << "MetadataIncompleteBuffer"
                                                  << "after its last tensor";
        QTest::newRow("bad_missing_2_bytes") << "MetadataIncompleteBuffer"
                                             << "is cut off";
        QTest::newRow("bad_header_too_large") << "HeaderTooLarge"
                                              << "claims a header of";
        QTest::newRow("bad_empty_file") << "HeaderTooSmall"
                                        << "holds 0 bytes";
        QTest::newRow("bad_header_length_past_end") << "InvalidHeaderLength"
                                                    << "is cut off";
        QTest::newRow("bad_header_non_utf8") << "InvalidHeader"
                                             << "not valid JSON";
        QTest::newRow("bad_header_not_json") << "InvalidHeaderDeserialization"
                                             << "not valid JSON";
        QTest::newRow("bad_info_size_mismatch") << "TensorInvalidInfo"
                                                << "and it needs 16";
        QTest::newRow("bad_shape_overflow_u64") << "ValidationOverflow"
                                                << "too large";
        QTest::newRow("bad_shape_overflow_product") << "ValidationOverflow"
                                                    << "no number that fits";
        QTest::newRow("bad_overlapping_offsets_json_attack") << "InvalidOffset"
                                                             << "places tensor";
    }
    void theFormatsOwnCasesGetTheirVerdicts()
    {
        QFETCH(const QString, verdict);
        QFETCH(const QString, words);
        const std::filesystem::path folder = SHARED_DATA("broken/safetensors");
        const std::string name = std::string(QTest::currentDataTag()) + ".safetensors";
        // The manifest is the authority on what each file must come to.
        const QJsonArray manifest =
            QJsonDocument::fromJson(QByteArray::fromStdString(readText(folder / "manifest.json")))
                .array();
        QString expected;
        for (const QJsonValue& entry : manifest)
            if (entry["file"].toString().toStdString() == name)
                expected = entry["expect"].toString();
        QCOMPARE(verdict, expected);
        const auto opened = SafetensorsFile::open(folder / name);
        if (verdict == "ok") {
            QVERIFY_RESULT(opened);
            return;
        }
        QVERIFY(!opened);
        QCOMPARE(opened.error().code, ErrorCode::InvalidInput);
        const QString message = QString::fromStdString(opened.error().message);
        QVERIFY2(message.contains(words), qPrintable(message));
        QVERIFY2(message.contains(QString::fromStdString(name)), qPrintable(message));
    }

    void aCopyCutAnywhereIsRefused()
    {
        SafetensorsWriter writer;
        writer.add("w", {4}, std::vector<float>{1, 2, 3, 4});
        writer.write(file("whole.safetensors"));
        const std::string whole = readText(file("whole.safetensors"));
        for (std::size_t size = 0; size < whole.size(); ++size) {
            writeText(file("cut.safetensors"), whole.substr(0, size));
            QVERIFY2(!SafetensorsFile::open(file("cut.safetensors")),
                     qPrintable(QString::number(size)));
        }
    }

    void whatIsNoFileIsRefused()
    {
        const auto missing = SafetensorsFile::open(file("missing.safetensors"));
        QVERIFY(!missing);
        QCOMPARE(missing.error().code, ErrorCode::NotFound);
        QCOMPARE(missing.error().message,
                 file("missing.safetensors").string() + " does not exist.");
        const auto folder = SafetensorsFile::open(file(""));
        QVERIFY(!folder);
        QCOMPARE(folder.error().code, ErrorCode::InvalidInput);
        // Opening a pipe must not wait for somebody to write to it.
        QCOMPARE(::mkfifo(file("pipe").c_str(), 0600), 0);
        const auto pipe = SafetensorsFile::open(file("pipe"));
        QVERIFY(!pipe);
        QCOMPARE(pipe.error().message, file("pipe").string() + " is not a file.");
    }
};

QTEST_GUILESS_MAIN(TestSafetensors)
#include "tst_safetensors.moc"
