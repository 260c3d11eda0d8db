#include "model/cpu/mappedoutput_p.h"
#include "qverifyresult.h"
#include "smalldisk.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

using namespace halftone;
using namespace halftone::test;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, std::string_view text)
{
    std::ofstream(path) << text;
}

std::string contents(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void fill(const MappedOutput& output, char with)
{
    std::fill(output.bytes().begin(), output.bytes().end(), std::byte(with));
}

using Create = Result<MappedOutput> (*)(const fs::path&, std::size_t);

} // namespace

class TestMappedOutput : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data()
    {
        QTest::addColumn<Create>("create");
        QTest::newRow("where a file can be nameless") << Create(&MappedOutput::create);
        QTest::newRow("where it cannot") << Create(&MappedOutput::createNamed);
    }

    void init()
    {
        m_place.emplace();
        m_folder = m_place->path().toStdString();
        QFETCH_GLOBAL(const Create, create);
        m_create = create;
    }

    void theFileTakesItsNameWhenItIsWhole()
    {
        write(m_folder / "a", "old and longer");
        {
            auto output = m_create(m_folder / "a", 3);
            QVERIFY_RESULT(output);
            fill(*output, 'x');
            QCOMPARE(contents(m_folder / "a"), "old and longer");
            QVERIFY_RESULT(output->finish());
        }
        QCOMPARE(contents(m_folder / "a"), "xxx");
        QCOMPARE(names(), std::vector<std::string>{"a"});
    }

    void othersMayReadItAsTheyMayAnyNewFile()
    {
        write(m_folder / "a", "");
        QVERIFY_RESULT(m_create(m_folder / "b", 3).value().finish());
        QCOMPARE(fs::status(m_folder / "b").permissions(),
                 fs::status(m_folder / "a").permissions());
    }

    void nothingIsLeftOfWhatWasNotFinished()
    {
        write(m_folder / "a", "old");
        QVERIFY_RESULT(m_create(m_folder / "a", 3));
        QCOMPARE(contents(m_folder / "a"), "old");
        QCOMPARE(names(), std::vector<std::string>{"a"});
    }

    void aFullDiskLeavesNothing()
    {
        const SmallDisk disk(10000);
        const auto full = m_create(m_folder / "a", 10001);
        QVERIFY(!full);
        QCOMPARE(full.error().message,
                 (m_folder / "a").string() + " cannot be written: File too large.");
        QCOMPARE(names(), std::vector<std::string>{});
    }

    void aNameThatCannotBeTakenLeavesNothing()
    {
        fs::create_directory(m_folder / "a");
        {
            auto output = m_create(m_folder / "a", 3);
            QVERIFY_RESULT(output);
            const auto finished = output->finish();
            QVERIFY(!finished);
            QCOMPARE(finished.error().message,
                     (m_folder / "a").string() + " cannot be written: Is a directory.");
        }
        QCOMPARE(names(), std::vector<std::string>{"a"});
    }

    void aFolderThatIsNotThereIsNamed()
    {
        const fs::path path = m_folder / "missing" / "a";
        const auto output = m_create(path, 3);
        QVERIFY(!output);
        QCOMPARE(output.error().message,
                 path.string() + " cannot be written: No such file or directory.");
    }

    void whatAKilledProgramLeftIsRemoved()
    {
        write(m_folder / "a.1.part", "half"); // nobody holds it
        write(m_folder / "b.1.part", "another's");
        write(m_folder / "a.1", "no part");
        QVERIFY_RESULT(m_create(m_folder / "a", 3));
        QCOMPARE(names(), (std::vector<std::string>{"a.1", "b.1.part"}));
    }

    void twoMayWriteTheSameFile()
    {
        auto first = MappedOutput::createNamed(m_folder / "a", 3);
        QVERIFY_RESULT(first);
        QVERIFY(names().front().ends_with(".part"));
        auto second = m_create(m_folder / "a", 3);
        QVERIFY_RESULT(second);
        fill(*first, '1');
        fill(*second, '2');
        QVERIFY_RESULT(first->finish());
        QCOMPARE(contents(m_folder / "a"), "111");
        QVERIFY_RESULT(second->finish());
        QCOMPARE(contents(m_folder / "a"), "222");
        QCOMPARE(names(), std::vector<std::string>{"a"});
    }

private:
    [[nodiscard]] std::vector<std::string> names() const
    {
        std::vector<std::string> all;
        for (const auto& entry : fs::directory_iterator(m_folder))
            all.push_back(entry.path().filename().string());
        std::sort(all.begin(), all.end());
        return all;
    }

    std::optional<QTemporaryDir> m_place;
    fs::path m_folder;
    Create m_create = nullptr;
};

QTEST_GUILESS_MAIN(TestMappedOutput)
#include "tst_mappedoutput.moc"
