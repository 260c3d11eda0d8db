// Runs the real halftone-cli as a user would, with a home of its own.
#pragma once

#include <QByteArray>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QProcessEnvironment>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>

namespace halftone::test {

struct CliResult
{
    int exitCode = -1; // -1 when it crashed or hung
    QByteArray out;
    QByteArray err;

    [[nodiscard]] QJsonObject object() const { return QJsonDocument::fromJson(out).object(); }
    [[nodiscard]] QJsonArray array() const { return QJsonDocument::fromJson(out).array(); }
};

class Cli
{
public:
    Cli();

    [[nodiscard]] CliResult run(const QStringList& arguments, const QByteArray& input = {}) const;
    /// A line for the shell in which "$@" is the program with `arguments`.
    [[nodiscard]] CliResult shell(const QString& line, const QStringList& arguments) const;
    /// Started and left running, its streams piped.
    void start(QProcess&, const QStringList& arguments) const;
    /// Waits for a process that was started.
    [[nodiscard]] static CliResult result(QProcess&, const QByteArray& input = {});

    void setVariable(const QString& name, const QString& value);
    [[nodiscard]] static QString program();
    /// In this object's home, gone with it.
    [[nodiscard]] QString path(const QString& relative) const;
    /// The library that the program uses when no other is named.
    [[nodiscard]] QString library() const;

private:
    QTemporaryDir m_home;
    QProcessEnvironment m_environment;
};

/// A folder in `cli`'s home with the starter, whose context is not full for 200,000 steps.
[[nodiscard]] QString endlessModel(const Cli& cli);
/// The folder of one of the tests' own models, which are the built-in ones of the programs that a
/// Cli runs.
[[nodiscard]] QString testModel(const QString& name);
[[nodiscard]] QByteArray readFile(const QString& path);
void writeFile(const QString& path, const QByteArray& content);

/// The error is one sentence on standard error that holds `part`.
#define COMPARE_FAILURE(result, code, part)                                                        \
    do {                                                                                           \
        const auto& failed = (result);                                                             \
        QVERIFY2(failed.exitCode == (code), qPrintable(QStringLiteral("exit code %1, stderr: %2")  \
                                                           .arg(failed.exitCode)                   \
                                                           .arg(QString::fromUtf8(failed.err))));  \
        QVERIFY2(failed.err.contains(part), failed.err.constData());                               \
        QCOMPARE(failed.err.count('\n'), 1);                                                       \
        QVERIFY2(failed.err.startsWith("halftone-cli: ") && failed.err.endsWith(".\n"),            \
                 failed.err.constData());                                                          \
    } while (false)

/// Done without a word on standard error.
#define COMPARE_DONE(result)                                                                       \
    do {                                                                                           \
        const auto& done = (result);                                                               \
        QCOMPARE(done.err, QByteArray());                                                          \
        QCOMPARE(done.exitCode, 0);                                                                \
    } while (false)

} // namespace halftone::test
