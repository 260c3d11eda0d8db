#include "aboutdialog.h"

#include "base/version.h"
#include "icons.h"

#include <QCoreApplication>
#include <QMessageBox>

namespace halftone::ui {

void showAbout(QWidget* parent)
{
    const auto tr = [](const char* text) {
        return QCoreApplication::translate("halftone::ui::About", text);
    };
    const std::string_view version = programVersion();
    auto* box = new QMessageBox(parent);
    box->setObjectName(QStringLiteral("about"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setWindowModality(Qt::NonModal);
    box->setWindowTitle(tr("About Halftone"));
    box->setIconPixmap(programIcon().pixmap(64));
    box->setTextFormat(Qt::RichText);
    box->setText(
        tr("<h3>Halftone %1</h3>"
           "<p>See how language models reason: discrete, token by token, and soft, in "
           "mixtures of tokens.</p>")
            .arg(QString::fromLatin1(version.data(), static_cast<qsizetype>(version.size()))));
    box->setInformativeText(
        tr("<p>Free software under the GNU General Public License, version 3 or later. It comes "
           "without any warranty.</p>"
           "<p>Stands on Qt %1 (LGPL 3), QCustomPlot 2.1 (GPL 3), libtorch (BSD), SQLite (public "
           "domain), PCRE2 (BSD), utf8proc (MIT), nlohmann/json (MIT), tl::expected (CC0), "
           "Random123 (BSD) and xxHash (BSD).</p>")
            .arg(QString::fromLatin1(qVersion())));
    box->show();
}

} // namespace halftone::ui
