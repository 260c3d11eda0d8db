#include "panels/seededit.h"

#include <QTest>

using halftone::ui::SeedEdit;

class SeedEditTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void takesWhatFitsInto64Bits_data()
    {
        QTest::addColumn<QString>("typed");
        QTest::addColumn<quint64>("seed");
        QTest::newRow("small") << QStringLiteral("42") << quint64(42);
        QTest::newRow("largest") << QStringLiteral("18446744073709551615") << ~quint64(0);
        QTest::newRow("a digit too many") << QStringLiteral("184467440737095516150") << ~quint64(0);
        QTest::newRow("one too large")
            << QStringLiteral("18446744073709551616") << quint64(1844674407370955161);
        QTest::newRow("letters and signs") << QStringLiteral("-1a2") << quint64(12);
    }
    void takesWhatFitsInto64Bits()
    {
        QFETCH(QString, typed);
        QFETCH(quint64, seed);
        SeedEdit edit;
        edit.clear();
        QTest::keyClicks(&edit, typed);
        QCOMPARE(edit.seed(), seed);
    }

    void emptyBecomesZero()
    {
        SeedEdit edit;
        edit.show();
        edit.setFocus();
        edit.setSeed(7);
        QTest::keyClick(&edit, Qt::Key_Backspace);
        QCOMPARE(edit.text(), QString());
        QTest::keyClick(&edit, Qt::Key_Return);
        QCOMPARE(edit.text(), QStringLiteral("0"));
    }

    void renewGivesOthers()
    {
        SeedEdit edit;
        QSet<quint64> seeds;
        for (int i = 0; i < 10; ++i) {
            edit.renew();
            seeds.insert(edit.seed());
        }
        QVERIFY(seeds.size() > 5);
        QVERIFY(edit.hasAcceptableInput());
    }
};

QTEST_MAIN(SeedEditTest)
#include "tst_seededit.moc"
