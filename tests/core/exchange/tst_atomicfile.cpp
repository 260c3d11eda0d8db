#include "exchange/atomicfile.h"
#include "qverifyresult.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <iterator>
#include <ostream>

using namespace halftone;
using namespace Qt::StringLiterals;
namespace fs = std::filesystem;

namespace {

std::string contents(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t entries(const fs::path& folder)
{
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

const auto writeNew = [](std::ostream& out) { out << "new"; };

} // namespace

class AtomicFileTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theNewFileTakesThePlaceOfTheOld()
    {
        const QTemporaryDir folder;
        const fs::path path = folder.filePath(u"a"_s).toStdString();
        std::ofstream(path) << "old and longer";
        QVERIFY_RESULT(writeFile(path, writeNew));
        QCOMPARE(contents(path), "new");
        QCOMPARE(entries(path.parent_path()), 1U);
    }

    void aFailureLeavesTheOldFile()
    {
        const QTemporaryDir folder;
        const fs::path path = folder.filePath(u"a"_s).toStdString();
        std::ofstream(path) << "old";
        const auto failed = writeFile(path, [](std::ostream& out) {
            out << "half";
            out.setstate(std::ios::badbit); // as a stream is when the disk took no more
        });
        QVERIFY(!failed);
        QVERIFY(failed.error().message.find(path.string()) != std::string::npos);
        QCOMPARE(contents(path), "old");
        QCOMPARE(entries(path.parent_path()), 1U);
    }

    void aFullDiskIsCalledThat()
    {
        if (!fs::exists("/dev/full"))
            QSKIP("this system has no /dev/full");
        const auto failed =
            writeFile("/dev/full", [](std::ostream& out) { out << std::string(1 << 20, 'x'); });
        QVERIFY(!failed);
        QCOMPARE(failed.error().code, ErrorCode::DiskFull);
        QCOMPARE(failed.error().message,
                 "The file '/dev/full' could not be written: No space left on device.");
    }

    void aLinkIsFollowed()
    {
        const QTemporaryDir folder;
        const fs::path target = folder.filePath(u"target"_s).toStdString();
        const fs::path link = folder.filePath(u"link"_s).toStdString();
        std::ofstream(target) << "old";
        fs::create_symlink(target, link);
        QVERIFY_RESULT(writeFile(link, writeNew));
        QVERIFY(fs::is_symlink(link));
        QCOMPARE(contents(target), "new");
    }

    void whatCannotBeWrittenIsNamed()
    {
        const QTemporaryDir folder;
        const std::string path = folder.path().toStdString();
        QCOMPARE(writeFile(path, writeNew).error().message,
                 "'" + path + "' is a folder; name a file in it.");
        const std::string missing = path + "/missing/a";
        QCOMPARE(writeFile(missing, writeNew).error().message,
                 "The file '" + missing + "' could not be written: No such file or directory.");
    }
};

QTEST_GUILESS_MAIN(AtomicFileTest)
#include "tst_atomicfile.moc"
