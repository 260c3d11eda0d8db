#include "cliprocess.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

namespace halftone::test {

namespace {

constexpr int patienceMs = 60000;

} // namespace

Cli::Cli()
    : m_environment(QProcessEnvironment::systemEnvironment())
{
    setVariable(QStringLiteral("XDG_DATA_HOME"), path(QStringLiteral("data")));
    setVariable(QStringLiteral("HOME"), path({}));
    setVariable(QStringLiteral("TZ"), QStringLiteral("UTC"));
    setVariable(QStringLiteral("HALFTONE_MODELS"), QStringLiteral(HALFTONE_TEST_MODELS));
}

CliResult Cli::run(const QStringList& arguments, const QByteArray& input) const
{
    QProcess process;
    start(process, arguments);
    return result(process, input);
}

CliResult Cli::shell(const QString& line, const QStringList& arguments) const
{
    QProcess process;
    process.setProcessEnvironment(m_environment);
    process.setWorkingDirectory(m_home.path());
    process.start(QStringLiteral("sh"),
                  QStringList{QStringLiteral("-c"), line, QStringLiteral("sh"), program()} +
                      arguments);
    return result(process);
}

void Cli::start(QProcess& process, const QStringList& arguments) const
{
    process.setProcessEnvironment(m_environment);
    process.setWorkingDirectory(m_home.path());
    process.start(program(), arguments);
}

CliResult Cli::result(QProcess& process, const QByteArray& input)
{
    CliResult result;
    if (!process.waitForStarted(patienceMs))
        return result;
    process.write(input);
    process.closeWriteChannel();
    if (!process.waitForFinished(patienceMs)) {
        process.kill();
        process.waitForFinished(patienceMs);
        return result;
    }
    result.out = process.readAllStandardOutput();
    result.err = process.readAllStandardError();
    if (process.exitStatus() == QProcess::NormalExit)
        result.exitCode = process.exitCode();
    return result;
}

void Cli::setVariable(const QString& name, const QString& value)
{
    m_environment.insert(name, value);
}

QString Cli::program()
{
    return QStringLiteral(HALFTONE_BIN_DIR "/halftone-cli");
}

QString Cli::path(const QString& relative) const
{
    return m_home.filePath(relative);
}

QString Cli::library() const
{
    return path(QStringLiteral("data/halftone/library.sqlite"));
}

QString endlessModel(const Cli& cli)
{
    const QString folder = cli.path(QStringLiteral("endless"));
    const QString starter = testModel(QStringLiteral("starter"));
    for (const QString& file :
         {QStringLiteral("/model.safetensors"), QStringLiteral("/tokenizer.json")})
        writeFile(folder + file, readFile(starter + file));
    QByteArray config = readFile(starter + QStringLiteral("/config.json"));
    config.replace("\"max_position_embeddings\": 256", "\"max_position_embeddings\": 200000");
    writeFile(folder + QStringLiteral("/config.json"), config);
    return folder;
}

QString testModel(const QString& name)
{
    return QStringLiteral(HALFTONE_TEST_MODELS "/") + name;
}

QByteArray readFile(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void writeFile(const QString& path, const QByteArray& content)
{
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    if (file.open(QIODevice::WriteOnly))
        file.write(content);
}

} // namespace halftone::test
