// halftone-cli: core's work without the window.
#include "base/version.h"
#include "commands.h"
#include "helpformatter.h"
#include "interrupt.h"
#include "output.h"
#include "tracetext.h"

#include <CLI/App.hpp>

#include <clocale>
#include <cstdio>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <unistd.h>

namespace halftone::cli {

namespace {

constexpr const char* footer =
    "Exit codes: 0 done, 1 a check did not hold, 2 wrong usage, 3 unreadable or invalid input, "
    "4 out of memory or disk, or standard output cannot be written, 70 a fault of the program, "
    "130 stopped by the user.\n"
    "'halftone-cli COMMAND --help' explains a command.";

int say(const Error& error)
{
    if (!error.message.empty())
        std::fprintf(stderr, "halftone-cli: %s\n", printable(error.message).c_str());
    return static_cast<int>(exitCodeOf(error.code));
}

/// The command that was given, or the command's command.
struct Chosen
{
    const CLI::App* app;
    std::string parents; // "halftone-cli tasks", empty for the program itself
};

Chosen chosenOf(const CLI::App& program)
{
    Chosen chosen{&program, ""};
    for (auto below = program.get_subcommands(); !below.empty();
         below = chosen.app->get_subcommands())
        chosen = {below.front(),
                  chosen.parents + (chosen.parents.empty() ? "" : " ") + chosen.app->get_name()};
    return chosen;
}

/// What CLI11 found wrong, as a sentence that says where to look.
std::string explain(const CLI::App& program, const CLI::ParseError& error, std::string_view first)
{
    const Chosen chosen = chosenOf(program);
    if (chosen.app == &program && !first.empty() && first.front() != '-')
        return "There is no command '" + std::string(first) +
               "'; 'halftone-cli --help' lists those there are.";
    std::string message = error.what();
    if (message.empty() || message.back() != '.')
        message += '.';
    return message + " '" + chosen.parents + (chosen.parents.empty() ? "" : " ") +
           chosen.app->get_name() + " --help' lists what it takes.";
}

std::string helpOf(const CLI::App& program)
{
    const Chosen chosen = chosenOf(program);
    return chosen.app->help(chosen.parents);
}

void setUp(CLI::App& program, Action& action)
{
    program.name("halftone-cli");
    program.set_version_flag("--version", "halftone " + std::string(programVersion()));
    program.formatter(std::make_shared<HelpFormatter>());
    program.footer(footer);
    program.require_subcommand(1);
    addRun(program, action);
    addDemo(program, action);
    addSessions(program, action);
    addShow(program, action);
    addReplay(program, action);
    addProbe(program, action);
    addCollapse(program, action);
    addExport(program, action);
    addTokenize(program, action);
    addLogits(program, action);
    addScore(program, action);
    addBench(program, action);
    addEval(program, action);
    addTrain(program, action);
    addQuantize(program, action);
    addModes(program, action);
    addTasks(program, action);
}

int runProgram(int argc, char** argv)
{
    Output out(STDOUT_FILENO, "Standard output");
    CLI::App program("Runs language models and shows how they reason, discretely and softly.");
    Action action;
    setUp(program, action);
    ExitCode code = ExitCode::Done;
    try {
        program.parse(argc, argv);
        const Result<ExitCode> done = action(out);
        if (!done) {
            // What was written before the failure is still worth reading.
            out.flush();
            return say(done.error());
        }
        code = *done;
    } catch (const CLI::CallForHelp&) {
        out << helpOf(program);
    } catch (const CLI::CallForVersion& version) {
        out << version.what() << '\n';
    } catch (const CLI::ParseError& error) {
        return say(usageError(explain(program, error, argc > 1 ? argv[1] : "")).value());
    }
    if (const auto written = out.finish(); !written)
        return say(written.error());
    return static_cast<int>(code);
}

} // namespace

} // namespace halftone::cli

int main(int argc, char** argv)
{
    using namespace halftone;
    cli::occupyStandardStreams();
    cli::installInterruptHandler();
    // Widths of characters in tables. Numbers keep their point: only this category is set.
    std::setlocale(LC_CTYPE, "C.UTF-8");
    try {
        return cli::runProgram(argc, argv);
    } catch (const std::bad_alloc&) {
        std::fputs("halftone-cli: The machine has not enough memory for this.\n", stderr);
        return static_cast<int>(cli::ExitCode::NoMemoryOrDisk);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "halftone-cli: A fault of the program: %s.\n", error.what());
        return static_cast<int>(cli::ExitCode::InternalError);
    }
}
