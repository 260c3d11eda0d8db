#include "base/paths.h"

#include <QTest>

#include <cstdlib>

using namespace halftone;

class tst_Paths : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void findTheProgramsFolder();
    void followTheDataFolderOfTheEnvironment();
    void findTheBuiltInModelsWithTheDefaultFirst();
};

void tst_Paths::findTheProgramsFolder()
{
    QCOMPARE(programFolder(), std::filesystem::canonical(HALFTONE_BIN_DIR));
}

void tst_Paths::followTheDataFolderOfTheEnvironment()
{
    const QByteArray before = qgetenv("XDG_DATA_HOME");
    qputenv("XDG_DATA_HOME", "/somewhere/data");
    QCOMPARE(userDataFolder(), std::filesystem::path("/somewhere/data/halftone"));
    qunsetenv("XDG_DATA_HOME");
    const QByteArray home = qgetenv("HOME");
    qputenv("HOME", "/her");
    QCOMPARE(userDataFolder(), std::filesystem::path("/her/.local/share/halftone"));
    qputenv("HOME", home);
    qputenv("XDG_DATA_HOME", before);
}

void tst_Paths::findTheBuiltInModelsWithTheDefaultFirst()
{
    qputenv("HALFTONE_MODELS", HALFTONE_TEST_MODELS);
    const auto models = builtInModels();
    qunsetenv("HALFTONE_MODELS");
    QCOMPARE(models.size(), 2U);
    QCOMPARE(models[0].filename(), std::filesystem::path("starter"));
    QCOMPARE(models[1].filename(), std::filesystem::path("starter-soft"));
    QVERIFY(!builtInModels().empty());
}

QTEST_GUILESS_MAIN(tst_Paths)
#include "tst_paths.moc"
