#include "base/linetext.h"

#include <QTest>

using namespace halftone;

class tst_LineText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void isTypedAndShown_data();
    void isTypedAndShown();
};

void tst_LineText::isTypedAndShown_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("line breaks") << QByteArray(R"(</think>\n\nSo)") << QByteArray("</think>\n\nSo");
    QTest::newRow("a backslash and an n") << QByteArray(R"(\\neq)") << QByteArray(R"(\neq)");
    QTest::newRow("other backslashes")
        << QByteArray(R"(\boxed{C:\tmp})") << QByteArray(R"(\boxed{C:\tmp})");
    QTest::newRow("a backslash in quotes") << QByteArray(R"('\\')") << QByteArray(R"('\\')");
    QTest::newRow("a backslash at the end") << QByteArray("\\") << QByteArray("\\");
    QTest::newRow("nothing") << QByteArray("") << QByteArray("");
}

void tst_LineText::isTypedAndShown()
{
    QFETCH(QByteArray, line);
    QFETCH(QByteArray, text);
    QCOMPARE(fromLine(line.toStdString()), text.toStdString());
    QCOMPARE(toLine(text.toStdString()), line.toStdString());
}

QTEST_GUILESS_MAIN(tst_LineText)
#include "tst_linetext.moc"
