// The window: reads the arguments, checks that there is a display, opens.
#include "base/paths.h"
#include "base/version.h"
#include "icons.h"
#include "mainwindow.h"
#include "models/rundocument.h"
#include "store/sessionstore.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QTextStream>
#include <QTimer>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <unistd.h>

namespace {

constexpr int exitWrongUsage = 2;
constexpr int exitNoDisplay = 3;

void say(std::FILE* where, const QString& text)
{
    QTextStream(where) << text << Qt::endl;
}

struct Arguments
{
    halftone::ui::WindowOptions window;
    bool startupTime = false;
    std::optional<int> exitCode; // leave at once
};

Arguments readArguments(const QStringList& words)
{
    const auto tr = [](const char* text) { return QCoreApplication::translate("main", text); };
    QCommandLineParser parser;
    parser.setApplicationDescription(
        tr("See how language models reason: discrete and soft, step by step."));
    const QCommandLineOption help = parser.addHelpOption();
    const QCommandLineOption version = parser.addVersionOption();
    const QCommandLineOption db(
        QStringLiteral("db"), tr("The session library to use instead of the user's."), tr("FILE"));
    const QCommandLineOption model(QStringLiteral("model"), tr("The model folder to load."),
                                   tr("DIR"));
    const QCommandLineOption run(QStringLiteral("run"), tr("Show a stored run; loads no model."),
                                 tr("N"));
    const QCommandLineOption startup(
        QStringLiteral("startup-time"),
        tr("Print the milliseconds from the process's start to the first paint, and leave."));
    parser.addOptions({db, model, run, startup});

    Arguments arguments;
    const auto leave = [&](std::FILE* where, const QString& text, int code) {
        say(where, text);
        arguments.exitCode = code;
        return arguments;
    };
    if (!parser.parse(words))
        return leave(stderr, parser.errorText(), exitWrongUsage);
    if (parser.isSet(help))
        return leave(stdout, parser.helpText(), EXIT_SUCCESS);
    const std::string_view number = halftone::programVersion();
    if (parser.isSet(version))
        return leave(stdout,
                     QStringLiteral("halftone ") +
                         QString::fromLatin1(number.data(), static_cast<qsizetype>(number.size())),
                     EXIT_SUCCESS);
    if (!parser.positionalArguments().isEmpty())
        return leave(stderr,
                     tr("Halftone does not know what to do with %1; give a model as --model %1.")
                         .arg(parser.positionalArguments().front()),
                     exitWrongUsage);
    if (parser.isSet(run)) {
        bool isNumber = false;
        arguments.window.run = halftone::RunId(parser.value(run).toLongLong(&isNumber));
        if (!isNumber)
            return leave(stderr,
                         tr("--run takes the number of a stored run, and was given %1.")
                             .arg(parser.value(run)),
                         exitWrongUsage);
    }
    arguments.window.library = parser.isSet(db)
                                   ? std::filesystem::path(parser.value(db).toStdString())
                                   : halftone::SessionStore::defaultPath();
    arguments.window.model = parser.value(model);
    for (const std::filesystem::path& folder : halftone::builtInModels())
        arguments.window.builtInModels.push_back(QString::fromStdString(folder.string()));
    arguments.startupTime = parser.isSet(startup);
    return arguments;
}

/// Qt ends the process when it finds no display; this says what to do instead.
bool hasDisplay()
{
    return !qEnvironmentVariableIsEmpty("DISPLAY") ||
           !qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY") ||
           !qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM");
}

void saySentence(QtMsgType type, const QMessageLogContext& context, const QString& message)
{
    if (type == QtFatalMsg) {
        say(stderr, QCoreApplication::translate(
                        "main", "Halftone cannot open a window on this display; `halftone-cli "
                                "demo` does the same without one. Qt says: %1")
                        .arg(message.simplified()));
        std::_Exit(exitNoDisplay);
    }
    say(stderr, qFormatLogMessage(type, context, message));
}

/// Milliseconds since the kernel started this process, in its clock's ticks of 10 ms.
std::optional<double> processAgeMs()
{
    std::ifstream file("/proc/self/stat");
    std::string stat;
    std::getline(file, stat);
    // Fields are counted from behind the name, which may hold anything; the start time is the 22nd.
    const std::size_t afterName = stat.rfind(')');
    if (afterName == std::string::npos)
        return std::nullopt;
    std::istringstream fields(stat.substr(afterName + 2));
    std::string field;
    for (int i = 3; i <= 22; ++i)
        fields >> field;
    timespec now{};
    if (!fields || clock_gettime(CLOCK_BOOTTIME, &now) != 0)
        return std::nullopt;
    const double startedMs = 1000.0 * std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
    return 1000.0 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec) -
           startedMs;
}

void reportStartup(halftone::ui::MainWindow* window, bool thenLeave)
{
    using halftone::ui::RunDocument;
    const auto report = [](std::FILE* where, const QString& what) {
        if (const std::optional<double> ms = processAgeMs())
            say(where, QStringLiteral("%1 after %2 ms").arg(what).arg(*ms, 0, 'f', 0));
    };
    QObject::connect(window, &halftone::ui::MainWindow::firstPainted, window,
                     [window, thenLeave, report] {
                         report(thenLeave ? stdout : stderr, QStringLiteral("first paint"));
                         if (thenLeave)
                             QTimer::singleShot(0, window, &QWidget::close);
                     });
    const RunDocument* document = window->document();
    QObject::connect(document, &RunDocument::reset, window, [window, document, report] {
        // Behind the paints that the change asks for.
        QTimer::singleShot(0, window, [document, report] {
            report(stderr, QStringLiteral("run of %1 steps shown").arg(document->count()));
        });
    });
}

} // namespace

int main(int argc, char** argv)
{
    // Before the first QSettings.
    QCoreApplication::setOrganizationName(QStringLiteral("halftone"));
    QCoreApplication::setApplicationName(QStringLiteral("halftone"));
    const std::string_view version = halftone::programVersion();
    QCoreApplication::setApplicationVersion(
        QString::fromLatin1(version.data(), static_cast<qsizetype>(version.size())));

    QStringList words;
    for (int i = 0; i < argc; ++i)
        words.push_back(QString::fromLocal8Bit(argv[i]));
    const bool choosesPlatform = words.contains(QStringLiteral("-platform"));
    if (const qsizetype at = words.indexOf(QStringLiteral("-platform")); at >= 0)
        words.remove(at, std::min<qsizetype>(2, words.size() - at));
    const Arguments arguments = readArguments(words);
    if (arguments.exitCode)
        return *arguments.exitCode;
    if (!choosesPlatform && !hasDisplay()) {
        say(stderr, QCoreApplication::translate(
                        "main", "Halftone needs a display, and neither DISPLAY nor WAYLAND_DISPLAY "
                                "is set; `halftone-cli demo` does the same without a window."));
        return exitNoDisplay;
    }

    const QtMessageHandler previous = qInstallMessageHandler(saySentence);
    QApplication application(argc, argv);
    qInstallMessageHandler(previous);
    QGuiApplication::setApplicationDisplayName(QStringLiteral("Halftone"));
    QGuiApplication::setDesktopFileName(QStringLiteral("halftone"));
    QGuiApplication::setWindowIcon(halftone::ui::programIcon());

    halftone::ui::MainWindow window(arguments.window);
    if (arguments.startupTime || qEnvironmentVariableIsSet("HALFTONE_STARTUP_TRACE"))
        reportStartup(&window, arguments.startupTime);
    window.show();
    return QApplication::exec();
}
