#include "models/modellist.h"

#include <QDir>
#include <QFile>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using halftone::ui::ModelEntry;
using halftone::ui::ModelList;

class ModelListTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_folder->path());
        QCoreApplication::setOrganizationName(QStringLiteral("halftone-tests"));
    }

    void listsBuiltInFirstThenTheNewest()
    {
        ModelList list({model("starter")});
        list.addRecent(model("a"));
        list.addRecent(model("b"));
        QCOMPARE(names(list), (QStringList{QStringLiteral("starter"), QStringLiteral("b"),
                                           QStringLiteral("a")}));
        QVERIFY(list.entries().front().builtIn);
        QCOMPARE(list.defaultFolder(), model("starter"));
    }

    void usingOneAgainPutsItFirst()
    {
        ModelList list({});
        for (const char* name : {"a", "b", "c"})
            list.addRecent(model(name));
        list.addRecent(model("a") + QStringLiteral("/../a/"));
        QCOMPARE(names(list),
                 (QStringList{QStringLiteral("a"), QStringLiteral("c"), QStringLiteral("b")}));
    }

    void aBuiltInOneIsNotRecent()
    {
        ModelList list({model("starter")});
        QSignalSpy changed(&list, &ModelList::changed);
        list.addRecent(model("starter"));
        QVERIFY(changed.isEmpty());
        QCOMPARE(list.entries().size(), std::size_t(1));
    }

    void theNextStartKnowsThem()
    {
        {
            ModelList list({});
            list.addRecent(model("a"));
        }
        ModelList list({});
        QCOMPARE(names(list), QStringList{QStringLiteral("a")});
        list.forgetRecent();
        QVERIFY(ModelList({}).entries().empty());
    }

    void oneThatIsGoneStaysAndIsMarked()
    {
        ModelList list({});
        const QString folder = model("a");
        list.addRecent(folder);
        QVERIFY(list.entries().front().present);
        QVERIFY(QDir(folder).removeRecursively());
        QCOMPARE(list.entries().size(), std::size_t(1));
        QVERIFY(!list.entries().front().present);
    }

    void remembersTenAtMost()
    {
        ModelList list({});
        for (int i = 0; i < 30; ++i)
            list.addRecent(model(QByteArray::number(i).constData()));
        QCOMPARE(list.entries().size(), std::size_t(10));
        QCOMPARE(list.entries().front().name, QStringLiteral("29"));
    }

private:
    QString model(const char* name)
    {
        const QString path = m_folder->filePath(QLatin1String(name));
        QDir().mkpath(path);
        QFile config(path + QStringLiteral("/config.json"));
        if (!config.open(QIODevice::WriteOnly))
            qFatal("a test's folder cannot be written");
        return path;
    }
    static QStringList names(const ModelList& list)
    {
        QStringList result;
        for (const ModelEntry& entry : list.entries())
            result.push_back(entry.name);
        return result;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_MAIN(ModelListTest)
#include "tst_modellist.moc"
